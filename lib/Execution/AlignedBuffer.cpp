//===- AlignedBuffer.cpp - Memory for operands ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/AlignedBuffer.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstring>
#include <limits>

using namespace mlir::bitnet;

static constexpr size_t page = 4096, slack = 64;

/// Bytes that Linux can still give to programs; the most there are if it does
/// not tell.
static int64_t getAvailableBytes() {
  auto file = llvm::MemoryBuffer::getFileAsStream("/proc/meminfo");
  if (file) {
    llvm::StringRef text = (*file)->getBuffer();
    llvm::StringRef row = text.substr(text.find("\nMemAvailable:")).ltrim();
    int64_t kilobytes;
    if (row.consume_front("MemAvailable:") &&
        !row.ltrim().split(' ').first.getAsInteger(10, kilobytes))
      return kilobytes << 10;
  }
  return std::numeric_limits<int64_t>::max();
}

static llvm::Error makeError(int64_t bytes) {
  return llvm::createStringError("out of memory: expects " +
                                 llvm::Twine(bytes >> 20) + " MiB more");
}

llvm::Error mlir::bitnet::checkAvailableMemory(int64_t bytes) {
  return bytes < getAvailableBytes() ? llvm::Error::success()
                                     : makeError(bytes);
}

llvm::Expected<AlignedBuffer> AlignedBuffer::create(int64_t bytes) {
  size_t rounded = (static_cast<size_t>(bytes) + slack + page - 1) & -page;
  if (llvm::Error error = checkAvailableMemory(bytes))
    return std::move(error);
  AlignedBuffer buffer;
  buffer.bytes = bytes;
  buffer.memory.reset(static_cast<char *>(std::aligned_alloc(page, rounded)));
  if (!buffer.memory)
    return makeError(bytes);
  // Pages that were never written would all be the same one.
  std::memset(buffer.memory.get(), 0, rounded);
  return buffer;
}
