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

// -----

// expected-error @+1 {{expects bitnet.graph to be a #bitnet.graph, found "g"}}
module attributes {bitnet.graph = "g"} {}

// -----

module {
  // expected-error @+1 {{expects bitnet.graph on a module}}
  func.func private @f() attributes {bitnet.graph = #bitnet.graph<name = "g", symbols = [], inputs = [], outputs = [#bitnet.graph_tensor<name = "y", type = f32, dims = () -> ()>]>}
}

// -----

// expected-error @+1 {{expects elements that programs can pass, found 'i3' in 'x'}}
module attributes {test.tensor = #bitnet.graph_tensor<name = "x", type = i3, dims = () -> ()>} {}

// -----

// expected-error @+1 {{expects elements that programs can pass, found 'index' in 'x'}}
module attributes {test.tensor = #bitnet.graph_tensor<name = "x", type = index, dims = () -> ()>} {}

// -----

// expected-error @+1 {{expects elements that programs can pass, found 'si8' in 'x'}}
module attributes {test.tensor = #bitnet.graph_tensor<name = "x", type = si8, dims = () -> ()>} {}

// -----

// expected-error @+1 {{expects at most 8 dimensions, found 9 in 'x'}}
module attributes {test.tensor = #bitnet.graph_tensor<name = "x", type = f32, dims = () -> (1, 1, 1, 1, 1, 1, 1, 1, 1)>} {}

// -----

// expected-error @+1 {{expects dimensions of symbols only, found (d0) -> (d0) in 'x'}}
module attributes {test.tensor = #bitnet.graph_tensor<name = "x", type = f32, dims = (d0) -> (d0)>} {}

// -----

// expected-error @+1 {{expects dimensions of at least 0, found -1 in 'x'}}
module attributes {test.tensor = #bitnet.graph_tensor<name = "x", type = f32, dims = () -> (-1)>} {}

// -----

// expected-error @+1 {{expects at most 64 symbols, found 65}}
module attributes {bitnet.graph = #bitnet.graph<name = "g", symbols = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23", "s24", "s25", "s26", "s27", "s28", "s29", "s30", "s31", "s32", "s33", "s34", "s35", "s36", "s37", "s38", "s39", "s40", "s41", "s42", "s43", "s44", "s45", "s46", "s47", "s48", "s49", "s50", "s51", "s52", "s53", "s54", "s55", "s56", "s57", "s58", "s59", "s60", "s61", "s62", "s63", "s64"], inputs = [], outputs = []>} {}

// -----

// expected-error @+1 {{expects symbols to be strings, found 1}}
module attributes {bitnet.graph = #bitnet.graph<name = "g", symbols = [1], inputs = [#bitnet.graph_tensor<name = "x", type = f32, dims = ()[s0] -> (s0)>], outputs = [#bitnet.graph_tensor<name = "y", type = f32, dims = ()[s0] -> (s0)>]>} {}

// -----

// expected-error @+1 {{expects symbols of different names, found "n" twice}}
module attributes {bitnet.graph = #bitnet.graph<name = "g", symbols = ["n", "n"], inputs = [], outputs = []>} {}

// -----

// expected-error @+1 {{expects inputs to be #bitnet.graph_tensor, found "x"}}
module attributes {bitnet.graph = #bitnet.graph<name = "g", symbols = ["n"], inputs = ["x"], outputs = [#bitnet.graph_tensor<name = "y", type = f32, dims = ()[s0] -> (s0)>]>} {}

// -----

// expected-error @+1 {{expects dimensions over 0 symbols, found ()[s0] -> (s0) in 'y'}}
module attributes {bitnet.graph = #bitnet.graph<name = "g", symbols = [], inputs = [], outputs = [#bitnet.graph_tensor<name = "y", type = f32, dims = ()[s0] -> (s0)>]>} {}

// -----

// expected-error @+1 {{expects inputs of different names, found 'x' twice}}
module attributes {bitnet.graph = #bitnet.graph<name = "g", symbols = ["n"], inputs = [#bitnet.graph_tensor<name = "x", type = f32, dims = ()[s0] -> (s0)>, #bitnet.graph_tensor<name = "x", type = f32, dims = ()[s0] -> (s0)>], outputs = [#bitnet.graph_tensor<name = "y", type = f32, dims = ()[s0] -> (s0)>]>} {}

// -----

// expected-error @+1 {{expects outputs of different names, found 'y' twice}}
module attributes {bitnet.graph = #bitnet.graph<name = "g", symbols = ["n"], inputs = [#bitnet.graph_tensor<name = "x", type = f32, dims = ()[s0] -> (s0)>], outputs = [#bitnet.graph_tensor<name = "y", type = f32, dims = ()[s0] -> (s0)>, #bitnet.graph_tensor<name = "y", type = f32, dims = ()[s0] -> (s0)>]>} {}

// -----

// expected-error @+1 {{expects at least one output}}
module attributes {bitnet.graph = #bitnet.graph<name = "g", symbols = ["n"], inputs = [#bitnet.graph_tensor<name = "x", type = f32, dims = ()[s0] -> (s0)>], outputs = []>} {}

// -----

// expected-error @+1 {{expects dimensions of inputs to be symbols or constants, found s0 * 2 in 'x'}}
module attributes {bitnet.graph = #bitnet.graph<name = "g", symbols = ["n"], inputs = [#bitnet.graph_tensor<name = "x", type = f32, dims = ()[s0] -> (s0 * 2)>], outputs = [#bitnet.graph_tensor<name = "y", type = f32, dims = ()[s0] -> (s0)>]>} {}

// -----

// expected-error @+1 {{expects symbol "m" to be a dimension of an input}}
module attributes {bitnet.graph = #bitnet.graph<name = "g", symbols = ["n", "m"], inputs = [#bitnet.graph_tensor<name = "x", type = f32, dims = ()[s0, s1] -> (s0)>], outputs = [#bitnet.graph_tensor<name = "y", type = f32, dims = ()[s0, s1] -> (s0)>]>} {}
