// RUN: bitnet-opt %s --onnx-quantize-linear=quantizer=absmax-int8 \
// RUN:   | FileCheck %s
// RUN: bitnet-opt %s --onnx-quantize-linear=quantizer=int8-outliers \
// RUN:   | FileCheck %s --check-prefix=CHAIN
// RUN: bitnet-opt %s \
// RUN:   --onnx-quantize-linear="quantizer=absmax-int8 layers=^/[0-9]+/" \
// RUN:   | FileCheck %s --check-prefix=SOME
// RUN: bitnet-opt %s --onnx-quantize-linear=quantizer=absmax-int8 \
// RUN:   | bitnet-opt --onnx-quantize-linear=quantizer=sign 2>&1 \
// RUN:   | FileCheck %s --check-prefix=AGAIN

// CHECK: node = "/0/fc"
// CHECK: node = "/1/fc"
// CHECK: node = "/head"
// CHECK-NOT: node =

// SOME: node = "/0/fc"
// SOME: node = "/1/fc"
// SOME-NOT: node =

// Layers read what others became.
// CHAIN-COUNT-3: onnx.node "MatMulInteger"

// Codes are not quantised again.
// AGAIN: warning: has no float linear layer to quantise

// CHECK-LABEL: func.func @main(
func.func @main(%x: tensor<2x2xf32> {onnx.name = "x", onnx.dims = [2, 2]},
                %p: tensor<2x1xf32> {onnx.name = "p", onnx.dims = [2, 1]})
    -> (tensor<2x2xf32> {onnx.name = "y", onnx.dims = [2, 2]},
        tensor<2x2xf32> {onnx.name = "z", onnx.dims = [2, 2]}) {
  %w0 = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]>
    : tensor<2x2xf32> : tensor<2x2xf32>
  %y0 = onnx.node "MatMul" version 13 (%x, %w0)
    : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("/0/fc")
  %w1 = onnx.constant dense<[[1.0, 2.0], [3.0, 5.0]]>
    : tensor<2x2xf32> : tensor<2x2xf32>
  %y1 = onnx.node "MatMul" version 13 (%y0, %w1)
    : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("/1/fc")
  %w2 = onnx.constant dense<[[1.0, 2.0], [3.0, 6.0]]>
    : tensor<2x2xf32> : tensor<2x2xf32>
  %y2 = onnx.node "Gemm" version 13 (%y1, %w2)
    : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("/head")

  // No layers: a product without sums, one of activations, and one of weights
  // that are stored as integers.
  // CHECK: %[[FREQUENCIES:.*]] = onnx.constant {{.*}} tensor<1x2xf32>
  // CHECK: onnx.node "MatMul" version 13 (%{{.*}}, %[[FREQUENCIES]])
  // CHECK: onnx.constant {{.*}} tensor<2x2xi8>
  %f = onnx.constant dense<[[1.0, 0.25]]> : tensor<1x2xf32> : tensor<1x2xf32>
  %angles = onnx.node "MatMul" version 13 (%p, %f)
    : (tensor<2x1xf32>, tensor<1x2xf32>) -> tensor<2x2xf32> loc("/2/rotary")
  %z0 = onnx.node "MatMul" version 13 (%angles, %y2)
    : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("/3/scores")
  %codes = onnx.constant dense<[[1, 2], [3, 4]]>
    : tensor<2x2xi8> : tensor<2x2xi8>
  %scale = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
  %w3 = onnx.node "DequantizeLinear" version 13 (%codes, %scale)
    : (tensor<2x2xi8>, tensor<f32>) -> tensor<2x2xf32>
  %z1 = onnx.node "MatMul" version 13 (%z0, %w3)
    : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc("/4/fc")
  return %y2, %z1 : tensor<2x2xf32>, tensor<2x2xf32>
}
