// RUN: bitnet-opt %s --split-input-file --mlir-print-debuginfo \
// RUN:   --onnx-quantize-linear=quantizer=absmax-int8 \
// RUN:   | FileCheck %s --check-prefix=ABSMAX
// RUN: bitnet-opt %s --split-input-file \
// RUN:   --onnx-quantize-linear="quantizer=absmax-int8 granularity=row" \
// RUN:   | FileCheck %s --check-prefix=ROW

// Two outputs of three inputs, transposed: rows are outer. The largest weight is
// 254, so that codes are halves, to even.

// ABSMAX: bitnet.quantized_layers = [{bytes = 10 : i64, columns = 3 : i64, error = 0.007871{{[0-9]*}} : f64, float_bytes = 24 : i64, largest_error = 1.000000e+00 : f64, node = "/net/fc", quantizer = "absmax-int8", rows = 2 : i64, scales = 1 : i64}]
// ABSMAX-LABEL: func.func @main(
// ABSMAX-SAME: %[[X:[^:]*]]: tensor<?x3xf32>
// ABSMAX: %[[BIAS:.*]] = onnx.constant dense<[1.000000e+00, 2.000000e+00]>
// ABSMAX: %[[CODES:.*]] = onnx.constant dense_resource<w.int8> : tensor<2x3xi8> : tensor<2x3xi8> loc(#[[WEIGHT:.*]])
// ABSMAX: %[[SCALE:.*]] = onnx.constant dense<2.000000e+00> : tensor<f32> : tensor<f32> loc(#[[NODE:.*]])
// ABSMAX: %[[W:.*]] = onnx.node "DequantizeLinear" version 21 (%[[CODES]], %[[SCALE]])
// ABSMAX-SAME: (tensor<2x3xi8>, tensor<f32>) -> tensor<2x3xf32> loc(#[[NODE]])
// ABSMAX: onnx.node "Gemm" version 13 (%[[X]], %[[W]], %[[BIAS]]) {alpha = 5.000000e-01 : f32, transB = 1 : i64}
// ABSMAX: #[[WEIGHT]] = loc("w")
// ABSMAX: #[[NODE]] = loc("/net/fc")
// ABSMAX: w.int8: "0x{{[0-9A-F]+}}7F0002FE02C0"

// ROW-LABEL: func.func @main(
// ROW: %[[CODES:.*]] = onnx.constant dense_resource<w.int8> : tensor<2x3xi8>
// ROW: %[[SCALE:.*]] = onnx.constant dense<[2.000000e+00, 1.000000e+00]> : tensor<2xf32>
// ROW: onnx.node "DequantizeLinear" version 21 (%[[CODES]], %[[SCALE]]) {axis = 0 : i64}

func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?x3xf32> {onnx.name = "x", onnx.dims = ["n", 3]})
    -> (tensor<?x2xf32> {onnx.name = "y", onnx.dims = ["n", 2]}) {
  %w = onnx.constant dense<[[254.0, 1.0, 3.0], [-5.0, 5.0, -127.0]]>
    : tensor<2x3xf32> : tensor<2x3xf32> loc("w")
  %b = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32> : tensor<2xf32>
  %y = onnx.node "Gemm" version 13 (%x, %w, %b)
    {transB = 1 : i64, alpha = 0.5 : f32}
    : (tensor<?x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<?x2xf32>
    loc("/net/fc")
  return %y : tensor<?x2xf32>
}

// -----

// Layers that share a weight share its codes; a weight that is looked up, too,
// also stays in float. Scales multiply rows of halves in f32.

// ABSMAX: keeps_float
// ABSMAX-LABEL: func.func @main(
// ABSMAX: %[[TABLE:.*]] = onnx.constant {{.*}} tensor<2x2xf16>
// ABSMAX: onnx.node "Gather" version 13 (%[[TABLE]]
// ABSMAX: %[[CODES:.*]] = onnx.constant dense_resource<{{.*}}> : tensor<2x2xi8>
// ABSMAX: %[[W:.*]] = onnx.node "DequantizeLinear" version 21 (%[[CODES]]
// ABSMAX: %[[HALF:.*]] = onnx.node "Cast" version 21 (%[[W]]) {to = 10 : i64}
// ABSMAX: onnx.node "MatMul" version 13 (%{{.*}}, %[[HALF]])
// ABSMAX-NOT: DequantizeLinear
// ABSMAX: %[[HALF:.*]] = onnx.node "Cast" version 21 (%[[W]]) {to = 10 : i64}
// ABSMAX: onnx.node "MatMul" version 13 (%{{.*}}, %[[HALF]])
// ABSMAX: return
func.func @main(%i: tensor<3xi64> {onnx.name = "i", onnx.dims = [3]})
    -> (tensor<3x2xf16> {onnx.name = "z", onnx.dims = [3, 2]}) {
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]>
    : tensor<2x2xf16> : tensor<2x2xf16>
  %t = onnx.node "Transpose" version 13 (%w) {perm = array<i64: 1, 0>}
    : (tensor<2x2xf16>) -> tensor<2x2xf16>
  %x = onnx.node "Gather" version 13 (%w, %i)
    : (tensor<2x2xf16>, tensor<3xi64>) -> tensor<3x2xf16>
  %y = onnx.node "MatMul" version 13 (%x, %t)
    : (tensor<3x2xf16>, tensor<2x2xf16>) -> tensor<3x2xf16>
  %z = onnx.node "MatMul" version 13 (%y, %t)
    : (tensor<3x2xf16>, tensor<2x2xf16>) -> tensor<3x2xf16>
  return %z : tensor<3x2xf16>
}
