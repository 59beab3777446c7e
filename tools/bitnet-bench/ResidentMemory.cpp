//===- ResidentMemory.cpp - Memory that this process has ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ResidentMemory.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::bitnet;
using llvm::StringRef;

/// The bytes of a row such as `VmHWM:   1234 kB`.
static std::optional<int64_t> findBytes(StringRef text, StringRef name) {
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    text = rest;
    int64_t kilobytes;
    if (!line.consume_front(name) || !line.consume_front(":"))
      continue;
    line = line.trim();
    if (line.consumeInteger(10, kilobytes) || line.trim() != "kB")
      return std::nullopt;
    return kilobytes << 10;
  }
  return std::nullopt;
}

static std::optional<int64_t> readStatus(StringRef name) {
  auto file = llvm::MemoryBuffer::getFileAsStream("/proc/self/status");
  if (!file)
    return std::nullopt;
  return findBytes((*file)->getBuffer(), name);
}

PeakMemory::PeakMemory() {
  // Makes the peak begin anew; see proc(5).
  std::error_code error;
  llvm::raw_fd_ostream reset("/proc/self/clear_refs", error,
                             llvm::sys::fs::CD_OpenExisting);
  if (error)
    return;
  reset << '5';
  reset.close();
  if (reset.has_error()) {
    reset.clear_error();
    return;
  }
  before = readStatus("VmRSS");
}

std::optional<int64_t> PeakMemory::getBytes() const {
  std::optional<int64_t> peak = readStatus("VmHWM");
  if (!before || !peak)
    return std::nullopt;
  return *peak - *before;
}
