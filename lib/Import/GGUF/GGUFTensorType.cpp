//===- GGUFTensorType.cpp - Numeric ids of GGUF tensor types --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/GGUF/GGUFTensorType.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir::bitnet;

// In the order of the ids. Ids 31 to 33 and 37 were removed, and several forks
// use the later ones for different things. Where meanings differ in size, the
// larger comes first: a last tensor may have bytes behind it.
static constexpr GGUFTensorTypeInfo knownTypes[] = {
    {0, "F32", 1, 4, WeightFormat::F32},
    {1, "F16", 1, 2, WeightFormat::F16},
    {2, "Q4_0", 32, 18, WeightFormat::Q4_0},
    {3, "Q4_1", 32, 20, WeightFormat::Q4_1},
    {6, "Q5_0", 32, 22, WeightFormat::Q5_0},
    {7, "Q5_1", 32, 24, WeightFormat::Q5_1},
    {8, "Q8_0", 32, 34, WeightFormat::Q8_0},
    {9, "Q8_1", 0, 0},
    {10, "Q2_K", 256, 84, WeightFormat::Q2_K},
    {11, "Q3_K", 256, 110, WeightFormat::Q3_K},
    {12, "Q4_K", 256, 144, WeightFormat::Q4_K},
    {13, "Q5_K", 256, 176, WeightFormat::Q5_K},
    {14, "Q6_K", 256, 210, WeightFormat::Q6_K},
    {15, "Q8_K", 0, 0},
    {16, "IQ2_XXS", 256, 66},
    {17, "IQ2_XS", 256, 74},
    {18, "IQ3_XXS", 256, 98},
    {19, "IQ1_S", 256, 50},
    {20, "IQ4_NL", 32, 18, WeightFormat::IQ4_NL},
    {21, "IQ3_S", 256, 110},
    {22, "IQ2_S", 256, 82},
    {23, "IQ4_XS", 256, 136},
    {24, "I8", 1, 1, WeightFormat::I8},
    {25, "I16", 1, 2, WeightFormat::I16},
    {26, "I32", 1, 4, WeightFormat::I32},
    {27, "I64", 1, 8, WeightFormat::I64},
    {28, "F64", 1, 8, WeightFormat::F64},
    {29, "IQ1_M", 256, 56},
    {30, "BF16", 1, 2, WeightFormat::BF16},
    {34, "TQ1_0", 256, 54, WeightFormat::TQ1_0},
    {35, "TQ2_0", 256, 66, WeightFormat::TQ2_0},
    // Files do not say whether it is I2_S64, which has the same size.
    {36, "I2_S", 4, 1, WeightFormat::I2_S, /*tailBytes=*/32},
    {37, "I8_S", 0, 0},
    {38, "TL1", 0, 0},
    {39, "MXFP4", 32, 17},
    {39, "TL2", 0, 0},
    {40, "NVFP4", 64, 36},
    {40, "Q1_0 in blocks of 32", 32, 6},
    {41, "Q1_0", 128, 18, WeightFormat::Q1_0},
    {42, "Q2_0", 64, 18, WeightFormat::Q2_0},
    {42, "PQ2_0", 128, 34, WeightFormat::PQ2_0},
    {42, "TL2", 0, 0},
    {134, "IQ1_BN", 64, 13, WeightFormat::IQ1_BN, 0, /*rowHeadBytes=*/2},
    {135, "IQ2_BN", 64, 16, WeightFormat::IQ2_BN, 0, /*rowHeadBytes=*/4},
    {142, "PQ2_0", 128, 34, WeightFormat::PQ2_0},
    {143, "PTQ1_0", 128, 28, WeightFormat::PTQ1_0},
    {335, "IQ2_BN_R4", 64, 16, WeightFormat::IQ2_BN_R4, 0, /*rowHeadBytes=*/4},
};

llvm::ArrayRef<GGUFTensorTypeInfo>
mlir::bitnet::getTensorTypeMeanings(GGUFTensorType type) {
  auto id = static_cast<uint32_t>(type);
  const auto *first = llvm::lower_bound(
      knownTypes, id,
      [](const GGUFTensorTypeInfo &row, uint32_t id) { return row.id < id; });
  const auto *end = first;
  while (end != std::end(knownTypes) && end->id == id)
    ++end;
  return {first, end};
}

std::string mlir::bitnet::getTensorTypeName(GGUFTensorType type) {
  llvm::ArrayRef<GGUFTensorTypeInfo> meanings = getTensorTypeMeanings(type);
  if (meanings.empty())
    return llvm::utostr(static_cast<uint32_t>(type));
  std::string names;
  for (const GGUFTensorTypeInfo &info : meanings) {
    if (&info != meanings.begin())
      names += &info == &meanings.back() ? " or " : ", ";
    names += info.name;
  }
  return names;
}

std::optional<uint64_t>
mlir::bitnet::getTensorBytes(const GGUFTensorTypeInfo &info,
                             llvm::ArrayRef<uint64_t> shape) {
  if (info.blockElements == 0 || shape.empty())
    return std::nullopt;
  std::optional<uint64_t> elements = 1;
  for (uint64_t extent : shape) {
    elements = llvm::checkedMulUnsigned<uint64_t>(*elements, extent);
    if (!elements)
      return std::nullopt;
  }
  uint64_t blocked = info.tailBytes ? *elements : shape.front();
  if (blocked % info.blockElements != 0)
    return std::nullopt;
  std::optional<uint64_t> blocks = llvm::checkedMulUnsigned<uint64_t>(
      *elements / info.blockElements, info.blockBytes);
  std::optional<uint64_t> heads = llvm::checkedMulUnsigned<uint64_t>(
      *elements / shape.front(), info.rowHeadBytes);
  if (!blocks || !heads)
    return std::nullopt;
  return llvm::checkedAddUnsigned<uint64_t>(*blocks, *heads + info.tailBytes);
}
