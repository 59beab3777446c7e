// RUN: bitnet-opt %s --convert-bitnet-to-kernels | FileCheck %s
// RUN: bitnet-opt %s --convert-bitnet-to-kernels --convert-bitnet-to-kernels \
// RUN:   | FileCheck %s
// RUN: bitnet-opt %s --convert-bitnet-to-kernels --mlir-print-local-scope \
// RUN:   | FileCheck %s --check-prefix=TARGETS

// Each function becomes one for each target, with kernels of its own and the
// blobs of all.

#vnni = #bitnet.target<triple = "x86_64", cpu = "x86-64-v4", features = "+avx512vnni", level = avx512vnni>
#avx2 = #bitnet.target<triple = "x86_64", cpu = "x86-64-v3", features = "", level = avx2>
#portable = #bitnet.target<triple = "x86_64", cpu = "x86-64", features = "", level = portable>

module attributes {bitnet.targets = [#vnni, #avx2, #portable],
  bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
    context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {

  // CHECK:     bitnet_runtime.blob @w_scales
  // CHECK:     bitnet_runtime.blob @w dense
  // CHECK-NOT: bitnet_runtime.blob
  // CHECK-NOT: func.func @layer(

  // CHECK-LABEL: func.func @layer_avx512vnni
  // CHECK:         bitnet_runtime.blob_address @w :
  // CHECK:         bitnet_runtime.launch @quantized_linear_70x32_mad_avx512vnni_avx512vnni tiles
  // CHECK-LABEL: func.func @layer_avx2
  // CHECK:         bitnet_runtime.blob_address @w :
  // CHECK:         bitnet_runtime.launch @quantized_linear_70x32_mad_avx2_trit_16x4_avx2 tiles
  // CHECK-LABEL: func.func @layer_portable
  // CHECK:         bitnet_runtime.blob_address @w :
  // CHECK:         bitnet_runtime.launch @quantized_linear_70x32_portable_trit_16x4_portable tiles

  // TARGETS:      func.func @layer_avx512vnni
  // TARGETS-SAME:   bitnet.kernel = "mad-avx512vnni"
  // TARGETS-SAME:   bitnet.target = #bitnet.target<triple = "x86_64", cpu = "x86-64-v4", features = "+avx512vnni", level = avx512vnni>
  // TARGETS:      func.func @layer_avx2
  // TARGETS-SAME:   bitnet.kernel = "mad-avx2"
  // TARGETS-SAME:   level = avx2>
  // TARGETS:      func.func @layer_portable
  // TARGETS-SAME:   bitnet.kernel = "portable"
  // TARGETS-SAME:   level = portable>
  // TARGETS:      func.func private @quantized_linear_70x32_mad_avx512vnni_avx512vnni
  // TARGETS-SAME:   attributes {bitnet.target = {{.*}}level = avx512vnni>}
  // TARGETS:      func.func private @quantized_linear_70x32_mad_avx2_trit_16x4_avx2
  // TARGETS-SAME:   attributes {bitnet.target = {{.*}}level = avx2>}
  func.func @layer(%q: tensor<?x32xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>)
      -> tensor<?x70xf32> {
    %w = bitnet.weight dense<0x55> : tensor<1024xi8>
      scales(dense<1.0> : tensor<1xf32>)
      -> !bitnet.matrix<70x32, #bitnet.layout<trit, lanes = 16, groups = 4>> loc("w")
    %y = bitnet.quantized_linear %q, %s, %sum, %w kernel "mad-avx512vnni"
      : (tensor<?x32xi8>, tensor<?xf32>, tensor<?xi32>,
         !bitnet.matrix<70x32, #bitnet.layout<trit, lanes = 16, groups = 4>>)
      -> tensor<?x70xf32>
    return %y : tensor<?x70xf32>
  }

  // A forced kernel stays where it runs.

  // CHECK-LABEL: func.func @forced_avx512vnni
  // CHECK:         bitnet_runtime.launch @{{.*}}_mad_avx2_{{.*}}_avx512vnni tiles
  // CHECK-LABEL: func.func @forced_avx2
  // CHECK:         bitnet_runtime.launch @{{.*}}_mad_avx2_{{.*}}_avx2 tiles
  // CHECK-LABEL: func.func @forced_portable
  // CHECK:         bitnet_runtime.launch @{{.*}}_portable_{{.*}}_portable tiles
  func.func @forced(%q: tensor<?x32xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>)
      -> tensor<?x70xf32> {
    %w = bitnet.weight dense<0x55> : tensor<1024xi8>
      scales(dense<1.0> : tensor<1xf32>)
      -> !bitnet.matrix<70x32, #bitnet.layout<trit, lanes = 16, groups = 4>>
    %y = bitnet.quantized_linear %q, %s, %sum, %w kernel "mad-avx2"
      : (tensor<?x32xi8>, tensor<?xf32>, tensor<?xi32>,
         !bitnet.matrix<70x32, #bitnet.layout<trit, lanes = 16, groups = 4>>)
      -> tensor<?x70xf32>
    return %y : tensor<?x70xf32>
  }

  // Heads read the layout of the first target with their own kernels; norms and
  // tables have vectors where there are any.

  // CHECK-LABEL: func.func @head_avx512vnni
  // CHECK:         bitnet_runtime.launch @output_head_f16_2x2_at_0_16x4_avx512vnni tiles
  // CHECK-LABEL: func.func @head_avx2
  // CHECK:         bitnet_runtime.launch @output_head_f16_2x2_at_0_16x4_avx2 tiles
  // CHECK-LABEL: func.func @head_portable
  // CHECK:         bitnet_runtime.launch @output_head_f16_2x2_at_0_16x4_portable tiles
  func.func @head(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
    %table = bitnet.weight dense<0> : tensor<256xi8>
      -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 16, groups = 4>>
    %y = bitnet.output_head %x, %table : tensor<?x2xf32>,
      !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 16, groups = 4>>
      -> tensor<?x2xf32>
    return %y : tensor<?x2xf32>
  }

  // What is defined elsewhere is not made again.
  // CHECK: func.func private @elsewhere(index)
  func.func private @elsewhere(index)

  // CHECK:     func.func private @output_head_f16_2x2_at_0_16x4_avx512vnni
  // CHECK:       vector.load
  // CHECK:     func.func private @output_head_f16_2x2_at_0_16x4_portable
  // CHECK-NOT:   vector.load
}
