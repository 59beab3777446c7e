// RUN: bitnet-opt %s --bitnet-fuse-elementwise --split-input-file | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// A chain becomes one operation, and that a part of the sum that reads it once;
// zero goes into the sum.

// CHECK-LABEL: func.func @main
// CHECK-NOT: linalg.generic
// CHECK: linalg.generic
// CHECK-SAME: ["parallel", "reduction"]
// CHECK-SAME: attrs = {bitnet_runtime.initial = [0.000000e+00 : f32]}
// CHECK: math.exp
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK-NOT: linalg.generic
func.func @main(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x8xf32>
  %r = tensor.empty() : tensor<4xf32>
  %init = linalg.generic {indexing_maps = [affine_map<(i) -> ()>, affine_map<(i) -> (i)>],
                          iterator_types = ["parallel"]}
      ins(%zero : f32) outs(%r : tensor<4xf32>) {
    ^bb0(%a: f32, %o: f32):
      linalg.yield %a : f32
  } -> tensor<4xf32>
  %exp = linalg.generic {indexing_maps = [#id, #id],
                         iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
    ^bb0(%a: f32, %o: f32):
      %v = math.exp %a : f32
      linalg.yield %v : f32
  } -> tensor<4x8xf32>
  %square = linalg.generic {indexing_maps = [#id, #id],
                            iterator_types = ["parallel", "parallel"]}
      ins(%exp : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
    ^bb0(%a: f32, %o: f32):
      %v = arith.mulf %a, %a : f32
      linalg.yield %v : f32
  } -> tensor<4x8xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row],
                         iterator_types = ["parallel", "reduction"]}
      ins(%square : tensor<4x8xf32>) outs(%init : tensor<4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %v = arith.addf %o, %a : f32
      linalg.yield %v : f32
  } -> tensor<4xf32>
  return %sum : tensor<4xf32>
}

// -----

// An exponential that two operations read is computed once, and what a product
// reads many times is not computed there.

#id = affine_map<(i, j) -> (i, j)>
// CHECK-LABEL: func.func @main
// CHECK: math.exp
// CHECK: linalg.yield
// CHECK: arith.negf
// CHECK: arith.mulf
// CHECK-NEXT: arith.addf
func.func @main(%x: tensor<4x8xf32>, %w: tensor<8x4xf32>, %i: tensor<4x4xf32>)
    -> (tensor<4x8xf32>, tensor<4x4xf32>) {
  %e = tensor.empty() : tensor<4x8xf32>
  %exp = linalg.generic {indexing_maps = [#id, #id],
                         iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
    ^bb0(%a: f32, %o: f32):
      %v = math.exp %a : f32
      linalg.yield %v : f32
  } -> tensor<4x8xf32>
  %negative = linalg.generic {indexing_maps = [#id, #id],
                              iterator_types = ["parallel", "parallel"]}
      ins(%exp : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
    ^bb0(%a: f32, %o: f32):
      %v = arith.negf %a : f32
      linalg.yield %v : f32
  } -> tensor<4x8xf32>
  %product = linalg.generic {
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
                       affine_map<(m, n, k) -> (k, n)>,
                       affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%exp, %w : tensor<4x8xf32>, tensor<8x4xf32>)
      outs(%i : tensor<4x4xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %v = arith.mulf %a, %b : f32
      %s = arith.addf %o, %v : f32
      linalg.yield %s : f32
  } -> tensor<4x4xf32>
  return %negative, %product : tensor<4x8xf32>, tensor<4x4xf32>
}

// -----

// Codes of weights become floats where the product reads them: as floats they
// would take four times the memory.

#id = affine_map<(i, j) -> (i, j)>
// CHECK-LABEL: func.func @main
// CHECK: %[[CODES:.*]] = arith.constant {{.*}} : tensor<8x4xi8>
// CHECK-NOT: linalg.generic
// CHECK: linalg.generic
// CHECK-SAME: ["parallel", "parallel", "reduction"]
// CHECK-SAME: ins(%{{.*}}, %[[CODES]]
// CHECK: arith.sitofp
// CHECK-NOT: linalg.generic
func.func @main(%x: tensor<4x8xf32>, %i: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %codes = arith.constant dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F">
    : tensor<8x4xi8>
  %scale = arith.constant dense<0.5> : tensor<f32>
  %e = tensor.empty() : tensor<8x4xf32>
  %w = linalg.generic {indexing_maps = [#id, affine_map<(i, j) -> ()>, #id],
                       iterator_types = ["parallel", "parallel"]}
      ins(%codes, %scale : tensor<8x4xi8>, tensor<f32>)
      outs(%e : tensor<8x4xf32>) {
    ^bb0(%c: i8, %s: f32, %o: f32):
      %f = arith.sitofp %c : i8 to f32
      %v = arith.mulf %f, %s : f32
      linalg.yield %v : f32
  } -> tensor<8x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>,
                                        affine_map<(i, j, k) -> (k, j)>,
                                        affine_map<(i, j, k) -> (i, j)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8xf32>, tensor<8x4xf32>)
      outs(%i : tensor<4x4xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %p = arith.mulf %a, %b : f32
      %v = arith.addf %o, %p : f32
      linalg.yield %v : f32
  } -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
