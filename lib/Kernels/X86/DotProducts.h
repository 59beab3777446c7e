//===- DotProducts.h - Products of codes and activations --------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_X86_DOTPRODUCTS_H
#define BITNET_LIB_KERNELS_X86_DOTPRODUCTS_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Kernels/Emitter.h"

namespace mlir::bitnet::x86 {

/// How a level adds products p of unsigned codes and signed activations, bytes
/// both, four to a 32-bit lane. What an accumulator holds in a lane:
///
///   vpdpbusd                |     p0 + p1 + p2 + p3     |
///   vpmaddubsw, vpaddw      |  p0 + p1    |   p2 + p3   |
class DotProducts {
public:
  DotProducts(Emitter &e, InstructionSet level);
  /// In vectors of fewer lanes than the level has.
  DotProducts(Emitter &e, InstructionSet level, int64_t lanes);

  int64_t getLanes() const { return integers.getNumElements(); }
  /// A vector of four bytes for each lane.
  VectorType getBytes() const { return bytes; }
  /// A vector of a 32-bit integer for each lane.
  VectorType getIntegers() const { return integers; }

  /// An accumulator without products.
  Value zero() const;
  /// `accumulator` with the products of `codes` and `activations` added.
  Value add(Value accumulator, Value codes, Value activations) const;
  /// The 32-bit sums of an accumulator.
  Value widen(Value accumulator) const;
  /// 32-bit `sums` with the products of `codes`, at most 1, and `activations`
  /// added.
  Value addWide(Value sums, Value codes, Value activations) const;
  /// How many rounds of additions an accumulator holds, if the largest codes
  /// of a round add up to `largest`; none: as many as 32 bits hold.
  std::optional<int64_t> getCapacity(int64_t largest) const;

private:
  Emitter &e;
  /// Whether there is vpdpbusd.
  bool isWide;
  VectorType bytes, words, integers;
};

} // namespace mlir::bitnet::x86

#endif // BITNET_LIB_KERNELS_X86_DOTPRODUCTS_H
