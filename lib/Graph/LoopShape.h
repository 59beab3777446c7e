//===- LoopShape.h - How loops become vector code ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_GRAPH_LOOPSHAPE_H
#define BITNET_LIB_GRAPH_LOOPSHAPE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace mlir::bitnet {

/// How consecutive iterations of one loop read or write a buffer.
enum class AccessKind {
  /// All the same element.
  Invariant,
  /// Elements that lie one behind the other.
  Contiguous,
  /// Anything else.
  Scattered
};

/// How iterations of `loop` access an operand that is a buffer.
AccessKind getAccessKind(linalg::LinalgOp op, OpOperand *operand,
                         unsigned loop);

/// A result that is `combiner(accumulator, term)`, where the term does not
/// depend on the accumulator and the combiner is associative but for rounding.
struct Combination {
  Operation *combiner;
  Value term;
};

/// How an operation on buffers is computed. The choice depends on the operation
/// alone, never on the target: float sums have the same order everywhere.
struct LoopShape {
  explicit LoopShape(linalg::LinalgOp op);

  /// Parallel loops that only iterate, outermost first.
  SmallVector<unsigned> outer;
  /// A parallel loop of which several iterations are computed at once, because
  /// they share what they read.
  std::optional<unsigned> unrolled;
  /// The parallel loop whose iterations are lanes of vectors.
  std::optional<unsigned> vector;
  /// A reduction loop whose iterations are dealt to the lanes of partial
  /// results, which a tree combines in the end; see Emitter::reduceLanes.
  /// Excludes `vector`.
  std::optional<unsigned> lanes;
  /// The other reduction loops, outermost first.
  SmallVector<unsigned> reductions;
  /// All reduction loops instead, if a result differs along one of them (sums
  /// so far, for example): what an iteration stores, the next one may load.
  SmallVector<unsigned> sequential;
  /// For each result, if `lanes` is set.
  SmallVector<Combination> combinations;

private:
  void chooseLanes(linalg::LinalgOp op);
  void chooseUnrolled(linalg::LinalgOp op);
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_GRAPH_LOOPSHAPE_H
