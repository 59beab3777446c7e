// RUN: bitnet-opt %s --convert-bitnet-to-kernels --canonicalize --cse --split-input-file --verify-diagnostics | FileCheck %s

!words = !bitnet.matrix<130x10, #bitnet.layout<trit_word, lanes = 32,
                                               groups = 4, block = 28>>
#model = #bitnet.model<name = "m", vocabulary_size = 2, context_length = 64,
  embedding_length = 2, layer_count = 1, chunk_size = 4>
#target = #bitnet.target<triple = "x86_64", cpu = "skylake-avx512",
                         features = "", level = avx512bw>

module attributes {bitnet.model = #model, bitnet.targets = [#target]} {

  // Tables are made in eight parts of each row of tokens; layers read them.

  // CHECK-LABEL: func.func @layer
  // CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x20xi8>, %[[S:[^:]*]]: tensor<?xf32>, %[[SUM:[^:]*]]: tensor<?xi32>
  func.func @layer(%q: tensor<?x20xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>)
      -> tensor<?x130xf32> {
    // CHECK-DAG: %[[EIGHT:.*]] = arith.constant 8 : index
    // CHECK-DAG: %[[TWO:.*]] = arith.constant 2 : index
    // CHECK-DAG: %[[ROWS:.*]] = tensor.dim %[[Q]],
    // CHECK:     %[[PARTS:.*]] = arith.muli %[[ROWS]], %[[EIGHT]]
    // CHECK:     %[[TABLES:.*]] = bitnet_runtime.launch @lookup_tables_trit_word_18 tiles %[[PARTS]] rows %[[ROWS]](%[[Q]]) : (tensor<?x20xi8>) -> tensor<?x384xi8>
    // CHECK:     bitnet_runtime.launch @quantized_linear_130x10_lut_avx512bw tiles %[[TWO]] rows %[[ROWS]](%[[TABLES]], %[[S]], %[[SUM]], {{.*}}) : (tensor<?x384xi8>,
    %w = bitnet.weight dense<0> : tensor<1024xi8>
      scales(dense<0.5> : tensor<1xf32>) -> !words
    %t = bitnet.lookup_tables %q for trit_word
      : (tensor<?x20xi8>) -> tensor<?x384xi8>
    %y = bitnet.quantized_linear %t, %s, %sum, %w kernel "lut-avx512bw"
      : (tensor<?x384xi8>, tensor<?xf32>, tensor<?xi32>, !words)
      -> tensor<?x130xf32>
    return %y : tensor<?x130xf32>
  }
}

// Sums between the column blocks are integers in the output buffer; then they
// become floats as those of all kernels do.

// CHECK-LABEL: func.func private @quantized_linear_130x10_lut_avx512bw(
// CHECK-SAME:    %[[TABLES:[^:]*]]: memref<4x384xi8>, {{.*}}, %[[OUT:[^:]*]]: memref<4x130xf32>)
// CHECK:         bitnet_isa.x86.vpermw
// CHECK:         arith.sitofp

// -----

#model = #bitnet.model<name = "m", vocabulary_size = 2, context_length = 64,
  embedding_length = 2, layer_count = 1, chunk_size = 4>
#target = #bitnet.target<triple = "x86_64", cpu = "haswell", features = "",
                         level = avx2>

module attributes {bitnet.model = #model, bitnet.targets = [#target]} {
  func.func @older_cpu(%q: tensor<?x18xi8>) -> tensor<?x384xi8> {
    // expected-error @+1 {{expects a CPU with a kernel for trit_word}}
    %t = bitnet.lookup_tables %q for trit_word
      : (tensor<?x18xi8>) -> tensor<?x384xi8>
    return %t : tensor<?x384xi8>
  }
}

// -----

!words = !bitnet.matrix<130x10, #bitnet.layout<trit_word, lanes = 32,
                                               groups = 4, block = 28>>
#model = #bitnet.model<name = "m", vocabulary_size = 2, context_length = 64,
  embedding_length = 2, layer_count = 1, chunk_size = 4>
#target = #bitnet.target<triple = "x86_64", cpu = "skylake-avx512",
                         features = "", level = avx512bw>

module attributes {bitnet.model = #model, bitnet.targets = [#target]} {
  func.func @tables_of_too_few_columns(%q: tensor<?x9xi8>, %s: tensor<?xf32>,
      %sum: tensor<?xi32>) -> tensor<?x130xf32> {
    %w = bitnet.weight dense<0> : tensor<1024xi8>
      scales(dense<0.5> : tensor<1xf32>) -> !words
    %t = bitnet.lookup_tables %q for trit_word
      : (tensor<?x9xi8>) -> tensor<?x192xi8>
    // expected-error @+1 {{expects 384 bytes of lookup tables for kernel lut-avx512bw, found 'tensor<?x192xi8>'}}
    %y = bitnet.quantized_linear %t, %s, %sum, %w kernel "lut-avx512bw"
      : (tensor<?x192xi8>, tensor<?xf32>, tensor<?xi32>, !words)
      -> tensor<?x130xf32>
    return %y : tensor<?x130xf32>
  }
}
