//===- LookupTables.cpp - Emits tables of sums ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LookupTables.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::vectorized;

TableEmitter::TableEmitter(Emitter &e, const KernelArguments &a,
                           const LookupTablesSpec &spec, int64_t lanes)
    : e(e), a(a), element(spec.element), format(*getLookupFormat(spec.element)),
      words(e.vectorType(lanes, e.builder().getI16Type())),
      steps(spec.columns / getLaneFormat(spec.element).columns) {}

Value TableEmitter::makeConstant(
    int64_t first, function_ref<int64_t(const std::array<int, 4> &)> get) {
  SmallVector<int16_t> elements;
  for (int64_t lane = 0; lane < words.getNumElements(); ++lane) {
    auto trits = getLookupTrits(element, first + lane);
    if (!trits)
      trits = getLookupTrits(element, first);
    elements.push_back(static_cast<int16_t>(get(*trits)));
  }
  return arith::ConstantOp::create(
      e.builder(), e.location(),
      DenseElementsAttr::get(words, ArrayRef<int16_t>(elements)));
}

Value TableEmitter::emitSums(Value row, Value column, int64_t first) {
  Value sum = e.constant(words, format.offset);
  for (int64_t i = 0; i < format.columns; ++i) {
    Value value =
        e.extendSigned(e.load(a.inputs[0], {row, e.add(column, e.index(i))}),
                       e.builder().getI16Type());
    Value trits = makeConstant(first, [&](const auto &t) { return t[i]; });
    sum = e.add(sum, e.mul(e.broadcast(value, words), trits));
  }
  return sum;
}

void TableEmitter::store(Value elements, Value row, Value at) {
  auto type = cast<VectorType>(elements.getType());
  int64_t bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
  e.storeVector(e.bitcast(elements, e.vectorType(bytes, e.i8Type())),
                a.outputs[0], {row, at});
}

std::pair<Value, Value> TableEmitter::split(Value sums) {
  VectorType bytes = words.clone(e.i8Type());
  auto number = [&](int64_t value) { return e.constant(words, value); };
  Value low, high;
  if (llvm::isPowerOf2_64(format.radix)) {
    high = e.shiftRightLogical(sums, number(llvm::Log2_64(format.radix)));
    low = e.bitAnd(sums, number(format.radix - 1));
  } else {
    // Sums below 1024, times at most 1 / 2^16 more than 1 / radix: the quotient
    // is exact for radices up to 64.
    VectorType wide = words.clone(e.i32Type());
    Value product =
        e.mul(e.extendUnsigned(sums, wide),
              e.constant(wide, llvm::divideCeilSigned(1 << 16, format.radix)));
    high = e.truncate(
        e.shiftRightLogical(product, e.constant(wide, int64_t(16))), words);
    low = e.sub(sums, e.mul(high, number(format.radix)));
  }
  if (format.isSigned()) {
    low = e.add(low, number(format.leastLow));
    high = e.add(high, number(format.leastHigh));
  }
  return {e.truncate(low, bytes), e.truncate(high, bytes)};
}

void TableEmitter::emitTable(Value row, Value column, Value at) {
  int64_t lanes = words.getNumElements();
  for (int64_t first = 0; first < format.entries; first += lanes) {
    // No field has these entries.
    if (!getLookupTrits(element, first))
      continue;
    Value sums = emitSums(row, column, first);
    if (format.radix == 0) {
      store(sums, row, e.add(at, e.index(2 * first)));
      continue;
    }
    auto [low, high] = split(sums);
    Value part = e.add(at, e.index(first));
    store(low, row, part);
    store(high, row, e.add(part, e.index(format.entries)));
  }
}

void TableEmitter::emit() {
  int64_t columns = getLaneFormat(element).columns;
  int64_t tables = columns / format.columns;
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    Value parts = e.index(LookupTablesSpec::parts);
    Value row = e.div(tile, parts), part = e.rem(tile, parts);
    Value begin = e.div(e.mul(part, e.index(steps)), parts);
    Value end = e.div(e.mul(e.add(part, e.index(1)), e.index(steps)), parts);
    e.loop(begin, end, 1, [&](Value step) {
      for (int64_t i = 0; i < tables; ++i) {
        Value table = e.add(e.mul(step, e.index(tables)), e.index(i));
        emitTable(row, e.mul(table, e.index(format.columns)),
                  e.mul(table, e.index(format.getTableBytes())));
      }
    });
  });
}

void vectorized::emitLookupTables(Emitter &e, const KernelArguments &a,
                                  const LookupTablesSpec &spec, int64_t lanes) {
  TableEmitter(e, a, spec, lanes).emit();
}
