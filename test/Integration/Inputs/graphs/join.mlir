// y = a + b (rows of 3, batch of them), total = the sum of y and a constant.
// Threads share rows; the second part reads what all wrote, so that it is wrong
// without the barrier.
#target = #bitnet.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64",
  features = "", level = portable>
module attributes {
  bitnet.targets = [#target],
  bitnet_runtime.weights_size = 64 : i64,
  bitnet.graph = #bitnet.graph<name = "join", symbols = ["batch"],
    inputs = [
      #bitnet.graph_tensor<name = "a", type = f32, dims = ()[s0] -> (s0, 3)>,
      #bitnet.graph_tensor<name = "b", type = f32, dims = ()[s0] -> (s0, 3)>],
    outputs = [
      #bitnet.graph_tensor<name = "y", type = f32, dims = ()[s0] -> (s0, 3)>,
      #bitnet.graph_tensor<name = "total", type = f32,
        dims = ()[s0] -> (s0 * 2)>]>
} {
  bitnet_runtime.blob @offsets dense<[1.0, 2.0, 4.0]> : tensor<3xf32> offset = 0

  func.func @run(%thread: index, %threads: index, %team: !bitnet_runtime.team,
      %batch: index, %a: memref<1073741824xi8>, %b: memref<1073741824xi8>,
      %y: memref<1073741824xi8>, %total: memref<1073741824xi8>,
      %arena: memref<1073741824xi8>) attributes {bitnet.target = #target} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c3 = arith.constant 3 : index
    %offsets = bitnet_runtime.blob_address @offsets : memref<3xf32>
    %lhs = memref.view %a[%c0][%batch] : memref<1073741824xi8> to memref<?x3xf32>
    %rhs = memref.view %b[%c0][%batch] : memref<1073741824xi8> to memref<?x3xf32>
    %sum = memref.view %arena[%c0][%batch]
      : memref<1073741824xi8> to memref<?x3xf32>
    %result = memref.view %y[%c0][%batch]
      : memref<1073741824xi8> to memref<?x3xf32>
    %length = arith.muli %batch, %c2 : index
    %totals = memref.view %total[%c0][%length]
      : memref<1073741824xi8> to memref<?xf32>
    scf.for %i = %thread to %batch step %threads {
      scf.for %j = %c0 to %c3 step %c1 {
        %l = memref.load %lhs[%i, %j] : memref<?x3xf32>
        %r = memref.load %rhs[%i, %j] : memref<?x3xf32>
        %s = arith.addf %l, %r : f32
        memref.store %s, %sum[%i, %j] : memref<?x3xf32>
        memref.store %s, %result[%i, %j] : memref<?x3xf32>
      }
    }
    bitnet_runtime.barrier %team
    %last = arith.subi %batch, %c1 : index
    scf.for %i = %thread to %length step %threads {
      // The row that another thread has written.
      %half = arith.divui %i, %c2 : index
      %row = arith.subi %last, %half : index
      %zero = arith.constant 0.0 : f32
      %t = scf.for %j = %c0 to %c3 step %c1 iter_args(%t = %zero) -> (f32) {
        %s = memref.load %sum[%row, %j] : memref<?x3xf32>
        %o = memref.load %offsets[%j] : memref<3xf32>
        %so = arith.mulf %s, %o : f32
        %next = arith.addf %t, %so : f32
        scf.yield %next : f32
      }
      memref.store %t, %totals[%i] : memref<?xf32>
    }
    bitnet_runtime.barrier %team
    return
  }

  func.func @arena_size(%batch: index) -> index {
    %c12 = arith.constant 12 : index
    %c63 = arith.constant 63 : index
    %c64 = arith.constant 64 : index
    %bytes = arith.muli %batch, %c12 : index
    %more = arith.addi %bytes, %c63 : index
    %lines = arith.divui %more, %c64 : index
    %size = arith.muli %lines, %c64 : index
    return %size : index
  }

  func.func @output_sizes(%batch: index) -> (index, index, index) {
    %c2 = arith.constant 2 : index
    %c3 = arith.constant 3 : index
    %length = arith.muli %batch, %c2 : index
    return %batch, %c3, %length : index, index, index
  }
}
