//===- ResidentMemory.h - Memory that this process has ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_BENCH_RESIDENTMEMORY_H
#define BITNET_TOOLS_BITNET_BENCH_RESIDENTMEMORY_H

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

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_BENCH_RESIDENTMEMORY_H
