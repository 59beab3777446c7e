//===- TensorAttr.h - Tensors of ONNX files as attributes -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_ONNX_TENSORATTR_H
#define BITNET_LIB_IMPORT_ONNX_TENSORATTR_H

#include "FlatGraph.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace mlir::bitnet {

/// `tensor` as an attribute; a large one is a resource called `name`, whose
/// bytes are the tensor's.
ElementsAttr makeElements(MLIRContext *context, const ONNXTensor &tensor,
                          llvm::StringRef name);

/// An attribute of a node in MLIR, or null if there is none of its kind. `name`
/// is for resources.
Attribute makeAttribute(MLIRContext *context, const ONNXAttribute &attribute,
                        llvm::StringRef name);

/// What a `Constant` node defines. Errors have no name of the node.
llvm::Expected<ElementsAttr> makeConstantValue(MLIRContext *context,
                                               const FlatNode &node);

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_ONNX_TENSORATTR_H
