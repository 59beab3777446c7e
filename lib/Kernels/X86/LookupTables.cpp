//===- LookupTables.cpp - Tables of sums for x86 --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Vector/LookupTables.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"

#include <numeric>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::vectorized;

namespace {
/// Multiplies two columns at a time: as an unsigned byte, an activation a is
/// a + 128, and the trits, signed bytes, know how often 128 is too much.
class X86TableEmitter : public TableEmitter {
public:
  using TableEmitter::TableEmitter;

private:
  Value emitSums(Value row, Value column, int64_t first) override;
  /// Sums for columns `i` and `i` + 1, or the latter alone, with 128 added to
  /// each activation.
  Value emitPair(Value row, Value column, int64_t first, int64_t i,
                 bool skipsFirst);
};
} // namespace

Value X86TableEmitter::emitPair(Value row, Value column, int64_t first,
                                int64_t i, bool skipsFirst) {
  VectorType bytes = e.vectorType(2 * words.getNumElements(), e.i8Type());
  Type word = e.builder().getI16Type();
  Value loaded = e.loadVector(e.vectorType(2, e.i8Type()), a.inputs[0],
                              {row, e.add(column, e.index(i))});
  Value pair = e.extract(e.bitcast(loaded, e.vectorType(1, word)), 0);
  Value excess = e.constant(words, int64_t(int16_t(0x8080)));
  Value activations = e.bitXor(e.broadcast(pair, words), excess);
  Value trits = makeConstant(first, [&](const auto &t) {
    return int64_t(t[i + 1]) * 256 + (skipsFirst ? 0 : uint8_t(t[i]));
  });
  return bitnet_isa::MultiplyAddBytesOp::create(
      e.builder(), e.location(), words, e.bitcast(activations, bytes),
      e.bitcast(trits, bytes));
}

Value X86TableEmitter::emitSums(Value row, Value column, int64_t first) {
  Value sum = makeConstant(first, [&](const auto &t) {
    return format.offset -
           128 * std::accumulate(t.begin(), t.end(), int64_t(0));
  });
  for (int64_t i = 0; i < format.columns; i += 2) {
    bool isLast = i + 1 == format.columns;
    sum = e.add(sum, emitPair(row, column, first, isLast ? i - 1 : i, isLast));
  }
  return sum;
}

void x86::emitLookupTables(Emitter &e, const KernelArguments &a,
                           const LookupTablesSpec &spec, int64_t lanes) {
  X86TableEmitter(e, a, spec, lanes).emit();
}
