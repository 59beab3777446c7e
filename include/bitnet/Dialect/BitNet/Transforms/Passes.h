//===- Passes.h - Passes on the bitnet dialect ------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_H
#define BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::bitnet {

/// How the output head and the embedding are stored. Auto: in the fewest bits
/// that a bound on the error allows.
/// How float weights of linear layers are quantised.
enum class MasterQuantizer { AbsMean, Sign };

enum class HeadFormat { Auto, F16, BF16, Int8, Int6, Planes };

/// The bound on ‖w − w'‖ / ‖w‖ of a table if nobody says another: the relative
/// error of one rounding to half precision.
inline constexpr double defaultHeadError = 0x1p-11;

/// The stages whose results have a contract.
enum class Stage { Quantized, Folded, Packed, Kernels, Planned, LLVM };

#define GEN_PASS_DECL
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_H
