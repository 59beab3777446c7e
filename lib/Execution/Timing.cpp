//===- Timing.cpp - Times of candidates measured in turn ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/Timing.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <chrono>

using namespace mlir::bitnet;

double mlir::bitnet::readClock() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Timing mlir::bitnet::summarize(std::vector<double> samples) {
  llvm::sort(samples);
  size_t count = samples.size();
  return {(samples[(count - 1) / 2] + samples[count / 2]) / 2, samples.front(),
          static_cast<unsigned>(count)};
}

namespace {
/// How a candidate is sampled.
struct Plan {
  int64_t calls;
  unsigned rounds;
};
} // namespace

static double sample(const std::function<void(int64_t)> &candidate,
                     int64_t calls) {
  double start = readClock();
  candidate(calls);
  return std::max(readClock() - start, 1e-9);
}

/// More calls than any work fits into a sample.
static constexpr int64_t mostCalls = int64_t(1) << 40;

/// Doubles the calls until they take a quarter of a sample: a single short call
/// says little.
static Plan plan(const std::function<void(int64_t)> &candidate,
                 const TimingOptions &options) {
  candidate(1);
  int64_t calls = 1;
  double seconds = sample(candidate, calls);
  while (seconds < options.sampleSeconds / 4 && calls < mostCalls) {
    calls *= 2;
    seconds = sample(candidate, calls);
  }
  // Other programs may have been in the way of the last one.
  for (int i = 0; i < 2 && seconds < 2 * options.sampleSeconds; ++i)
    seconds = std::min(seconds, sample(candidate, calls));
  double oneCall = seconds / static_cast<double>(calls);
  calls = std::max(int64_t(1),
                   static_cast<int64_t>(options.sampleSeconds / oneCall));
  double rounds = options.mostSeconds / (oneCall * static_cast<double>(calls));
  if (rounds < options.rounds)
    return {calls, std::max(1u, static_cast<unsigned>(rounds))};
  return {calls, options.rounds};
}

std::vector<Timing> mlir::bitnet::measureInTurn(
    llvm::ArrayRef<std::function<void(int64_t calls)>> candidates,
    const TimingOptions &options,
    const std::function<void(unsigned, unsigned)> &progress) {
  std::vector<Plan> plans;
  for (const auto &candidate : candidates)
    plans.push_back(plan(candidate, options));
  std::vector<std::vector<double>> samples(candidates.size());
  for (unsigned round = 0; round < options.rounds; ++round) {
    if (progress)
      progress(round, options.rounds);
    for (auto [candidate, plan, results] :
         llvm::zip_equal(candidates, plans, samples))
      if (round < plan.rounds)
        results.push_back(sample(candidate, plan.calls) /
                          static_cast<double>(plan.calls));
  }
  std::vector<Timing> timings;
  for (std::vector<double> &results : samples)
    timings.push_back(summarize(std::move(results)));
  return timings;
}
