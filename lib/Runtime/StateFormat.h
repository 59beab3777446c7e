//===- StateFormat.h - The saved state of a session ---------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What bitnet_session_save writes:
//
//   struct bitnet_state_header
//   tokens   i32 [position]
//   outputs  f32 [output_width], if has_outputs
//   cache    position * kv_bytes_per_position bytes, strip by strip (Cache.h)
//   zeros    to a multiple of 1024 bytes
//   hash     u64, of all that is before it (ContentHash.h)
//
// Numbers are little-endian.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_STATEFORMAT_H
#define BITNET_LIB_RUNTIME_STATEFORMAT_H

#include <stdint.h>

/// "BNSTATE\0"
#define BITNET_STATE_MAGIC UINT64_C(0x0045544154534e42)
#define BITNET_STATE_VERSION 1u

struct bitnet_state_header {
  uint64_t magic;
  uint32_t version;
  uint32_t position;
  /// bitnet_model_descriptor::identity.
  uint64_t identity;
  /// Bytes of everything, the hash included.
  uint64_t size;
  uint32_t has_outputs;
  uint32_t output_width;
  /// As in bitnet_cache_descriptor.
  uint32_t layers;
  uint32_t heads;
  uint32_t head_size;
  uint32_t element;
  uint32_t reserved[2];
};

#ifdef __cplusplus
static_assert(sizeof(bitnet_state_header) == 64, "part of the format");
#else
_Static_assert(sizeof(struct bitnet_state_header) == 64, "part of the format");
#endif

#endif // BITNET_LIB_RUNTIME_STATEFORMAT_H
