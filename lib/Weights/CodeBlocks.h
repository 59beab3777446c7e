//===- CodeBlocks.h - Blocks of whole numbers with scales -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An unpack function takes one block apart:
//
//   weight of element k = codes[k] * scales[k / group] + offsets[k / group]
//
// with the group of its format; formats without offsets leave those alone.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_WEIGHTS_CODEBLOCKS_H
#define BITNET_LIB_WEIGHTS_CODEBLOCKS_H

#include "bitnet/Weights/StoredMatrix.h"

namespace mlir::bitnet {

void unpackQ80(const char *block, int8_t *codes, float *scales, float *);
void unpackQ40(const char *block, int8_t *codes, float *scales, float *);
void unpackQ41(const char *block, int8_t *codes, float *scales, float *offsets);
void unpackQ50(const char *block, int8_t *codes, float *scales, float *);
void unpackQ51(const char *block, int8_t *codes, float *scales, float *offsets);
void unpackIQ4NL(const char *block, int8_t *codes, float *scales, float *);
void unpackQ2K(const char *block, int8_t *codes, float *scales, float *offsets);
void unpackQ3K(const char *block, int8_t *codes, float *scales, float *);
void unpackQ4K(const char *block, int8_t *codes, float *scales, float *offsets);
void unpackQ5K(const char *block, int8_t *codes, float *scales, float *offsets);
void unpackQ6K(const char *block, int8_t *codes, float *scales, float *);

/// Writes a row of a format of such blocks; `row` points at its first byte.
void decodeCodeBlocks(WeightFormat format, const char *row,
                      llvm::MutableArrayRef<float> output);

/// The eight scales and offsets of Q4_K and Q5_K:
///
///   bytes 0-1   f16 d                   scale of group g  = d * s_g
///         2-3   f16 e                   offset of group g = -(e * m_g)
///         4-15  6-bit s_g and m_g
///
///   byte 4 + g   s_g + 64 * (s_{g+4} / 16)      g = 0 .. 3
///        8 + g   m_g + 64 * (m_{g+4} / 16)
///       12 + g   s_{g+4} % 16 + 16 * (m_{g+4} % 16)
void unpackGroupScales(const char *block, float *scales, float *offsets);

/// Four bits of byte k as code k, the other four as code `count` + k.
inline void unpackNibbles(const uint8_t *bytes, int count, int8_t *codes) {
  for (int index = 0; index < count; ++index) {
    codes[index] = static_cast<int8_t>(bytes[index] & 15);
    codes[count + index] = static_cast<int8_t>(bytes[index] >> 4);
  }
}

} // namespace mlir::bitnet

#endif // BITNET_LIB_WEIGHTS_CODEBLOCKS_H
