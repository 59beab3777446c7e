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
#include <limits>

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
    std::vector<float> gelu = gate(Activation::GELUTanh, machine());
    EXPECT_TRUE(haveSameBits(gate(Activation::GELUTanh, getMachines().front()),
                             gelu, gelu.size()));
    for (int64_t i = 0; i < 7 * columns; ++i) {
      int64_t start = i / columns * (columns + 5) + i % columns;
      float x = lhs[start + 2], y = rhs[start + 5];
      float positive = x > 0 ? x : 0;
      EXPECT_EQ(sum[i], x + y);
      EXPECT_EQ(relu[i], (positive * positive) * y);
      double exact = double(x) / (1 + std::exp(-double(x))) * y;
      EXPECT_NEAR(silu[i], exact, std::fabs(exact) * 0x1p-20);
      double z = 2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * double(x));
      exact = x / (1 + std::exp(-z)) * y;
      // An error of the argument z is one of the factor exp(-z).
      EXPECT_NEAR(gelu[i], exact,
                  std::fabs(exact) * 0x1p-20 *
                      (1 + std::fabs(std::min(z, 0.0))));
    }
  }
}

/// Numbers of every size, and what is none.
TEST_P(ElementwiseTest, GELUOfLargeNumbers) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> inputs = {
      0.0f,  -0.0f,  1e-41f,   -1e-30f,   5.0f,         -5.0f,
      -9.9f, -10.1f, -50.0f,   50.0f,     -1e13f,       1e13f,
      3e38f, -3e38f, infinity, -infinity, std::nanf("")};
  int64_t columns = inputs.size();
  std::vector<float> lhs, ones(rowCount * (columns + 5), 1.0f);
  for (int64_t row = 0; row < rowCount; ++row) {
    llvm::append_range(lhs, inputs);
    lhs.resize(lhs.size() + 5);
  }
  std::vector<float> gelu = runBinary(
      machine(), columns, lhs, ones, [&](Emitter &e, const KernelArguments &a) {
        portable::emitGate(e, a, {columns, 0}, {columns, 0},
                           Activation::GELUTanh);
      });
  for (int64_t i = 0; i + 1 < columns; ++i) {
    double x = inputs[i];
    double z = 2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
    double exact = x < -10 ? 0 : x / (1 + std::exp(-z));
    if (std::isinf(x) && x > 0)
      EXPECT_EQ(gelu[i], infinity);
    else
      EXPECT_NEAR(gelu[i], exact, std::fabs(exact) * 1e-4 + 1e-35) << x;
  }
  EXPECT_TRUE(std::isnan(gelu[columns - 1]));
}

TEST_P(ElementwiseTest, AddBias) {
  for (int64_t columns : {1, 15, 16, 17, 100}) {
    std::vector<float> input = Random(1).reals(rowCount * (columns + 5), 9);
    std::vector<float> bias = Random(2).reals(columns, 9);
    Kernel kernel(
        machine(),
        {floatBuffer({rowCount, columns + 5}), floatBuffer({columns})},
        {floatBuffer({rowCount, columns})},
        [&](Emitter &e, const KernelArguments &a) {
          portable::emitAddBias(e, a, {columns, 3});
        });
    Buffer<float> inputBuffer(input), biasBuffer(bias),
        output(rowCount * columns);
    kernel(3, 7, 7, {inputBuffer, biasBuffer, output});
    kernel(0, 3, 7, {inputBuffer, biasBuffer, output});
    std::vector<float> expected;
    for (int64_t row = 0; row < rowCount; ++row)
      for (int64_t k = 0; k < columns; ++k)
        expected.push_back(input[row * (columns + 5) + 3 + k] + bias[k]);
    EXPECT_TRUE(haveSameRows(expected, output, 7, columns));
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
  Kernel kernel(machine(), {floatBuffer({rowCount, inputColumns})},
                {floatBuffer({rowCount, columns})},
                [&](Emitter &e, const KernelArguments &a) {
                  portable::emitCopyRows(e, a, {columns, offset});
                });
  Buffer<float> inputBuffer(input), output(rowCount * columns);
  for (int64_t count : {0, 1, 4, 9}) {
    output.clear();
    kernel(0, count, count, {inputBuffer, output});
    std::vector<float> expected;
    for (int64_t row = 0; row < count; ++row)
      for (int64_t k = 0; k < columns; ++k)
        expected.push_back(input[row * inputColumns + offset + k]);
    EXPECT_TRUE(haveSameRows(expected, output, count, columns)) << count;
  }
}

TEST_P(ElementwiseTest, SelectRows) {
  constexpr int64_t columns = 33, offset = 4, inputColumns = 40;
  std::vector<float> input = Random(3).reals(rowCount * inputColumns);
  Kernel kernel(
      machine(),
      {floatBuffer({rowCount, inputColumns}), integerBuffer({rowCount})},
      {floatBuffer({rowCount, columns})},
      [&](Emitter &e, const KernelArguments &a) {
        portable::emitSelectRows(e, a, {columns, offset});
      });
  Buffer<float> inputBuffer(input), output(rowCount * columns);
  for (std::vector<int32_t> rows :
       {std::vector<int32_t>{}, {rowCount - 1}, {2, 5, 6}, {8, 0, 3, 1}}) {
    Buffer<int32_t> numbers(rowCount);
    std::copy(rows.begin(), rows.end(), numbers.begin());
    output.clear();
    int64_t count = rows.size();
    kernel(count / 2, count, count, {inputBuffer, numbers, output});
    kernel(0, count / 2, count, {inputBuffer, numbers, output});
    std::vector<float> expected;
    for (int32_t row : rows)
      for (int64_t k = 0; k < columns; ++k)
        expected.push_back(input[row * inputColumns + offset + k]);
    EXPECT_TRUE(haveSameRows(expected, output, count, columns)) << count;
  }
}

TEST_P(ElementwiseTest, RotationTable) {
  struct Case {
    int64_t pairs;
    double base, amplitude = 1;
  };
  for (auto [pairs, base, amplitude] :
       {Case{64, 500000.0}, Case{32, 10000.0}, Case{1, 10000.0},
        Case{10, 1e7, 1.1386}}) {
    constexpr int64_t rows = 64;
    Kernel kernel(machine(), {doubleBuffer({pairs}), integerBuffer({rows})},
                  {floatBuffer({rows, pairs, 2})},
                  [&](Emitter &e, const KernelArguments &a) {
                    portable::emitRotationTable(e, a, pairs, amplitude);
                  });
    std::vector<double> frequencies;
    for (int64_t i = 0; i < pairs; ++i)
      frequencies.push_back(std::pow(base, -double(i) / double(pairs)));
    Buffer<double> frequencyBuffer(frequencies);
    Buffer<float> table(rows * pairs * 2);
    int64_t different = 0, count = 0;
    for (int64_t position : {0, 1, 63, 4000, 131072, (1 << 20) - 64}) {
      table.clear();
      // Rows of a sequence in the order of another.
      Buffer<int32_t> positions(rows);
      for (int64_t t = 0; t < rows; ++t)
        positions[t] = static_cast<int32_t>(position + (t * 37) % rows);
      kernel(0, 20, rows, {frequencyBuffer, positions, table});
      kernel(20, rows, rows, {frequencyBuffer, positions, table});
      for (int64_t t = 0; t < rows; ++t)
        for (int64_t i = 0; i < pairs; ++i) {
          double angle = double(positions[t]) * frequencies[i];
          double exact[] = {std::cos(angle) * amplitude,
                            std::sin(angle) * amplitude};
          for (int part : {0, 1}) {
            float actual = table[(t * pairs + i) * 2 + part];
            ASSERT_NEAR(actual, exact[part], 1e-7 * amplitude)
                << "position " << positions[t] << ", pair " << i;
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
    bool interleaved = false;
  };
  for (auto [heads, headSize, pairs, offset, interleaved] :
       {Shape{1, 2, 1, 0}, Shape{3, 64, 32, 0}, Shape{2, 100, 50, 7},
        Shape{4, 96, 20, 3}, Shape{3, 64, 32, 5, true},
        Shape{2, 100, 20, 0, true}}) {
    int64_t columns = heads * headSize, stride = columns + offset;
    std::vector<float> input = Random(5).reals(rowCount * stride, 4);
    std::vector<float> table = Random(6).reals(rowCount * pairs * 2);
    Kernel kernel(
        machine(),
        {floatBuffer({rowCount, stride}), floatBuffer({rowCount, pairs, 2})},
        {floatBuffer({rowCount, columns})},
        [&](Emitter &e, const KernelArguments &a) {
          portable::emitRope(e, a, {columns, offset},
                             {headSize, pairs, interleaved});
        });
    std::vector<float> expected;
    for (int64_t row = 0; row < rowCount; ++row)
      for (int64_t head = 0; head < heads; ++head) {
        const float *x = &input[row * stride + offset + head * headSize];
        std::vector<float> result(x, x + headSize);
        for (int64_t p = 0; p < pairs; ++p) {
          int64_t i = interleaved ? 2 * p : p;
          int64_t j = interleaved ? i + 1 : p + pairs;
          float cosine = table[(row * pairs + p) * 2];
          float sine = table[(row * pairs + p) * 2 + 1];
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
