//===- Places.h - Places in an arena and in the weights section -*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_PLACES_H
#define BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_PLACES_H

#include "mlir/IR/BuiltinOps.h"

namespace mlir::bitnet_runtime {

/// Buffers and blobs start at multiples of a cache line.
inline constexpr int64_t placeAlignment = 64;

/// Bytes that are in use during the steps [first, last] of a function.
struct Place {
  int64_t bytes = 0;
  int64_t first = 0, last = 0;
  /// Negative: none yet.
  int64_t offset = -1;

  bool livesWith(const Place &other) const {
    return first <= other.last && other.first <= last;
  }
};

/// Gives places in an arena to bytes, the largest first: each goes to the
/// lowest gap between those that live at the same time. The places lie in one
/// array; `bytes` must be multiples of the alignment. Returns the arena's size.
int64_t assignOffsets(MutableArrayRef<Place *> places);

/// Gives the blobs of a module their offsets in the weights section, in the
/// order of their first use. Returns the size of the section.
int64_t assignBlobOffsets(ModuleOp module);

} // namespace mlir::bitnet_runtime

#endif // BITNET_DIALECT_BITNETRUNTIME_TRANSFORMS_PLACES_H
