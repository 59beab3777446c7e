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
#include <memory>

namespace mlir::bitnet {

/// Errors: this machine has no `bytes` bytes of memory left. Asking the system
/// for more than it has works, and ends this or another program when they are
/// used.
llvm::Error checkAvailableMemory(int64_t bytes);

/// Bytes that begin at a page, with room behind them for what vectors read too
/// much.
class AlignedBuffer {
public:
  /// `bytes` bytes of value 0, in memory of their own. Errors: there is not as
  /// much memory.
  static llvm::Expected<AlignedBuffer> create(int64_t bytes);

  char *data() { return memory.get(); }
  int64_t size() const { return bytes; }
  /// The elements of an array of T at the beginning.
  template <typename T> T *as() { return reinterpret_cast<T *>(memory.get()); }

private:
  struct Free {
    void operator()(char *memory) const { std::free(memory); }
  };
  std::unique_ptr<char, Free> memory;
  int64_t bytes = 0;
};

} // namespace mlir::bitnet

#endif // BITNET_EXECUTION_ALIGNEDBUFFER_H
