//===- WidenElements.cpp - Tensors of bits to tensors of bytes ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"
#include "LoopNest.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_WIDENELEMENTSPASS
#include "bitnet/Graph/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet_runtime;

/// Whether elements of `type` take less than a byte.
static bool isNarrow(Type type) {
  auto element = dyn_cast<IntegerType>(type);
  return element && element.getWidth() < 8;
}

/// `type` with elements of at least a byte.
static Type widen(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !isNarrow(tensor.getElementType()))
    return type;
  return tensor.clone(IntegerType::get(type.getContext(), 8));
}

namespace {
/// Widens the tensors of a function.
class ElementWidener {
public:
  explicit ElementWidener(func::FuncOp function)
      : function(function), b(function.getContext()) {}

  LogicalResult run();

private:
  /// The byte of a scalar: booleans are 0 or 1, others keep their sign.
  Value toByte(Value scalar);
  /// The scalar of type `type` that a byte holds.
  Value fromByte(Value byte, Type type);
  void widenOperand(Operation *op, unsigned index);
  void widenResult(Operation *op);
  void widenBody(linalg::LinalgOp op);
  LogicalResult widenConstant(arith::ConstantOp op);

  func::FuncOp function;
  OpBuilder b;
};
} // namespace

Value ElementWidener::toByte(Value scalar) {
  Type i8 = b.getI8Type();
  if (scalar.getType().isInteger(1))
    return arith::ExtUIOp::create(b, scalar.getLoc(), i8, scalar);
  return arith::ExtSIOp::create(b, scalar.getLoc(), i8, scalar);
}

Value ElementWidener::fromByte(Value byte, Type type) {
  Location location = byte.getLoc();
  if (!type.isInteger(1))
    return arith::TruncIOp::create(b, location, type, byte);
  Value zero = arith::ConstantOp::create(b, location, b.getI8IntegerAttr(0));
  return arith::CmpIOp::create(b, location, arith::CmpIPredicate::ne, byte,
                               zero);
}

void ElementWidener::widenOperand(Operation *op, unsigned index) {
  Value operand = op->getOperand(index);
  if (!isNarrow(operand.getType()))
    return;
  b.setInsertionPoint(op);
  op->setOperand(index, toByte(operand));
}

void ElementWidener::widenResult(Operation *op) {
  Value result = op->getResult(0);
  Type type = result.getType();
  if (!isNarrow(type))
    return;
  result.setType(b.getI8Type());
  b.setInsertionPointAfter(op);
  Value narrow = fromByte(result, type);
  result.replaceUsesWithIf(narrow, [&](OpOperand &use) {
    return !isa_and_nonnull<arith::CmpIOp, arith::TruncIOp>(use.getOwner()) ||
           use.getOwner() != narrow.getDefiningOp();
  });
}

void ElementWidener::widenBody(linalg::LinalgOp op) {
  Block *body = op.getBlock();
  for (auto [i, argument] : llvm::enumerate(body->getArguments())) {
    Type type = argument.getType();
    // Scalars that are operands themselves stay as they are.
    if (!isNarrow(type) || !isa<TensorType>(op->getOperand(i).getType()))
      continue;
    argument.setType(b.getI8Type());
    if (argument.use_empty())
      continue;
    b.setInsertionPointToStart(body);
    Value narrow = fromByte(argument, type);
    argument.replaceAllUsesExcept(narrow, narrow.getDefiningOp());
  }
  if (auto initials = op->getAttrOfType<ArrayAttr>(initialAttrName)) {
    SmallVector<Attribute> bytes(initials.getValue());
    for (Attribute &initial : bytes)
      if (auto number = dyn_cast<IntegerAttr>(initial);
          number && isNarrow(number.getType()))
        initial = b.getI8IntegerAttr(number.getType().isInteger(1)
                                         ? number.getValue().getZExtValue()
                                         : number.getValue().getSExtValue());
    op->setAttr(initialAttrName, b.getArrayAttr(bytes));
  }
  Operation *yield = body->getTerminator();
  for (unsigned i = 0; i < yield->getNumOperands(); ++i)
    widenOperand(yield, i);
}

LogicalResult ElementWidener::widenConstant(arith::ConstantOp op) {
  auto data = dyn_cast<DenseIntElementsAttr>(op.getValue());
  if (!data)
    return op.emitOpError("expects elements of less than a byte in a dense "
                          "constant, found ")
           << op.getType();
  bool isBoolean = data.getElementType().isInteger(1);
  op.setValueAttr(data.mapValues(b.getI8Type(), [&](const APInt &value) {
    return isBoolean ? value.zext(8) : value.sext(8);
  }));
  op.getResult().setType(cast<ShapedType>(op.getValue().getType()));
  return success();
}

LogicalResult ElementWidener::run() {
  SmallVector<Operation *> scalars;
  WalkResult result = function.walk([&](Operation *op) -> WalkResult {
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      if (widen(constant.getType()) != constant.getType() &&
          failed(widenConstant(constant)))
        return WalkResult::interrupt();
    if (isa<linalg::LinalgOp, tensor::ExtractOp, tensor::InsertOp,
            tensor::FromElementsOp, tensor::GenerateOp, tensor::PadOp,
            tensor::SplatOp>(op))
      scalars.push_back(op);
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  // Types first, then the operations between tensors and scalars.
  function.walk([](Operation *op) {
    for (Value value : op->getResults())
      value.setType(widen(value.getType()));
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Value argument : block.getArguments())
          argument.setType(widen(argument.getType()));
  });
  for (Operation *op : scalars)
    llvm::TypeSwitch<Operation *>(op)
        .Case([&](linalg::LinalgOp linear) { widenBody(linear); })
        .Case([&](tensor::ExtractOp extract) {
          if (isa<IntegerType>(getElementTypeOrSelf(extract.getTensor())) &&
              getElementTypeOrSelf(extract.getTensor()) != extract.getType())
            widenResult(extract);
        })
        .Case<tensor::GenerateOp, tensor::PadOp>([&](auto op) {
          widenOperand(op.getRegion().front().getTerminator(), 0);
        })
        .Default([&](Operation *op) {
          for (unsigned i = 0; i < op->getNumOperands(); ++i)
            if (!op->getOperand(i).getType().isIndex())
              widenOperand(op, i);
        });
  function.setFunctionType(b.getFunctionType(
      function.getBody().front().getArgumentTypes(),
      function.getBody().front().getTerminator()->getOperandTypes()));
  return success();
}

namespace {
class WidenElementsPass
    : public bitnet::impl::WidenElementsPassBase<WidenElementsPass> {
  void runOnOperation() override {
    for (func::FuncOp entry :
         getTargetFunctions(getOperation(), onnx::graphFunctionName))
      if (failed(ElementWidener(entry).run()))
        return signalPassFailure();
  }
};
} // namespace
