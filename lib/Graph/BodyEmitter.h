//===- BodyEmitter.h - Bodies for one or several iterations -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_GRAPH_BODYEMITTER_H
#define BITNET_LIB_GRAPH_BODYEMITTER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace mlir::bitnet {

/// Consecutive iterations of one loop of an operation, computed at once.
struct Iterations {
  /// The index of each loop; of `loop`, that of the first iteration.
  SmallVector<Value> indices;
  /// The loop of which there are several iterations, and how many; 1: there is
  /// no such loop.
  unsigned loop = 0;
  int64_t count = 1;
};

/// Emits loads, stores and the body of an operation on buffers. A value that
/// all iterations share is a scalar, any other a vector of `count` elements.
class BodyEmitter {
public:
  BodyEmitter(OpBuilder &b, linalg::LinalgOp op, const Iterations &iterations)
      : b(b), loc(op.getLoc()), op(op), iterations(iterations) {}

  /// The elements of an operand. `mask`, a vector or null: iterations that
  /// exist; others read 0. It needs a contiguous operand.
  Value load(OpOperand *operand, Value mask = Value());
  /// `value`: a scalar or vector; iterations must lie one behind the other.
  void store(Value value, OpOperand *operand);
  /// The results of the body for these values of its block arguments. Null
  /// arguments have no uses.
  SmallVector<Value> run(ArrayRef<Value> arguments);
  /// `value` as a vector of `count` elements, if there are several.
  Value spread(Value value);

private:
  SmallVector<Value> applyMap(AffineMap map, ArrayRef<Value> indices);
  Value index(int64_t value);
  Value gather(function_ref<Value(int64_t)> element);
  Value emitIndex(linalg::IndexOp op);
  Value emitLoad(Operation *op, ArrayRef<Value> operands);
  Value emitElementwise(Operation *op, ArrayRef<Value> operands);
  /// If `result` counts up by 1 from one iteration to the next, because an
  /// operand does, remembers where it starts.
  void noteStart(Operation *op, ArrayRef<Value> operands, Value result);

  OpBuilder &b;
  Location loc;
  linalg::LinalgOp op;
  const Iterations &iterations;
  DenseMap<Value, Value> startOf;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_GRAPH_BODYEMITTER_H
