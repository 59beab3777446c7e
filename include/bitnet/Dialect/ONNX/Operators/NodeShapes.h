//===- NodeShapes.h - Shapes of the results of a node -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_ONNX_OPERATORS_NODESHAPES_H
#define BITNET_DIALECT_ONNX_OPERATORS_NODESHAPES_H

#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "mlir/IR/AffineExpr.h"
#include <optional>

namespace mlir::onnx {

/// The element type with a number of TensorProto.DataType in onnx.proto; null
/// for strings, complex and unknown ones.
Type getElementType(int64_t number, MLIRContext *context);

/// Tensors of at most so many numbers may be operands that decide shapes.
inline constexpr int64_t maximumContents = 256;

/// What is known of a tensor before it runs.
struct TensorShape {
  Type elementType;
  SmallVector<AffineExpr> dims;
  /// The elements in row-major order, of tensors of few numbers that are whole
  /// and constant or computed from sizes, such as the operands of Reshape.
  std::optional<SmallVector<AffineExpr>> contents;
  /// The tensor, where it is constant.
  ElementsAttr constant;

  int64_t getRank() const { return dims.size(); }
  /// -1 is the last axis; nothing if `axis` is not in [-rank, rank).
  std::optional<int64_t> normalizeAxis(int64_t axis) const;
  /// Sizes that depend on a symbol are dynamic.
  RankedTensorType getType() const;
};

/// The elements of a tensor of `dims` whose element at each position (first
/// argument of `map`) is that of `input` at another (second argument, to be
/// filled in). Nothing if they are not known, or too many.
std::optional<SmallVector<AffineExpr>> moveContents(
    const TensorShape &input, ArrayRef<AffineExpr> dims,
    llvm::function_ref<void(ArrayRef<int64_t>, MutableArrayRef<int64_t>)> map);

/// What the shape inference of an operator reads and sets, for one node.
class NodeShapes {
public:
  NodeShapes(NodeOp node, ArrayRef<const TensorShape *> inputs)
      : node(node), inputs(inputs), results(node->getNumResults()) {}

  NodeOp getNode() { return node; }
  MLIRContext *getContext() { return node->getContext(); }
  unsigned getNumInputs() { return inputs.size(); }
  /// Null if the node leaves the input out.
  const TensorShape *getInput(unsigned index) const {
    return index < inputs.size() ? inputs[index] : nullptr;
  }
  /// An input that the operator cannot do without; fails with a message.
  FailureOr<const TensorShape *> requireInput(unsigned index);
  bool hasResult(unsigned index) const {
    return index < results.size() &&
           !isa<NoneType>(NodeOp(node)->getResult(index).getType());
  }

  AffineExpr getSize(int64_t size) {
    return getAffineConstantExpr(size, getContext());
  }
  /// The values of an input of integers, which depend on nothing or on sizes;
  /// fails with a message that names the input as `what`.
  FailureOr<SmallVector<AffineExpr>> getSizes(unsigned index, StringRef what);
  /// The same for an input of constants.
  FailureOr<SmallVector<int64_t>> getIntegers(unsigned index, StringRef what);
  /// The same for an input of constants that may be floats, such as scales.
  FailureOr<SmallVector<double>> getFloats(unsigned index, StringRef what);
  /// Axes from attribute `name` or else input `index`, normalised for `rank`;
  /// nothing if both are absent. Fails if one is out of range or twice there.
  FailureOr<std::optional<SmallVector<int64_t>>>
  getAxes(StringRef name, unsigned index, int64_t rank);
  /// One axis, from attribute `name`, normalised for `rank`.
  FailureOr<int64_t> getAxis(StringRef name, int64_t absent, int64_t rank);
  /// Fails unless an axis of `size` surely has an element to read.
  LogicalResult requireElements(AffineExpr size);

  void setResult(unsigned index, TensorShape shape);
  void setResult(unsigned index, Type elementType, ArrayRef<AffineExpr> dims) {
    setResult(index, TensorShape{elementType, SmallVector<AffineExpr>(dims),
                                 std::nullopt, ElementsAttr()});
  }
  ArrayRef<std::optional<TensorShape>> getResults() const { return results; }

  /// The dimensions that inputs of these have once broadcast (NumPy's rule);
  /// fails with a message if two are not equal and neither is 1.
  FailureOr<SmallVector<AffineExpr>>
  broadcast(ArrayRef<ArrayRef<AffineExpr>> shapes);

  /// An error at the node; always fails.
  LogicalResult fail(const Twine &message);

private:
  NodeOp node;
  ArrayRef<const TensorShape *> inputs;
  SmallVector<std::optional<TensorShape>> results;
};

} // namespace mlir::onnx

#endif // BITNET_DIALECT_ONNX_OPERATORS_NODESHAPES_H
