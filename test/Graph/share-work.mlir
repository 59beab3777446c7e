// RUN: bitnet-opt %s --bitnet-share-work | FileCheck %s

#tensor = #bitnet.graph_tensor<name = "x", type = f32, dims = ()[s0] -> (s0, 8)>
#graph = #bitnet.graph<name = "g", symbols = ["n"], inputs = [#tensor],
                       outputs = [#tensor]>
!flat = memref<1024xi8>
module attributes {bitnet.graph = #graph} {
  func.func private @kernel(index, index, index, memref<4294967296x8xf32>,
                            memref<4294967296x8xf32>)

  // CHECK-LABEL: func.func @run(
  // CHECK-SAME:    %[[THREAD:[^ :]*]]: index, %[[THREADS:[^ :]*]]: index, %[[TEAM:[^ :]*]]: !bitnet_runtime.team, %[[N:[^ :]*]]: index
  func.func @run(%thread: index, %threads: index, %team: !bitnet_runtime.team,
                 %n: index, %x: !flat, %y: !flat, %arena: !flat) {
    %c0 = arith.constant 0 : index
    %c64 = arith.constant 64 : index
    %slot = arith.muli %n, %c64 : index
    %in = memref.view %x[%c0][%n] : !flat to memref<?x8xf32>
    %out = memref.view %y[%c0][%n] : !flat to memref<?x8xf32>
    %a = memref.view %arena[%c0][%n] : !flat to memref<?x8xf32>
    %b = memref.view %arena[%slot][%n] : !flat to memref<?x8xf32>
    // A share of the tiles: no barrier before what touches another place.
    // CHECK: %[[TOTAL:.*]] = arith.muli %[[N]], %[[THREAD]]
    // CHECK: %[[BEGIN:.*]] = arith.divui %[[TOTAL]], %[[THREADS]]
    // CHECK: %[[ROWS:.*]] = memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [4294967296, 8], strides: [8, 1]
    // CHECK: call @kernel(%[[BEGIN]], %{{.*}}, %[[N]], %[[ROWS]], %{{.*}})
    // CHECK-NOT: bitnet_runtime.barrier
    // CHECK: linalg.copy {bitnet_runtime.shared}
    bitnet_runtime.launch @kernel tiles %n rows %n (%in)
      outs(%a : memref<?x8xf32>) : (memref<?x8xf32>) -> ()
    linalg.copy ins(%in : memref<?x8xf32>) outs(%b : memref<?x8xf32>)
    // Little work and loops are thread 0's; no barrier between those.
    // CHECK: bitnet_runtime.barrier %[[TEAM]]
    // CHECK: scf.if
    // CHECK:   linalg.copy ins(
    // CHECK-NOT: bitnet_runtime.barrier
    // CHECK: scf.if
    // CHECK:   scf.for
    %row = memref.subview %a[0, 0] [1, 8] [1, 1]
      : memref<?x8xf32> to memref<8xf32, strided<[1]>>
    %other = memref.subview %b[0, 0] [1, 8] [1, 1]
      : memref<?x8xf32> to memref<8xf32, strided<[1]>>
    linalg.copy ins(%row : memref<8xf32, strided<[1]>>)
      outs(%other : memref<8xf32, strided<[1]>>)
    %c1 = arith.constant 1 : index
    scf.for %i = %c0 to %n step %c1 {
      %e = memref.load %b[%i, %c0] : memref<?x8xf32>
      memref.store %e, %b[%i, %c1] : memref<?x8xf32>
    }
    // A scalar is everyone's, once it is written.
    // CHECK: bitnet_runtime.barrier %[[TEAM]]
    // CHECK-NEXT: memref.load
    // CHECK-NOT: bitnet_runtime.barrier
    // CHECK: linalg.fill {bitnet_runtime.shared}
    // CHECK-NEXT: bitnet_runtime.barrier %[[TEAM]]
    // CHECK-NEXT: return
    %scalar = memref.load %b[%c0, %c0] : memref<?x8xf32>
    linalg.fill ins(%scalar : f32) outs(%out : memref<?x8xf32>)
    return
  }
}
