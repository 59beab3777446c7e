//===- HeadRotation.h - Rotates heads by vectors ----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_VECTOR_HEADROTATION_H
#define BITNET_LIB_KERNELS_VECTOR_HEADROTATION_H

#include "bitnet/Kernels/Kernels.h"

namespace mlir::bitnet::vectorized {

/// The elements of a head: `first`, ... of row `row` of a buffer.
struct HeadPlace {
  Value buffer, row, first;
};

/// What portable::emitRotatedHead computes, with vectors of 16 as far as there
/// are whole ones, and each number multiplied with `scale`, if there is one.
void emitRotatedHead(Emitter &e, Value table, Value row,
                     const RotationSpec &rotation, const HeadPlace &from,
                     const HeadPlace &to, std::optional<float> scale);

} // namespace mlir::bitnet::vectorized

#endif // BITNET_LIB_KERNELS_VECTOR_HEADROTATION_H
