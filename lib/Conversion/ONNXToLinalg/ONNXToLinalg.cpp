//===- ONNXToLinalg.cpp - Nodes to operations on tensors ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Conversion/Passes.h"
#include "bitnet/Dialect/ONNX/Operators/GraphShapes.h"
#include "bitnet/Dialect/ONNX/Operators/NodeLowering.h"
#include "bitnet/Dialect/ONNX/Operators/OperatorTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/DialectResourceBlobManager.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_CONVERTONNXTOLINALGPASS
#include "bitnet/Conversion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::onnx;

/// The same elements with a signless type.
static ElementsAttr makeSignless(ElementsAttr value) {
  auto type = cast<RankedTensorType>(value.getShapedType());
  auto signless = RankedTensorType::get(type.getShape(),
                                        getSignlessType(type.getElementType()));
  if (signless == type)
    return value;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return DenseResourceElementsAttr::get(signless, resource.getRawHandle());
  return cast<DenseElementsAttr>(value).bitcast(signless.getElementType());
}

namespace {
/// Lowers the nodes of one graph in their order. Values are looked up, not
/// replaced, so that nodes keep operands whose types tell signs.
class GraphLowering {
public:
  GraphLowering(func::FuncOp graph, GraphShapes &shapes)
      : graph(graph), shapes(shapes), builder(graph.getContext()) {}

  LogicalResult run();

private:
  void lowerSignature();
  LogicalResult lower(Operation *op);
  LogicalResult lowerNode(NodeOp node);
  /// Computes a tensor whose elements are known to be arithmetic on sizes.
  Value createContents(NodeLowering &lowering, const TensorShape &shape);

  func::FuncOp graph;
  GraphShapes &shapes;
  OpBuilder builder;
  /// What stands for each value of the graph once it is lowered.
  llvm::DenseMap<Value, Value> lowered;
};
} // namespace

void GraphLowering::lowerSignature() {
  MLIRContext *context = graph.getContext();
  SmallVector<Type> inputs, results;
  for (BlockArgument argument : graph.getArguments()) {
    lowered[argument] = argument;
    if (auto tensor = dyn_cast<RankedTensorType>(argument.getType())) {
      graph.setArgAttr(argument.getArgNumber(), typeAttrName,
                       TypeAttr::get(tensor.getElementType()));
      argument.setType(RankedTensorType::get(
          tensor.getShape(), getSignlessType(tensor.getElementType())));
    }
    inputs.push_back(argument.getType());
  }
  for (auto [i, type] : llvm::enumerate(graph.getResultTypes())) {
    auto tensor = cast<RankedTensorType>(type);
    graph.setResultAttr(i, typeAttrName,
                        TypeAttr::get(tensor.getElementType()));
    results.push_back(RankedTensorType::get(
        tensor.getShape(), getSignlessType(tensor.getElementType())));
  }
  graph.setFunctionType(FunctionType::get(context, inputs, results));
}

Value GraphLowering::createContents(NodeLowering &lowering,
                                    const TensorShape &shape) {
  SmallVector<Value> elements;
  Type type = getSignlessType(shape.elementType);
  for (AffineExpr element : *shape.contents) {
    if (auto constant = dyn_cast<AffineConstantExpr>(element))
      elements.push_back(lowering.createInteger(type, constant.getValue()));
    else
      elements.push_back(arith::IndexCastOp::create(
          lowering.b, type, lowering.getIndex(element)));
  }
  return tensor::FromElementsOp::create(
      lowering.b, lowering.getTensorType(shape.dims, type), elements);
}

LogicalResult GraphLowering::lowerNode(NodeOp node) {
  builder.setInsertionPoint(node);
  NodeLowering lowering(builder, node, node.getLoc(), shapes, lowered);
  bool isKnown = llvm::all_of(node->getResults(), [&](Value result) {
    if (isa<NoneType>(result.getType()))
      return true;
    const TensorShape &shape = shapes.get(result);
    return shape.contents && shape.elementType.isSignlessInteger() &&
           !shape.elementType.isInteger(1);
  });
  if (isKnown) {
    for (Value result : node->getResults())
      if (!isa<NoneType>(result.getType()))
        lowered[result] = createContents(lowering, shapes.get(result));
    return success();
  }
  const Operator *row =
      lookupOperator(node.getDomain(), node.getOpType(), node.getVersion());
  SmallVector<Value> results;
  if (row->lower) {
    if (failed(row->lower(lowering)))
      return failure();
    results = SmallVector<Value>(lowering.getResults());
  } else {
    NodeDecomposition decomposition(builder, node, shapes);
    Operation *before = node->getPrevNode();
    if (failed(row->decompose(decomposition)))
      return failure();
    Operation *op = before ? before->getNextNode() : &node->getBlock()->front();
    for (; op != node; op = op->getNextNode())
      if (failed(lower(op)))
        return failure();
    for (Value result : decomposition.getResults())
      results.push_back(result ? lowered.lookup(result) : Value());
  }
  for (auto [i, result] : llvm::enumerate(node->getResults())) {
    if (isa<NoneType>(result.getType()))
      continue;
    if (!results[i])
      return node.emitError(node.getOpType() + ": output " + Twine(i) +
                            " is not supported");
    RankedTensorType expected = lowering.getTensorType(
        shapes.get(result).dims, shapes.get(result).elementType);
    if (results[i].getType() != expected)
      return node.emitError(node.getOpType() + ": lowered to ")
             << results[i].getType() << " where " << expected
             << " was inferred";
    lowered[result] = results[i];
  }
  return success();
}

LogicalResult GraphLowering::lower(Operation *op) {
  if (auto node = dyn_cast<NodeOp>(op))
    return lowerNode(node);
  if (isa<NoneOp>(op))
    return success();
  builder.setInsertionPoint(op);
  if (auto constant = dyn_cast<onnx::ConstantOp>(op)) {
    const TensorShape &shape = shapes.get(constant);
    // What stands for sizes was made by a decomposition.
    if (!shape.constant) {
      NodeLowering lowering(builder, NodeOp(), constant.getLoc(), shapes,
                            lowered);
      lowered[constant] = createContents(lowering, shape);
      return success();
    }
    lowered[constant] = arith::ConstantOp::create(
        builder, constant.getLoc(), makeSignless(constant.getValue()));
    return success();
  }
  for (OpOperand &operand : op->getOpOperands())
    if (Value value = lowered.lookup(operand.get()))
      operand.set(value);
  for (Value result : op->getResults())
    lowered[result] = result;
  return success();
}

LogicalResult GraphLowering::run() {
  lowerSignature();
  Block &body = graph.getBody().front();
  SmallVector<Operation *> order;
  for (Operation &op : body)
    order.push_back(&op);
  for (Operation *op : order)
    if (failed(lower(op)))
      return failure();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isa<NodeOp, onnx::ConstantOp, NoneOp>(op))
      op.erase();
  return success();
}

namespace {
struct ConvertONNXToLinalg
    : bitnet::impl::ConvertONNXToLinalgPassBase<ConvertONNXToLinalg> {
  void runOnOperation() override {
    auto graph = getOperation().lookupSymbol<func::FuncOp>(graphFunctionName);
    if (!graph || graph.isExternal())
      return;
    FailureOr<GraphShapes> shapes = GraphShapes::compute(graph);
    if (failed(shapes) || failed(GraphLowering(graph, *shapes).run()))
      signalPassFailure();
  }
};
} // namespace
