// RUN: bitnet-opt %s --bitnet-widen-elements | FileCheck %s

#id = affine_map<(i) -> (i)>
// CHECK-LABEL: func.func @main(
// CHECK-SAME:    %[[X:.*]]: tensor<4xi8>, %[[Y:.*]]: tensor<4xi8>) -> (tensor<4xi8>, tensor<4xi8>)
func.func @main(%x: tensor<4xi1>, %y: tensor<4xi4>)
    -> (tensor<4xi1>, tensor<4xi4>) {
  %c0 = arith.constant 0 : index
  // CHECK: arith.constant dense<[1, 0, 1, 0]> : tensor<4xi8>
  %c = arith.constant dense<[true, false, true, false]> : tensor<4xi1>
  // CHECK: %[[E:.*]] = tensor.extract %[[X]]
  // CHECK: %[[FIRST:.*]] = arith.cmpi ne, %[[E]], %{{.*}} : i8
  %first = tensor.extract %x[%c0] : tensor<4xi1>
  // CHECK: linalg.generic
  // CHECK-NEXT: ^bb0(%[[A:.*]]: i8, %[[B:.*]]: i8, %{{.*}}: i8):
  // CHECK-DAG: %[[AB:.*]] = arith.cmpi ne, %[[A]], %{{.*}} : i8
  // CHECK-DAG: %[[BB:.*]] = arith.cmpi ne, %[[B]], %{{.*}} : i8
  // CHECK: %[[AND:.*]] = arith.andi %[[AB]], %[[BB]] : i1
  // CHECK: %[[XOR:.*]] = arith.xori %[[AND]], %[[FIRST]] : i1
  // CHECK: %[[BYTE:.*]] = arith.extui %[[XOR]] : i1 to i8
  // CHECK: linalg.yield %[[BYTE]] : i8
  %e = tensor.empty() : tensor<4xi1>
  %both = linalg.generic {indexing_maps = [#id, #id, #id],
                          iterator_types = ["parallel"]}
      ins(%x, %c : tensor<4xi1>, tensor<4xi1>) outs(%e : tensor<4xi1>) {
    ^bb0(%a: i1, %b: i1, %o: i1):
      %v = arith.andi %a, %b : i1
      %w = arith.xori %v, %first : i1
      linalg.yield %w : i1
  } -> tensor<4xi1>
  // CHECK: ^bb0(%[[A:.*]]: i8, %{{.*}}: i8):
  // CHECK: %[[NARROW:.*]] = arith.trunci %[[A]] : i8 to i4
  // CHECK: %[[SUM:.*]] = arith.addi %[[NARROW]], %[[NARROW]] : i4
  // CHECK: arith.extsi %[[SUM]] : i4 to i8
  %f = tensor.empty() : tensor<4xi4>
  %twice = linalg.generic {indexing_maps = [#id, #id],
                           iterator_types = ["parallel"]}
      ins(%y : tensor<4xi4>) outs(%f : tensor<4xi4>) {
    ^bb0(%a: i4, %o: i4):
      %v = arith.addi %a, %a : i4
      linalg.yield %v : i4
  } -> tensor<4xi4>
  return %both, %twice : tensor<4xi1>, tensor<4xi4>
}
