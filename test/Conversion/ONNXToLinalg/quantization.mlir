// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize --split-input-file | FileCheck %s

// Rounds halves to even, then adds the zero point and saturates. Blocks become
// a dimension of their own.

// CHECK-DAG: #[[$ALL:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[$BLOCK:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[B:[^:]*]]: index {{.*}}, %[[X:[^:]*]]: tensor<?x64xf32> {{.*}}, %[[S:[^:]*]]: tensor<?x2xf32> {{.*}}, %[[Z:[^:]*]]: tensor<?x2xi4>
func.func @main(%b: index {onnx.symbol = "b"},
                %x: tensor<?x64xf32> {onnx.name = "x", onnx.dims = ["b", 64]},
                %s: tensor<?x2xf32> {onnx.name = "s", onnx.dims = ["b", 2]},
                %z: tensor<?x2xui4> {onnx.name = "z", onnx.dims = ["b", 2]})
    -> (tensor<?x64xui4> {onnx.name = "q", onnx.dims = ["b", 64]},
        tensor<?x64xf32> {onnx.name = "y", onnx.dims = ["b", 64]}) {
  // CHECK-DAG: %[[LOWEST:.*]] = arith.constant 0.000000e+00 : f32
  // CHECK-DAG: %[[HIGHEST:.*]] = arith.constant 1.500000e+01 : f32
  // CHECK: %[[BLOCKS:.*]] = tensor.expand_shape %[[X]] {{\[}}[0], [1, 2]] output_shape [%[[B]], 2, 32]
  // CHECK: linalg.generic {indexing_maps = [#[[$ALL]], #[[$BLOCK]], #[[$BLOCK]], #[[$ALL]]]
  // CHECK-SAME: ins(%[[BLOCKS]], %[[S]], %[[Z]]
  // CHECK: %[[QUOTIENT:.*]] = arith.divf
  // CHECK: %[[WHOLE:.*]] = math.roundeven %[[QUOTIENT]]
  // CHECK: %[[MOVED:.*]] = arith.addf %[[WHOLE]]
  // CHECK: %[[AT_LEAST:.*]] = arith.maxnumf %[[MOVED]], %[[LOWEST]]
  // CHECK: %[[AT_MOST:.*]] = arith.minnumf %[[AT_LEAST]], %[[HIGHEST]]
  // CHECK: arith.fptosi %[[AT_MOST]] : f32 to i32
  %q = onnx.node "QuantizeLinear" version 21 (%x, %s, %z)
    {axis = 1 : i64, block_size = 32 : i64}
    : (tensor<?x64xf32>, tensor<?x2xf32>, tensor<?x2xui4>) -> tensor<?x64xui4>
  // CHECK: linalg.generic {indexing_maps = [#[[$ALL]], #[[$BLOCK]], #[[$BLOCK]], #[[$ALL]]]
  // CHECK: arith.extui %{{.*}} : i4 to i32
  // CHECK: arith.subi
  // CHECK: arith.sitofp
  // CHECK: arith.mulf
  %y = onnx.node "DequantizeLinear" version 21 (%q, %s, %z)
    {axis = 1 : i64, block_size = 32 : i64}
    : (tensor<?x64xui4>, tensor<?x2xf32>, tensor<?x2xui4>) -> tensor<?x64xf32>
  return %q, %y : tensor<?x64xui4>, tensor<?x64xf32>
}

// -----

// Codes of two bits without zero points are relative to 2.

// CHECK-LABEL: func.func @main(
func.func @main(%x: tensor<4x60xf32> {onnx.name = "x", onnx.dims = [4, 60]},
                %w: tensor<8x2x8xui8> {onnx.name = "w", onnx.dims = [8, 2, 8]},
                %s: tensor<16xf32> {onnx.name = "s", onnx.dims = [16]})
    -> (tensor<4x8xf32> {onnx.name = "y", onnx.dims = [4, 8]}) {
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 2.000000e+00 : f32
  // CHECK-DAG: %[[MASK:.*]] = arith.constant 3 : i32
  // CHECK: %[[CODES:.*]] = linalg.generic {{.*}} outs({{.*}} : tensor<8x2x8x4xf32>)
  // CHECK: arith.shrui
  // CHECK: arith.andi %{{.*}}, %[[MASK]]
  // CHECK: arith.subf %{{.*}}, %[[ZERO]]
  // CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[CODES]] {{.*}} into tensor<8x64xf32>
  // CHECK: tensor.extract_slice %[[ROWS]][0, 0] [8, 60] [1, 1]
  // CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
  %y = onnx.node "com.microsoft" "MatMulNBits" version 1 (%x, %w, %s)
    {N = 8 : i64, K = 60 : i64, bits = 2 : i64, block_size = 32 : i64}
    : (tensor<4x60xf32>, tensor<8x2x8xui8>, tensor<16xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
