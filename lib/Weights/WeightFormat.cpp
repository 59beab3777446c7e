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
  int64_t blockElements;
  int64_t blockBytes;
  /// Bytes behind the last block. Formats with a tail run their blocks over the
  /// flattened matrix, all others over each row.
  int64_t tailBytes;
  bool ternary;
};
} // namespace

static const FormatInfo &getInfo(WeightFormat format) {
  // In the order of the enumeration.
  static constexpr FormatInfo table[] = {
      {"F32", 1, 4, 0, false},      {"F16", 1, 2, 0, false},
      {"BF16", 1, 2, 0, false},     {"Q8_0", 32, 34, 0, false},
      {"Q6_K", 256, 210, 0, false}, {"TQ1_0", 256, 54, 0, true},
      {"TQ2_0", 256, 66, 0, true},  {"I2_S", 128, 32, 32, true},
      {"I2_S64", 64, 16, 32, true},
  };
  static_assert(std::size(table) ==
                static_cast<size_t>(WeightFormat::I2_S64) + 1);
  return table[static_cast<size_t>(format)];
}

llvm::StringRef mlir::bitnet::getWeightFormatName(WeightFormat format) {
  return getInfo(format).name;
}

bool mlir::bitnet::isTernary(WeightFormat format) {
  return getInfo(format).ternary;
}

std::optional<int64_t> mlir::bitnet::getMatrixBytes(WeightFormat format,
                                                    int64_t rows,
                                                    int64_t columns) {
  const FormatInfo &info = getInfo(format);
  if (rows <= 0 || columns <= 0)
    return std::nullopt;
  std::optional<int64_t> elements = llvm::checkedMul(rows, columns);
  if (!elements)
    return std::nullopt;
  if ((info.tailBytes ? *elements : columns) % info.blockElements != 0)
    return std::nullopt;
  return llvm::checkedMulAdd(*elements / info.blockElements, info.blockBytes,
                             info.tailBytes);
}
