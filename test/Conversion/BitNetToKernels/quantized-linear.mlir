// RUN: bitnet-opt %s --convert-bitnet-to-kernels --canonicalize --cse | FileCheck %s

!trits = !bitnet.matrix<1x16, #bitnet.layout<trit, lanes = 1, groups = 1>>
!wide = !bitnet.matrix<70x20, #bitnet.layout<trit, lanes = 16, groups = 4>>

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {

  // Data and scales are named after the weight.
  // CHECK-DAG: bitnet_runtime.blob @q_w dense<85> : tensor<4xi8>
  // CHECK-DAG: bitnet_runtime.blob @q_w_scales dense<5.000000e-01> : tensor<1xf32>

  // CHECK-LABEL: func.func @layer
  // CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x16xi8>, %[[S:[^:]*]]: tensor<?xf32>, %[[SUM:[^:]*]]: tensor<?xi32>
  func.func @layer(%q: tensor<?x16xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>)
      -> tensor<?x1xf32> {
    // CHECK-DAG: %[[TILES:.*]] = arith.constant 1 : index
    // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
    // CHECK-DAG: %[[ROWS:.*]] = tensor.dim %[[Q]], %[[ZERO]]
    // CHECK-DAG: %[[DATA:.*]] = bitnet_runtime.blob_address @q_w : memref<4xi8>
    // CHECK-DAG: %[[SCALE:.*]] = bitnet_runtime.blob_address @q_w_scales : memref<1xf32>
    // CHECK:     %[[Y:.*]] = bitnet_runtime.launch @quantized_linear_1x16_portable tiles %[[TILES]] rows %[[ROWS]](%[[Q]], %[[S]], %[[SUM]], %[[DATA]], %[[SCALE]]) : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>, memref<4xi8>, memref<1xf32>) -> tensor<?x1xf32>
    // CHECK:     return %[[Y]]
    %w = bitnet.weight dense<0x55> : tensor<4xi8>
      scales(dense<0.5> : tensor<1xf32>) -> !trits loc("q.w")
    %y = bitnet.quantized_linear %q, %s, %sum, %w kernel "portable"
      : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>, !trits)
      -> tensor<?x1xf32>
    return %y : tensor<?x1xf32>
  }

  // Two tiles of 64 rows, two steps of 16 columns.

  // CHECK-LABEL: func.func @avx512vnni
  func.func @avx512vnni(%q: tensor<?x32xi8>, %s: tensor<?xf32>,
                        %sum: tensor<?xi32>, %x: tensor<?x100xf32>)
      -> tensor<?x70xf32> {
    // CHECK: %[[TWO:.*]] = arith.constant 2 : index
    // A residual that is a view: the kernel reads the whole tensor's rows.
    // CHECK: bitnet_runtime.launch @quantized_linear_70x20_row_scales_residual_at_30_mad_avx512vnni tiles %[[TWO]]
    // CHECK-SAME: memref<1024xi8>, memref<70xf32>, tensor<?x100xf32>) -> tensor<?x70xf32>
    %w = bitnet.weight dense<0x55> : tensor<1024xi8>
      scales(dense<0.5> : tensor<70xf32>) -> !wide
    %residual = bitnet.columns %x from 30
      : tensor<?x100xf32> -> tensor<?x70xf32>
    %y = bitnet.quantized_linear %q, %s, %sum, %w residual(%residual)
      kernel "mad-avx512vnni"
      : (tensor<?x32xi8>, tensor<?xf32>, tensor<?xi32>, !wide,
         tensor<?x70xf32>) -> tensor<?x70xf32>
    return %y : tensor<?x70xf32>
  }

  // CHECK-LABEL: func.func @avx2
  func.func @avx2(%q: tensor<?x16xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>)
      -> tensor<?x1xf32> {
    // CHECK: bitnet_runtime.launch @quantized_linear_1x16_mad_avx2
    %w = bitnet.weight dense<0x55> : tensor<128xi8>
      scales(dense<0.5> : tensor<1xf32>)
      -> !bitnet.matrix<1x16, #bitnet.layout<trit, lanes = 8, groups = 4>>
    %y = bitnet.quantized_linear %q, %s, %sum, %w kernel "mad-avx2"
      : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>,
         !bitnet.matrix<1x16, #bitnet.layout<trit, lanes = 8, groups = 4>>)
      -> tensor<?x1xf32>
    return %y : tensor<?x1xf32>
  }

  // CHECK-LABEL: func.func @scales_of_blocks
  func.func @scales_of_blocks(%q: tensor<?x64xi8>, %s: tensor<?xf32>,
                              %sum: tensor<?xi32>) -> tensor<?x3xf32> {
    // CHECK: bitnet_runtime.launch @quantized_linear_3x64_scales_of_32_binary_portable
    // CHECK-SAME: memref<24xi8>, memref<3x2x1xf32>) -> tensor<?x3xf32>
    %w = bitnet.weight dense<0> : tensor<24xi8>
      scales(dense<0.5> : tensor<3x2x1xf32>)
      -> !bitnet.matrix<3x64, #bitnet.layout<bit, lanes = 1, groups = 1>>
    %y = bitnet.quantized_linear %q, %s, %sum, %w kernel "binary-portable"
      : (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>,
         !bitnet.matrix<3x64, #bitnet.layout<bit, lanes = 1, groups = 1>>)
      -> tensor<?x3xf32>
    return %y : tensor<?x3xf32>
  }

  // CHECK-LABEL: func.func @offsets_and_remainders
  func.func @offsets_and_remainders(%q: tensor<?x64xi8>, %s: tensor<?xf32>,
                                    %sum: tensor<?xi32>) -> tensor<?x3xf32> {
    // CHECK: bitnet_runtime.launch @quantized_linear_3x64_halves_of_32_offsets_3_parts_int8_portable
    // CHECK-SAME: memref<192xi8>, memref<3x2x1xi16>, memref<3x2x1xi16>, tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>, tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>) -> tensor<?x3xf32>
    %w = bitnet.weight dense<0> : tensor<192xi8>
      scales(dense<0.5> : tensor<3x2x1xf16>)
      offsets(dense<0.25> : tensor<3x2x1xf16>)
      -> !bitnet.matrix<3x64, #bitnet.layout<int8, lanes = 1, groups = 1>>
    %y = bitnet.quantized_linear %q, %s, %sum, %w
      remainders(%q, %s, %sum, %q, %s, %sum) kernel "int8-portable"
      : (tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>,
         !bitnet.matrix<3x64, #bitnet.layout<int8, lanes = 1, groups = 1>>,
         tensor<?x64xi8>, tensor<?xf32>, tensor<?xi32>, tensor<?x64xi8>,
         tensor<?xf32>, tensor<?xi32>)
      -> tensor<?x3xf32>
    return %y : tensor<?x3xf32>
  }
}

// The kernels follow in the order of their first launch.

// The portable kernel in full: dynamic dimensions are those of a whole pass.
//
// CHECK-LABEL: func.func private @quantized_linear_1x16_portable(
// CHECK-SAME:    %[[BEGIN:[^:]*]]: index, %[[END:[^:]*]]: index, %[[ROWS:[^:]*]]: index,
// CHECK-SAME:    %[[Q:[^:]*]]: memref<4x16xi8>, %[[S:[^:]*]]: memref<4xf32>, %{{[^:]*}}: memref<4xi32>, %[[DATA:[^:]*]]: memref<4xi8>, %[[SCALE:[^:]*]]: memref<1xf32>, %[[Y:[^:]*]]: memref<4x1xf32>) {
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:   %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:   %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG:   %[[C16:.*]] = arith.constant 16 : index
// CHECK-DAG:   %[[MASK:.*]] = arith.constant 3 : i32
// CHECK-DAG:   %[[ONE:.*]] = arith.constant 1 : i32
// CHECK-DAG:   %[[NONE:.*]] = arith.constant 0 : i32
// CHECK:       scf.for %[[TILE:.*]] = %[[BEGIN]] to %[[END]] step %[[C1]] {
// CHECK:         scf.for %[[LANE:.*]] = %[[C0]] to
// CHECK:           %[[WEIGHT_SCALE:.*]] = memref.load %[[SCALE]][%[[C0]]]
// CHECK:           scf.for %[[ROW:.*]] = %[[C0]] to %[[ROWS]] step %[[C1]] {
// CHECK:             %[[DOT:.*]] = scf.for %[[K:.*]] = %[[C0]] to %[[C16]] step %[[C1]] iter_args(%[[SOFAR:.*]] = %[[NONE]]) -> (i32) {
// CHECK:               %[[WITHIN:.*]] = arith.remui %[[K]], %[[C16]]
// CHECK:               %[[BYTE:.*]] = arith.remui %[[WITHIN]], %[[C4]]
// CHECK:               %[[FIELD:.*]] = arith.divui %[[WITHIN]], %[[C4]]
// CHECK:               memref.load %[[DATA]]
// CHECK:               %[[BITS:.*]] = arith.extui
// CHECK:               %[[CODE:.*]] = arith.shrui %[[BITS]]
// CHECK:               %[[MASKED:.*]] = arith.andi %[[CODE]], %[[MASK]]
// CHECK:               %[[TRIT:.*]] = arith.subi %[[MASKED]], %[[ONE]]
// CHECK:               %[[VALUE:.*]] = memref.load %[[Q]][%[[ROW]], %[[K]]]
// CHECK:               %[[EXTENDED:.*]] = arith.extsi %[[VALUE]]
// CHECK:               %[[PRODUCT:.*]] = arith.muli %[[EXTENDED]], %[[TRIT]]
// CHECK:               %[[NEXT:.*]] = arith.addi %[[SOFAR]], %[[PRODUCT]]
// CHECK:               scf.yield %[[NEXT]]
// CHECK:             %[[ROW_SCALE:.*]] = memref.load %[[S]][%[[ROW]]]
// CHECK:             %[[FACTOR:.*]] = arith.mulf %[[WEIGHT_SCALE]], %[[ROW_SCALE]]
// CHECK:             %[[FLOAT:.*]] = arith.sitofp %[[DOT]]
// CHECK:             %[[RESULT:.*]] = arith.mulf %[[FLOAT]], %[[FACTOR]] : f32
// CHECK:             memref.store %[[RESULT]], %[[Y]][%[[ROW]], %{{.*}}]

// Four groups of four fields for one token; four groups of four tokens.
//
// CHECK-LABEL: func.func private @quantized_linear_70x20_row_scales_residual_at_30_mad_avx512vnni(
// CHECK:         scf.for
// CHECK-COUNT-16:  bitnet_isa.x86.vpdpbusd {{.*}} : vector<16xi32>, vector<64xi8>
// CHECK:           scf.yield

// Sums of pairs of bytes in 16 bits, widened to 32.
//
// CHECK-LABEL: func.func private @quantized_linear_1x16_mad_avx2(
// CHECK:         bitnet_isa.x86.vpmaddubsw {{.*}} : vector<32xi8> -> vector<16xi16>
// CHECK:         bitnet_isa.x86.vpmaddwd {{.*}} : vector<16xi16> -> vector<8xi32>

// A block at a time: weights 2 c - 1 for bits c, and float sums from block to
// block.
//
// CHECK-LABEL: func.func private @quantized_linear_3x64_scales_of_32_binary_portable(
// CHECK-SAME:    %[[Q:[^:]*]]: memref<4x64xi8>, %[[S:[^:]*]]: memref<4xf32>, %{{[^:]*}}: memref<4xi32>, %[[DATA:[^:]*]]: memref<24xi8>, %[[SCALES:[^:]*]]: memref<3x2x1xf32>, %[[Y:[^:]*]]: memref<4x3xf32>) {
// CHECK:       %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK:       scf.for %[[TILE:.*]] =
// CHECK:         scf.for %[[LANE:.*]] =
// CHECK:           scf.for %[[ROW:.*]] =
// CHECK:             %[[TOTAL:.*]] = scf.for %[[BLOCK:.*]] = {{.*}} iter_args(%[[SUM:.*]] = %[[ZERO]]) -> (f32) {
// CHECK:               %[[DOT:.*]] = scf.for
// CHECK:                 %[[CODE:.*]] = arith.andi
// CHECK:                 %[[DOUBLE:.*]] = arith.muli %[[CODE]]
// CHECK:                 arith.subi %[[DOUBLE]]
// CHECK:               %[[SCALE:.*]] = memref.load %[[SCALES]][%[[TILE]], %[[BLOCK]], %[[LANE]]]
// CHECK:               %[[FLOAT:.*]] = arith.sitofp %[[DOT]]
// CHECK:               %[[PRODUCT:.*]] = arith.mulf %[[FLOAT]], %[[SCALE]]
// CHECK:               %[[NEXT:.*]] = arith.addf %[[SUM]], %[[PRODUCT]]
// CHECK:               scf.yield %[[NEXT]]
// CHECK:             %[[ROW_SCALE:.*]] = memref.load %[[S]][%[[ROW]]]
// CHECK:             arith.mulf %[[TOTAL]], %[[ROW_SCALE]]
