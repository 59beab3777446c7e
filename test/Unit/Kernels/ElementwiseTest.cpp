//===- ElementwiseTest.cpp - Rotations and elementwise kernels ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Buffer.h"
#include "KernelJit.h"

#include <cmath>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
constexpr int64_t rowCount = 9;

class ElementwiseTest : public MachineTest {};

/// A kernel with two inputs of `columns` + 5 columns and an output of
/// `columns`, run over the first 7 rows in two pieces.
std::vector<float> runBinary(const Machine &machine, int64_t columns,
                             const std::vector<float> &lhs,
                             const std::vector<float> &rhs,
                             Kernel::BodyEmitter emit) {
  auto type = floatBuffer({rowCount, columns + 5});
  Kernel kernel(machine, {type, type}, {floatBuffer({rowCount, columns})},
                emit);
  Buffer<float> lhsBuffer(lhs), rhsBuffer(rhs), output(rowCount * columns);
  kernel(3, 7, 7, {lhsBuffer, rhsBuffer, output});
  kernel(0, 3, 7, {lhsBuffer, rhsBuffer, output});
  std::vector<float> result(output.begin(), output.begin() + 7 * columns);
  EXPECT_TRUE(haveSameRows(result, output, 7, columns));
  return result;
}
} // namespace

TEST_P(ElementwiseTest, AddAndGate) {
  for (int64_t columns : {1, 15, 16, 17, 100}) {
    std::vector<float> lhs = Random(1).reals(rowCount * (columns + 5), 9);
    std::vector<float> rhs = Random(2).reals(rowCount * (columns + 5), 9);
    ColumnsSpec lhsSpec{columns, 2}, rhsSpec{columns, 5};
    std::vector<float> sum =
        runBinary(machine(), columns, lhs, rhs,
                  [&](Emitter &e, const KernelArguments &a) {
                    portable::emitAdd(e, a, lhsSpec, rhsSpec);
                  });
    auto gate = [&](Activation activation, const Machine &on) {
      return runBinary(on, columns, lhs, rhs,
                       [&](Emitter &e, const KernelArguments &a) {
                         portable::emitGate(e, a, lhsSpec, rhsSpec, activation);
                       });
    };
    std::vector<float> relu = gate(Activation::SquaredReLU, machine());
    std::vector<float> silu = gate(Activation::SiLU, machine());
    std::vector<float> baselineSilu =
        gate(Activation::SiLU, getMachines().front());
    EXPECT_TRUE(haveSameBits(baselineSilu, silu, silu.size()));
    for (int64_t i = 0; i < 7 * columns; ++i) {
      int64_t start = i / columns * (columns + 5) + i % columns;
      float x = lhs[start + 2], y = rhs[start + 5];
      float positive = x > 0 ? x : 0;
      EXPECT_EQ(sum[i], x + y);
      EXPECT_EQ(relu[i], (positive * positive) * y);
      double exact = double(x) / (1 + std::exp(-double(x))) * y;
      EXPECT_NEAR(silu[i], exact, std::fabs(exact) * 0x1p-20);
    }
  }
}

TEST_P(ElementwiseTest, QuantizationError) {
  for (int64_t columns : {1, 15, 16, 17, 100}) {
    int64_t padded = columns + 3;
    std::vector<float> input = Random(1).reals(rowCount * (columns + 5), 9);
    std::vector<float> scales = Random(2).reals(rowCount, 1);
    std::vector<int8_t> values(rowCount * padded);
    Random random(3);
    for (int8_t &value : values)
      value = static_cast<int8_t>(random.integer(-127, 127));
    Kernel kernel(machine(),
                  {floatBuffer({rowCount, columns + 5}),
                   byteBuffer({rowCount, padded}), floatBuffer({rowCount})},
                  {floatBuffer({rowCount, columns})},
                  [&](Emitter &e, const KernelArguments &a) {
                    portable::emitQuantizationError(e, a, {columns, 2});
                  });
    Buffer<float> inputBuffer(input), scaleBuffer(scales),
        output(rowCount * columns);
    Buffer<int8_t> valueBuffer(values);
    kernel(3, 7, 7, {inputBuffer, valueBuffer, scaleBuffer, output});
    kernel(0, 3, 7, {inputBuffer, valueBuffer, scaleBuffer, output});
    std::vector<float> expected;
    for (int64_t row = 0; row < 7; ++row)
      for (int64_t column = 0; column < columns; ++column) {
        float product =
            static_cast<float>(values[row * padded + column]) * scales[row];
        expected.push_back(input[row * (columns + 5) + 2 + column] - product);
      }
    EXPECT_TRUE(haveSameRows(expected, output, 7, columns));
  }
}

TEST_P(ElementwiseTest, CopyRows) {
  constexpr int64_t columns = 33, offset = 4, inputColumns = 40;
  std::vector<float> input = Random(3).reals(rowCount * inputColumns);
  Kernel kernel(machine(), {floatBuffer({rowCount, inputColumns}), indexType()},
                {floatBuffer({rowCount, columns})},
                [&](Emitter &e, const KernelArguments &a) {
                  portable::emitCopyRows(e, a, {columns, offset});
                });
  Buffer<float> inputBuffer(input), output(rowCount * columns);
  // The last rows: 9 − 4 is the first.
  for (int64_t count : {0, 1, 4, 9}) {
    output.clear();
    kernel(0, count, count, {inputBuffer, rowCount - count, output});
    std::vector<float> expected;
    for (int64_t row = rowCount - count; row < rowCount; ++row)
      for (int64_t k = 0; k < columns; ++k)
        expected.push_back(input[row * inputColumns + offset + k]);
    EXPECT_TRUE(haveSameRows(expected, output, count, columns)) << count;
  }
}

TEST_P(ElementwiseTest, RotationTable) {
  for (auto [pairs, base] : {std::pair<int64_t, double>(64, 500000.0),
                             {32, 10000.0},
                             {1, 10000.0},
                             {10, 1e7}}) {
    constexpr int64_t rows = 64;
    Kernel kernel(machine(), {indexType()}, {floatBuffer({rows, pairs, 2})},
                  [&](Emitter &e, const KernelArguments &a) {
                    portable::emitRotationTable(e, a, pairs, base);
                  });
    Buffer<float> table(rows * pairs * 2);
    int64_t different = 0, count = 0;
    for (int64_t position : {0, 1, 63, 4000, 131072, (1 << 20) - 64}) {
      table.clear();
      kernel(0, 20, rows, {position, table});
      kernel(20, rows, rows, {position, table});
      for (int64_t t = 0; t < rows; ++t)
        for (int64_t i = 0; i < pairs; ++i) {
          double frequency = std::pow(base, -double(i) / double(pairs));
          double angle = double(position + t) * frequency;
          double exact[] = {std::cos(angle), std::sin(angle)};
          for (int part : {0, 1}) {
            float actual = table[(t * pairs + i) * 2 + part];
            ASSERT_NEAR(actual, exact[part], 1e-7)
                << "position " << position + t << ", pair " << i;
            different += actual != static_cast<float>(exact[part]);
            ++count;
          }
        }
    }
    // Only numbers next to the middle of two floats may round otherwise.
    EXPECT_LE(different, count / 10000) << pairs << " pairs";
  }
}

TEST_P(ElementwiseTest, Rope) {
  struct Shape {
    int64_t heads, headSize, pairs, offset;
  };
  for (auto [heads, headSize, pairs, offset] :
       {Shape{1, 2, 1, 0}, Shape{3, 64, 32, 0}, Shape{2, 100, 50, 7},
        Shape{4, 96, 20, 3}}) {
    int64_t columns = heads * headSize, stride = columns + offset;
    std::vector<float> input = Random(5).reals(rowCount * stride, 4);
    std::vector<float> table = Random(6).reals(rowCount * pairs * 2);
    Kernel kernel(
        machine(),
        {floatBuffer({rowCount, stride}), floatBuffer({rowCount, pairs, 2})},
        {floatBuffer({rowCount, columns})},
        [&](Emitter &e, const KernelArguments &a) {
          portable::emitRope(e, a, {columns, offset}, headSize, pairs);
        });
    std::vector<float> expected;
    for (int64_t row = 0; row < rowCount; ++row)
      for (int64_t head = 0; head < heads; ++head) {
        const float *x = &input[row * stride + offset + head * headSize];
        std::vector<float> result(x, x + headSize);
        for (int64_t i = 0, j = pairs; i < pairs; ++i, ++j) {
          float cosine = table[(row * pairs + i) * 2];
          float sine = table[(row * pairs + i) * 2 + 1];
          result[i] = x[i] * cosine - x[j] * sine;
          result[j] = x[j] * cosine + x[i] * sine;
        }
        llvm::append_range(expected, result);
      }
    Buffer<float> inputBuffer(input), tableBuffer(table);
    Buffer<float> output(rowCount * columns);
    kernel(5, 8, 8, {inputBuffer, tableBuffer, output});
    kernel(0, 5, 8, {inputBuffer, tableBuffer, output});
    EXPECT_TRUE(haveSameRows(expected, output, 8, columns)) << headSize;
  }
}

BITNET_FOR_EACH_MACHINE(ElementwiseTest);
