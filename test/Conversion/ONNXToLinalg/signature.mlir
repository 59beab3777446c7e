// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize | FileCheck %s

// Sizes are arithmetic on symbols; elements become signless and their type is
// kept in the signature.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[BATCH:.*]]: index {onnx.symbol = "batch"}, %[[SEQ:.*]]: index
// CHECK-SAME: %[[X:.*]]: tensor<?x?x384xf32> {{[{][^}]*}}onnx.type = f32}
// CHECK-SAME: %[[U:.*]]: tensor<384xi8> {{[{][^}]*}}onnx.type = ui8}
// CHECK-SAME: onnx.type = f32}, tensor<384xi1> {{[{][^}]*}}onnx.type = i1}
func.func @main(%batch: index {onnx.symbol = "batch"},
                %seq: index {onnx.symbol = "seq"},
                %x: tensor<?x?x384xf32> {onnx.name = "x",
                                         onnx.dims = ["batch", "seq", 384]},
                %u: tensor<384xui8> {onnx.name = "u", onnx.dims = [384]})
    -> (tensor<?x?x3x128xf32> {onnx.name = "y",
                               onnx.dims = ["batch", "seq", 3, 128]},
        tensor<384xi1> {onnx.name = "v", onnx.dims = [384]}) {
  %shape = onnx.constant dense<[0, 0, 3, -1]> : tensor<4xi64> : tensor<4xi64>
  %w = onnx.constant dense<1.0> : tensor<384xf32> : tensor<384xf32>
  // CHECK: %[[EMPTY:.*]] = tensor.empty(%[[BATCH]], %[[SEQ]])
  // CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[X]], %{{.*}}) outs(%[[EMPTY]]
  // CHECK: arith.addf
  %a = onnx.node "Add" version 14 (%x, %w)
    : (tensor<?x?x384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  // CHECK: %[[Y:.*]] = tensor.expand_shape %[[SUM]] {{\[}}[0], [1], [2, 3]]
  // CHECK-SAME: output_shape [%[[BATCH]], %[[SEQ]], 3, 128]
  %y = onnx.node "Reshape" version 14 (%a, %shape)
    : (tensor<?x?x384xf32>, tensor<4xi64>) -> tensor<?x?x3x128xf32>
  // CHECK: %[[V:.*]] = linalg.generic {{.*}} ins(%[[U]]
  // CHECK: arith.cmpi ne
  %v = onnx.node "Cast" version 13 (%u) {to = 9 : i64}
    : (tensor<384xui8>) -> tensor<384xi1>
  // CHECK: return %[[Y]], %[[V]]
  return %y, %v : tensor<?x?x3x128xf32>, tensor<384xi1>
}
