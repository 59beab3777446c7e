//===- Passes.td - Passes that leave the bitnet dialect ----*- tablegen -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_CONVERSION_PASSES_TD
#define BITNET_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertBitNetToKernelsPass
    : Pass<"convert-bitnet-to-kernels", "::mlir::ModuleOp"> {
  let summary = "Turns bitnet operations into launches of generated kernels";
  let description = [{
    Each operation becomes a `bitnet_runtime.launch` of a kernel function whose
    body is generated for the operation's shape and the target; operations of
    the same shape share a kernel. Weights and other constants become
    `bitnet_runtime.blob`s.

    Functions get the `bitnet.target` that their code is for, and those that
    launch kernels of linear layers name them in `bitnet.kernel`. In a module
    with several `bitnet.targets`, each function becomes one for each,
    `@<name>_<level>`; they share the blobs. A target that cannot run the kernel
    that a layer names gets its fastest one of the same family for the layout.

    At level `portable`, and for shapes that a vector kernel does not take, the
    body is the portable lowering.

    Input: matrices are in `#bitnet.layout` encodings, every
    `bitnet.quantized_linear` names its kernel, and the module has a
    `bitnet.model`. Result: no operation of the bitnet dialect is left.

    Before:

    ```mlir
    %y = bitnet.quantized_linear %q, %s, %sum, %w kernel "mad-avx2" : ...
    ```

    After:

    ```mlir
    %data = bitnet_runtime.blob_address @w : memref<65536xi8>
    %scale = bitnet_runtime.blob_address @w_scales : memref<1xf32>
    %y = bitnet_runtime.launch @quantized_linear_512x512 tiles %c16 rows %n
      (%q, %s, %sum, %data, %scale) : (...) -> (tensor<?x512xf32>)
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bitnet_isa::BitNetISADialect",
    "::mlir::bitnet_runtime::BitNetRuntimeDialect",
    "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::mlir::vector::VectorDialect"
  ];
  let statistics = [
    Statistic<"numKernels", "num-kernels", "Number of kernels generated">,
    Statistic<"numLaunches", "num-launches", "Number of launches">
  ];
}

def ConvertBitNetToLLVMPass
    : Pass<"convert-bitnet-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Turns planned functions into the LLVM dialect";
  let description = [{
    The `bitnet.target` of a function becomes the CPU and features that LLVM
    generates code for; such functions are not inlined, since a kernel is called
    once for each layer and one copy of it is enough.

    Instructions of `bitnet_isa` become calls of their intrinsics, blob
    addresses become addresses in the weights section
    (`bitnet_runtime_weights`), barriers become calls of the runtime, and
    vector, scf, memref, arith and func operations become LLVM operations.
    Buffers are passed as bare pointers.

    Input: what `bitnet-plan` leaves. Result: the LLVM dialect, and blobs.
  }];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::cf::ControlFlowDialect"
  ];
}

def ConvertONNXToLinalgPass
    : Pass<"convert-onnx-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Turns nodes of a graph into operations on tensors";
  let description = [{
    Every `onnx.node` and `onnx.constant` of `@main` becomes operations of
    linalg, tensor, arith, math and scf. Sizes are arithmetic on the symbolic
    dimensions. Elements become signless; the argument and result attribute
    `onnx.type` keeps the element type. Other operations, such as those of the
    bitnet dialect, stay.

    Input: a graph whose operators are in the operator table
    (`lib/Dialect/ONNX/Operators`) and whose shapes depend on nothing but the
    sizes of inputs. Result: no operation of the onnx dialect is left.

    Before:

    ```mlir
    %y = onnx.node "Relu" version 14 (%x) : (tensor<?xf32>) -> tensor<?xf32>
    ```

    After:

    ```mlir
    %e = tensor.empty(%batch) : tensor<?xf32>
    %y = linalg.generic {...} ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
    ^bb0(%in: f32, %out: f32):
      %0 = arith.maximumf %in, %cst : f32
      linalg.yield %0 : f32
    } -> tensor<?xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::mlir::onnx::ONNXDialect"
  ];
}

#endif // BITNET_CONVERSION_PASSES_TD
