// RUN: bitnet-opt %s --verify-diagnostics --bitnet-pack-weights=kernel=mad-mmx

// expected-error @+1 {{expects one of the kernels portable, mad-avx2, mad-avx512vnni, found 'mad-mmx'}}
module {}
