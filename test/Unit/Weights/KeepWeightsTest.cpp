//===- KeepWeightsTest.cpp - Weights of few bits as they are --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Weights/KeepWeights.h"
#include "MatrixBytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static llvm::Expected<KeptMatrix> keep(WeightFormat format, int64_t rows,
                                       int64_t columns,
                                       const std::string &bytes) {
  return keepWeights(
      llvm::cantFail(StoredMatrix::get(format, rows, columns, bytes)));
}

static llvm::Expected<KeptMatrix>
keepFloats(int64_t rows, int64_t columns, const std::vector<float> &weights) {
  std::string bytes;
  for (float weight : weights)
    bytes += f32(weight);
  return keep(WeightFormat::F32, rows, columns, bytes);
}

/// `rows` x `columns` weights of trits times what `getScale` gives.
template <typename GetScale>
static std::vector<float> makeTernary(int64_t rows, int64_t columns,
                                      GetScale getScale, bool hasZeros = true) {
  std::mt19937 random(5);
  std::vector<float> weights;
  for (int64_t m = 0; m < rows; ++m)
    for (int64_t k = 0; k < columns; ++k) {
      int sign = hasZeros ? static_cast<int>(random() % 3) - 1
                          : static_cast<int>(random() % 2) * 2 - 1;
      weights.push_back(static_cast<float>(sign) * getScale(m, k));
    }
  return weights;
}

/// Expects trits, or bits, that multiply to exactly `weights`.
template <typename Matrix>
static const Matrix &expectExact(const KeptMatrix &kept,
                                 const std::vector<float> &weights) {
  const Matrix &matrix = std::get<Matrix>(kept);
  for (int64_t m = 0; m < matrix.rows; ++m)
    for (int64_t k = 0; k < matrix.columns; ++k) {
      int64_t scale = matrix.scales.size() == 1 ? 0 : m;
      if (matrix.blocks)
        scale = m * matrix.blocks + k / (matrix.columns / matrix.blocks);
      int sign;
      if constexpr (std::is_same_v<Matrix, BinaryMatrix>)
        sign = matrix.getSign(m, k);
      else
        sign = matrix.getTrit(m, k);
      EXPECT_EQ(static_cast<float>(sign) * matrix.scales[scale],
                weights[m * matrix.columns + k])
          << m << ", " << k;
    }
  return matrix;
}

TEST(KeepWeights, FindsTritsWithScalesOfTheMatrixRowsAndBlocks) {
  auto weights = makeTernary(5, 70, [](int64_t, int64_t) { return 0.25f; });
  KeptMatrix kept = llvm::cantFail(keepFloats(5, 70, weights));
  EXPECT_EQ(expectExact<TernaryMatrix>(kept, weights).scales.size(), 1u);

  weights = makeTernary(6, 70, [](int64_t m, int64_t) { return 1.0f + m / 2; });
  kept = llvm::cantFail(keepFloats(6, 70, weights));
  EXPECT_EQ(expectExact<TernaryMatrix>(kept, weights).scales.size(), 6u);

  // Parts of a matrix that were quantised by themselves: 96 columns each, which
  // blocks of 32 would hold, too.
  weights = makeTernary(
      4, 384, [](int64_t m, int64_t k) { return 1.0f + m / 2 + k / 96; });
  kept = llvm::cantFail(keepFloats(4, 384, weights));
  EXPECT_EQ(expectExact<TernaryMatrix>(kept, weights).blocks, 4);
}

TEST(KeepWeights, FindsBits) {
  auto weights = makeTernary(
      3, 64, [](int64_t, int64_t k) { return k < 32 ? 0.5f : 2.0f; }, false);
  KeptMatrix kept = llvm::cantFail(keepFloats(3, 64, weights));
  EXPECT_EQ(expectExact<BinaryMatrix>(kept, weights).blocks, 2);
}

TEST(KeepWeights, KeepsZeros) {
  KeptMatrix kept = llvm::cantFail(keepFloats(2, 3, {0, 0, -0.0f, 0, 0, 0}));
  EXPECT_EQ(std::get<TernaryMatrix>(kept).scales, std::vector<float>{1});
}

TEST(KeepWeights, KeepsStoredTritsAndBits) {
  // f16 scale 0.5, trits -1, 0, +1 and again.
  std::string bytes = u16(0x3800) + std::string(16, 0x24);
  KeptMatrix kept = llvm::cantFail(keep(WeightFormat::Q2_0, 1, 64, bytes));
  EXPECT_EQ(std::get<TernaryMatrix>(kept).scales, std::vector<float>{0.5f});

  bytes = u16(0x3800) + std::string(16, 0x55);
  kept = llvm::cantFail(keep(WeightFormat::Q1_0, 1, 128, bytes));
  EXPECT_EQ(std::get<BinaryMatrix>(kept).scales, std::vector<float>{0.5f});
}

TEST(KeepWeights, KeepsTwoBitsThatAreNoTrits) {
  // Codes 3 are +2.
  std::string bytes = u16(0x3800) + std::string(16, char(0xE4));
  KeptMatrix kept = llvm::cantFail(keep(WeightFormat::Q2_0, 1, 64, bytes));
  const auto &codes = std::get<CodeMatrix>(kept);
  EXPECT_EQ(codes.blocks, 2);
  for (int64_t k = 0; k < 64; ++k)
    EXPECT_EQ(codes.codes[k] * codes.scales[k / 32], (k % 4 - 1) * 0.5f) << k;
}

TEST(KeepWeights, TakesCodesApart) {
  // Q8_0: a scale and 32 codes.
  std::string bytes;
  for (int block = 0; block < 4; ++block) {
    bytes += u16(static_cast<uint16_t>(0x3800 + 0x400 * block));
    for (int k = 0; k < 32; ++k)
      bytes += static_cast<char>(8 * k - 128 + block);
  }
  KeptMatrix kept = llvm::cantFail(keep(WeightFormat::Q8_0, 2, 64, bytes));
  const auto &codes = std::get<CodeMatrix>(kept);
  EXPECT_EQ(codes.blocks, 2);
  EXPECT_EQ(codes.scales, (std::vector<float>{0.5f, 1, 2, 4}));
  EXPECT_TRUE(codes.offsets.empty());
  for (int i = 0; i < 128; ++i)
    EXPECT_EQ(codes.codes[i], 8 * (i % 32) - 128 + i / 32);

  // Q4_1: a scale, an offset and 32 codes of 4 bits.
  bytes = u16(0x3800) + u16(0x3C00) + std::string(16, 0x72);
  kept = llvm::cantFail(keep(WeightFormat::Q4_1, 1, 32, bytes));
  const auto &nibbles = std::get<CodeMatrix>(kept);
  EXPECT_EQ(nibbles.offsets, std::vector<float>{1});
  EXPECT_EQ(nibbles.codes[0], 2);
  EXPECT_EQ(nibbles.codes[31], 7);
}

TEST(KeepWeights, RoundsFloatsInBlocks) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal(0, 0.02f);
  for (auto [columns, blocks] :
       {std::pair(64, 2), std::pair(48, 3), std::pair(50, 0)}) {
    constexpr int64_t rows = 3;
    std::vector<float> weights(rows * columns);
    for (float &weight : weights)
      weight = normal(random);
    KeptMatrix kept = llvm::cantFail(keepFloats(rows, columns, weights));
    const auto &codes = std::get<CodeMatrix>(kept);
    ASSERT_EQ(codes.blocks, blocks);
    int64_t size = blocks ? columns / blocks : columns;
    for (int64_t i = 0; i < rows * columns; ++i) {
      float scale = codes.scales[i / size];
      EXPECT_LE(std::fabs(codes.codes[i] * scale - weights[i]),
                0.5001f * scale);
    }
    // The largest is exact to an ulp or two.
    for (int64_t block = 0; block < rows * columns / size; ++block) {
      int largest = 0;
      for (int64_t k = 0; k < size; ++k)
        largest = std::max(largest, std::abs(codes.codes[block * size + k]));
      EXPECT_EQ(largest, 127);
    }
  }
}

TEST(KeepWeights, RoundsTinyBlocksToZero) {
  std::vector<float> weights(64, 1e-42f);
  weights[5] = 2e-42f;
  weights[40] = 3;
  KeptMatrix kept = llvm::cantFail(keepFloats(1, 64, weights));
  const auto &codes = std::get<CodeMatrix>(kept);
  EXPECT_EQ(codes.scales[0], 1);
  EXPECT_EQ(codes.codes[5], 0);
  EXPECT_EQ(codes.codes[40], 127);
}

TEST(KeepWeights, RefusesWhatIsNotFinite) {
  float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(toString(keepFloats(1, 3, {1, 2, infinity}).takeError()),
            "row 0, column 2: expects a finite weight, found inf");
  std::string bytes =
      u16(0x3800) + std::string(32, 1) + u16(0x7C00) + std::string(32, 1);
  EXPECT_EQ(toString(keep(WeightFormat::Q8_0, 1, 64, bytes).takeError()),
            "row 0, block at column 32: expects a finite scale, found inf");
}
