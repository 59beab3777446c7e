//===- Progress.h - A progress line on a terminal ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_SUPPORT_PROGRESS_H
#define BITNET_TOOLS_SUPPORT_PROGRESS_H

#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::bitnet {

/// Says on standard error what is being done, on one line that the next step
/// overwrites and the end erases. Silent when that is not a terminal.
class Progress {
public:
  Progress() : isShown(llvm::sys::Process::StandardErrIsDisplayed()) {}
  ~Progress() { clear(); }

  void step(llvm::StringRef what) {
    if (isShown)
      llvm::errs() << "\r\033[K" << what << " ...";
  }
  /// Erases the line, before anything else is printed.
  void clear() {
    if (isShown)
      llvm::errs() << "\r\033[K";
  }

private:
  bool isShown;
};

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_SUPPORT_PROGRESS_H
