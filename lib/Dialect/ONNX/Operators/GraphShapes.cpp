//===- GraphShapes.cpp - Shapes of the tensors of a graph -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/Operators/GraphShapes.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/ONNX/Operators/OperatorTable.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::onnx;

FailureOr<GraphShapes> GraphShapes::create(func::FuncOp graph) {
  GraphShapes result;
  MLIRContext *context = graph.getContext();
  llvm::StringMap<AffineExpr> symbols;
  for (BlockArgument argument : graph.getArguments()) {
    unsigned number = argument.getArgNumber();
    if (auto name =
            graph.getArgAttrOfType<StringAttr>(number, symbolAttrName)) {
      AffineExpr symbol = getAffineSymbolExpr(symbols.size(), context);
      if (!argument.getType().isIndex() ||
          !symbols.try_emplace(name, symbol).second)
        return graph.emitError("expects argument ")
               << number << ", symbol '" << name.getValue()
               << "', to be an index and the only one of this name";
      result.symbols.push_back(argument);
      result.names.push_back(name);
      result.indices[argument] = symbol;
      continue;
    }
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    auto dims = graph.getArgAttrOfType<ArrayAttr>(number, dimsAttrName);
    if (!type || !dims || int64_t(dims.size()) != type.getRank())
      return graph.emitError("expects argument ")
             << number << " to be a tensor with its sizes in " << dimsAttrName;
    TensorShape shape{type.getElementType(), {}, std::nullopt, ElementsAttr()};
    for (Attribute dim : dims) {
      if (auto size = dyn_cast<IntegerAttr>(dim)) {
        shape.dims.push_back(getAffineConstantExpr(size.getInt(), context));
        continue;
      }
      auto name = dyn_cast<StringAttr>(dim);
      AffineExpr symbol = name ? symbols.lookup(name) : AffineExpr();
      if (!symbol)
        return graph.emitError("expects ")
               << dimsAttrName << " of argument " << number
               << " to hold integers and symbols, found " << dim;
      shape.dims.push_back(symbol);
    }
    if (shape.getType() != type)
      return graph.emitError("expects argument ")
             << number << " of the type that its sizes say, " << shape.getType()
             << ", found " << type;
    result.shapes[argument] = std::move(shape);
  }
  return result;
}

FailureOr<GraphShapes> GraphShapes::compute(func::FuncOp graph) {
  FailureOr<GraphShapes> result = create(graph);
  if (failed(result))
    return failure();
  for (Operation &op : graph.getBody().front().without_terminator())
    if (failed(result->infer(&op)))
      return failure();
  return result;
}

/// The elements of a constant of few numbers that are whole.
static std::optional<SmallVector<AffineExpr>> getContents(ElementsAttr value) {
  ShapedType type = value.getShapedType();
  if (type.getNumElements() > maximumContents)
    return std::nullopt;
  SmallVector<AffineExpr> contents;
  if (auto floats = dyn_cast<DenseFPElementsAttr>(value)) {
    for (const APFloat &number : floats.getValues<APFloat>()) {
      APSInt whole(64, /*isUnsigned=*/false);
      bool isExact;
      if (number.convertToInteger(whole, APFloat::rmTowardZero, &isExact) !=
              APFloat::opOK ||
          !isExact)
        return std::nullopt;
      contents.push_back(
          getAffineConstantExpr(whole.getExtValue(), value.getContext()));
    }
    return contents;
  }
  auto element = dyn_cast<IntegerType>(type.getElementType());
  auto dense = dyn_cast<DenseIntElementsAttr>(value);
  if (!element || !dense)
    return std::nullopt;
  bool isZeroExtended = element.isUnsigned() || element.getWidth() == 1;
  for (const APInt &number : dense.getValues<APInt>())
    contents.push_back(getAffineConstantExpr(
        isZeroExtended ? number.getZExtValue() : number.getSExtValue(),
        value.getContext()));
  return contents;
}

static TensorShape getConstantShape(ElementsAttr value) {
  TensorShape shape{value.getElementType(), {}, getContents(value), value};
  for (int64_t size : value.getShapedType().getShape())
    shape.dims.push_back(getAffineConstantExpr(size, value.getContext()));
  return shape;
}

/// False if there are more than 2^40 elements whatever the symbols are: more
/// than memory has room for, and than sizes in bytes could be computed of.
static bool hasFewElements(const TensorShape &shape) {
  constexpr int64_t most = int64_t(1) << 40;
  int64_t elements = 1;
  for (AffineExpr dim : shape.dims) {
    std::optional<int64_t> size = getConstantSize(dim);
    if (size && *size > most / std::max<int64_t>(elements, 1))
      return false;
    elements *= size.value_or(1);
  }
  return true;
}

LogicalResult GraphShapes::inferNode(NodeOp node, bool setTypes) {
  const Operator *row =
      lookupOperator(node.getDomain(), node.getOpType(), node.getVersion());
  if (!row)
    return node.emitError("expects an operator that is supported, found ")
           << node.getOpType() << " of "
           << (node.getDomain().empty() ? "ai.onnx" : node.getDomain())
           << " version " << node.getVersion();
  SmallVector<const TensorShape *> inputs;
  for (Value input : node.getInputs()) {
    bool isThere = !isa<NoneType>(input.getType());
    inputs.push_back(isThere ? &shapes.at(input) : nullptr);
  }
  NodeShapes results(node, inputs);
  if (failed(row->infer(results)))
    return failure();
  SmallVector<std::optional<TensorShape>> inferred(results.getResults());
  for (auto [i, result] : llvm::enumerate(node->getResults())) {
    if (isa<NoneType>(result.getType()))
      continue;
    if (!inferred[i])
      return node.emitError(node.getOpType() + ": has no output " + Twine(i));
    for (AffineExpr dim : inferred[i]->dims)
      if (!isSizeAtLeast(dim, 0))
        return results.fail("expects sizes that are not negative in output " +
                            Twine(i));
    if (!hasFewElements(*inferred[i]))
      return results.fail("expects at most 2^40 elements in output " +
                          Twine(i) + ", found more");
    if (setTypes)
      result.setType(inferred[i]->getType());
    shapes[result] = std::move(*inferred[i]);
  }
  return success();
}

LogicalResult GraphShapes::infer(Operation *op, bool setTypes) {
  MLIRContext *context = op->getContext();
  if (auto node = dyn_cast<NodeOp>(op))
    return inferNode(node, setTypes);
  if (isa<NoneOp>(op))
    return success();
  if (op->getNumResults() == 0)
    return success();
  Attribute value;
  if (matchPattern(op, m_Constant(&value))) {
    if (auto elements = dyn_cast<ElementsAttr>(value))
      shapes[op->getResult(0)] = getConstantShape(elements);
    else if (auto number = dyn_cast<IntegerAttr>(value))
      indices[op->getResult(0)] =
          getAffineConstantExpr(number.getInt(), context);
    return success();
  }
  auto getOperandIndex = [&](unsigned i) {
    return getIndex(op->getOperand(i));
  };
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<int64_t> axis = dim.getConstantIndex();
    if (axis && contains(dim.getSource()))
      indices[dim] = get(dim.getSource()).dims[*axis];
    return success();
  }
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    SmallVector<AffineExpr> dims, symbolOperands;
    for (Value operand : apply.getDimOperands())
      dims.push_back(getIndex(operand));
    for (Value operand : apply.getSymbolOperands())
      symbolOperands.push_back(getIndex(operand));
    if (!llvm::is_contained(dims, AffineExpr()) &&
        !llvm::is_contained(symbolOperands, AffineExpr()))
      indices[apply] =
          simplifySize(apply.getAffineMap().getResult(0).replaceDimsAndSymbols(
              dims, symbolOperands));
    return success();
  }
  if (isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op) &&
      op->getResult(0).getType().isIndex()) {
    AffineExpr lhs = getOperandIndex(0), rhs = getOperandIndex(1);
    if (lhs && rhs)
      indices[op->getResult(0)] =
          simplifySize(isa<arith::AddIOp>(op)   ? lhs + rhs
                       : isa<arith::SubIOp>(op) ? lhs - rhs
                                                : lhs * rhs);
    return success();
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    if (!contains(collapse.getSrc()))
      return success();
    TensorShape shape = get(collapse.getSrc());
    SmallVector<AffineExpr> dims;
    for (const ReassociationIndices &group :
         collapse.getReassociationIndices()) {
      SmallVector<AffineExpr> sizes;
      for (int64_t axis : group)
        sizes.push_back(shape.dims[axis]);
      dims.push_back(multiplySizes(sizes, context));
    }
    set(collapse, {shape.elementType, dims, std::nullopt, ElementsAttr()});
    return success();
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    SmallVector<AffineExpr> dims;
    for (OpFoldResult size : expand.getMixedOutputShape()) {
      std::optional<int64_t> number = getConstantIntValue(size);
      AffineExpr dim = number ? getAffineConstantExpr(*number, context)
                              : getIndex(cast<Value>(size));
      if (!dim)
        return op->emitError("expects an output shape made of sizes");
      dims.push_back(dim);
    }
    Type elementType = expand.getSrcType().getElementType();
    set(expand, {elementType, dims, std::nullopt, ElementsAttr()});
    return success();
  }
  // Rows: as many as the first operand has.
  if (isa<bitnet::BitNetDialect>(op->getDialect())) {
    for (Value result : op->getResults()) {
      auto type = dyn_cast<RankedTensorType>(result.getType());
      if (!type)
        continue;
      TensorShape shape{
          type.getElementType(), {}, std::nullopt, ElementsAttr()};
      for (int64_t size : type.getShape())
        shape.dims.push_back(getAffineConstantExpr(size, context));
      if (type.getRank() > 0 && op->getNumOperands() > 0 &&
          contains(op->getOperand(0)))
        shape.dims[0] = get(op->getOperand(0)).dims[0];
      set(result, std::move(shape));
    }
    return success();
  }
  // Elementwise operations on tensors: the shape of the first.
  for (Value result : op->getResults())
    if (auto type = dyn_cast<RankedTensorType>(result.getType());
        type && op->getNumOperands() > 0 && contains(op->getOperand(0))) {
      TensorShape shape = get(op->getOperand(0));
      shape.elementType = type.getElementType();
      shape.contents.reset();
      shape.constant = {};
      if (shape.getType() == type)
        set(result, std::move(shape));
    }
  return success();
}
