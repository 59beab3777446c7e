// RUN: bitnet-opt %s --convert-bitnet-to-kernels --canonicalize --cse | FileCheck %s

// Tiles, rows and inputs of the launch of each operation. quantized-linear.mlir
// has the linear layers, kernel-names.mlir says which operations share kernels.

!table = !bitnet.matrix<6x4, #bitnet.layout<f16, lanes = 1, groups = 1>>
!int8 = !bitnet.matrix<6x5, #bitnet.layout<int8, lanes = 1, groups = 1>>
!planes = !bitnet.matrix<6x5, #bitnet.layout<planes, lanes = 1, groups = 16>>
!cache = !bitnet.kv_cache<layers = 2, heads = 2, head_size = 4,
  context_length = 64>

module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 6,
  context_length = 64, embedding_length = 4, layer_count = 2, chunk_size = 8>} {

  // CHECK: bitnet_runtime.blob @bitnet_tokenizer dense<7> : tensor<3xi8>
  // CHECK-NOT: bitnet.tokenizer
  bitnet.tokenizer dense<7> : tensor<3xi8>

  // CHECK: bitnet_runtime.blob @bitnet_chat_template dense<5> : tensor<2xi8>
  // CHECK-NOT: bitnet.chat_template
  bitnet.chat_template dense<5> : tensor<2xi8>

  // CHECK-LABEL: func.func @embedding
  // CHECK-SAME:    %[[TOKENS:[^:]*]]: tensor<?xi32>
  func.func @embedding(%tokens: tensor<?xi32>) -> tensor<?x4xf32> {
    // CHECK: %[[ROWS:.*]] = tensor.dim %[[TOKENS]]
    // CHECK: %[[TABLE:.*]] = bitnet_runtime.blob_address @{{.*}} : memref<24xi16>
    // CHECK: bitnet_runtime.launch @embedding_{{.*}} tiles %[[ROWS]] rows %[[ROWS]](%[[TOKENS]], %[[TABLE]]) : (tensor<?xi32>, memref<24xi16>) -> tensor<?x4xf32>
    %table = bitnet.weight dense<1> : tensor<48xi8> -> !table
    %x = bitnet.embedding %tokens, %table
      : tensor<?xi32>, !table -> tensor<?x4xf32>
    return %x : tensor<?x4xf32>
  }

  // CHECK-LABEL: func.func @output_head
  // CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>
  func.func @output_head(%x: tensor<?x4xf32>) -> tensor<?x6xf32> {
    // CHECK-DAG: %[[SIX:.*]] = arith.constant 6 : index
    // CHECK-DAG: %[[ROWS:.*]] = tensor.dim %[[X]]
    // CHECK: bitnet_runtime.launch @output_head_f16_{{.*}} tiles %[[SIX]] rows %[[ROWS]](%[[X]], %{{.*}}) : (tensor<?x4xf32>, memref<24xi16>) -> tensor<?x6xf32>
    %table = bitnet.weight dense<1> : tensor<48xi8> -> !table
    %y = bitnet.output_head %x, %table
      : tensor<?x4xf32>, !table -> tensor<?x6xf32>
    return %y : tensor<?x6xf32>
  }

  // Two planes of 8 bits, of whole steps of 4 columns, with a scale and two
  // sums for each row.

  // CHECK-LABEL: func.func @output_head_int8
  // CHECK-SAME:    %[[X:[^:]*]]: tensor<?x5xf32>
  func.func @output_head_int8(%x: tensor<?x5xf32>) -> tensor<?x6xf32> {
    // CHECK: %[[PLANES:.*]]:4 = bitnet_runtime.launch @quantize_head_input_{{.*}}(%[[X]]) : (tensor<?x5xf32>) -> (tensor<?x8xi8>, tensor<?x8xi8>, tensor<?xf32>, tensor<?x2xi32>)
    // CHECK: bitnet_runtime.launch @output_head_int8_{{.*}}(%[[PLANES]]#0, %[[PLANES]]#1, %[[PLANES]]#2, %[[PLANES]]#3, %{{.*}}, %{{.*}}) : ({{.*}}, memref<48xi8>, memref<6xf32>) -> tensor<?x6xf32>
    %table = bitnet.weight dense<1> : tensor<48xi8>
      scales(dense<1.0> : tensor<6xf32>) -> !int8
    %y = bitnet.output_head %x, %table
      : tensor<?x5xf32>, !int8 -> tensor<?x6xf32>
    return %y : tensor<?x6xf32>
  }

  // Sums of the coarse plane and the best of each tile; a threshold for each row;
  // logits in place of the sums.

  // CHECK-LABEL: func.func @output_head_planes
  // CHECK-SAME:    %[[X:[^:]*]]: tensor<?x5xf32>, %[[LIMITS:[^:]*]]: tensor<?xi32>
  func.func @output_head_planes(%x: tensor<?x5xf32>, %limits: tensor<?xi32>)
      -> tensor<?x6xf32> {
    // CHECK: %[[INPUT:.*]]:4 = bitnet_runtime.launch @quantize_head_input_{{.*}}(%[[X]]) : (tensor<?x5xf32>) -> (tensor<?x256xi8>, tensor<?x256xi8>, tensor<?xf32>, tensor<?x2xi32>)
    // CHECK: %[[TERMS:.*]]:2 = bitnet_runtime.launch @planes_terms_{{.*}}(%[[INPUT]]#0, %[[INPUT]]#1, %{{.*}}) : ({{.*}}, memref<773xi8>) -> (tensor<?x2xi32>, tensor<?x2xf32>)
    // CHECK: %[[SUMS:.*]]:2 = bitnet_runtime.launch @output_head_planes_coarse_{{.*}}(%[[INPUT]]#0, %[[INPUT]]#1, %[[INPUT]]#2, %[[TERMS]]#0, %[[TERMS]]#1, %{{.*}}) : {{.*}} -> (tensor<?x6xf32>, tensor<?x1xf32>)
    // CHECK: %[[THRESHOLDS:.*]] = bitnet_runtime.launch @output_head_planes_thresholds_{{.*}}, %[[SUMS]]#0, %[[LIMITS]], %[[SUMS]]#1) : {{.*}} -> tensor<?xf32>
    // CHECK: bitnet_runtime.launch @output_head_planes_logits_{{.*}}(%[[SUMS]]#0, {{.*}}, %[[THRESHOLDS]]) : {{.*}} -> ()
    // CHECK: return %[[SUMS]]#0
    %table = bitnet.weight dense<1> : tensor<773xi8>
      scales(dense<1.0> : tensor<6xf32>) -> !planes
    %y = bitnet.output_head %x, %table limits(%limits : tensor<?xi32>)
      : tensor<?x5xf32>, !planes -> tensor<?x6xf32>
    return %y : tensor<?x6xf32>
  }

  // Without limits there are no thresholds.

  // CHECK-LABEL: func.func @output_head_all_planes
  func.func @output_head_all_planes(%x: tensor<?x5xf32>) -> tensor<?x6xf32> {
    // CHECK:     %[[SUMS:.*]] = bitnet_runtime.launch @output_head_planes_coarse_
    // CHECK-NOT: thresholds
    // CHECK:     bitnet_runtime.launch @output_head_planes_logits_{{.*}}(%[[SUMS]], {{.*}} -> ()
    // CHECK:     return %[[SUMS]]
    %table = bitnet.weight dense<1> : tensor<773xi8>
      scales(dense<1.0> : tensor<6xf32>) -> !planes
    %y = bitnet.output_head %x, %table : tensor<?x5xf32>, !planes
      -> tensor<?x6xf32>
    return %y : tensor<?x6xf32>
  }

  // The numbers of the rows are an input; what follows has as many rows as
  // these.

  // CHECK-LABEL: func.func @select_rows
  // CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>, %[[NUMBERS:[^:]*]]: tensor<?xi32>
  func.func @select_rows(%x: tensor<?x4xf32>, %rows: tensor<?xi32>)
      -> tensor<?x4xf32> {
    // CHECK: %[[COUNT:.*]] = tensor.dim %[[NUMBERS]]
    // CHECK: %[[Y:.*]] = bitnet_runtime.launch @select_rows_{{.*}} tiles %[[COUNT]] rows %[[COUNT]](%[[X]], %[[NUMBERS]])
    // CHECK: bitnet_runtime.launch @add_{{.*}} tiles %[[COUNT]] rows %[[COUNT]](%[[Y]], %[[Y]])
    %0 = bitnet.select_rows %x, %rows
      : tensor<?x4xf32>, tensor<?xi32> -> tensor<?x4xf32>
    %1 = bitnet.add %0, %0 : tensor<?x4xf32>
    return %1 : tensor<?x4xf32>
  }

  // CHECK-LABEL: func.func @rms_norm
  // CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>
  func.func @rms_norm(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
    // CHECK: %[[W:.*]] = bitnet_runtime.blob_address @{{.*}} : memref<4xf32>
    // CHECK: bitnet_runtime.launch @rms_norm_{{.*}}(%[[X]], %[[W]])
    %w = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
    %y = bitnet.rms_norm %x, %w eps = 0.5 : tensor<?x4xf32>, tensor<4xf32>
    return %y : tensor<?x4xf32>
  }

  // Gate and input are views of one tensor: the merged gate and up projections.

  // CHECK-LABEL: func.func @quantize_activations
  // CHECK-SAME:    %[[X:[^:]*]]: tensor<?x8xf32>
  func.func @quantize_activations(%x: tensor<?x8xf32>) -> tensor<?x16xi8> {
    // CHECK: %[[Q:.*]]:3 = bitnet_runtime.launch @quantize_activations_4_at_4_silu_at_0_norm_{{.*}}(%[[X]], %[[X]], %{{.*}}) : (tensor<?x8xf32>, tensor<?x8xf32>, memref<4xf32>) -> (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>)
    // CHECK: return %[[Q]]#0
    %w = arith.constant dense<1.0> : tensor<4xf32>
    %gate = bitnet.columns %x from 0 : tensor<?x8xf32> -> tensor<?x4xf32>
    %up = bitnet.columns %x from 4 : tensor<?x8xf32> -> tensor<?x4xf32>
    %q:3 = bitnet.quantize_activations %up gate(%gate) norm(%w)
      {activation = #bitnet<activation silu>, eps = 0.5 : f32}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<4xf32>)
      -> (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>)
    return %q#0 : tensor<?x16xi8>
  }

  // CHECK-LABEL: func.func @quantization_error
  // CHECK-SAME:    %[[X:[^:]*]]: tensor<?x8xf32>, %[[Q:[^:]*]]: tensor<?x16xi8>, %[[S:[^:]*]]: tensor<?xf32>
  func.func @quantization_error(%x: tensor<?x8xf32>, %q: tensor<?x16xi8>,
                                %s: tensor<?xf32>) -> tensor<?x4xf32> {
    // CHECK: bitnet_runtime.launch @quantization_error_4_at_2 tiles %{{.*}} rows %{{.*}}(%[[X]], %[[Q]], %[[S]]) : (tensor<?x8xf32>, tensor<?x16xi8>, tensor<?xf32>) -> tensor<?x4xf32>
    %view = bitnet.columns %x from 2 : tensor<?x8xf32> -> tensor<?x4xf32>
    %e = bitnet.quantization_error %view, %q, %s
      : tensor<?x4xf32>, tensor<?x16xi8>, tensor<?xf32>
    return %e : tensor<?x4xf32>
  }

  // CHECK-LABEL: func.func @columns_of_columns
  // CHECK-SAME:    %[[X:[^:]*]]: tensor<?x8xf32>
  func.func @columns_of_columns(%x: tensor<?x8xf32>) -> tensor<?x2xf32> {
    // CHECK-NOT: launch @columns
    // CHECK: bitnet_runtime.launch @gate_squared_relu_2_at_3_3{{.*}}(%[[X]], %[[X]])
    %0 = bitnet.columns %x from 1 : tensor<?x8xf32> -> tensor<?x4xf32>
    %1 = bitnet.columns %0 from 2 : tensor<?x4xf32> -> tensor<?x2xf32>
    %2 = bitnet.gate squared_relu %1, %1 : tensor<?x2xf32>
    return %2 : tensor<?x2xf32>
  }

  // A view that is returned is copied.

  // CHECK-LABEL: func.func @columns_escape
  // CHECK-SAME:    %[[X:[^:]*]]: tensor<?x8xf32>
  func.func @columns_escape(%x: tensor<?x8xf32>) -> tensor<?x2xf32> {
    // CHECK: %[[Y:.*]] = bitnet_runtime.launch @columns_2_at_3{{.*}}(%[[X]]) : (tensor<?x8xf32>) -> tensor<?x2xf32>
    // CHECK: return %[[Y]]
    %0 = bitnet.columns %x from 1 : tensor<?x8xf32> -> tensor<?x4xf32>
    %1 = bitnet.columns %0 from 2 : tensor<?x4xf32> -> tensor<?x2xf32>
    return %1 : tensor<?x2xf32>
  }

  // Kernels that compute something else have other names.

  // CHECK-LABEL: func.func @variants
  func.func @variants(%x: tensor<?x8xf32>, %k: tensor<?x4xf32>,
                      %positions: tensor<?xi32>,
                      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 4, context_length = 64>)
      -> tensor<?x8xf32> {
    %w = arith.constant dense<1.0> : tensor<8xf32>
    %v = arith.constant dense<1.0> : tensor<4xf32>
    // CHECK: bitnet_runtime.launch @rms_norm_8_at_0_{{[0-9a-f]*}} tiles
    %0 = bitnet.rms_norm %x, %w eps = 0.5 : tensor<?x8xf32>, tensor<8xf32>
    // CHECK: bitnet_runtime.launch @rms_norm_8_at_0_{{[0-9a-f]*}}_heads_of_4 tiles
    %1 = bitnet.rms_norm %0, %v eps = 0.5 {head_size = 4}
      : tensor<?x8xf32>, tensor<4xf32>
    // CHECK: bitnet_runtime.launch @add_bias_8_at_0{{.*}} : (tensor<?x8xf32>, memref<8xf32>) -> tensor<?x8xf32>
    %2 = bitnet.add_bias %1, %w : tensor<?x8xf32>, tensor<8xf32>
    // CHECK: bitnet_runtime.launch @rotation_table_2_times_{{[0-9a-f]*}} tiles
    %table = bitnet.rotation_table %positions
      {frequencies = array<f64: 1.0, 0.01>, amplitude = 2.0 : f64}
      : tensor<?xi32> -> tensor<?x2x2xf32>
    // CHECK: bitnet_runtime.launch @rope_8_at_0_heads_of_4_interleaved tiles
    %3 = bitnet.rope %2, %table head_size = 4 {interleaved}
      : tensor<?x8xf32>, tensor<?x2x2xf32>
    // CHECK: bitnet_runtime.launch @attention_append_2x1x4_interleaved_f32_at_0_0
    // CHECK: bitnet_runtime.launch @attention_2x1x4_interleaved_f32_at_0_window_5_times_{{[0-9a-f]*}}
    %4 = bitnet.attention %3, %k, %k rope(%table : tensor<?x2x2xf32>)
      cache(%cache, layer 0) at %positions
      {interleaved, window = 5, scale = 0.25 : f32}
      : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>,
        !bitnet.kv_cache<layers = 1, heads = 1, head_size = 4, context_length = 64>, tensor<?xi32>
      -> tensor<?x8xf32>
    return %4 : tensor<?x8xf32>
  }

  // CHECK-LABEL: func.func @rotation
  // CHECK-SAME:    %[[POSITIONS:[^:]*]]: tensor<?xi32>, %[[X:[^:]*]]: tensor<?x8xf32>
  func.func @rotation(%positions: tensor<?xi32>, %x: tensor<?x8xf32>)
      -> tensor<?x8xf32> {
    // CHECK: %[[FREQUENCIES:.*]] = bitnet_runtime.blob_address {{.*}} memref<2xf64>
    // CHECK: %[[TABLE:.*]] = bitnet_runtime.launch @rotation_table_{{.*}}(%[[FREQUENCIES]], %[[POSITIONS]]) : (memref<2xf64>, tensor<?xi32>) -> tensor<?x2x2xf32>
    // CHECK: bitnet_runtime.launch @rope_{{.*}}(%[[X]], %[[TABLE]])
    %table = bitnet.rotation_table %positions
      {frequencies = array<f64: 1.0, 0.01>}
      : tensor<?xi32> -> tensor<?x2x2xf32>
    %y = bitnet.rope %x, %table head_size = 4
      : tensor<?x8xf32>, tensor<?x2x2xf32>
    return %y : tensor<?x8xf32>
  }

  // One launch fills the cache, one reads it; a tile is a key/value head and a
  // token, or an item of work. Query, key and value are views of one tensor.

  // CHECK-LABEL: func.func @attention
  // CHECK-SAME:    %[[QKV:[^:]*]]: tensor<?x32xf32>, %[[TABLE:[^:]*]]: tensor<?x2x2xf32>, %[[CACHE:[^:]*]]: !bitnet.kv_cache<{{[^>]*}}>, %[[AT:[^:]*]]: tensor<?xi32>
  func.func @attention(%qkv: tensor<?x32xf32>, %table: tensor<?x2x2xf32>,
                       %cache: !cache, %at: tensor<?xi32>) -> tensor<?x16xf32> {
    // CHECK-DAG: %[[LAYER:.*]] = arith.constant 1 : index
    // CHECK-DAG: %[[HEADS:.*]] = arith.constant 2 : index
    // CHECK-DAG: %[[ROWS:.*]] = tensor.dim %[[QKV]]
    // CHECK-DAG: %[[ITEMS:.*]] = bitnet_runtime.work_count %[[CACHE]]
    // CHECK: %[[TILES:.*]] = arith.muli %[[ROWS]], %[[HEADS]]
    // CHECK: bitnet_runtime.launch @attention_append_4x2x4_f32_at_16_24{{.*}} tiles %[[TILES]] rows %[[ROWS]](%[[QKV]], %[[QKV]], %[[TABLE]], %[[AT]], %[[CACHE]], %[[LAYER]]) : {{.*}} -> ()
    // CHECK: %[[TILES:.*]] = arith.muli %[[ITEMS]], %[[HEADS]]
    // CHECK: bitnet_runtime.launch @attention_4x2x4_f32_at_0{{.*}} tiles %[[TILES]] rows %[[ROWS]](%[[QKV]], %[[TABLE]], %[[CACHE]], %[[ITEMS]], %[[LAYER]]) : {{.*}} -> tensor<?x16xf32>
    %q = bitnet.columns %qkv from 0 : tensor<?x32xf32> -> tensor<?x16xf32>
    %k = bitnet.columns %qkv from 16 : tensor<?x32xf32> -> tensor<?x8xf32>
    %v = bitnet.columns %qkv from 24 : tensor<?x32xf32> -> tensor<?x8xf32>
    %y = bitnet.attention %q, %k, %v rope(%table : tensor<?x2x2xf32>)
      cache(%cache, layer 1) at %at
      : tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>, !cache,
        tensor<?xi32> -> tensor<?x16xf32>
    return %y : tensor<?x16xf32>
  }
}
