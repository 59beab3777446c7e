// RUN: split-file %s %t
// RUN: bitnet-opt %t/quantized.mlir --bitnet-check-stage=stage=quantized --verify-diagnostics
// RUN: bitnet-opt %t/folded.mlir --bitnet-check-stage=stage=folded --verify-diagnostics
// RUN: bitnet-opt %t/packed.mlir --bitnet-check-stage=stage=packed --verify-diagnostics
// RUN: bitnet-opt %t/kernels.mlir --bitnet-check-stage=stage=kernels --verify-diagnostics
// RUN: bitnet-opt %t/planned.mlir --bitnet-check-stage=stage=planned --split-input-file --verify-diagnostics
// RUN: bitnet-opt %t/llvm.mlir --bitnet-check-stage=stage=llvm --split-input-file --verify-diagnostics

//--- quantized.mlir
func.func @stored_weight(%x: tensor<?x4xf32>,
                         %w: !bitnet.matrix<2x4, #bitnet.stored<f32>>)
    -> tensor<?x2xf32> {
  // expected-error @+1 {{expects a ternary, binary or int8 weight once weights are quantized, found '!bitnet.matrix<2x4, #bitnet.stored<f32>>'}}
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>,
    !bitnet.matrix<2x4, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

//--- folded.mlir
!trits = !bitnet.matrix<4x4, #bitnet.trits>

func.func @bit_linear(%x: tensor<?x4xf32>, %w: !trits) -> tensor<?x4xf32> {
  // expected-error @+1 {{expects to have been folded}}
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>, !trits -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

func.func @gate(%g: tensor<?x4xf32>, %x: tensor<?x4xf32>, %n: tensor<4xf32>)
    -> tensor<?x4xi8> {
  // expected-error @+1 {{expects to have been folded}}
  %0 = bitnet.gate silu %g, %x : tensor<?x4xf32>
  %q:3 = bitnet.quantize_activations %0 norm(%n) {eps = 1.0e-5 : f32}
    : (tensor<?x4xf32>, tensor<4xf32>)
    -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0 : tensor<?x4xi8>
}

func.func @norm(%x: tensor<?x4xf32>, %n: tensor<4xf32>) -> tensor<?x4xi8> {
  // expected-error @+1 {{expects to have been folded}}
  %0 = bitnet.rms_norm %x, %n eps = 1.0e-5 : tensor<?x4xf32>, tensor<4xf32>
  %q:3 = bitnet.quantize_activations %0
    : (tensor<?x4xf32>) -> (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>)
  return %q#0 : tensor<?x4xi8>
}

func.func @add(%q: tensor<?x4xi8>, %s: tensor<?xf32>, %sum: tensor<?xi32>,
               %w: !trits, %x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x4xf32>
  // expected-error @+1 {{expects to have been folded}}
  %1 = bitnet.add %0, %x : tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

//--- packed.mlir
!packed = !bitnet.matrix<1x4, #bitnet.layout<trit, lanes = 1, groups = 1>>

func.func @weight_not_packed() {
  // expected-error @+1 {{expects a packed layout, found '!bitnet.matrix<1x4, #bitnet.trits>'}}
  %w = bitnet.weight dense<0x55> : tensor<1xi8> scales(dense<1.0> : tensor<1xf32>)
    -> !bitnet.matrix<1x4, #bitnet.trits>
  return
}

func.func @no_kernel(%q: tensor<?x16xi8>, %s: tensor<?xf32>,
                     %sum: tensor<?xi32>, %w: !packed) -> tensor<?x1xf32> {
  // expected-error @+1 {{expects to name its kernel}}
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>, !packed)
    -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

func.func @not_folded(%x: tensor<?x4xf32>, %w: !packed) -> tensor<?x1xf32> {
  // expected-error @+1 {{expects to have been folded}}
  %y = bitnet.bit_linear %x, %w : tensor<?x4xf32>, !packed -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

//--- kernels.mlir
func.func @operation(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{expects to have become kernels}}
  %y = bitnet.add %x, %x : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// expected-error @+1 {{expects to have become kernels}}
bitnet.tokenizer dense<0> : tensor<4xi8>

//--- planned.mlir
module attributes {bitnet_runtime.arena_size = 64 : i64,
                   bitnet_runtime.weights_size = 64 : i64} {
  // expected-error @+1 {{expects an offset once memory is planned}}
  bitnet_runtime.blob @w dense<0> : tensor<4xi8>

  func.func private @kernel(index, index, index)

  // expected-error @below {{'func.func' op expects no tensors once memory is planned}}
  func.func @operations(%x: tensor<?x4xf32>, %n: index) {
    // expected-error @+1 {{expects to have been planned}}
    %0 = bitnet.add %x, %x : tensor<?x4xf32>
    // expected-error @+1 {{expects to have been planned}}
    bitnet_runtime.launch @kernel tiles %n rows %n () : () -> ()
    // expected-error @+1 {{expects no tensors once memory is planned}}
    %1 = tensor.empty() : tensor<4xf32>
    return
  }
}

// -----

// expected-error @+2 {{expects the module to have bitnet_runtime.arena_size}}
// expected-error @+1 {{expects the module to have bitnet_runtime.weights_size}}
module {}

// -----

#target = #bitnet.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64",
  features = "", level = portable>
// expected-error @+4 {{expects a function @run for #bitnet.target<}}
// expected-error @+3 {{expects a function @arena_size}}
// expected-error @+2 {{expects a function @output_sizes}}
// expected-error @+1 {{expects the module to have bitnet_runtime.weights_size}}
module attributes {
  bitnet.targets = [#target],
  bitnet.graph = #bitnet.graph<name = "g", symbols = [], inputs = [],
    outputs = [#bitnet.graph_tensor<name = "y", type = f32, dims = () -> ()>]>
} {}

//--- llvm.mlir
module attributes {bitnet_runtime.arena_size = 64 : i64,
                   bitnet_runtime.weights_size = 64 : i64} {
  llvm.func @operation(%x: i32) -> i32 {
    // expected-error @+1 {{expects to have become LLVM operations}}
    %y = arith.addi %x, %x : i32
    llvm.return %y : i32
  }
}

// -----

// expected-error @+2 {{expects the module to have bitnet_runtime.arena_size}}
// expected-error @+1 {{expects the module to have bitnet_runtime.weights_size}}
module {}
