//===- Gathering.h - Positions that are read from tensors -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Indices are data, so they may be out of range, which ONNX calls an error.
// Nothing is read or written outside of a tensor for them: what is read is the
// nearest element, and what is written there is left out.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_OPERATORS_GATHERING_H
#define BITNET_LIB_DIALECT_ONNX_OPERATORS_GATHERING_H

#include "bitnet/Dialect/ONNX/Operators/NodeLowering.h"

namespace mlir::onnx {

/// An element of a tensor of indices as a value of type `index`, counted from
/// the end of an axis of `size` if it is negative. `elementType` has its sign.
Value createPosition(ImplicitLocOpBuilder &b, Value element, Type elementType,
                     Value size);

/// The nearest position in [0, size).
Value clampPosition(ImplicitLocOpBuilder &b, Value position, Value size);

/// Whether `position` is in [0, size).
Value isInside(ImplicitLocOpBuilder &b, Value position, Value size);

/// `element` (of a type with sign) as a position that is surely inside.
inline Value createSafePosition(ImplicitLocOpBuilder &b, Value element,
                                Type elementType, Value size) {
  return clampPosition(b, createPosition(b, element, elementType, size), size);
}

/// A constant vector of i64.
Value createIndices(ImplicitLocOpBuilder &b, ArrayRef<int64_t> values);

/// The positions of the loops of a `linalg.generic` over `rank` dimensions.
SmallVector<Value> getPositions(ImplicitLocOpBuilder &b, int64_t rank);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_OPERATORS_GATHERING_H
