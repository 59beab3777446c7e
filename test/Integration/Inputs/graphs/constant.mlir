// A graph without inputs and symbols: its output is 7 if the portable code runs
// and 8 if that for AVX2 does.
#portable = #bitnet.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64",
  features = "", level = portable>
#avx2 = #bitnet.target<triple = "x86_64-unknown-linux-gnu", cpu = "haswell",
  features = "", level = avx2>
module attributes {
  bitnet.targets = [#avx2, #portable],
  bitnet_runtime.weights_size = 0 : i64,
  bitnet.graph = #bitnet.graph<name = "constant", symbols = [], inputs = [],
    outputs = [#bitnet.graph_tensor<name = "y", type = i32, dims = () -> ()>]>
} {
  func.func @run_portable(%thread: index, %threads: index,
      %team: !bitnet_runtime.team, %y: memref<4xi8>, %arena: memref<64xi8>)
      attributes {bitnet.target = #portable} {
    %c0 = arith.constant 0 : index
    %value = arith.constant 7 : i32
    %view = memref.view %y[%c0][] : memref<4xi8> to memref<1xi32>
    memref.store %value, %view[%c0] : memref<1xi32>
    bitnet_runtime.barrier %team
    return
  }
  func.func @run_avx2(%thread: index, %threads: index,
      %team: !bitnet_runtime.team, %y: memref<4xi8>, %arena: memref<64xi8>)
      attributes {bitnet.target = #avx2, bitnet.kernel = "a,b"} {
    %c0 = arith.constant 0 : index
    %value = arith.constant 8 : i32
    %view = memref.view %y[%c0][] : memref<4xi8> to memref<1xi32>
    memref.store %value, %view[%c0] : memref<1xi32>
    bitnet_runtime.barrier %team
    return
  }
  func.func @arena_size() -> index {
    %c0 = arith.constant 0 : index
    return %c0 : index
  }
  func.func @output_sizes() {
    return
  }
}
