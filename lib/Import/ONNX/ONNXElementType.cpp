//===- ONNXElementType.cpp - Element types of ONNX tensors ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Import/ONNX/ONNXElementType.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// What there is to know about a type, by its number.
struct ElementTypeInfo {
  const char *name;
  /// 0: no graph can have it.
  unsigned storedBits = 0;
  Type (*getType)(MLIRContext *) = nullptr;
};
} // namespace

template <unsigned width,
          IntegerType::SignednessSemantics signedness = IntegerType::Signless>
static Type getInteger(MLIRContext *context) {
  return IntegerType::get(context, width, signedness);
}

template <unsigned width> static Type getUnsigned(MLIRContext *context) {
  return getInteger<width, IntegerType::Unsigned>(context);
}

template <typename T> static Type getFloat(MLIRContext *context) {
  return T::get(context);
}

static const ElementTypeInfo elementTypes[] = {
    {"UNDEFINED"},
    {"FLOAT", 32, getFloat<Float32Type>},
    {"UINT8", 8, getUnsigned<8>},
    {"INT8", 8, getInteger<8>},
    {"UINT16", 16, getUnsigned<16>},
    {"INT16", 16, getInteger<16>},
    {"INT32", 32, getInteger<32>},
    {"INT64", 64, getInteger<64>},
    {"STRING"},
    {"BOOL", 8, getInteger<1>},
    {"FLOAT16", 16, getFloat<Float16Type>},
    {"DOUBLE", 64, getFloat<Float64Type>},
    {"UINT32", 32, getUnsigned<32>},
    {"UINT64", 64, getUnsigned<64>},
    {"COMPLEX64"},
    {"COMPLEX128"},
    {"BFLOAT16", 16, getFloat<BFloat16Type>},
    {"FLOAT8E4M3FN", 8, getFloat<Float8E4M3FNType>},
    {"FLOAT8E4M3FNUZ", 8, getFloat<Float8E4M3FNUZType>},
    {"FLOAT8E5M2", 8, getFloat<Float8E5M2Type>},
    {"FLOAT8E5M2FNUZ", 8, getFloat<Float8E5M2FNUZType>},
    {"UINT4", 4, getUnsigned<4>},
    {"INT4", 4, getInteger<4>},
    {"FLOAT4E2M1", 4, getFloat<Float4E2M1FNType>},
    {"FLOAT8E8M0", 8, getFloat<Float8E8M0FNUType>},
    {"UINT2", 2, getUnsigned<2>},
    {"INT2", 2, getInteger<2>},
};

static const ElementTypeInfo *lookup(ONNXElementType type) {
  auto number = static_cast<uint32_t>(type);
  return number < std::size(elementTypes) ? &elementTypes[number] : nullptr;
}

std::string mlir::bitnet::getElementTypeName(ONNXElementType type) {
  if (const ElementTypeInfo *info = lookup(type))
    return info->name;
  return "element type " + llvm::itostr(static_cast<int32_t>(type));
}

std::optional<unsigned> mlir::bitnet::getStoredBits(ONNXElementType type) {
  const ElementTypeInfo *info = lookup(type);
  if (!info || info->storedBits == 0)
    return std::nullopt;
  return info->storedBits;
}

Type mlir::bitnet::getElementType(MLIRContext *context, ONNXElementType type) {
  const ElementTypeInfo *info = lookup(type);
  return info && info->getType ? info->getType(context) : Type();
}
