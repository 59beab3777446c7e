//===- AlignedBuffer.h - Memory for operands --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXECUTION_ALIGNEDBUFFER_H
#define BITNET_EXECUTION_ALIGNEDBUFFER_H

#include "llvm/Support/Error.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace mlir::bitnet {

/// Bytes that begin at a page, with room behind them for what vectors read too
/// much.
class AlignedBuffer {
public:
  /// `bytes` bytes of value 0 and at least `slack` more. Errors: there is not
  /// as much memory.
  static llvm::Expected<AlignedBuffer> create(int64_t bytes) {
    size_t rounded = (static_cast<size_t>(bytes) + slack + page - 1) & -page;
    AlignedBuffer buffer;
    buffer.bytes = bytes;
    buffer.memory.reset(static_cast<char *>(std::aligned_alloc(page, rounded)));
    if (!buffer.memory)
      return llvm::createStringError("out of memory for %lld bytes",
                                     static_cast<long long>(bytes));
    // Pages that were never written would all be the same one.
    std::memset(buffer.memory.get(), 0, rounded);
    return buffer;
  }

  char *data() { return memory.get(); }
  int64_t size() const { return bytes; }
  /// The elements of an array of T at the beginning.
  template <typename T> T *as() { return reinterpret_cast<T *>(memory.get()); }

private:
  static constexpr size_t page = 4096, slack = 64;

  struct Free {
    void operator()(char *memory) const { std::free(memory); }
  };
  std::unique_ptr<char, Free> memory;
  int64_t bytes = 0;
};

} // namespace mlir::bitnet

#endif // BITNET_EXECUTION_ALIGNEDBUFFER_H
