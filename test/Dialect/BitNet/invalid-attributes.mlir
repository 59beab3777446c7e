// RUN: bitnet-opt %s --split-input-file --verify-diagnostics

// Attributes of modules and functions.

// expected-error @+1 {{expects bitnet.targets to be an array of #bitnet.target, found []}}
module attributes {bitnet.targets = []} {}

// -----

// expected-error @+1 {{expects bitnet.targets to be an array of #bitnet.target, found [1]}}
module attributes {bitnet.targets = [1]} {}

// -----

// expected-error @+1 {{expects bitnet.targets to be an array of #bitnet.target, found #bitnet.target<}}
module attributes {bitnet.targets =
  #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>} {}

// -----

// expected-error @+1 {{expects bitnet.targets of one triple, found t and u}}
module attributes {bitnet.targets = [
  #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>,
  #bitnet.target<triple = "u", cpu = "c", features = "", level = ssse3>
]} {}

// -----

// expected-error @+1 {{expects bitnet.targets of different levels, found avx2 twice}}
module attributes {bitnet.targets = [
  #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>,
  #bitnet.target<triple = "t", cpu = "c", features = "+fma", level = avx2>
]} {}

// -----

// expected-error @+1 {{expects bitnet.targets to have avx2 before ssse3, which it includes}}
module attributes {bitnet.targets = [
  #bitnet.target<triple = "t", cpu = "c", features = "", level = avx512bw>,
  #bitnet.target<triple = "t", cpu = "c", features = "", level = ssse3>,
  #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>
]} {}

// -----

module {
  // expected-error @+1 {{expects bitnet.targets on a module}}
  func.func private @f() attributes {bitnet.targets = [
    #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>]}
}

// -----

// expected-error @+1 {{expects bitnet.target on a function}}
module attributes {bitnet.target =
  #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>} {}

// -----

// expected-error @+1 {{expects bitnet.target to be a #bitnet.target, found "avx2"}}
func.func private @f() attributes {bitnet.target = "avx2"}

// -----

// expected-error @+1 {{expects bitnet.kernel to be a string, found 3}}
func.func private @f() attributes {bitnet.kernel = 3}

// -----

// expected-error @+1 {{expects bitnet.kernel on a function}}
module attributes {bitnet.kernel = "mad-avx2"} {}

// -----

// expected-error @+1 {{expects bitnet.model to be a #bitnet.model, found "m"}}
module attributes {bitnet.model = "m"} {}

// -----

// expected-error @+2 {{expects features of the form +name or -name, separated by commas, found '+avx2,fma'}}
module attributes {bitnet.targets = [
  #bitnet.target<triple = "t", cpu = "c", features = "+avx2,fma", level = avx2>]} {}

// -----

// expected-error @+2 {{expects features of the form +name or -name, separated by commas, found '+avx2,'}}
module attributes {bitnet.targets = [
  #bitnet.target<triple = "t", cpu = "c", features = "+avx2,", level = avx2>]} {}
