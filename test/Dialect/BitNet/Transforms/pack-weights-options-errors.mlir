// RUN: bitnet-opt %s --split-input-file --verify-diagnostics \
// RUN:   --bitnet-pack-weights=kernel=mad-avx512vnni

// expected-error @+1 {{expects a target of level avx512vnni for kernel mad-avx512vnni, found avx2}}
module attributes {bitnet.targets = [#bitnet.target<triple = "x86_64",
  cpu = "haswell", features = "", level = avx2>]} {}

// -----

// None of several targets.
// expected-error @+1 {{expects a target of level avx512vnni for kernel mad-avx512vnni, found avx2, ssse3}}
module attributes {bitnet.targets = [
  #bitnet.target<triple = "x86_64", cpu = "haswell", features = "", level = avx2>,
  #bitnet.target<triple = "x86_64", cpu = "x86-64", features = "+ssse3", level = ssse3>
]} {}

// -----

// Without a target.
// expected-error @+1 {{expects a target of level avx512vnni for kernel mad-avx512vnni, found portable}}
module {}
