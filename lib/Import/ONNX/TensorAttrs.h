//===- TensorAttrs.h - Tensors of ONNX files as attributes ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_ONNX_TENSORATTRS_H
#define BITNET_LIB_IMPORT_ONNX_TENSORATTRS_H

#include "FlatGraph.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/DenseMap.h"

namespace mlir::bitnet {

/// Makes attributes of tensors, one of each: nodes of functions may use the
/// same tensor many times. Large ones are resources with the tensor's bytes,
/// called by the name that is given first.
class TensorAttrs {
public:
  explicit TensorAttrs(MLIRContext *context) : context(context) {}

  /// The attribute of `tensor`, which must stay where it is.
  ElementsAttr get(const ONNXTensor &tensor, StringRef name);

  /// An attribute of a node in MLIR, or null if there is none of its kind.
  Attribute getAttribute(const ONNXAttribute &attribute, StringRef name);

  /// What a `Constant` node defines as the value of this name. Errors have no
  /// name of the node.
  llvm::Expected<ElementsAttr> getConstant(const FlatNode &node,
                                           StringRef valueName);

private:
  MLIRContext *context;
  llvm::DenseMap<const ONNXTensor *, ElementsAttr> elements;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_ONNX_TENSORATTRS_H
