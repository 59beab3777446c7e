//===- HeadRotation.cpp - Rotates heads by vectors ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HeadRotation.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t lanes = Emitter::laneCount;

/// Every second lane of a vector, from `first` on.
static Value emitHalf(Emitter &e, Value vector, int64_t first) {
  SmallVector<int64_t> places;
  for (int64_t i = 0; i < lanes; ++i)
    places.push_back(2 * i + first);
  return vector::ShuffleOp::create(e.builder(), e.location(), vector, vector,
                                   places);
}

/// The lanes of two vectors by turns.
static Value emitWoven(Emitter &e, Value even, Value odd) {
  SmallVector<int64_t> places;
  for (int64_t i = 0; i < lanes; ++i)
    places.append({i, lanes + i});
  return vector::ShuffleOp::create(e.builder(), e.location(), even, odd,
                                   places);
}

void vectorized::emitRotatedHead(Emitter &e, Value table, Value row,
                                 const RotationSpec &rotation,
                                 const HeadPlace &from, const HeadPlace &to,
                                 std::optional<float> scale) {
  auto [headSize, pairs, interleaved] = rotation;
  // `width` elements as a vector, or one.
  auto load = [&](Value buffer, ValueRange indices, int64_t width) {
    return width == 1 ? e.load(buffer, indices)
                      : e.loadVector(e.vectorType(width, e.f32Type()), buffer,
                                     indices);
  };
  auto read = [&](Value d, int64_t width) {
    return load(from.buffer, {from.row, e.add(from.first, d)}, width);
  };
  auto write = [&](Value d, int64_t width, Value value) {
    if (scale)
      value = e.mul(value, e.constant(value.getType(), double(*scale)));
    Value place[] = {to.row, e.add(to.first, d)};
    if (width == 1)
      e.store(value, to.buffer, place);
    else
      e.storeVector(value, to.buffer, place);
  };
  // Of elements [begin, end).
  auto forEach = [&](int64_t begin, int64_t end,
                     function_ref<void(Value, int64_t)> body) {
    int64_t whole = begin + (end - begin) / lanes * lanes;
    if (begin < whole)
      e.rolledLoop(e.index(begin), e.index(whole), lanes, {},
                   [&](Value i, ValueRange) -> SmallVector<Value> {
                     body(i, lanes);
                     return {};
                   });
    if (whole < end)
      e.loop(e.index(whole), e.index(end), 1, [&](Value i) { body(i, 1); });
  };
  auto emitPair = [&, pairs = pairs, interleaved = interleaved](Value pair,
                                                                int64_t width) {
    auto both = [&](Value i) -> std::pair<Value, Value> {
      if (width == 1)
        return {read(i, 1), read(e.add(i, e.index(1)), 1)};
      Value vector = read(i, 2 * lanes);
      return {emitHalf(e, vector, 0), emitHalf(e, vector, 1)};
    };
    Value cosine, sine;
    if (width == 1) {
      cosine = e.load(table, {row, pair, e.index(0)});
      sine = e.load(table, {row, pair, e.index(1)});
    } else {
      Value vector = load(table, {row, pair, e.index(0)}, 2 * lanes);
      cosine = emitHalf(e, vector, 0);
      sine = emitHalf(e, vector, 1);
    }
    Value i = interleaved ? e.mul(pair, e.index(2)) : pair;
    Value j = e.add(i, e.index(interleaved ? 1 : pairs));
    auto [x, y] =
        interleaved ? both(i) : std::pair(read(i, width), read(j, width));
    Value first = e.sub(e.mul(x, cosine), e.mul(y, sine));
    Value second = e.add(e.mul(y, cosine), e.mul(x, sine));
    if (interleaved && width != 1)
      return write(i, 2 * lanes, emitWoven(e, first, second));
    write(i, width, first);
    write(j, width, second);
  };
  // Without pairs there is no table to read.
  if (pairs > 0)
    forEach(0, pairs, emitPair);
  forEach(2 * pairs, headSize,
          [&](Value d, int64_t width) { write(d, width, read(d, width)); });
}
