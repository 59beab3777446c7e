// RUN: bitnet-opt %s --bitnet-quantize --bitnet-fold --bitnet-pack | FileCheck %s

// Layers of a graph go through the stages as those of a language model do: the
// two that read the same 8-bit activations share them and become one product,
// the one with float activations is three products with one weight. Activations
// are padded to whole steps of the kernel's layout, also those that an error is
// computed from.

module attributes {bitnet.targets = [#bitnet.target<triple = "x86_64-linux-gnu",
  cpu = "haswell", features = "", level = avx2>]} {

  // CHECK-LABEL: func.func @main
  // CHECK-SAME:    %{{[^:]*}}: index {onnx.symbol = "batch"}, %[[X:[^:]*]]: tensor<?x5x33xf32>
  func.func @main(%batch: index {onnx.symbol = "batch"},
                  %x: tensor<?x5x33xf32> {onnx.name = "x",
                                          onnx.dims = ["batch", 5, 33]})
      -> (tensor<?x5x8xf32> {onnx.name = "y", onnx.dims = ["batch", 5, 8]},
          tensor<?x5x2xf32> {onnx.name = "z", onnx.dims = ["batch", 5, 2]}) {
    %none = onnx.none
    %half = onnx.constant dense<0.5> : tensor<1x8xf32> : tensor<1x8xf32>
    %first = onnx.constant dense<0.25> : tensor<1x8xf32> : tensor<1x8xf32>
    %rest = onnx.constant dense<0.0> : tensor<32x8xf32> : tensor<32x8xf32>
    %w0 = onnx.node "Concat" version 13 (%half, %rest) {axis = 0 : i64}
      : (tensor<1x8xf32>, tensor<32x8xf32>) -> tensor<33x8xf32>
    %w1 = onnx.node "Concat" version 13 (%first, %rest) {axis = 0 : i64}
      : (tensor<1x8xf32>, tensor<32x8xf32>) -> tensor<33x8xf32>
    %w2 = onnx.constant dense<0.0> : tensor<33x2xf32> : tensor<33x2xf32>
    %last = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
    %floor = onnx.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
    %limit = onnx.constant dense<127.0> : tensor<f32> : tensor<f32>
    %abs = onnx.node "Abs" version 13 (%x)
      : (tensor<?x5x33xf32>) -> tensor<?x5x33xf32>
    %max = onnx.node "ReduceMax" version 18 (%abs, %last) {keepdims = 1 : i64}
      : (tensor<?x5x33xf32>, tensor<1xi64>) -> tensor<?x5x1xf32>
    %a = onnx.node "Clip" version 13 (%max, %floor, %none)
      : (tensor<?x5x1xf32>, tensor<f32>, none) -> tensor<?x5x1xf32>
    %s = onnx.node "Div" version 14 (%limit, %a)
      : (tensor<f32>, tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %mul = onnx.node "Mul" version 14 (%x, %s)
      : (tensor<?x5x33xf32>, tensor<?x5x1xf32>) -> tensor<?x5x33xf32>
    %round = onnx.node "Round" version 11 (%mul)
      : (tensor<?x5x33xf32>) -> tensor<?x5x33xf32>
    %q = onnx.node "Div" version 14 (%round, %s)
      : (tensor<?x5x33xf32>, tensor<?x5x1xf32>) -> tensor<?x5x33xf32>

    // CHECK-NOT: onnx.constant
    // CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[X]]
    // CHECK: %[[VALUES:.*]], %[[SCALES:.*]], %[[SUMS:.*]] = bitnet.quantize_activations %[[ROWS]] : (tensor<?x33xf32>) -> (tensor<?x48xi8>, tensor<?xf32>, tensor<?xi32>)
    // CHECK: %[[BOTH:.*]] = bitnet.quantized_linear %[[VALUES]], %[[SCALES]], %[[SUMS]], %{{[^ ]*}} kernel "mad-avx2" : {{.*}} -> tensor<?x16xf32>
    // CHECK: bitnet.columns %[[BOTH]] from 0
    // CHECK: bitnet.columns %[[BOTH]] from 8
    // CHECK: %[[Q0:.*]], %[[S0:.*]], %{{.*}} = bitnet.quantize_activations %[[ROWS]] {floor = {{.*}}} : (tensor<?x33xf32>) -> (tensor<?x48xi8>
    // CHECK: %[[E0:.*]] = bitnet.quantization_error %[[ROWS]], %[[Q0]], %[[S0]] : tensor<?x33xf32>, tensor<?x48xi8>, tensor<?xf32>
    // CHECK: %[[Q1:.*]], %[[S1:.*]], %{{.*}} = bitnet.quantize_activations %[[E0]]
    // CHECK: bitnet.quantized_linear %[[Q0]], {{.*}} remainders(%[[Q1]], %[[S1]], {{.*}}) kernel "mad-avx2"
    %0 = onnx.node "MatMul" version 13 (%q, %w0)
      : (tensor<?x5x33xf32>, tensor<33x8xf32>) -> tensor<?x5x8xf32>
    %1 = onnx.node "MatMul" version 13 (%q, %w1)
      : (tensor<?x5x33xf32>, tensor<33x8xf32>) -> tensor<?x5x8xf32>
    %y = onnx.node "Add" version 14 (%0, %1)
      : (tensor<?x5x8xf32>, tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
    %z = onnx.node "MatMul" version 13 (%x, %w2)
      : (tensor<?x5x33xf32>, tensor<33x2xf32>) -> tensor<?x5x2xf32>
    return %y, %z : tensor<?x5x8xf32>, tensor<?x5x2xf32>
  }
}
