// A graph whose names are no identifiers of C, or clash with others; it copies
// its second input to the first output, and has every kind of element.
#target = #bitnet.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64",
  features = "", level = portable>
module attributes {
  bitnet.targets = [#target],
  bitnet_runtime.weights_size = 0 : i64,
  bitnet.graph = #bitnet.graph<name = "a */ \22b\22 \5C",
    symbols = ["batch size", "int", "names", "arena"],
    inputs = [
      #bitnet.graph_tensor<name = "onnx::Gemm_0", type = i1,
        dims = ()[s0, s1, s2, s3] -> (s0, s1, s2, s3)>,
      #bitnet.graph_tensor<name = "0", type = f16,
        dims = ()[s0, s1, s2, s3] -> (2)>,
      #bitnet.graph_tensor<name = "x/*\0A*/", type = bf16,
        dims = ()[s0, s1, s2, s3] -> ()>,
      #bitnet.graph_tensor<name = "threads", type = ui4,
        dims = ()[s0, s1, s2, s3] -> ()>,
      #bitnet.graph_tensor<name = "names_run", type = i2,
        dims = ()[s0, s1, s2, s3] -> ()>,
      #bitnet.graph_tensor<name = "", type = f8E4M3FN,
        dims = ()[s0, s1, s2, s3] -> (0)>,
      #bitnet.graph_tensor<name = "größe", type = ui64,
        dims = ()[s0, s1, s2, s3] -> ()>,
      #bitnet.graph_tensor<name = "gr--e", type = i32,
        dims = ()[s0, s1, s2, s3] -> ()>,
      #bitnet.graph_tensor<name = "bitnet_symbols", type = f64,
        dims = ()[s0, s1, s2, s3] -> ()>],
    outputs = [
      #bitnet.graph_tensor<name = "0", type = f16,
        dims = ()[s0, s1, s2, s3] -> (2)>,
      #bitnet.graph_tensor<name = "int", type = i8,
        dims = ()[s0, s1, s2, s3] -> (s0 * s1, (s1 + 1) floordiv 2 - 1,
          (s2 ceildiv 3) * 4, s3 mod 5)>,
      #bitnet.graph_tensor<name = "default", type = f32,
        dims = ()[s0, s1, s2, s3] -> ()>]>
} {
  func.func @run(%thread: index, %threads: index, %team: !bitnet_runtime.team,
      %s0: index, %s1: index, %s2: index, %s3: index,
      %i0: memref<64xi8>, %i1: memref<64xi8>, %i2: memref<64xi8>,
      %i3: memref<64xi8>, %i4: memref<64xi8>, %i5: memref<64xi8>,
      %i6: memref<64xi8>, %i7: memref<64xi8>, %i8: memref<64xi8>,
      %o0: memref<64xi8>, %o1: memref<64xi8>, %o2: memref<64xi8>,
      %arena: memref<64xi8>) attributes {bitnet.target = #target} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %isFirst = arith.cmpi eq, %thread, %c0 : index
    scf.if %isFirst {
      scf.for %i = %c0 to %c4 step %c1 {
        %byte = memref.load %i1[%i] : memref<64xi8>
        memref.store %byte, %o0[%i] : memref<64xi8>
      }
    }
    bitnet_runtime.barrier %team
    return
  }
  func.func @arena_size(%s0: index, %s1: index, %s2: index, %s3: index)
      -> index {
    %c0 = arith.constant 0 : index
    return %c0 : index
  }
  func.func @output_sizes(%s0: index, %s1: index, %s2: index, %s3: index)
      -> (index, index, index, index, index) {
    %c2 = arith.constant 2 : index
    return %c2, %s0, %s1, %s2, %s3 : index, index, index, index, index
  }
}
