//===- Generation.cpp - A request that is running -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Generation.h"
#include <algorithm>
#include <cmath>
#include <numeric>

using namespace server;

Piece Generation::wait(std::chrono::milliseconds most) {
  std::unique_lock<std::mutex> lock(mutex);
  wake.wait_for(lock, most, [&] { return !news.isEmpty(); });
  return std::exchange(news, Piece());
}

template <typename Function> void Generation::report(Function change) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    change(news);
  }
  wake.notify_one();
}

std::shared_ptr<Generation>
Generation::attach(bitnet::Request &request,
                   std::optional<uint32_t> alternatives) {
  auto self = std::make_shared<Generation>();
  request.onText = [self](std::string_view text) {
    self->report([&](Piece &piece) { piece.text += text; });
    return true;
  };
  request.onEnd = [self](const bitnet::Outcome &outcome) {
    self->report([&](Piece &piece) { piece.outcome = outcome; });
  };
  if (!alternatives)
    return self;
  self->alternatives = *alternatives;
  request.generation.sampling.mask = keepLogits;
  request.generation.sampling.mask_user = self.get();
  request.onToken = [self](int32_t token) {
    TokenChoice choice = self->rate(token);
    self->report([&](Piece &piece) { piece.choices.push_back(choice); });
  };
  return self;
}

/// The logits are those of the model, before biases and penalties.
int Generation::keepLogits(void *user, const int32_t *, size_t, float *logits,
                           size_t vocabularySize) {
  static_cast<Generation *>(user)->logits.assign(logits,
                                                 logits + vocabularySize);
  return 0;
}

TokenChoice Generation::rate(int32_t token) const {
  double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float logit : logits)
    sum += std::exp(logit - most);
  double base = most + std::log(sum);
  TokenChoice choice;
  auto rateOne = [&](int32_t id) {
    // JSON has no infinity; this is what the API writes instead.
    return RatedToken{id, std::max(logits[id] - base, -9999.0)};
  };
  choice.chosen = rateOne(token);
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  auto count = std::min<size_t>(alternatives, order.size());
  std::partial_sort(order.begin(), order.begin() + count, order.end(),
                    [&](int32_t a, int32_t b) {
                      return logits[a] != logits[b] ? logits[a] > logits[b]
                                                    : a < b;
                    });
  for (size_t i = 0; i < count; ++i)
    choice.mostLikely.push_back(rateOne(order[i]));
  return choice;
}
