//===- X86Kernels.h - What the x86 kernels share ----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_X86_X86KERNELS_H
#define BITNET_LIB_KERNELS_X86_X86KERNELS_H

#include "bitnet/Kernels/Kernels.h"

namespace mlir::bitnet::x86 {

/// Four activations of `row` from `column` on, repeated to fill `type`.
Value emitBroadcastFour(Emitter &e, Value values, Value row, Value column,
                        VectorType type);

/// Turns dot products of both activation planes with table bytes (value + 128)
/// of group `group` into logits and stores them.
void emitHeadResult(Emitter &e, const KernelArguments &a, const TableSpec &spec,
                    Value tile, int64_t group, Value row, Value high,
                    Value low);

} // namespace mlir::bitnet::x86

#endif // BITNET_LIB_KERNELS_X86_X86KERNELS_H
