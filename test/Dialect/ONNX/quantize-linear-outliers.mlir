// RUN: bitnet-opt %s --split-input-file \
// RUN:   --onnx-quantize-linear=quantizer=int8-outliers | FileCheck %s
// RUN: bitnet-opt %s --split-input-file \
// RUN:   --onnx-quantize-linear="quantizer=int8-outliers granularity=tensor outlier-threshold=2.5" \
// RUN:   | FileCheck %s --check-prefix=OPTIONS

// OPTIONS-LABEL: func.func @main(
// OPTIONS: onnx.constant dense<2.000000e+00> : tensor<f32>
// OPTIONS: onnx.constant dense<2.500000e+00> : tensor<f32>

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x?x3xf32>
func.func @main(%b: index {onnx.symbol = "b"}, %n: index {onnx.symbol = "n"},
                %x: tensor<?x?x3xf32> {onnx.name = "x",
                                       onnx.dims = ["b", "n", 3]})
    -> (tensor<?x?x2xf32> {onnx.name = "y", onnx.dims = ["b", "n", 2]}) {
  // The weight is the transposed one of the node: a row is an output.
  // CHECK: %[[CODES:.*]] = onnx.constant dense_resource<w.int8> : tensor<3x2xi8>
  // CHECK: %[[SCALES:.*]] = onnx.constant dense<[2.000000e+00, 1.000000e+00]> : tensor<2xf32>
  // CHECK: %[[W:.*]] = onnx.node "DequantizeLinear" version 21 (%[[CODES]], %[[SCALES]]) {axis = 1 : i64}

  // Columns with an outlier in any row of any batch.
  // CHECK: %[[ABS:.*]] = onnx.node "Abs" version 21 (%[[X]])
  // CHECK: %[[AXES:.*]] = onnx.constant dense<[0, 1]> : tensor<2xi64>
  // CHECK: %[[LARGEST:.*]] = onnx.node "ReduceMax" version 21 (%[[ABS]], %[[AXES]]) {keepdims = 1 : i64}
  // CHECK-SAME: -> tensor<1x1x3xf32>
  // CHECK: %[[THRESHOLD:.*]] = onnx.constant dense<6.000000e+00>
  // CHECK: %[[IS_OUTLIER:.*]] = onnx.node "Greater" version 21 (%[[LARGEST]], %[[THRESHOLD]])
  // CHECK-SAME: -> tensor<1x1x3xi1>
  // CHECK: %[[ZERO:.*]] = onnx.constant dense<0.000000e+00>
  // CHECK: %[[REST:.*]] = onnx.node "Where" version 21 (%[[IS_OUTLIER]], %[[ZERO]], %[[X]])
  // CHECK: %[[OUTLIERS:.*]] = onnx.node "Where" version 21 (%[[IS_OUTLIER]], %[[X]], %[[ZERO]])

  // The others in 8 bits, with a scale for each row.
  // CHECK: %[[ABS:.*]] = onnx.node "Abs" version 21 (%[[REST]])
  // CHECK: %[[AXIS:.*]] = onnx.constant dense<2> : tensor<1xi64>
  // CHECK: %[[ABSMAX:.*]] = onnx.node "ReduceMax" version 21 (%[[ABS]], %[[AXIS]])
  // CHECK-SAME: -> tensor<?x?x1xf32>
  // CHECK: %[[BOUNDED:.*]] = onnx.node "Max" version 21 (%[[ABSMAX]], %{{.*}})
  // CHECK: %[[STEPS:.*]] = onnx.constant dense<1.270000e+02>
  // CHECK: %[[FACTOR:.*]] = onnx.node "Div" version 21 (%[[STEPS]], %[[BOUNDED]])
  // CHECK: %[[SCALED:.*]] = onnx.node "Mul" version 21 (%[[REST]], %[[FACTOR]])
  // CHECK: %[[ROUNDED:.*]] = onnx.node "Round" version 21 (%[[SCALED]])
  // CHECK: %[[X8:.*]] = onnx.node "Cast" version 21 (%[[ROUNDED]]) {to = 3 : i64}
  // CHECK: %[[SUMS:.*]] = onnx.node "MatMulInteger" version 21 (%[[X8]], %[[CODES]])
  // CHECK-SAME: -> tensor<?x?x2xi32>
  // CHECK: %[[FLOAT:.*]] = onnx.node "Cast" version 21 (%[[SUMS]]) {to = 1 : i64}
  // CHECK: %[[STEP:.*]] = onnx.node "Div" version 21 (%[[BOUNDED]], %[[STEPS]])
  // CHECK: %[[OF_ROWS:.*]] = onnx.node "Mul" version 21 (%[[FLOAT]], %[[STEP]])
  // CHECK: %[[SCALES2:.*]] = onnx.constant dense<[2.000000e+00, 1.000000e+00]> : tensor<2xf32>
  // CHECK: %[[INTEGERS:.*]] = onnx.node "Mul" version 21 (%[[OF_ROWS]], %[[SCALES2]])

  // Outliers in half precision.
  // CHECK: %[[CLIPPED:.*]] = onnx.node "Clip" version 21 (%[[OUTLIERS]],
  // CHECK: %[[HALF:.*]] = onnx.node "Cast" version 21 (%[[CLIPPED]]) {to = 10 : i64}
  // CHECK: %[[INPUT:.*]] = onnx.node "Cast" version 21 (%[[HALF]]) {to = 1 : i64}
  // CHECK: %[[WHALF:.*]] = onnx.node "Cast" version 21 (%[[W]]) {to = 10 : i64}
  // CHECK: %[[WEIGHT:.*]] = onnx.node "Cast" version 21 (%[[WHALF]]) {to = 1 : i64}
  // CHECK: %[[HALVES:.*]] = onnx.node "MatMul" version 21 (%[[INPUT]], %[[WEIGHT]])
  // CHECK: %[[Y:.*]] = onnx.node "Add" version 21 (%[[INTEGERS]], %[[HALVES]])
  // CHECK: return %[[Y]]
  %w = onnx.constant dense<[[254.0, 1.0, 3.0], [-5.0, 5.0, -127.0]]>
    : tensor<2x3xf32> : tensor<2x3xf32> loc("w")
  %t = onnx.node "Transpose" version 13 (%w) {perm = array<i64: 1, 0>}
    : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %y = onnx.node "MatMul" version 13 (%x, %t)
    : (tensor<?x?x3xf32>, tensor<3x2xf32>) -> tensor<?x?x2xf32>
  return %y : tensor<?x?x2xf32>
}

// -----

// On the left the weight is not transposed, and a row of the input is a column.

// CHECK-LABEL: func.func @main(
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<3x?xf32> {onnx.name = "x", onnx.dims = [3, "n"]})
    -> (tensor<2x?xf32> {onnx.name = "y", onnx.dims = [2, "n"]}) {
  // CHECK: %[[CODES:.*]] = onnx.constant dense_resource<{{.*}}> : tensor<2x3xi8>
  // CHECK: onnx.node "DequantizeLinear" {{.*}} {axis = 0 : i64}
  // CHECK: %[[AXES:.*]] = onnx.constant dense<1> : tensor<1xi64>
  // CHECK: onnx.node "ReduceMax" {{.*}} -> tensor<3x1xf32>
  // CHECK: %[[AXES:.*]] = onnx.constant dense<0> : tensor<1xi64>
  // CHECK: onnx.node "ReduceMax" {{.*}} -> tensor<1x?xf32>
  // CHECK: onnx.node "MatMulInteger" version 21 (%[[CODES]], %{{.*}})
  // CHECK: onnx.constant dense<{{\[\[2.000000e\+00\], \[1.000000e\+00\]\]}}> : tensor<2x1xf32>
  // CHECK: onnx.node "MatMul"
  // CHECK-SAME: (tensor<2x3xf32>, tensor<3x?xf32>) -> tensor<2x?xf32>
  %w = onnx.constant dense<[[254.0, 1.0, 3.0], [-5.0, 5.0, -127.0]]>
    : tensor<2x3xf32> : tensor<2x3xf32>
  %y = onnx.node "MatMul" version 13 (%w, %x)
    : (tensor<2x3xf32>, tensor<3x?xf32>) -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}

// -----

// alpha, beta and the bias of a Gemm, whose input is transposed.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[^:]*]]: tensor<3x?xf32>
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<3x?xf32> {onnx.name = "x", onnx.dims = [3, "n"]})
    -> (tensor<?x2xf32> {onnx.name = "y", onnx.dims = ["n", 2]}) {
  // CHECK: %[[BIAS:.*]] = onnx.constant dense<[1.000000e+00, 2.000000e+00]>
  // CHECK: onnx.node "Transpose" version 21 (%[[X]]) {perm = array<i64: 1, 0>}
  // CHECK: onnx.node "MatMulInteger"
  // CHECK: %[[SUM:.*]] = onnx.node "Add"
  // CHECK: %[[ALPHA:.*]] = onnx.constant dense<5.000000e-01>
  // CHECK: %[[PRODUCT:.*]] = onnx.node "Mul" version 21 (%[[SUM]], %[[ALPHA]])
  // CHECK: %[[BETA:.*]] = onnx.constant dense<3.000000e+00>
  // CHECK: %[[ADDEND:.*]] = onnx.node "Mul" version {{.*}} (%[[BIAS]], %[[BETA]])
  // CHECK: onnx.node "Add" version {{.*}} (%[[PRODUCT]], %[[ADDEND]])
  %w = onnx.constant dense<[[254.0, 1.0, 3.0], [-5.0, 5.0, -127.0]]>
    : tensor<2x3xf32> : tensor<2x3xf32>
  %b = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32> : tensor<2xf32>
  %y = onnx.node "Gemm" version 13 (%x, %w, %b)
    {transA = 1 : i64, transB = 1 : i64, alpha = 0.5 : f32, beta = 3.0 : f32}
    : (tensor<3x?xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
