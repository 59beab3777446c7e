//===- NodeLowering.h - What lowerings of nodes are written with *- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_ONNX_OPERATORS_NODELOWERING_H
#define BITNET_DIALECT_ONNX_OPERATORS_NODELOWERING_H

#include "bitnet/Dialect/ONNX/Operators/GraphShapes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::onnx {

/// Whether an element type of a graph is an unsigned integer or BOOL.
inline bool isUnsigned(Type elementType) {
  return elementType.isUnsignedInteger() || elementType.isInteger(1);
}

/// The element type that linalg computes with: unsigned integers are signless.
Type getSignlessType(Type elementType);

/// The element type in which sums of elements are accumulated: f32 for narrower
/// floats, else the signless type itself.
Type getAccumulatorType(Type elementType);

/// A tensor that loops read. An index for each dimension is an expression over
/// the loops d0, d1, ...; a dimension of size 1 is read at 0 whatever it is.
struct LoopOperand {
  Value value;
  SmallVector<AffineExpr> dims;
  SmallVector<AffineExpr> indices;
};

/// A tensor that loops update at [d_i for i in `loops`], from `initial`, a
/// scalar, everywhere.
struct LoopResult {
  Value initial;
  SmallVector<unsigned> loops;
};

/// What the lowering of an operator reads and sets, for one node. Values are
/// tensors of signless elements; shapes say what the elements mean.
class NodeLowering {
public:
  /// `node` may be null where only the builder is used.
  NodeLowering(OpBuilder &builder, NodeOp node, Location location,
               GraphShapes &shapes, const llvm::DenseMap<Value, Value> &lowered)
      : b(location, builder), node(node), shapes(shapes), lowered(lowered),
        results(node ? node->getNumResults() : 0) {}

  /// Builds at the node's place with its location.
  ImplicitLocOpBuilder b;

  NodeOp getNode() { return node; }
  /// Null if the node leaves the input out.
  Value getInput(unsigned index);
  /// The shape of an input that is there.
  const TensorShape &getInputShape(unsigned index) {
    return shapes.get(node.getInput(index));
  }
  const TensorShape &getResultShape(unsigned index) {
    return shapes.get(node->getResult(index));
  }
  /// What the inference of the node's shapes reads.
  NodeShapes &getShapes();
  bool hasResult(unsigned index) {
    return index < node->getNumResults() &&
           !isa<NoneType>(node->getResult(index).getType());
  }
  void setResult(unsigned index, Value value) { results[index] = value; }
  ArrayRef<Value> getResults() { return results; }

  /// A size as a constant or as arithmetic on the symbols.
  OpFoldResult getSize(AffineExpr size);
  Value getIndex(AffineExpr size);
  SmallVector<OpFoldResult> getSizes(ArrayRef<AffineExpr> sizes);

  /// The tensor type of these sizes; the element type is made signless.
  RankedTensorType getTensorType(ArrayRef<AffineExpr> dims, Type elementType);
  /// A tensor of undefined contents.
  Value createEmpty(ArrayRef<AffineExpr> dims, Type elementType);
  /// A tensor whose elements all are the scalar `value`.
  Value createFilled(ArrayRef<AffineExpr> dims, Value value);
  /// Constants of a float, integer or BOOL type; `value` is rounded to it.
  Value createScalar(Type elementType, double value);
  Value createInteger(Type elementType, int64_t value);

  using Body = function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;
  /// A `linalg.generic` over `dims`, all of them parallel: result[i...] =
  /// body(operands at their maps). Operands of fewer or unit dimensions are
  /// broadcast.
  Value
  createElementwise(ArrayRef<AffineExpr> dims, Type elementType,
                    ArrayRef<std::pair<Value, const TensorShape *>> inputs,
                    Body body);
  /// The same with any maps from the result's dimensions to the operands'.
  Value createMapped(ArrayRef<AffineExpr> dims, Type elementType,
                     ValueRange inputs, ArrayRef<AffineMap> maps, Body body);
  /// Reduces `axes` of `input`; the result keeps the other dimensions in order
  /// (or, with `keepDims`, all, with the reduced ones of size 1). `body`
  /// combines an element (first) and the accumulator.
  Value createReduction(Value input, const TensorShape &shape,
                        ArrayRef<int64_t> axes, bool keepDims, Value initial,
                        Body body);
  using ManyBody =
      function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, ValueRange)>;
  /// A `linalg.generic` with loops of `sizes`, of which the first
  /// `parallelCount` are parallel and the others reductions, which run in
  /// order. `body` makes the elements of the results from the operands and
  /// those elements so far. Loops of size 1 are left out unless `keepUnits`,
  /// which a body that asks for `linalg.index` needs.
  SmallVector<Value> createLoops(ArrayRef<AffineExpr> sizes,
                                 unsigned parallelCount,
                                 ArrayRef<LoopOperand> operands,
                                 ArrayRef<LoopResult> results, ManyBody body,
                                 bool keepUnits = false);
  /// The same with one result of the parallel loops' sizes. `body` combines
  /// the operands and, last, the accumulator.
  Value createFold(ArrayRef<AffineExpr> sizes, unsigned parallelCount,
                   ArrayRef<LoopOperand> operands, Value initial, Body body);
  /// Sums the products of two operands, whose element types are given with
  /// their signs, from 0 in `accumulatorType`.
  Value createContraction(ArrayRef<AffineExpr> sizes, unsigned parallelCount,
                          const LoopOperand &lhs, Type lhsType,
                          const LoopOperand &rhs, Type rhsType,
                          Type accumulatorType);
  /// Converts all elements as `castScalar` does.
  Value createCast(Value input, ArrayRef<AffineExpr> dims, Type from, Type to);
  /// The same elements in row-major order under other dimensions.
  Value createReshape(Value input, ArrayRef<AffineExpr> from,
                      ArrayRef<AffineExpr> to);
  /// `sizes` elements of `input` from `offsets` on, of each axis every one or
  /// those that are `strides` apart.
  Value createSlice(Value input, ArrayRef<AffineExpr> offsets,
                    ArrayRef<AffineExpr> sizes, ArrayRef<int64_t> strides = {});
  /// `target` with `input`, of `sizes`, written from `offsets` on.
  Value createInsertion(Value input, Value target, ArrayRef<AffineExpr> offsets,
                        ArrayRef<AffineExpr> sizes);
  Value createTranspose(Value input, const TensorShape &shape,
                        ArrayRef<int64_t> permutation);
  /// Converts an element as ONNX's Cast does; types with signedness. Attributes
  /// of Cast say what becomes of numbers beyond floats of 8 bits, and how those
  /// that are exponents only are rounded.
  Value castScalar(ImplicitLocOpBuilder &b, Value value, Type from, Type to,
                   bool saturate = true, StringRef rounding = "up");

  /// An error at the node; always fails.
  LogicalResult fail(const Twine &message) {
    return node.emitError(node.getOpType() + ": " + message);
  }

private:
  NodeOp node;
  GraphShapes &shapes;
  const llvm::DenseMap<Value, Value> &lowered;
  SmallVector<Value> results;
  SmallVector<const TensorShape *> inputShapes;
  std::optional<NodeShapes> nodeShapes;
};

/// What the decomposition of an operator reads and sets: it makes other nodes,
/// of the standard operators at version 21 unless they say otherwise.
class NodeDecomposition {
public:
  NodeDecomposition(OpBuilder &builder, NodeOp node, GraphShapes &shapes)
      : b(node.getLoc(), builder), node(node), shapes(shapes),
        results(node->getNumResults()) {}

  ImplicitLocOpBuilder b;

  NodeOp getNode() { return node; }
  /// Null if the node leaves the input out.
  Value getInput(unsigned index) { return node.getInput(index); }
  const TensorShape &getShape(Value value) { return shapes.get(value); }
  bool hasResult(unsigned index) {
    return index < node->getNumResults() &&
           !isa<NoneType>(node->getResult(index).getType());
  }
  void setResult(unsigned index, Value value) { results[index] = value; }
  ArrayRef<Value> getResults() { return results; }

  /// A node with one result; null inputs are left out. Null if it is not valid;
  /// an error has been emitted.
  Value create(StringRef type, ValueRange inputs,
               ArrayRef<NamedAttribute> attributes = {});
  /// A node with several results; empty if it is not valid.
  SmallVector<Value> createMany(StringRef type, unsigned resultCount,
                                ValueRange inputs,
                                ArrayRef<NamedAttribute> attributes = {});
  NamedAttribute attr(StringRef name, int64_t value) {
    return b.getNamedAttr(name, b.getI64IntegerAttr(value));
  }
  NamedAttribute attr(StringRef name, ArrayRef<int64_t> values) {
    return b.getNamedAttr(name, b.getDenseI64ArrayAttr(values));
  }
  /// A constant without dimensions, rounded to the type.
  Value createScalar(Type elementType, double value);
  /// A vector of i64.
  Value createIntegers(ArrayRef<int64_t> values);
  /// A vector of i64 that holds sizes.
  Value createSizes(ArrayRef<AffineExpr> sizes);
  /// The elements of `input` under other dimensions.
  Value createReshape(Value input, ArrayRef<AffineExpr> dims);

  LogicalResult fail(const Twine &message) {
    return node.emitError(node.getOpType() + ": " + message);
  }

private:
  NodeOp node;
  GraphShapes &shapes;
  SmallVector<Value> results;
};

} // namespace mlir::onnx

#endif // BITNET_DIALECT_ONNX_OPERATORS_NODELOWERING_H
