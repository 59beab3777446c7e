// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize --split-input-file | FileCheck %s

// Angles are gathered by positions first; each element then reads the other of
// its pair, here in the other half.

// CHECK-DAG: #[[$OWN:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>
// CHECK-DAG: #[[$OTHER:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, -d3 + 1, d4)>
// CHECK-DAG: #[[$ANGLE:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d4)>
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x4x?x16xf32> {{.*}}, %[[C:[^:]*]]: tensor<99x4xf32> {{.*}}, %[[P:[^:]*]]: tensor<?x?xi64>
func.func @main(%b: index {onnx.symbol = "b"}, %s: index {onnx.symbol = "s"},
                %x: tensor<?x4x?x16xf32> {onnx.name = "x",
                                          onnx.dims = ["b", 4, "s", 16]},
                %c: tensor<99x4xf32> {onnx.name = "c", onnx.dims = [99, 4]},
                %p: tensor<?x?xi64> {onnx.name = "p", onnx.dims = ["b", "s"]})
    -> (tensor<?x4x?x16xf32> {onnx.name = "y",
                              onnx.dims = ["b", 4, "s", 16]}) {
  // CHECK-DAG: %[[LAST:.*]] = arith.constant 98 : index
  // CHECK: %[[COSINE:.*]] = linalg.generic {{.*}} ins(%[[P]]
  // CHECK: arith.minsi %{{.*}}, %[[LAST]]
  // CHECK: tensor.extract %[[C]]
  // CHECK: %[[SINE:.*]] = linalg.generic {{.*}} ins(%[[P]]
  // CHECK: %[[SLICE:.*]] = tensor.extract_slice %[[X]][0, 0, 0, 0]
  // CHECK: %[[HALVES:.*]] = tensor.expand_shape %[[SLICE]] {{.*}} into tensor<?x4x?x2x4xf32>
  // CHECK: %[[Y:.*]] = linalg.generic {indexing_maps = [#[[$OWN]], #[[$OTHER]], #[[$ANGLE]], #[[$ANGLE]], #[[$OWN]]]
  // CHECK-SAME: ins(%[[HALVES]], %[[HALVES]], %[[COSINE]], %[[SINE]]
  // CHECK: %[[ROTATED:.*]] = tensor.collapse_shape %[[Y]]
  // CHECK: tensor.insert_slice %[[ROTATED]] into %[[X]][0, 0, 0, 0]
  %y = onnx.node "RotaryEmbedding" version 23 (%x, %c, %c, %p)
    {rotary_embedding_dim = 8 : i64}
    : (tensor<?x4x?x16xf32>, tensor<99x4xf32>, tensor<99x4xf32>,
       tensor<?x?xi64>) -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// Keys of before are as many as seqlens_k tells for each batch; what this
// sequence adds follows them.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[PAST:[^:]*]]: tensor<?x2x?x16xf32> {{.*}}, %[[LENGTHS:[^:]*]]: tensor<?xi32>
func.func @main(%b: index {onnx.symbol = "b"}, %t: index {onnx.symbol = "t"},
                %q: tensor<?x1x64xf32> {onnx.name = "q",
                                        onnx.dims = ["b", 1, 64]},
                %k: tensor<?x1x32xf32> {onnx.name = "k",
                                        onnx.dims = ["b", 1, 32]},
                %past: tensor<?x2x?x16xf32> {onnx.name = "past",
                                             onnx.dims = ["b", 2, "t", 16]},
                %lengths: tensor<?xi32> {onnx.name = "lengths",
                                         onnx.dims = ["b"]},
                %total: tensor<i32> {onnx.name = "total", onnx.dims = []})
    -> (tensor<?x1x64xf32> {onnx.name = "y", onnx.dims = ["b", 1, 64]},
        tensor<?x2x?x16xf32> {onnx.name = "present",
                              onnx.dims = ["b", 2, "t + 1", 16]}) {
  // CHECK: %[[BEFORE:.*]] = linalg.generic {{.*}} ins(%[[LENGTHS]]
  // CHECK: arith.maxsi
  // CHECK: %[[PRESENT:.*]] = linalg.generic {{.*}} ins(%[[BEFORE]] : tensor<?xi64>) outs({{.*}} : tensor<?x2x?x16xf32>)
  // CHECK: tensor.extract
  // CHECK: tensor.extract %[[PAST]]
  // CHECK: return %{{.*}}, %[[PRESENT]]
  %y:3 = onnx.node "com.microsoft" "GroupQueryAttention" version 1
    (%q, %k, %k, %past, %past, %lengths, %total)
    {num_heads = 4 : i64, kv_num_heads = 2 : i64}
    : (tensor<?x1x64xf32>, tensor<?x1x32xf32>, tensor<?x1x32xf32>,
       tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?xi32>, tensor<i32>)
    -> (tensor<?x1x64xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>)
  return %y#0, %y#1 : tensor<?x1x64xf32>, tensor<?x2x?x16xf32>
}
