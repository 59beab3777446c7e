//===- ByteProducts.h - Products of bytes of weights ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_VECTOR_BYTEPRODUCTS_H
#define BITNET_LIB_KERNELS_VECTOR_BYTEPRODUCTS_H

#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "bitnet/Kernels/Kernels.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::bitnet::vectorized {

/// Bytes as 16-bit words: those of even and those of odd columns.
struct WordPair {
  Value even, odd;
};

/// Dot products of unsigned bytes of a table and signed bytes of activations.
class ByteProducts {
public:
  ByteProducts(Emitter &e, ByteProduct kind, int64_t lanes, int64_t maximum)
      : e(e), kind(kind), maximum(maximum), lanes(lanes),
        integers(e.vectorType(lanes, e.i32Type())),
        words(e.vectorType(2 * lanes, e.builder().getI16Type())),
        bytes(e.vectorType(4 * lanes, e.i8Type())) {}

  VectorType getBytes() const { return bytes; }

  /// Sums that products are added to.
  VectorType getSums() const {
    return usesWords() && kind == ByteProduct::Generic
               ? e.vectorType(2 * lanes, e.i32Type())
               : integers;
  }

  /// What the products are too large by, as a multiple of the activations'
  /// sum: stored elements are `offset` too large.
  int64_t getExcess(int64_t offset) const { return isFlipped() ? 0 : offset; }

  /// An operand for `add`: four activations of every lane.
  WordPair activations(Value values, Value row, Value column) {
    return activations(
        vectorized::emitBroadcastFour(e, values, row, column, bytes));
  }

  /// The same of bytes.
  WordPair activations(Value signedBytes) {
    if (!usesWords())
      return {signedBytes, {}};
    Value pairs = e.bitcast(signedBytes, words);
    Value eight = e.constant(words, int64_t(8));
    return {e.shiftRightArithmetic(e.shiftLeft(pairs, eight), eight),
            e.shiftRightArithmetic(pairs, eight)};
  }

  /// An operand for `add`: stored elements.
  WordPair weights(Value stored) {
    if (isFlipped())
      return {e.bitXor(stored, e.constant(bytes, int64_t(-128))), {}};
    if (!usesWords())
      return {stored, {}};
    Value pairs = e.bitcast(stored, words);
    return {e.bitAnd(pairs, e.constant(words, int64_t(0xff))),
            e.shiftRightLogical(pairs, e.constant(words, int64_t(8)))};
  }

  /// Vectors of four columns that `add` wants at once.
  int64_t getQuads() const {
    if (kind != ByteProduct::MultiplyAdd || usesWords())
      return 1;
    // Two products of 63 and 128, twice: 32256 fit into 16 bits.
    return maximum <= 31 ? 4 : 2;
  }

  /// `sums` plus the products of weights and activations, a vector for each
  /// four columns.
  Value add(Value sums, ArrayRef<WordPair> weights,
            ArrayRef<WordPair> activations) {
    if (kind == ByteProduct::MultiplyAdd && !usesWords()) {
      Value pairs = multiplyBytes(weights[0], activations[0]);
      for (size_t f = 1; f < weights.size(); ++f)
        pairs = e.add(pairs, multiplyBytes(weights[f], activations[f]));
      return e.add(sums, multiplyWords(pairs, e.constant(words, int64_t(1))));
    }
    for (auto [weight, activation] : llvm::zip_equal(weights, activations))
      sums = addOne(sums, weight, activation);
    return sums;
  }

  /// The sum of `count` activations of a row from `column` on, a multiple of
  /// 16, in every lane.
  Value sumActivations(Value values, Value row, Value column, int64_t count) {
    int64_t step = count % 32 == 0 ? 32 : 16;
    VectorType narrow = e.vectorType(step, e.i8Type());
    VectorType wide = e.vectorType(step, e.i32Type());
    auto load = [&](Value first) {
      return e.extendSigned(e.loadVector(narrow, values, {row, first}), wide);
    };
    Value total = load(column);
    for (int64_t k = step; k < count; k += step)
      total = e.add(total, load(e.add(column, e.index(k))));
    Value sum = vector::ReductionOp::create(e.builder(), e.location(),
                                            vector::CombiningKind::ADD, total);
    return e.broadcast(sum, integers);
  }

  /// The total of each lane.
  Value finish(Value sums) {
    if (sums.getType() == integers)
      return sums;
    SmallVector<int64_t> even, odd;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      even.push_back(2 * lane);
      odd.push_back(2 * lane + 1);
    }
    auto pick = [&](ArrayRef<int64_t> elements) -> Value {
      return vector::ShuffleOp::create(e.builder(), e.location(), sums, sums,
                                       elements);
    };
    return e.add(pick(even), pick(odd));
  }

private:
  /// Whether bytes are taken apart, since pairs of products would not fit into
  /// 16 bits or the instruction does not exist.
  bool usesWords() const {
    return kind == ByteProduct::Generic ||
           (kind == ByteProduct::MultiplyAdd && maximum > 63);
  }
  /// Whether stored bytes become signed, for an instruction that wants that.
  bool isFlipped() const {
    return kind == ByteProduct::SignedDot && maximum > 127;
  }

  Value multiplyBytes(WordPair weight, WordPair activation) {
    return bitnet_isa::MultiplyAddBytesOp::create(
        e.builder(), e.location(), words, weight.even, activation.even);
  }
  Value multiplyWords(Value lhs, Value rhs) {
    return bitnet_isa::MultiplyAddWordsOp::create(e.builder(), e.location(),
                                                  integers, lhs, rhs);
  }

  Value addOne(Value sums, WordPair weight, WordPair activation) {
    switch (kind) {
    case ByteProduct::DotAccumulate:
      return bitnet_isa::DotAccumulateOp::create(
          e.builder(), e.location(), sums, weight.even, activation.even);
    case ByteProduct::SignedDot:
      return bitnet_isa::SignedDotOp::create(e.builder(), e.location(), sums,
                                             weight.even, activation.even);
    case ByteProduct::MultiplyAdd:
      sums = e.add(sums, multiplyWords(weight.even, activation.even));
      return e.add(sums, multiplyWords(weight.odd, activation.odd));
    case ByteProduct::Generic:
      for (auto [w, x] : {std::pair(weight.even, activation.even),
                          std::pair(weight.odd, activation.odd)})
        sums = e.add(sums, e.mul(e.extendSigned(w, getSums()),
                                 e.extendSigned(x, getSums())));
      return sums;
    }
    llvm_unreachable("unknown products");
  }

  Emitter &e;
  ByteProduct kind;
  int64_t maximum, lanes;
  VectorType integers, words, bytes;
};

} // namespace mlir::bitnet::vectorized

#endif // BITNET_LIB_KERNELS_VECTOR_BYTEPRODUCTS_H
