//===- GGUFValue.cpp - Values of GGUF metadata ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/GGUF/GGUFValue.h"

#include "llvm/Support/Endian.h"

#include <bit>
#include <limits>

using namespace mlir::bitnet;
namespace endian = llvm::support::endian;

uint32_t mlir::bitnet::getScalarBytes(GGUFValueType type) {
  switch (type) {
  case GGUFValueType::U8:
  case GGUFValueType::I8:
  case GGUFValueType::Bool:
    return 1;
  case GGUFValueType::U16:
  case GGUFValueType::I16:
    return 2;
  case GGUFValueType::U32:
  case GGUFValueType::I32:
  case GGUFValueType::F32:
    return 4;
  case GGUFValueType::U64:
  case GGUFValueType::I64:
  case GGUFValueType::F64:
    return 8;
  case GGUFValueType::String:
  case GGUFValueType::Array:
    return 0;
  }
  return 0;
}

llvm::StringRef mlir::bitnet::getValueTypeName(GGUFValueType type) {
  static constexpr llvm::StringLiteral names[] = {
      "u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
      "bool", "string", "array", "u64", "i64", "f64"};
  auto index = static_cast<uint32_t>(type);
  return index < std::size(names) ? names[index]
                                  : llvm::StringLiteral("an unknown type");
}

llvm::StringRef GGUFStringIterator::operator*() const {
  return {position + sizeof(uint64_t), endian::read64le(position)};
}

GGUFStringIterator &GGUFStringIterator::operator++() {
  position += sizeof(uint64_t) + endian::read64le(position);
  return *this;
}

namespace {
/// An integer of any width and signedness, without loss.
struct Integer {
  bool negative;
  /// Two's complement.
  uint64_t bits;
};
} // namespace

/// The integer of `type` at `data`; nothing if `type` is no integer.
static std::optional<Integer> readInteger(GGUFValueType type,
                                          const char *data) {
  auto makeSigned = [](int64_t value) {
    return Integer{value < 0, static_cast<uint64_t>(value)};
  };
  switch (type) {
  case GGUFValueType::U8:
    return Integer{false, static_cast<uint8_t>(*data)};
  case GGUFValueType::I8:
    return makeSigned(static_cast<int8_t>(*data));
  case GGUFValueType::U16:
    return Integer{false, endian::read16le(data)};
  case GGUFValueType::I16:
    return makeSigned(static_cast<int16_t>(endian::read16le(data)));
  case GGUFValueType::U32:
    return Integer{false, endian::read32le(data)};
  case GGUFValueType::I32:
    return makeSigned(static_cast<int32_t>(endian::read32le(data)));
  case GGUFValueType::U64:
    return Integer{false, endian::read64le(data)};
  case GGUFValueType::I64:
    return makeSigned(static_cast<int64_t>(endian::read64le(data)));
  default:
    return std::nullopt;
  }
}

static std::optional<int64_t> readSigned(GGUFValueType type, const char *data) {
  std::optional<Integer> value = readInteger(type, data);
  if (!value ||
      (!value->negative && value->bits > std::numeric_limits<int64_t>::max()))
    return std::nullopt;
  return static_cast<int64_t>(value->bits);
}

static std::optional<double> readFloat(GGUFValueType type, const char *data) {
  if (type == GGUFValueType::F32)
    return std::bit_cast<float>(endian::read32le(data));
  if (type == GGUFValueType::F64)
    return std::bit_cast<double>(endian::read64le(data));
  return std::nullopt;
}

std::string GGUFValue::getTypeName() const {
  if (!isArray())
    return getValueTypeName(type).str();
  return "array of " + getValueTypeName(elementType).str();
}

std::optional<uint64_t> GGUFValue::asUnsigned() const {
  std::optional<Integer> value = readInteger(type, data.data());
  if (!value || value->negative)
    return std::nullopt;
  return value->bits;
}

std::optional<int64_t> GGUFValue::asSigned() const {
  return readSigned(type, data.data());
}

std::optional<double> GGUFValue::asFloat() const {
  return readFloat(type, data.data());
}

std::optional<bool> GGUFValue::asBool() const {
  if (type != GGUFValueType::Bool)
    return std::nullopt;
  return data.front() != 0;
}

std::optional<llvm::StringRef> GGUFValue::asString() const {
  if (type != GGUFValueType::String)
    return std::nullopt;
  return data;
}

std::optional<int64_t> GGUFValue::getInteger(uint64_t index) const {
  return readSigned(getElementType(),
                    data.data() + index * getScalarBytes(getElementType()));
}

std::optional<double> GGUFValue::getFloat(uint64_t index) const {
  return readFloat(getElementType(),
                   data.data() + index * getScalarBytes(getElementType()));
}

llvm::iterator_range<GGUFStringIterator> GGUFValue::getStrings() const {
  llvm::StringRef strings =
      isArrayOf(GGUFValueType::String) ? data : llvm::StringRef();
  return {GGUFStringIterator(strings.data()),
          GGUFStringIterator(strings.data() + strings.size())};
}
