// RUN: bitnet-opt %s --verify-diagnostics --bitnet-pack-weights=kernel=mad-mmx

// expected-error-re @+1 {{expects one of the kernels portable, {{.*}}mad-avx2, {{.*}}, found 'mad-mmx'}}
module {}
