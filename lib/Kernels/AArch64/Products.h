//===- Products.h - Products of codes and activations -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_AARCH64_PRODUCTS_H
#define BITNET_LIB_KERNELS_AARCH64_PRODUCTS_H

#include "bitnet/Kernels/Emitter.h"

#include <memory>
#include <optional>

namespace mlir::bitnet::aarch64 {

/// A vector of codes: one group of lanes, rows of a matrix, and one step. For
/// codes of B bits:
///
///   byte 4 r + j, bits B f: row r, column 4 f + j
inline constexpr int64_t lanes = 4, vectorBytes = 16;

/// Dot products that are computed at once, in accumulators for each group of
/// lanes, token and scale. With more scales, codes need less shifting before
/// they are multiplied: scale s collects codes that are a power of s too large,
/// and its sum is divided in the end.
struct RegisterTile {
  int64_t groups, tokens, scales;
};

/// How the instructions of a level multiply and add.
class Products {
public:
  virtual ~Products();

  /// Accumulators without products. They belong to groups one after the other.
  virtual SmallVector<Value> makeZeros(const RegisterTile &tile) = 0;
  /// Codes of a byte, one after the other from the lowest bits.
  int64_t getFields() const { return fields; }

  /// What `add` reads of the activations of a step, vectors of 16 bytes: one
  /// for each token and four fields, [token][field / 4].
  virtual SmallVector<Value> prepare(ArrayRef<Value> activations) = 0;
  /// Adds the products of a group's codes to its accumulators.
  virtual void add(const RegisterTile &tile, Value codes,
                   ArrayRef<Value> prepared,
                   MutableArrayRef<Value> accumulators) = 0;
  /// The dot products of a group for each token, vectors of 32-bit lanes.
  virtual SmallVector<Value> getDots(const RegisterTile &tile,
                                     ArrayRef<Value> accumulators) = 0;
  /// Steps that an accumulator takes; none: as many as 32 bits allow.
  virtual std::optional<int64_t> getCapacity() { return std::nullopt; }
  /// 32-bit sums with 16 activations added, to any of the lanes.
  virtual Value addActivations(Value sums, Value activations) = 0;

protected:
  Products(Emitter &e, int64_t bits)
      : e(e), bits(bits), fields(8 / bits),
        bytes(e.vectorType(vectorBytes, e.i8Type())),
        integers(e.vectorType(lanes, e.i32Type())) {}

  Value shuffle(Value first, Value second, ArrayRef<int64_t> elements);
  /// Four activations, `field` of four, in each lane.
  Value splatField(Value activations, int64_t field);
  /// The code of `position` in each byte, shifted to that of `target`.
  Value moveField(Value codes, int64_t position, int64_t target);
  /// sums[0] + sums[1] >> shift + sums[2] >> 2 shift ...
  Value addScales(ArrayRef<Value> sums, int64_t shift);

  Emitter &e;
  int64_t bits, fields;
  VectorType bytes, integers;
};

/// Words of 16 bits that are widened in time: smlal and smlal2.
std::unique_ptr<Products> makeWordProducts(Emitter &e, int64_t bits);
/// sdot; up to 4 scales.
std::unique_ptr<Products> makeDotProducts(Emitter &e, int64_t bits);
/// smmla, codes of two bits, two tokens at a time; tiles of an even number of
/// tokens and 1 or 2 scales.
std::unique_ptr<Products> makeMatrixProducts(Emitter &e);

} // namespace mlir::bitnet::aarch64

#endif // BITNET_LIB_KERNELS_AARCH64_PRODUCTS_H
