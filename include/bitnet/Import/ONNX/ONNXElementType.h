//===- ONNXElementType.h - Element types of ONNX tensors --------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_ONNX_ONNXELEMENTTYPE_H
#define BITNET_IMPORT_ONNX_ONNXELEMENTTYPE_H

#include "mlir/IR/Types.h"

#include <cstdint>
#include <optional>
#include <string>

namespace mlir::bitnet {

/// The numbers that files have for element types, those that are newer than the
/// ONNX library included.
enum class ONNXElementType : int32_t {
  Float = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  String = 8,
  Bool = 9,
  Float16 = 10,
  Double = 11,
  UInt32 = 12,
  UInt64 = 13,
  Complex64 = 14,
  Complex128 = 15,
  BFloat16 = 16,
  Float8E4M3FN = 17,
  Float8E4M3FNUZ = 18,
  Float8E5M2 = 19,
  Float8E5M2FNUZ = 20,
  UInt4 = 21,
  Int4 = 22,
  Float4E2M1 = 23,
  Float8E8M0 = 24,
  UInt2 = 25,
  Int2 = 26,
};

/// ONNX's name of `type`, such as FLOAT; its number if it is unknown.
std::string getElementTypeName(ONNXElementType type);

/// The bits of an element in a file: 8 for BOOL. Nothing for strings, complex
/// numbers and unknown types, which no graph can have.
std::optional<unsigned> getStoredBits(ONNXElementType type);

/// The type of elements in MLIR, or null for types without stored bits: BOOL is
/// i1, signed integers are signless ones.
Type getElementType(MLIRContext *context, ONNXElementType type);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_ONNX_ONNXELEMENTTYPE_H
