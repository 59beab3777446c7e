// RUN: bitnet-opt %s --bitnet-recognize | FileCheck %s

// Nodes that are not as ONNX wants them are no layers, whatever they look like.

// CHECK-NOT:   form =
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<?x32xf32>, %bytes: tensor<?x32xi8>) {
  // CHECK-NOT: bitnet.{{bit_linear|weight}}
  %none = onnx.none
  %w = onnx.constant dense<1.0> : tensor<32x2xf32> : tensor<32x2xf32>
  %two = onnx.constant dense<2> : tensor<2xi64> : tensor<2xi64>
  %real = onnx.constant dense<1.5> : tensor<1xf32> : tensor<1xf32>
  %empty = onnx.constant dense<> : tensor<0xf32> : tensor<0xf32>
  %codes = onnx.constant dense<1> : tensor<2x8xui8> : tensor<2x8xui8>

  // Products.
  %0 = onnx.node "MatMul" version 13 () : () -> tensor<?x2xf32>
  %1 = onnx.node "MatMul" version 13 (%x, %none)
    : (tensor<?x32xf32>, none) -> tensor<?x2xf32>
  %2 = onnx.node "MatMul" version 13 (%none, %w)
    : (none, tensor<32x2xf32>) -> tensor<?x2xf32>
  %3 = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x3xf32>
  %4 = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> none
  %5:2 = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<?x32xf32>, tensor<32x2xf32>)
    -> (tensor<?x2xf32>, tensor<?x2xf32>)
  %6 = onnx.node "Gemm" version 13 (%x, %w) {transB = 1 : i64}
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x2xf32>
  %7 = onnx.node "MatMul" version 13 (%bytes, %w)
    : (tensor<?x32xi8>, tensor<32x2xf32>) -> tensor<?x2xf32>
  %8 = onnx.node "MatMulInteger" version 10 (%x, %w)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x2xi32>
  %9 = onnx.node "MatMul" version 13 (%empty, %empty)
    : (tensor<0xf32>, tensor<0xf32>) -> tensor<f32>
  %10 = onnx.node "com.microsoft" "MatMulNBits" version 1 (%x, %codes, %real)
    {K = 32 : i64, N = 4611686018427387904 : i64, bits = 2 : i64,
     block_size = 16 : i64}
    : (tensor<?x32xf32>, tensor<2x8xui8>, tensor<1xf32>) -> tensor<?x?xf32>
  %11 = onnx.node "com.microsoft" "MatMulNBits" version 1 (%x, %codes, %real)
    {K = 32 : i64, N = 2 : i64, bits = 2 : i64, block_size = 0 : i64}
    : (tensor<?x32xf32>, tensor<2x8xui8>, tensor<1xf32>) -> tensor<?x2xf32>
  %12 = onnx.node "com.microsoft" "MatMulNBits" version 1 (%x)
    {K = 32 : i64, N = 2 : i64} : (tensor<?x32xf32>) -> tensor<?x2xf32>

  // Weights.
  %13 = onnx.node "Transpose" version 13 (%w) {perm = array<i64: 0, 0>}
    : (tensor<32x2xf32>) -> tensor<32x2xf32>
  %14 = onnx.node "MatMul" version 13 (%x, %13)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x2xf32>
  %15 = onnx.node "Mul" version 14 (%w, %two)
    : (tensor<32x2xf32>, tensor<2xi64>) -> tensor<4x32x2xf32>
  %16 = onnx.node "Reshape" version 14 (%15, %two)
    : (tensor<4x32x2xf32>, tensor<2xi64>) -> tensor<32x2xf32>
  %17 = onnx.node "MatMul" version 13 (%x, %16)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x2xf32>
  %18 = onnx.node "Concat" version 13 (%w, %none) {axis = 7 : i64}
    : (tensor<32x2xf32>, none) -> tensor<32x2xf32>
  %19 = onnx.node "MatMul" version 13 (%x, %18)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x2xf32>
  %20 = onnx.node "ReduceMean" version 18 (%w, %two)
    : (tensor<32x2xf32>, tensor<2xi64>) -> tensor<32x2xf32>
  %21 = onnx.node "MatMul" version 13 (%x, %20)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x2xf32>
  %22 = onnx.node "DequantizeLinear" version 21 (%w, %real)
    {axis = 5 : i64, block_size = 4 : i64}
    : (tensor<32x2xf32>, tensor<1xf32>) -> tensor<32x2xf32>
  %23 = onnx.node "MatMul" version 13 (%x, %22)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x2xf32>
  %24 = onnx.node "Clip" version 13 (%w, %two)
    : (tensor<32x2xf32>, tensor<2xi64>) -> tensor<32x2xf32>
  %25 = onnx.node "MatMul" version 13 (%x, %24)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x2xf32>
  %26 = onnx.node "Where" version 16 () : () -> tensor<32x2xf32>
  %27 = onnx.node "MatMul" version 13 (%x, %26)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x2xf32>
  %28 = onnx.node "Slice" version 13 (%w, %two, %two, %two)
    : (tensor<32x2xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>)
    -> tensor<32x2xf32>
  %29 = onnx.node "MatMul" version 13 (%x, %28)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x2xf32>
  %30 = onnx.node "ScatterND" version 18 (%w, %two, %real)
    : (tensor<32x2xf32>, tensor<2xi64>, tensor<1xf32>) -> tensor<32x2xf32>
  %31 = onnx.node "MatMul" version 13 (%x, %30)
    : (tensor<?x32xf32>, tensor<32x2xf32>) -> tensor<?x2xf32>
  // As large as a file can make them: 2^40 elements.
  %32 = onnx.node "Expand" version 13 (%real, %two)
    : (tensor<1xf32>, tensor<2xi64>) -> tensor<1048576x1048576xf32>
  %33 = onnx.node "Reshape" version 14 (%32, %two)
    : (tensor<1048576x1048576xf32>, tensor<2xi64>) -> tensor<32x34359738368xf32>
  %34 = onnx.node "MatMul" version 13 (%x, %33)
    : (tensor<?x32xf32>, tensor<32x34359738368xf32>)
    -> tensor<?x34359738368xf32>

  // Activations, of which small layers would be left as they are.
  %small = onnx.constant dense<1.0> : tensor<4x2xf32> : tensor<4x2xf32>
  %35 = onnx.node "Abs" version 13 () : () -> tensor<?x4xf32>
  %36 = onnx.node "ReduceMax" version 18 (%35)
    : (tensor<?x4xf32>) -> tensor<?x1xf32>
  %37 = onnx.node "ReduceMax" version 18 () {axes = array<i64: 1>}
    : () -> tensor<?x1xf32>
  %38 = onnx.node "Max" version 13 (%36, %real, %37)
    : (tensor<?x1xf32>, tensor<1xf32>, tensor<?x1xf32>) -> tensor<?x1xf32>
  %39 = onnx.node "Clip" version 13 () : () -> tensor<?x1xf32>
  %40 = onnx.node "Clip" version 13 (%37, %real)
    : (tensor<?x1xf32>, tensor<1xf32>) -> tensor<?x1xf32>
  %41 = onnx.node "Reciprocal" version 13 () : () -> tensor<?x1xf32>
  %42 = onnx.node "Mul" version 14 (%41, %40)
    : (tensor<?x1xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %43 = onnx.node "Round" version 11 () : () -> tensor<?x4xf32>
  %44 = onnx.node "Div" version 14 (%43, %40)
    : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %45 = onnx.node "Unsqueeze" version 13 () : () -> tensor<?x1xf32>
  %46 = onnx.node "Div" version 14 (%42, %45)
    : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %47 = onnx.node "Clip" version 13 (%45, %real)
    : (tensor<?x1xf32>, tensor<1xf32>) -> tensor<?x1xf32>
  %48 = onnx.node "Mul" version 14 (%39)
    : (tensor<?x1xf32>) -> tensor<?x4xf32>
  %49 = onnx.node "Sub" version 14 (%48) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %50 = onnx.node "Add" version 14 (%49) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %51 = onnx.node "MatMul" version 13 (%44, %small)
    : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %52 = onnx.node "MatMul" version 13 (%46, %small)
    : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %53 = onnx.node "MatMul" version 13 (%50, %small)
    : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %54 = onnx.node "Div" version 14 (%x, %38)
    : (tensor<?x32xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %55 = onnx.node "Div" version 14 (%54, %47)
    : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %56 = onnx.node "MatMul" version 13 (%55, %small)
    : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  // CHECK: return
  return
}
