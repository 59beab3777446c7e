// RUN: bitnet-opt %s --verify-roundtrip | FileCheck %s

//===----------------------------------------------------------------------===//
// Attributes of modules
//===----------------------------------------------------------------------===//

// CHECK-LABEL: module @graph attributes
// CHECK-SAME:    bitnet.graph = #bitnet.graph<name = "join \22a\22", symbols = ["batch", "past"], inputs = [
// CHECK-SAME:      #bitnet.graph_tensor<name = "x", type = ui8, dims = ()[s0, s1] -> (s0, s1, 64)>,
// CHECK-SAME:      #bitnet.graph_tensor<name = "scale", type = bf16, dims = ()[s0, s1] -> ()>],
// CHECK-SAME:    outputs = [
// CHECK-SAME:      #bitnet.graph_tensor<name = "y", type = i1, dims = ()[s0, s1] -> (s0 * s1, (s1 + 1) floordiv 2, 0)>,
// CHECK-SAME:      #bitnet.graph_tensor<name = "x", type = i4, dims = ()[s0, s1] -> (3)>]>
module @graph attributes {
  bitnet.graph = #bitnet.graph<name = "join \"a\"",
    symbols = ["batch", "past"],
    inputs = [
      #bitnet.graph_tensor<name = "x", type = ui8,
        dims = ()[s0, s1] -> (s0, s1, 64)>,
      #bitnet.graph_tensor<name = "scale", type = bf16,
        dims = ()[s0, s1] -> ()>],
    outputs = [
      #bitnet.graph_tensor<name = "y", type = i1,
        dims = ()[s0, s1] -> (s0 * s1, (s1 + 1) floordiv 2, 0)>,
      #bitnet.graph_tensor<name = "x", type = i4, dims = ()[s0, s1] -> (3)>]>
} {}

// A graph without inputs.
// CHECK-LABEL: module @constants attributes
// CHECK-SAME:    symbols = [], inputs = [], outputs = [#bitnet.graph_tensor<name = "", type = f64, dims = () -> ()>]
module @constants attributes {
  bitnet.graph = #bitnet.graph<name = "", symbols = [], inputs = [],
    outputs = [#bitnet.graph_tensor<name = "", type = f64, dims = () -> ()>]>
} {}

// CHECK-LABEL: module @attributes attributes
// CHECK-SAME:    bitnet.model = #bitnet.model<name = "tiny", vocabulary_size = 100, context_length = 128, embedding_length = 16, layer_count = 1, chunk_size = 8>
// CHECK-SAME:    bitnet.targets = [#bitnet.target<triple = "x86_64-unknown-linux-gnu", cpu = "znver5", features = "+avx2,-f16c", level = avx512vnni>]
module @attributes attributes {
  bitnet.model = #bitnet.model<name = "tiny", vocabulary_size = 100,
    context_length = 128, embedding_length = 16, layer_count = 1,
    chunk_size = 8>,
  bitnet.targets = [#bitnet.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "znver5", features = "+avx2,-f16c", level = avx512vnni>]
} {}

// CHECK-LABEL: module @embedding_model attributes
// CHECK-SAME:    bitnet.model = #bitnet.model<name = "e", vocabulary_size = 100, context_length = 128, embedding_length = 16, layer_count = 1, chunk_size = 8, pooling = last>
module @embedding_model attributes {
  bitnet.model = #bitnet.model<name = "e", vocabulary_size = 100,
    context_length = 128, embedding_length = 16, layer_count = 1,
    chunk_size = 8, pooling = last>
} {}

// A level stands before those that it includes.
// CHECK-LABEL: module @targets attributes
// CHECK-SAME:    bitnet.targets = [{{.*}}level = avx512bw>, {{.*}}level = avxvnni>, {{.*}}level = ssse3>]
module @targets attributes {bitnet.targets = [
  #bitnet.target<triple = "t", cpu = "a", features = "", level = avx512bw>,
  #bitnet.target<triple = "t", cpu = "b", features = "", level = avxvnni>,
  #bitnet.target<triple = "t", cpu = "c", features = "", level = ssse3>
]} {
  // CHECK: func.func private @code() attributes {bitnet.kernel = "a,b", bitnet.target = #bitnet.target<{{.*}}level = ssse3>}
  func.func private @code() attributes {bitnet.kernel = "a,b",
    bitnet.target = #bitnet.target<triple = "t", cpu = "c", features = "", level = ssse3>}
}

// CHECK-LABEL: module @levels attributes
// CHECK-SAME:    avx2 = #bitnet.target<triple = "t", cpu = "haswell", features = "", level = avx2>
// CHECK-SAME:    portable = #bitnet.target<triple = "t", cpu = "x86-64", features = "", level = portable>
module @levels attributes {
  test.avx2 = #bitnet.target<triple = "t", cpu = "haswell", features = "",
    level = avx2>,
  test.portable = #bitnet.target<triple = "t", cpu = "x86-64", features = "",
    level = portable>
} {}

//===----------------------------------------------------------------------===//
// Types and their encodings
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func private @stored_encodings(
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.stored<f32>>
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.stored<f16>>
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.stored<bf16>>
// CHECK-SAME:    !bitnet.matrix<2x64, #bitnet.stored<q8_0>>
// CHECK-SAME:    !bitnet.matrix<2x256, #bitnet.stored<q6_k>>
// CHECK-SAME:    !bitnet.matrix<2x256, #bitnet.stored<tq1_0>>
// CHECK-SAME:    !bitnet.matrix<2x256, #bitnet.stored<tq2_0>>
// CHECK-SAME:    !bitnet.matrix<2x128, #bitnet.stored<i2_s>>
// CHECK-SAME:    !bitnet.matrix<2x64, #bitnet.stored<i2_s64>>
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.stored<f64>>
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.stored<i8>>
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.stored<i16>>
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.stored<i32>>
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.stored<i64>>
// CHECK-SAME:    !bitnet.matrix<2x32, #bitnet.stored<q4_0>>
// CHECK-SAME:    !bitnet.matrix<2x32, #bitnet.stored<q4_1>>
// CHECK-SAME:    !bitnet.matrix<2x32, #bitnet.stored<q5_0>>
// CHECK-SAME:    !bitnet.matrix<2x32, #bitnet.stored<q5_1>>
// CHECK-SAME:    !bitnet.matrix<2x256, #bitnet.stored<q2_k>>
// CHECK-SAME:    !bitnet.matrix<2x256, #bitnet.stored<q3_k>>
// CHECK-SAME:    !bitnet.matrix<2x256, #bitnet.stored<q4_k>>
// CHECK-SAME:    !bitnet.matrix<2x256, #bitnet.stored<q5_k>>
// CHECK-SAME:    !bitnet.matrix<2x32, #bitnet.stored<iq4_nl>>
// CHECK-SAME:    !bitnet.matrix<2x64, #bitnet.stored<iq1_bn>>
// CHECK-SAME:    !bitnet.matrix<2x64, #bitnet.stored<iq2_bn>>
// CHECK-SAME:    !bitnet.matrix<4x64, #bitnet.stored<iq2_bn_r4>>
// CHECK-SAME:    !bitnet.matrix<2x64, #bitnet.stored<q2_0>>
// CHECK-SAME:    !bitnet.matrix<2x128, #bitnet.stored<pq2_0>>
// CHECK-SAME:    !bitnet.matrix<2x128, #bitnet.stored<ptq1_0>>
// CHECK-SAME:    !bitnet.matrix<4x3, #bitnet.stored<packed_rows>>
func.func private @stored_encodings(
  !bitnet.matrix<2x3, #bitnet.stored<f32>>,
  !bitnet.matrix<2x3, #bitnet.stored<f16>>,
  !bitnet.matrix<2x3, #bitnet.stored<bf16>>,
  !bitnet.matrix<2x64, #bitnet.stored<q8_0>>,
  !bitnet.matrix<2x256, #bitnet.stored<q6_k>>,
  !bitnet.matrix<2x256, #bitnet.stored<tq1_0>>,
  !bitnet.matrix<2x256, #bitnet.stored<tq2_0>>,
  !bitnet.matrix<2x128, #bitnet.stored<i2_s>>,
  !bitnet.matrix<2x64, #bitnet.stored<i2_s64>>,
  !bitnet.matrix<2x3, #bitnet.stored<f64>>,
  !bitnet.matrix<2x3, #bitnet.stored<i8>>,
  !bitnet.matrix<2x3, #bitnet.stored<i16>>,
  !bitnet.matrix<2x3, #bitnet.stored<i32>>,
  !bitnet.matrix<2x3, #bitnet.stored<i64>>,
  !bitnet.matrix<2x32, #bitnet.stored<q4_0>>,
  !bitnet.matrix<2x32, #bitnet.stored<q4_1>>,
  !bitnet.matrix<2x32, #bitnet.stored<q5_0>>,
  !bitnet.matrix<2x32, #bitnet.stored<q5_1>>,
  !bitnet.matrix<2x256, #bitnet.stored<q2_k>>,
  !bitnet.matrix<2x256, #bitnet.stored<q3_k>>,
  !bitnet.matrix<2x256, #bitnet.stored<q4_k>>,
  !bitnet.matrix<2x256, #bitnet.stored<q5_k>>,
  !bitnet.matrix<2x32, #bitnet.stored<iq4_nl>>,
  !bitnet.matrix<2x64, #bitnet.stored<iq1_bn>>,
  !bitnet.matrix<2x64, #bitnet.stored<iq2_bn>>,
  !bitnet.matrix<4x64, #bitnet.stored<iq2_bn_r4>>,
  !bitnet.matrix<2x64, #bitnet.stored<q2_0>>,
  !bitnet.matrix<2x128, #bitnet.stored<pq2_0>>,
  !bitnet.matrix<2x128, #bitnet.stored<ptq1_0>>,
  !bitnet.matrix<4x3, #bitnet.stored<packed_rows>>)

// CHECK-LABEL: func.func private @other_encodings(
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.trits>
// CHECK-SAME:    !bitnet.matrix<16777216x16777216, #bitnet.trits>
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.layout<trit, lanes = 16, groups = 4>>
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.layout<int8, lanes = 64, groups = 16>>
// CHECK-SAME:    !bitnet.matrix<2x3, #bitnet.layout<f16, lanes = 1, groups = 1>>
func.func private @other_encodings(
  !bitnet.matrix<2x3, #bitnet.trits>,
  !bitnet.matrix<16777216x16777216, #bitnet.trits>,
  !bitnet.matrix<2x3, #bitnet.layout<trit, lanes = 16, groups = 4>>,
  !bitnet.matrix<2x3, #bitnet.layout<int8, lanes = 64, groups = 16>>,
  !bitnet.matrix<2x3, #bitnet.layout<f16, lanes = 1, groups = 1>>)

// CHECK-LABEL: func.func private @cache(
// CHECK-SAME:    !bitnet.kv_cache<layers = 8, heads = 4, head_size = 64, context_length = 512>
// CHECK-SAME:    !bitnet.kv_cache<layers = 8, heads = 4, head_size = 64, context_length = 512, element = int8>
func.func private @cache(
  !bitnet.kv_cache<layers = 8, heads = 4, head_size = 64, context_length = 512>,
  !bitnet.kv_cache<layers = 8, heads = 4, head_size = 64, context_length = 512, element = int8>)

//===----------------------------------------------------------------------===//
// Constants and data
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @weights
func.func @weights() {
  // 3 columns are one byte of each row.
  // CHECK: %[[TRITS:.*]] = bitnet.weight dense<85> : tensor<2xi8> scales(dense<5.000000e-01> : tensor<1xf32>) -> !bitnet.matrix<2x3, #bitnet.trits>
  %trits = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !bitnet.matrix<2x3, #bitnet.trits>
  // CHECK: scales(dense<[5.000000e-01, 1.000000e+00]> : tensor<2xf32>)
  %row_scales = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense<[0.5, 1.0]> : tensor<2xf32>)
    -> !bitnet.matrix<2x3, #bitnet.trits>
  // CHECK: bitnet.weight dense<0> : tensor<24xi8> -> !bitnet.matrix<2x3, #bitnet.stored<f32>>
  %stored = bitnet.weight dense<0> : tensor<24xi8>
    -> !bitnet.matrix<2x3, #bitnet.stored<f32>>
  // CHECK: bitnet.weight dense<0> : tensor<24xi8> scales(dense<2.000000e+00> : tensor<1xf32>) -> !bitnet.matrix<2x3, #bitnet.stored<f32>>
  %factor = bitnet.weight dense<0> : tensor<24xi8>
    scales(dense<2.0> : tensor<1xf32>)
    -> !bitnet.matrix<2x3, #bitnet.stored<f32>>
  // One tile of 4 lanes and 2 groups, one step: 32 bytes.
  // CHECK: bitnet.weight dense<85> : tensor<32xi8> scales({{.*}}) -> !bitnet.matrix<2x3, #bitnet.layout<trit, lanes = 4, groups = 2>>
  %packed = bitnet.weight dense<0x55> : tensor<32xi8>
    scales(dense<0.5> : tensor<1xf32>)
    -> !bitnet.matrix<2x3, #bitnet.layout<trit, lanes = 4, groups = 2>>
  // Two tiles of one row, two steps of 4 columns of one byte.
  // CHECK: bitnet.weight dense<-128> : tensor<16xi8> scales({{.*}}) -> !bitnet.matrix<2x5, #bitnet.layout<int8, lanes = 1, groups = 1>>
  %int8 = bitnet.weight dense<0x80> : tensor<16xi8>
    scales(dense<0.5> : tensor<2xf32>)
    -> !bitnet.matrix<2x5, #bitnet.layout<int8, lanes = 1, groups = 1>>
  // CHECK: bitnet.weight dense<0> : tensor<12xi8> -> !bitnet.matrix<2x3, #bitnet.layout<f16, lanes = 1, groups = 1>>
  %half = bitnet.weight dense<0> : tensor<12xi8>
    -> !bitnet.matrix<2x3, #bitnet.layout<f16, lanes = 1, groups = 1>>
  return
}

// CHECK: bitnet.tokenizer dense<[1, 2]> : tensor<2xi8>
bitnet.tokenizer dense<[1, 2]> : tensor<2xi8>

// CHECK: bitnet.chat_template dense<[3, 4]> : tensor<2xi8>
bitnet.chat_template dense<[3, 4]> : tensor<2xi8>

//===----------------------------------------------------------------------===//
// Embedding and output head
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @embedding
// CHECK-SAME:    %[[TOKENS:[^:]*]]: tensor<?xi32>, %[[TABLE:[^:]*]]: !bitnet
func.func @embedding(%tokens: tensor<?xi32>,
                     %table: !bitnet.matrix<9x4, #bitnet.stored<f16>>)
    -> tensor<?x4xf32> {
  // CHECK: bitnet.embedding %[[TOKENS]], %[[TABLE]] : tensor<?xi32>, !bitnet.matrix<9x4, #bitnet.stored<f16>> -> tensor<?x4xf32>
  %result = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<9x4, #bitnet.stored<f16>> -> tensor<?x4xf32>
  // CHECK: bitnet.embedding %[[TOKENS]], %[[TABLE]] {scale = 1.600000e+01 : f32} :
  %scaled = bitnet.embedding %tokens, %table {scale = 16.0 : f32}
    : tensor<?xi32>, !bitnet.matrix<9x4, #bitnet.stored<f16>>
    -> tensor<?x4xf32>
  return %result : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @output_head_with_limits
func.func @output_head_with_limits(%x: tensor<?x4xf32>,
                                   %table: !bitnet.matrix<9x4, #bitnet.stored<f16>>,
                                   %limits: tensor<?xi32>) -> tensor<?x9xf32> {
  // CHECK: bitnet.output_head %{{.*}}, %{{.*}} limits(%{{.*}} : tensor<?xi32>) : tensor<?x4xf32>
  %result = bitnet.output_head %x, %table limits(%limits : tensor<?xi32>)
    : tensor<?x4xf32>, !bitnet.matrix<9x4, #bitnet.stored<f16>>
    -> tensor<?x9xf32>
  return %result : tensor<?x9xf32>
}

// CHECK-LABEL: func.func @output_head
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>, %[[TABLE:[^:]*]]: !bitnet
func.func @output_head(%x: tensor<?x4xf32>,
                       %table: !bitnet.matrix<9x4, #bitnet.stored<f16>>)
    -> tensor<?x9xf32> {
  // CHECK: bitnet.output_head %[[X]], %[[TABLE]] : tensor<?x4xf32>, !bitnet.matrix<9x4, #bitnet.stored<f16>> -> tensor<?x9xf32>
  %result = bitnet.output_head %x, %table : tensor<?x4xf32>,
    !bitnet.matrix<9x4, #bitnet.stored<f16>> -> tensor<?x9xf32>
  return %result : tensor<?x9xf32>
}

// CHECK-LABEL: func.func @select_rows
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>, %[[ROWS:[^:]*]]: tensor<?xi32>
func.func @select_rows(%x: tensor<?x4xf32>, %rows: tensor<?xi32>)
    -> tensor<?x4xf32> {
  // CHECK: bitnet.select_rows %[[X]], %[[ROWS]] : tensor<?x4xf32>, tensor<?xi32> -> tensor<?x4xf32>
  %result = bitnet.select_rows %x, %rows
    : tensor<?x4xf32>, tensor<?xi32> -> tensor<?x4xf32>
  return %result : tensor<?x4xf32>
}

//===----------------------------------------------------------------------===//
// Normalisation and quantisation
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @rms_norm
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>, %[[W:[^:]*]]: tensor<4xf32>
func.func @rms_norm(%x: tensor<?x4xf32>, %w: tensor<4xf32>)
    -> tensor<?x4xf32> {
  // CHECK: bitnet.rms_norm %[[X]], %[[W]] eps = 9.99999974E-6 : tensor<?x4xf32>, tensor<4xf32>
  %result = bitnet.rms_norm %x, %w eps = 1.0e-5 : tensor<?x4xf32>, tensor<4xf32>
  return %result : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @rms_norm_of_heads
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x8xf32>, %[[W:[^:]*]]: tensor<4xf32>
func.func @rms_norm_of_heads(%x: tensor<?x8xf32>, %w: tensor<4xf32>)
    -> tensor<?x8xf32> {
  // CHECK: bitnet.rms_norm %[[X]], %[[W]] eps = 5.000000e-01 {head_size = 4 : i64} : tensor<?x8xf32>, tensor<4xf32>
  %result = bitnet.rms_norm %x, %w eps = 0.5 {head_size = 4}
    : tensor<?x8xf32>, tensor<4xf32>
  return %result : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @quantize_activations
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>, %[[GATE:[^:]*]]: tensor<?x4xf32>, %[[NORM:[^:]*]]: tensor<4xf32>
func.func @quantize_activations(%x: tensor<?x4xf32>, %gate: tensor<?x4xf32>,
                                %norm: tensor<4xf32>) {
  // CHECK: bitnet.quantize_activations %[[X]] : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  %0:3 = bitnet.quantize_activations %x
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  // CHECK: bitnet.quantize_activations %[[X]] gate(%[[GATE]]) {activation = #bitnet<activation squared_relu>}
  // CHECK-SAME: -> (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>)
  %1:3 = bitnet.quantize_activations %x gate(%gate)
    {activation = #bitnet<activation squared_relu>}
    : (tensor<?x4xf32>, tensor<?x4xf32>)
    -> (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>)
  // CHECK: bitnet.quantize_activations %[[X]] norm(%[[NORM]]) {eps = {{.*}} : f32}
  %2:3 = bitnet.quantize_activations %x norm(%norm) {eps = 1.0e-5 : f32}
    : (tensor<?x4xf32>, tensor<4xf32>)
    -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  // CHECK: bitnet.quantize_activations %[[X]] gate(%[[GATE]]) norm(%[[NORM]]) {activation = #bitnet<activation silu>, eps = {{.*}} : f32}
  %3:3 = bitnet.quantize_activations %x gate(%gate) norm(%norm)
    {activation = #bitnet<activation silu>, eps = 1.0e-5 : f32}
    : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<4xf32>)
    -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  // CHECK: bitnet.quantize_activations %[[X]] {floor = 1.000000e-30 : f32, reciprocal} :
  %4:3 = bitnet.quantize_activations %x {floor = 1.0e-30 : f32, reciprocal}
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return
}

// CHECK-LABEL: func.func @quantization_error
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>, %[[Q:[^:]*]]: tensor<?x16xi8>, %[[S:[^:]*]]: tensor<?xf32>
func.func @quantization_error(%x: tensor<?x4xf32>, %q: tensor<?x16xi8>,
                              %s: tensor<?xf32>) -> tensor<?x4xf32> {
  // CHECK: bitnet.quantization_error %[[X]], %[[Q]], %[[S]] : tensor<?x4xf32>, tensor<?x16xi8>, tensor<?xf32>
  %e = bitnet.quantization_error %x, %q, %s
    : tensor<?x4xf32>, tensor<?x16xi8>, tensor<?xf32>
  return %e : tensor<?x4xf32>
}

//===----------------------------------------------------------------------===//
// Linear layers
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @bit_linear
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x64xf32>, %[[W:[^:]*]]: !bitnet
func.func @bit_linear(%x: tensor<?x64xf32>,
                      %w: !bitnet.matrix<2x64, #bitnet.stored<i2_s>>)
    -> tensor<?x2xf32> {
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] : tensor<?x64xf32>, !bitnet.matrix<2x64, #bitnet.stored<i2_s>> -> tensor<?x2xf32>
  %result = bitnet.bit_linear %x, %w : tensor<?x64xf32>,
    !bitnet.matrix<2x64, #bitnet.stored<i2_s>> -> tensor<?x2xf32>
  // CHECK: bitnet.bit_linear %[[X]], %[[W]] {float_activations, floor = 1.000000e-30 : f32, reciprocal} :
  %float = bitnet.bit_linear %x, %w
    {floor = 1.0e-30 : f32, reciprocal, float_activations} : tensor<?x64xf32>,
    !bitnet.matrix<2x64, #bitnet.stored<i2_s>> -> tensor<?x2xf32>
  return %result : tensor<?x2xf32>
}

// CHECK-LABEL: func.func @quantized_linear
// CHECK-SAME:    %[[VALUES:[^:]*]]: tensor<?x16xi8>, %[[SCALES:[^:]*]]: tensor<?xf32>, %[[SUMS:[^:]*]]: tensor<?xi32>, %[[W:[^:]*]]: !bitnet.matrix<2x3, #bitnet.trits>, %[[RESIDUAL:[^:]*]]: tensor<?x2xf32>
func.func @quantized_linear(%values: tensor<?x16xi8>, %scales: tensor<?xf32>,
                          %sums: tensor<?xi32>,
                          %w: !bitnet.matrix<2x3, #bitnet.trits>,
                          %residual: tensor<?x2xf32>) {
  // CHECK: bitnet.quantized_linear %[[VALUES]], %[[SCALES]], %[[SUMS]], %[[W]] : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>, !bitnet.matrix<2x3, #bitnet.trits>) -> tensor<?x2xf32>
  %0 = bitnet.quantized_linear %values, %scales, %sums, %w
    : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x3, #bitnet.trits>) -> tensor<?x2xf32>
  // CHECK: bitnet.quantized_linear {{.*}} residual(%[[RESIDUAL]]) kernel "portable" :
  %1 = bitnet.quantized_linear %values, %scales, %sums, %w residual(%residual)
    kernel "portable"
    : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x3, #bitnet.trits>, tensor<?x2xf32>) -> tensor<?x2xf32>
  return
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @elementwise
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>, %[[Y:[^:]*]]: tensor<?x4xf32>, %[[BIAS:[^:]*]]: tensor<4xf32>
func.func @elementwise(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>,
                       %bias: tensor<4xf32>) {
  // CHECK: bitnet.gate squared_relu %[[X]], %[[Y]] : tensor<?x4xf32>
  %0 = bitnet.gate squared_relu %x, %y : tensor<?x4xf32>
  // CHECK: bitnet.gate silu %[[X]], %[[Y]] : tensor<?x4xf32>
  %1 = bitnet.gate silu %x, %y : tensor<?x4xf32>
  // CHECK: bitnet.gate gelu_tanh %[[X]], %[[Y]] : tensor<?x4xf32>
  %gelu = bitnet.gate gelu_tanh %x, %y : tensor<?x4xf32>
  // CHECK: bitnet.add %[[X]], %[[Y]] : tensor<?x4xf32>
  %2 = bitnet.add %x, %y : tensor<?x4xf32>
  // CHECK: bitnet.add_bias %[[X]], %[[BIAS]] : tensor<?x4xf32>, tensor<4xf32>
  %sum = bitnet.add_bias %x, %bias : tensor<?x4xf32>, tensor<4xf32>
  // CHECK: bitnet.columns %[[X]] from 1 : tensor<?x4xf32> -> tensor<?x3xf32>
  %3 = bitnet.columns %x from 1 : tensor<?x4xf32> -> tensor<?x3xf32>
  return
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @rotation
// CHECK-SAME:    %[[POSITIONS:[^:]*]]: tensor<?xi32>, %[[X:[^:]*]]: tensor<?x8xf32>
func.func @rotation(%positions: tensor<?xi32>, %x: tensor<?x8xf32>)
    -> tensor<?x8xf32> {
  // CHECK: %[[TABLE:.*]] = bitnet.rotation_table %[[POSITIONS]] {frequencies = array<f64: 1.000000e+00, 1.000000e-02>} : tensor<?xi32> -> tensor<?x2x2xf32>
  %table = bitnet.rotation_table %positions
    {frequencies = array<f64: 1.0, 0.01>} : tensor<?xi32> -> tensor<?x2x2xf32>
  // CHECK: bitnet.rotation_table %[[POSITIONS]] {amplitude = 1.138600e+00 : f64, frequencies = array<f64: 5.000000e-01>}
  %scaled = bitnet.rotation_table %positions
    {frequencies = array<f64: 0.5>, amplitude = 1.1386 : f64}
    : tensor<?xi32> -> tensor<?x1x2xf32>
  // CHECK: bitnet.rope %[[X]], %[[TABLE]] head_size = 4 {interleaved} :
  %interleaved = bitnet.rope %x, %table head_size = 4 {interleaved}
    : tensor<?x8xf32>, tensor<?x2x2xf32>
  // CHECK: bitnet.rope %[[X]], %[[TABLE]] head_size = 4 : tensor<?x8xf32>, tensor<?x2x2xf32>
  %result = bitnet.rope %x, %table head_size = 4
    : tensor<?x8xf32>, tensor<?x2x2xf32>
  return %result : tensor<?x8xf32>
}

!cache = !bitnet.kv_cache<layers = 2, heads = 2, head_size = 4,
  context_length = 128>

// CHECK-LABEL: func.func @attention
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x16xf32>, %[[K:[^:]*]]: tensor<?x8xf32>, %[[V:[^:]*]]: tensor<?x8xf32>, %[[TABLE:[^:]*]]: tensor<?x2x2xf32>, %[[CACHE:[^:]*]]: !bitnet.kv_cache<{{[^>]*}}>, %[[POSITIONS:[^:]*]]: tensor<?xi32>
func.func @attention(%q: tensor<?x16xf32>, %k: tensor<?x8xf32>,
                     %v: tensor<?x8xf32>, %table: tensor<?x2x2xf32>,
                     %cache: !cache, %positions: tensor<?xi32>) {
  // CHECK: bitnet.attention %[[Q]], %[[K]], %[[V]] cache(%[[CACHE]], layer 1) at %[[POSITIONS]] : tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !bitnet.kv_cache<{{[^>]*}}>, tensor<?xi32> -> tensor<?x16xf32>
  %0 = bitnet.attention %q, %k, %v cache(%cache, layer 1) at %positions
    : tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !cache, tensor<?xi32>
    -> tensor<?x16xf32>
  // CHECK: bitnet.attention %[[Q]], %[[K]], %[[V]] rope(%[[TABLE]] : tensor<?x2x2xf32>) cache(%[[CACHE]], layer 0)
  %1 = bitnet.attention %q, %k, %v rope(%table : tensor<?x2x2xf32>)
    cache(%cache, layer 0) at %positions
    : tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !cache, tensor<?xi32>
    -> tensor<?x16xf32>
  // CHECK: bitnet.attention {{.*}} at %[[POSITIONS]] {interleaved, scale = 6.250000e-02 : f32, window = 512 : i64} :
  %2 = bitnet.attention %q, %k, %v rope(%table : tensor<?x2x2xf32>)
    cache(%cache, layer 0) at %positions
    {interleaved, window = 512, scale = 0.0625 : f32}
    : tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !cache, tensor<?xi32>
    -> tensor<?x16xf32>
  return
}

// CHECK-LABEL: func.func @lookup_tables
func.func @lookup_tables(%values: tensor<?x18xi8>) -> tensor<?x384xi8> {
  // CHECK: bitnet.lookup_tables %{{.*}} for trit_word : (tensor<?x18xi8>) -> tensor<?x384xi8>
  %0 = bitnet.lookup_tables %values for trit_word : (tensor<?x18xi8>) -> tensor<?x384xi8>
  // Columns that no step needs.
  // CHECK: bitnet.lookup_tables %{{.*}} for trit_nibble : (tensor<?x18xi8>) -> tensor<?x256xi8>
  %1 = bitnet.lookup_tables %values for trit_nibble : (tensor<?x18xi8>) -> tensor<?x256xi8>
  return %0 : tensor<?x384xi8>
}

// CHECK-LABEL: func.func @binary
func.func @binary() {
  // CHECK: bitnet.weight dense<0> : tensor<16xi8> scales(dense<1.000000e+00> : tensor<2x2xf32>) -> !bitnet.matrix<2x64, #bitnet.bits>
  %0 = bitnet.weight dense<0> : tensor<16xi8> scales(dense<1.0> : tensor<2x2xf32>) -> !bitnet.matrix<2x64, #bitnet.bits>
  // CHECK: bitnet.weight dense<85> : tensor<32xi8> scales(dense<1.000000e+00> : tensor<2x2xf32>) -> !bitnet.matrix<2x64, #bitnet.trits>
  %trits = bitnet.weight dense<0x55> : tensor<32xi8> scales(dense<1.0> : tensor<2x2xf32>) -> !bitnet.matrix<2x64, #bitnet.trits>
  // In tiles of 2 rows, the last of which is padded.
  // CHECK: bitnet.weight dense<0> : tensor<32xi8> scales(dense<1.000000e+00> : tensor<2x2x2xf32>) -> !bitnet.matrix<3x64, #bitnet.layout<bit, lanes = 2, groups = 1>>
  %2 = bitnet.weight dense<0> : tensor<32xi8> scales(dense<1.0> : tensor<2x2x2xf32>) -> !bitnet.matrix<3x64, #bitnet.layout<bit, lanes = 2, groups = 1>>
  // CHECK: #bitnet.layout<trit_word, lanes = 32, groups = 4, block = 28>
  %1 = bitnet.weight dense<0> : tensor<256xi8> scales(dense<1.0> : tensor<1xf32>) -> !bitnet.matrix<2x9, #bitnet.layout<trit_word, lanes = 32, groups = 4, block = 28>>
  return
}
