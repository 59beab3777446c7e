// RUN: bitnet-opt %s --onnx-quantize-linear | FileCheck %s
// RUN: bitnet-opt %s --onnx-quantize-linear=granularity=row \
// RUN:   | FileCheck %s --check-prefix=ROW
// RUN: bitnet-opt %s --onnx-quantize-linear=quantizer=sign \
// RUN:   | FileCheck %s --check-prefix=SIGN

// The mean magnitude is 3: 1.5 lies between 0 and 1, which rounds to 0, and
// alpha goes to the scale.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x?x3xf32>
// CHECK: %[[BIAS:.*]] = onnx.constant dense<[1.000000e+00, 2.000000e+00]>
// CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[X]] {{\[}}[0, 1], [2]]
// CHECK: %[[W:.*]] = bitnet.weight dense_resource<w.trits> : tensor<2xi8> scales(dense<6.000000e+00> : tensor<1xf32>) -> !bitnet.matrix<2x3, #bitnet.trits>
// CHECK: %[[Z:.*]] = bitnet.bit_linear %[[ROWS]], %[[W]]
// CHECK: %[[Y:.*]] = tensor.expand_shape %[[Z]]
// CHECK: onnx.node "Add" version {{.*}} (%[[Y]], %[[BIAS]])
// CHECK: w.trits: "0x{{[0-9A-F]+}}5A44"

// ROW: bitnet.weight {{.*}} scales(dense<[4.000000e+00, 8.000000e+00]> : tensor<2xf32>)

// SIGN: bitnet.weight dense_resource<w.bits> : tensor<2xi8> scales(dense<6.000000e+00> : tensor<1xf32>) -> !bitnet.matrix<2x3, #bitnet.bits>
func.func @main(%b: index {onnx.symbol = "b"}, %n: index {onnx.symbol = "n"},
                %x: tensor<?x?x3xf32> {onnx.name = "x",
                                       onnx.dims = ["b", "n", 3]})
    -> (tensor<?x?x2xf32> {onnx.name = "z", onnx.dims = ["b", "n", 2]}) {
  %w = onnx.constant dense<[[2.0, 2.5, 1.5], [-4.0, 1.0, -7.0]]>
    : tensor<2x3xf32> : tensor<2x3xf32> loc("w")
  %bias = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32> : tensor<2xf32>
  %y = onnx.node "com.microsoft" "FusedMatMul" version 1 (%x, %w)
    {alpha = 2.0 : f32, transB = 1 : i64}
    : (tensor<?x?x3xf32>, tensor<2x3xf32>) -> tensor<?x?x2xf32>
  %z = onnx.node "Add" version 14 (%y, %bias)
    : (tensor<?x?x2xf32>, tensor<2xf32>) -> tensor<?x?x2xf32>
  return %z : tensor<?x?x2xf32>
}
