//===- IntegerTiles.cpp - Dot products of tables of integers --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerTiles.h"
#include "ThreeBitFields.h"

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
        prefetches(prefetches),
        fields(e, bytes, [this](int64_t part) { return load(part); }) {}
  StepElements(const StepElements &) = delete;

  /// The next four columns of each lane, as stored.
  Value next() {
    if (layout.getElement() == ElementKind::Planes)
      return fields.next();
    int64_t planes = layout.getFormat().planes;
    if (quad == planes)
      return shift(upper);
    Value plane = load(quad++);
    if (planes == 1)
      return plane;
    Value two = e.bitAnd(plane, e.constant(bytes, int64_t(int8_t(0xc0))));
    upper = upper ? e.bitOr(shift(upper), two) : two;
    return e.bitAnd(plane, e.constant(bytes, int64_t(0x3f)));
  }

private:
  Value load(int64_t plane) {
    int64_t offset = plane * layout.getTileRows() * 4;
    Value at = e.add(base, e.index(offset));
    Value loaded = e.loadVector(bytes, table, {at});
    if (prefetches)
      e.prefetch(table, {e.add(at, e.index(prefetchBytes))});
    return loaded;
  }

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
  ThreeBitFields fields;
};
} // namespace

/// The largest number that a table stores.
static int64_t getMaximum(ElementKind element) {
  if (element == ElementKind::Planes)
    return 7;
  IntegerElement integer = *getIntegerElement(element);
  return integer.maximum + integer.offset;
}

IntegerTiles::IntegerTiles(Emitter &e, Value high, Value low, Value table,
                           const PackedMatrix &matrix,
                           const IntegerHeadSpec &kernel)
    : e(e), planes{high, low}, table(table), matrix(matrix), kernel(kernel),
      products(e, kernel.product, kernel.lanes,
               getMaximum(matrix.layout.getElement())) {}

int64_t IntegerTiles::getChains(int64_t sums) const {
  bool isDot = kernel.product == ByteProduct::DotAccumulate ||
               kernel.product == ByteProduct::SignedDot;
  int64_t accumulators = kernel.lanes == 8 ? 8 : 16;
  return isDot && matrix.layout.getStepColumns() > 4 && 2 * sums <= accumulators
             ? 2
             : 1;
}

SmallVector<Value> IntegerTiles::emitDots(Value tile, Value firstLane,
                                          int64_t groups, Value row,
                                          int64_t tokens) {
  LayoutAttr layout = matrix.layout;
  Value firstByte = e.mul(firstLane, e.index(4));
  // [group][token][plane][chain]
  int64_t chains = getChains(groups * tokens * 2);
  SmallVector<Value> zeros(groups * tokens * 2 * chains,
                           e.constant(products.getSums(), int64_t(0)));
  auto body = [&](Value base, Value column, MutableArrayRef<Value> next) {
    std::vector<std::unique_ptr<StepElements>> elements;
    for (int64_t g = 0; g < groups; ++g) {
      int64_t offset = g * kernel.lanes * 4;
      elements.push_back(std::make_unique<StepElements>(
          e, table, layout, products.getBytes(),
          e.add(base, e.add(firstByte, e.index(offset))),
          /*prefetches=*/tokens == 1 && offset % lineBytes == 0));
    }
    // Activations of few columns at a time, for all groups: few registers.
    for (int64_t k = 0; k < layout.getStepColumns();
         k += 4 * products.getQuads()) {
      // [token][plane][four columns]
      SmallVector<SmallVector<WordPair>> activations(tokens * 2);
      for (int64_t i = 0; i < tokens * 2; ++i)
        for (int64_t q = 0; q < products.getQuads(); ++q)
          activations[i].push_back(
              products.activations(planes[i % 2], e.add(row, e.index(i / 2)),
                                   e.add(column, e.index(k + 4 * q))));
      for (int64_t g = 0; g < groups; ++g) {
        SmallVector<WordPair> weights;
        for (int64_t q = 0; q < products.getQuads(); ++q)
          weights.push_back(products.weights(elements[g]->next()));
        for (int64_t i = 0; i < tokens * 2; ++i) {
          Value &sum = next[(g * tokens * 2 + i) * chains + k / 4 % chains];
          sum = products.add(sum, weights, activations[i]);
        }
      }
    }
  };
  SmallVector<Value> sums = emitSteps(e, matrix, tile, zeros, body);
  SmallVector<Value> totals;
  for (size_t i = 0; i < sums.size(); i += chains) {
    Value sum = sums[i];
    for (int64_t chain = 1; chain < chains; ++chain)
      sum = e.add(sum, sums[i + chain]);
    totals.push_back(products.finish(sum));
  }
  return totals;
}
