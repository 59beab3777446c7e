// RUN: bitnet-opt %s --bitnet-pack-weights=kernel=lut-avx512bw | FileCheck %s

// A kernel that looks up reads tables of the activations, made once for all
// layers that read the same.

!narrow = !bitnet.matrix<2x8, #bitnet.trits>
!wide = !bitnet.matrix<2x10, #bitnet.trits>

module attributes {
  bitnet.targets = [#bitnet.target<triple = "x86_64", cpu = "skylake-avx512",
                                 features = "", level = avx512bw>]
} {

// CHECK-LABEL: func.func @shared_activations
func.func @shared_activations(%x: tensor<?x10xf32>)
    -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  // Two steps of 9 columns, three tables of 64 bytes each.
  // CHECK: %[[Q:.*]], %[[S:.*]], %[[SUM:.*]] = bitnet.quantize_activations {{.*}} -> (tensor<?x18xi8>, tensor<?xf32>, tensor<?xi32>)
  // CHECK-NEXT: %[[TABLES:.*]] = bitnet.lookup_tables %[[Q]] for trit_word : (tensor<?x18xi8>) -> tensor<?x384xi8>
  // CHECK-NOT: bitnet.lookup_tables
  %q, %s, %sum = bitnet.quantize_activations %x
    : (tensor<?x10xf32>) -> (tensor<?x10xi8>, tensor<?xf32>, tensor<?xi32>)
  // CHECK: %[[V:.*]] = bitnet.weight dense_resource<v.packed> : tensor<512xi8> {{.*}} -> !bitnet.matrix<2x10, #bitnet.layout<trit_word, lanes = 32, groups = 4, block = 28>>
  // CHECK: %[[W:.*]] = bitnet.weight dense_resource<w.packed>
  %v = bitnet.weight dense<0x55> : tensor<6xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !wide loc("v")
  %w = bitnet.weight dense<0x55> : tensor<6xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !wide loc("w")
  // CHECK: bitnet.quantized_linear %[[TABLES]], %[[S]], %[[SUM]], %[[V]] kernel "lut-avx512bw" : (tensor<?x384xi8>,
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x10xi8>, tensor<?xf32>, tensor<?xi32>, !wide) -> tensor<?x2xf32>
  // CHECK: bitnet.quantized_linear %[[TABLES]], %[[S]], %[[SUM]], %[[W]] kernel "lut-avx512bw"
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x10xi8>, tensor<?xf32>, tensor<?xi32>, !wide) -> tensor<?x2xf32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xf32>
}

// Lookup kernels take one part of activations at a time: the smallest first.

// CHECK-LABEL: func.func @remainders
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x9xi8>, %[[R:[^:]*]]: tensor<?x9xi8>, %[[S:[^:]*]]: tensor<?xf32>, %[[SUM:[^:]*]]: tensor<?xi32>, %[[X:[^:]*]]: tensor<?x2xf32>
func.func @remainders(%q: tensor<?x9xi8>, %r: tensor<?x9xi8>, %s: tensor<?xf32>,
                      %sum: tensor<?xi32>, %x: tensor<?x2xf32>)
    -> tensor<?x2xf32> {
  // CHECK-DAG: %[[TQ:.*]] = bitnet.lookup_tables %[[Q]]
  // CHECK-DAG: %[[TR:.*]] = bitnet.lookup_tables %[[R]]
  // CHECK: %[[Y2:.*]] = bitnet.quantized_linear %[[TR]], %[[S]], %[[SUM]], %{{.*}} kernel
  // CHECK: %[[Y1:.*]] = bitnet.quantized_linear %[[TQ]], %[[S]], %[[SUM]], %{{.*}} residual(%[[Y2]])
  // CHECK: %[[Y0:.*]] = bitnet.quantized_linear %[[TQ]], %[[S]], %[[SUM]], %{{.*}} residual(%[[Y1]])
  // CHECK: %[[Y:.*]] = bitnet.add %[[Y0]], %[[X]]
  // CHECK: return %[[Y]]
  %w = bitnet.weight dense<0x55> : tensor<4xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !narrow
  %y = bitnet.quantized_linear %q, %s, %sum, %w residual(%x)
    remainders(%q, %s, %sum, %r, %s, %sum)
    : (tensor<?x9xi8>, tensor<?xf32>, tensor<?xi32>, !narrow, tensor<?x2xf32>,
       tensor<?x9xi8>, tensor<?xf32>, tensor<?xi32>, tensor<?x9xi8>,
       tensor<?xf32>, tensor<?xi32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// Values of more columns than a layer has steps: tables of its steps only, and
// others for a wider layer.

// CHECK-LABEL: func.func @wide_values
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x20xi8>
func.func @wide_values(%q: tensor<?x20xi8>, %s: tensor<?xf32>,
                       %sum: tensor<?xi32>)
    -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  // CHECK-DAG: %[[ONE:.*]] = bitnet.lookup_tables %[[Q]] for trit_word : (tensor<?x20xi8>) -> tensor<?x192xi8>
  // CHECK-DAG: %[[TWO:.*]] = bitnet.lookup_tables %[[Q]] for trit_word : (tensor<?x20xi8>) -> tensor<?x384xi8>
  // CHECK: bitnet.quantized_linear %[[ONE]],
  // CHECK: bitnet.quantized_linear %[[TWO]],
  %v = bitnet.weight dense<0x55> : tensor<4xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !narrow
  %w = bitnet.weight dense<0x55> : tensor<6xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !wide
  %0 = bitnet.quantized_linear %q, %s, %sum, %v
    : (tensor<?x20xi8>, tensor<?xf32>, tensor<?xi32>, !narrow)
    -> tensor<?x2xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x20xi8>, tensor<?xf32>, tensor<?xi32>, !wide) -> tensor<?x2xf32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xf32>
}

}
