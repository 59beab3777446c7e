//===- QuantizeInt8Test.cpp - Float weights to 8 bits ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Weights/QuantizeInt8.h"
#include "MatrixBytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

using Quantizer = llvm::Expected<Int8Matrix>(const StoredMatrix &, ScaleGroups);

static llvm::Expected<Int8Matrix> quantize(Quantizer quantizer, int64_t rows,
                                           const std::vector<float> &weights,
                                           ScaleGroups groups) {
  std::string bytes;
  for (float weight : weights)
    bytes += f32(weight);
  auto columns = static_cast<int64_t>(weights.size()) / rows;
  return quantizer(llvm::cantFail(StoredMatrix::get(WeightFormat::F32, rows,
                                                    columns, bytes)),
                   groups);
}

static std::vector<int> getCodes(const Int8Matrix &matrix) {
  return {matrix.codes.begin(), matrix.codes.end()};
}

TEST(QuantizeInt8, AbsMaxRoundsHalfToEven) {
  Int8Matrix matrix = llvm::cantFail(
      quantize(quantizeAbsMax, 2, {-127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 64, 3},
               ScaleGroups::Matrix));
  EXPECT_EQ(getCodes(matrix), (std::vector<int>{-127, 0, 2, 2, 0, -2, 64, 3}));
  EXPECT_EQ(matrix.scales, std::vector<float>{1});
  EXPECT_TRUE(matrix.zeroPoints.empty());
  EXPECT_EQ(matrix.getWeight(1, 2), 64);
}

TEST(QuantizeInt8, AbsMaxOfRows) {
  Int8Matrix matrix = llvm::cantFail(quantize(
      quantizeAbsMax, 3, {254, -4, 0, 0, 0.5f, -0.25f}, ScaleGroups::Rows));
  EXPECT_EQ(getCodes(matrix), (std::vector<int>{127, -2, 0, 0, 127, -64}));
  EXPECT_EQ(matrix.scales, (std::vector<float>{2, 1, 1 / 254.0f}));
}

TEST(QuantizeInt8, ZeroPointUsesAllCodes) {
  // 255 / 255 = 1, and the zero point is 55 - 128.
  Int8Matrix matrix = llvm::cantFail(quantize(
      quantizeZeroPoint, 1, {-55, 200, 0, 1.5f, 2.5f}, ScaleGroups::Matrix));
  EXPECT_EQ(getCodes(matrix), (std::vector<int>{-128, 127, -73, -72, -70}));
  EXPECT_EQ(matrix.zeroPoints, std::vector<float>{-73});
  EXPECT_EQ(matrix.getWeight(0, 1), 200);
}

TEST(QuantizeInt8, ZeroPointBeyondTheCodes) {
  Int8Matrix matrix = llvm::cantFail(quantize(quantizeZeroPoint, 3,
                                              {1000, 1255, -1255, -1000, 7, 7},
                                              ScaleGroups::Rows));
  EXPECT_EQ(matrix.zeroPoints, (std::vector<float>{-1128, 1127, -135}));
  EXPECT_EQ(matrix.getWeight(0, 0), 1000);
  EXPECT_EQ(matrix.getWeight(0, 1), 1255);
  EXPECT_EQ(matrix.getWeight(1, 0), -1255);
  EXPECT_EQ(matrix.scales[2], 1);
  EXPECT_EQ(matrix.getWeight(2, 1), 7);
}

TEST(QuantizeInt8, FollowsTheFormulas) {
  constexpr int64_t rows = 5, columns = 67;
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0.01f, 0.02f);
  std::vector<float> weights(rows * columns);
  for (float &weight : weights)
    weight = normal(random);
  Int8Matrix symmetric = llvm::cantFail(
      quantize(quantizeAbsMax, rows, weights, ScaleGroups::Rows));
  Int8Matrix shifted = llvm::cantFail(
      quantize(quantizeZeroPoint, rows, weights, ScaleGroups::Rows));
  for (int64_t row = 0; row < rows; ++row) {
    float largest = 0, minimum = weights[row * columns], maximum = minimum;
    for (int64_t column = 0; column < columns; ++column) {
      float weight = weights[row * columns + column];
      largest = std::max(largest, std::fabs(weight));
      minimum = std::min(minimum, weight);
      maximum = std::max(maximum, weight);
    }
    for (int64_t column = 0; column < columns; ++column) {
      float weight = weights[row * columns + column];
      // A code is the nearest one: no weight is off by more than half a step.
      EXPECT_LE(std::fabs(symmetric.getWeight(row, column) - weight),
                largest / 127 * 0.50001f);
      EXPECT_LE(std::fabs(shifted.getWeight(row, column) - weight),
                (maximum - minimum) / 255 * 1.00001f);
    }
  }
}

TEST(QuantizeInt8, ExtremeWeights) {
  float largest = 1e38f, least = std::numeric_limits<float>::denorm_min();
  for (Quantizer *quantizer : {&quantizeAbsMax, &quantizeZeroPoint}) {
    Int8Matrix matrix = llvm::cantFail(quantize(
        *quantizer, 3, {largest, 0, least, 0, 0, 0}, ScaleGroups::Rows));
    EXPECT_NEAR(matrix.getWeight(0, 0) / largest, 1, 1e-6);
    EXPECT_EQ(matrix.getWeight(1, 0), 0);
    EXPECT_EQ(matrix.getWeight(2, 0), 0);
  }
}

TEST(QuantizeInt8, Errors) {
  float largest = std::numeric_limits<float>::max();
  auto getError = [](llvm::Expected<Int8Matrix> matrix) {
    return matrix ? "no error" : toString(matrix.takeError());
  };
  EXPECT_EQ(getError(quantize(quantizeAbsMax, 1, {1, NAN}, ScaleGroups::Rows)),
            "row 0, column 1: expects a finite weight, found not-a-number");
  EXPECT_EQ(getError(quantize(quantizeZeroPoint, 2, {1, 0, INFINITY, 2},
                              ScaleGroups::Matrix)),
            "row 1, column 0: expects a finite weight, found infinity");
  EXPECT_EQ(getError(quantize(quantizeZeroPoint, 1, {-largest, largest},
                              ScaleGroups::Matrix)),
            "zeropoint: expects the difference of the largest and the least "
            "weight to be finite in f32");
}
