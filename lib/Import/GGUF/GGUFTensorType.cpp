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

// In the order of the ids. Ids 31 to 33 were removed, and 37 up are used by
// several forks for different things: 39 is MXFP4 or TL2, 40 is NVFP4 or an
// early Q1_0, 42 is Q2_0 in blocks of 64 or of 128, or TL2.
static constexpr GGUFTensorTypeInfo knownTypes[] = {
    {0, "F32", 1, 4, 0},           {1, "F16", 1, 2, 0},
    {2, "Q4_0", 32, 18, 0},        {3, "Q4_1", 32, 20, 0},
    {6, "Q5_0", 32, 22, 0},        {7, "Q5_1", 32, 24, 0},
    {8, "Q8_0", 32, 34, 0},        {9, "Q8_1", 0, 0, 0},
    {10, "Q2_K", 256, 84, 0},      {11, "Q3_K", 256, 110, 0},
    {12, "Q4_K", 256, 144, 0},     {13, "Q5_K", 256, 176, 0},
    {14, "Q6_K", 256, 210, 0},     {15, "Q8_K", 0, 0, 0},
    {16, "IQ2_XXS", 256, 66, 0},   {17, "IQ2_XS", 256, 74, 0},
    {18, "IQ3_XXS", 256, 98, 0},   {19, "IQ1_S", 256, 50, 0},
    {20, "IQ4_NL", 32, 18, 0},     {21, "IQ3_S", 256, 110, 0},
    {22, "IQ2_S", 256, 82, 0},     {23, "IQ4_XS", 256, 136, 0},
    {24, "I8", 1, 1, 0},           {25, "I16", 1, 2, 0},
    {26, "I32", 1, 4, 0},          {27, "I64", 1, 8, 0},
    {28, "F64", 1, 8, 0},          {29, "IQ1_M", 256, 56, 0},
    {30, "BF16", 1, 2, 0},         {34, "TQ1_0", 256, 54, 0},
    {35, "TQ2_0", 256, 66, 0},     {36, "I2_S", 4, 1, 32},
    {37, "I8_S", 0, 0, 0},         {38, "TL1", 0, 0, 0},
    {39, "MXFP4 or TL2", 0, 0, 0}, {40, "NVFP4 or Q1_0", 0, 0, 0},
    {41, "Q1_0", 128, 18, 0},      {42, "Q2_0 or TL2", 0, 0, 0},
};

const GGUFTensorTypeInfo *mlir::bitnet::getTensorTypeInfo(GGUFTensorType type) {
  uint32_t id = static_cast<uint32_t>(type);
  const auto *row = llvm::lower_bound(
      knownTypes, id,
      [](const GGUFTensorTypeInfo &row, uint32_t id) { return row.id < id; });
  return row != std::end(knownTypes) && row->id == id ? row : nullptr;
}

std::string mlir::bitnet::getTensorTypeName(GGUFTensorType type) {
  if (const GGUFTensorTypeInfo *info = getTensorTypeInfo(type))
    return info->name.str();
  return llvm::utostr(static_cast<uint32_t>(type));
}

std::optional<uint64_t>
mlir::bitnet::getTensorBytes(GGUFTensorType type,
                             llvm::ArrayRef<uint64_t> shape) {
  const GGUFTensorTypeInfo *info = getTensorTypeInfo(type);
  if (!info || info->blockElements == 0 || shape.empty())
    return std::nullopt;
  std::optional<uint64_t> elements = 1;
  for (uint64_t extent : shape) {
    elements = llvm::checkedMulUnsigned<uint64_t>(*elements, extent);
    if (!elements)
      return std::nullopt;
  }
  uint64_t blocked = info->tailBytes ? *elements : shape.front();
  if (blocked % info->blockElements != 0)
    return std::nullopt;
  std::optional<uint64_t> bytes = llvm::checkedMulUnsigned<uint64_t>(
      *elements / info->blockElements, info->blockBytes);
  return bytes ? llvm::checkedAddUnsigned<uint64_t>(*bytes, info->tailBytes)
               : std::nullopt;
}
