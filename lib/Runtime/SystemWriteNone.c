//===- SystemWriteNone.c - No files ---------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Stands in for SystemWrite.c in objects compiled with --threads=none.
//
//===----------------------------------------------------------------------===//
#include "System.h"

bitnet_status bitnetSystemOpenFile(const char *path, const void **contents,
                                   uint64_t *size) {
  (void)path;
  (void)contents;
  (void)size;
  return BITNET_UNSUPPORTED;
}

bitnet_status bitnetSystemBeginFile(const char *path, uint64_t *file) {
  (void)path;
  (void)file;
  return BITNET_UNSUPPORTED;
}

int bitnetSystemWrite(uint64_t file, const void *bytes, uint64_t size) {
  (void)file;
  (void)bytes;
  (void)size;
  return 0;
}

bitnet_status bitnetSystemEndFile(const char *path, uint64_t file,
                                  int isComplete) {
  (void)path;
  (void)file;
  (void)isComplete;
  return BITNET_UNSUPPORTED;
}
