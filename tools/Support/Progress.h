//===- Progress.h - A progress line on a terminal ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_SUPPORT_PROGRESS_H
#define BITNET_TOOLS_SUPPORT_PROGRESS_H

#include "llvm/ADT/StringRef.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace mlir::bitnet {

/// Says on standard error what is being done, on one line that the next step
/// overwrites and the end erases. Silent when that is not a terminal.
class Progress {
public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress &) = delete;

  /// Begins a step of unknown length.
  void step(llvm::StringRef what);
  /// Shows how far a step is; cheap enough to be called for each MB. Begins the
  /// step if `what` is another than before.
  void showBytes(llvm::StringRef what, int64_t done, int64_t total);
  /// As `showBytes`, for things that are counted, such as tensors.
  void showCount(llvm::StringRef what, int64_t done, int64_t total);
  /// Erases the line, before anything else is printed.
  void clear();

private:
  using Clock = std::chrono::steady_clock;

  /// Whether the line is old enough to be replaced by one of the same step.
  bool isDue(llvm::StringRef what, int64_t done, int64_t total);
  void print(llvm::StringRef line);

  bool isShown;
  std::string current;
  Clock::time_point begin;
  Clock::time_point printed;
};

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_SUPPORT_PROGRESS_H
