//===- Passes.td - Passes on launches ----------------------*- tablegen -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_PASSES_TD
#define BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def PlanMemoryPass : Pass<"bitnet-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Gives tensors places in an arena and launches to threads";
  let description = [{
    The entry function `@evaluate(tokens, positions, outputs, limits, cache) ->
    logits` becomes the function that every thread of a team runs, with the
    arguments of `bitnet_evaluate_function` (lib/Runtime/VariantDescriptor.h):

    ```mlir
    func.func @evaluate(%thread: index, %threads: index,
      %team: !bitnet_runtime.team, %tokens: memref<64xi32>,
      %positions: memref<64xi32>, %row_sequences: memref<64xi32>, %rows: index,
      %outputs: memref<64xi32>, %limits: memref<64xi32>, %output_count: index,
      %sequences: memref<64x2xi64>, %work: memref<64x8xi32>,
      %work_count: index, %merges: memref<64x4xi32>, %merge_count: index,
      %arena: memref<1048576xi8>, %logits: memref<64x4096xf32>)
    ```

    - Tensors become views of the arena. Tensors that are never live at the same
      time may share bytes; the size of the arena is a constant of the model and
      becomes the module attribute `bitnet_runtime.arena_size`.
    - A launch becomes a call of its kernel for this thread's share of the
      tiles, [tiles · thread / threads, tiles · (thread + 1) / threads).
    - A barrier stands before a call that touches bytes which calls since the
      last barrier wrote, or writes bytes which they read; one barrier ends the
      function. If a barrier says that the pass is cancelled, the function
      returns.
    - Blobs get their offsets in the weights section, in the order of their
      first use; its size becomes `bitnet_runtime.weights_size`.

    In a module with several `bitnet.targets`, there is one such function for
    each, `@evaluate_<level>`. They share the blobs and have arenas of one size.

    Input: what `convert-bitnet-to-kernels` leaves. Result: no tensors.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect",
    "::mlir::bitnet_runtime::BitNetRuntimeDialect"
  ];
  let statistics = [
    Statistic<"numBarriers", "num-barriers", "Number of barriers">,
    Statistic<"arenaBytes", "arena-bytes", "Bytes of the arena">
  ];
}

#endif // BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_PASSES_TD
