// RUN: bitnet-opt %s --pass-pipeline='builtin.module(func.func(bitnet-decompose-linear))' --verify-diagnostics

func.func @stored_weight(%x: tensor<?x3xf32>, %w: !bitnet.matrix<2x3, #bitnet.stored<f32>>)
    -> tensor<?x2xf32> {
  // expected-error @+1 {{expects a ternary, binary or int8 weight, found '!bitnet.matrix<2x3, #bitnet.stored<f32>>'}}
  %y = bitnet.bit_linear %x, %w
    : tensor<?x3xf32>, !bitnet.matrix<2x3, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
