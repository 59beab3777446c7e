//===- BlockCodes.h - Weights that are whole numbers ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_WEIGHTS_BLOCKCODES_H
#define BITNET_WEIGHTS_BLOCKCODES_H

#include "bitnet/Weights/StoredMatrix.h"

#include <cstdint>
#include <optional>

namespace mlir::bitnet {

/// How formats of 8-bit codes share their scales.
struct CodeGroups {
  /// Columns with one scale, 16 or 32.
  int64_t columns;
  /// Whether each group has an offset, too.
  bool hasOffsets;
};

/// The groups of a format whose weights are code * scale, or code * scale +
/// offset, with codes in [-128, 127] and the sum rounded once; nothing for
/// other formats.
std::optional<CodeGroups> getCodeGroups(WeightFormat format);

/// Takes a row of a format with groups apart: `codes` has as many elements as
/// the matrix has columns, `scales` one for each group, and `offsets`, too, or
/// none if the format has none. Scales and offsets are exact; they are not
/// finite if the file says so.
void readRowCodes(const StoredMatrix &matrix, int64_t row,
                  llvm::MutableArrayRef<int8_t> codes,
                  llvm::MutableArrayRef<float> scales,
                  llvm::MutableArrayRef<float> offsets);

} // namespace mlir::bitnet

#endif // BITNET_WEIGHTS_BLOCKCODES_H
