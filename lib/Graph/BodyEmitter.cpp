//===- BodyEmitter.cpp - Bodies of linalg operations, for many iterations -===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BodyEmitter.h"
#include "LoopShape.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;

Value BodyEmitter::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

SmallVector<Value> BodyEmitter::applyMap(AffineMap map,
                                         ArrayRef<Value> indices) {
  SmallVector<Value> results;
  for (AffineExpr expr : map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      results.push_back(indices[dim.getPosition()]);
      continue;
    }
    // Loops that the map does not depend on may not have been entered.
    AffineMap single = AffineMap::get(map.getNumDims(), 0, expr);
    llvm::SmallBitVector unused = getUnusedDimsBitVector(single);
    SmallVector<Value> used;
    for (auto [i, index] : llvm::enumerate(indices))
      if (!unused.test(i))
        used.push_back(index);
    results.push_back(affine::AffineApplyOp::create(
        b, loc, compressUnusedDims(single), used));
  }
  return results;
}

/// A vector of what `element` gives for each iteration.
Value BodyEmitter::gather(function_ref<Value(int64_t)> element) {
  SmallVector<Value> elements;
  for (int64_t i = 0; i < iterations.count; ++i)
    elements.push_back(element(i));
  auto type = VectorType::get({iterations.count}, elements.front().getType());
  return vector::FromElementsOp::create(b, loc, type, elements);
}

Value BodyEmitter::spread(Value value) {
  if (iterations.count == 1 || isa<VectorType>(value.getType()))
    return value;
  auto type = VectorType::get({iterations.count}, value.getType());
  return vector::BroadcastOp::create(b, loc, type, value);
}

Value BodyEmitter::load(OpOperand *operand, Value mask) {
  Value buffer = operand->get();
  auto type = dyn_cast<MemRefType>(buffer.getType());
  if (!type)
    return buffer;
  AffineMap map = op.getMatchingIndexingMap(operand);
  SmallVector<Value> indices = applyMap(map, iterations.indices);
  AccessKind kind = iterations.count == 1
                        ? AccessKind::Invariant
                        : getAccessKind(op, operand, iterations.loop);
  auto vector = VectorType::get({iterations.count}, type.getElementType());
  switch (kind) {
  case AccessKind::Invariant:
    return memref::LoadOp::create(b, loc, buffer, indices);
  case AccessKind::Contiguous:
    if (mask)
      return vector::MaskedLoadOp::create(
          b, loc, vector, buffer, indices, mask,
          arith::ConstantOp::create(b, loc, b.getZeroAttr(vector)));
    return vector::LoadOp::create(b, loc, vector, buffer, indices);
  case AccessKind::Scattered:
    return gather([&](int64_t i) -> Value {
      SmallVector<Value> shifted = iterations.indices;
      shifted[iterations.loop] =
          arith::AddIOp::create(b, loc, shifted[iterations.loop], index(i));
      return memref::LoadOp::create(b, loc, buffer, applyMap(map, shifted));
    });
  }
  llvm_unreachable("unknown access kind");
}

void BodyEmitter::store(Value value, OpOperand *operand) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  SmallVector<Value> indices = applyMap(map, iterations.indices);
  if (iterations.count == 1)
    memref::StoreOp::create(b, loc, value, operand->get(), indices);
  else
    vector::StoreOp::create(b, loc, spread(value), operand->get(), indices);
}

Value BodyEmitter::emitIndex(linalg::IndexOp indexOp) {
  Value first = iterations.indices[indexOp.getDim()];
  if (iterations.count == 1 || indexOp.getDim() != iterations.loop)
    return first;
  auto type = VectorType::get({iterations.count}, b.getIndexType());
  Value steps = vector::StepOp::create(b, loc, type);
  Value result = arith::AddIOp::create(b, loc, spread(first), steps);
  startOf[result] = first;
  return result;
}

void BodyEmitter::noteStart(Operation *nested, ArrayRef<Value> operands,
                            Value result) {
  if (!isa<arith::AddIOp, arith::SubIOp, arith::IndexCastOp>(nested))
    return;
  SmallVector<Value> starts;
  unsigned vectors = 0;
  for (Value operand : operands) {
    Value start = operand;
    if (isa<VectorType>(operand.getType())) {
      ++vectors;
      start = startOf.lookup(operand);
    }
    if (!start)
      return;
    starts.push_back(start);
  }
  // A difference must count up, so only its first operand may.
  if (vectors != 1 || !isa<VectorType>(operands[0].getType()))
    if (vectors != 1 || !isa<arith::AddIOp>(nested))
      return;
  Operation *scalar = b.create(loc, nested->getName().getIdentifier(), starts,
                               nested->getResultTypes(), nested->getAttrs());
  startOf[result] = scalar->getResult(0);
}

Value BodyEmitter::emitElementwise(Operation *nested,
                                   ArrayRef<Value> operands) {
  bool isVector = llvm::any_of(operands, [](Value operand) {
    return isa<VectorType>(operand.getType());
  });
  SmallVector<Value> spreadOperands;
  SmallVector<Type> types;
  for (Value operand : operands)
    spreadOperands.push_back(isVector ? spread(operand) : operand);
  for (Type type : nested->getResultTypes())
    types.push_back(isVector ? VectorType::get({iterations.count}, type)
                             : type);
  Operation *result = b.create(loc, nested->getName().getIdentifier(),
                               spreadOperands, types, nested->getAttrs());
  if (isVector)
    noteStart(nested, operands, result->getResult(0));
  return result->getResult(0);
}

Value BodyEmitter::emitLoad(Operation *nested, ArrayRef<Value> operands) {
  auto load = cast<memref::LoadOp>(nested);
  Value buffer = load.getMemRef();
  SmallVector<Value> indices(operands.drop_front());
  auto isVector = [](Value value) { return isa<VectorType>(value.getType()); };
  if (llvm::none_of(indices, isVector))
    return memref::LoadOp::create(b, loc, buffer, indices);
  MemRefType type = load.getMemRefType();
  SmallVector<int64_t> strides;
  int64_t offset;
  Value start = startOf.lookup(indices.back());
  if (start && llvm::none_of(ArrayRef(indices).drop_back(), isVector) &&
      succeeded(type.getStridesAndOffset(strides, offset)) &&
      strides.back() == 1 && type.getElementTypeBitWidth() % 8 == 0) {
    indices.back() = start;
    auto vector = VectorType::get({iterations.count}, type.getElementType());
    return vector::LoadOp::create(b, loc, vector, buffer, indices);
  }
  return gather([&](int64_t i) -> Value {
    SmallVector<Value> element;
    for (Value position : indices)
      element.push_back(
          isVector(position)
              ? vector::ExtractOp::create(b, loc, position, i).getResult()
              : position);
    return memref::LoadOp::create(b, loc, buffer, element);
  });
}

SmallVector<Value> BodyEmitter::run(ArrayRef<Value> arguments) {
  DenseMap<Value, Value> values;
  for (auto [argument, value] :
       llvm::zip_equal(op.getBlock()->getArguments(), arguments))
    values[argument] = value;
  auto lookUp = [&](ValueRange operands) {
    return llvm::map_to_vector(operands, [&](Value operand) {
      auto found = values.find(operand);
      return found == values.end() ? operand : found->second;
    });
  };
  for (Operation &nested : op.getBlock()->without_terminator()) {
    SmallVector<Value> operands = lookUp(nested.getOperands());
    if (auto indexOp = dyn_cast<linalg::IndexOp>(nested)) {
      values[indexOp] = emitIndex(indexOp);
    } else if (isa<memref::LoadOp>(nested)) {
      values[nested.getResult(0)] = emitLoad(&nested, operands);
    } else if (OpTrait::hasElementwiseMappableTraits(&nested)) {
      values[nested.getResult(0)] = emitElementwise(&nested, operands);
    } else {
      // Regions see what they capture by the mapping.
      IRMapping mapping;
      for (auto [from, to] : values)
        if (to)
          mapping.map(from, to);
      Operation *copy = b.clone(nested, mapping);
      for (auto [from, to] :
           llvm::zip_equal(nested.getResults(), copy->getResults()))
        values[from] = to;
      copy->walk([&](linalg::IndexOp indexOp) {
        indexOp.replaceAllUsesWith(iterations.indices[indexOp.getDim()]);
        indexOp.erase();
      });
    }
  }
  return lookUp(op.getBlock()->getTerminator()->getOperands());
}
