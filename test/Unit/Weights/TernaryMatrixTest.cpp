//===- TernaryMatrixTest.cpp - Trits in a plain order ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MatrixBytes.h"

#include <gtest/gtest.h>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

TEST(TernaryMatrix, OrderOfTheCodes) {
  TernaryMatrix matrix(2, 5);
  ASSERT_EQ(matrix.codes.size(), 4u);
  matrix.setTrit(0, 0, -1);
  matrix.setTrit(0, 3, 1);
  matrix.setTrit(1, 4, 1);
  matrix.setTrit(1, 4, -1);
  EXPECT_EQ(std::string(matrix.codes.begin(), matrix.codes.end()),
            "\x94\x55\x55\x54");
  EXPECT_EQ(matrix.getTrit(0, 0), -1);
  EXPECT_EQ(matrix.getTrit(0, 1), 0);
  EXPECT_EQ(matrix.getTrit(0, 3), 1);
  EXPECT_EQ(matrix.getTrit(1, 4), -1);
}

TEST(TernaryMatrix, CountsWithoutPadding) {
  for (int64_t columns = 1; columns <= 70; ++columns) {
    std::vector<int> trits = makeTrits(3 * columns, columns);
    TernaryMatrix matrix(3, columns);
    TritCounts expected;
    for (int64_t index = 0; index < 3 * columns; ++index) {
      matrix.setTrit(index / columns, index % columns, trits[index]);
      expected.negative += trits[index] == -1;
      expected.zero += trits[index] == 0;
      expected.positive += trits[index] == 1;
    }
    EXPECT_EQ(matrix.getView().countTrits(), expected) << columns;
    EXPECT_EQ(matrix.getView().findInvalidCode(), std::nullopt) << columns;
  }
}

TEST(TernaryMatrix, FindsEveryInvalidCode) {
  using Place = std::pair<int64_t, int64_t>;
  for (int64_t columns : {1, 4, 7, 31, 32, 33, 66}) {
    int64_t stored = (columns + 3) / 4 * 4;
    for (int64_t column = 0; column < stored; ++column) {
      TernaryMatrix matrix(2, columns);
      matrix.codes[stored / 4 + column / 4] |= 3 << (column % 4 * 2);
      EXPECT_EQ(matrix.getView().findInvalidCode(), Place(1, column));
      // Padding must be zero trits; elsewhere -1 is as good as any.
      matrix.codes[stored / 4 + column / 4] &= ~(3 << (column % 4 * 2));
      EXPECT_EQ(matrix.getView().findInvalidCode(),
                column < columns ? std::nullopt
                                 : std::optional(Place(1, column)));
    }
  }
}

TEST(TernaryMatrix, Scales) {
  TernaryMatrix matrix(3, 4);
  matrix.scales = {2};
  EXPECT_EQ(matrix.getScale(2, 3), 2);
  matrix.scales = {1, 2, 3};
  EXPECT_EQ(matrix.getScale(2, 3), 3);
  matrix.blocks = 2;
  matrix.scales = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(matrix.getScale(1, 1), 3);
  EXPECT_EQ(matrix.getScale(1, 2), 4);
}
