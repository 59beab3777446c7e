// RUN: bitnet-opt %s --bitnet-describe-graph --bitnet-place-constants \
// RUN:   --bitnet-bufferize-graph --split-input-file | FileCheck %s

// Inputs and outputs are views; the result is computed in place of the output.

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @run(
// CHECK-SAME:    %{{[^ ]*}}: index, %{{[^ ]*}}: index, %{{[^ ]*}}: !bitnet_runtime.team, %[[N:[^ :]*]]: index, %[[X:[^ :]*]]: memref<1099511627776xi8>, %[[Y:[^ :]*]]: memref<1099511627776xi8>, %{{[^ :]*}}: memref<1099511627776xi8>)
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?xf32> {onnx.dims = ["n"]}) -> tensor<?xf32> {
  // CHECK: %[[IN:.*]] = memref.view %[[X]][%{{.*}}][%[[N]]]
  // CHECK: %[[OUT:.*]] = memref.view %[[Y]][%{{.*}}][%[[N]]]
  // CHECK-NEXT: linalg.exp ins(%[[IN]] : memref<?xf32>) outs(%[[OUT]] : memref<?xf32>)
  // CHECK-NEXT: return
  %empty = tensor.empty(%n) : tensor<?xf32>
  %y = linalg.exp ins(%x : tensor<?xf32>) outs(%empty : tensor<?xf32>)
    -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// Inputs and constants are not written to; an input that is an output, and a
// result that is two outputs, are copied.

// CHECK-LABEL: func.func @run(
// CHECK: %[[ADDRESS:.*]] = bitnet_runtime.blob_address
// CHECK: %[[A:.*]] = memref.view
// CHECK: linalg.copy ins(%{{.*}}) outs(%[[A]] : memref<2xf32>)
// CHECK: linalg.copy ins(%[[ADDRESS]] : memref<2xf32>)
// CHECK: return
func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  return %x, %c : tensor<2xf32>, tensor<2xf32>
}

// -----

// A launch makes buffers for its results and reads dense rows.

func.func private @kernel(index, index, index, memref<4294967296x2xf32>,
                          memref<4294967296x2xf32>)
// CHECK-LABEL: func.func @run(
// CHECK: %[[IN:.*]] = memref.view
// CHECK: %[[OUT:.*]] = memref.view
// CHECK-NEXT: bitnet_runtime.launch @kernel tiles %[[N:.*]] rows %[[N]](%[[IN]]) outs(%[[OUT]] : memref<?x2xf32>) : (memref<?x2xf32>) -> ()
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?x2xf32> {onnx.dims = ["n", 2]}) -> tensor<?x2xf32> {
  %y = bitnet_runtime.launch @kernel tiles %n rows %n (%x)
    : (tensor<?x2xf32>) -> (tensor<?x2xf32>)
  return %y : tensor<?x2xf32>
}

// -----

// What a loop computes anew is copied to the buffer that it passes on.

// CHECK-LABEL: func.func @run(
// CHECK: %[[NEW:.*]] = memref.alloc()
// CHECK: scf.for
// CHECK-NOT: memref.alloc
// CHECK: linalg.add {{.*}} outs(%[[NEW]]
// CHECK: linalg.copy ins(%[[NEW]]
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %y = scf.for %i = %c0 to %c3 step %c1 iter_args(%t = %x) -> tensor<8xf32> {
    %empty = tensor.empty() : tensor<8xf32>
    %next = linalg.add ins(%t, %t : tensor<8xf32>, tensor<8xf32>)
      outs(%empty : tensor<8xf32>) -> tensor<8xf32>
    scf.yield %next : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}
