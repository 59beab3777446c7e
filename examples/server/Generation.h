//===- Generation.h - A request that is running -----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Between the scheduler's thread, which brings text, and the thread of a
// connection, which takes it. The scheduler never waits for a client: what the
// client has not taken yet is kept, and is at most what a request may generate.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXAMPLES_SERVER_GENERATION_H
#define BITNET_EXAMPLES_SERVER_GENERATION_H

#include "bitnet/scheduler.hpp"
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace server {

/// A token and the natural logarithm of its probability.
struct RatedToken {
  int32_t token;
  double logProbability;
};

/// A token of the text, and the most likely ones in its place.
struct TokenChoice {
  RatedToken chosen;
  std::vector<RatedToken> mostLikely;
};

/// What has come since the last time.
struct Piece {
  std::string text;
  std::vector<TokenChoice> choices;       ///< If they were asked for.
  std::optional<bitnet::Outcome> outcome; ///< Of a request that has ended.

  bool isEmpty() const { return text.empty() && choices.empty() && !outcome; }
};

class Generation {
public:
  /// Makes `request` report to a new object, which it keeps alive.
  /// `alternatives`: the most likely tokens to rate beside each one, if rates
  /// are wanted at all.
  static std::shared_ptr<Generation>
  attach(bitnet::Request &request, std::optional<uint32_t> alternatives);

  /// Waits until something has come, but not longer than `most`; takes it.
  Piece wait(std::chrono::milliseconds most);

private:
  template <typename Function> void report(Function change);
  static int keepLogits(void *user, const int32_t *tokens, size_t count,
                        float *logits, size_t vocabularySize);
  TokenChoice rate(int32_t token) const;

  // The scheduler's: the logits that the next token is chosen from.
  std::vector<float> logits;
  uint32_t alternatives = 0;

  std::mutex mutex;
  std::condition_variable wake;
  Piece news;
};

} // namespace server

#endif // BITNET_EXAMPLES_SERVER_GENERATION_H
