// The kernel of a layer is the one of least decode + prefill, by measured times
// where the module has them.

// RUN: split-file %s %t
// RUN: cat %t/measured.mlir %t/graph.mlir | bitnet-opt --bitnet-pack-weights \
// RUN:   | FileCheck %s --check-prefix=MEASURED
// RUN: cat %t/other-shape.mlir %t/graph.mlir \
// RUN:   | bitnet-opt --bitnet-pack-weights \
// RUN:   | FileCheck %s --check-prefix=OTHER

// MEASURED: bitnet.quantized_linear {{.*}} kernel "mad-avx2"

// Times of another shape say nothing about this one.
// OTHER: bitnet.quantized_linear {{.*}} kernel "mad-avx512vnni"

//--- measured.mlir
module attributes {
  bitnet.targets = [#bitnet.target<triple = "x86_64", cpu = "x86-64-v4", features = "", level = avx512vnni>],
  bitnet.machine = #bitnet.machine<threads = 2, clock = 3000, l2_bytes = 1048576, l3_bytes = 33554432, l2_bandwidth = 100000, l3_bandwidth = 50000, memory_bandwidth_one = 20000, memory_bandwidth = 40000>,
  bitnet.timings = [
    #bitnet.timing<kernel = "mad-avx512vnni", rows = 128, columns = 64, decode = 500, prefill = 400>,
    #bitnet.timing<kernel = "mad-avx2", rows = 128, columns = 64, decode = 600, prefill = 299>,
    #bitnet.timing<kernel = "mad-avx512bw", rows = 128, columns = 64, decode = 900, prefill = 900>,
    #bitnet.timing<kernel = "mad-avxvnni", rows = 128, columns = 64, decode = 900, prefill = 900>,
    #bitnet.timing<kernel = "mad-ssse3", rows = 128, columns = 64, decode = 900, prefill = 900>,
    #bitnet.timing<kernel = "lut-avx512bw", rows = 128, columns = 64, decode = 900, prefill = 900>,
    #bitnet.timing<kernel = "lut2-avx2", rows = 128, columns = 64, decode = 900, prefill = 900>,
    #bitnet.timing<kernel = "lut2-ssse3", rows = 128, columns = 64, decode = 900, prefill = 900>,
    #bitnet.timing<kernel = "lut3-avx2", rows = 128, columns = 64, decode = 900, prefill = 900>,
    #bitnet.timing<kernel = "lut3-ssse3", rows = 128, columns = 64, decode = 900, prefill = 900>
  ]
} {

//--- other-shape.mlir
module attributes {
  bitnet.targets = [#bitnet.target<triple = "x86_64", cpu = "x86-64-v4", features = "", level = avx512vnni>],
  bitnet.timings = [#bitnet.timing<kernel = "mad-avx2", rows = 64, columns = 64, decode = 1, prefill = 1>]
} {

//--- graph.mlir
func.func @layer(%input: tensor<?x64xf32>) -> tensor<?x128xf32> {
  %values, %scales, %sums = bitnet.quantize_activations %input : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>)
  %weight = bitnet.weight dense<0x55> : tensor<2048xi8> scales(dense<0.5> : tensor<1xf32>) -> !bitnet.matrix<128x64, #bitnet.trits>
  %0 = bitnet.quantized_linear %values, %scales, %sums, %weight : (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>, !bitnet.matrix<128x64, #bitnet.trits>) -> tensor<?x128xf32>
  return %0 : tensor<?x128xf32>
}
}
