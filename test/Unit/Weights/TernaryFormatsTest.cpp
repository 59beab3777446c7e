//===- TernaryFormatsTest.cpp - Stored trits to trits ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MatrixBytes.h"

#include "llvm/ADT/STLExtras.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static constexpr uint16_t half = 0x3800, quarter = 0x3400, zero = 0;

static llvm::Expected<TernaryMatrix> read(WeightFormat format, int64_t rows,
                                          int64_t columns,
                                          const std::string &bytes) {
  return readTernary(
      llvm::cantFail(StoredMatrix::get(format, rows, columns, bytes)));
}

static std::string getError(llvm::Expected<TernaryMatrix> matrix) {
  return matrix ? "no error" : toString(matrix.takeError());
}

/// Every trit of `matrix` is the one in `trits`, and decodeRow agrees.
static void expectTrits(const TernaryMatrix &matrix,
                        const std::vector<int> &trits, WeightFormat format,
                        const std::string &bytes) {
  EXPECT_EQ(matrix.getView().findInvalidCode(), std::nullopt);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    std::vector<float> decoded =
        decodeRow(format, matrix.rows, matrix.columns, bytes, row);
    for (int64_t column = 0; column < matrix.columns; ++column) {
      int expected = trits[row * matrix.columns + column];
      ASSERT_EQ(matrix.getTrit(row, column), expected) << row << ", " << column;
      ASSERT_EQ(decoded[column], matrix.getScale(row, column) * expected);
    }
  }
}

TEST(ReadI2S, GroupsOf128) {
  std::vector<int> trits = makeTrits(6 * 256);
  std::string bytes = encodeI2S(trits, 32, 0.75f);
  TernaryMatrix matrix =
      llvm::cantFail(read(WeightFormat::I2_S, 6, 256, bytes));
  EXPECT_EQ(matrix.scales, std::vector<float>{0.75f});
  expectTrits(matrix, trits, WeightFormat::I2_S, bytes);
}

TEST(ReadI2S, GroupsOf64) {
  std::vector<int> trits = makeTrits(6 * 192);
  std::string bytes = encodeI2S(trits, 16, -0.75f);
  TernaryMatrix matrix =
      llvm::cantFail(read(WeightFormat::I2_S64, 6, 192, bytes));
  EXPECT_EQ(matrix.scales, std::vector<float>{-0.75f});
  expectTrits(matrix, trits, WeightFormat::I2_S64, bytes);
}

TEST(ReadI2S, GroupsAcrossRows) {
  // 1365 columns fill neither groups nor bytes; 5460 fill bytes.
  for (auto [rows, columns] : {std::pair(128, 1365), std::pair(32, 5460)}) {
    std::vector<int> trits = makeTrits(rows * columns);
    std::string bytes = encodeI2S(trits, 32, 1);
    TernaryMatrix matrix =
        llvm::cantFail(read(WeightFormat::I2_S, rows, columns, bytes));
    expectTrits(matrix, trits, WeightFormat::I2_S, bytes);
  }
}

TEST(ReadI2S, InvalidCode) {
  std::string bytes = encodeI2S(makeTrits(4 * 128), 32, 1);
  // Byte 5 of the third group, second code from the top: element 32 + 5.
  bytes[2 * 32 + 5] |= 0x30;
  EXPECT_EQ(getError(read(WeightFormat::I2_S, 4, 128, bytes)),
            "row 2, column 37: expects code 0, 1 or 2, found 3");
  EXPECT_EQ(getError(read(WeightFormat::I2_S, 512, 1, bytes)),
            "row 293, column 0: expects code 0, 1 or 2, found 3");
}

TEST(ReadI2S, ScaleMustBeFinite) {
  for (float scale : {std::numeric_limits<float>::infinity(), std::nanf("")})
    EXPECT_NE(getError(read(WeightFormat::I2_S, 1, 128,
                            encodeI2S(makeTrits(128), 32, scale)))
                  .find("scale of I2_S: expects a finite number"),
              std::string::npos);
}

namespace {
/// The two block formats, with what they have in common.
struct BlockFormat {
  WeightFormat format;
  std::string (*encode)(const int *trits, uint16_t scale);
};

class ReadBlocks : public testing::TestWithParam<BlockFormat> {
protected:
  /// Rows of two blocks; one f16 scale per block.
  llvm::Expected<TernaryMatrix> readScales(std::vector<uint16_t> scales) {
    bytes.clear();
    for (size_t block = 0; block < scales.size(); ++block)
      bytes += GetParam().encode(trits.data() + 256 * block, scales[block]);
    return read(GetParam().format, static_cast<int64_t>(scales.size()) / 2, 512,
                bytes);
  }

  std::vector<int> trits = makeTrits(4 * 512);
  std::string bytes;
};
} // namespace

TEST_P(ReadBlocks, OneScale) {
  TernaryMatrix matrix = llvm::cantFail(
      readScales({half, half, half, half, half, half, half, half}));
  EXPECT_EQ(matrix.scales, std::vector<float>{0.5f});
  expectTrits(matrix, trits, GetParam().format, bytes);
}

TEST_P(ReadBlocks, RowScales) {
  TernaryMatrix matrix =
      llvm::cantFail(readScales({half, half, quarter, quarter}));
  EXPECT_EQ(matrix.scales, (std::vector<float>{0.5f, 0.25f}));
  expectTrits(matrix, trits, GetParam().format, bytes);
}

TEST_P(ReadBlocks, BlocksOfZerosHaveNoSay) {
  std::fill(trits.begin() + 256, trits.begin() + 512, 0);
  std::fill(trits.begin() + 1024, trits.begin() + 1536, 0);
  // Not even an infinite scale matters there.
  TernaryMatrix matrix =
      llvm::cantFail(readScales({half, 0x7c00, half, half, zero, quarter}));
  EXPECT_EQ(matrix.scales, std::vector<float>{0.5f});
  matrix = llvm::cantFail(
      readScales({half, zero, quarter, quarter, zero, zero, half, half}));
  EXPECT_EQ(matrix.scales, (std::vector<float>{0.5f, 0.25f, 1, 0.5f}));
  expectTrits(matrix, trits, GetParam().format, bytes);
}

TEST_P(ReadBlocks, NothingButZeros) {
  llvm::fill(trits, 0);
  TernaryMatrix matrix = llvm::cantFail(readScales({zero, half, zero, zero}));
  EXPECT_EQ(matrix.scales, std::vector<float>{1});
  EXPECT_EQ(matrix.getView().countTrits().zero, 1024);
}

TEST_P(ReadBlocks, ZeroScaleMeansZeros) {
  // Negative zero, too.
  TernaryMatrix matrix = llvm::cantFail(readScales({half, zero, 0x8000, half}));
  std::fill(trits.begin() + 256, trits.begin() + 768, 0);
  EXPECT_EQ(matrix.scales, std::vector<float>{0.5f});
  expectTrits(matrix, trits, GetParam().format, bytes);
}

TEST_P(ReadBlocks, ScalesThatDifferWithinARow) {
  std::fill(trits.begin() + 256, trits.begin() + 512, 0);
  TernaryMatrix matrix = llvm::cantFail(
      readScales({half, half, half, quarter, quarter, 0xb800, half, half}));
  EXPECT_EQ(matrix.blocks, 2);
  // A block of zeros has no say.
  EXPECT_EQ(matrix.scales, (std::vector<float>{0.5f, 1, 0.5f, 0.25f, 0.25f,
                                               -0.5f, 0.5f, 0.5f}));
  expectTrits(matrix, trits, GetParam().format, bytes);
}

TEST_P(ReadBlocks, ScaleMustBeFinite) {
  EXPECT_NE(getError(readScales({half, half, half, 0x7c00}))
                .find("row 1, block at column 256: expects a finite scale"),
            std::string::npos);
  EXPECT_NE(getError(readScales({half, 0x7e00}))
                .find("row 0, block at column 256: expects a finite scale"),
            std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, ReadBlocks,
    testing::Values(BlockFormat{WeightFormat::TQ1_0, encodeTQ10},
                    BlockFormat{WeightFormat::TQ2_0, encodeTQ20}),
    [](const testing::TestParamInfo<BlockFormat> &info) {
      return getWeightFormatName(info.param.format).str();
    });

TEST(ReadTQ2, InvalidCode) {
  std::vector<int> trits = makeTrits(512);
  std::string bytes =
      encodeTQ20(trits.data(), half) + encodeTQ20(trits.data() + 256, half);
  // Second block, second half, byte 3, top bits: element 128 + 3 * 32 + 3.
  bytes[66 + 32 + 3] |= 0xc0;
  EXPECT_EQ(getError(read(WeightFormat::TQ2_0, 1, 512, bytes)),
            "row 0, column 483: expects code 0, 1 or 2, found 3");
}

TEST(ReadTernary, NotTernary) {
  EXPECT_EQ(getError(read(WeightFormat::F16, 1, 2, std::string(4, '\0'))),
            "expects weights in a ternary format, found F16");
}
