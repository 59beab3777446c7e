// RUN: split-file %s %t
// RUN: bitnet-opt %t/quantized.mlir --bitnet-check-stage=stage=quantized -o /dev/null
// RUN: bitnet-opt %t/folded.mlir --bitnet-check-stage=stage=folded -o /dev/null
// RUN: bitnet-opt %t/packed.mlir --bitnet-check-stage=stage=packed -o /dev/null
// RUN: bitnet-opt %t/kernels.mlir --bitnet-check-stage=stage=kernels -o /dev/null
// RUN: bitnet-opt %t/planned.mlir --bitnet-check-stage=stage=planned -o /dev/null
// RUN: bitnet-opt %t/llvm.mlir --bitnet-check-stage=stage=llvm -o /dev/null

// What keeps each contract although it looks like what breaks it; the breaches
// are in check-stage-errors.mlir.

//--- quantized.mlir
// Tables stay as stored.
func.func @table(%tokens: tensor<?xi32>,
                 %table: !bitnet.matrix<3x4, #bitnet.stored<f16>>,
                 %w: !bitnet.matrix<2x4, #bitnet.trits>) -> tensor<?x2xf32> {
  %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<3x4, #bitnet.stored<f16>> -> tensor<?x4xf32>
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<2x4, #bitnet.trits> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

//--- folded.mlir
!trits = !bitnet.matrix<4x4, #bitnet.trits>
// Two uses of a norm.
func.func @norm(%x: tensor<?x4xf32>, %n: tensor<4xf32>)
    -> (tensor<?x4xi8>, tensor<?x4xf32>) {
  %0 = bitnet.rms_norm %x, %n eps = 1.0e-5 : tensor<?x4xf32>, tensor<4xf32>
  %q:3 = bitnet.quantize_activations %0
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0, %0 : tensor<?x4xi8>, tensor<?x4xf32>
}
// A norm under a gate.
func.func @norm_under_gate(%x: tensor<?x4xf32>, %g: tensor<?x4xf32>,
                           %n: tensor<4xf32>) -> tensor<?x4xi8> {
  %0 = bitnet.rms_norm %x, %n eps = 1.0e-5 : tensor<?x4xf32>, tensor<4xf32>
  %q:3 = bitnet.quantize_activations %0 gate(%g)
    {activation = #bitnet<activation silu>} : (tensor<?x4xf32>, tensor<?x4xf32>)
    -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0 : tensor<?x4xi8>
}
// A sum with a layer that has a residual, or another use.
func.func @sums(%q: tensor<?x4xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>,
                %w: !trits, %x: tensor<?x4xf32>)
    -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = bitnet.quantized_linear %q, %s, %sum, %w residual(%x)
    : (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>, !trits, tensor<?x4xf32>)
    -> tensor<?x4xf32>
  %1 = bitnet.add %0, %x : tensor<?x4xf32>
  %2 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>, !trits)
    -> tensor<?x4xf32>
  %3 = bitnet.add %1, %2 : tensor<?x4xf32>
  return %2, %3 : tensor<?x4xf32>, tensor<?x4xf32>
}

//--- packed.mlir
!packed = !bitnet.matrix<1x4, #bitnet.layout<trit, lanes = 1, groups = 1>>
func.func @layer(%q: tensor<?x16xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>)
    -> tensor<?x1xf32> {
  %w = bitnet.weight dense<0x55> : tensor<4xi8> scales(dense<1.0> : tensor<1xf32>)
    -> !packed
  %y = bitnet.quantized_linear %q, %s, %sum, %w kernel "portable"
    : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>, !packed)
    -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

//--- kernels.mlir
// Types of the dialect are allowed, operations are not.
func.func @evaluate(%cache: !bitnet.kv_cache<layers = 1, heads = 1,
                                             head_size = 1, context_length = 1>,
                    %x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}

//--- planned.mlir
module attributes {bitnet_runtime.arena_size = 64 : i64,
                   bitnet_runtime.weights_size = 64 : i64} {
  bitnet_runtime.blob @w dense<0> : tensor<4xi8> offset = 0
  func.func @evaluate(%x: memref<4xf32>) {
    return
  }
}

//--- llvm.mlir
module attributes {bitnet_runtime.arena_size = 64 : i64,
                   bitnet_runtime.weights_size = 64 : i64} {
  bitnet_runtime.blob @w dense<0> : tensor<4xi8> offset = 0
  llvm.func @evaluate() {
    llvm.return
  }
}
