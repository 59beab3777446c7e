// RUN: bitnet-opt %s --split-input-file --verify-diagnostics \
// RUN:   --bitnet-pack-weights=kernel=mad-avx512vnni

// expected-error @+1 {{expects a target of level avx512vnni for kernel mad-avx512vnni, found avx2}}
module attributes {bitnet.target = #bitnet.target<triple = "x86_64",
  cpu = "haswell", features = "", level = avx2>} {}

// -----

// Without a target.
// expected-error @+1 {{expects a target of level avx512vnni for kernel mad-avx512vnni, found portable}}
module {}
