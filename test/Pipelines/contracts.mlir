// RUN: split-file %s %t
// RUN: bitnet-opt %t/quantize.mlir --bitnet-quantize --verify-diagnostics
// RUN: bitnet-opt %t/fold.mlir --bitnet-fold --verify-diagnostics
// RUN: bitnet-opt %t/pack.mlir --bitnet-pack --verify-diagnostics
// RUN: bitnet-opt %t/lower-kernels.mlir --bitnet-lower-kernels --verify-diagnostics
// RUN: bitnet-opt %t/plan.mlir --bitnet-plan --verify-diagnostics
// RUN: bitnet-opt %t/to-llvm.mlir --bitnet-to-llvm --verify-diagnostics

// Each stage rejects what the stage before would not have left, or what it
// cannot do itself.

//--- quantize.mlir
// A weight that is no constant cannot be converted.
func.func @layer(%x: tensor<?x4xf32>, %w: !bitnet.matrix<2x4, #bitnet.stored<f32>>)
    -> tensor<?x2xf32> {
  // expected-error @+1 {{expects a ternary, binary or int8 weight once weights are quantized}}
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<2x4, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

//--- fold.mlir
// Weights that are not quantised.
func.func @layer(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = bitnet.weight dense<0> : tensor<32xi8>
    -> !bitnet.matrix<2x4, #bitnet.stored<f32>>
  // expected-error @+1 {{expects a ternary, binary or int8 weight, found '!bitnet.matrix<2x4, #bitnet.stored<f32>>'}}
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<2x4, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

//--- pack.mlir
// Activations that do not come from a quantisation.
func.func @layer(%q: tensor<?x4xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>)
    -> tensor<?x2xf32> {
  %w = bitnet.weight dense<0x55> : tensor<2xi8> scales(dense<1.0> : tensor<1xf32>)
    -> !bitnet.matrix<2x4, #bitnet.trits>
  // expected-error @+1 {{expects values of 16 columns or made by bitnet.quantize_activations}}
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x4, #bitnet.trits>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

//--- lower-kernels.mlir
// Weights that are not packed.
module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 2,
  context_length = 64, embedding_length = 2, layer_count = 1, chunk_size = 4>} {
  func.func @layer(%q: tensor<?x16xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>)
      -> tensor<?x2xf32> {
    %w = bitnet.weight dense<0x55> : tensor<2xi8> scales(dense<1.0> : tensor<1xf32>)
      -> !bitnet.matrix<2x4, #bitnet.trits>
    // expected-error @+1 {{expects a packed weight, found '!bitnet.matrix<2x4, #bitnet.trits>'}}
    %y = bitnet.quantized_linear %q, %s, %sum, %w
      : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>,
         !bitnet.matrix<2x4, #bitnet.trits>) -> tensor<?x2xf32>
    return %y : tensor<?x2xf32>
  }
}

//--- plan.mlir
// An operation that has not become a kernel.
module attributes {bitnet.model = #bitnet.model<name = "m", vocabulary_size = 32,
  context_length = 64, embedding_length = 16, layer_count = 1, chunk_size = 4>} {
  func.func private @make(index, index, index, memref<4xi32>, memref<4x32xf32>)
  func.func @evaluate(%tokens: tensor<?xi32>, %positions: tensor<?xi32>,
      %outputs: tensor<?xi32>, %limits: tensor<?xi32>,
      %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 8, context_length = 64>)
      -> tensor<?x32xf32> {
    %zero = arith.constant 0 : index
    %count = tensor.dim %outputs, %zero : tensor<?xi32>
    %0 = bitnet_runtime.launch @make tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x32xf32>
    // expected-error @+1 {{expects only launches in the entry function}}
    %1 = bitnet.add %0, %0 : tensor<?x32xf32>
    %2 = bitnet_runtime.launch @make tiles %count rows %count (%tokens)
      : (tensor<?xi32>) -> tensor<?x32xf32>
    return %2 : tensor<?x32xf32>
  }
}

//--- to-llvm.mlir
// A module that was not planned.
// expected-error @+2 {{expects the module to have bitnet_runtime.arena_size}}
// expected-error @+1 {{expects the module to have bitnet_runtime.weights_size}}
module {
  func.func @evaluate(%x: i32) -> i32 {
    return %x : i32
  }
}
