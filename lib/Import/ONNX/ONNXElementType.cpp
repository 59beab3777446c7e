//===- ONNXElementType.cpp - Element types of ONNX tensors ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Import/ONNX/ONNXElementType.h"
#include "bitnet/Dialect/ONNX/Operators/NodeShapes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// What there is to know about a type, by its number.
struct ElementTypeInfo {
  const char *name;
  /// 0: no graph can have it.
  unsigned storedBits = 0;
};
} // namespace

static const ElementTypeInfo elementTypes[] = {
    {"UNDEFINED"},         {"FLOAT", 32},     {"UINT8", 8},
    {"INT8", 8},           {"UINT16", 16},    {"INT16", 16},
    {"INT32", 32},         {"INT64", 64},     {"STRING"},
    {"BOOL", 8},           {"FLOAT16", 16},   {"DOUBLE", 64},
    {"UINT32", 32},        {"UINT64", 64},    {"COMPLEX64"},
    {"COMPLEX128"},        {"BFLOAT16", 16},  {"FLOAT8E4M3FN", 8},
    {"FLOAT8E4M3FNUZ", 8}, {"FLOAT8E5M2", 8}, {"FLOAT8E5M2FNUZ", 8},
    {"UINT4", 4},          {"INT4", 4},       {"FLOAT4E2M1", 4},
    {"FLOAT8E8M0", 8},     {"UINT2", 2},      {"INT2", 2},
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
  return onnx::getElementType(static_cast<int32_t>(type), context);
}
