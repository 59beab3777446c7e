// RUN: bitnet-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// Narrow floats are computed in f32; sizes that are 1 are broadcast.

// CHECK-DAG: #[[$ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$ROW:.*]] = affine_map<(d0, d1) -> (0, d1)>
// CHECK-LABEL: func.func @main(
// CHECK: linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROW]], #[[$ALL]]]
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: %[[SUM:.*]] = arith.addf {{.*}} : f32
// CHECK: arith.truncf %[[SUM]] : f32 to bf16
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?x8xbf16> {onnx.name = "x", onnx.dims = ["n", 8]},
                %y: tensor<1x8xbf16> {onnx.name = "y", onnx.dims = [1, 8]})
    -> (tensor<?x8xbf16> {onnx.name = "z", onnx.dims = ["n", 8]}) {
  %z = onnx.node "Add" version 14 (%x, %y)
    : (tensor<?x8xbf16>, tensor<1x8xbf16>) -> tensor<?x8xbf16>
  return %z : tensor<?x8xbf16>
}

// -----

// Integer division does not trap.

// CHECK-LABEL: func.func @main(
// CHECK: ^bb0(%[[LHS:.*]]: i32, %[[RHS:.*]]: i32, %{{.*}}: i32):
// CHECK: %[[NEGATED:.*]] = arith.subi %{{.*}}, %[[LHS]]
// CHECK: %[[ZERO:.*]] = arith.cmpi eq, %[[RHS]], %{{.*}}
// CHECK: %[[MINUS:.*]] = arith.cmpi eq, %[[RHS]], %{{.*}}
// CHECK: %[[UNSAFE:.*]] = arith.ori %[[ZERO]], %[[MINUS]]
// CHECK: %[[SAFE:.*]] = arith.select %[[UNSAFE]], %{{.*}}, %[[RHS]]
// CHECK: %[[QUOTIENT:.*]] = arith.divsi %[[LHS]], %[[SAFE]]
// CHECK: arith.select %[[MINUS]], %[[NEGATED]], %[[QUOTIENT]]
func.func @main(%x: tensor<4xi32> {onnx.name = "x", onnx.dims = [4]},
                %y: tensor<4xi32> {onnx.name = "y", onnx.dims = [4]})
    -> (tensor<4xi32> {onnx.name = "z", onnx.dims = [4]}) {
  %z = onnx.node "Div" version 14 (%x, %y)
    : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return %z : tensor<4xi32>
}

// -----

// The sign of what is shifted fills; unsigned numbers have none.

// CHECK-LABEL: func.func @main(
// CHECK: arith.shrsi
// CHECK: arith.shrui
func.func @main(%x: tensor<4xi8> {onnx.name = "x", onnx.dims = [4]},
                %y: tensor<4xui8> {onnx.name = "y", onnx.dims = [4]})
    -> (tensor<4xi8> {onnx.name = "z", onnx.dims = [4]},
        tensor<4xui8> {onnx.name = "w", onnx.dims = [4]}) {
  %z = onnx.node "BitShift" version 11 (%x, %x) {direction = "RIGHT"}
    : (tensor<4xi8>, tensor<4xi8>) -> tensor<4xi8>
  %w = onnx.node "BitShift" version 11 (%y, %y) {direction = "RIGHT"}
    : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  return %z, %w : tensor<4xi8>, tensor<4xui8>
}

// -----

// A square needs no power; a comparison of sizes decides a Where.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<?x8xf32>
// CHECK: linalg.generic
// CHECK: arith.mulf %[[E:.*]], %[[E]]
// CHECK-NOT: math.powf
// CHECK: %[[SIZES:.*]] = tensor.from_elements
// CHECK: return %{{.*}}, %[[SIZES]]
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?x8xf32> {onnx.name = "x", onnx.dims = ["n", 8]})
    -> (tensor<?x8xf32> {onnx.name = "y", onnx.dims = ["n", 8]},
        tensor<2xi64> {onnx.name = "z", onnx.dims = [2]}) {
  %two = onnx.constant dense<2.0> : tensor<f32> : tensor<f32>
  %open = onnx.constant dense<-1> : tensor<2xi64> : tensor<2xi64>
  %ones = onnx.constant dense<1> : tensor<2xi64> : tensor<2xi64>
  %y = onnx.node "Pow" version 15 (%x, %two)
    : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %shape = onnx.node "Shape" version 15 (%x)
    : (tensor<?x8xf32>) -> tensor<2xi64>
  %isOpen = onnx.node "Equal" version 13 (%shape, %open)
    : (tensor<2xi64>, tensor<2xi64>) -> tensor<2xi1>
  %z = onnx.node "Where" version 16 (%isOpen, %ones, %shape)
    : (tensor<2xi1>, tensor<2xi64>, tensor<2xi64>) -> tensor<2xi64>
  return %y, %z : tensor<?x8xf32>, tensor<2xi64>
}
