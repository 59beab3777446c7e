//===- BlockCodes.cpp - Weights that are whole numbers --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Weights/BlockCodes.h"

#include "CodeBlocks.h"

#include <cassert>

using namespace mlir::bitnet;

namespace {
struct CodeFormat {
  WeightFormat format;
  int elements, bytes, group;
  bool hasOffsets;
  void (*unpack)(const char *block, int8_t *codes, float *scales,
                 float *offsets);
};
} // namespace

static const CodeFormat *findCodeFormat(WeightFormat format) {
  static constexpr CodeFormat table[] = {
      {WeightFormat::Q8_0, 32, 34, 32, false, unpackQ80},
      {WeightFormat::Q6_K, 256, 210, 16, false, unpackQ6K},
      {WeightFormat::Q4_0, 32, 18, 32, false, unpackQ40},
      {WeightFormat::Q4_1, 32, 20, 32, true, unpackQ41},
      {WeightFormat::Q5_0, 32, 22, 32, false, unpackQ50},
      {WeightFormat::Q5_1, 32, 24, 32, true, unpackQ51},
      {WeightFormat::Q2_K, 256, 84, 16, true, unpackQ2K},
      {WeightFormat::Q3_K, 256, 110, 16, false, unpackQ3K},
      {WeightFormat::Q4_K, 256, 144, 32, true, unpackQ4K},
      {WeightFormat::Q5_K, 256, 176, 32, true, unpackQ5K},
      {WeightFormat::IQ4_NL, 32, 18, 32, false, unpackIQ4NL},
  };
  for (const CodeFormat &row : table)
    if (row.format == format)
      return &row;
  return nullptr;
}

std::optional<CodeGroups> mlir::bitnet::getCodeGroups(WeightFormat format) {
  const CodeFormat *found = findCodeFormat(format);
  return found ? std::optional(CodeGroups{found->group, found->hasOffsets})
               : std::nullopt;
}

void mlir::bitnet::readRowCodes(const StoredMatrix &matrix, int64_t row,
                                llvm::MutableArrayRef<int8_t> codes,
                                llvm::MutableArrayRef<float> scales,
                                llvm::MutableArrayRef<float> offsets) {
  const CodeFormat *format = findCodeFormat(matrix.getFormat());
  assert(format && "a format without groups");
  assert(codes.size() == static_cast<uint64_t>(matrix.getColumns()) &&
         scales.size() == codes.size() / format->group && "wrong size");
  int64_t blocks = matrix.getColumns() / format->elements;
  int groups = format->elements / format->group;
  const char *bytes = matrix.getBytes().data() + row * blocks * format->bytes;
  for (int64_t block = 0; block < blocks; ++block)
    format->unpack(
        bytes + block * format->bytes, codes.data() + block * format->elements,
        scales.data() + block * groups,
        format->hasOffsets ? offsets.data() + block * groups : nullptr);
}

void mlir::bitnet::decodeCodeBlocks(WeightFormat wanted, const char *row,
                                    llvm::MutableArrayRef<float> output) {
  const CodeFormat &format = *findCodeFormat(wanted);
  int8_t codes[256];
  float scales[16], offsets[16] = {};
  for (; !output.empty(); output = output.drop_front(format.elements)) {
    format.unpack(row, codes, scales, offsets);
    for (int first = 0; first < format.elements; first += format.group) {
      float scale = scales[first / format.group];
      float offset = offsets[first / format.group];
      for (int index = first; index < first + format.group; ++index)
        output[index] = scale * static_cast<float>(codes[index]);
      // A sum with 0 would turn -0 into +0.
      if (format.hasOffsets)
        for (int index = first; index < first + format.group; ++index)
          output[index] += offset;
    }
    row += format.bytes;
  }
}
