//===- SafetensorsType.cpp - Element types of safetensors -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/HuggingFace/SafetensorsType.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir::bitnet;

namespace {
struct TypeInfo {
  llvm::StringLiteral name;
  uint64_t bits;
};
} // namespace

// In the order of the enumeration.
static constexpr TypeInfo types[] = {
    {"BOOL", 8}, {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
    {"I8", 8},   {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"I16", 16},
    {"U16", 16}, {"F16", 16},    {"BF16", 16},   {"I32", 32},    {"U32", 32},
    {"F32", 32}, {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64},
};
static_assert(std::size(types) ==
              static_cast<size_t>(SafetensorsType::U64) + 1);

llvm::StringRef mlir::bitnet::getSafetensorsTypeName(SafetensorsType type) {
  return types[static_cast<size_t>(type)].name;
}

std::optional<SafetensorsType>
mlir::bitnet::findSafetensorsType(llvm::StringRef name) {
  const auto *found = llvm::find_if(
      types, [&](const TypeInfo &info) { return info.name == name; });
  if (found == std::end(types))
    return std::nullopt;
  return static_cast<SafetensorsType>(found - types);
}

std::optional<uint64_t>
mlir::bitnet::getSafetensorsBytes(SafetensorsType type,
                                  llvm::ArrayRef<uint64_t> shape) {
  // An extent of 0 makes the product 0 whatever the others are.
  if (llvm::is_contained(shape, 0))
    return 0;
  uint64_t bits = types[static_cast<size_t>(type)].bits;
  for (uint64_t extent : shape) {
    std::optional<uint64_t> product =
        llvm::checkedMulUnsigned<uint64_t>(bits, extent);
    if (!product)
      return std::nullopt;
    bits = *product;
  }
  if (bits % 8 != 0)
    return std::nullopt;
  return bits / 8;
}
