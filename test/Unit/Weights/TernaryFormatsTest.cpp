//===- TernaryFormatsTest.cpp - Stored trits to trits ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MatrixBytes.h"
#include "bitnet/Weights/HalfFloat.h"

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
/// The formats of blocks, with what they have in common.
struct BlockFormat {
  WeightFormat format;
  int elements;
  std::string (*encode)(const int *trits, uint16_t scale);
};

class ReadBlocks : public testing::TestWithParam<BlockFormat> {
protected:
  /// Rows of two blocks; one f16 scale per block.
  llvm::Expected<TernaryMatrix> readScales(std::vector<uint16_t> scales) {
    bytes.clear();
    for (size_t block = 0; block < scales.size(); ++block)
      bytes += GetParam().encode(trits.data() + size * block, scales[block]);
    return read(GetParam().format, static_cast<int64_t>(scales.size()) / 2,
                2 * size, bytes);
  }

  /// Makes the trits of blocks [first, end) 0.
  void clear(int first, int end) {
    std::fill(trits.begin() + size * first, trits.begin() + size * end, 0);
  }

  int size = GetParam().elements;
  std::vector<int> trits = makeTrits(8 * size);
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
  clear(1, 2);
  clear(4, 6);
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
  EXPECT_EQ(matrix.getView().countTrits().zero, 4 * size);
}

TEST_P(ReadBlocks, ZeroScaleMeansZeros) {
  // Negative zero, too.
  TernaryMatrix matrix = llvm::cantFail(readScales({half, zero, 0x8000, half}));
  clear(1, 3);
  EXPECT_EQ(matrix.scales, std::vector<float>{0.5f});
  expectTrits(matrix, trits, GetParam().format, bytes);
}

TEST_P(ReadBlocks, ScalesThatDifferWithinARow) {
  clear(1, 2);
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
                .find("row 1, block at column " + std::to_string(size) +
                      ": expects a finite scale"),
            std::string::npos);
  EXPECT_NE(getError(readScales({half, 0x7e00}))
                .find("row 0, block at column " + std::to_string(size) +
                      ": expects a finite scale"),
            std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, ReadBlocks,
    testing::Values(BlockFormat{WeightFormat::TQ1_0, 256, encodeTQ10},
                    BlockFormat{WeightFormat::TQ2_0, 256, encodeTQ20},
                    BlockFormat{WeightFormat::PTQ1_0, 128, encodePTQ10},
                    BlockFormat{WeightFormat::Q2_0, 64, encodeQ20<64>},
                    BlockFormat{WeightFormat::PQ2_0, 128, encodeQ20<128>}),
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

TEST(ReadQ2, TwoIsNoTrit) {
  std::vector<int> trits = makeTrits(128);
  trits[127] = 2;
  std::string bytes = encodeQ20<64>(trits.data(), half) +
                      encodeQ20<64>(trits.data() + 64, half);
  EXPECT_EQ(getError(read(WeightFormat::Q2_0, 1, 128, bytes)),
            "row 0, column 127: expects code 0, 1 or 2, found 3");
  EXPECT_EQ(decodeRow(WeightFormat::Q2_0, 1, 128, bytes, 0)[127], 1);
}

namespace {
/// The formats of rows.
struct RowFormat {
  WeightFormat format;
  bool hasHalfScale;
  std::string (*encode)(const int *trits);
};

class ReadRows : public testing::TestWithParam<RowFormat> {
protected:
  /// Rows of two blocks of 64.
  llvm::Expected<TernaryMatrix> readScales(std::vector<uint16_t> scales) {
    bytes.clear();
    for (size_t row = 0; row < scales.size(); ++row) {
      bytes += GetParam().hasHalfScale ? u16(scales[row])
                                       : f32(decodeF16(scales[row]));
      for (size_t block = 2 * row; block < 2 * row + 2; ++block)
        bytes += GetParam().encode(trits.data() + 64 * block);
    }
    return read(GetParam().format, static_cast<int64_t>(scales.size()), 128,
                bytes);
  }

  std::vector<int> trits = makeTrits(3 * 128);
  std::string bytes;
};
} // namespace

TEST_P(ReadRows, OneScale) {
  TernaryMatrix matrix = llvm::cantFail(readScales({half, half, half}));
  EXPECT_EQ(matrix.scales, std::vector<float>{0.5f});
  expectTrits(matrix, trits, GetParam().format, bytes);
}

TEST_P(ReadRows, RowScales) {
  TernaryMatrix matrix = llvm::cantFail(readScales({half, quarter, half}));
  EXPECT_EQ(matrix.scales, (std::vector<float>{0.5f, 0.25f, 0.5f}));
  EXPECT_EQ(matrix.blocks, 0);
  expectTrits(matrix, trits, GetParam().format, bytes);
}

TEST_P(ReadRows, RowsOfZerosHaveNoSay) {
  std::fill(trits.begin() + 128, trits.begin() + 256, 0);
  TernaryMatrix matrix = llvm::cantFail(readScales({half, 0x7c00, half}));
  EXPECT_EQ(matrix.scales, std::vector<float>{0.5f});
}

TEST_P(ReadRows, ScaleMustBeFinite) {
  EXPECT_EQ(getError(readScales({half, 0x7c00, half})),
            "row 1, block at column 0: expects a finite scale, found inf");
}

INSTANTIATE_TEST_SUITE_P(
    Formats, ReadRows,
    testing::Values(RowFormat{WeightFormat::IQ1_BN, true, encodeIQ1BN},
                    RowFormat{WeightFormat::IQ2_BN, false, encodeIQ2BN}),
    [](const testing::TestParamInfo<RowFormat> &info) {
      return getWeightFormatName(info.param.format).str();
    });

TEST(ReadIQ2BN, InvalidCode) {
  std::vector<int> trits = makeTrits(128);
  trits[67] = 2;
  std::string bytes = f32(1) + encodeIQ2BN(trits.data()) + f32(1) +
                      encodeIQ2BN(trits.data() + 64);
  EXPECT_EQ(getError(read(WeightFormat::IQ2_BN, 2, 64, bytes)),
            "row 1, column 3: expects code 0, 1 or 2, found 3");
}

/// IQ2_BN_R4 of rows of 128 columns.
static std::string encodeIQ2BNR4(const std::vector<int> &trits,
                                 const std::vector<float> &scales) {
  std::string bytes;
  for (size_t first = 0; first < scales.size(); first += 4) {
    for (size_t row = first; row < first + 4; ++row)
      bytes += f32(scales[row]);
    size_t begin = bytes.size();
    bytes.resize(begin + 4 * 128 / 4);
    for (int row = 0; row < 4; ++row)
      for (int column = 0; column < 128; ++column) {
        int inside = column % 64, run = inside / 16;
        addBits(bytes,
                begin + column / 64 * 64 + 16 * run + 4 * row + inside % 4,
                inside % 16 / 4 * 2, trits[(first + row) * 128 + column] + 1);
      }
  }
  return bytes;
}

TEST(ReadIQ2BNR4, Rows) {
  std::vector<int> trits = makeTrits(8 * 128);
  std::string bytes =
      encodeIQ2BNR4(trits, {1, 0.5f, 0.25f, 2, -1, 1, 1, 0.75f});
  TernaryMatrix matrix =
      llvm::cantFail(read(WeightFormat::IQ2_BN_R4, 8, 128, bytes));
  EXPECT_EQ(matrix.scales,
            (std::vector<float>{1, 0.5f, 0.25f, 2, -1, 1, 1, 0.75f}));
  expectTrits(matrix, trits, WeightFormat::IQ2_BN_R4, bytes);
}

TEST(ReadIQ2BNR4, InvalidCode) {
  std::vector<int> trits = makeTrits(8 * 128);
  trits[6 * 128 + 77] = 2;
  EXPECT_EQ(getError(read(WeightFormat::IQ2_BN_R4, 8, 128,
                          encodeIQ2BNR4(trits, std::vector<float>(8, 1)))),
            "row 6, column 77: expects code 0, 1 or 2, found 3");
}

/// PackedRows of `rows` rows.
static std::string packRows(const std::vector<int> &trits, int rows) {
  int columns = static_cast<int>(trits.size()) / rows;
  std::string bytes(trits.size() / 4, '\0');
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column)
      addBits(bytes, row % (rows / 4) * columns + column, row / (rows / 4) * 2,
              trits[row * columns + column] + 1);
  return bytes;
}

TEST(ReadPackedRows, AnyNumberOfColumns) {
  for (int columns : {1, 3, 4, 18, 64}) {
    std::vector<int> trits = makeTrits(12 * columns);
    std::string bytes = packRows(trits, 12);
    TernaryMatrix matrix =
        llvm::cantFail(read(WeightFormat::PackedRows, 12, columns, bytes));
    EXPECT_EQ(matrix.scales, std::vector<float>{1});
    expectTrits(matrix, trits, WeightFormat::PackedRows, bytes);
  }
}

TEST(ReadPackedRows, InvalidCode) {
  for (int column : {5, 17}) {
    std::vector<int> trits = makeTrits(8 * 18);
    trits[7 * 18 + column] = 2;
    EXPECT_EQ(
        getError(read(WeightFormat::PackedRows, 8, 18, packRows(trits, 8))),
        "row 7, column " + std::to_string(column) +
            ": expects code 0, 1 or 2, found 3");
  }
}

TEST(ReadTernary, NotTernary) {
  EXPECT_EQ(getError(read(WeightFormat::F16, 1, 2, std::string(4, '\0'))),
            "expects weights in a ternary format, found F16");
}
