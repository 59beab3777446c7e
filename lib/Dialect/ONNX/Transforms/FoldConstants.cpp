//===- FoldConstants.cpp - Computes what depends on constants only --------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantEvaluator.h"
#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

namespace mlir::onnx {
#define GEN_PASS_DEF_FOLDCONSTANTSPASS
#include "bitnet/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace mlir::onnx

using namespace mlir;
using namespace mlir::onnx;

/// Constants of more elements are made only if they take no more bytes than
/// what they are computed from: the object would grow.
static constexpr int64_t maximumElements = 4096;

/// Constants of at most so many elements are attributes that can be read
/// element by element, as operators need it of their operands; larger ones are
/// resources.
static constexpr int64_t maximumDenseElements = 1024;

/// The tensor as a constant of its element type.
static ElementsAttr makeElements(const ConstantTensor &tensor, StringRef name) {
  Type type = tensor.type.getElementType();
  if (type.isF32() && tensor.size() <= maximumDenseElements)
    return DenseElementsAttr::get(tensor.type, ArrayRef(tensor.values));
  if (type.isF32()) {
    std::vector<char> bytes(tensor.values.size() * sizeof(float));
    memcpy(bytes.data(), tensor.values.data(), bytes.size());
    return bitnet::makeConstant(tensor.type, name, std::move(bytes));
  }
  if (auto element = dyn_cast<FloatType>(type)) {
    std::vector<APFloat> elements;
    for (float value : tensor.values) {
      APFloat number(value);
      bool losesInfo = false;
      number.convert(element.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                     &losesInfo);
      elements.push_back(number);
    }
    return DenseElementsAttr::get(tensor.type, elements);
  }
  std::vector<APInt> elements;
  for (float value : tensor.values)
    elements.push_back(APInt(type.getIntOrFloatBitWidth(),
                             static_cast<int64_t>(value), /*isSigned=*/true,
                             /*implicitTrunc=*/true));
  return DenseElementsAttr::get(tensor.type, elements);
}

/// Whether anything but the computation of other constants reads the value.
static bool isNeeded(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    return !isa<NodeOp>(user) || user->getNumResults() != 1 ||
           !isConstant(user->getResult(0));
  });
}

/// The bits of a tensor of static shape.
static int64_t countBits(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.hasStaticShape()
             ? type.getNumElements() * type.getElementTypeBitWidth()
             : 0;
}

/// Whether the node's result is no larger than an operand, or small.
static bool isWorthKeeping(NodeOp node) {
  Value result = node->getResult(0);
  return cast<ShapedType>(result.getType()).getNumElements() <=
             maximumElements ||
         llvm::any_of(node->getOperands(), [&](Value operand) {
           return countBits(operand) >= countBits(result);
         });
}

namespace {
class FoldConstantsPass
    : public onnx::impl::FoldConstantsPassBase<FoldConstantsPass> {
  void runOnOperation() override {
    auto graph = getOperation().lookupSymbol<func::FuncOp>(graphFunctionName);
    if (!graph)
      return;
    SmallVector<NodeOp> nodes;
    for (NodeOp node : graph.getOps<NodeOp>())
      if (node->getNumResults() == 1 && isConstant(node->getResult(0)) &&
          isNeeded(node->getResult(0)) && isWorthKeeping(node))
        nodes.push_back(node);
    SmallVector<std::pair<NodeOp, ElementsAttr>> constants;
    for (NodeOp node : nodes)
      if (std::optional<ConstantTensor> value =
              evaluateConstant(node->getResult(0)))
        constants.push_back({node, makeElements(*value, "folded")});
    for (auto [node, value] : constants) {
      OpBuilder b(node);
      Value result = node->getResult(0);
      result.replaceAllUsesWith(onnx::ConstantOp::create(
          b, node.getLoc(), value.getShapedType(), value));
      ++numFolded;
    }
    // What only led to them.
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(graph.getBody().front())))
      if (isa<NodeOp, onnx::ConstantOp, NoneOp>(op) && op.use_empty())
        op.erase();
  }
};
} // namespace
