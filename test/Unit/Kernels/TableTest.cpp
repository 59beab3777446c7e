//===- TableTest.cpp - Kernels of embeddings and output heads -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Buffer.h"
#include "KernelJit.h"
#include "Reference.h"

#include "bitnet/Kernels/KernelTable.h"
#include "bitnet/Packing/Packing.h"
#include "bitnet/Weights/HalfFloat.h"

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
constexpr int64_t maximumTokens = 9;
constexpr int64_t tokenCounts[] = {1, 2, 3, 4, 5, 8, 9};

struct Shape {
  int64_t rows, columns, inputOffset;
};
constexpr Shape shapes[] = {{1, 1, 0},    {7, 15, 0},   {16, 16, 2},
                            {31, 17, 0},  {32, 64, 0},  {33, 100, 3},
                            {64, 129, 0}, {65, 512, 0}, {200, 66, 1}};

/// A table and the inputs of its head.
struct Operands {
  Operands(const Shape &shape, LayoutAttr layout)
      : shape(shape), layout(layout),
        input(random.reals(maximumTokens * inputColumns(), 4)) {
    weights = random.reals(shape.rows * shape.columns, 0.5f);
    // A row of zeros and one whose elements are all as large as they get.
    for (int64_t k = 0; k < shape.columns; ++k) {
      weights[shape.rows / 2 * shape.columns + k] = 0;
      weights[(shape.rows - 1) * shape.columns + k] = k % 2 ? -2 : 2;
    }
    auto *bytes = reinterpret_cast<const char *>(weights.data());
    packed = llvm::cantFail(
        packTable(llvm::cantFail(StoredMatrix::get(
                      WeightFormat::F32, shape.rows, shape.columns,
                      {bytes, weights.size() * sizeof(float)})),
                  layout));
  }
  int64_t inputColumns() const { return shape.columns + shape.inputOffset + 2; }
  llvm::ArrayRef<float> inputRow(int64_t token) const {
    return llvm::ArrayRef(input).slice(
        token * inputColumns() + shape.inputOffset, shape.columns);
  }
  llvm::ArrayRef<float> tableRow(int64_t m) const {
    return llvm::ArrayRef(weights).slice(m * shape.columns, shape.columns);
  }

  /// Element (m, k) of a packed table of bytes.
  int storedByte(int64_t m, int64_t k) const {
    int64_t tileRows = layout.getTileRows();
    int64_t step = m / tileRows * layout.getStepCount(shape.columns) + k / 4;
    auto byte = static_cast<unsigned char>(
        packed.bytes[(step * tileRows + m % tileRows) * 4 + k % 4]);
    return byte - 128;
  }

  Random random{7};
  Shape shape;
  LayoutAttr layout;
  std::vector<float> input, weights;
  PackedData packed;
};

/// A kernel and a layout that it reads.
struct HeadCase {
  const HeadKernel *kernel;
  LayoutAttr layout;
};

/// The kernels for tables of `element` to test on a machine, each with its own
/// layout and with the largest tiles of all, which objects for several levels
/// have.
std::vector<HeadCase> headCases(ElementKind element, const Machine &machine) {
  LayoutAttr largest;
  for (const HeadKernel &kernel : getHeadKernels()) {
    LayoutAttr layout = kernel.getLayout(&getContext());
    if (kernel.element == element &&
        (!largest || layout.getTileRows() > largest.getTileRows()))
      largest = layout;
  }
  std::vector<HeadCase> cases;
  for (const HeadKernel &kernel : getHeadKernels()) {
    if (kernel.element != element || !machine.tests(kernel.level))
      continue;
    LayoutAttr own = kernel.getLayout(&getContext());
    cases.push_back({&kernel, own});
    if (own != largest && kernel.accepts(largest))
      cases.push_back({&kernel, largest});
  }
  return cases;
}

std::string describe(const HeadCase &head, const Shape &shape) {
  return stringifyInstructionSet(head.kernel->level).str() + " " +
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

class TableTest : public MachineTest {};
} // namespace

//===----------------------------------------------------------------------===//
// Output head
//===----------------------------------------------------------------------===//

TEST_P(TableTest, HalfOutputHead) {
  for (const Shape &shape : shapes)
    for (const HeadCase &head : headCases(ElementKind::F16, machine())) {
      SCOPED_TRACE(describe(head, shape));
      LayoutAttr layout = head.layout;
      Operands operands(shape, layout);
      std::vector<float> expected(maximumTokens * shape.rows);
      for (int64_t t = 0; t < maximumTokens; ++t)
        for (int64_t m = 0; m < shape.rows; ++m) {
          float sum = 0;
          for (int64_t k = 0; k < shape.columns; ++k) {
            auto half = static_cast<_Float16>(operands.tableRow(m)[k]);
            sum = sum + operands.inputRow(t)[k] * static_cast<float>(half);
          }
          expected[t * shape.rows + m] = sum;
        }
      Buffer<char> table(operands.packed.bytes);
      Buffer<float> input(operands.input);
      PackedMatrix matrix{layout, shape.rows, shape.columns};
      Kernel kernel(machine(),
                    {floatBuffer({maximumTokens, operands.inputColumns()}),
                     wordBuffer({table.size() / 2})},
                    {floatBuffer({maximumTokens, shape.rows})},
                    [&](Emitter &e, const KernelArguments &a) {
                      head.kernel->emit(e, a, {matrix, shape.inputOffset});
                    });
      check(kernel, {input, table}, matrix.getTileCount(), expected,
            shape.rows);
    }
}

TEST_P(TableTest, ByteOutputHead) {
  for (Shape shape : shapes)
    for (const HeadCase &head : headCases(ElementKind::Int8, machine())) {
      SCOPED_TRACE(describe(head, shape));
      LayoutAttr layout = head.layout;
      Operands operands(shape, layout);
      int64_t columns = shape.columns;
      int64_t padded = layout.getStepCount(columns) * layout.getStepColumns();

      Buffer<int8_t> high(maximumTokens * padded), low(maximumTokens * padded);
      Buffer<float> scales(maximumTokens);
      Buffer<int32_t> sums(maximumTokens * 2);
      std::vector<QuantizedRow> quantized;
      for (int64_t t = 0; t < maximumTokens; ++t) {
        quantized.emplace_back(operands.inputRow(t), 32512);
        scales[t] = quantized[t].scale;
        sums[2 * t] = sums[2 * t + 1] = 0;
        for (int64_t k = 0; k < padded; ++k) {
          int value = k < columns ? quantized[t].values[k] : 0;
          int8_t &lowPart = low[t * padded + k];
          int8_t &highPart = high[t * padded + k];
          lowPart = static_cast<int8_t>(value & 255);
          highPart = static_cast<int8_t>((value - lowPart) / 256);
          sums[2 * t] += highPart;
          sums[2 * t + 1] += lowPart;
        }
      }

      std::vector<float> expected(maximumTokens * shape.rows);
      for (int64_t t = 0; t < maximumTokens; ++t)
        for (int64_t m = 0; m < shape.rows; ++m) {
          float weightScale = operands.packed.scales[m];
          int32_t highDot = 0, lowDot = 0;
          double exact = 0, magnitude = 0;
          for (int64_t k = 0; k < columns; ++k) {
            int weight = operands.storedByte(m, k);
            highDot += high[t * padded + k] * weight;
            lowDot += low[t * padded + k] * weight;
            double stored = double(weight) * weightScale;
            exact += stored * operands.inputRow(t)[k];
            magnitude += std::fabs(stored);
          }
          float scale = scales[t] * weightScale;
          float logit = (static_cast<float>(highDot) * 256.0f +
                         static_cast<float>(lowDot)) *
                        scale;
          expected[t * shape.rows + m] = logit;
          // Inputs are off by half a step at most; a handful of roundings.
          double step = absoluteMaximum(operands.inputRow(t)) / 32512.0;
          EXPECT_LE(std::fabs(logit - exact),
                    magnitude * step * (0.5 + 32512 * 0x1p-21))
              << "row " << m << ", token " << t;
        }

      Buffer<char> table(operands.packed.bytes);
      Buffer<float> rowScales(operands.packed.scales);
      PackedMatrix matrix{layout, shape.rows, columns};
      Kernel kernel(machine(),
                    {byteBuffer({maximumTokens, padded}),
                     byteBuffer({maximumTokens, padded}),
                     floatBuffer({maximumTokens}),
                     integerBuffer({maximumTokens, 2}),
                     byteBuffer({table.size()}), floatBuffer({shape.rows})},
                    {floatBuffer({maximumTokens, shape.rows})},
                    [&](Emitter &e, const KernelArguments &a) {
                      head.kernel->emit(e, a, {matrix, 0});
                    });
      check(kernel, {high, low, scales, sums, table, rowScales},
            matrix.getTileCount(), expected, shape.rows);
    }
}

//===----------------------------------------------------------------------===//
// Embedding
//===----------------------------------------------------------------------===//

/// Row m, column k of a 256 x 256 table of halves is the bits 256 m + k.
TEST_P(TableTest, HalfEmbeddingOfEveryValue) {
  constexpr int64_t size = 256;
  std::vector<HalfConversion> conversions = {HalfConversion::Integer};
  if (machine().level != InstructionSet::Portable)
    conversions.push_back(HalfConversion::Instruction);
  for (const HeadCase &head : headCases(ElementKind::F16, machine()))
    for (HalfConversion conversion : conversions) {
      LayoutAttr layout = head.layout;
      int64_t tileRows = layout.getTileRows();
      Buffer<uint16_t> table(size * size);
      for (int64_t m = 0; m < size; ++m)
        for (int64_t k = 0; k < size; ++k)
          table[(m / tileRows * size + k) * tileRows + m % tileRows] =
              static_cast<uint16_t>(size * m + k);
      PackedMatrix matrix{layout, size, size};
      Kernel kernel(machine(),
                    {integerBuffer({size}), wordBuffer({size * size})},
                    {floatBuffer({size, size})},
                    [&](Emitter &e, const KernelArguments &a) {
                      portable::emitEmbedding(e, a, {matrix, 0}, conversion);
                    });
      Buffer<int32_t> tokens(size);
      Buffer<float> output(size * size);
      for (int64_t t = 0; t < size; ++t)
        tokens[t] = static_cast<int32_t>(size - 1 - t);
      kernel(0, 100, size, {tokens, table, output});
      kernel(100, size, size, {tokens, table, output});
      for (int64_t i = 0; i < size * size; ++i) {
        float actual = output[(size - 1 - i / size) * size + i % size];
        uint32_t expected =
            std::bit_cast<uint32_t>(decodeF16(static_cast<uint16_t>(i)));
        // The instruction makes signalling not-a-numbers quiet.
        if (conversion == HalfConversion::Instruction &&
            (expected & 0x7fffffff) > 0x7f800000)
          expected |= 0x00400000;
        ASSERT_EQ(std::bit_cast<uint32_t>(actual), expected)
            << "half " << i << ", conversion " << int(conversion);
      }
    }
}

TEST_P(TableTest, ByteEmbedding) {
  Shape shape{37, 50, 0};
  for (const HeadCase &head : headCases(ElementKind::Int8, machine())) {
    LayoutAttr layout = head.layout;
    Operands operands(shape, layout);
    Buffer<char> table(operands.packed.bytes);
    Buffer<float> scales(operands.packed.scales);
    Buffer<int32_t> tokens(std::vector<int32_t>{36, 0, 18, 36, 5});
    std::vector<float> expected;
    for (int32_t token : tokens)
      for (int64_t k = 0; k < shape.columns; ++k)
        expected.push_back(static_cast<float>(operands.storedByte(token, k)) *
                           scales[token]);
    PackedMatrix matrix{layout, shape.rows, shape.columns};
    Kernel kernel(machine(),
                  {integerBuffer({5}), byteBuffer({table.size()}),
                   floatBuffer({shape.rows})},
                  {floatBuffer({5, shape.columns})},
                  [&](Emitter &e, const KernelArguments &a) {
                    portable::emitEmbedding(e, a, {matrix, 0},
                                            HalfConversion::Integer);
                  });
    Buffer<float> output(5 * shape.columns);
    kernel(0, 4, 4, {tokens, table, scales, output});
    EXPECT_TRUE(haveSameRows(expected, output, 4, shape.columns));
  }
}

BITNET_FOR_EACH_MACHINE(TableTest);
