// RUN: bitnet-opt %s --onnx-quantize-linear=quantizer=zeropoint-int8 \
// RUN:   | FileCheck %s
// RUN: bitnet-opt %s \
// RUN:   --onnx-quantize-linear="quantizer=zeropoint-int8 granularity=row" \
// RUN:   | FileCheck %s --check-prefix=ROW

// Weights from -55 to 200 have scale 1 and zero point 55 - 128.

// CHECK: bytes = 11 : i64
// CHECK-LABEL: func.func @main(
// CHECK: %[[CODES:.*]] = onnx.constant dense_resource<w.int8> : tensor<3x2xi8>
// CHECK: %[[SCALE:.*]] = onnx.constant dense<1.000000e+00> : tensor<f32>
// CHECK: %[[POINT:.*]] = onnx.constant dense<-73> : tensor<i8>
// CHECK: %[[W:.*]] = onnx.node "DequantizeLinear" version 21 (%[[CODES]], %[[SCALE]], %[[POINT]])
// CHECK-SAME: (tensor<3x2xi8>, tensor<f32>, tensor<i8>) -> tensor<3x2xf32>
// CHECK: onnx.node "MatMul" version 13 (%{{.*}}, %[[W]])
// CHECK: w.int8: "0x{{[0-9A-F]+}}80B8BA7FC04A"

// Those of the second row, from 1.5 to 200, have a zero point that is no code.

// ROW: bytes = 22 : i64
// ROW: %[[CODES:.*]] = onnx.constant dense_resource<w.int8> : tensor<3x2xi8>
// ROW: %[[FLOAT:.*]] = onnx.node "Cast" version 21 (%[[CODES]]) {to = 1 : i64}
// ROW: %[[POINTS:.*]] = onnx.constant dense<[9.100000e+01, -1.300000e+02]> : tensor<2xf32>
// ROW: %[[SHIFTED:.*]] = onnx.node "Sub" version 21 (%[[FLOAT]], %[[POINTS]])
// ROW: %[[SCALES:.*]] = onnx.constant dense<{{.*}}> : tensor<2xf32>
// ROW: %[[W:.*]] = onnx.node "Mul" version 21 (%[[SHIFTED]], %[[SCALES]])
// ROW: onnx.node "MatMul" version 13 (%{{.*}}, %[[W]])
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?x3xf32> {onnx.name = "x", onnx.dims = ["n", 3]})
    -> (tensor<?x2xf32> {onnx.name = "y", onnx.dims = ["n", 2]}) {
  %w = onnx.constant dense<[[-55.0, 1.5], [2.5, 200.0], [9.0, 147.0]]>
    : tensor<3x2xf32> : tensor<3x2xf32> loc("w")
  %y = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<?x3xf32>, tensor<3x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
