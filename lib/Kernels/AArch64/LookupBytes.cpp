//===- LookupBytes.cpp - Lookup kernels of byte tables for AArch64 --------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Vector/LookupBytes.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::vectorized;

namespace {
/// Tables of 16 entries, by tbl. Sums are combined by umlal and uaddw.
class TableLookup : public ByteLookup {
public:
  using ByteLookup::ByteLookup;

private:
  Part loadPart(Value row, Value byte) override {
    return {loadBytes(a.inputs[0], {row, byte}, format.entries)};
  }
  Value lookUp(const Part &part, Value indices) override {
    return bitnet_isa::TableLookupOp::create(e.builder(), e.location(), bytes,
                                             part[0], indices);
  }
  std::pair<Value, Value> combine(Value low, Value high) override;
};
} // namespace

std::pair<Value, Value> TableLookup::combine(Value low, Value high) {
  int64_t half = lanes / 2;
  Value radix = e.constant(words, format.radix);
  auto combineHalf = [&](int64_t first) {
    Value wideLow = e.extendUnsigned(e.slice(low, first, half), words);
    Value wideHigh = e.extendUnsigned(e.slice(high, first, half), words);
    return e.add(wideLow, e.mul(wideHigh, radix));
  };
  return {combineHalf(0), combineHalf(half)};
}

void aarch64::emitLookupNEON(Emitter &e, const KernelArguments &a,
                             const QuantizedLinearSpec &spec) {
  TableLookup(e, a, spec, /*lanes=*/16, /*groups=*/2)
      .emit(/*tokenTiles=*/{2, 1}, /*cachedTokens=*/4, /*mostSteps=*/8);
}
