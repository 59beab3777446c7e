//===- OutputHeadTest.cpp - Kernels of output heads -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every kernel against the formulas of bitnet.output_head. All of them equal
// the formula bit for bit, and so each other.
//
//===----------------------------------------------------------------------===//

#include "Reference.h"
#include "TableOperands.h"

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
constexpr int64_t maximumTokens = 9;
constexpr int64_t tokenCounts[] = {1, 2, 3, 4, 5, 8, 9};

struct Shape {
  int64_t rows, columns, inputOffset;
  int64_t inputColumns() const { return columns + inputOffset + 2; }
};
constexpr Shape shapes[] = {{1, 1, 0},    {7, 15, 0},   {16, 16, 2},
                            {31, 17, 0},  {32, 64, 0},  {33, 100, 3},
                            {64, 129, 0}, {65, 512, 0}, {200, 66, 1}};

/// All shapes for a kernel's own level and layout, some for others.
std::vector<Shape> getShapes(const HeadCase &head, const Machine &machine) {
  bool isOwn = head.kernel->level == machine.level &&
               head.kernel->getLayout(&getContext()) == head.layout;
  std::vector<Shape> result;
  for (size_t i = 0; i < std::size(shapes); ++i)
    if (isOwn || i % 4 == 1)
      result.push_back(shapes[i]);
  return result;
}

/// [tokens][inputColumns]. Of the 16-bit numbers that integer tables are
/// multiplied with, some rows have only the largest, some the least low or high
/// parts.
std::vector<float> makeInput(const Shape &shape) {
  Random random(3);
  std::vector<float> input =
      random.reals(maximumTokens * shape.inputColumns(), 4);
  // 256 h + l, the first one being the largest of its row.
  constexpr float step = 1.0f / 32512;
  constexpr float largest = 127 * 256 * step;
  constexpr float lowest = (126 * 256 + 128 - 256) * step;
  constexpr float highest = (126 * 256 + 127) * step;
  for (int64_t k = 0; k < shape.inputColumns(); ++k) {
    auto value = [&](int64_t token) -> float & {
      return input[token * shape.inputColumns() + k];
    };
    value(1) = largest;
    value(2) = k % 2 ? -largest : largest;
    value(3) = k > shape.inputOffset ? lowest : largest;
    value(4) = k > shape.inputOffset ? -highest : -largest;
    value(5) = 0;
  }
  return input;
}

llvm::ArrayRef<float> getRow(const std::vector<float> &input,
                             const Shape &shape, int64_t token) {
  return llvm::ArrayRef(input).slice(
      token * shape.inputColumns() + shape.inputOffset, shape.columns);
}

std::string describe(const HeadCase &head, const Shape &shape) {
  return stringifyInstructionSet(head.kernel->level).str() + " " +
         stringifyElementKind(head.kernel->element).str() + " " +
         std::to_string(shape.rows) + "x" + std::to_string(shape.columns) +
         " in tiles of " + std::to_string(head.layout.getTileRows());
}

/// Runs the kernel in two pieces for each number of tokens.
void check(const Kernel &kernel, llvm::SmallVector<Argument> arguments,
           int64_t tiles, const std::vector<float> &expected, int64_t rows) {
  Buffer<float> output(maximumTokens * rows);
  arguments.push_back(output);
  for (int64_t tokens : tokenCounts) {
    output.clear();
    kernel(tiles / 2, tiles, tokens, arguments);
    kernel(0, tiles / 2, tokens, arguments);
    ASSERT_TRUE(haveSameRows(expected, output, tokens, rows))
        << tokens << " tokens";
  }
}

/// The sums over the columns in order.
void checkFloats(const Machine &machine, const HeadCase &head,
                 const Shape &shape, unsigned optimizationLevel = 3) {
  PackedTableOperand operand(shape.rows, shape.columns, head.layout);
  std::vector<float> input = makeInput(shape);
  std::vector<float> expected;
  for (int64_t t = 0; t < maximumTokens; ++t)
    for (int64_t m = 0; m < shape.rows; ++m) {
      float sum = 0;
      for (int64_t k = 0; k < shape.columns; ++k)
        sum = sum + getRow(input, shape, t)[k] * operand.getFloat(m, k);
      expected.push_back(sum);
    }
  Buffer<char> table(operand.packed.bytes);
  Buffer<float> inputBuffer(input);
  PackedMatrix matrix = operand.getMatrix();
  Kernel kernel(
      machine,
      {floatBuffer({maximumTokens, shape.inputColumns()}),
       wordBuffer({table.size() / 2})},
      {floatBuffer({maximumTokens, shape.rows})},
      [&](Emitter &e, const KernelArguments &a) {
        head.kernel->emit(e, a, {matrix, shape.inputOffset});
      },
      optimizationLevel);
  check(kernel, {inputBuffer, table}, matrix.getTileCount(), expected,
        shape.rows);
}

/// Activations of an integer table, by the definition.
struct HeadActivations {
  HeadActivations(const std::vector<float> &input, const Shape &shape,
                  int64_t padded)
      : high(maximumTokens * padded), low(maximumTokens * padded),
        scales(maximumTokens), sums(maximumTokens * 2) {
    for (int64_t t = 0; t < maximumTokens; ++t) {
      QuantizedRow quantized(getRow(input, shape, t), 32512);
      scales[t] = quantized.scale;
      sums[2 * t] = sums[2 * t + 1] = 0;
      for (int64_t k = 0; k < padded; ++k) {
        int value = k < shape.columns ? quantized.values[k] : 0;
        int8_t &lowPart = low[t * padded + k];
        int8_t &highPart = high[t * padded + k];
        lowPart = static_cast<int8_t>(value & 255);
        highPart = static_cast<int8_t>((value - lowPart) / 256);
        sums[2 * t] += highPart;
        sums[2 * t + 1] += lowPart;
      }
    }
  }
  Buffer<int8_t> high, low;
  Buffer<float> scales;
  Buffer<int32_t> sums;
};

/// `emit` need not be that of `head`.
void checkIntegers(const Machine &machine, const HeadCase &head,
                   const Shape &shape,
                   llvm::function_ref<decltype(portable::emitOutputHead)> emit,
                   unsigned optimizationLevel = 3) {
  PackedTableOperand operand(shape.rows, shape.columns, head.layout);
  std::vector<float> input = makeInput(shape);
  int64_t padded = head.layout.getPaddedColumns(shape.columns);
  HeadActivations x(input, shape, padded);

  std::vector<float> expected;
  for (int64_t t = 0; t < maximumTokens; ++t)
    for (int64_t m = 0; m < shape.rows; ++m) {
      float weightScale = operand.packed.scales[m];
      int32_t highDot = 0, lowDot = 0;
      double exact = 0, magnitude = 0;
      for (int64_t k = 0; k < shape.columns; ++k) {
        int weight = operand.getInteger(m, k);
        highDot += x.high[t * padded + k] * weight;
        lowDot += x.low[t * padded + k] * weight;
        double stored = double(weight) * weightScale;
        exact += stored * getRow(input, shape, t)[k];
        magnitude += std::fabs(stored);
      }
      float scale = x.scales[t] * weightScale;
      float logit =
          (static_cast<float>(highDot) * 256.0f + static_cast<float>(lowDot)) *
          scale;
      expected.push_back(logit);
      // Inputs are off by half a step at most; a handful of roundings.
      double step = absoluteMaximum(getRow(input, shape, t)) / 32512.0;
      EXPECT_LE(std::fabs(logit - exact),
                magnitude * step * (0.5 + 32512 * 0x1p-21))
          << "row " << m << ", token " << t;
    }

  Buffer<char> table(operand.packed.bytes);
  Buffer<float> rowScales(operand.packed.scales);
  PackedMatrix matrix = operand.getMatrix();
  Kernel kernel(
      machine,
      {byteBuffer({maximumTokens, padded}), byteBuffer({maximumTokens, padded}),
       floatBuffer({maximumTokens}), integerBuffer({maximumTokens, 2}),
       byteBuffer({table.size()}), floatBuffer({shape.rows})},
      {floatBuffer({maximumTokens, shape.rows})},
      [&](Emitter &e, const KernelArguments &a) { emit(e, a, {matrix, 0}); },
      optimizationLevel);
  check(kernel, {x.high, x.low, x.scales, x.sums, table, rowScales},
        matrix.getTileCount(), expected, shape.rows);
}

class OutputHeadTest : public MachineTest {};
} // namespace

TEST_P(OutputHeadTest, Floats) {
  for (ElementKind element : {ElementKind::F16, ElementKind::BF16})
    for (const HeadCase &head : getHeadCases(element, machine()))
      for (const Shape &shape : getShapes(head, machine())) {
        SCOPED_TRACE(describe(head, shape));
        ASSERT_NO_FATAL_FAILURE(checkFloats(machine(), head, shape));
      }
}

TEST_P(OutputHeadTest, Integers) {
  for (ElementKind element : {ElementKind::Int8, ElementKind::Int6})
    for (const HeadCase &head : getHeadCases(element, machine()))
      for (const Shape &shape : getShapes(head, machine())) {
        SCOPED_TRACE(describe(head, shape));
        ASSERT_NO_FATAL_FAILURE(
            checkIntegers(machine(), head, shape, head.kernel->emit));
      }
}

TEST_P(OutputHeadTest, WithoutOptimisation) {
  constexpr Shape shape{65, 33, 2};
  for (const HeadKernel &kernel : getHeadKernels()) {
    if (!machine().tests(kernel.level) || !kernel.emit)
      continue;
    HeadCase head{&kernel, kernel.getLayout(&getContext())};
    SCOPED_TRACE(describe(head, shape));
    if (getIntegerElement(kernel.element))
      ASSERT_NO_FATAL_FAILURE(checkIntegers(machine(), head, shape, kernel.emit,
                                            /*optimizationLevel=*/0));
    else
      ASSERT_NO_FATAL_FAILURE(checkFloats(machine(), head, shape,
                                          /*optimizationLevel=*/0));
  }
}

/// What runs on every vector unit runs here, too.
TEST(OutputHead, GenericProducts) {
  constexpr Shape shape{37, 50, 0};
  for (ElementKind element : {ElementKind::Int8, ElementKind::Int6})
    for (int64_t lanes : {4, 8}) {
      auto layout = LayoutAttr::get(&getContext(), element, lanes, 2);
      auto emit = [&](Emitter &e, const KernelArguments &a,
                      const TableSpec &spec) {
        vectorized::emitIntegerHead(e, a, spec,
                                    {ByteProduct::Generic, lanes, 2, 2, 1});
      };
      const HeadKernel *kernel =
          findHeadKernel(element, InstructionSet::Portable);
      SCOPED_TRACE(describe({kernel, layout}, shape));
      ASSERT_NO_FATAL_FAILURE(
          checkIntegers(getMachines().front(), {kernel, layout}, shape, emit));
    }
}

BITNET_FOR_EACH_MACHINE(OutputHeadTest);
