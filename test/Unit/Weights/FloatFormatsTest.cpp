//===- FloatFormatsTest.cpp - Stored floats to float ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MatrixBytes.h"
#include "bitnet/Weights/HalfFloat.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

/// What IEEE 754 says the bits of a binary16 mean, by its formula.
static double getExpectedF16(uint32_t bits) {
  int exponent = static_cast<int>(bits >> 10) & 31;
  double fraction = (bits & 1023) / 1024.0;
  double magnitude = exponent == 0 ? std::ldexp(fraction, -14)
                                   : std::ldexp(1 + fraction, exponent - 15);
  if (exponent == 31)
    magnitude = fraction == 0 ? HUGE_VAL : std::nan("");
  return bits & 0x8000 ? -magnitude : magnitude;
}

TEST(HalfFloat, EveryF16) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    float actual = decodeF16(static_cast<uint16_t>(bits));
    double expected = getExpectedF16(bits);
    if (std::isnan(expected))
      EXPECT_TRUE(std::isnan(actual)) << bits;
    else
      EXPECT_EQ(actual, expected) << bits;
    EXPECT_EQ(std::signbit(actual), (bits & 0x8000) != 0) << bits;
  }
}

TEST(HalfFloat, NotANumberKeepsItsPayload) {
  EXPECT_EQ(std::bit_cast<uint32_t>(decodeF16(0xfe2a)),
            0xff800000u | (0x22au << 13));
}

TEST(HalfFloat, BF16IsTheUpperHalf) {
  EXPECT_EQ(decodeBF16(0x3fc0), 1.5f);
  EXPECT_EQ(decodeBF16(0x0001), std::ldexp(1.0f, -133));
  EXPECT_EQ(std::bit_cast<uint32_t>(decodeBF16(0xffc1)), 0xffc10000u);
}

TEST(DecodeRow, F32) {
  std::string bytes = f32(1) + f32(-2) + f32(0.1f) + f32(3) + f32(4) + f32(5);
  EXPECT_EQ(decodeRow(WeightFormat::F32, 2, 3, bytes, 1),
            (std::vector<float>{3, 4, 5}));
}

TEST(DecodeRow, F16AndBF16) {
  EXPECT_EQ(decodeRow(WeightFormat::F16, 1, 2, u16(0x3c00) + u16(0x8001), 0),
            (std::vector<float>{1, -0x1p-24f}));
  EXPECT_EQ(decodeRow(WeightFormat::BF16, 1, 2, u16(0x3f80) + u16(0xc000), 0),
            (std::vector<float>{1, -2}));
}

TEST(DecodeRow, F64AndIntegers) {
  std::string bytes = f32(0) + f32(1.875f) + f32(0) + f32(-2);
  EXPECT_EQ(decodeRow(WeightFormat::F64, 1, 2, bytes, 0),
            (std::vector<float>{1, -2}));
  bytes = std::string("\x01\xff\x80\0\0\0\0\x80", 8);
  EXPECT_EQ(decodeRow(WeightFormat::I8, 2, 4, bytes, 1),
            (std::vector<float>{0, 0, 0, -128}));
  EXPECT_EQ(decodeRow(WeightFormat::I16, 1, 4, bytes, 0),
            (std::vector<float>{-255, 128, 0, -32768}));
  EXPECT_EQ(decodeRow(WeightFormat::I32, 1, 2, bytes, 0),
            (std::vector<float>{0x80ff01p0f, -0x1p31f}));
  EXPECT_EQ(decodeRow(WeightFormat::I64, 1, 1, bytes, 0),
            (std::vector<float>{-0x1p63f}));
}

TEST(StoredMatrix, Sizes) {
  EXPECT_EQ(getMatrixBytes(WeightFormat::F16, 3, 5), 30);
  EXPECT_EQ(getMatrixBytes(WeightFormat::Q8_0, 3, 64), 3 * 2 * 34);
  EXPECT_EQ(getMatrixBytes(WeightFormat::I2_S, 2, 64), 32 + 32);
  EXPECT_EQ(getMatrixBytes(WeightFormat::I2_S64, 1, 64), 16 + 32);
  EXPECT_EQ(getMatrixBytes(WeightFormat::TQ1_0, 2, 512), 4 * 54);
  EXPECT_EQ(getMatrixBytes(WeightFormat::TQ2_0, 2, 512), 4 * 66);
  EXPECT_EQ(getMatrixBytes(WeightFormat::Q1_0, 2, 256), 4 * 18);
  EXPECT_EQ(getMatrixBytes(WeightFormat::Q1_0, 2, 64), std::nullopt);
  EXPECT_EQ(getMatrixBytes(WeightFormat::Q6_K, 2, 512), 4 * 210);
  EXPECT_EQ(getMatrixBytes(WeightFormat::I2_S, 1, 64), std::nullopt);
  EXPECT_EQ(getMatrixBytes(WeightFormat::TQ1_0, 2, 128), std::nullopt);
  EXPECT_EQ(getMatrixBytes(WeightFormat::IQ1_BN, 3, 128), 3 * (2 + 2 * 13));
  EXPECT_EQ(getMatrixBytes(WeightFormat::IQ2_BN, 3, 128), 3 * (4 + 32));
  EXPECT_EQ(getMatrixBytes(WeightFormat::IQ2_BN_R4, 8, 128), 8 * (4 + 32));
  EXPECT_EQ(getMatrixBytes(WeightFormat::IQ2_BN_R4, 6, 128), std::nullopt);
  EXPECT_EQ(getMatrixBytes(WeightFormat::PackedRows, 8, 3), 2 * 3);
  EXPECT_EQ(getMatrixBytes(WeightFormat::PackedRows, 6, 3), std::nullopt);
  EXPECT_EQ(getMatrixBytes(WeightFormat::F32, 0, 1), std::nullopt);
  EXPECT_EQ(getMatrixBytes(WeightFormat::F32, -1, -1), std::nullopt);
  EXPECT_EQ(getMatrixBytes(WeightFormat::F32, int64_t(1) << 61, 1),
            std::nullopt);
  EXPECT_EQ(
      getMatrixBytes(WeightFormat::F32, int64_t(1) << 32, int64_t(1) << 32),
      std::nullopt);
}

TEST(StoredMatrix, WrongSizes) {
  auto getError = [](WeightFormat format, int64_t rows, int64_t columns,
                     size_t bytes) {
    std::string data(bytes, '\0');
    return toString(StoredMatrix::get(format, rows, columns, data).takeError());
  };
  EXPECT_EQ(getError(WeightFormat::F32, 2, 3, 23),
            "expects 24 bytes of F32 for 2x3, found 23");
  EXPECT_EQ(getError(WeightFormat::TQ2_0, 2, 100, 66),
            "expects a shape that whole blocks of TQ2_0 fill, found 2x100");
}
