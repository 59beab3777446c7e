//===- BlockCodesTest.cpp - Weights that are whole numbers ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each test writes one row of a format, element by element, from codes, scales
// and offsets that it chooses, and reads them back, apart and as floats.
//
//===----------------------------------------------------------------------===//
#include "bitnet/Weights/BlockCodes.h"
#include "MatrixBytes.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static constexpr uint16_t half = 0x3800, quarter = 0x3400;

namespace {
/// What a row should hold.
struct Expected {
  std::vector<int> codes;
  std::vector<float> scales, offsets;
};
} // namespace

/// `count` codes in [0, limit), the same every time.
static std::vector<int> makeCodes(int count, int limit) {
  std::mt19937 random(7);
  std::vector<int> codes(count);
  for (int &code : codes)
    code = static_cast<int>(random() % limit);
  return codes;
}

static void expectRow(WeightFormat format, const std::string &bytes,
                      const Expected &expected) {
  auto columns = static_cast<int64_t>(expected.codes.size());
  // Twice the row: the second must not depend on the first.
  std::string twice = bytes + bytes;
  StoredMatrix matrix =
      llvm::cantFail(StoredMatrix::get(format, 2, columns, twice));
  std::optional<CodeGroups> groups = getCodeGroups(format);
  ASSERT_TRUE(groups);
  EXPECT_EQ(groups->columns * static_cast<int64_t>(expected.scales.size()),
            columns);
  EXPECT_EQ(groups->hasOffsets, !expected.offsets.empty());
  std::vector<int8_t> codes(columns);
  std::vector<float> scales(expected.scales.size()),
      offsets(expected.offsets.size());
  readRowCodes(matrix, 1, codes, scales, offsets);
  EXPECT_EQ(std::vector<int>(codes.begin(), codes.end()), expected.codes);
  EXPECT_EQ(scales, expected.scales);
  EXPECT_EQ(offsets, expected.offsets);
  std::vector<float> weights(columns);
  matrix.decodeRow(1, weights);
  for (int64_t column = 0; column < columns; ++column) {
    int64_t group = column / groups->columns;
    double product =
        static_cast<double>(expected.scales[group]) * expected.codes[column];
    if (!expected.offsets.empty())
      product += expected.offsets[group];
    ASSERT_EQ(weights[column], static_cast<float>(product)) << column;
  }
}

/// Adds `subtracted` less to every code.
static std::vector<int> subtract(std::vector<int> codes, int subtracted) {
  for (int &code : codes)
    code -= subtracted;
  return codes;
}

/// The low four bits of 32 codes.
static std::string packNibbles(const std::vector<int> &codes) {
  std::string bytes(16, '\0');
  for (int element = 0; element < 32; ++element)
    addBits(bytes, element % 16, element / 16 * 4, codes[element] & 15);
  return bytes;
}

/// The fifth bits of 32 codes.
static std::string packFifthBits(const std::vector<int> &codes) {
  std::string bytes(4, '\0');
  for (int element = 0; element < 32; ++element)
    addBits(bytes, element / 8, element % 8, codes[element] >> 4);
  return bytes;
}

TEST(BlockCodes, Q8_0) {
  std::vector<int> codes = makeCodes(64, 256);
  std::string bytes;
  for (int element = 0; element < 64; ++element) {
    if (element % 32 == 0)
      bytes += u16(element ? quarter : half);
    codes[element] -= 128;
    bytes += static_cast<char>(codes[element]);
  }
  expectRow(WeightFormat::Q8_0, bytes, {codes, {0.5f, 0.25f}, {}});
}

TEST(BlockCodes, Q4_0) {
  std::vector<int> codes = makeCodes(32, 16);
  expectRow(WeightFormat::Q4_0, u16(0xb800) + packNibbles(codes),
            {subtract(codes, 8), {-0.5f}, {}});
}

TEST(BlockCodes, Q4_1) {
  std::vector<int> codes = makeCodes(32, 16);
  expectRow(WeightFormat::Q4_1, u16(half) + u16(0xb401) + packNibbles(codes),
            {codes, {0.5f}, {-0.25f - 0x1p-12f}});
}

TEST(BlockCodes, Q5_0) {
  std::vector<int> codes = makeCodes(32, 32);
  expectRow(WeightFormat::Q5_0,
            u16(half) + packFifthBits(codes) + packNibbles(codes),
            {subtract(codes, 16), {0.5f}, {}});
}

TEST(BlockCodes, Q5_1) {
  std::vector<int> codes = makeCodes(32, 32);
  expectRow(WeightFormat::Q5_1,
            u16(half) + u16(quarter) + packFifthBits(codes) +
                packNibbles(codes),
            {codes, {0.5f}, {0.25f}});
}

TEST(BlockCodes, IQ4_NL) {
  static const int values[] = {-127, -104, -83, -65, -49, -35, -22, -10,
                               1,    13,   25,  38,  53,  69,  89,  113};
  std::vector<int> codes = makeCodes(32, 16);
  std::string bytes = u16(half) + packNibbles(codes);
  for (int &code : codes)
    code = values[code];
  expectRow(WeightFormat::IQ4_NL, bytes, {codes, {0.5f}, {}});
}

TEST(BlockCodes, Q2_K) {
  std::vector<int> codes = makeCodes(256, 4), scales = makeCodes(32, 16);
  std::string bytes(80, '\0');
  Expected expected{codes, {}, {}};
  for (int group = 0; group < 16; ++group) {
    addBits(bytes, group, 0, scales[group]);
    addBits(bytes, group, 4, scales[16 + group]);
    expected.scales.push_back(0.5f * static_cast<float>(scales[group]));
    expected.offsets.push_back(-0.25f * static_cast<float>(scales[16 + group]));
  }
  for (int element = 0; element < 256; ++element)
    addBits(bytes, 16 + element / 128 * 32 + element % 32,
            element % 128 / 32 * 2, codes[element]);
  expectRow(WeightFormat::Q2_K, bytes + u16(half) + u16(quarter), expected);
}

TEST(BlockCodes, Q3_K) {
  std::vector<int> codes = makeCodes(256, 8), scales = makeCodes(16, 64);
  std::string bytes(108, '\0');
  Expected expected{subtract(codes, 4), {}, {}};
  for (int group = 0; group < 16; ++group) {
    addBits(bytes, 96 + group % 8, group / 8 * 4, scales[group] & 15);
    addBits(bytes, 104 + group % 4, group / 4 * 2, scales[group] >> 4);
    expected.scales.push_back(0.5f * static_cast<float>(scales[group] - 32));
  }
  for (int element = 0; element < 256; ++element) {
    addBits(bytes, element % 32, element / 32, codes[element] >> 2);
    addBits(bytes, 32 + element / 128 * 32 + element % 32,
            element % 128 / 32 * 2, codes[element] & 3);
  }
  expectRow(WeightFormat::Q3_K, bytes + u16(half), expected);
}

/// The scales of Q4_K and Q5_K with d = 1/2 and e = 1/4.
static std::string encodeGroupScales(Expected &expected) {
  std::vector<int> scales = makeCodes(8, 64), minima = makeCodes(16, 64);
  minima.erase(minima.begin(), minima.begin() + 8);
  std::string bytes(12, '\0');
  for (int group = 0; group < 4; ++group) {
    addBits(bytes, group, 0, scales[group]);
    addBits(bytes, group, 6, scales[4 + group] >> 4);
    addBits(bytes, 4 + group, 0, minima[group]);
    addBits(bytes, 4 + group, 6, minima[4 + group] >> 4);
    addBits(bytes, 8 + group, 0, scales[4 + group] & 15);
    addBits(bytes, 8 + group, 4, minima[4 + group] & 15);
  }
  for (int group = 0; group < 8; ++group) {
    expected.scales.push_back(0.5f * static_cast<float>(scales[group]));
    expected.offsets.push_back(-0.25f * static_cast<float>(minima[group]));
  }
  return u16(half) + u16(quarter) + bytes;
}

/// The low four bits of 256 codes.
static std::string packQuarters(const std::vector<int> &codes) {
  std::string bytes(128, '\0');
  for (int element = 0; element < 256; ++element)
    addBits(bytes, element / 64 * 32 + element % 32, element % 64 / 32 * 4,
            codes[element] & 15);
  return bytes;
}

TEST(BlockCodes, Q4_K) {
  Expected expected{makeCodes(256, 16), {}, {}};
  std::string bytes = encodeGroupScales(expected);
  expectRow(WeightFormat::Q4_K, bytes + packQuarters(expected.codes), expected);
}

TEST(BlockCodes, Q5_K) {
  Expected expected{makeCodes(256, 32), {}, {}};
  std::string bytes = encodeGroupScales(expected);
  std::string high(32, '\0');
  for (int element = 0; element < 256; ++element)
    addBits(high, element % 32, element / 32, expected.codes[element] >> 4);
  expectRow(WeightFormat::Q5_K, bytes + high + packQuarters(expected.codes),
            expected);
}

TEST(BlockCodes, Q6_K) {
  std::vector<int> codes = makeCodes(256, 64), scales = makeCodes(16, 256);
  std::string bytes(208, '\0');
  Expected expected{subtract(codes, 32), {}, {}};
  for (int group = 0; group < 16; ++group) {
    bytes[192 + group] = static_cast<char>(scales[group] - 128);
    expected.scales.push_back(0.5f * static_cast<float>(scales[group] - 128));
  }
  for (int element = 0; element < 256; ++element) {
    int inside = element % 128, part = inside / 32, lane = inside % 32;
    addBits(bytes, element / 128 * 64 + part % 2 * 32 + lane, part / 2 * 4,
            codes[element] & 15);
    addBits(bytes, 128 + element / 128 * 32 + lane, part * 2,
            codes[element] >> 4);
  }
  expectRow(WeightFormat::Q6_K, bytes + u16(half), expected);
}

TEST(BlockCodes, NegativeZeroStays) {
  std::vector<float> row = decodeRow(WeightFormat::Q8_0, 1, 32,
                                     u16(0xbc00) + std::string(32, '\0'), 0);
  EXPECT_TRUE(std::signbit(row[0]));
}

TEST(BlockCodes, OtherFormats) {
  for (WeightFormat format :
       {WeightFormat::F32, WeightFormat::TQ1_0, WeightFormat::Q1_0})
    EXPECT_FALSE(getCodeGroups(format));
}
