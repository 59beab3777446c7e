// RUN: split-file %s %t
// RUN: bitnet-opt %t/expression.mlir --verify-diagnostics \
// RUN:   --onnx-quantize-linear="layers=h\.(0"
// RUN: bitnet-opt %t/nothing.mlir --verify-diagnostics \
// RUN:   --onnx-quantize-linear="layers=attention"
// RUN: bitnet-opt %t/none.mlir --verify-diagnostics \
// RUN:   --onnx-quantize-linear="layers=attention"
// RUN: bitnet-opt %t/weights.mlir --verify-diagnostics \
// RUN:   --onnx-quantize-linear=quantizer=zeropoint-int8 \
// RUN:   | FileCheck %t/weights.mlir
// RUN: bitnet-opt %t/outliers.mlir --verify-diagnostics \
// RUN:   --onnx-quantize-linear=quantizer=int8-outliers

//--- expression.mlir
// expected-error@+1 {{expects layers to be a regular expression, found 'h\.(0': parentheses not balanced}}
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x", onnx.dims = [1, 2]})
    -> (tensor<1x2xf32> {onnx.name = "y", onnx.dims = [1, 2]}) {
  return %x : tensor<1x2xf32>
}

//--- nothing.mlir
// expected-error@+1 {{expects layers to select a float linear layer, found 'attention'; there are 2, such as '/0/fc' and '/1/fc'}}
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x", onnx.dims = [1, 2]})
    -> (tensor<1x2xf32> {onnx.name = "z", onnx.dims = [1, 2]}) {
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]>
    : tensor<2x2xf32> : tensor<2x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("/0/fc")
  %z = onnx.node "MatMul" version 13 (%y, %w)
    : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("/1/fc")
  return %z : tensor<1x2xf32>
}

//--- none.mlir
// expected-error@+1 {{expects layers to select a float linear layer, found 'attention'; there is none}}
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x", onnx.dims = [1, 2]})
    -> (tensor<1x2xf32> {onnx.name = "y", onnx.dims = [1, 2]}) {
  return %x : tensor<1x2xf32>
}

//--- weights.mlir
// CHECK: reason = "the weights are not all finite"
// CHECK: reason = "zeropoint: expects the difference of the largest and the least weight to be finite in f32"
// CHECK-LABEL: func.func @main(
// CHECK: onnx.node "MatMul"
// CHECK: onnx.node "MatMul"
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x", onnx.dims = [1, 2]})
    -> (tensor<1x2xf32> {onnx.name = "z", onnx.dims = [1, 2]}) {
  %w = onnx.constant dense<[[1.0, 0x7F800000], [3.0, 4.0]]>
    : tensor<2x2xf32> : tensor<2x2xf32>
  // expected-warning@+1 {{stays in float: the weights are not all finite}}
  %y = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %v = onnx.constant dense<[[3.0e38, -3.0e38], [3.0, 4.0]]>
    : tensor<2x2xf32> : tensor<2x2xf32>
  // expected-warning@+1 {{stays in float: zeropoint: expects the difference of the largest and the least weight to be finite in f32}}
  %z = onnx.node "MatMul" version 13 (%y, %v)
    : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %z : tensor<1x2xf32>
}

//--- outliers.mlir
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x", onnx.dims = [1, 2]},
                %v: tensor<1x133145xf32> {onnx.name = "v",
                                          onnx.dims = [1, 133145]})
    -> (tensor<1x2xf32> {onnx.name = "y", onnx.dims = [1, 2]},
        tensor<1x1xf32> {onnx.name = "z", onnx.dims = [1, 1]}) {
  %w = onnx.constant dense<[[1.0, 65520.0], [3.0, 4.0]]>
    : tensor<2x2xf32> : tensor<2x2xf32>
  // expected-warning@+1 {{stays in float: the weights are too large for half precision}}
  %y = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %u = onnx.constant dense<1.0> : tensor<133145x1xf32> : tensor<133145x1xf32>
  // expected-warning@+1 {{stays in float: sums of so many products of 8 bits may overflow 32 bits}}
  %z = onnx.node "MatMul" version 13 (%v, %u)
    : (tensor<1x133145xf32>, tensor<133145x1xf32>) -> tensor<1x1xf32>
  return %y, %z : tensor<1x2xf32>, tensor<1x1xf32>
}
