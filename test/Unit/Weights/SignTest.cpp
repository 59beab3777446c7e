//===- SignTest.cpp - The binarisation of BitNet --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MatrixBytes.h"
#include "bitnet/Weights/Binarize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static llvm::Expected<BinaryMatrix>
quantize(int64_t rows, int64_t columns, const std::vector<float> &weights) {
  std::string bytes;
  for (float weight : weights)
    bytes += f32(weight);
  return quantizeSign(llvm::cantFail(
      StoredMatrix::get(WeightFormat::F32, rows, columns, bytes)));
}

static std::string getError(llvm::Expected<BinaryMatrix> matrix) {
  return matrix ? "no error" : toString(matrix.takeError());
}

static std::vector<int> getSigns(const BinaryMatrix &matrix) {
  std::vector<int> signs;
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t column = 0; column < matrix.columns; ++column)
      signs.push_back(matrix.getSign(row, column));
  return signs;
}

TEST(Sign, OfTheCentredWeights) {
  // The mean is 0.5, which is not above itself; that of the magnitudes is 1.5.
  BinaryMatrix matrix =
      llvm::cantFail(quantize(2, 3, {3, 0.5f, 0.75f, -1, 1.75f, -2}));
  EXPECT_EQ(matrix.scales, std::vector<float>{1.5f});
  EXPECT_EQ(matrix.blocks, 0);
  EXPECT_EQ(getSigns(matrix), (std::vector<int>{1, -1, 1, -1, 1, -1}));
}

TEST(Sign, FollowsTheFormula) {
  constexpr int64_t rows = 7, columns = 133;
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0.01f, 0.02f);
  std::vector<float> weights(rows * columns);
  double sum = 0, magnitudes = 0;
  for (float &weight : weights) {
    weight = normal(random);
    sum += weight;
    magnitudes += std::fabs(weight);
  }
  BinaryMatrix matrix = llvm::cantFail(quantize(rows, columns, weights));
  auto mean = static_cast<float>(sum / (rows * columns));
  EXPECT_EQ(matrix.scales, std::vector<float>{static_cast<float>(
                               magnitudes / (rows * columns))});
  std::vector<int> signs = getSigns(matrix);
  for (int64_t element = 0; element < rows * columns; ++element)
    ASSERT_EQ(signs[element], weights[element] > mean ? 1 : -1) << element;
}

TEST(Sign, BitsThatPadARowAreZero) {
  BinaryMatrix matrix = llvm::cantFail(quantize(1, 3, {1, -2, 3}));
  EXPECT_EQ(matrix.bytes, std::vector<char>{0b101});
}

TEST(Sign, WeightsThatAreSignsKeepTheirScale) {
  BinaryMatrix matrix =
      llvm::cantFail(quantize(1, 4, {0.25f, 0.25f, -0.25f, 0.25f}));
  EXPECT_EQ(matrix.scales, std::vector<float>{0.25f});
  EXPECT_EQ(getSigns(matrix), (std::vector<int>{1, 1, -1, 1}));
  // None of them is above their mean.
  matrix = llvm::cantFail(quantize(1, 2, {0.25f, 0.25f}));
  EXPECT_EQ(getSigns(matrix), (std::vector<int>{1, 1}));
}

TEST(Sign, ZerosAreNoSigns) {
  BinaryMatrix matrix =
      llvm::cantFail(quantize(1, 4, {0.25f, 0, -0.25f, 0.5f}));
  EXPECT_EQ(matrix.scales, std::vector<float>{0.25f});
  EXPECT_EQ(getSigns(matrix), (std::vector<int>{1, -1, -1, 1}));
  matrix = llvm::cantFail(quantize(1, 2, {0, 0}));
  EXPECT_EQ(matrix.scales, std::vector<float>{0});
}

TEST(Sign, NotFinite) {
  float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(getError(quantize(2, 2, {1, 2, 3, -infinity})),
            "row 1, column 1: expects a finite weight, found infinity");
  EXPECT_EQ(getError(quantize(2, 2, {1, std::nanf(""), 3, 4})),
            "row 0, column 1: expects a finite weight, found not-a-number");
}

TEST(Sign, QuantisedFormats) {
  std::string bytes(18, '\0');
  EXPECT_EQ(getError(quantizeSign(llvm::cantFail(
                StoredMatrix::get(WeightFormat::Q1_0, 1, 128, bytes)))),
            "sign: expects weights in a float format, found Q1_0");
}
