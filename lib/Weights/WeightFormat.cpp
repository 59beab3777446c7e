//===- WeightFormat.cpp - How stored weights lie in bytes -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Weights/WeightFormat.h"

#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir::bitnet;

namespace {
struct FormatInfo {
  llvm::StringLiteral name;
  /// Columns of a block, and its bytes for all rows of a group.
  int64_t blockElements;
  int64_t blockBytes;
  enum Kind { Floats, Trits, Signs } kind;
  /// Bytes behind the last block. Formats with a tail run their blocks over the
  /// flattened matrix, all others over each group of rows.
  int64_t tailBytes = 0;
  /// Rows that are stored together, and the bytes in front of their blocks.
  int64_t groupRows = 1;
  int64_t headBytes = 0;
};
} // namespace

static const FormatInfo &getInfo(WeightFormat format) {
  using enum FormatInfo::Kind;
  // In the order of the enumeration.
  static constexpr FormatInfo table[] = {
      {"F32", 1, 4, Floats},
      {"F16", 1, 2, Floats},
      {"BF16", 1, 2, Floats},
      {"Q8_0", 32, 34, Floats},
      {"Q6_K", 256, 210, Floats},
      {"TQ1_0", 256, 54, Trits},
      {"TQ2_0", 256, 66, Trits},
      {"I2_S", 128, 32, Trits, /*tailBytes=*/32},
      {"I2_S64", 64, 16, Trits, /*tailBytes=*/32},
      {"Q1_0", 128, 18, Signs},
      {"F64", 1, 8, Floats},
      {"I8", 1, 1, Floats},
      {"I16", 1, 2, Floats},
      {"I32", 1, 4, Floats},
      {"I64", 1, 8, Floats},
      {"Q4_0", 32, 18, Floats},
      {"Q4_1", 32, 20, Floats},
      {"Q5_0", 32, 22, Floats},
      {"Q5_1", 32, 24, Floats},
      {"Q2_K", 256, 84, Floats},
      {"Q3_K", 256, 110, Floats},
      {"Q4_K", 256, 144, Floats},
      {"Q5_K", 256, 176, Floats},
      {"IQ4_NL", 32, 18, Floats},
      {"IQ1_BN", 64, 13, Trits, 0, /*groupRows=*/1, /*headBytes=*/2},
      {"IQ2_BN", 64, 16, Trits, 0, /*groupRows=*/1, /*headBytes=*/4},
      {"IQ2_BN_R4", 64, 64, Trits, 0, /*groupRows=*/4, /*headBytes=*/16},
      {"Q2_0", 64, 18, Trits},
      {"PQ2_0", 128, 34, Trits},
      {"PTQ1_0", 128, 28, Trits},
      {"PACKED_ROWS", 1, 1, Trits, 0, /*groupRows=*/4},
  };
  static_assert(std::size(table) ==
                static_cast<size_t>(WeightFormat::PackedRows) + 1);
  return table[static_cast<size_t>(format)];
}

llvm::StringRef mlir::bitnet::getWeightFormatName(WeightFormat format) {
  return getInfo(format).name;
}

bool mlir::bitnet::isTernary(WeightFormat format) {
  return getInfo(format).kind == FormatInfo::Trits;
}

bool mlir::bitnet::isBinary(WeightFormat format) {
  return getInfo(format).kind == FormatInfo::Signs;
}

std::optional<int64_t> mlir::bitnet::getMatrixBytes(WeightFormat format,
                                                    int64_t rows,
                                                    int64_t columns) {
  const FormatInfo &info = getInfo(format);
  if (rows <= 0 || columns <= 0)
    return std::nullopt;
  std::optional<int64_t> elements = llvm::checkedMul(rows, columns);
  if (!elements || rows % info.groupRows != 0 ||
      (info.tailBytes ? *elements : columns) % info.blockElements != 0)
    return std::nullopt;
  if (info.tailBytes)
    return llvm::checkedMulAdd(*elements / info.blockElements, info.blockBytes,
                               info.tailBytes);
  std::optional<int64_t> groupBytes = llvm::checkedMulAdd(
      columns / info.blockElements, info.blockBytes, info.headBytes);
  return groupBytes ? llvm::checkedMul(rows / info.groupRows, *groupBytes)
                    : std::nullopt;
}
