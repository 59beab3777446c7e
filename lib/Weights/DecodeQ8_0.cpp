//===- DecodeQ8_0.cpp - Q8_0 to float -------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of 32 elements in 34 bytes:
//
//   bytes 0-1   f16 d
//         2-33  int8 q[32]                 weight = d * q
//
// 11 significant bits times 8 are exact in a float.
//
//===----------------------------------------------------------------------===//
#include "Codecs.h"
#include "bitnet/Weights/HalfFloat.h"

#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;

void mlir::bitnet::decodeRowQ80(const char *row, FloatRow output) {
  constexpr size_t blockElements = 32, blockBytes = 34;
  for (; !output.empty(); output = output.drop_front(blockElements)) {
    float scale = decodeF16(llvm::support::endian::read16le(row));
    const auto *values = reinterpret_cast<const signed char *>(row + 2);
    for (size_t index = 0; index < blockElements; ++index)
      output[index] = scale * static_cast<float>(values[index]);
    row += blockBytes;
  }
}
