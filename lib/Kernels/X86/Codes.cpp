//===- Codes.cpp - Codes of weights in vectors ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Codes.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::x86;

const CodeFormat &x86::getCodeFormat(ElementKind element) {
  static constexpr CodeField trit[] = {
      {0, 0, 0, false}, {0, 1, 4, false}, {0, 2, 8, false}, {0, 3, 12, false}};
  static constexpr CodeField trit5[] = {{1, 3, 16, true},
                                        {0, 0, 0, false},
                                        {0, 1, 4, false},
                                        {0, 2, 8, false},
                                        {0, 3, 12, false}};
  static constexpr CodeField bit[] = {{0, 0, 0, false},  {0, 1, 4, false},
                                      {0, 2, 8, false},  {0, 3, 12, false},
                                      {0, 4, 16, false}, {0, 5, 20, false},
                                      {0, 6, 24, false}, {0, 7, 28, false}};
  static constexpr CodeFormat trits = {2, 2, trit}, windows = {2, 2, trit5},
                              bits = {1, 1, bit};
  switch (element) {
  case ElementKind::Trit:
    return trits;
  case ElementKind::Trit5:
    return windows;
  case ElementKind::Bit:
    return bits;
  default:
    llvm_unreachable("not an element that is multiplied");
  }
}

/// The first four trits of the bytes of `trit5`, as fields, for each index that
/// their decoding comes to: two halves of a table of 128 bytes.
static std::pair<Value, Value> emitWindowTable(Emitter &e, VectorType bytes) {
  std::array<int8_t, 128> table;
  for (int i = 0; i < 128; ++i) {
    int fields = 0;
    for (int f = 0, digits = i % 85; f < 4; ++f, digits /= 3)
      fields |= digits % 3 << 2 * f;
    table[i] = static_cast<int8_t>(fields);
  }
  auto constant = [&](ArrayRef<int8_t> half) -> Value {
    return arith::ConstantOp::create(e.builder(), e.location(),
                                     DenseElementsAttr::get(bytes, half));
  };
  ArrayRef<int8_t> entries(table);
  return {constant(entries.take_front(64)), constant(entries.drop_front(64))};
}

SmallVector<Value, 2> x86::emitLoadCodes(Emitter &e, const DotProducts &dots,
                                         ElementKind element, Value buffer,
                                         Value byte) {
  VectorType bytes = dots.getBytes();
  Value codes = e.loadVector(bytes, buffer, {byte});
  if (element != ElementKind::Trit5)
    return {codes};
  // See the layout's description. vpermi2b takes indices mod 128.
  Value zero = e.constant(bytes, int64_t(0));
  Value last = e.bitAnd(e.averageUp(codes, e.averageUp(codes, zero)),
                        e.constant(bytes, int64_t(int8_t(0xC0))));
  auto [low, high] = emitWindowTable(e, bytes);
  Value others = bitnet_isa::PermuteTwoBytesOp::create(
      e.builder(), e.location(), low, e.add(codes, last), high);
  return {others, last};
}

Value x86::emitField(Emitter &e, const DotProducts &dots,
                     ArrayRef<Value> vectors, int64_t bits,
                     const CodeField &field, int64_t scales) {
  Value codes = vectors[field.vector];
  int64_t scale = field.position % scales;
  if (scale != field.position) {
    // Bits of the next byte come in from above; they are masked, or zero.
    VectorType integers = dots.getIntegers();
    Value amount = e.constant(integers, bits * (field.position - scale));
    codes = e.bitcast(e.shiftRightLogical(e.bitcast(codes, integers), amount),
                      dots.getBytes());
  }
  if (field.isAlone)
    return codes;
  int64_t mask = ((1 << bits) - 1) << bits * scale;
  return e.bitAnd(codes, e.constant(dots.getBytes(), int64_t(int8_t(mask))));
}
