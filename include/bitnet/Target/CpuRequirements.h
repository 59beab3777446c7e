//===- CpuRequirements.h - Processor features that code needs ---*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TARGET_CPUREQUIREMENTS_H
#define BITNET_TARGET_CPUREQUIREMENTS_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include <array>

namespace mlir::bitnet {

/// What a processor must have to run code for `target`, as
/// bitnet_variant_descriptor.required_cpu holds it. LLVM must know the target's
/// triple and CPU.
std::array<uint32_t, 6> getCpuRequirements(TargetAttr target);

} // namespace mlir::bitnet

#endif // BITNET_TARGET_CPUREQUIREMENTS_H
