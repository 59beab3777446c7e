//===- RegisterTile.h - The inner loop of multiply-add kernels --*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_X86_REGISTERTILE_H
#define BITNET_LIB_KERNELS_X86_REGISTERTILE_H

#include "DotProducts.h"
#include "bitnet/Kernels/Kernels.h"

namespace mlir::bitnet::x86 {

/// Dot products that are computed at once, with an accumulator for each group
/// of lanes, token and scale. Scale s collects codes that are 4^s times too
/// large, 2^s times those of `bit`. The more scales, the fewer shifts bring
/// codes into place:
///
///   scales   shifts and masks of a vector of `trit`   of `trit5`   of `bit`
///     1      3, 4                                     4, 4         7, 8
///     2      1, 4                                     2, 4         3, 8
///     4      0, 4                                     0, 4         1, 8
struct RegisterTile {
  int64_t groups, tokens, scales;
};

/// What a register tile multiplies.
struct TileOperands {
  /// Bytes of a packed matrix, and the first one of the tile's first group.
  Value codes, firstByte;
  /// Where it asks for codes that will be read later, and how many bytes of
  /// them in each step.
  Value firstPrefetch;
  int64_t prefetchBytes;
  /// The tile's rows of activations.
  SmallVector<ActivationRow> rows;
};

/// Loops over `steps` steps of columns from `firstStep` on. The result is
/// Σ code · activation, a vector of 32-bit lanes for each [group][token].
SmallVector<Value> emitDotProducts(Emitter &e, const DotProducts &dots,
                                   const RegisterTile &tile, LayoutAttr layout,
                                   const TileOperands &operands,
                                   Value firstStep, int64_t steps);

} // namespace mlir::bitnet::x86

#endif // BITNET_LIB_KERNELS_X86_REGISTERTILE_H
