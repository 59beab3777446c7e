// RUN: bitnet-opt %s --bitnet-pack-weights | FileCheck %s
// RUN: bitnet-opt %s --bitnet-pack-weights=head-error=0.005 \
// RUN:   | FileCheck %s --check-prefix=COARSE
// RUN: bitnet-opt %s --bitnet-pack-weights=head=int6 \
// RUN:   | FileCheck %s --check-prefix=INT6
// RUN: bitnet-opt %s --bitnet-pack-weights=head=planes \
// RUN:   | FileCheck %s --check-prefix=PLANES
// RUN: bitnet-opt %s --bitnet-pack-weights=head=bf16 \
// RUN:   | FileCheck %s --check-prefix=BF16

// The elements of tables: the smallest that the bound on the relative error
// allows, or those that are named. `bitnet.tables` says which.

// CHECK:       module attributes {bitnet.tables = {
// CHECK-SAME:    brain = {element = #bitnet<element_kind bf16>, error = 0.000000e+00 : f64, row_error = 0.000000e+00 : f64}
// CHECK-SAME:    half = {element = #bitnet<element_kind f16>, error = 0.000000e+00 : f64, row_error = 0.000000e+00 : f64}
// CHECK-SAME:    in_6_bits = {element = #bitnet<element_kind int6>, error = 0.000000e+00 : f64, row_error = 0.000000e+00 : f64}
// CHECK-SAME:    in_8_bits = {element = #bitnet<element_kind int8>, error = 0.000000e+00
// CHECK-SAME:    large = {element = #bitnet<element_kind int8>,
// CHECK-SAME:    one_coarse_row = {element = #bitnet<element_kind f16>,
// CHECK-SAME:    one_short_row = {element = #bitnet<element_kind f16>, error = 2.1{{[0-9]+}}E-4 : f64

// COARSE:      half = {element = #bitnet<element_kind int8>, error = 0.0023{{[0-9]+}} : f64
// COARSE-SAME: one_coarse_row = {element = #bitnet<element_kind int6>, error = 4.2{{[0-9]+}}E-4 : f64, row_error = 0.0016{{[0-9]+}} : f64

// INT6:        half = {element = #bitnet<element_kind int6>, error = 0.0100{{[0-9]+}} : f64
// PLANES:      half = {element = #bitnet<element_kind planes>, error = 0.0111{{[0-9]+}} : f64
// BF16:        brain = {element = #bitnet<element_kind bf16>, error = 0.000000e+00
// BF16-SAME:   half = {element = #bitnet<element_kind bf16>, error = 0.0010{{[0-9]+}} : f64

!f32 = !bitnet.matrix<2x2, #bitnet.stored<f32>>
!f16 = !bitnet.matrix<2x2, #bitnet.stored<f16>>
!bf16 = !bitnet.matrix<2x2, #bitnet.stored<bf16>>
!long = !bitnet.matrix<16x2, #bitnet.stored<f32>>
!row = tensor<?x2xf32>

// [[31, -7], [1, 0]]
// CHECK-LABEL: func.func @in_6_bits
func.func @in_6_bits(%tokens: tensor<?xi32>) -> !row {
  // CHECK: bitnet.weight {{.*}} : tensor<24xi8> scales(dense<[1.000000e+00, 0.0322580636]> : tensor<2xf32>) -> !bitnet.matrix<2x2, #bitnet.layout<int6, lanes = 1, groups = 1>>
  %w = bitnet.weight dense<"0x0000F8410000E0C00000803F00000000"> : tensor<16xi8>
    -> !f32 loc("in_6_bits")
  %x = bitnet.embedding %tokens, %w : tensor<?xi32>, !f32 -> !row
  return %x : !row
}

// [[127, -64], [1, 0]]
func.func @in_8_bits(%tokens: tensor<?xi32>) -> !row {
  %w = bitnet.weight dense<"0x0000FE42000080C20000803F00000000"> : tensor<16xi8>
    -> !f32 loc("in_8_bits")
  %x = bitnet.embedding %tokens, %w : tensor<?xi32>, !f32 -> !row
  return %x : !row
}

// Multiples of 1 and 262080 / 127: too large for half precision.
func.func @large(%tokens: tensor<?xi32>) -> !row {
  %w = bitnet.weight dense<"0x00F07F48F4F900C50000803F00000000"> : tensor<16xi8>
    -> !f32 loc("large")
  %x = bitnet.embedding %tokens, %w : tensor<?xi32>, !f32 -> !row
  return %x : !row
}

// [[1.0009765625, -0.3334], [0.1, 0.0333]] in half precision
func.func @half(%tokens: tensor<?xi32>) -> !row {
  %w = bitnet.weight dense<"0x013C56B5662E4328"> : tensor<8xi8>
    -> !f16 loc("half")
  %x = bitnet.embedding %tokens, %w : tensor<?xi32>, !f16 -> !row
  return %x : !row
}

// The same with 8 bits.
func.func @brain(%tokens: tensor<?xi32>) -> !row {
  %w = bitnet.weight dense<"0x803FAABECC3D083D"> : tensor<8xi8>
    -> !bf16 loc("brain")
  %x = bitnet.embedding %tokens, %w : tensor<?xi32>, !bf16 -> !row
  return %x : !row
}

// Rows of [127, 127] and one of [127, 0.3], which 6 and 8 bits make [127, 0].
// The error of the table is within the bound, that of the row is not.
func.func @one_coarse_row(%tokens: tensor<?xi32>) -> !row {
  %w = bitnet.weight dense<"0x0000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE429A99993E0000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE420000FE42"> : tensor<128xi8>
    -> !long loc("one_coarse_row")
  %x = bitnet.embedding %tokens, %w : tensor<?xi32>, !long -> !row
  return %x : !row
}

// [[1.0002, -0.3334], [1e-9, 3.3e-10]]: the short row becomes 0 in half
// precision, which is nothing beside the other.
func.func @one_short_row(%tokens: tensor<?xi32>) -> !row {
  %w = bitnet.weight dense<"0x8E06803F68B3AABE5F7089305F6BB52F"> : tensor<16xi8>
    -> !f32 loc("one_short_row")
  %x = bitnet.embedding %tokens, %w : tensor<?xi32>, !f32 -> !row
  return %x : !row
}
