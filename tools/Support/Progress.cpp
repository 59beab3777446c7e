//===- Progress.cpp - A progress line on a terminal -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support/Progress.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace mlir::bitnet;

/// The eye needs no more.
static constexpr std::chrono::milliseconds interval(100);

Progress::Progress() : isShown(llvm::sys::Process::StandardErrIsDisplayed()) {}

/// Columns of the terminal, or the usual number if it does not tell.
static size_t getColumns() {
  constexpr size_t usual = 80, least = 8;
  winsize size;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < least)
    return usual;
  return size.ws_col;
}

void Progress::print(llvm::StringRef line) {
  // A line that wraps around could not be erased.
  size_t columns = getColumns();
  std::string shown = line.str();
  if (shown.size() >= columns)
    shown = "..." + shown.substr(shown.size() - (columns - 4));
  llvm::errs() << "\r\033[K" << shown;
  printed = Clock::now();
}

void Progress::step(llvm::StringRef what) {
  if (!isShown)
    return;
  current = what.str();
  begin = Clock::now();
  print(current + " ...");
}

bool Progress::isDue(llvm::StringRef what, int64_t done, int64_t total) {
  if (!isShown)
    return false;
  if (what != current)
    step(what);
  return total > 0 && done <= total && Clock::now() - printed >= interval;
}

void Progress::showBytes(llvm::StringRef what, int64_t done, int64_t total) {
  if (!isDue(what, done, total))
    return;
  std::chrono::duration<double> seconds = Clock::now() - begin;
  print(fmt::format("{}: {} of {} MiB, {}%, {:.2f} GB/s", what.str(),
                    done >> 20, std::max<int64_t>(total >> 20, 1),
                    done * 100 / total,
                    static_cast<double>(done) * 1e-9 / seconds.count()));
}

void Progress::showCount(llvm::StringRef what, int64_t done, int64_t total) {
  if (isDue(what, done, total))
    print(fmt::format("{}: {} of {}, {}%", what.str(), done, total,
                      done * 100 / total));
}

void Progress::clear() {
  if (isShown && !current.empty())
    llvm::errs() << "\r\033[K";
  current.clear();
}
