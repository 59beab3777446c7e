// RUN: bitnet-opt %s --bitnet-lower-reshapes --expand-strided-metadata --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @run(
// CHECK-SAME:    %[[X:.*]]: memref<?x8xf32>, %[[N:.*]]: index, %[[M:.*]]: index)
func.func @run(%x: memref<?x8xf32>, %n: index, %m: index)
    -> memref<?x?x2x4xf32> {
  // CHECK: %[[STRIDE:.*]] = arith.muli %[[M]], %c8
  // CHECK: memref.reinterpret_cast %[[X]] to offset: [0], sizes: [%[[N]], %[[M]], 2, 4], strides: [%[[STRIDE]], 8, 4, 1]
  %y = memref.expand_shape %x [[0, 1], [2, 3]] output_shape [%n, %m, 2, 4]
    : memref<?x8xf32> into memref<?x?x2x4xf32>
  return %y : memref<?x?x2x4xf32>
}
