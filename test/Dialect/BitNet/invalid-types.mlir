// RUN: bitnet-opt %s --split-input-file --verify-diagnostics

//===----------------------------------------------------------------------===//
// !bitnet.matrix
//===----------------------------------------------------------------------===//

// expected-error @+1 {{expects rows x columns, found 3 dimensions}}
func.func private @three_dimensions(!bitnet.matrix<1x2x3, #bitnet.trits>)

// -----

// expected-error @+1 {{expects rows and columns in [1, 16777216], found 0x4}}
func.func private @no_rows(!bitnet.matrix<0x4, #bitnet.trits>)

// -----

// expected-error @+1 {{expects rows and columns in [1, 16777216], found 16777217x4}}
func.func private @too_many_rows(!bitnet.matrix<16777217x4, #bitnet.trits>)

// -----

// expected-error @+1 {{expects rows and columns in [1, 16777216], found 4x0}}
func.func private @no_columns(!bitnet.matrix<4x0, #bitnet.trits>)

// -----

// expected-error @+1 {{expects rows and columns in [1, 16777216], found 4x16777217}}
func.func private @too_many_columns(!bitnet.matrix<4x16777217, #bitnet.trits>)

// -----

// expected-error @+1 {{expects an encoding such as #bitnet.trits, found 2 : i32}}
func.func private @no_encoding(!bitnet.matrix<4x4, 2 : i32>)

// -----

// expected-error @+1 {{expects columns in whole blocks of #bitnet.stored<q8_0>, found 33}}
func.func private @part_of_a_block(!bitnet.matrix<4x33, #bitnet.stored<q8_0>>)

// -----

// Groups of i2_s may cross rows, but the matrix has whole groups.
// expected-error @+1 {{expects columns in whole blocks of #bitnet.stored<i2_s>, found 96}}
func.func private @part_of_a_group(!bitnet.matrix<3x96, #bitnet.stored<i2_s>>)

// -----

//===----------------------------------------------------------------------===//
// #bitnet.layout
//===----------------------------------------------------------------------===//

// expected-error @+1 {{expects lanes to be a power of two up to 64, found 0}}
func.func private @no_lanes(!bitnet.matrix<4x4, #bitnet.layout<trit, lanes = 0, groups = 1>>)

// -----

// expected-error @+1 {{expects lanes to be a power of two up to 64, found 12}}
func.func private @twelve_lanes(!bitnet.matrix<4x4, #bitnet.layout<trit, lanes = 12, groups = 1>>)

// -----

// expected-error @+1 {{expects lanes to be a power of two up to 64, found 128}}
func.func private @too_many_lanes(!bitnet.matrix<4x4, #bitnet.layout<trit, lanes = 128, groups = 1>>)

// -----

// expected-error @+1 {{expects 1 to 16 groups, found 0}}
func.func private @no_groups(!bitnet.matrix<4x4, #bitnet.layout<trit, lanes = 8, groups = 0>>)

// -----

// expected-error @+1 {{expects 1 to 16 groups, found 17}}
func.func private @too_many_groups(!bitnet.matrix<4x4, #bitnet.layout<trit, lanes = 8, groups = 17>>)

// -----

//===----------------------------------------------------------------------===//
// #bitnet.model
//===----------------------------------------------------------------------===//

// expected-error @+1 {{expects vocabulary_size in [1, 16777216], found 0}}
#model = #bitnet.model<name = "m", vocabulary_size = 0, context_length = 1, embedding_length = 1, layer_count = 1, chunk_size = 1>

// -----

// expected-error @+1 {{expects context_length in [1, 16777216], found 16777217}}
#model = #bitnet.model<name = "m", vocabulary_size = 1, context_length = 16777217, embedding_length = 1, layer_count = 1, chunk_size = 1>

// -----

// expected-error @+1 {{expects embedding_length in [1, 1048576], found -1}}
#model = #bitnet.model<name = "m", vocabulary_size = 1, context_length = 1, embedding_length = -1, layer_count = 1, chunk_size = 1>

// -----

// expected-error @+1 {{expects layer_count in [1, 4096], found 4097}}
#model = #bitnet.model<name = "m", vocabulary_size = 1, context_length = 1, embedding_length = 1, layer_count = 4097, chunk_size = 1>

// -----

// expected-error @+1 {{expects chunk_size in [1, 4096], found 0}}
#model = #bitnet.model<name = "m", vocabulary_size = 1, context_length = 1, embedding_length = 1, layer_count = 1, chunk_size = 0>

// -----

//===----------------------------------------------------------------------===//
// !bitnet.kv_cache
//===----------------------------------------------------------------------===//

// expected-error @+1 {{expects layers, heads and head_size in [1, 4096] and context_length in [1, 16777216]}}
func.func private @no_layers(!bitnet.kv_cache<layers = 0, heads = 1, head_size = 1, context_length = 1>)

// -----

// expected-error @+1 {{expects layers, heads and head_size in [1, 4096]}}
func.func private @too_many_heads(!bitnet.kv_cache<layers = 1, heads = 4097, head_size = 1, context_length = 1>)

// -----

// expected-error @+1 {{expects layers, heads and head_size in [1, 4096]}}
func.func private @empty_heads(!bitnet.kv_cache<layers = 1, heads = 1, head_size = 0, context_length = 1>)

// -----

// expected-error @+1 {{expects layers, heads and head_size in [1, 4096] and context_length in [1, 16777216]}}
func.func private @long_context(!bitnet.kv_cache<layers = 1, heads = 1, head_size = 1, context_length = 16777217>)

// -----

// expected-error @+1 {{expects threads, clock and bandwidths to be positive, found 0}}
#machine = #bitnet.machine<threads = 0, clock = 3000, l2_bytes = 0, l3_bytes = 0, l2_bandwidth = 1, l3_bandwidth = 1, memory_bandwidth_one = 1, memory_bandwidth = 1>

// -----

// expected-error @+1 {{expects caches of at least 0 bytes}}
#machine = #bitnet.machine<threads = 1, clock = 3000, l2_bytes = -1, l3_bytes = 0, l2_bandwidth = 1, l3_bandwidth = 1, memory_bandwidth_one = 1, memory_bandwidth = 1>
