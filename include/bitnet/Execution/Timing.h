//===- Timing.h - Times of candidates measured in turn ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The speed of a machine drifts, most of all its memory's when others share it.
// So candidates are measured in turn, round by round, and compared by the
// median and the best of their rounds.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXECUTION_TIMING_H
#define BITNET_EXECUTION_TIMING_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace mlir::bitnet {

/// Seconds of a clock that never goes back.
double readClock();

/// Seconds of one call, over the rounds.
struct Timing {
  double median = 0;
  double best = 0;
  unsigned rounds = 0;
};

/// The median and the least of `samples`, of which there is at least one.
Timing summarize(std::vector<double> samples);

/// How long to measure.
struct TimingOptions {
  /// Rounds, at least 1.
  unsigned rounds = 25;
  /// Seconds of one candidate in one round, if a single call is not longer:
  /// less than the time that systems give a program at a stretch, so that
  /// beside other programs some samples are undisturbed.
  double sampleSeconds = 0.001;
  /// Candidates whose calls are so long that all rounds would take longer than
  /// this get fewer rounds, but at least one.
  double mostSeconds = 10;
};

/// Measures each candidate, a function that does its work that many times in a
/// row. A first call of each, not measured, warms up. `progress` is called
/// before each round with its number and how many there are; it may be null.
std::vector<Timing> measureInTurn(
    llvm::ArrayRef<std::function<void(int64_t calls)>> candidates,
    const TimingOptions &options,
    const std::function<void(unsigned, unsigned)> &progress = nullptr);

} // namespace mlir::bitnet

#endif // BITNET_EXECUTION_TIMING_H
