//===- Stages.h - The stages of a compilation -------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_COMPILE_STAGES_H
#define BITNET_TOOLS_BITNET_COMPILE_STAGES_H

#include "Options.h"
#include "Support/Progress.h"
#include "bitnet/Pipelines/Pipelines.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/Timing.h"

namespace mlir::bitnet {

/// Sets the options of the quantise stage as --quantize and what goes with it
/// say.
void setQuantizeOptions(QuantizePipelineOptions &pipeline);

/// Runs the stages up to --until, leaving out those that `module` has behind
/// it. `afterStage` is called after each one that was run.
LogicalResult
runStages(ModuleOp module, Progress &progress, TimingScope &timing,
          function_ref<LogicalResult(options::LastStage)> afterStage);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_COMPILE_STAGES_H
