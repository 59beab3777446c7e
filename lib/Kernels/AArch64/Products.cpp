//===- Products.cpp - Products of codes and activations -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Products.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::aarch64;

Products::~Products() = default;

Value Products::shuffle(Value first, Value second, ArrayRef<int64_t> elements) {
  return vector::ShuffleOp::create(e.builder(), e.location(), first, second,
                                   elements);
}

Value Products::splatField(Value activations, int64_t field) {
  // A shuffle and not a load of four bytes: instructions take the field as the
  // lane of an operand.
  Value words = e.bitcast(activations, integers);
  return e.bitcast(shuffle(words, words, {field, field, field, field}), bytes);
}

Value Products::moveField(Value codes, int64_t position, int64_t target) {
  if (position != target)
    codes = e.shiftRightLogical(codes,
                                e.constant(bytes, bits * (position - target)));
  // Shifting leaves the uppermost field by itself.
  if (position == fields - 1 && target == 0)
    return codes;
  return e.bitAnd(
      codes, e.constant(bytes, ((int64_t(1) << bits) - 1) << bits * target));
}

Value Products::addScales(ArrayRef<Value> sums, int64_t shift) {
  Value total = sums[0];
  for (auto [s, sum] : llvm::enumerate(sums.drop_front()))
    total =
        e.add(total, e.shiftRightArithmetic(
                         sum, e.constant(integers, int64_t(s + 1) * shift)));
  return total;
}

/// 32-bit sums with bytes added, four to a lane, by sdot.
static Value addBytes(Emitter &e, Value sums, Value added) {
  Value ones = e.constant(added.getType(), int64_t(1));
  return bitnet_isa::SignedDotOp::create(e.builder(), e.location(), sums, added,
                                         ones);
}

namespace {
/// [token] of 16 words: a sum for each byte of the codes.
class WordProducts : public Products {
public:
  WordProducts(Emitter &e, int64_t bits)
      : Products(e, bits),
        words(e.vectorType(vectorBytes, e.builder().getI16Type())) {}

  SmallVector<Value> makeZeros(const RegisterTile &tile) override {
    return SmallVector<Value>(tile.groups * tile.tokens,
                              e.constant(words, int64_t(0)));
  }

  /// [token][field]
  SmallVector<Value> prepare(ArrayRef<Value> activations) override {
    SmallVector<Value> prepared;
    for (Value values : activations)
      for (int64_t f = 0; f < 4; ++f)
        prepared.push_back(e.extendSigned(splatField(values, f), words));
    return prepared;
  }

  void add(const RegisterTile &tile, Value codes, ArrayRef<Value> prepared,
           MutableArrayRef<Value> accumulators) override {
    for (int64_t f = 0; f < fields; ++f) {
      Value weights = e.extendSigned(moveField(codes, f, 0), words);
      for (auto [t, sum] : llvm::enumerate(accumulators))
        sum = e.add(sum, e.mul(weights, prepared[t * fields + f]));
    }
  }

  SmallVector<Value> getDots(const RegisterTile &tile,
                             ArrayRef<Value> accumulators) override {
    SmallVector<Value> dots;
    for (Value sum : accumulators) {
      auto addPairs = [&](ArrayRef<int64_t> elements) -> Value {
        return bitnet_isa::AddPairsOp::create(
            e.builder(), e.location(), integers, shuffle(sum, sum, elements));
      };
      Value low = addPairs({0, 1, 2, 3, 4, 5, 6, 7});
      Value high = addPairs({8, 9, 10, 11, 12, 13, 14, 15});
      dots.push_back(e.add(shuffle(low, high, {0, 2, 4, 6}),
                           shuffle(low, high, {1, 3, 5, 7})));
    }
    return dots;
  }

  std::optional<int64_t> getCapacity() override {
    // A step adds four products of a code of at most 2, or eight of at most 1,
    // and an activation of at least -128 to a word: 32 steps are -2^15 at the
    // least and 32512 at most.
    return 32;
  }

  Value addActivations(Value sums, Value activations) override {
    Value wide = e.extendSigned(activations, words);
    for (int64_t first : {0, 8}) {
      Value half = shuffle(wide, wide,
                           {first, first + 1, first + 2, first + 3, first + 4,
                            first + 5, first + 6, first + 7});
      sums = e.add(sums, bitnet_isa::AddPairsOp::create(
                             e.builder(), e.location(), integers, half));
    }
    return sums;
  }

private:
  VectorType words;
};

/// [token][scale] of 4 sums.
class DotProducts : public Products {
public:
  DotProducts(Emitter &e, int64_t bits) : Products(e, bits) {}

  SmallVector<Value> makeZeros(const RegisterTile &tile) override {
    return SmallVector<Value>(tile.groups * tile.tokens * tile.scales,
                              e.constant(integers, int64_t(0)));
  }

  /// [token][field]
  SmallVector<Value> prepare(ArrayRef<Value> activations) override {
    SmallVector<Value> prepared;
    for (Value values : activations)
      for (int64_t f = 0; f < 4; ++f)
        prepared.push_back(splatField(values, f));
    return prepared;
  }

  void add(const RegisterTile &tile, Value codes, ArrayRef<Value> prepared,
           MutableArrayRef<Value> accumulators) override {
    for (int64_t f = 0; f < fields; ++f) {
      int64_t scale = f % tile.scales;
      Value weights = moveField(codes, f, scale);
      for (int64_t t = 0; t < tile.tokens; ++t) {
        Value &sum = accumulators[t * tile.scales + scale];
        sum = bitnet_isa::SignedDotOp::create(
            e.builder(), e.location(), sum, weights, prepared[t * fields + f]);
      }
    }
  }

  SmallVector<Value> getDots(const RegisterTile &tile,
                             ArrayRef<Value> accumulators) override {
    SmallVector<Value> dots;
    for (int64_t t = 0; t < tile.tokens; ++t)
      dots.push_back(
          addScales(accumulators.slice(t * tile.scales, tile.scales), bits));
    return dots;
  }

  Value addActivations(Value sums, Value activations) override {
    return addBytes(e, sums, activations);
  }
};

/// [token pair][row pair][scale] of the sums of token 0, row 0; token 0, row 1;
/// token 1, row 0; token 1, row 1.
class MatrixProducts : public Products {
public:
  explicit MatrixProducts(Emitter &e) : Products(e, /*bits=*/2) {}

  SmallVector<Value> makeZeros(const RegisterTile &tile) override {
    return SmallVector<Value>(tile.groups * tile.tokens * tile.scales,
                              e.constant(integers, int64_t(0)));
  }

  /// [token pair][half of the columns] of two rows of eight columns.
  SmallVector<Value> prepare(ArrayRef<Value> activations) override {
    VectorType halves = e.vectorType(2, e.builder().getI64Type());
    SmallVector<Value> prepared;
    for (size_t t = 0; t < activations.size(); t += 2) {
      Value first = e.bitcast(activations[t], halves);
      Value second = e.bitcast(activations[t + 1], halves);
      for (int64_t half = 0; half < 2; ++half)
        prepared.push_back(
            e.bitcast(shuffle(first, second, {half, half + 2}), bytes));
    }
    return prepared;
  }

  void add(const RegisterTile &tile, Value codes, ArrayRef<Value> prepared,
           MutableArrayRef<Value> accumulators) override {
    // Two rows of two fields each, in bits 0 the first eight columns and in
    // bits 4 the last:
    //
    //   row r, fields 0 and 2 | row r, 1 and 3 | row r + 1, 0 and 2 | 1 and 3
    Value even = e.bitcast(codes, integers);
    Value odd = e.bitcast(
        e.shiftRightLogical(codes, e.constant(bytes, int64_t(2))), integers);
    for (int64_t rows = 0; rows < 2; ++rows) {
      int64_t row = 2 * rows;
      Value pair = e.bitcast(
          shuffle(even, odd, {row, row + lanes, row + 1, row + 1 + lanes}),
          bytes);
      for (int64_t half = 0; half < 2; ++half) {
        int64_t scale = half % tile.scales;
        Value weights = moveField(pair, 2 * half, 2 * scale);
        for (int64_t t = 0; t < tile.tokens / 2; ++t) {
          Value &sum = accumulators[(t * 2 + rows) * tile.scales + scale];
          sum = bitnet_isa::MatrixMultiplyAddOp::create(
              e.builder(), e.location(), sum, prepared[t * 2 + half], weights);
        }
      }
    }
  }

  SmallVector<Value> getDots(const RegisterTile &tile,
                             ArrayRef<Value> accumulators) override {
    SmallVector<Value> dots;
    for (int64_t t = 0; t < tile.tokens / 2; ++t) {
      auto getSums = [&](int64_t rows) {
        return addScales(
            accumulators.slice((t * 2 + rows) * tile.scales, tile.scales), 4);
      };
      Value low = getSums(0), high = getSums(1);
      dots.push_back(shuffle(low, high, {0, 1, 4, 5}));
      dots.push_back(shuffle(low, high, {2, 3, 6, 7}));
    }
    return dots;
  }

  Value addActivations(Value sums, Value activations) override {
    return addBytes(e, sums, activations);
  }
};
} // namespace

std::unique_ptr<Products> aarch64::makeWordProducts(Emitter &e, int64_t bits) {
  return std::make_unique<WordProducts>(e, bits);
}

std::unique_ptr<Products> aarch64::makeDotProducts(Emitter &e, int64_t bits) {
  return std::make_unique<DotProducts>(e, bits);
}

std::unique_ptr<Products> aarch64::makeMatrixProducts(Emitter &e) {
  return std::make_unique<MatrixProducts>(e);
}
