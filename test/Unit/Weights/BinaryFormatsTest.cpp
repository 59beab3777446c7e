//===- BinaryFormatsTest.cpp - Formats whose elements are signs -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MatrixBytes.h"
#include "bitnet/Weights/Binarize.h"

#include <gtest/gtest.h>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static constexpr uint16_t half = 0x3800, quarter = 0x3400;

namespace {
/// Rows of two blocks of Q1_0 with random signs.
class ReadQ10 : public testing::Test {
protected:
  ReadQ10() {
    std::mt19937 random(5);
    for (int &sign : signs)
      sign = random() % 2 ? 1 : -1;
  }

  /// One f16 scale for each block.
  llvm::Expected<BinaryMatrix> read(const std::vector<uint16_t> &scales) {
    bytes.clear();
    for (size_t block = 0; block < scales.size(); ++block) {
      std::string bits(16, '\0');
      for (size_t element = 0; element < 128; ++element)
        if (signs[128 * block + element] > 0)
          bits[element / 8] |= static_cast<char>(1 << element % 8);
      bytes += u16(scales[block]) + bits;
    }
    return readBinary(llvm::cantFail(StoredMatrix::get(
        WeightFormat::Q1_0, static_cast<int64_t>(scales.size()) / 2, 256,
        bytes)));
  }

  std::string getError(const std::vector<uint16_t> &scales) {
    llvm::Expected<BinaryMatrix> matrix = read(scales);
    return matrix ? "no error" : toString(matrix.takeError());
  }

  /// The signs, and the floats that the format stands for.
  void expectSigns(const BinaryMatrix &matrix) {
    for (int64_t row = 0; row < matrix.rows; ++row) {
      std::vector<float> floats =
          decodeRow(WeightFormat::Q1_0, matrix.rows, 256, bytes, row);
      for (int64_t column = 0; column < 256; ++column) {
        int sign = signs[256 * row + column];
        ASSERT_EQ(matrix.getSign(row, column), sign) << row << ' ' << column;
        ASSERT_EQ(floats[column],
                  static_cast<float>(sign) * matrix.getScale(row, column));
      }
    }
  }

  std::vector<int> signs = std::vector<int>(3 * 256);
  std::string bytes;
};
} // namespace

TEST_F(ReadQ10, BlockScales) {
  BinaryMatrix matrix =
      llvm::cantFail(read({half, quarter, half, half, quarter, quarter}));
  EXPECT_EQ(matrix.blocks, 2);
  EXPECT_EQ(matrix.scales,
            (std::vector<float>{0.5, 0.25, 0.5, 0.5, 0.25, 0.25}));
  expectSigns(matrix);
}

TEST_F(ReadQ10, RowScales) {
  BinaryMatrix matrix =
      llvm::cantFail(read({half, half, quarter, quarter, half, half}));
  EXPECT_EQ(matrix.blocks, 0);
  EXPECT_EQ(matrix.scales, (std::vector<float>{0.5, 0.25, 0.5}));
  expectSigns(matrix);
}

TEST_F(ReadQ10, OneScale) {
  BinaryMatrix matrix =
      llvm::cantFail(read({half, half, half, half, half, half}));
  EXPECT_EQ(matrix.blocks, 0);
  EXPECT_EQ(matrix.scales, std::vector<float>{0.5});
  expectSigns(matrix);
}

TEST_F(ReadQ10, ScalesOfZeroAndNegativeOnesStay) {
  BinaryMatrix matrix =
      llvm::cantFail(read({0x0000, 0x8000, 0xb800, half, half, half}));
  EXPECT_EQ(matrix.scales, (std::vector<float>{0, 0, -0.5, 0.5, 0.5, 0.5}));
  EXPECT_TRUE(std::signbit(matrix.scales[1]));
  expectSigns(matrix);
}

TEST_F(ReadQ10, ScaleMustBeFinite) {
  EXPECT_EQ(getError({half, half, half, 0x7c00, half, half}),
            "row 1, block at column 128: expects a finite scale, found inf");
  EXPECT_EQ(getError({0x7e00, half}),
            "row 0, block at column 0: expects a finite scale, found nan");
}

TEST(ReadBinary, OtherFormats) {
  std::string bytes(4, '\0');
  llvm::Expected<BinaryMatrix> matrix = readBinary(
      llvm::cantFail(StoredMatrix::get(WeightFormat::F32, 1, 1, bytes)));
  ASSERT_FALSE(static_cast<bool>(matrix));
  EXPECT_EQ(toString(matrix.takeError()),
            "expects weights in a binary format, found F32");
}
