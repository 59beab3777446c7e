//===- ConstantTensor.cpp - Values of constants ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ConstantTensor.h"
#include "bitnet/Weights/HalfFloat.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/Endian.h"

#include <cmath>

using namespace mlir;
using namespace mlir::onnx;

ElementConverter::ElementConverter(Type type) {
  if (type.isF32())
    kind = Kind::F32;
  else if (type.isF16())
    kind = Kind::F16;
  else if (type.isBF16())
    kind = Kind::BF16;
  else if (auto integer = dyn_cast<IntegerType>(type)) {
    kind = Kind::Integer;
    bits = integer.getWidth();
    isUnsigned = integer.isUnsigned() || bits == 1;
  }
}

float ElementConverter::convert(double value) {
  auto single = static_cast<float>(value);
  switch (kind) {
  case Kind::F16:
    // encodeF16 takes what does not overflow.
    if (std::fabs(single) < 65520)
      return bitnet::decodeF16(bitnet::encodeF16(single));
    exact = false;
    return single;
  case Kind::BF16:
    return bitnet::decodeBF16(bitnet::encodeBF16(single));
  case Kind::Integer:
    return convertToInteger(value);
  default:
    return single;
  }
}

float ElementConverter::convertToInteger(double value) {
  if (!(std::fabs(value) < 0x1p62)) {
    exact = false;
    return 0;
  }
  auto integer = static_cast<int64_t>(value);
  if (bits < 64) {
    integer &= (int64_t(1) << bits) - 1;
    if (!isUnsigned)
      integer = llvm::SignExtend64(integer, bits);
  }
  exact &= std::abs(integer) <= largestInteger;
  return static_cast<float>(integer);
}

/// Element `index` of little-endian elements of `bits`, several to a byte if
/// they are smaller, the first in the lowest bits.
static uint64_t readBits(ArrayRef<char> bytes, int64_t index, unsigned bits) {
  if (bits < 8) {
    unsigned perByte = 8 / bits;
    auto byte = static_cast<uint8_t>(bytes[index / perByte]);
    return byte >> (index % perByte * bits) & ((1u << bits) - 1);
  }
  uint64_t value = 0;
  for (unsigned byte = 0; byte < bits / 8; ++byte)
    value |= uint64_t(static_cast<uint8_t>(bytes[index * (bits / 8) + byte]))
             << (8 * byte);
  return value;
}

/// The number that the bits of an element stand for.
static double decode(Type type, uint64_t bits) {
  if (type.isF32())
    return llvm::bit_cast<float>(static_cast<uint32_t>(bits));
  if (type.isF16())
    return bitnet::decodeF16(static_cast<uint16_t>(bits));
  if (type.isBF16())
    return bitnet::decodeBF16(static_cast<uint16_t>(bits));
  auto integer = cast<IntegerType>(type);
  unsigned width = integer.getWidth();
  if (integer.isUnsigned() || width == 1)
    return static_cast<double>(bits);
  return static_cast<double>(llvm::SignExtend64(bits, width));
}

static std::optional<ConstantTensor>
readResource(DenseResourceElementsAttr data, RankedTensorType type) {
  AsmResourceBlob *blob = data.getRawHandle().getBlob();
  if (!blob)
    return std::nullopt;
  ArrayRef<char> bytes = blob->getData();
  Type element = type.getElementType();
  unsigned width = type.getElementTypeBitWidth();
  int64_t count = type.getNumElements();
  // Small elements may also have a byte each.
  unsigned stored = width < 8 && int64_t(bytes.size()) == count ? 8 : width;
  if ((width >= 8 && width % 8 != 0) || (width < 8 && 8 % width != 0) ||
      int64_t(bytes.size()) != (count * stored + 7) / 8)
    return std::nullopt;
  ConstantTensor result{type, std::vector<float>(count)};
  ElementConverter converter(element);
  for (int64_t index = 0; index < count; ++index) {
    uint64_t bits = readBits(bytes, index, stored);
    if (width < 64)
      bits &= (uint64_t(1) << width) - 1;
    result.values[index] = converter.convert(decode(element, bits));
  }
  if (!converter.isExact())
    return std::nullopt;
  return result;
}

std::optional<ConstantTensor> onnx::readConstant(ElementsAttr attribute) {
  auto type = dyn_cast<RankedTensorType>(attribute.getType());
  if (!type || !ElementConverter(type.getElementType()).isSupported() ||
      type.getElementTypeBitWidth() > 64)
    return std::nullopt;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute))
    return readResource(resource, type);
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!dense)
    return std::nullopt;
  ConstantTensor result{type, {}};
  result.values.reserve(type.getNumElements());
  ElementConverter converter(type.getElementType());
  if (isa<FloatType>(type.getElementType())) {
    for (const APFloat &value : dense.getValues<APFloat>())
      result.values.push_back(converter.convert(value.convertToDouble()));
  } else {
    bool isUnsigned = type.getElementType().isUnsignedInteger() ||
                      type.getElementTypeBitWidth() == 1;
    for (const APInt &value : dense.getValues<APInt>())
      result.values.push_back(
          converter.convert(value.roundToDouble(/*isSigned=*/!isUnsigned)));
  }
  if (!converter.isExact())
    return std::nullopt;
  return result;
}
