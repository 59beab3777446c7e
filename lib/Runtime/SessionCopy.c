//===- SessionCopy.c - What one session takes from another ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Needs to know how the KV cache is laid out, which descriptors do not say.
//
//===----------------------------------------------------------------------===//
#include "Session.h"

bitnet_status bitnetSessionClone(const bitnet_session *session,
                                 const bitnet_session_options *options,
                                 bitnet_session **clone) {
  return clone ? BITNET_UNSUPPORTED : BITNET_INVALID_ARGUMENT;
}

bitnet_status bitnetSessionCopy(bitnet_session *to, const bitnet_session *from,
                                uint32_t count) {
  return BITNET_UNSUPPORTED;
}

bitnet_status bitnetSessionRemove(bitnet_session *session, uint32_t begin,
                                  uint32_t end) {
  return BITNET_UNSUPPORTED;
}

bitnet_status bitnetSessionSave(const bitnet_session *session, void *buffer,
                                size_t capacity, size_t *size) {
  return BITNET_UNSUPPORTED;
}

bitnet_status bitnetSessionRestore(bitnet_session *session, const void *state,
                                   size_t size) {
  return BITNET_UNSUPPORTED;
}

bitnet_status bitnetSessionSaveFile(const bitnet_session *session,
                                    const char *path) {
  return BITNET_UNSUPPORTED;
}

bitnet_status bitnetSessionRestoreFile(bitnet_session *session,
                                       const char *path) {
  return BITNET_UNSUPPORTED;
}
