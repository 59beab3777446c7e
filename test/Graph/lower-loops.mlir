// RUN: bitnet-opt %s --bitnet-lower-loops --canonicalize --cse --split-input-file | FileCheck %s

#tensor = #bitnet.graph_tensor<name = "x", type = f32, dims = ()[s0] -> (s0, 8)>
#graph = #bitnet.graph<name = "g", symbols = ["n"], inputs = [#tensor],
                       outputs = [#tensor]>
#target = #bitnet.target<triple = "x86_64", cpu = "haswell", features = "",
                         level = avx2>
!flat = memref<1024xi8>
#id = affine_map<(i) -> (i)>

// Threads share chunks of 1024 elements; vectors of 8, then one by one.

module attributes {bitnet.graph = #graph, bitnet.targets = [#target]} {
  // CHECK-LABEL: func.func @run(
  // CHECK-SAME:    %[[THREAD:[^ :]*]]: index, %[[THREADS:[^ :]*]]: index
  // CHECK-SAME:    %[[N:[^ :]*]]: index, %{{[^ :]*}}: memref<1024xi8>
  func.func @run(%thread: index, %threads: index, %team: !bitnet_runtime.team,
                 %n: index, %x: !flat, %y: !flat, %arena: !flat)
      attributes {bitnet.target = #target} {
    %c0 = arith.constant 0 : index
    %in = memref.view %x[%c0][%n] : !flat to memref<?xf32>
    %out = memref.view %y[%c0][%n] : !flat to memref<?xf32>
    // CHECK: %[[PADDED:.*]] = arith.addi %[[N]], %c1023
    // CHECK: %[[CHUNKS:.*]] = arith.divui %[[PADDED]], %c1024
    // CHECK: %[[PART:.*]] = arith.muli %[[CHUNKS]], %[[THREAD]]
    // CHECK: %[[BEGIN:.*]] = arith.divui %[[PART]], %[[THREADS]]
    // CHECK: scf.for %{{.*}} = %[[BEGIN]] to
    // CHECK:   scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step %c8
    // CHECK:     %[[V:.*]] = vector.load %{{.*}}[%[[I]]] : memref<?xf32>, vector<8xf32>
    // CHECK:     %[[S:.*]] = arith.addf %[[V]], %[[V]] : vector<8xf32>
    // CHECK:     vector.store %[[S]], %{{.*}}[%[[I]]] : memref<?xf32>, vector<8xf32>
    // CHECK:   scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step %c1
    // CHECK:     %[[E:.*]] = memref.load %{{.*}}[%[[I]]]
    // CHECK:     arith.addf %[[E]], %[[E]] : f32
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%in : memref<?xf32>) outs(%out : memref<?xf32>)
        attrs = {bitnet_runtime.shared} {
      ^bb0(%a: f32, %o: f32):
        %s = arith.addf %a, %a : f32
        linalg.yield %s : f32
    }
    return
  }
}

// -----

#tensor = #bitnet.graph_tensor<name = "x", type = f32, dims = () -> (4, 40)>
#graph = #bitnet.graph<name = "g", symbols = [], inputs = [#tensor],
                       outputs = [#tensor]>
!flat = memref<1024xi8>

// Sums of rows: 16 partial sums, whose last ones are masked, and a tree. Not
// shared: one thread does it all.

module attributes {bitnet.graph = #graph} {
  // CHECK-LABEL: func.func @run(
  func.func @run(%thread: index, %threads: index, %team: !bitnet_runtime.team,
                 %x: !flat, %y: !flat, %arena: !flat) {
    %c0 = arith.constant 0 : index
    %in = memref.view %x[%c0][] : !flat to memref<4x40xf32>
    %out = memref.view %y[%c0][] : !flat to memref<4xf32>
    // CHECK: scf.for %{{.*}} = %c0 to %c4 step %c1
    // CHECK:   %[[SUMS:.*]] = scf.for %{{.*}} = %c0 to %c32 step %c16 iter_args
    // CHECK:     vector.load {{.*}} vector<16xf32>
    // CHECK:   %[[MASK:.*]] = vector.{{constant|create}}_mask
    // CHECK:   %[[REST:.*]] = vector.maskedload
    // CHECK:   %[[ALL:.*]] = arith.addf %[[SUMS]], %[[REST]] : vector<16xf32>
    // CHECK:   arith.select %[[MASK]], %[[ALL]], %[[SUMS]]
    // CHECK:   vector.shuffle {{.*}} [0, 1, 2, 3, 4, 5, 6, 7]
    // CHECK:   arith.addf {{.*}} : vector<8xf32>
    // CHECK:   memref.store
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>,
                                     affine_map<(i, j) -> (i)>],
                    iterator_types = ["parallel", "reduction"]}
        ins(%in : memref<4x40xf32>) outs(%out : memref<4xf32>)
        attrs = {bitnet_runtime.initial = [0.0 : f32]} {
      ^bb0(%a: f32, %o: f32):
        %s = arith.addf %o, %a : f32
        linalg.yield %s : f32
    }
    return
  }
}

// -----

#tensor = #bitnet.graph_tensor<name = "x", type = f32, dims = () -> (8, 3)>
#w = #bitnet.graph_tensor<name = "w", type = f32, dims = () -> (3, 8)>
#y = #bitnet.graph_tensor<name = "y", type = f32, dims = () -> (8, 8)>
#graph = #bitnet.graph<name = "g", symbols = [], inputs = [#tensor, #w],
                       outputs = [#y]>
!flat = memref<1024xi8>

// Products of matrices: four rows and two vectors at once.

module attributes {bitnet.graph = #graph} {
  // CHECK-LABEL: func.func @run(
  func.func @run(%thread: index, %threads: index, %team: !bitnet_runtime.team,
                 %x: !flat, %w: !flat, %y: !flat, %arena: !flat) {
    %c0 = arith.constant 0 : index
    %lhs = memref.view %x[%c0][] : !flat to memref<8x3xf32>
    %rhs = memref.view %w[%c0][] : !flat to memref<3x8xf32>
    %out = memref.view %y[%c0][] : !flat to memref<8x8xf32>
    // CHECK: scf.for %{{.*}} = %c0 to %c2 step %c1
    // CHECK:   %[[SUMS:.*]]:8 = scf.for %[[K:.*]] = %c0 to %c3 step %c1
    // CHECK-COUNT-2: vector.load %{{.*}}[%[[K]], %{{.*}}] : memref<3x8xf32>, vector<4xf32>
    // CHECK-NOT: vector.load
    // CHECK:   vector.store %[[SUMS]]#0
    // CHECK:   vector.store %[[SUMS]]#7
    linalg.matmul {bitnet_runtime.initial = [0.0 : f32]}
      ins(%lhs, %rhs : memref<8x3xf32>, memref<3x8xf32>)
      outs(%out : memref<8x8xf32>)
    return
  }
}
