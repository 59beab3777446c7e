//===- AbsMeanTest.cpp - The ternarisation of BitNet b1.58 ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MatrixBytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static llvm::Expected<TernaryMatrix>
quantize(int64_t rows, int64_t columns, const std::vector<float> &weights) {
  std::string bytes;
  for (float weight : weights)
    bytes += f32(weight);
  return quantizeAbsMean(llvm::cantFail(
      StoredMatrix::get(WeightFormat::F32, rows, columns, bytes)));
}

static std::string getError(llvm::Expected<TernaryMatrix> matrix) {
  return matrix ? "no error" : toString(matrix.takeError());
}

TEST(AbsMean, RoundsHalfToEven) {
  // The mean of the magnitudes is 2, so +-1 lies on the boundary, which rounds
  // to 0, and the next float beyond does not.
  float above = std::nextafter(1.0f, 2.0f);
  std::vector<float> weights = {1,         -1,        above,     -above, 3, -3,
                                0,         -0.0f,     4,         -4,     2, 2,
                                2 - above, 2 - above, 1 + above, above};
  double sum = 0;
  for (float weight : weights)
    sum += std::fabs(weight);
  weights.push_back(static_cast<float>(2 * 17 - sum));
  TernaryMatrix matrix = llvm::cantFail(quantize(1, 17, weights));
  ASSERT_EQ(matrix.scales, std::vector<float>{2});
  std::vector<int> expected = {0, 0,  1, -1, 1, -1, 0, 0,
                               1, -1, 1, 1,  0, 0,  1, 1};
  for (int column = 0; column < 16; ++column)
    EXPECT_EQ(matrix.getTrit(0, column), expected[column]) << column;
}

TEST(AbsMean, FollowsTheFormula) {
  constexpr int64_t rows = 7, columns = 133;
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 0.02f);
  std::vector<float> weights(rows * columns);
  double sum = 0;
  for (float &weight : weights) {
    weight = normal(random);
    sum += std::fabs(weight);
  }
  TernaryMatrix matrix = llvm::cantFail(quantize(rows, columns, weights));
  float scale = static_cast<float>(sum / (rows * columns));
  ASSERT_EQ(matrix.scales, std::vector<float>{scale});
  EXPECT_EQ(matrix.getView().findInvalidCode(), std::nullopt);
  for (int64_t element = 0; element < rows * columns; ++element) {
    float rounded = std::nearbyintf(weights[element] * (1.0f / scale));
    ASSERT_EQ(matrix.getTrit(element / columns, element % columns),
              static_cast<int>(std::fmin(std::fmax(rounded, -1), 1)))
        << element;
  }
}

TEST(AbsMean, SmallWeightsUseTheSmallestScale) {
  TernaryMatrix matrix =
      llvm::cantFail(quantize(1, 5, {0, 4e-6f, -6e-6f, 6e-6f, 0}));
  EXPECT_EQ(matrix.scales, std::vector<float>{1e-5f});
  EXPECT_EQ(matrix.getView().countTrits(), (TritCounts{1, 3, 1}));
}

TEST(AbsMean, LargestWeights) {
  float largest = std::numeric_limits<float>::max();
  TernaryMatrix matrix =
      llvm::cantFail(quantize(1, 3, {largest, -largest, largest}));
  EXPECT_EQ(matrix.scales, std::vector<float>{largest});
  EXPECT_EQ(matrix.getView().countTrits(), (TritCounts{1, 0, 2}));
}

TEST(AbsMean, TernaryWeightsKeepTheirScale) {
  // The mean of the magnitudes is 0.15.
  TernaryMatrix matrix =
      llvm::cantFail(quantize(2, 3, {0.3f, 0, -0.3f, -0.0f, 0, 0.3f}));
  EXPECT_EQ(matrix.scales, std::vector<float>{0.3f});
  std::vector<int> expected = {1, 0, -1, 0, 0, 1};
  for (int element = 0; element < 6; ++element)
    EXPECT_EQ(matrix.getTrit(element / 3, element % 3), expected[element])
        << element;
}

TEST(AbsMean, BinaryWeightsKeepTheirScale) {
  TernaryMatrix matrix = llvm::cantFail(quantize(1, 4, {-2, 2, 2, -2}));
  EXPECT_EQ(matrix.scales, std::vector<float>{2});
  EXPECT_EQ(matrix.getView().countTrits(), (TritCounts{2, 0, 2}));
}

TEST(AbsMean, TinyTernaryWeightsKeepTheirScale) {
  float tiny = std::numeric_limits<float>::denorm_min();
  TernaryMatrix matrix = llvm::cantFail(quantize(1, 3, {tiny, 0, -tiny}));
  EXPECT_EQ(matrix.scales, std::vector<float>{tiny});
  EXPECT_EQ(matrix.getView().countTrits(), (TritCounts{1, 1, 1}));
}

TEST(AbsMean, NearlyTernaryWeightsAreMasters) {
  // The difference is in the last row, by one bit.
  float other = std::nextafter(0.5f, 1.0f);
  TernaryMatrix matrix =
      llvm::cantFail(quantize(3, 2, {0.5f, 0, 0, -0.5f, 0, other}));
  EXPECT_EQ(matrix.scales, std::vector<float>{(1.0f + other) / 6});
  EXPECT_EQ(matrix.getView().countTrits(), (TritCounts{1, 3, 2}));
}

TEST(AbsMean, ZerosHaveScaleOne) {
  TernaryMatrix matrix = llvm::cantFail(quantize(2, 2, {0, -0.0f, 0, 0}));
  EXPECT_EQ(matrix.scales, std::vector<float>{1});
  EXPECT_EQ(matrix.getView().countTrits(), (TritCounts{0, 4, 0}));
}

TEST(AbsMean, WeightsMustBeFinite) {
  float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(getError(quantize(2, 2, {0, 1, 2, -infinity})),
            "row 1, column 1: expects a finite weight, found infinity");
  EXPECT_EQ(getError(quantize(2, 2, {0, std::nanf(""), 2, infinity})),
            "row 0, column 1: expects a finite weight, found not-a-number");
}

TEST(AbsMean, TernaryFormatsStayAsTheyAre) {
  std::string bytes = encodeI2S(makeTrits(128), 32, 1);
  EXPECT_EQ(getError(quantizeAbsMean(llvm::cantFail(
                StoredMatrix::get(WeightFormat::I2_S, 1, 128, bytes)))),
            "absmean: expects weights in a float format, found I2_S");
}
