//===- EmbeddingTest.cpp - Kernels of embeddings --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TableOperands.h"

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
  for (ElementKind element : {ElementKind::F16, ElementKind::BF16,
                              ElementKind::Int8, ElementKind::Int6})
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
      Kernel kernel(machine(), inputs, {floatBuffer({count, columns})},
                    [&](Emitter &e, const KernelArguments &a) {
                      portable::emitEmbedding(e, a, {operand.getMatrix(), 0},
                                              HalfConversion::Integer);
                    });
      Buffer<float> output(count * columns);
      arguments.push_back(output);
      kernel(0, count - 1, count - 1, arguments);
      EXPECT_TRUE(haveSameRows(expected, output, count - 1, columns));
    }
}

BITNET_FOR_EACH_MACHINE(EmbeddingTest);
