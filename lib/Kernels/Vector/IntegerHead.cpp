//===- IntegerHead.cpp - Vector output heads for integer tables -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tables of int8 and int6 against 16-bit activations in two planes of bytes.
// One vector holds four columns of `lanes` rows, a 32-bit lane for each row,
// and four activations are repeated in every lane:
//
//   int8   one vector for 4 columns
//   int6   three vectors for 16 columns; the upper bits of their bytes make up
//          a fourth
//
//===----------------------------------------------------------------------===//

#include "ByteProducts.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::vectorized;

/// How far ahead of its use a cache line of the table is asked for.
static constexpr int64_t prefetchBytes = 4096, lineBytes = 64;

namespace {
/// The elements of a group of lanes in one step, four columns after the other.
class StepElements {
public:
  /// `base` is the byte where the group begins in the first plane.
  StepElements(Emitter &e, Value table, LayoutAttr layout, VectorType bytes,
               Value base, bool prefetches)
      : e(e), table(table), layout(layout), bytes(bytes), base(base),
        prefetches(prefetches) {}

  /// The next four columns of each lane, as stored.
  Value next() {
    int64_t planes = layout.getFormat().planes;
    if (quad == planes)
      return shift(upper);
    int64_t offset = quad++ * layout.getTileRows() * 4;
    Value at = e.add(base, e.index(offset));
    Value plane = e.loadVector(bytes, table, {at});
    if (prefetches)
      e.prefetch(table, {e.add(at, e.index(prefetchBytes))});
    if (planes == 1)
      return plane;
    Value two = e.bitAnd(plane, e.constant(bytes, int64_t(int8_t(0xc0))));
    upper = upper ? e.bitOr(shift(upper), two) : two;
    return e.bitAnd(plane, e.constant(bytes, int64_t(0x3f)));
  }

private:
  /// 16-bit shifts, which every instruction set has: no bit comes to cross a
  /// byte.
  Value shift(Value value) {
    VectorType words =
        e.vectorType(bytes.getNumElements() / 2, e.builder().getI16Type());
    return e.bitcast(e.shiftRightLogical(e.bitcast(value, words),
                                         e.constant(words, int64_t(2))),
                     bytes);
  }

  Emitter &e;
  Value table;
  LayoutAttr layout;
  VectorType bytes;
  Value base;
  bool prefetches;
  int64_t quad = 0;
  /// The upper bits of the planes so far, moved next to each other.
  Value upper;
};

/// The rows of a table for a range of tiles.
class IntegerHead {
public:
  IntegerHead(Emitter &e, const KernelArguments &a, const TableSpec &spec,
              const IntegerHeadSpec &kernel)
      : e(e), a(a), spec(spec), layout(spec.table.layout), kernel(kernel),
        lanes(kernel.lanes), element(*getIntegerElement(layout.getElement())),
        products(e, kernel.product, kernel.lanes,
                 element.maximum + element.offset) {}

  /// `groups` groups of a tile from `firstLane` on, for `tokens` tokens from
  /// `row` on.
  void emitTile(Value tile, Value firstLane, int64_t groups, Value row,
                int64_t tokens);

private:
  /// Accumulators of each of `sums` sums. A dot product takes four to five
  /// cycles and two begin in each: half the registers hold accumulators.
  int64_t getChains(int64_t sums) const {
    bool isDot = kernel.product == ByteProduct::DotAccumulate ||
                 kernel.product == ByteProduct::SignedDot;
    int64_t accumulators = kernel.lanes == 8 ? 8 : 16;
    return isDot && layout.getStepColumns() > 4 && 2 * sums <= accumulators ? 2
                                                                            : 1;
  }
  /// Stores the logits of rows `firstRow`, ...
  void emitResult(Value firstRow, Value row, Value high, Value low);

  Emitter &e;
  const KernelArguments &a;
  const TableSpec &spec;
  LayoutAttr layout;
  IntegerHeadSpec kernel;
  int64_t lanes;
  IntegerElement element;
  ByteProducts products;
};
} // namespace

void IntegerHead::emitTile(Value tile, Value firstLane, int64_t groups,
                           Value row, int64_t tokens) {
  Value firstByte = e.mul(firstLane, e.index(4));
  // [group][token][plane][chain]
  int64_t chains = getChains(groups * tokens * 2);
  SmallVector<Value> zeros(groups * tokens * 2 * chains,
                           e.constant(products.getSums(), int64_t(0)));
  auto body = [&](Value base, Value column, MutableArrayRef<Value> next) {
    SmallVector<StepElements> elements;
    for (int64_t g = 0; g < groups; ++g) {
      int64_t offset = g * lanes * 4;
      elements.emplace_back(e, a.inputs[4], layout, products.getBytes(),
                            e.add(base, e.add(firstByte, e.index(offset))),
                            /*prefetches=*/tokens == 1 &&
                                offset % lineBytes == 0);
    }
    // Activations of few columns at a time, for all groups: few registers.
    for (int64_t k = 0; k < layout.getStepColumns();
         k += 4 * products.getQuads()) {
      // [token][plane][four columns]
      SmallVector<SmallVector<WordPair>> activations(tokens * 2);
      for (int64_t i = 0; i < tokens * 2; ++i)
        for (int64_t q = 0; q < products.getQuads(); ++q)
          activations[i].push_back(
              products.activations(a.inputs[i % 2], e.add(row, e.index(i / 2)),
                                   e.add(column, e.index(k + 4 * q))));
      for (int64_t g = 0; g < groups; ++g) {
        SmallVector<WordPair> weights;
        for (int64_t q = 0; q < products.getQuads(); ++q)
          weights.push_back(products.weights(elements[g].next()));
        for (int64_t i = 0; i < tokens * 2; ++i) {
          Value &sum = next[(g * tokens * 2 + i) * chains + k / 4 % chains];
          sum = products.add(sum, weights, activations[i]);
        }
      }
    }
  };
  SmallVector<Value> sums =
      vectorized::emitSteps(e, spec.table, tile, zeros, body);
  Value firstRow = e.add(e.mul(tile, e.index(layout.getTileRows())), firstLane);
  auto total = [&](int64_t i) {
    Value sum = sums[i * chains];
    for (int64_t chain = 1; chain < chains; ++chain)
      sum = e.add(sum, sums[i * chains + chain]);
    return products.finish(sum);
  };
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t t = 0; t < tokens; ++t) {
      int64_t i = (g * tokens + t) * 2;
      emitResult(e.add(firstRow, e.index(g * lanes)), e.add(row, e.index(t)),
                 total(i), total(i + 1));
    }
}

void IntegerHead::emitResult(Value firstRow, Value row, Value high, Value low) {
  auto integers = cast<VectorType>(high.getType());
  VectorType floats = integers.clone(e.f32Type());
  int64_t tileRows = layout.getTileRows();
  // Σ (w + offset) x = Σ w x + offset Σ x.
  Value offset = e.constant(e.i32Type(), products.getExcess(element.offset));
  auto exact = [&](Value dot, int64_t plane) {
    Value sum = e.load(a.inputs[3], {row, e.index(plane)});
    Value excess = e.broadcast(e.mul(sum, offset), integers);
    return e.signedToFloat(e.sub(dot, excess), floats);
  };
  Value rowScales = vectorized::emitLoadRows(
      e, floats, a.inputs[5], {}, firstRow, spec.table.rows, tileRows);
  Value scale =
      e.mul(e.broadcast(e.load(a.inputs[2], {row}), floats), rowScales);
  Value sum =
      e.add(e.mul(exact(high, 0), e.constant(floats, 256.0)), exact(low, 1));
  vectorized::emitStoreRows(e, e.mul(sum, scale), a.outputs[0], row, firstRow,
                            spec.table.rows, tileRows);
}

void vectorized::emitIntegerHead(Emitter &e, const KernelArguments &a,
                                 const TableSpec &spec,
                                 const IntegerHeadSpec &kernel) {
  IntegerHead head(e, a, spec, kernel);
  Value none = e.index(0);
  Value tileRows = e.index(spec.table.layout.getTileRows());
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    emitTokenTiles(e, a.rows, kernel.tokenTile, [&](Value row, int64_t tokens) {
      int64_t groups = tokens == 1 ? kernel.groups : kernel.tileGroups;
      e.loop(none, tileRows, groups * kernel.lanes, [&](Value lane) {
        head.emitTile(tile, lane, groups, row, tokens);
      });
    });
  });
}
