//===- Lookup.cpp - What kernels that look sums up share ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lookup.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::vectorized;

/// How far ahead of its use a weight is asked for, at least.
static constexpr int64_t prefetchBytes = 4096;

/// Tokens whose sums are computed block after block.
static constexpr int64_t chunkTokens = 64;

namespace {
/// Token rows [begin, end).
struct Range {
  Value begin, end;
};

class LookupEmitter {
public:
  LookupEmitter(Emitter &e, const KernelArguments &a,
                const QuantizedLinearSpec &spec, const LookupShape &shape,
                function_ref<SmallVector<Value>(const LookupBlock &)> body)
      : e(e), a(a), spec(spec), shape(shape), body(body),
        layout(spec.weight.layout),
        floats(e.vectorType(shape.sumLanes, e.f32Type())),
        integers(e.vectorType(shape.sumLanes, e.i32Type())) {}

  void emit();

private:
  /// Splits a range into pieces of `size`, the last one perhaps smaller.
  void emitPieces(Range range, int64_t size, function_ref<void(Range)> body);
  /// Calls `body` with the token and the first matrix row of every vector of
  /// sums.
  void emitSums(Range tokens, function_ref<void(Value, Value)> body);
  /// Adds a block to the sums of all tokens.
  void emitBlock(Value block, Range tokens);
  /// Adds the sums that `body` makes of a block.
  void addSums(const LookupBlock &block, Value firstRow);
  Value loadSums(Value row, Value firstRow);
  void storeSums(Value sums, Value row, Value firstRow);

  Emitter &e;
  const KernelArguments &a;
  const QuantizedLinearSpec &spec;
  const LookupShape &shape;
  function_ref<SmallVector<Value>(const LookupBlock &)> body;
  LayoutAttr layout;
  VectorType floats, integers;
};
} // namespace

void LookupEmitter::emitPieces(Range range, int64_t size,
                               function_ref<void(Range)> body) {
  e.loop(range.begin, range.end, size, [&](Value begin) {
    body({begin, e.minimum(e.add(begin, e.index(size)), range.end)});
  });
}

void LookupEmitter::emitSums(Range tokens,
                             function_ref<void(Value, Value)> body) {
  Value tileRows = e.index(layout.getTileRows());
  Value begin = e.mul(a.begin, tileRows), end = e.mul(a.end, tileRows);
  e.loop(tokens.begin, tokens.end, 1, [&](Value row) {
    e.loop(begin, end, shape.sumLanes,
           [&](Value firstRow) { body(row, firstRow); });
  });
}

Value LookupEmitter::loadSums(Value row, Value firstRow) {
  return e.bitcast(emitLoadRows(e, floats, a.outputs[0], {row}, firstRow,
                                spec.weight.rows, layout.getTileRows()),
                   integers);
}

void LookupEmitter::storeSums(Value sums, Value row, Value firstRow) {
  emitStoreRows(e, e.bitcast(sums, floats), a.outputs[0], row, firstRow,
                spec.weight.rows, layout.getTileRows());
}

void LookupEmitter::addSums(const LookupBlock &block, Value firstRow) {
  SmallVector<Value> sums = body(block);
  int64_t vectors = shape.rows / shape.sumLanes;
  for (auto [i, sum] : llvm::enumerate(sums)) {
    Value row = e.add(block.row, e.index(i / vectors));
    Value vectorRow = e.add(firstRow, e.index(i % vectors * shape.sumLanes));
    storeSums(e.add(loadSums(row, vectorRow), sum), row, vectorRow);
  }
}

void LookupEmitter::emitBlock(Value block, Range tokens) {
  const PackedMatrix &matrix = spec.weight;
  int64_t steps = layout.getStepCount(matrix.columns);
  int64_t blockSteps = layout.getBlockSteps(matrix.columns);
  int64_t stepBytes = layout.getStepBytes();
  int64_t parts = layout.getTileRows() / shape.rows;
  int64_t partBytes = shape.rows * layout.getFormat().wordBytes;
  int64_t tableBytes =
      getLookupTableBytes(layout.getElement(), layout.getStepColumns());

  LookupBlock current;
  Value first = e.mul(block, e.index(blockSteps));
  current.steps = e.minimum(e.sub(e.index(steps), first), e.index(blockSteps));
  current.tables = e.mul(first, e.index(tableBytes));
  // Blocks before this one are whole.
  Value blockBase = e.mul(first, e.index(matrix.getTileCount() * stepBytes));
  Value tileBytes = e.mul(current.steps, e.index(stepBytes));
  // A thread's tiles are contiguous within a block only.
  Value next = e.add(first, e.index(blockSteps));
  Value nextBase = e.mul(next, e.index(matrix.getTileCount() * stepBytes));
  Value nextTileBytes =
      e.mul(e.minimum(e.sub(e.index(steps), next), e.index(blockSteps)),
            e.index(stepBytes));
  Value tilesAhead = e.index(
      llvm::divideCeil(prefetchBytes, std::min(steps, blockSteps) * stepBytes));
  auto emitAhead = [&](Value tile) {
    Value later = e.add(tile, tilesAhead);
    Value inBlock = e.add(blockBase, e.mul(later, tileBytes));
    Value inNext = e.add(
        nextBase, e.mul(e.add(a.begin, e.sub(later, a.end)), nextTileBytes));
    return e.select(e.lessThan(later, a.end), inBlock, inNext);
  };
  auto emitPart = [&](Value tile, Value part) {
    Value partByte = e.mul(part, e.index(partBytes));
    current.weights = e.add(e.add(blockBase, e.mul(tile, tileBytes)), partByte);
    current.ahead = e.add(emitAhead(tile), partByte);
    Value firstRow = e.add(e.mul(tile, e.index(layout.getTileRows())),
                           e.mul(part, e.index(shape.rows)));
    Value begin = tokens.begin;
    for (int64_t count : shape.tokenTiles) {
      Value left = e.rem(e.sub(tokens.end, begin), e.index(count));
      Value end = e.sub(tokens.end, left);
      current.tokens = count;
      e.loop(begin, end, count, [&](Value row) {
        current.row = row;
        addSums(current, firstRow);
      });
      begin = end;
    }
  };
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    e.loop(e.index(0), e.index(parts), 1,
           [&](Value part) { emitPart(tile, part); });
  });
}

void LookupEmitter::emit() {
  const LookupFormat &format = *getLookupFormat(layout.getElement());
  int64_t columns = spec.weight.columns;
  int64_t lookups = layout.getPaddedColumns(columns) / format.columns;
  Value start = e.constant(integers, -format.getExcess() * lookups);
  emitPieces({e.index(0), a.rows}, chunkTokens, [&](Range tokens) {
    emitSums(tokens, [&](Value row, Value firstRow) {
      storeSums(start, row, firstRow);
    });
    e.loop(e.index(0), e.index(layout.getBlockCount(columns)), 1,
           [&](Value block) {
             emitPieces(tokens, shape.cachedTokens,
                        [&](Range cached) { emitBlock(block, cached); });
           });
    emitSums(tokens, [&](Value row, Value firstRow) {
      emitLinearResults(e, a, spec, firstRow, row, loadSums(row, firstRow));
    });
  });
}

void vectorized::emitLookupLinear(
    Emitter &e, const KernelArguments &a, const QuantizedLinearSpec &spec,
    const LookupShape &shape,
    function_ref<SmallVector<Value>(const LookupBlock &)> body) {
  LookupEmitter(e, a, spec, shape, body).emit();
}
