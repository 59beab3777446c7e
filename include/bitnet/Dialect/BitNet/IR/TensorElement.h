//===- TensorElement.h - Elements of tensors in C ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNET_IR_TENSORELEMENT_H
#define BITNET_DIALECT_BITNET_IR_TENSORELEMENT_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace mlir::bitnet {

/// How the inputs and outputs of a graph hold an element.
struct TensorElement {
  /// How MLIR prints the type.
  llvm::StringLiteral type;
  /// ONNX's number of the type (TensorProto.DataType), also in graph.h.
  uint32_t number;
  /// Bytes of an element; those of less than a byte take one each.
  uint32_t bytes;
  /// What a C program calls it.
  llvm::StringLiteral cType;
};

/// Null: tensors of this type cannot be inputs or outputs.
const TensorElement *getTensorElement(Type type);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_IR_TENSORELEMENT_H
