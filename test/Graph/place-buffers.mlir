// RUN: bitnet-opt %s --bitnet-place-buffers --split-input-file | FileCheck %s

// Buffers of constant size get offsets; those of %a and %c may overlap.

#tensor = #bitnet.graph_tensor<name = "x", type = f32, dims = () -> (16)>
#graph = #bitnet.graph<name = "g", symbols = [], inputs = [#tensor],
                       outputs = [#tensor]>
// CHECK: bitnet_runtime.weights_size = 64
module attributes {bitnet.graph = #graph} {
  // CHECK: bitnet_runtime.blob @w dense<1> : tensor<4xi8> offset = 0
  bitnet_runtime.blob @w dense<1> : tensor<4xi8>
  // CHECK-LABEL: func.func @arena_size() -> index
  // CHECK: %[[SIZE:.*]] = arith.constant 128 : index
  // CHECK: return %[[SIZE]]
  // CHECK-LABEL: func.func @run(
  // CHECK-SAME:    %[[ARENA:[^ :]*]]: memref<1024xi8>) {
  func.func @run(%thread: index, %threads: index, %team: !bitnet_runtime.team,
      %x: memref<1024xi8>, %y: memref<1024xi8>, %arena: memref<1024xi8>) {
    // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
    // CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
    %c0 = arith.constant 0 : index
    %in = memref.view %x[%c0][] : memref<1024xi8> to memref<16xf32>
    %out = memref.view %y[%c0][] : memref<1024xi8> to memref<16xf32>
    // CHECK: memref.view %[[ARENA]][%[[A:.*]]][] : memref<1024xi8> to memref<16xf32>
    // CHECK: memref.view %[[ARENA]][%{{.*}}][] : memref<1024xi8> to memref<16xf32>
    // CHECK: memref.view %[[ARENA]][%{{.*}}][] : memref<1024xi8> to memref<16xf32>
    // CHECK-NOT: memref.alloc
    %a = memref.alloc() : memref<16xf32>
    linalg.copy ins(%in : memref<16xf32>) outs(%a : memref<16xf32>)
    %b = memref.alloc() : memref<16xf32>
    linalg.copy ins(%a : memref<16xf32>) outs(%b : memref<16xf32>)
    %c = memref.alloc() : memref<16xf32>
    linalg.copy ins(%b : memref<16xf32>) outs(%c : memref<16xf32>)
    linalg.copy ins(%c : memref<16xf32>) outs(%out : memref<16xf32>)
    return
  }
}

// -----

// With symbolic sizes, buffers share slots; offsets are computed. %a and %c use
// one slot, which has the size of the larger.

#tensor = #bitnet.graph_tensor<name = "x", type = f32, dims = ()[s0] -> (s0)>
#graph = #bitnet.graph<name = "g", symbols = ["n"], inputs = [#tensor],
                       outputs = [#tensor]>
module attributes {bitnet.graph = #graph} {
  // CHECK-LABEL: func.func @arena_size(
  // CHECK-SAME:    %[[N:.*]]: index) -> index
  // CHECK: %[[C8:.*]] = arith.constant 8 : index
  // CHECK: %[[BYTES:.*]] = arith.muli %[[N]], %[[C8]]
  // CHECK: %[[PADDED:.*]] = arith.addi %[[BYTES]], %c63
  // CHECK: %[[FIRST:.*]] = arith.andi %[[PADDED]], %c-64
  // CHECK: %[[SECOND:.*]] = arith.andi
  // CHECK: %[[SUM:.*]] = arith.addi %[[FIRST]], %[[SECOND]]
  // CHECK: return %[[SUM]]
  // CHECK-LABEL: func.func @run(
  // CHECK-SAME:    %[[N:[^ :]*]]: index, %{{[^ :]*}}: memref<1024xi8>, %{{[^ :]*}}: memref<1024xi8>, %[[ARENA:[^ :]*]]: memref<1024xi8>)
  func.func @run(%thread: index, %threads: index, %team: !bitnet_runtime.team,
      %n: index, %x: memref<1024xi8>, %y: memref<1024xi8>,
      %arena: memref<1024xi8>) {
    // CHECK: %[[C0:.*]] = arith.constant 0 : index
    // CHECK: %[[OFFSET:.*]] = arith.andi
    %c0 = arith.constant 0 : index
    %in = memref.view %x[%c0][%n] : memref<1024xi8> to memref<?xf32>
    %out = memref.view %y[%c0][%n] : memref<1024xi8> to memref<?xf32>
    // CHECK: memref.view %[[ARENA]][%[[C0]]][%[[N]]] : memref<1024xi8> to memref<?xf32>
    %a = memref.alloc(%n) : memref<?xf32>
    linalg.copy ins(%in : memref<?xf32>) outs(%a : memref<?xf32>)
    // CHECK: memref.view %[[ARENA]][%[[OFFSET]]][%[[N]]] : memref<1024xi8> to memref<?xf32>
    %b = memref.alloc(%n) : memref<?xf32>
    linalg.copy ins(%a : memref<?xf32>) outs(%b : memref<?xf32>)
    // CHECK: memref.view %[[ARENA]][%[[C0]]][%[[N]]] : memref<1024xi8> to memref<?x2xf32>
    %c = memref.alloc(%n) : memref<?x2xf32>
    %column = memref.subview %c[0, 1] [%n, 1] [1, 1]
      : memref<?x2xf32> to memref<?xf32, strided<[2], offset: 1>>
    linalg.copy ins(%b : memref<?xf32>)
      outs(%column : memref<?xf32, strided<[2], offset: 1>>)
    linalg.copy ins(%column : memref<?xf32, strided<[2], offset: 1>>)
      outs(%out : memref<?xf32>)
    return
  }
}
