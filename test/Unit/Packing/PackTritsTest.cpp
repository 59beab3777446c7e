//===- PackTritsTest.cpp - Trits in packed layouts ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Packing/Packing.h"

#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>
#include <random>

using namespace mlir::bitnet;

namespace {
struct Shape {
  int64_t rows, columns;
};
constexpr Shape shapes[] = {{1, 1},   {1, 16},  {7, 15},  {16, 17}, {31, 3},
                            {32, 64}, {33, 50}, {64, 16}, {65, 129}};

class PackTrits : public ::testing::Test {
protected:
  PackTrits() { context.loadDialect<BitNetDialect>(); }
  LayoutAttr layout(int64_t lanes, int64_t groups) {
    return LayoutAttr::get(&context, ElementKind::Trit, lanes, groups);
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
};
} // namespace

/// Every byte of the packed matrix, padding included, against the definition:
///   [row tile][column step][group][lane][4 bytes]
///   column 4 f + j of a step is bits 2 f of byte j, trit + 1
TEST_F(PackTrits, FollowsTheDefinition) {
  std::mt19937 random(1);
  for (auto [rows, columns] : shapes) {
    TernaryMatrix matrix(rows, columns);
    for (int64_t m = 0; m < rows; ++m)
      for (int64_t k = 0; k < columns; ++k)
        matrix.setTrit(m, k, static_cast<int>(random() % 3) - 1);
    for (int64_t lanes : {1, 4, 8, 16})
      for (int64_t groups : {1, 2, 3, 4}) {
        SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(columns) +
                     ", lanes " + std::to_string(lanes) + ", groups " +
                     std::to_string(groups));
        int64_t tiles = (rows + lanes * groups - 1) / (lanes * groups);
        int64_t steps = (columns + 15) / 16;
        std::vector<char> packed =
            packTrits(matrix.getView(), layout(lanes, groups));
        ASSERT_EQ(static_cast<int64_t>(packed.size()),
                  tiles * steps * groups * lanes * 4);
        size_t position = 0;
        for (int64_t tile = 0; tile < tiles; ++tile)
          for (int64_t step = 0; step < steps; ++step)
            for (int64_t group = 0; group < groups; ++group)
              for (int64_t lane = 0; lane < lanes; ++lane)
                for (int64_t j = 0; j < 4; ++j) {
                  auto byte = static_cast<unsigned char>(packed[position++]);
                  int64_t m = (tile * groups + group) * lanes + lane;
                  for (int64_t f = 0; f < 4; ++f) {
                    int64_t k = step * 16 + 4 * f + j;
                    bool isPadding = m >= rows || k >= columns;
                    int expected = isPadding ? 0 : matrix.getTrit(m, k);
                    ASSERT_EQ((byte >> (2 * f) & 3) - 1, expected)
                        << "row " << m << ", column " << k;
                  }
                }
      }
  }
}

/// Every field of every kind, against the fields of its format, decoded by
/// themselves: trit5 as its kernels decode it.
TEST_F(PackTrits, FollowsTheFields) {
  auto decodeWindows = [](unsigned q) {
    auto average = [](unsigned a, unsigned b) { return (a + b + 1) / 2; };
    unsigned u = average(q, average(q, 0)) & 0xC0;
    return (q + u) % 128 % 85 + 81 * (u / 64);
  };
  std::mt19937 random(2);
  for (ElementKind element :
       {ElementKind::Trit, ElementKind::Trit5, ElementKind::TritWord,
        ElementKind::TritByte, ElementKind::TritNibble, ElementKind::TritSign})
    for (auto [rows, columns] : shapes)
      for (int64_t block : {0, 1, 3}) {
        SCOPED_TRACE(stringifyElementKind(element).str() + " " +
                     std::to_string(rows) + "x" + std::to_string(columns) +
                     ", block " + std::to_string(block));
        TernaryMatrix matrix(rows, columns);
        for (int64_t m = 0; m < rows; ++m)
          for (int64_t k = 0; k < columns; ++k)
            matrix.setTrit(m, k, static_cast<int>(random() % 3) - 1);
        LayoutAttr layout = LayoutAttr::get(&context, element, /*lanes=*/8,
                                            /*groups=*/2, block);
        const LaneFormat &format = layout.getFormat();
        std::vector<char> packed = packTrits(matrix.getView(), layout);
        int64_t steps = layout.getStepCount(columns), tiles = (rows + 15) / 16;
        ASSERT_EQ(static_cast<int64_t>(packed.size()),
                  steps * tiles * 16 * format.planes * format.wordBytes);
        auto *next = reinterpret_cast<const unsigned char *>(packed.data());
        int64_t blockSteps = block ? block : steps;
        for (int64_t first = 0; first < steps; first += blockSteps)
          for (int64_t tile = 0; tile < tiles; ++tile)
            for (int64_t step = first;
                 step < std::min(first + blockSteps, steps); ++step) {
              for (int64_t lane = 0; lane < 16; ++lane)
                for (const LaneField &field : format.fields) {
                  auto read = [&](const LaneField &f) {
                    const unsigned char *word =
                        next + (f.plane * 16 + lane) * format.wordBytes +
                        f.byte;
                    unsigned bits = word[0];
                    if (f.shift + f.bits > 8)
                      bits |= word[1] << 8;
                    return bits >> f.shift & ((1u << f.bits) - 1);
                  };
                  unsigned expected = 0;
                  for (int64_t i = field.count; i-- > 0;) {
                    int64_t m = tile * 16 + lane;
                    int64_t k =
                        step * format.columns + field.column + i * field.stride;
                    int trit =
                        m < rows && k < columns ? matrix.getTrit(m, k) : 0;
                    expected = 3 * expected + (trit + 1);
                  }
                  unsigned bits = read(field);
                  switch (field.code) {
                  case FieldCode::Plain:
                  case FieldCode::Base3:
                    ASSERT_EQ(bits, expected);
                    break;
                  case FieldCode::Base3Windows:
                    ASSERT_EQ(decodeWindows(bits), expected);
                    break;
                  case FieldCode::Magnitude:
                    ASSERT_EQ(int(bits), std::abs(int(expected) - 13));
                    break;
                  case FieldCode::Sign:
                    ASSERT_EQ(bits, unsigned(expected < 13));
                    break;
                  }
                }
              next += layout.getStepBytes();
            }
      }
}

TEST_F(PackTrits, BitsFollowTheDefinition) {
  std::mt19937 random(3);
  for (auto [rows, columns] : shapes) {
    std::vector<char> bytes(rows * ((columns + 7) / 8));
    for (int64_t m = 0; m < rows; ++m)
      for (int64_t k = 0; k < columns; ++k)
        bytes[m * ((columns + 7) / 8) + k / 8] |=
            static_cast<char>((random() % 2) << k % 8);
    LayoutAttr layout = LayoutAttr::get(&context, ElementKind::Bit, 4, 2);
    std::vector<char> packed = packBits({rows, columns, bytes}, layout);
    int64_t steps = (columns + 31) / 32, tiles = (rows + 7) / 8;
    ASSERT_EQ(static_cast<int64_t>(packed.size()), steps * tiles * 8 * 4);
    for (int64_t m = 0; m < tiles * 8; ++m)
      for (int64_t k = 0; k < steps * 32; ++k) {
        int64_t within = k % 32;
        char byte =
            packed[((m / 8 * steps + k / 32) * 8 + m % 8) * 4 + within % 4];
        int expected = m < rows && k < columns
                           ? bytes[m * ((columns + 7) / 8) + k / 8] >> k % 8 & 1
                           : 0;
        ASSERT_EQ(byte >> within / 4 & 1, expected)
            << "row " << m << ", column " << k;
      }
  }
}

TEST_F(PackTrits, BytesOfOneStep) {
  // Columns 0 to 15 of one row: + - 0 0  0 0 0 0  0 0 0 +  - 0 0 0.
  TernaryMatrix matrix(1, 16);
  matrix.setTrit(0, 0, 1);
  matrix.setTrit(0, 1, -1);
  matrix.setTrit(0, 11, 1);
  matrix.setTrit(0, 12, -1);
  EXPECT_EQ(packTrits(matrix.getView(), layout(1, 1)),
            (std::vector<char>{0b00'01'01'10, 0b01'01'01'00, 0b01'01'01'01,
                               0b01'10'01'01}));
}
