//===- DecodeFloat.cpp - F32, F16 and BF16 to float -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
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
