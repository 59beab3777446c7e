// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// What is outside of i32 does not reach the conversion; i16 has its low bits.

// CHECK-LABEL: func.func @main(
// CHECK: ^bb0(%[[X:.*]]: f32, %{{.*}}: i16):
// CHECK: %[[BOUND:.*]] = arith.constant 2.14748365E+9 : f32
// CHECK: %[[SIZE:.*]] = math.absf %[[X]]
// CHECK: %[[INSIDE:.*]] = arith.cmpf olt, %[[SIZE]], %[[BOUND]]
// CHECK: %[[SAFE:.*]] = arith.select %[[INSIDE]], %[[X]], %{{.*}}
// CHECK: %[[WIDE:.*]] = arith.fptosi %[[SAFE]] : f32 to i32
// CHECK: arith.trunci %[[WIDE]] : i32 to i16
// CHECK: arith.fptosi {{.*}} : f32 to i64
// CHECK: %[[SMALLEST:.*]] = arith.constant -9223372036854775808 : i64
// CHECK: arith.select %{{.*}}, %{{.*}}, %[[SMALLEST]] : i64
func.func @main(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = [4]})
    -> (tensor<4xi16> {onnx.name = "y", onnx.dims = [4]},
        tensor<4xi64> {onnx.name = "z", onnx.dims = [4]}) {
  %y = onnx.node "Cast" version 13 (%x) {to = 5 : i64}
    : (tensor<4xf32>) -> tensor<4xi16>
  %z = onnx.node "Cast" version 13 (%x) {to = 7 : i64}
    : (tensor<4xf32>) -> tensor<4xi64>
  return %y, %z : tensor<4xi16>, tensor<4xi64>
}

// -----

// Floats of 8 bits are arithmetic on their codes: the largest of E4M3FN is
// 0x7E, and what is beyond it becomes that or NaN.

// CHECK-LABEL: func.func @main(
// CHECK: ^bb0(%{{.*}}: f32, %{{.*}}: f8E4M3FN):
// CHECK: %[[CODE:.*]] = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i32
// CHECK: %[[BEYOND:.*]] = arith.cmpi sgt, %[[CODE]], %{{.*}} : i32
// CHECK: %[[LARGEST:.*]] = arith.constant 126 : i32
// CHECK: arith.select %[[BEYOND]], %[[LARGEST]], %[[CODE]]
// CHECK: arith.bitcast %{{.*}} : i8 to f8E4M3FN
// CHECK: ^bb0(%{{.*}}: f32, %{{.*}}: f8E4M3FN):
// CHECK: arith.cmpi sgt
// CHECK: %[[NAN:.*]] = arith.constant 127 : i32
// CHECK: arith.select %{{.*}}, %[[NAN]]
// CHECK: ^bb0(%[[IN:.*]]: f8E4M3FN, %{{.*}}: bf16):
// CHECK: arith.bitcast %[[IN]] : f8E4M3FN to i8
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @main(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = [4]})
    -> (tensor<4xf8E4M3FN> {onnx.name = "y", onnx.dims = [4]},
        tensor<4xf8E4M3FN> {onnx.name = "z", onnx.dims = [4]},
        tensor<4xbf16> {onnx.name = "w", onnx.dims = [4]}) {
  %y = onnx.node "Cast" version 19 (%x) {to = 17 : i64}
    : (tensor<4xf32>) -> tensor<4xf8E4M3FN>
  %z = onnx.node "Cast" version 19 (%x) {to = 17 : i64, saturate = 0 : i64}
    : (tensor<4xf32>) -> tensor<4xf8E4M3FN>
  %w = onnx.node "Cast" version 19 (%y) {to = 16 : i64}
    : (tensor<4xf8E4M3FN>) -> tensor<4xbf16>
  return %y, %z, %w : tensor<4xf8E4M3FN>, tensor<4xf8E4M3FN>, tensor<4xbf16>
}
