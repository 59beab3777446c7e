//===- LookupTablesTest.cpp - Kernels that make lookup tables -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every entry of the tables against the definition of bitnet.lookup_tables.
//
//===----------------------------------------------------------------------===//

#include "Buffer.h"
#include "KernelJit.h"

#include "bitnet/Kernels/KernelTable.h"

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
constexpr int64_t maximumTokens = 3;

/// An entry by the bytes of a table: the sum that kernels make of it.
int readEntry(ElementKind element, const int8_t *table, int64_t entry) {
  auto byte = [&](int64_t i) { return int(table[i]); };
  auto unsignedByte = [&](int64_t i) { return int(uint8_t(table[i])); };
  switch (element) {
  case ElementKind::TritWord:
    return byte(2 * entry + 1) * 256 + unsignedByte(2 * entry);
  case ElementKind::TritByte:
    EXPECT_LT(unsignedByte(entry), 32);
    return unsignedByte(entry) + 32 * unsignedByte(128 + entry) - 508;
  case ElementKind::TritNibble:
    EXPECT_LT(unsignedByte(entry), 23);
    return unsignedByte(entry) + 23 * unsignedByte(16 + entry) - 254;
  case ElementKind::TritSign:
    EXPECT_LE(std::abs(byte(entry)), 15);
    return byte(entry) + 31 * byte(16 + entry);
  default:
    ADD_FAILURE() << "no tables of this kind";
    return 0;
  }
}

/// The value of the field for the trits `t`.
int getField(ElementKind element, llvm::ArrayRef<int> t) {
  switch (element) {
  case ElementKind::TritByte:
    return (t[0] + 1) + 3 * (t[1] + 1) + 9 * (t[2] + 1) + 32 * (t[3] + 1);
  case ElementKind::TritNibble:
    return (t[0] + 1) + 3 * (t[1] + 1);
  case ElementKind::TritSign:
    return t[0] + 3 * t[1] + 9 * t[2];
  default:
    return (t[0] + 1) + 3 * (t[1] + 1) + 9 * (t[2] + 1);
  }
}

class LookupTablesTest : public MachineTest {
protected:
  void check(const LinearKernel &row, int64_t steps, int64_t extraColumns,
             unsigned optimizationLevel);
};

void LookupTablesTest::check(const LinearKernel &row, int64_t steps,
                             int64_t extraColumns, unsigned optimizationLevel) {
  SCOPED_TRACE(row.name.str() + ", " + std::to_string(steps) + " steps");
  int64_t columns = steps * getLaneFormat(row.element).columns;
  int64_t width = columns + extraColumns;
  int64_t bytes = getLookupTableBytes(row.element, columns);
  bool takesLowest = row.element == ElementKind::TritWord;
  Random random(7);
  Buffer<int8_t> values(maximumTokens * width);
  for (int64_t i = 0; i < values.size(); ++i)
    switch (random.integer(0, 3)) {
    case 0:
      values[i] = 127;
      break;
    case 1:
      values[i] = static_cast<int8_t>(takesLowest ? -128 : -127);
      break;
    default:
      values[i] = static_cast<int8_t>(random.integer(-127, 127));
    }
  Kernel kernel(
      machine(), {byteBuffer({maximumTokens, width})},
      {byteBuffer({maximumTokens, bytes})},
      [&](Emitter &e, const KernelArguments &a) {
        row.emitTables(e, a, {row.element, columns});
      },
      optimizationLevel);
  Buffer<int8_t> tables(maximumTokens * bytes);
  // Two tokens in three uneven pieces.
  constexpr int64_t tiles = 2 * LookupTablesSpec::parts;
  kernel(11, tiles, 2, {values, tables});
  kernel(0, 3, 2, {values, tables});
  kernel(3, 11, 2, {values, tables});

  int64_t group = getLookupFormat(row.element)->columns;
  int64_t tableBytes = bytes / (columns / group);
  for (int64_t t = 0; t < 2; ++t)
    for (int64_t first = 0; first < columns; first += group) {
      const int8_t *table =
          tables.data() + t * bytes + first / group * tableBytes;
      const int8_t *activations = values.data() + t * width + first;
      for (int64_t number = 0; number < 81; ++number) {
        int trits[] = {int(number % 3) - 1, int(number / 3 % 3) - 1,
                       int(number / 9 % 3) - 1, int(number / 27) - 1};
        int field = getField(row.element, trits);
        if (field < 0)
          continue;
        int sum = 0;
        for (int64_t i = 0; i < group; ++i)
          sum += trits[i] * activations[i];
        ASSERT_EQ(readEntry(row.element, table, field), sum)
            << "token " << t << ", column " << first << ", entry " << field;
      }
    }
  for (int64_t i = 2 * bytes; i < tables.size(); ++i)
    ASSERT_TRUE(tables.isUntouched(i)) << "byte " << i;
}
} // namespace

TEST_P(LookupTablesTest, FollowTheDefinition) {
  for (const LinearKernel &row : getLinearKernels()) {
    if (!row.emitTables || !machine().tests(row.level))
      continue;
    // Fewer steps than parts of a row, and shares of several sizes.
    for (int64_t steps : {1, 7, 21}) {
      check(row, steps, /*extraColumns=*/0, /*optimizationLevel=*/3);
      if (HasFatalFailure())
        return;
    }
    check(row, 9, /*extraColumns=*/5, /*optimizationLevel=*/0);
    if (HasFatalFailure())
      return;
  }
}

BITNET_FOR_EACH_MACHINE(LookupTablesTest);
