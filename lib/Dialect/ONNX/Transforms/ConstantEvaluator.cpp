//===- ConstantEvaluator.cpp - What constants amount to -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ConstantEvaluator.h"
#include "ConstantOperators.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::onnx;

/// More nodes than any spelling of a weight takes.
static constexpr size_t maximumNodes = 256;

/// Times that a value may have as many elements as the constants it is made of:
/// unpacking 2-bit codes gives 4, some exporters repeat scales. A file cannot
/// make the compiler run out of memory.
static constexpr int64_t maximumGrowth = 16;

/// Elements of a constant that is read: 4 GiB.
static constexpr int64_t maximumElements = 1 << 30;

Value onnx::skipStraightThrough(Value value) {
  while (auto node = value ? value.getDefiningOp<NodeOp>() : NodeOp()) {
    Value next;
    if (node.is("Identity")) {
      next = node.getInput(0);
    } else if (node.is("Add")) {
      for (unsigned index : {0u, 1u})
        if (Value side = node.getInput(index))
          if (auto difference = side.getDefiningOp<NodeOp>();
              difference && difference.is("Sub") &&
              difference.getInput(1) == node.getInput(1 - index))
            next = difference.getInput(0);
    }
    if (!next || next.getType() != value.getType())
      break;
    value = next;
  }
  return value;
}

static const ConstantOperator *findOperator(NodeOp node) {
  if (!node.getDomain().empty() || node->getNumResults() != 1)
    return nullptr;
  for (ArrayRef<ConstantOperator> operators :
       {getElementwiseOperators(), getShapeOperators(),
        getQuantizationOperators(), getIndexOperators()})
    for (const ConstantOperator &row : operators)
      if (row.name == node.getOpType())
        return &row;
  return nullptr;
}

/// The inputs of a node that its operator reads; null: left out.
static SmallVector<Value> getUsedInputs(NodeOp node,
                                        const ConstantOperator &row) {
  SmallVector<Value> inputs;
  for (unsigned i = 0; i < std::min(node.getInputCount(), row.inputs); ++i) {
    Value input = node.getInput(i);
    inputs.push_back(input ? skipStraightThrough(input) : input);
  }
  return inputs;
}

namespace {
/// The operations that a value is computed with, each after its operands.
class ConstantSlice {
public:
  explicit ConstantSlice(Value value)
      : root(skipStraightThrough(value)), valid(add(root)) {
    for (Operation *op : operations)
      valid = valid && isSmallEnough(op);
  }

  bool isValid() const { return valid; }
  std::optional<ConstantTensor> evaluate() const;

private:
  bool add(Value value);
  bool isSmallEnough(Operation *op) const {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    int64_t count = type.getNumElements();
    return count <= maximumElements &&
           count / maximumGrowth <= leafElements + 1024;
  }

  Value root;
  llvm::SetVector<Operation *> operations;
  int64_t leafElements = 0;
  bool valid;
};
} // namespace

bool ConstantSlice::add(Value value) {
  Operation *op = value.getDefiningOp();
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!op || !type || !type.hasStaticShape() ||
      operations.size() >= maximumNodes)
    return false;
  if (operations.contains(op))
    return true;
  if (isa<ConstantOp>(op)) {
    leafElements += type.getNumElements();
    operations.insert(op);
    return true;
  }
  auto node = dyn_cast<NodeOp>(op);
  const ConstantOperator *row = node ? findOperator(node) : nullptr;
  if (!row)
    return false;
  for (Value input : getUsedInputs(node, *row))
    if (input && !add(input))
      return false;
  operations.insert(op);
  return true;
}

std::optional<ConstantTensor> ConstantSlice::evaluate() const {
  // Tensors go as soon as their last user has been computed.
  DenseMap<Operation *, int64_t> users;
  for (Operation *op : operations)
    if (auto node = dyn_cast<NodeOp>(op))
      for (Value input : getUsedInputs(node, *findOperator(node)))
        if (input)
          ++users[input.getDefiningOp()];
  DenseMap<Operation *, std::unique_ptr<ConstantTensor>> tensors;
  for (Operation *op : operations) {
    std::optional<ConstantTensor> result;
    if (auto constant = dyn_cast<ConstantOp>(op)) {
      result = readConstant(constant.getValue());
    } else {
      auto node = cast<NodeOp>(op);
      const ConstantOperator *row = findOperator(node);
      SmallVector<Value> inputs = getUsedInputs(node, *row);
      SmallVector<const ConstantTensor *> arguments;
      for (Value input : inputs)
        arguments.push_back(input ? tensors[input.getDefiningOp()].get()
                                  : nullptr);
      result = row->evaluate(
          node, arguments, cast<RankedTensorType>(op->getResult(0).getType()));
      for (Value input : inputs)
        if (input && --users[input.getDefiningOp()] == 0)
          tensors.erase(input.getDefiningOp());
    }
    if (!result)
      return std::nullopt;
    tensors[op] = std::make_unique<ConstantTensor>(std::move(*result));
  }
  return std::move(*tensors[root.getDefiningOp()]);
}

bool onnx::isConstant(Value value) { return ConstantSlice(value).isValid(); }

std::optional<ConstantTensor> onnx::evaluateConstant(Value value) {
  ConstantSlice slice(value);
  if (!slice.isValid())
    return std::nullopt;
  return slice.evaluate();
}

std::optional<float> onnx::evaluateScalar(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || type.getNumElements() != 1)
    return std::nullopt;
  std::optional<ConstantTensor> tensor = evaluateConstant(value);
  if (!tensor)
    return std::nullopt;
  return tensor->values.front();
}
