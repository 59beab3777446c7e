//===- PackTableTest.cpp - Embeddings and output heads in packed layouts --===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/PlanesTable.h"
#include "bitnet/Packing/Packing.h"
#include "bitnet/Weights/HalfFloat.h"

#include "mlir/IR/MLIRContext.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>

using namespace mlir::bitnet;

namespace {
constexpr float infinity = std::numeric_limits<float>::infinity();

class PackTable : public ::testing::Test {
protected:
  PackTable() { context.loadDialect<BitNetDialect>(); }

  llvm::Expected<PackedTable> pack(const std::vector<float> &values,
                                   int64_t rows, ElementKind element,
                                   int64_t lanes = 1, int64_t groups = 1) {
    const auto *bytes = reinterpret_cast<const char *>(values.data());
    auto matrix = llvm::cantFail(StoredMatrix::get(
        WeightFormat::F32, rows, static_cast<int64_t>(values.size()) / rows,
        {bytes, values.size() * sizeof(float)}));
    return packTable(matrix, LayoutAttr::get(&context, element, lanes, groups));
  }
  /// The one element of a table of halves.
  uint16_t packHalf(float value) {
    PackedTable packed =
        llvm::cantFail(pack({value}, /*rows=*/1, ElementKind::F16));
    EXPECT_EQ(packed.bytes.size(), 2u);
    uint16_t half;
    std::memcpy(&half, packed.bytes.data(), sizeof(half));
    return half;
  }
  std::string message(const std::vector<float> &values, int64_t rows,
                      ElementKind element) {
    llvm::Expected<PackedTable> packed = pack(values, rows, element);
    return packed ? "" : llvm::toString(packed.takeError());
  }

private:
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
};

std::vector<float> makeValues(int64_t count, float limit) {
  std::mt19937 random(5);
  std::vector<float> values(count);
  for (float &value : values)
    value = (static_cast<float>(random() >> 8) * 0x1p-23f - 1.0f) * limit;
  return values;
}

constexpr std::pair<int64_t, int64_t> shapes[] = {{1, 1},  {7, 3},   {16, 4},
                                                  {33, 5}, {64, 66}, {65, 129}};
} // namespace

//===----------------------------------------------------------------------===//
// f16
//===----------------------------------------------------------------------===//

/// [row tile][column][group][lane], zeros where rows pad the last tile.
TEST_F(PackTable, HalvesFollowTheDefinition) {
  for (auto [rows, columns] : shapes) {
    std::vector<float> values = makeValues(rows * columns, 3);
    for (int64_t lanes : {1, 8, 16})
      for (int64_t groups : {1, 2, 4}) {
        PackedTable packed =
            llvm::cantFail(pack(values, rows, ElementKind::F16, lanes, groups));
        int64_t tiles = (rows + lanes * groups - 1) / (lanes * groups);
        ASSERT_EQ(static_cast<int64_t>(packed.bytes.size()),
                  tiles * columns * groups * lanes * 2);
        EXPECT_TRUE(packed.scales.empty());
        size_t position = 0;
        for (int64_t tile = 0; tile < tiles; ++tile)
          for (int64_t k = 0; k < columns; ++k)
            for (int64_t i = 0; i < groups * lanes; ++i, position += 2) {
              int64_t m = tile * groups * lanes + i;
              uint16_t half;
              std::memcpy(&half, &packed.bytes[position], sizeof(half));
              if (m >= rows) {
                ASSERT_EQ(half, 0) << "row " << m;
                continue;
              }
              // Half a unit in the last place of a number below 4.
              float value = values[m * columns + k];
              ASSERT_NEAR(decodeF16(half), value, 0x1p-11 * std::fabs(value))
                  << "row " << m << ", column " << k;
            }
      }
  }
}

TEST_F(PackTable, EveryFiniteHalfStaysTheSame) {
  for (uint32_t bits = 0; bits < 65536; bits += 7) {
    auto half = static_cast<uint16_t>(bits);
    if (std::isfinite(decodeF16(half))) {
      ASSERT_EQ(packHalf(decodeF16(half)), half);
    }
  }
}

TEST_F(PackTable, HalvesRoundHalfToEven) {
  // Between 1 (0x3c00) and its neighbours 1 + 2^-10 and 1 + 2^-9.
  EXPECT_EQ(packHalf(1 + 0x1p-11f), 0x3c00);
  EXPECT_EQ(packHalf(std::nextafter(1 + 0x1p-11f, 2.0f)), 0x3c01);
  EXPECT_EQ(packHalf(1 + 3 * 0x1p-11f), 0x3c02);
  EXPECT_EQ(packHalf(std::nextafter(1 + 3 * 0x1p-11f, 1.0f)), 0x3c01);
  EXPECT_EQ(packHalf(-(1 + 3 * 0x1p-11f)), 0xbc02);
  // Subnormal numbers are multiples of 2^-24.
  EXPECT_EQ(packHalf(0x1p-25f), 0x0000);
  EXPECT_EQ(packHalf(std::nextafter(0x1p-25f, 1.0f)), 0x0001);
  EXPECT_EQ(packHalf(3 * 0x1p-25f), 0x0002);
  EXPECT_EQ(packHalf(-1e-30f), 0x8000);
  // The largest number, and the largest float that rounds to it.
  EXPECT_EQ(packHalf(65504.0f), 0x7bff);
  EXPECT_EQ(packHalf(std::nextafter(65520.0f, 0.0f)), 0x7bff);
}

TEST_F(PackTable, RejectsWhatHalvesCannotHold) {
  EXPECT_EQ(message({1, 2, 3, 70000}, 2, ElementKind::F16),
            "expects half precision values, found 70000.000000 in row 1, "
            "column 1");
  EXPECT_EQ(message({1, -65520, 3, 4}, 2, ElementKind::F16),
            "expects half precision values, found -65520.000000 in row 0, "
            "column 1");
  EXPECT_NE(message({infinity}, 1, ElementKind::F16), "");
  EXPECT_NE(message({-infinity}, 1, ElementKind::F16), "");
  EXPECT_NE(message({std::nanf("")}, 1, ElementKind::F16), "");
}

//===----------------------------------------------------------------------===//
// bf16
//===----------------------------------------------------------------------===//

TEST_F(PackTable, BrainFloatsRoundHalfToEven) {
  auto pack = [&](float value) {
    PackedTable packed =
        llvm::cantFail(this->pack({value}, /*rows=*/1, ElementKind::BF16));
    EXPECT_EQ(packed.bytes.size(), 2u);
    EXPECT_TRUE(packed.scales.empty());
    uint16_t bits;
    std::memcpy(&bits, packed.bytes.data(), sizeof(bits));
    return bits;
  };
  // Between 1 (0x3f80) and its neighbours 1 + 2^-7 and 1 + 2^-6.
  EXPECT_EQ(pack(1 + 0x1p-8f), 0x3f80);
  EXPECT_EQ(pack(std::nextafter(1 + 0x1p-8f, 2.0f)), 0x3f81);
  EXPECT_EQ(pack(1 + 3 * 0x1p-8f), 0x3f82);
  EXPECT_EQ(pack(-(1 + 3 * 0x1p-8f)), 0xbf82);
  EXPECT_EQ(pack(-0.0f), 0x8000);
  // The largest number, and the largest float that rounds to it.
  EXPECT_EQ(pack(0x1.fep127f), 0x7f7f);
  EXPECT_EQ(pack(std::nextafter(0x1.ffp127f, 0.0f)), 0x7f7f);
  EXPECT_EQ(message({1, 0x1.ffp127f}, 1, ElementKind::BF16).substr(0, 22),
            "expects bfloat16 value");
  for (uint32_t bits = 0; bits < 65536; bits += 7)
    if (std::isfinite(decodeBF16(static_cast<uint16_t>(bits))))
      ASSERT_EQ(pack(decodeBF16(static_cast<uint16_t>(bits))), bits);
}

//===----------------------------------------------------------------------===//
// int8
//===----------------------------------------------------------------------===//

/// [row tile][column step][group][lane][4 columns], value + 128, and 128 where
/// rows or columns pad.
TEST_F(PackTable, BytesFollowTheDefinition) {
  for (auto [rows, columns] : shapes) {
    std::vector<float> values = makeValues(rows * columns, 3);
    for (int64_t lanes : {1, 8, 16})
      for (int64_t groups : {1, 2, 4}) {
        PackedTable packed = llvm::cantFail(
            pack(values, rows, ElementKind::Int8, lanes, groups));
        int64_t tiles = (rows + lanes * groups - 1) / (lanes * groups);
        int64_t steps = (columns + 3) / 4;
        ASSERT_EQ(static_cast<int64_t>(packed.bytes.size()),
                  tiles * steps * groups * lanes * 4);
        ASSERT_EQ(static_cast<int64_t>(packed.scales.size()), rows);
        size_t position = 0;
        for (int64_t tile = 0; tile < tiles; ++tile)
          for (int64_t step = 0; step < steps; ++step)
            for (int64_t i = 0; i < groups * lanes; ++i)
              for (int64_t j = 0; j < 4; ++j) {
                int byte = static_cast<unsigned char>(packed.bytes[position++]);
                int64_t m = tile * groups * lanes + i, k = step * 4 + j;
                if (m >= rows || k >= columns) {
                  ASSERT_EQ(byte, 128) << "row " << m << ", column " << k;
                  continue;
                }
                float scale = packed.scales[m];
                ASSERT_NEAR(float(byte - 128) * scale, values[m * columns + k],
                            scale * 0.5001f)
                    << "row " << m << ", column " << k;
              }
        // The largest element of a row is ±127.
        for (int64_t m = 0; m < rows; ++m) {
          float largest = 0;
          for (int64_t k = 0; k < columns; ++k)
            largest = std::max(largest, std::fabs(values[m * columns + k]));
          EXPECT_EQ(packed.scales[m], largest / 127.0f);
        }
      }
  }
}

TEST_F(PackTable, BytesRoundHalfToEven) {
  PackedTable packed =
      llvm::cantFail(pack({127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, -127}, 1,
                          ElementKind::Int8));
  EXPECT_EQ(packed.scales, std::vector<float>{1});
  std::vector<int> values;
  for (char byte : packed.bytes)
    values.push_back(static_cast<unsigned char>(byte) - 128);
  EXPECT_EQ(values, (std::vector<int>{127, 0, 2, 2, 0, -2, -2, -127}));
}

TEST_F(PackTable, RowsOfZerosAndOfTinyNumbers) {
  // The smallest subnormal; its reciprocal is infinite in f32.
  float tiny = std::numeric_limits<float>::denorm_min();
  PackedTable packed =
      llvm::cantFail(pack({0, -0.0f, tiny, 0, 1e-38f, -4e-39f, 1e38f, -3e38f},
                          4, ElementKind::Int8));
  std::vector<int> values;
  for (size_t i = 0; i < packed.bytes.size(); i += 4)
    for (size_t k : {0, 1})
      values.push_back(static_cast<unsigned char>(packed.bytes[i + k]) - 128);
  EXPECT_EQ(values, (std::vector<int>{0, 0, 127, 0, 127, -51, 42, -127}));
  EXPECT_EQ(packed.scales[0], 0.0f);
  for (float scale : packed.scales)
    EXPECT_TRUE(std::isfinite(scale));
}

TEST_F(PackTable, RejectsWhatIsNotFinite) {
  EXPECT_EQ(message({1, infinity}, 1, ElementKind::Int8),
            "expects finite values, found inf in row 0, column 1");
  EXPECT_NE(message({-infinity, 1}, 2, ElementKind::Int8), "");
  EXPECT_EQ(message({1, 2, std::nanf(""), 4}, 2, ElementKind::Int8),
            "expects finite values, found nan in row 1, column 0");
  EXPECT_EQ(message({70000, 3e38f}, 1, ElementKind::Int8), "");
}

//===----------------------------------------------------------------------===//
// int6
//===----------------------------------------------------------------------===//

/// [row tile][step][plane][group][lane][4 columns]; the upper bits of the
/// planes are the last four columns of a step.
TEST_F(PackTable, SixBitsFollowTheDefinition) {
  for (auto [rows, columns] : shapes) {
    std::vector<float> values = makeValues(rows * columns, 3);
    for (auto [lanes, groups] :
         {std::pair<int64_t, int64_t>{1, 1}, {4, 2}, {16, 4}}) {
      PackedTable packed =
          llvm::cantFail(pack(values, rows, ElementKind::Int6, lanes, groups));
      int64_t tileRows = lanes * groups;
      int64_t tiles = (rows + tileRows - 1) / tileRows;
      int64_t steps = (columns + 15) / 16;
      ASSERT_EQ(static_cast<int64_t>(packed.bytes.size()),
                tiles * steps * 3 * tileRows * 4);
      ASSERT_EQ(static_cast<int64_t>(packed.scales.size()), rows);
      for (int64_t m = 0; m < tiles * tileRows; ++m)
        for (int64_t k = 0; k < steps * 16; ++k) {
          auto byte = [&](int64_t plane) -> int {
            int64_t step = m / tileRows * steps + k / 16;
            int64_t word = (step * 3 + plane) * tileRows + m % tileRows;
            return static_cast<unsigned char>(packed.bytes[word * 4 + k % 4]);
          };
          int64_t quad = k % 16 / 4;
          int code = quad < 3
                         ? byte(quad) % 64
                         : byte(0) / 64 + byte(1) / 64 * 4 + byte(2) / 64 * 16;
          if (m >= rows || k >= columns) {
            ASSERT_EQ(code, 32) << "row " << m << ", column " << k;
            continue;
          }
          float scale = packed.scales[m];
          ASSERT_NEAR(float(code - 32) * scale, values[m * columns + k],
                      scale * 0.5001f)
              << "row " << m << ", column " << k;
        }
    }
  }
}

TEST_F(PackTable, SixBitsReachThirtyOne) {
  PackedTable packed =
      llvm::cantFail(pack({31, -31, 0.5f, 1.5f}, 1, ElementKind::Int6));
  EXPECT_EQ(packed.scales, std::vector<float>{1});
  std::vector<int> values;
  for (int k = 0; k < 4; ++k)
    values.push_back((static_cast<unsigned char>(packed.bytes[k]) & 63) - 32);
  EXPECT_EQ(values, (std::vector<int>{31, -31, 0, 2}));
}

//===----------------------------------------------------------------------===//
// Planes
//===----------------------------------------------------------------------===//

/// Field f of byte j of three parts.
static int getField(const char *bytes, int64_t partBytes, int64_t f) {
  auto byte = [&](int64_t part) -> int {
    return static_cast<unsigned char>(bytes[part * partBytes]);
  };
  if (f < 6)
    return byte(f / 2) >> f % 2 * 3 & 7;
  return byte(f - 6) >> 6 << 1 | (byte(2) >> f & 1);
}

/// [row tile][step][part][group][lane][4 columns], then the fine plane of each
/// row, then the numbers of the columns.
TEST_F(PackTable, PlanesFollowTheDefinition) {
  for (auto [rows, columns] : shapes) {
    std::vector<float> values = makeValues(rows * columns, 3);
    for (auto [lanes, groups] :
         {std::pair<int64_t, int64_t>{1, 1}, {4, 2}, {16, 4}}) {
      PackedTable packed = llvm::cantFail(
          pack(values, rows, ElementKind::Planes, lanes, groups));
      int64_t tileRows = lanes * groups;
      int64_t tiles = (rows + tileRows - 1) / tileRows;
      int64_t steps = (columns + 31) / 32, part = (columns + 255) / 256 * 32;
      int64_t fine = tiles * steps * 3 * tileRows * 4;
      int64_t dither = fine + rows * 3 * part;
      ASSERT_EQ(static_cast<int64_t>(packed.bytes.size()), dither + columns);
      ASSERT_EQ(static_cast<int64_t>(packed.scales.size()), rows);
      for (int64_t m = 0; m < tiles * tileRows; ++m)
        for (int64_t k = 0; k < std::max(steps * 32, part * 8); ++k) {
          int64_t word = (m / tileRows * steps + k / 32) * 3 * tileRows;
          const char *coarse =
              packed.bytes.data() + (word + m % tileRows) * 4 + k % 4;
          int upper = k < steps * 32
                          ? getField(coarse, tileRows * 4, k % 32 / 4)
                          : (28 + static_cast<int>(getDither(k))) / 8;
          int number = upper * 8;
          if (m < rows)
            number +=
                getField(packed.bytes.data() + fine + m * 3 * part + k % part,
                         part, k / part);
          int value = number - 28 - static_cast<int>(getDither(k));
          if (m >= rows) {
            ASSERT_TRUE(-7 <= value && value <= 0);
          } else if (k >= columns) {
            ASSERT_EQ(value, 0);
          } else {
            ASSERT_EQ(static_cast<unsigned char>(packed.bytes[dither + k]),
                      getDither(k));
            float scale = packed.scales[m];
            ASSERT_NEAR(float(value) * scale, values[m * columns + k],
                        scale * 0.5001f)
                << "row " << m << ", column " << k;
          }
        }
    }
  }
}

TEST_F(PackTable, PlanesReachTwentyEight) {
  PackedTable packed =
      llvm::cantFail(pack({28, -28, 0.5f, 1.5f}, 1, ElementKind::Planes));
  EXPECT_EQ(packed.scales, std::vector<float>{1});
}

/// The numbers of columns are as even as those of dice, and no neighbours are
/// alike more often than that.
TEST(Dither, LooksRandom) {
  EXPECT_EQ(getDither(0), 7u);
  constexpr int64_t count = 1 << 16;
  int64_t counts[8] = {}, pairs[64] = {};
  for (int64_t k = 0; k < count; ++k) {
    ++counts[getDither(k)];
    ++pairs[getDither(k) * 8 + getDither(k + 1)];
  }
  for (int64_t seen : counts)
    EXPECT_NEAR(double(seen), count / 8.0, 5 * std::sqrt(count / 8.0));
  for (int64_t seen : pairs)
    EXPECT_NEAR(double(seen), count / 64.0, 5 * std::sqrt(count / 64.0));
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// A row of [31, 31] is exact, one of [31, 0.4] off by 0.4.
TEST_F(PackTable, MeasuresItsError) {
  PackedTable packed = llvm::cantFail(
      pack({31, 31, 31, 0.4f, 0.001f, 0, 0, 0}, 4, ElementKind::Int6));
  double total = 3 * 961.0 + 0.16 + 1e-6;
  EXPECT_NEAR(packed.error.table, 0.4 / std::sqrt(total), 1e-8);
  EXPECT_NEAR(packed.error.worstRow, 0.4 / std::sqrt(961.16), 1e-8);
  packed = llvm::cantFail(pack({0, 0, 0, 0}, 2, ElementKind::Int6));
  EXPECT_EQ(packed.error.table, 0);
  EXPECT_EQ(packed.error.worstRow, 0);
}

TEST_F(PackTable, RowsOfNormalNumbersStayBelowTheFactor) {
  constexpr int64_t rows = 400, columns = 1024;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(rows * columns);
  for (float &value : values)
    value = normal(random);
  for (auto [element, bound] : {std::pair{ElementKind::F16, 0x1p-12},
                                {ElementKind::BF16, 0x1p-9},
                                {ElementKind::Int8, 0.0085},
                                {ElementKind::Int6, 0.034},
                                {ElementKind::Planes, 0.038}}) {
    RoundingError error = llvm::cantFail(pack(values, rows, element)).error;
    EXPECT_LE(error.table, bound) << int(element);
    EXPECT_GT(error.table, bound * 0.7) << int(element);
    EXPECT_LE(error.worstRow, worstRowFactor * error.table) << int(element);
  }
}
