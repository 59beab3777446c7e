// RUN: bitnet-opt %s --split-input-file --verify-diagnostics

// Operations; types and attributes are in invalid-types.mlir. The comment above
// a function is the label of the constraint in BitNetOps.td that it breaks.

// weight_c1
func.func @weight_data_of_rank_2() {
  // expected-error @+1 {{expects data to be a rank-1 i8 tensor, found 'tensor<1x2xi8>'}}
  %w = bitnet.weight dense<0x55> : tensor<1x2xi8> scales(dense<0.5> : tensor<1xf32>)
    -> !bitnet.matrix<2x3, #bitnet.trits>
  return
}

// -----

// weight_c1
func.func @weight_data_not_bytes() {
  // expected-error @+1 {{expects data to be a rank-1 i8 tensor, found 'tensor<6xf32>'}}
  %w = bitnet.weight dense<1.0> : tensor<6xf32>
    -> !bitnet.matrix<2x3, #bitnet.stored<f32>>
  return
}

// -----

// weight_c1
func.func @weight_data_is_a_vector() {
  // expected-error @+1 {{expects data to be a rank-1 i8 tensor, found 'vector<24xi8>'}}
  %w = bitnet.weight dense<0> : vector<24xi8>
    -> !bitnet.matrix<2x3, #bitnet.stored<f32>>
  return
}

// -----

// weight_c1
func.func @weight_data_too_short() {
  // expected-error @+1 {{expects 2 bytes of data for '!bitnet.matrix<2x3, #bitnet.trits>', found 1}}
  %w = bitnet.weight dense<0x55> : tensor<1xi8> scales(dense<0.5> : tensor<1xf32>)
    -> !bitnet.matrix<2x3, #bitnet.trits>
  return
}

// -----

// weight_c1
func.func @weight_data_too_long() {
  // expected-error @+1 {{expects 24 bytes of data for '!bitnet.matrix<2x3, #bitnet.stored<f32>>', found 25}}
  %w = bitnet.weight dense<0> : tensor<25xi8>
    -> !bitnet.matrix<2x3, #bitnet.stored<f32>>
  return
}

// -----

// weight_c1: rows and columns are padded to tiles and steps
func.func @weight_packed_data_without_padding() {
  // expected-error @+1 {{expects 32 bytes of data}}
  %w = bitnet.weight dense<0x55> : tensor<8xi8> scales(dense<0.5> : tensor<1xf32>)
    -> !bitnet.matrix<2x3, #bitnet.layout<trit, lanes = 4, groups = 2>>
  return
}

// -----

// weight_c2
func.func @weight_wrong_number_of_scales() {
  // expected-error @+1 {{expects scales to be 1, 2 or 2xB f32 values, B blocks of a multiple of 32 columns each, found 'tensor<3xf32>'}}
  %w = bitnet.weight dense<0x55> : tensor<2xi8> scales(dense<0.5> : tensor<3xf32>)
    -> !bitnet.matrix<2x3, #bitnet.trits>
  return
}

// -----

// weight_c2
func.func @weight_scales_not_f32() {
  // expected-error @+1 {{expects scales to be 1, 2 or 2xB f32 values, B blocks of a multiple of 32 columns each, found 'tensor<1xf64>'}}
  %w = bitnet.weight dense<0x55> : tensor<2xi8> scales(dense<0.5> : tensor<1xf64>)
    -> !bitnet.matrix<2x3, #bitnet.trits>
  return
}

// -----

// weight_c3
func.func @weight_stored_with_scales() {
  // expected-error @+1 {{expects at most one scale beside #bitnet.stored<f32>, which has its own, found 'tensor<2xf32>'}}
  %w = bitnet.weight dense<0> : tensor<24xi8> scales(dense<0.5> : tensor<2xf32>)
    -> !bitnet.matrix<2x3, #bitnet.stored<f32>>
  return
}

// -----

// weight_c3
func.func @weight_trits_without_scales() {
  // expected-error @+1 {{expects scales with ternary, binary or int8 data}}
  %w = bitnet.weight dense<0x55> : tensor<2xi8>
    -> !bitnet.matrix<2x3, #bitnet.trits>
  return
}

// -----

// weight_c3
func.func @weight_packed_trits_without_scales() {
  // expected-error @+1 {{expects scales with ternary, binary or int8 data}}
  %w = bitnet.weight dense<0x55> : tensor<32xi8>
    -> !bitnet.matrix<2x3, #bitnet.layout<trit, lanes = 4, groups = 2>>
  return
}

// -----

// tokenizer_c1
// expected-error @+1 {{expects data to be a rank-1 i8 tensor, found 'tensor<2xi32>'}}
bitnet.tokenizer dense<0> : tensor<2xi32>

// -----

// chat_template_c1
// expected-error @+1 {{expects data to be a rank-1 i8 tensor, found 'tensor<1x2xi8>'}}
bitnet.chat_template dense<0> : tensor<1x2xi8>

// -----

// embedding_c1
func.func @embedding_wrong_columns(%tokens: tensor<?xi32>,
                                   %table: !bitnet.matrix<9x4, #bitnet.stored<f16>>) {
  // expected-error @+1 {{expects the result to have 4 columns, found 'tensor<?x5xf32>'}}
  %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<9x4, #bitnet.stored<f16>> -> tensor<?x5xf32>
  return
}

// -----

// embedding_c1
func.func @embedding_wrong_rows(%tokens: tensor<3xi32>,
                                %table: !bitnet.matrix<9x4, #bitnet.stored<f16>>) {
  // expected-error @+1 {{expects as many rows as tokens, found 'tensor<?x4xf32>' for 'tensor<3xi32>'}}
  %x = bitnet.embedding %tokens, %table : tensor<3xi32>,
    !bitnet.matrix<9x4, #bitnet.stored<f16>> -> tensor<?x4xf32>
  return
}

// -----

// embedding_c3
func.func @embedding_negative_scale(%tokens: tensor<?xi32>,
                                    %table: !bitnet.matrix<9x4, #bitnet.stored<f16>>) {
  // expected-error @+1 {{expects scale to be positive and finite, found -1.0}}
  %x = bitnet.embedding %tokens, %table {scale = -1.0 : f32} : tensor<?xi32>,
    !bitnet.matrix<9x4, #bitnet.stored<f16>> -> tensor<?x4xf32>
  return
}

// -----

// embedding_c2
func.func @embedding_int8(%tokens: tensor<?xi32>,
                          %table: !bitnet.matrix<9x4, #bitnet.int8>) {
  // expected-error @+1 {{expects a table with rows to look up, found '!bitnet.matrix<9x4, #bitnet.int8>'}}
  %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<9x4, #bitnet.int8> -> tensor<?x4xf32>
  return
}

// -----

// weight_c3
func.func @weight_int8_without_scales() {
  // expected-error @+1 {{expects scales with ternary, binary or int8 data}}
  %w = bitnet.weight dense<1> : tensor<6xi8>
    -> !bitnet.matrix<2x3, #bitnet.int8>
  return
}

// -----

// weight_c4
func.func @weight_int8_small_blocks() {
  // expected-error @+1 {{expects scales to be 1, 2 or 2xB f32 values, B blocks of a multiple of 16 columns each, found 'tensor<2x4xf32>'}}
  %w = bitnet.weight dense<1> : tensor<64xi8>
    scales(dense<0.5> : tensor<2x4xf32>) -> !bitnet.matrix<2x32, #bitnet.int8>
  return
}

// -----

// weight_c5
func.func @weight_trits_with_offsets() {
  // expected-error @+1 {{expects offsets only beside int8 data with scales of blocks, and of their type, found 'tensor<2x1xf32>'}}
  %w = bitnet.weight dense<0x55> : tensor<16xi8>
    scales(dense<0.5> : tensor<2x1xf32>) offsets(dense<0.5> : tensor<2x1xf32>)
    -> !bitnet.matrix<2x32, #bitnet.trits>
  return
}

// -----

// weight_c5
func.func @weight_offsets_of_another_type() {
  // expected-error @+1 {{expects offsets only beside int8 data with scales of blocks, and of their type, found 'tensor<2x1xf32>'}}
  %w = bitnet.weight dense<1> : tensor<64xi8>
    scales(dense<0.5> : tensor<2x2xf32>) offsets(dense<0.5> : tensor<2x1xf32>)
    -> !bitnet.matrix<2x32, #bitnet.int8>
  return
}

// -----

// quantized_linear_c4
func.func @quantized_linear_one_remainder(%q: tensor<?x4xi8>, %s: tensor<?xf32>,
    %sum: tensor<?xi32>, %w: !bitnet.matrix<2x4, #bitnet.trits>) {
  // expected-error @+1 {{expects remainders of two parts of three tensors, found 3 tensors}}
  %y = bitnet.quantized_linear %q, %s, %sum, %w remainders(%q, %s, %sum)
    : (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x4, #bitnet.trits>, tensor<?x4xi8>, tensor<?xf32>,
       tensor<?xi32>) -> tensor<?x2xf32>
  return
}

// -----

// quantized_linear_c4
func.func @quantized_linear_wrong_remainder(%q: tensor<?x4xi8>,
    %s: tensor<?xf32>, %sum: tensor<?xi32>,
    %w: !bitnet.matrix<2x4, #bitnet.trits>) {
  // expected-error @+1 {{expects a remainder of type 'tensor<?xi32>', found 'tensor<?xf32>'}}
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    remainders(%q, %s, %s, %q, %s, %sum)
    : (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x4, #bitnet.trits>, tensor<?x4xi8>, tensor<?xf32>,
       tensor<?xf32>, tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
    -> tensor<?x2xf32>
  return
}

// -----

// output_head_c1
func.func @output_head_wrong_input(%x: tensor<?x5xf32>,
                                   %table: !bitnet.matrix<9x4, #bitnet.stored<f16>>) {
  // expected-error @+1 {{expects the input to have 4 columns, found 'tensor<?x5xf32>'}}
  %logits = bitnet.output_head %x, %table : tensor<?x5xf32>,
    !bitnet.matrix<9x4, #bitnet.stored<f16>> -> tensor<?x9xf32>
  return
}

// -----

// output_head_c1
func.func @output_head_wrong_result(%x: tensor<?x4xf32>,
                                    %table: !bitnet.matrix<9x4, #bitnet.stored<f16>>) {
  // expected-error @+1 {{expects the result to have 9 columns, found 'tensor<?x4xf32>'}}
  %logits = bitnet.output_head %x, %table : tensor<?x4xf32>,
    !bitnet.matrix<9x4, #bitnet.stored<f16>> -> tensor<?x4xf32>
  return
}

// -----

// output_head_c2
func.func @output_head_ternary(%x: tensor<?x4xf32>,
                               %table: !bitnet.matrix<9x4, #bitnet.layout<trit, lanes = 1, groups = 1>>) {
  // expected-error @+1 {{expects a table of numbers}}
  %logits = bitnet.output_head %x, %table : tensor<?x4xf32>,
    !bitnet.matrix<9x4, #bitnet.layout<trit, lanes = 1, groups = 1>>
    -> tensor<?x9xf32>
  return
}

// -----

// select_rows_c1
func.func @select_rows_wrong_columns(%x: tensor<?x4xf32>, %rows: tensor<?xi32>) {
  // expected-error @+1 {{expects the result to have 4 columns, found 'tensor<?x5xf32>'}}
  %y = bitnet.select_rows %x, %rows
    : tensor<?x4xf32>, tensor<?xi32> -> tensor<?x5xf32>
  return
}

// -----

// rms_norm_c1
func.func @rms_norm_wrong_weight(%x: tensor<?x4xf32>, %w: tensor<5xf32>) {
  // expected-error @+1 {{expects the weight to have 4 elements, found 'tensor<5xf32>'}}
  %n = bitnet.rms_norm %x, %w eps = 1.0e-5 : tensor<?x4xf32>, tensor<5xf32>
  return
}

// -----

// rms_norm_c1
func.func @rms_norm_weight_of_all_heads(%x: tensor<?x4xf32>, %w: tensor<4xf32>) {
  // expected-error @+1 {{expects the weight to have 2 elements, found 'tensor<4xf32>'}}
  %n = bitnet.rms_norm %x, %w eps = 1.0e-5 {head_size = 2}
    : tensor<?x4xf32>, tensor<4xf32>
  return
}

// -----

// rms_norm_c3
func.func @rms_norm_of_part_of_a_head(%x: tensor<?x4xf32>, %w: tensor<3xf32>) {
  // expected-error @+1 {{expects head_size to divide the columns of 'tensor<?x4xf32>', found 3}}
  %n = bitnet.rms_norm %x, %w eps = 1.0e-5 {head_size = 3}
    : tensor<?x4xf32>, tensor<3xf32>
  return
}

// -----

// rms_norm_c3
func.func @rms_norm_of_empty_heads(%x: tensor<?x4xf32>, %w: tensor<4xf32>) {
  // expected-error @+1 {{expects head_size to divide the columns of 'tensor<?x4xf32>', found 0}}
  %n = bitnet.rms_norm %x, %w eps = 1.0e-5 {head_size = 0}
    : tensor<?x4xf32>, tensor<4xf32>
  return
}

// -----

// add_bias_c1
func.func @add_bias_too_long(%x: tensor<?x4xf32>, %b: tensor<5xf32>) {
  // expected-error @+1 {{expects the bias to have 4 elements, found 'tensor<5xf32>'}}
  %y = bitnet.add_bias %x, %b : tensor<?x4xf32>, tensor<5xf32>
  return
}

// -----

// rms_norm_c2
func.func @rms_norm_eps_zero(%x: tensor<?x4xf32>, %w: tensor<4xf32>) {
  // expected-error @+1 {{expects eps to be positive and finite, found 0.000000e+00}}
  %n = bitnet.rms_norm %x, %w eps = 0.0 : tensor<?x4xf32>, tensor<4xf32>
  return
}

// -----

// rms_norm_c2
func.func @rms_norm_eps_not_a_number(%x: tensor<?x4xf32>, %w: tensor<4xf32>) {
  // expected-error @+1 {{expects eps to be positive and finite, found nan}}
  %n = bitnet.rms_norm %x, %w eps = 0x7fc00000 : tensor<?x4xf32>, tensor<4xf32>
  return
}

// -----

// quantize_activations_c1
func.func @quantize_activations_too_narrow(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{expects values to have at least 4 columns, found 'tensor<?x3xi8>'}}
  %q:3 = bitnet.quantize_activations %x
    : (tensor<?x4xf32>) -> (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>)
  return
}

// -----

// quantize_activations_c2
func.func @quantize_activations_gate_alone(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{expects activation exactly with a gate}}
  %q:3 = bitnet.quantize_activations %x gate(%x)
    : (tensor<?x4xf32>, tensor<?x4xf32>)
    -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return
}

// -----

// quantize_activations_c2
func.func @quantize_activations_activation_alone(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{expects activation exactly with a gate}}
  %q:3 = bitnet.quantize_activations %x {activation = #bitnet<activation silu>}
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return
}

// -----

// quantize_activations_c2
func.func @quantize_activations_wrong_gate(%x: tensor<?x4xf32>,
                                           %gate: tensor<?x5xf32>) {
  // expected-error @+1 {{expects the gate to have 4 columns, found 'tensor<?x5xf32>'}}
  %q:3 = bitnet.quantize_activations %x gate(%gate)
    {activation = #bitnet<activation silu>} : (tensor<?x4xf32>, tensor<?x5xf32>)
    -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return
}

// -----

// quantize_activations_c3
func.func @quantize_activations_norm_alone(%x: tensor<?x4xf32>,
                                           %norm: tensor<4xf32>) {
  // expected-error @+1 {{expects eps exactly with a norm}}
  %q:3 = bitnet.quantize_activations %x norm(%norm)
    : (tensor<?x4xf32>, tensor<4xf32>)
    -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return
}

// -----

// quantize_activations_c3
func.func @quantize_activations_eps_alone(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{expects eps exactly with a norm}}
  %q:3 = bitnet.quantize_activations %x {eps = 1.0e-5 : f32}
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return
}

// -----

// quantize_activations_c3
func.func @quantize_activations_wrong_norm(%x: tensor<?x4xf32>,
                                           %norm: tensor<5xf32>) {
  // expected-error @+1 {{expects the norm to have 4 elements, found 'tensor<5xf32>'}}
  %q:3 = bitnet.quantize_activations %x norm(%norm) {eps = 1.0e-5 : f32}
    : (tensor<?x4xf32>, tensor<5xf32>)
    -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return
}

// -----

// quantize_activations_c3
func.func @quantize_activations_eps_negative(%x: tensor<?x4xf32>,
                                             %norm: tensor<4xf32>) {
  // expected-error @+1 {{expects eps to be positive and finite, found -1.0}}
  %q:3 = bitnet.quantize_activations %x norm(%norm) {eps = -1.0 : f32}
    : (tensor<?x4xf32>, tensor<4xf32>)
    -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return
}

// -----

// quantize_activations_c4
func.func @quantize_activations_no_floor(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{expects floor to be finite and at least 1e-30, found 0.0}}
  %q:3 = bitnet.quantize_activations %x {floor = 0.0 : f32}
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return
}

// -----

// quantization_error_c1
func.func @quantization_error_too_narrow(%x: tensor<?x4xf32>,
                                         %q: tensor<?x3xi8>,
                                         %s: tensor<?xf32>) {
  // expected-error @+1 {{expects values to have at least 4 columns, found 'tensor<?x3xi8>'}}
  %e = bitnet.quantization_error %x, %q, %s
    : tensor<?x4xf32>, tensor<?x3xi8>, tensor<?xf32>
  return
}

// -----

// bit_linear_c2
func.func @bit_linear_infinite_floor(%x: tensor<?x3xf32>,
                                     %w: !bitnet.matrix<2x3, #bitnet.trits>) {
  // expected-error @+1 {{expects floor to be finite and at least 1e-30, found}}
  %y = bitnet.bit_linear %x, %w {floor = 0x7F800000 : f32} : tensor<?x3xf32>,
    !bitnet.matrix<2x3, #bitnet.trits> -> tensor<?x2xf32>
  return
}

// -----

// bit_linear_c1
func.func @bit_linear_wrong_input(%x: tensor<?x4xf32>,
                                  %w: !bitnet.matrix<2x3, #bitnet.trits>) {
  // expected-error @+1 {{expects the input to have 3 columns, found 'tensor<?x4xf32>'}}
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<2x3, #bitnet.trits> -> tensor<?x2xf32>
  return
}

// -----

// bit_linear_c1
func.func @bit_linear_wrong_result(%x: tensor<?x3xf32>,
                                   %w: !bitnet.matrix<2x3, #bitnet.trits>) {
  // expected-error @+1 {{expects the result to have 2 columns, found 'tensor<?x3xf32>'}}
  %y = bitnet.bit_linear %x, %w : tensor<?x3xf32>,
    !bitnet.matrix<2x3, #bitnet.trits> -> tensor<?x3xf32>
  return
}

// -----

// quantized_linear_c1
func.func @quantized_linear_float_weight(%q: tensor<?x3xi8>, %s: tensor<?xf32>,
                                       %sum: tensor<?xi32>,
                                       %w: !bitnet.matrix<2x3, #bitnet.stored<f32>>) {
  // expected-error @+1 {{expects a ternary or binary weight or one of int8, found '!bitnet.matrix<2x3, #bitnet.stored<f32>>'}}
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x3, #bitnet.stored<f32>>) -> tensor<?x2xf32>
  return
}

// -----

// quantized_linear_c2
func.func @quantized_linear_too_narrow(%q: tensor<?x2xi8>, %s: tensor<?xf32>,
                                     %sum: tensor<?xi32>,
                                     %w: !bitnet.matrix<2x3, #bitnet.trits>) {
  // expected-error @+1 {{expects values to have at least 3 columns, found 'tensor<?x2xi8>'}}
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x2xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x3, #bitnet.trits>) -> tensor<?x2xf32>
  return
}

// -----

// quantized_linear_c3
func.func @quantized_linear_wrong_result(%q: tensor<?x3xi8>, %s: tensor<?xf32>,
                                       %sum: tensor<?xi32>,
                                       %w: !bitnet.matrix<2x3, #bitnet.trits>) {
  // expected-error @+1 {{expects the result to have 2 columns, found 'tensor<?x3xf32>'}}
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x3, #bitnet.trits>) -> tensor<?x3xf32>
  return
}

// -----

// quantized_linear_c3
func.func @quantized_linear_wrong_residual(%q: tensor<?x3xi8>, %s: tensor<?xf32>,
                                         %sum: tensor<?xi32>,
                                         %w: !bitnet.matrix<2x3, #bitnet.trits>,
                                         %x: tensor<?x3xf32>) {
  // expected-error @+1 {{expects a residual of type 'tensor<?x2xf32>', found 'tensor<?x3xf32>'}}
  %y = bitnet.quantized_linear %q, %s, %sum, %w residual(%x)
    : (tensor<?x3xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x3, #bitnet.trits>, tensor<?x3xf32>) -> tensor<?x2xf32>
  return
}

// -----

// Kernels are made for a number of columns.
func.func @columns_dynamic(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{result #0 must be 2D tensor of f32 with a static number of columns, but got 'tensor<?x?xf32>'}}
  %y = bitnet.columns %x from 0 : tensor<?x4xf32> -> tensor<?x?xf32>
  return
}

// -----

func.func @quantized_columns_dynamic(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{result #0 must be 2D tensor of i8 with a static number of columns, but got 'tensor<?x?xi8>'}}
  %q:3 = bitnet.quantize_activations %x
    : (tensor<?x4xf32>) -> (tensor<?x?xi8>, tensor<?xf32>, tensor<?xi32>)
  return
}

// -----

// columns_c1
func.func @columns_beyond_the_end(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{expects 3 columns from 2 on to lie within 'tensor<?x4xf32>'}}
  %y = bitnet.columns %x from 2 : tensor<?x4xf32> -> tensor<?x3xf32>
  return
}

// -----

// columns_c1
func.func @columns_before_the_start(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{expects 3 columns from -1 on to lie within 'tensor<?x4xf32>'}}
  %y = bitnet.columns %x from -1 : tensor<?x4xf32> -> tensor<?x3xf32>
  return
}

// -----

// columns_c1
func.func @columns_offset_overflows(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{to lie within 'tensor<?x4xf32>'}}
  %y = bitnet.columns %x from 9223372036854775807 : tensor<?x4xf32> -> tensor<?x3xf32>
  return
}

// -----

// rotation_table_c1
func.func @rotation_table_frequency_infinite(%positions: tensor<?xi32>) {
  // expected-error @+1 {{expects frequencies to be positive and finite, found INF}}
  %table = bitnet.rotation_table %positions
    {frequencies = array<f64: 1.0, 0x7ff0000000000000>}
    : tensor<?xi32> -> tensor<?x2x2xf32>
  return
}

// -----

// rotation_table_c1
func.func @rotation_table_too_few_frequencies(%positions: tensor<?xi32>) {
  // expected-error @+1 {{expects 4 frequencies for 'tensor<?x4x2xf32>', found 1}}
  %table = bitnet.rotation_table %positions
    {frequencies = array<f64: 1.0>} : tensor<?xi32> -> tensor<?x4x2xf32>
  return
}

// -----

// rotation_table_c2
func.func @rotation_table_no_amplitude(%positions: tensor<?xi32>) {
  // expected-error @+1 {{expects amplitude to be positive and finite, found 0.0}}
  %table = bitnet.rotation_table %positions
    {frequencies = array<f64: 1.0>, amplitude = 0.0 : f64}
    : tensor<?xi32> -> tensor<?x1x2xf32>
  return
}

// -----

func.func @rotation_table_dynamic_pairs(%positions: tensor<?xi32>) {
  // expected-error @+1 {{result #0 must be tensor<?xPx2xf32> with P > 0, but got 'tensor<?x?x2xf32>'}}
  %table = bitnet.rotation_table %positions
    {frequencies = array<f64: 1.0>} : tensor<?xi32> -> tensor<?x?x2xf32>
  return
}

// -----

func.func @rotation_table_no_pairs(%x: tensor<?x8xf32>, %table: tensor<?x0x2xf32>) {
  // expected-error @+1 {{operand #1 must be tensor<?xPx2xf32> with P > 0, but got 'tensor<?x0x2xf32>'}}
  %y = bitnet.rope %x, %table head_size = 4 : tensor<?x8xf32>, tensor<?x0x2xf32>
  return
}

// -----

func.func @rotation_table_not_cosine_and_sine(%x: tensor<?x8xf32>, %table: tensor<?x2x3xf32>) {
  // expected-error @+1 {{operand #1 must be tensor<?xPx2xf32> with P > 0, but got 'tensor<?x2x3xf32>'}}
  %y = bitnet.rope %x, %table head_size = 4 : tensor<?x8xf32>, tensor<?x2x3xf32>
  return
}

// -----

// rope_c1
func.func @rope_head_size_does_not_divide(%x: tensor<?x8xf32>, %table: tensor<?x1x2xf32>) {
  // expected-error @+1 {{expects head_size to divide the columns of 'tensor<?x8xf32>', found 3}}
  %y = bitnet.rope %x, %table head_size = 3 : tensor<?x8xf32>, tensor<?x1x2xf32>
  return
}

// -----

// rope_c1
func.func @rope_head_size_zero(%x: tensor<?x8xf32>, %table: tensor<?x1x2xf32>) {
  // expected-error @+1 {{expects head_size to divide the columns of 'tensor<?x8xf32>', found 0}}
  %y = bitnet.rope %x, %table head_size = 0 : tensor<?x8xf32>, tensor<?x1x2xf32>
  return
}

// -----

// rope_c2
func.func @rope_too_many_pairs(%x: tensor<?x8xf32>, %table: tensor<?x3x2xf32>) {
  // expected-error @+1 {{expects at most 2 pairs in heads of 4, found 3}}
  %y = bitnet.rope %x, %table head_size = 4 : tensor<?x8xf32>, tensor<?x3x2xf32>
  return
}

// -----

!cache = !bitnet.kv_cache<layers = 2, heads = 2, head_size = 4, context_length = 128>

// attention_c1
func.func @attention_wrong_key(%q: tensor<?x8xf32>, %k: tensor<?x4xf32>,
                               %cache: !cache, %at: tensor<?xi32>) {
  // expected-error @+1 {{expects the key to have 8 columns, found 'tensor<?x4xf32>'}}
  %y = bitnet.attention %q, %k, %q cache(%cache, layer 0) at %at
    : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x8xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----

!cache = !bitnet.kv_cache<layers = 2, heads = 2, head_size = 4, context_length = 128>

// attention_c1
func.func @attention_wrong_value(%q: tensor<?x8xf32>, %v: tensor<?x4xf32>,
                                 %cache: !cache, %at: tensor<?xi32>) {
  // expected-error @+1 {{expects the value to have 8 columns, found 'tensor<?x4xf32>'}}
  %y = bitnet.attention %q, %q, %v cache(%cache, layer 0) at %at
    : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x4xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----

!cache = !bitnet.kv_cache<layers = 2, heads = 2, head_size = 4, context_length = 128>

// attention_c1
func.func @attention_wrong_query(%q: tensor<?x12xf32>, %k: tensor<?x8xf32>,
                                 %cache: !cache, %at: tensor<?xi32>) {
  // expected-error @+1 {{expects the query to have a multiple of 8 columns, found 'tensor<?x12xf32>'}}
  %y = bitnet.attention %q, %k, %k cache(%cache, layer 0) at %at
    : tensor<?x12xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !cache, tensor<?xi32> -> tensor<?x12xf32>
  return
}

// -----

!cache = !bitnet.kv_cache<layers = 2, heads = 2, head_size = 4, context_length = 128>

// attention_c1
func.func @attention_wrong_result(%q: tensor<?x16xf32>, %k: tensor<?x8xf32>,
                                  %cache: !cache, %at: tensor<?xi32>) {
  // expected-error @+1 {{expects a result of type 'tensor<?x16xf32>', found 'tensor<?x8xf32>'}}
  %y = bitnet.attention %q, %k, %k cache(%cache, layer 0) at %at
    : tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----

!cache = !bitnet.kv_cache<layers = 2, heads = 2, head_size = 4, context_length = 128>

// attention_c2
func.func @attention_no_such_layer(%q: tensor<?x8xf32>, %cache: !cache, %at: tensor<?xi32>) {
  // expected-error @+1 {{expects a layer below 2, found 2}}
  %y = bitnet.attention %q, %q, %q cache(%cache, layer 2) at %at
    : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----

!cache = !bitnet.kv_cache<layers = 2, heads = 2, head_size = 4, context_length = 128>

// attention_c3
func.func @attention_too_many_pairs(%q: tensor<?x8xf32>, %table: tensor<?x3x2xf32>,
                                    %cache: !cache, %at: tensor<?xi32>) {
  // expected-error @+1 {{expects at most 2 pairs in heads of 4, found 3}}
  %y = bitnet.attention %q, %q, %q rope(%table : tensor<?x3x2xf32>)
    cache(%cache, layer 0) at %at
    : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----

!cache = !bitnet.kv_cache<layers = 2, heads = 2, head_size = 4, context_length = 128>

// attention_c3
func.func @attention_interleaved_without_table(%q: tensor<?x8xf32>,
                                               %cache: !cache, %at: tensor<?xi32>) {
  // expected-error @+1 {{expects interleaved only with a rotation table}}
  %y = bitnet.attention %q, %q, %q cache(%cache, layer 0) at %at {interleaved}
    : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----

!cache = !bitnet.kv_cache<layers = 2, heads = 2, head_size = 4, context_length = 128>

// attention_c4
func.func @attention_empty_window(%q: tensor<?x8xf32>, %cache: !cache, %at: tensor<?xi32>) {
  // expected-error @+1 {{expects window to be positive, found 0}}
  %y = bitnet.attention %q, %q, %q cache(%cache, layer 0) at %at {window = 0}
    : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----

!cache = !bitnet.kv_cache<layers = 2, heads = 2, head_size = 4, context_length = 128>

// attention_c4
func.func @attention_scale_not_a_number(%q: tensor<?x8xf32>, %cache: !cache, %at: tensor<?xi32>) {
  // expected-error @+1 {{expects scale to be positive and finite, found nan}}
  %y = bitnet.attention %q, %q, %q cache(%cache, layer 0) at %at {scale = 0x7fc00000 : f32}
    : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !cache, tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----

// lookup_tables_c1
func.func @lookup_tables_of_bytes(%values: tensor<?x12xi8>) {
  // expected-error @+1 {{expects elements that kernels look up, found int8}}
  %0 = bitnet.lookup_tables %values for int8 : (tensor<?x12xi8>) -> tensor<?x12xi8>
  return
}

// -----

// lookup_tables_c2
func.func @lookup_tables_of_part_of_a_step(%values: tensor<?x18xi8>) {
  // expected-error @+1 {{expects a result of whole steps of 192 bytes, found 'tensor<?x256xi8>'}}
  %0 = bitnet.lookup_tables %values for trit_word : (tensor<?x18xi8>) -> tensor<?x256xi8>
  return
}

// -----

// lookup_tables_c3
func.func @lookup_tables_of_too_few_values(%values: tensor<?x17xi8>) {
  // expected-error @+1 {{expects values of at least 18 columns, found 'tensor<?x17xi8>'}}
  %0 = bitnet.lookup_tables %values for trit_word : (tensor<?x17xi8>) -> tensor<?x384xi8>
  return
}

// -----

// weight_c4
func.func @scales_of_part_of_a_step() {
  // expected-error @+1 {{expects scales to be 1, 2 or 2xB f32 values, B blocks of a multiple of 32 columns each, found 'tensor<2x3xf32>'}}
  %0 = bitnet.weight dense<0> : tensor<16xi8> scales(dense<1.0> : tensor<2x3xf32>) -> !bitnet.matrix<2x64, #bitnet.bits>
  return
}

// -----

// weight_c4
func.func @scales_not_beside_tiles() {
  // expected-error @+1 {{expects scales to be 1, 3 or 2xBx2 f32 values, B blocks of a multiple of 32 columns each, found 'tensor<3x2xf32>'}}
  %0 = bitnet.weight dense<0> : tensor<32xi8> scales(dense<1.0> : tensor<3x2xf32>) -> !bitnet.matrix<3x64, #bitnet.layout<bit, lanes = 2, groups = 1>>
  return
}

// -----

// weight_c4
func.func @scales_of_other_tiles() {
  // expected-error @+1 {{expects scales to be 1, 3 or 2xBx2 f32 values, B blocks of a multiple of 32 columns each, found 'tensor<1x2x3xf32>'}}
  %0 = bitnet.weight dense<0> : tensor<32xi8> scales(dense<1.0> : tensor<1x2x3xf32>) -> !bitnet.matrix<3x64, #bitnet.layout<bit, lanes = 2, groups = 1>>
  return
}
