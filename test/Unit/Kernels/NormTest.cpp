//===- NormTest.cpp - Kernels that normalise and quantise rows ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Buffer.h"
#include "KernelJit.h"
#include "Reference.h"

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
constexpr int64_t columnCounts[] = {1, 15, 16, 17, 512, 1537};
constexpr int64_t rowCount = 8;
constexpr float eps = 1e-6f;

/// Rows of every kind that matters to a quantiser, in a buffer with `offset`
/// columns before and 3 after those that are read.
std::vector<float> makeRows(int64_t columns, int64_t offset, unsigned seed) {
  Random random(seed);
  int64_t stride = offset + columns + 3;
  std::vector<float> values = random.reals(rowCount * stride, 3);
  for (int64_t k = 0; k < columns; ++k) {
    auto at = [&](int64_t row) -> float & {
      return values[row * stride + offset + k];
    };
    at(1) = 0;
    at(2) *= 1e-9f; // The quantiser's lower bound holds.
    at(3) *= 1e12f;
    // Every other value lies half way between two integers.
    at(4) = k == 0 ? 127.0f
                   : static_cast<float>(random.integer(-126, 126)) +
                         (k % 2 ? 0.5f : 0.0f);
    at(5) = k % 2 ? -0.0f : 1e-41f;             // Subnormal.
    at(6) = k == columns / 2 ? -700.0f : at(6); // An outlier.
  }
  return values;
}

llvm::ArrayRef<float> rowOf(llvm::ArrayRef<float> rows, int64_t row,
                            int64_t columns, int64_t offset) {
  return rows.slice(row * (offset + columns + 3) + offset, columns);
}

/// Columns of a buffer that makeRows fills.
int64_t stride(int64_t columns, int64_t offset) { return offset + columns + 3; }

class NormTest : public MachineTest {};
} // namespace

//===----------------------------------------------------------------------===//
// rms_norm
//===----------------------------------------------------------------------===//

TEST_P(NormTest, RMSNorm) {
  for (int64_t columns : columnCounts) {
    int64_t offset = columns % 2 * 3;
    std::vector<float> input = makeRows(columns, offset, 1);
    std::vector<float> weight = Random(2).reals(columns, 2);
    std::vector<float> expected;
    for (int64_t row = 0; row < rowCount; ++row)
      llvm::append_range(
          expected, normalize(rowOf(input, row, columns, offset), weight, eps));
    Buffer<float> inputBuffer(input), weightBuffer(weight);
    RMSNormSpec spec{columns, offset, eps};
    std::vector<decltype(&portable::emitRMSNorm)> generators;
    if (machine().tests(InstructionSet::Portable))
      generators.push_back(portable::emitRMSNorm);
    if (machine().level != InstructionSet::Portable)
      generators.push_back(vectorized::emitRMSNorm);
    for (auto emit : generators)
      for (unsigned level : {3, 0}) {
        Kernel kernel(
            machine(),
            {floatBuffer({rowCount, stride(columns, offset)}),
             floatBuffer({columns})},
            {floatBuffer({rowCount, columns})},
            [&](Emitter &e, const KernelArguments &a) { emit(e, a, spec); },
            level);
        Buffer<float> output(rowCount * columns);
        kernel(0, 2, 7, {inputBuffer, weightBuffer, output});
        kernel(2, 7, 7, {inputBuffer, weightBuffer, output});
        EXPECT_TRUE(haveSameRows(expected, output, 7, columns))
            << columns << " columns";
      }
  }
}

/// Heads are rows of their own that share a weight.
TEST_P(NormTest, RMSNormOfHeads) {
  for (auto [heads, headSize] : {std::pair<int64_t, int64_t>(4, 64),
                                 {3, 128},
                                 {2, 256},
                                 {5, 100},
                                 {7, 1}}) {
    int64_t columns = heads * headSize, offset = heads % 2 * 3;
    std::vector<float> input = makeRows(columns, offset, 1);
    std::vector<float> weight = Random(2).reals(headSize, 2);
    std::vector<float> expected;
    for (int64_t row = 0; row < rowCount; ++row)
      for (int64_t head = 0; head < heads; ++head)
        llvm::append_range(expected,
                           normalize(rowOf(input, row, columns, offset)
                                         .slice(head * headSize, headSize),
                                     weight, eps));
    Buffer<float> inputBuffer(input), weightBuffer(weight);
    RMSNormSpec spec{columns, offset, eps, headSize};
    std::vector<decltype(&portable::emitRMSNorm)> generators;
    if (machine().tests(InstructionSet::Portable))
      generators.push_back(portable::emitRMSNorm);
    if (machine().level != InstructionSet::Portable)
      generators.push_back(vectorized::emitRMSNorm);
    for (auto emit : generators) {
      Kernel kernel(
          machine(),
          {floatBuffer({rowCount, stride(columns, offset)}),
           floatBuffer({headSize})},
          {floatBuffer({rowCount, columns})},
          [&](Emitter &e, const KernelArguments &a) { emit(e, a, spec); });
      Buffer<float> output(rowCount * columns);
      kernel(0, 2, 7, {inputBuffer, weightBuffer, output});
      kernel(2, 7, 7, {inputBuffer, weightBuffer, output});
      EXPECT_TRUE(haveSameRows(expected, output, 7, columns))
          << heads << " heads of " << headSize;
    }
  }
}

//===----------------------------------------------------------------------===//
// quantize_activations
//===----------------------------------------------------------------------===//

namespace {
struct QuantizeCase {
  QuantizeActivationsSpec spec;
  std::vector<float> input, gate, norm;

  /// What the quantiser sees in a row: the gate's result, by the kernel of
  /// bitnet.gate, and its norm.
  std::vector<std::vector<float>> makeOperands() const;
  /// Checks one generator.
  void check(const Machine &machine,
             decltype(&portable::emitQuantizeActivations) emit,
             llvm::ArrayRef<std::vector<float>> operands,
             unsigned optimizationLevel = 3) const;
};
} // namespace

std::vector<std::vector<float>> QuantizeCase::makeOperands() const {
  int64_t columns = spec.columns;
  std::vector<float> rows;
  for (int64_t row = 0; row < rowCount; ++row)
    llvm::append_range(rows, rowOf(input, row, columns, spec.inputOffset));
  if (spec.activation) {
    Kernel kernel(getMachines().front(),
                  {floatBuffer({rowCount, stride(columns, spec.gateOffset)}),
                   floatBuffer({rowCount, columns})},
                  {floatBuffer({rowCount, columns})},
                  [&](Emitter &e, const KernelArguments &a) {
                    portable::emitGate(e, a, {columns, spec.gateOffset},
                                       {columns, 0}, *spec.activation);
                  });
    Buffer<float> gateBuffer(gate), up(rows), output(rowCount * columns);
    kernel(0, rowCount, rowCount, {gateBuffer, up, output});
    rows.assign(output.begin(), output.end());
  }
  std::vector<std::vector<float>> operands;
  for (int64_t row = 0; row < rowCount; ++row) {
    auto x = llvm::ArrayRef(rows).slice(row * columns, columns);
    operands.push_back(spec.eps ? normalize(x, norm, *spec.eps) : x.vec());
  }
  return operands;
}

void QuantizeCase::check(const Machine &machine,
                         decltype(&portable::emitQuantizeActivations) emit,
                         llvm::ArrayRef<std::vector<float>> operands,
                         unsigned optimizationLevel) const {
  int64_t columns = spec.columns, padded = spec.paddedColumns;
  llvm::SmallVector<mlir::Type> inputs = {
      floatBuffer({rowCount, stride(columns, spec.inputOffset)})};
  Buffer<float> inputBuffer(input), gateBuffer(gate), normBuffer(norm);
  llvm::SmallVector<Argument> arguments = {inputBuffer};
  if (spec.activation) {
    inputs.push_back(floatBuffer({rowCount, stride(columns, spec.gateOffset)}));
    arguments.push_back(gateBuffer);
  }
  if (spec.eps) {
    inputs.push_back(floatBuffer({columns}));
    arguments.push_back(normBuffer);
  }
  Kernel kernel(
      machine, inputs,
      {byteBuffer({rowCount, padded}), floatBuffer({rowCount}),
       integerBuffer({rowCount})},
      [&](Emitter &e, const KernelArguments &a) { emit(e, a, spec); },
      optimizationLevel);
  Buffer<int8_t> values(rowCount * padded);
  Buffer<float> scales(rowCount);
  Buffer<int32_t> sums(rowCount);
  for (Argument output : {Argument(values), Argument(scales), Argument(sums)})
    arguments.push_back(output);

  std::vector<int8_t> expectedValues;
  std::vector<float> expectedScales;
  std::vector<int32_t> expectedSums;
  for (const std::vector<float> &operand : operands) {
    QuantizedRow row(operand, 127, spec.floor, spec.reciprocal);
    llvm::append_range(expectedValues, row.values);
    expectedValues.resize(expectedValues.size() + padded - columns);
    expectedScales.push_back(row.scale);
    expectedSums.push_back(row.sum);
  }
  for (int64_t rows : {int64_t(1), int64_t(7), rowCount}) {
    values.clear();
    scales.clear();
    sums.clear();
    kernel(rows / 3, rows, rows, arguments);
    kernel(0, rows / 3, rows, arguments);
    ASSERT_TRUE(haveSameRows(expectedValues, values, rows, padded)) << "values";
    ASSERT_TRUE(haveSameRows(expectedScales, scales, rows, 1)) << "scales";
    ASSERT_TRUE(haveSameRows(expectedSums, sums, rows, 1)) << "sums";
  }
}

TEST_P(NormTest, QuantizeActivations) {
  std::optional<Activation> activations[] = {
      std::nullopt, Activation::SquaredReLU, Activation::SiLU,
      Activation::GELUTanh};
  for (int64_t columns : columnCounts)
    for (std::optional<Activation> activation : activations)
      for (bool hasNorm : {false, true}) {
        QuantizeCase c;
        // Padded to whole steps of a layout, to more, or not at all.
        int64_t padded = (columns + 15) / 16 * 16 + (columns == 16 ? 16 : 0);
        c.spec = {columns,         activation || hasNorm ? padded : columns,
                  hasNorm ? 0 : 5, hasNorm ? 2 : 0,
                  activation,      std::nullopt};
        if (hasNorm)
          c.spec.eps = eps;
        c.input = makeRows(columns, c.spec.inputOffset, 3);
        c.gate = makeRows(columns, c.spec.gateOffset, 4);
        c.norm = Random(5).reals(columns, 2);
        SCOPED_TRACE(
            std::to_string(columns) + " columns" +
            (activation ? ", " + stringifyActivation(*activation).str() : "") +
            (hasNorm ? ", norm" : ""));
        std::vector<std::vector<float>> operands = c.makeOperands();
        if (machine().tests(InstructionSet::Portable))
          c.check(machine(), portable::emitQuantizeActivations, operands);
        if (machine().level == InstructionSet::Portable)
          continue;
        c.check(machine(), vectorized::emitQuantizeActivations, operands);
        if (columns == 17)
          c.check(machine(), vectorized::emitQuantizeActivations, operands,
                  /*optimizationLevel=*/0);
      }
}

/// A row's multiplier as PyTorch computes it, and rows below the floor.
TEST_P(NormTest, QuantizeActivationsReciprocal) {
  auto generators = {portable::emitQuantizeActivations,
                     vectorized::emitQuantizeActivations};
  for (int64_t columns : {1, 17, 512})
    for (bool reciprocal : {false, true})
      for (float floor : {1e-30f, 1e-5f, 100.0f}) {
        QuantizeCase c;
        c.spec = {columns,      columns,      0,     0,
                  std::nullopt, std::nullopt, floor, reciprocal};
        c.input = makeRows(columns, 0, 6);
        std::vector<std::vector<float>> operands = c.makeOperands();
        SCOPED_TRACE(std::to_string(columns) + " columns, floor " +
                     std::to_string(floor));
        for (auto emit : generators)
          if (emit == portable::emitQuantizeActivations
                  ? machine().tests(InstructionSet::Portable)
                  : machine().level != InstructionSet::Portable)
            c.check(machine(), emit, operands);
      }
}

//===----------------------------------------------------------------------===//
// Activations of integer output heads
//===----------------------------------------------------------------------===//

TEST_P(NormTest, QuantizeHeadInput) {
  auto generators = {portable::emitQuantizeHeadInput,
                     vectorized::emitQuantizeHeadInput};
  for (int64_t columns : {1, 15, 17, 512, 1537}) {
    int64_t offset = columns % 2 * 2, padded = (columns + 3) / 4 * 4;
    int64_t limit = columns == 17 ? 26214 : columns == 512 ? 127 : 32512;
    std::vector<float> input = makeRows(columns, offset, 6);
    std::vector<int8_t> expectedHigh, expectedLow;
    std::vector<float> expectedScales;
    std::vector<int32_t> expectedSums;
    for (int64_t row = 0; row < 7; ++row) {
      QuantizedRow quantized(rowOf(input, row, columns, offset), float(limit));
      int32_t highSum = 0, lowSum = 0;
      for (int64_t k = 0; k < padded; ++k) {
        int value = k < columns ? quantized.values[k] : 0;
        auto lowPart = static_cast<int8_t>(value & 255);
        int highPart = (value - lowPart) / 256;
        EXPECT_TRUE(-127 <= highPart && highPart <= 127);
        expectedLow.push_back(lowPart);
        expectedHigh.push_back(static_cast<int8_t>(highPart));
        lowSum += lowPart;
        highSum += highPart;
      }
      expectedScales.push_back(quantized.scale);
      expectedSums.push_back(highSum);
      expectedSums.push_back(lowSum);
    }

    for (auto *emit : generators) {
      Kernel kernel(
          machine(), {floatBuffer({rowCount, stride(columns, offset)})},
          {byteBuffer({rowCount, padded}), byteBuffer({rowCount, padded}),
           floatBuffer({rowCount}), integerBuffer({rowCount, 2})},
          [&](Emitter &e, const KernelArguments &a) {
            emit(e, a, {columns, offset, limit});
          });
      Buffer<float> inputBuffer(input), scales(rowCount);
      Buffer<int8_t> high(rowCount * padded), low(rowCount * padded);
      Buffer<int32_t> sums(rowCount * 2);
      kernel(0, 7, 7, {inputBuffer, high, low, scales, sums});
      EXPECT_TRUE(haveSameRows(expectedHigh, high, 7, padded)) << columns;
      EXPECT_TRUE(haveSameRows(expectedLow, low, 7, padded)) << columns;
      EXPECT_TRUE(haveSameRows(expectedScales, scales, 7, 1)) << columns;
      EXPECT_TRUE(haveSameRows(expectedSums, sums, 7, 2)) << columns;
    }
  }
}

BITNET_FOR_EACH_MACHINE(NormTest);
