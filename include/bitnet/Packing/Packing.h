//===- Packing.h - Weights into packed layouts ------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_PACKING_PACKING_H
#define BITNET_PACKING_PACKING_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Weights/StoredMatrix.h"
#include "bitnet/Weights/TernaryMatrix.h"

namespace mlir::bitnet {

/// A packed matrix. `scales` has one element for each row, or none if the
/// elements need no scale.
struct PackedData {
  std::vector<char> bytes;
  std::vector<float> scales;
};

/// Binary elements as `#bitnet.bits` holds them.
struct BinaryView {
  int64_t rows, columns;
  llvm::ArrayRef<char> bytes;

  int64_t getRowBytes() const { return (columns + 7) / 8; }
};

/// The bits of `matrix` in `layout`, whose elements are bits.
std::vector<char> packBits(const BinaryView &matrix, LayoutAttr layout);

/// The trits of `matrix` in `layout`, whose elements are trits in some code.
std::vector<char> packTrits(const TernaryView &matrix, LayoutAttr layout);

/// The rows of `matrix` in `layout`, whose elements are f16 or int8. f16 rounds
/// half to even; int8 is round_half_even(w · 127 / a) with the scale a / 127, a
/// being the largest magnitude of the row. Errors, without naming the tensor:
/// a value that is not finite, or too large for f16.
llvm::Expected<PackedData> packTable(const StoredMatrix &matrix,
                                     LayoutAttr layout);

} // namespace mlir::bitnet

#endif // BITNET_PACKING_PACKING_H
