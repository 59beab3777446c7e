//===- LaneFormat.cpp - How a lane of a layout holds columns --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/LaneFormat.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include <array>

using namespace mlir::bitnet;

/// `fields` single elements of `bits` bits in each of four bytes: element
/// 4 f + j is bits f * bits of byte j.
static llvm::SmallVector<LaneField, 0> makeBytesOfFields(uint8_t fields,
                                                         uint8_t bits) {
  llvm::SmallVector<LaneField, 0> result;
  for (uint8_t f = 0; f < fields; ++f)
    for (uint8_t j = 0; j < 4; ++j)
      result.push_back({FieldCode::Plain, 0, j, uint8_t(f * bits), bits,
                        uint8_t(4 * f + j), 0, 1});
  return result;
}

/// `fields` numbers in base 3 of `count` consecutive columns, `bits` apart.
static llvm::SmallVector<LaneField, 0> makeNumbers(uint8_t fields, uint8_t bits,
                                                   uint8_t count) {
  llvm::SmallVector<LaneField, 0> result;
  for (uint8_t f = 0; f < fields; ++f)
    result.push_back({FieldCode::Base3, 0, 0, uint8_t(f * bits), bits,
                      uint8_t(f * count), 1, count});
  return result;
}

static llvm::SmallVector<LaneField, 0> makeTrit5() {
  llvm::SmallVector<LaneField, 0> result;
  for (uint8_t j = 0; j < 4; ++j)
    result.push_back({FieldCode::Base3Windows, 0, j, 0, 8, j, 4, 5});
  return result;
}

static llvm::SmallVector<LaneField, 0> makeTritByte() {
  return {{FieldCode::Base3, 0, 0, 0, 5, 0, 1, 3},
          {FieldCode::Base3, 0, 0, 5, 2, 3, 1, 1}};
}

static llvm::SmallVector<LaneField, 0> makeTritSign() {
  llvm::SmallVector<LaneField, 0> result;
  for (uint8_t i = 0; i < 8; ++i) {
    result.push_back({FieldCode::Magnitude, uint8_t(i / 2), 0,
                      uint8_t(i % 2 * 4), 4, uint8_t(3 * i), 1, 3});
    result.push_back({FieldCode::Sign, 4, 0, i, 1, uint8_t(3 * i), 1, 3});
  }
  return result;
}

const LaneFormat &mlir::bitnet::getLaneFormat(ElementKind element) {
  // In the order of the enumeration.
  static const std::array<LaneFormat, getMaxEnumValForElementKind() + 1>
      formats = {{
          /*Trit=*/{1, 4, 16, makeBytesOfFields(4, 2)},
          /*Int8=*/{1, 4, 4, {}},
          /*F16=*/{1, 2, 1, {}},
          /*Trit5=*/{1, 4, 20, makeTrit5()},
          /*TritWord=*/{1, 2, 9, makeNumbers(3, 5, 3)},
          /*TritByte=*/{1, 1, 4, makeTritByte()},
          /*TritNibble=*/{1, 1, 4, makeNumbers(2, 4, 2)},
          /*TritSign=*/{5, 1, 24, makeTritSign()},
          /*Bit=*/{1, 4, 32, makeBytesOfFields(8, 1)},
          /*BF16=*/{1, 2, 1, {}},
          /*Int6=*/{3, 4, 16, {}},
          /*Planes=*/{3, 4, 32, {}},
      }};
  return formats[static_cast<size_t>(element)];
}

bool mlir::bitnet::isTrit(ElementKind element) {
  switch (element) {
  case ElementKind::Trit:
  case ElementKind::Trit5:
  case ElementKind::TritWord:
  case ElementKind::TritByte:
  case ElementKind::TritNibble:
  case ElementKind::TritSign:
    return true;
  case ElementKind::Int8:
  case ElementKind::F16:
  case ElementKind::Bit:
  case ElementKind::BF16:
  case ElementKind::Int6:
  case ElementKind::Planes:
    return false;
  }
  llvm_unreachable("unknown element kind");
}

std::optional<WeightKind> mlir::bitnet::getWeightKind(ElementKind element) {
  if (isTrit(element))
    return WeightKind::Ternary;
  if (element == ElementKind::Bit)
    return WeightKind::Binary;
  if (element == ElementKind::Int8)
    return WeightKind::Int8;
  return std::nullopt;
}

std::optional<IntegerElement>
mlir::bitnet::getIntegerElement(ElementKind element) {
  switch (element) {
  case ElementKind::Int8:
    return IntegerElement{127, 128};
  case ElementKind::Int6:
    return IntegerElement{31, 32};
  case ElementKind::Planes:
    return IntegerElement{28, 28};
  default:
    return std::nullopt;
  }
}

double mlir::bitnet::getBitsPerWeight(ElementKind element) {
  const LaneFormat &format = getLaneFormat(element);
  double bits = 8.0 * format.planes * format.wordBytes / format.columns;
  return element == ElementKind::Planes ? 2 * bits : bits;
}

const LookupFormat *mlir::bitnet::getLookupFormat(ElementKind element) {
  static constexpr LookupFormat tritWord = {3, 32, 0, 0, 0, 0, 0};
  static constexpr LookupFormat tritByte = {4, 128, 32, 508, 0, 0, 31};
  static constexpr LookupFormat tritNibble = {2, 16, 23, 254, 0, 0, 22};
  static constexpr LookupFormat tritSign = {3, 16, 31, 418, -15, -13, 15};
  switch (element) {
  case ElementKind::TritWord:
    return &tritWord;
  case ElementKind::TritByte:
    return &tritByte;
  case ElementKind::TritNibble:
    return &tritNibble;
  case ElementKind::TritSign:
    return &tritSign;
  default:
    return nullptr;
  }
}

std::optional<std::array<int, 4>>
mlir::bitnet::getLookupTrits(ElementKind element, int64_t entry) {
  const LookupFormat *format = getLookupFormat(element);
  assert(format && entry >= 0 && entry < format->entries);
  int64_t values = 1;
  for (int64_t i = 0; i < format->columns; ++i)
    values *= 3;
  int64_t number = entry;
  if (element == ElementKind::TritByte) {
    // The last column has bits of its own.
    if (entry % 32 >= 27)
      return std::nullopt;
    number = entry % 32 + entry / 32 * 27;
  } else if (element == ElementKind::TritSign) {
    // All trits zero are in the middle of the numbers, and magnitude 0.
    number = entry + values / 2;
  }
  if (number >= values)
    return std::nullopt;
  std::array<int, 4> trits = {};
  for (int64_t i = 0; i < format->columns; ++i, number /= 3)
    trits[i] = static_cast<int>(number % 3) - 1;
  return trits;
}

int64_t mlir::bitnet::getLookupTableBytes(ElementKind element,
                                          int64_t columns) {
  const LookupFormat *format = getLookupFormat(element);
  return format ? columns / format->columns * format->getTableBytes() : 0;
}
