//===- DecodeNumbers.cpp - Plain numbers ----------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A number to an element, little-endian; integers are signed. What does not fit
// a float is rounded.
//
//===----------------------------------------------------------------------===//
#include "Codecs.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;
namespace endian = llvm::support::endian;

void mlir::bitnet::decodeRowF32(const char *row, FloatRow output) {
  for (size_t index = 0; index < output.size(); ++index)
    output[index] = std::bit_cast<float>(endian::read32le(row + 4 * index));
}

void mlir::bitnet::decodeRowF16(const char *row, FloatRow output) {
  for (size_t index = 0; index < output.size(); ++index)
    output[index] = decodeF16(endian::read16le(row + 2 * index));
}

void mlir::bitnet::decodeRowBF16(const char *row, FloatRow output) {
  for (size_t index = 0; index < output.size(); ++index)
    output[index] = decodeBF16(endian::read16le(row + 2 * index));
}

void mlir::bitnet::decodeRowF64(const char *row, FloatRow output) {
  for (size_t index = 0; index < output.size(); ++index)
    output[index] = static_cast<float>(
        std::bit_cast<double>(endian::read64le(row + 8 * index)));
}

template <typename Integer>
static void decodeIntegers(const char *row, FloatRow output) {
  for (size_t index = 0; index < output.size(); ++index)
    output[index] =
        static_cast<float>(endian::read<Integer, llvm::endianness::little>(
            row + sizeof(Integer) * index));
}

void mlir::bitnet::decodeRowI8(const char *row, FloatRow output) {
  decodeIntegers<int8_t>(row, output);
}

void mlir::bitnet::decodeRowI16(const char *row, FloatRow output) {
  decodeIntegers<int16_t>(row, output);
}

void mlir::bitnet::decodeRowI32(const char *row, FloatRow output) {
  decodeIntegers<int32_t>(row, output);
}

void mlir::bitnet::decodeRowI64(const char *row, FloatRow output) {
  decodeIntegers<int64_t>(row, output);
}
