//===- EmbeddingTest.cpp - Kernels of embeddings --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TableOperands.h"
#include "bitnet/Packing/Packing.h"
#include "bitnet/Weights/HalfFloat.h"

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
class EmbeddingTest : public MachineTest {};
} // namespace

/// Row m, column k of a 256 x 256 table of halves is the bits 256 m + k.
TEST_P(EmbeddingTest, HalfEmbeddingOfEveryValue) {
  constexpr int64_t size = 256;
  std::vector<HalfConversion> conversions = {HalfConversion::Integer};
  if (getHalfConversion(machine().level) == HalfConversion::Instruction)
    conversions.push_back(HalfConversion::Instruction);
  for (const HeadCase &head : getHeadCases(ElementKind::F16, machine()))
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

TEST_P(EmbeddingTest, EveryElementKindAndLayout) {
  constexpr int64_t rows = 37, columns = 50;
  for (ElementKind element :
       {ElementKind::F16, ElementKind::BF16, ElementKind::Int8,
        ElementKind::Int6, ElementKind::Planes})
    for (const HeadCase &head : getHeadCases(element, machine())) {
      SCOPED_TRACE(stringifyElementKind(element).str() + " in tiles of " +
                   std::to_string(head.layout.getTileRows()));
      PackedTableOperand operand(rows, columns, head.layout);
      bool isInteger = getIntegerElement(element).has_value();
      Buffer<char> table(operand.packed.bytes);
      Buffer<float> scales(operand.packed.scales);
      Buffer<int32_t> tokens(std::vector<int32_t>{36, 0, 18, 36, 12, 5});
      int64_t count = tokens.size();
      std::vector<float> expected;
      for (int32_t token : tokens)
        for (int64_t k = 0; k < columns; ++k)
          expected.push_back(
              isInteger ? static_cast<float>(operand.getInteger(token, k)) *
                              operand.packed.scales[token]
                        : operand.getFloat(token, k));
      llvm::SmallVector<mlir::Type> inputs = {
          integerBuffer({count}), isInteger ? byteBuffer({table.size()})
                                            : wordBuffer({table.size() / 2})};
      llvm::SmallVector<Argument> arguments = {tokens, table};
      if (isInteger) {
        inputs.push_back(floatBuffer({rows}));
        arguments.push_back(scales);
      }
      Buffer<float> output(count * columns);
      arguments.push_back(output);
      for (std::optional<float> scale : {std::optional<float>(), {25.3f}}) {
        Kernel kernel(machine(), inputs, {floatBuffer({count, columns})},
                      [&](Emitter &e, const KernelArguments &a) {
                        portable::emitEmbedding(e, a,
                                                {operand.getMatrix(), 0, scale},
                                                HalfConversion::Integer);
                      });
        std::vector<float> scaled = expected;
        for (float &value : scaled)
          value *= scale.value_or(1);
        output.clear();
        kernel(0, count - 1, count - 1, arguments);
        EXPECT_TRUE(haveSameRows(scaled, output, count - 1, columns));
      }
    }
}

/// Tables whose rows are those of a linear layer's weight.
TEST_P(EmbeddingTest, TritsAndBitsWithEveryKindOfScales) {
  constexpr int64_t rows = 37, columns = 96;
  for (ElementKind element : {ElementKind::Trit, ElementKind::Bit})
    for (int64_t blocks : {0, 1, 3})
      for (bool hasHalves : {false, true})
        for (int64_t groups : {1, 4}) {
          if (hasHalves && blocks == 0)
            continue;
          SCOPED_TRACE(stringifyElementKind(element).str() + ", " +
                       std::to_string(blocks) + " blocks");
          Random random(7);
          TernaryMatrix trits(rows, columns);
          BinaryMatrix bits(rows, columns);
          for (int64_t m = 0; m < rows; ++m)
            for (int64_t k = 0; k < columns; ++k) {
              trits.setTrit(m, k, int(random.integer(-1, 1)));
              if (random.integer(0, 1))
                bits.setPositive(m, k);
            }
          std::vector<float> numbers =
              random.reals(rows * std::max<int64_t>(blocks, 1), 3);
          if (hasHalves)
            for (float &number : numbers)
              number = decodeF16(encodeF16(number));
          LayoutAttr layout = LayoutAttr::get(&getContext(), element,
                                              groups == 1 ? 1 : 16, groups);
          bool isBit = element == ElementKind::Bit;
          Buffer<char> table(isBit ? packBits(bits.getView(), layout)
                                   : packTrits(trits.getView(), layout));
          std::vector<float> packed =
              blocks ? packBlockScales(numbers, rows, layout) : numbers;
          Buffer<float> scales(packed);
          Buffer<uint16_t> halves(
              llvm::to_vector(llvm::map_range(packed, encodeF16)));
          Buffer<int32_t> tokens(std::vector<int32_t>{36, 0, 18, 36, 12});
          int64_t count = tokens.size();
          std::vector<float> expected;
          for (int32_t m : tokens)
            for (int64_t k = 0; k < columns; ++k) {
              int64_t block = blocks ? k / (columns / blocks) : 0;
              int sign = isBit ? bits.getSign(m, k) : trits.getTrit(m, k);
              expected.push_back(
                  static_cast<float>(sign) *
                  numbers[m * std::max<int64_t>(blocks, 1) + block] * 1.5f);
            }
          QuantizedLinearSpec spec{{layout, rows, columns},
                                   blocks ? WeightScales::Blocks
                                          : WeightScales::Rows,
                                   blocks ? columns / blocks : 0,
                                   false,
                                   0};
          spec.hasHalfScales = hasHalves;
          auto makeBuffer = hasHalves ? wordBuffer : floatBuffer;
          mlir::Type scalesType =
              blocks ? makeBuffer({layout.getTileCount(rows), blocks,
                                   layout.getTileRows()})
                     : floatBuffer({rows});
          Kernel kernel(
              machine(),
              {integerBuffer({count}), byteBuffer({table.size()}), scalesType},
              {floatBuffer({count, columns})},
              [&](Emitter &e, const KernelArguments &a) {
                portable::emitQuantizedEmbedding(
                    e, a, spec, 1.5f, getHalfConversion(machine().level));
              });
          Buffer<float> output(count * columns);
          llvm::SmallVector<Argument> arguments = {tokens, table};
          if (hasHalves)
            arguments.push_back(halves);
          else
            arguments.push_back(scales);
          arguments.push_back(output);
          kernel(0, count, count, arguments);
          EXPECT_TRUE(haveSameRows(expected, output, count, columns));
        }
}

BITNET_FOR_EACH_MACHINE(EmbeddingTest);
