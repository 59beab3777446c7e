//===- AttentionLoops.h - What operators of attention share -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_OPERATORS_ATTENTIONLOOPS_H
#define BITNET_LIB_DIALECT_ONNX_OPERATORS_ATTENTIONLOOPS_H

#include "bitnet/Dialect/ONNX/Operators/NodeLowering.h"

namespace mlir::onnx {

/// Vectors of heads: a tensor [batch, heads, sequence, size], or
/// [batch, sequence, heads, size] if `isSequenceFirst`.
struct Heads {
  Value value;
  SmallVector<AffineExpr> dims;
  Type elementType;
  bool isSequenceFirst = false;

  unsigned getHeadAxis() const { return isSequenceFirst ? 2 : 1; }
  unsigned getSequenceAxis() const { return isSequenceFirst ? 1 : 2; }
  AffineExpr getHeadCount() const { return dims[getHeadAxis()]; }
  AffineExpr getLength() const { return dims[getSequenceAxis()]; }
};

/// Heads of an input of 4 dimensions, or of 3, [batch, sequence, heads * size].
Heads getHeads(NodeLowering &l, unsigned index, AffineExpr headCount);

/// Keys or values [batch, heads, past + sequence, size] of an earlier part,
/// null if there is none, and the next.
Heads createPresent(NodeLowering &l, Value past, ArrayRef<AffineExpr> pastDims,
                    const Heads &next);

/// What attention computes. Queries have a multiple of the heads of keys and
/// values, each of which is shared by as many neighbouring ones.
struct AttentionParameters {
  Heads query, key, value;
  /// What scores are multiplied with.
  double scale = 1;
  /// Scores are within softcap * tanh(score / softcap) if it is not 0.
  double softcap = 0;
  /// Added to scores (floats) or true where they count (BOOL), or null. Of up
  /// to 4 dimensions that broadcast to [batch, heads, queries, keys], with
  /// fewer keys if the others do not count.
  Value mask;
  TensorShape maskShape;
  bool isCausal = false;
  /// Query i is at place `offset` + i among the keys: a size, or, if
  /// `offsets`, [batch] of i64, is set, its element.
  AffineExpr offset;
  Value offsets;
  /// The number of keys that count, [batch] of i64, or null.
  Value keyCounts;
  /// How many keys before and behind the place of a query count; -1 for all.
  int64_t leftWindow = -1, rightWindow = -1;
};

/// Computes [batch, heads, queries, size], or [batch, queries, heads, size] if
/// the queries are `isSequenceFirst`, in the elements of the queries. Queries
/// for which no key counts give 0. `askedScore` asks for what becomes of scores
/// in `score`, [batch, heads, queries, keys] in the elements of the queries:
/// once they are scaled (0), capped (1), masked (2), or weights that sum to 1
/// (3).
Value createAttention(NodeLowering &l, const AttentionParameters &parameters,
                      std::optional<int64_t> askedScore, Value *score);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_OPERATORS_ATTENTIONLOOPS_H
