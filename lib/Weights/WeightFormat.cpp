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
  enum Kind { Floats, Trits, Signs } kind;
};
} // namespace

static const FormatInfo &getInfo(WeightFormat format) {
  using enum FormatInfo::Kind;
  // In the order of the enumeration.
  static constexpr FormatInfo table[] = {
      {"F32", 1, 4, 0, Floats},      {"F16", 1, 2, 0, Floats},
      {"BF16", 1, 2, 0, Floats},     {"Q8_0", 32, 34, 0, Floats},
      {"Q6_K", 256, 210, 0, Floats}, {"TQ1_0", 256, 54, 0, Trits},
      {"TQ2_0", 256, 66, 0, Trits},  {"I2_S", 128, 32, 32, Trits},
      {"I2_S64", 64, 16, 32, Trits}, {"Q1_0", 128, 18, 0, Signs},
  };
  static_assert(std::size(table) ==
                static_cast<size_t>(WeightFormat::Q1_0) + 1);
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
  if (!elements)
    return std::nullopt;
  if ((info.tailBytes ? *elements : columns) % info.blockElements != 0)
    return std::nullopt;
  return llvm::checkedMulAdd(*elements / info.blockElements, info.blockBytes,
                             info.tailBytes);
}
