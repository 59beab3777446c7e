//===- LookupBytes.cpp - Lookup kernels of byte tables for x86 ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Vector/LookupBytes.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::vectorized;

namespace {
/// Sums are interleaved by punpcklbw and punpckhbw and combined by pmaddubsw.
class X86ByteLookup : public ByteLookup {
public:
  using ByteLookup::ByteLookup;

private:
  std::pair<Value, Value> combine(Value low, Value high) override;
};

/// Tables of 16 entries, one in each 128 bits, by pshufb.
class ShuffleLookup : public X86ByteLookup {
public:
  using X86ByteLookup::X86ByteLookup;

private:
  Part loadPart(Value row, Value byte) override;
  Value lookUp(const Part &part, Value indices) override;
  Value applySigns(Value values, Value signs) override;
};

/// Tables of 128 entries in two registers, by vpermi2b.
class PermuteLookup : public X86ByteLookup {
public:
  using X86ByteLookup::X86ByteLookup;

private:
  Part loadPart(Value row, Value byte) override;
  Value lookUp(const Part &part, Value indices) override;
};
} // namespace

std::pair<Value, Value> X86ByteLookup::combine(Value low, Value high) {
  constexpr int64_t laneBytes = 16;
  // A low part times 1 and the high part after it times radix.
  Value factors = e.bitcast(e.constant(words, format.radix * 256 + 1), bytes);
  auto combineHalf = [&](int64_t first) -> Value {
    SmallVector<int64_t> order;
    for (int64_t lane = 0; lane < lanes; lane += laneBytes)
      for (int64_t i = lane + first; i < lane + first + laneBytes / 2; ++i)
        order.append({i, lanes + i});
    Value pairs =
        vector::ShuffleOp::create(e.builder(), e.location(), low, high, order);
    // The first operand is the one without signs.
    Value lhs = format.isSigned() ? factors : pairs;
    Value rhs = format.isSigned() ? pairs : factors;
    return bitnet_isa::MultiplyAddBytesOp::create(e.builder(), e.location(),
                                                  words, lhs, rhs);
  };
  return {combineHalf(0), combineHalf(laneBytes / 2)};
}

ByteLookup::Part ShuffleLookup::loadPart(Value row, Value byte) {
  Value table = loadBytes(a.inputs[0], {row, byte}, format.entries);
  if (lanes == format.entries)
    return {table};
  SmallVector<int64_t> repeated;
  for (int64_t i = 0; i < lanes; ++i)
    repeated.push_back(i % format.entries);
  return {vector::ShuffleOp::create(e.builder(), e.location(), table, table,
                                    repeated)};
}

Value ShuffleLookup::lookUp(const Part &part, Value indices) {
  return bitnet_isa::ShuffleBytesOp::create(e.builder(), e.location(), bytes,
                                            part[0], indices);
}

Value ShuffleLookup::applySigns(Value values, Value signs) {
  return bitnet_isa::SignBytesOp::create(e.builder(), e.location(), bytes,
                                         values, signs);
}

ByteLookup::Part PermuteLookup::loadPart(Value row, Value byte) {
  return {loadBytes(a.inputs[0], {row, byte}, lanes),
          loadBytes(a.inputs[0], {row, e.add(byte, e.index(lanes))}, lanes)};
}

Value PermuteLookup::lookUp(const Part &part, Value indices) {
  return bitnet_isa::PermuteTwoBytesOp::create(e.builder(), e.location(), bytes,
                                               part[0], indices, part[1]);
}

void x86::emitLookupShuffle(Emitter &e, const KernelArguments &a,
                            const QuantizedLinearSpec &spec, int64_t lanes) {
  // Two groups or two tokens would share some loads, but LLVM then runs out of
  // 16 registers: 132 G products a second with AVX2, against 148.
  ShuffleLookup(e, a, spec, lanes, /*groups=*/1)
      .emit(/*tokenTiles=*/{1}, /*cachedTokens=*/4, /*mostSteps=*/8);
}

void x86::emitLookupPermute(Emitter &e, const KernelArguments &a,
                            const QuantizedLinearSpec &spec) {
  // With an eighth step, LLVM runs out of registers.
  PermuteLookup(e, a, spec, /*lanes=*/64, /*groups=*/2)
      .emit(/*tokenTiles=*/{2, 1}, /*cachedTokens=*/2, /*mostSteps=*/7);
}
