//===- DotProducts.cpp - Products of codes and activations ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DotProducts.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::x86;

DotProducts::DotProducts(Emitter &e, InstructionSet level)
    : DotProducts(e, level, getVectorBits(level) / 32) {}

DotProducts::DotProducts(Emitter &e, InstructionSet level, int64_t lanes)
    : e(e), isWide(includes(level, InstructionSet::AVXVNNI)) {
  bytes = e.vectorType(4 * lanes, e.i8Type());
  words = e.vectorType(2 * lanes, e.builder().getI16Type());
  integers = e.vectorType(lanes, e.i32Type());
}

Value DotProducts::zero() const {
  return e.constant(isWide ? integers : words, int64_t(0));
}

Value DotProducts::add(Value accumulator, Value codes,
                       Value activations) const {
  if (isWide)
    return bitnet_isa::DotAccumulateOp::create(e.builder(), e.location(),
                                               accumulator, codes, activations);
  return e.add(accumulator,
               bitnet_isa::MultiplyAddBytesOp::create(
                   e.builder(), e.location(), words, codes, activations));
}

Value DotProducts::widen(Value accumulator) const {
  if (isWide)
    return accumulator;
  return bitnet_isa::MultiplyAddWordsOp::create(e.builder(), e.location(),
                                                integers, accumulator,
                                                e.constant(words, int64_t(1)));
}

Value DotProducts::addWide(Value sums, Value codes, Value activations) const {
  if (isWide)
    return add(sums, codes, activations);
  return e.add(sums, widen(add(zero(), codes, activations)));
}

std::optional<int64_t> DotProducts::getCapacity(int64_t largest) const {
  if (isWide)
    return std::nullopt;
  // A word takes two products at a time; activations are -128 to 127.
  return std::min(INT16_MAX / (2 * largest * INT8_MAX),
                  INT16_MIN / (2 * largest * INT8_MIN));
}
