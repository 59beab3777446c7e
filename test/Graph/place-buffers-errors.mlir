// RUN: bitnet-opt %s --bitnet-place-buffers --split-input-file --verify-diagnostics

// expected-error @+1 {{expects a module with bitnet.graph and a function @run}}
module {}

// -----

#tensor = #bitnet.graph_tensor<name = "x", type = f32, dims = () -> (16)>
#graph = #bitnet.graph<name = "g", symbols = [], inputs = [#tensor],
                       outputs = [#tensor]>
module attributes {bitnet.graph = #graph} {
  func.func @run(%thread: index, %threads: index, %team: !bitnet_runtime.team,
      %x: memref<1024xi8>, %y: memref<1024xi8>, %arena: memref<1024xi8>) {
    %c0 = arith.constant 0 : index
    %in = memref.view %x[%c0][] : memref<1024xi8> to memref<16xi32>
    %e = memref.load %in[%c0] : memref<16xi32>
    %size = arith.index_cast %e : i32 to index
    // expected-error @+1 {{expects a size that follows from the symbolic dimensions of the graph}}
    %a = memref.alloc(%size) : memref<?xf32>
    return
  }
}
