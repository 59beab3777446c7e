//===- WeightsFormat.h - Weights in a file of their own -----------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The contract between the compiler, which writes the weights that are too
// large for an object to a file beside it (lib/Codegen/WeightsFile.cpp), and
// the runtime, which maps the file (Weights.c):
//
//        0  struct bitnet_weights_header, then zeros
//     4096  what the section .bitnet.weights would hold, padded with zeros to
//           a multiple of 4096 bytes
//
// Numbers are little-endian. What the runtime needs without a session, the
// tokenizer, lies in the object; there are zeros in its place.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_WEIGHTSFORMAT_H
#define BITNET_LIB_RUNTIME_WEIGHTSFORMAT_H

#include <stdint.h>

/// "BNWEIGHT"
#define BITNET_WEIGHTS_MAGIC UINT64_C(0x5448474945574e42)
#define BITNET_WEIGHTS_VERSION 1u

/// Where the contents begin, and what their size is a multiple of.
#define BITNET_WEIGHTS_PAGE 4096u

/// The beginning of the file.
struct bitnet_weights_header {
  uint64_t magic;
  uint32_t version;
  /// BITNET_WEIGHTS_PAGE.
  uint32_t contents_offset;
  /// Bytes of the contents, the padding included.
  uint64_t contents_size;
  /// Of the contents; see ContentHash.h.
  uint64_t hash;
};

#ifdef __cplusplus
static_assert(sizeof(bitnet_weights_header) == 32, "part of the format");
#else
_Static_assert(sizeof(struct bitnet_weights_header) == 32,
               "part of the format");
#endif

#endif // BITNET_LIB_RUNTIME_WEIGHTSFORMAT_H
