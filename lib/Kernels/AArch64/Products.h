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

/// A vector of codes: one group of lanes, rows of a matrix, and one step.
///
///   byte 4 r + j, bits 2 f: row r, column 4 f + j
inline constexpr int64_t lanes = 4, fields = 4, vectorBytes = 16;

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
  /// What `add` reads of the activations of a step: 16 bytes for each token.
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

protected:
  explicit Products(Emitter &e)
      : e(e), bytes(e.vectorType(vectorBytes, e.i8Type())),
        integers(e.vectorType(lanes, e.i32Type())) {}

  Value shuffle(Value first, Value second, ArrayRef<int64_t> elements);
  /// Four activations, `field` of the 16, in each lane.
  Value splatField(Value activations, int64_t field);
  /// Bits 2 `position` of each byte, shifted to 2 `target`.
  Value moveField(Value codes, int64_t position, int64_t target);
  /// sums[0] + sums[1] >> shift + sums[2] >> 2 shift ...
  Value addScales(ArrayRef<Value> sums, int64_t shift);

  Emitter &e;
  VectorType bytes, integers;
};

/// Words of 16 bits that are widened in time: smlal and smlal2.
std::unique_ptr<Products> makeWordProducts(Emitter &e);
/// sdot.
std::unique_ptr<Products> makeDotProducts(Emitter &e);
/// smmla, two tokens at a time; tiles of an even number of tokens and 1 or 2
/// scales.
std::unique_ptr<Products> makeMatrixProducts(Emitter &e);

} // namespace mlir::bitnet::aarch64

#endif // BITNET_LIB_KERNELS_AARCH64_PRODUCTS_H
