//===- ResidentMemory.h - Memory that this process has ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_BENCH_RESIDENTMEMORY_H
#define BITNET_TOOLS_BITNET_BENCH_RESIDENTMEMORY_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>

namespace mlir::bitnet {

/// The most memory that becomes resident from construction on, pages of mapped
/// files included: what it adds to a program to do that.
class PeakMemory {
public:
  PeakMemory();

  /// Bytes; nothing where Linux does not tell.
  std::optional<int64_t> getBytes() const;

private:
  std::optional<int64_t> before;
};

/// The bytes of a row of /proc/self/status such as `VmHWM:   1234 kB`, given
/// that file's text and the row's name.
std::optional<int64_t> findStatusBytes(llvm::StringRef text,
                                       llvm::StringRef name);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_BENCH_RESIDENTMEMORY_H
