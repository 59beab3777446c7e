//===- Sampler.c - Choosing a token from logits ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A candidate is one 64-bit word that orders like "higher logit first, then
// lower id":
//
//   bits 63..32   the logit's bits, changed so that they order as integers
//   bits 31..0    ~id
//
// The most likely ones are taken from a heap, which costs O(count) to make and
// O(log count) per candidate taken, and gives the same order everywhere.
// Without top-k and top-p no order is needed, and the draw is over ascending
// ids.
//
//===----------------------------------------------------------------------===//
#include "Sampler.h"
#include "Exponential.h"
#include "Session.h"

static uint64_t makeCandidate(float logit, uint32_t id) {
  // Makes -0 the same as +0.
  logit = logit + 0.0f;
  uint32_t bits;
  __builtin_memcpy(&bits, &logit, sizeof(bits));
  bits = bits >> 31 ? ~bits : bits | UINT32_C(0x80000000);
  return (uint64_t)bits << 32 | (uint32_t)~id;
}

static uint32_t candidateId(uint64_t candidate) { return ~(uint32_t)candidate; }

static float candidateLogit(uint64_t candidate) {
  uint32_t bits = (uint32_t)(candidate >> 32);
  bits = bits >> 31 ? bits & UINT32_C(0x7fffffff) : ~bits;
  float logit;
  __builtin_memcpy(&logit, &bits, sizeof(logit));
  return logit;
}

/// Neither NaN nor minus infinity.
static int isPossible(float logit) { return logit > -__builtin_inff(); }

static uint32_t mostLikely(const float *logits, uint32_t count) {
  uint32_t best = 0;
  float bestLogit = -__builtin_inff();
  for (uint32_t i = 0; i < count; ++i)
    if (logits[i] > bestLogit) {
      best = i;
      bestLogit = logits[i];
    }
  return best;
}

static void siftDown(uint64_t *heap, uint32_t count, uint32_t index) {
  uint64_t moving = heap[index];
  for (;;) {
    // `count` is at most 2^31, the number of token ids.
    uint32_t child = 2 * index + 1;
    if (child >= count)
      break;
    if (child + 1 < count && heap[child + 1] > heap[child])
      ++child;
    if (heap[child] <= moving)
      break;
    heap[index] = heap[child];
    index = child;
  }
  heap[index] = moving;
}

static void makeHeap(uint64_t *heap, uint32_t count) {
  for (uint32_t i = count / 2; i-- > 0;)
    siftDown(heap, count, i);
}

/// Moves the largest of `count` heaped candidates to heap[count - 1].
static void takeLargest(uint64_t *heap, uint32_t count) {
  uint64_t largest = heap[0];
  heap[0] = heap[count - 1];
  siftDown(heap, count - 1, 0);
  heap[count - 1] = largest;
}

/// Probability of a candidate, up to a common factor.
static double weight(float logit, float best, float temperature) {
  // The best one's weight is 1 even if it is infinite.
  if (logit == best)
    return 1.0;
  return bitnetExp(((double)logit - (double)best) / (double)temperature);
}

/// Uniform in [0, 1): the upper 53 bits of one step of xoshiro256**.
static double drawUniform(bitnet_sampler *sampler) {
  uint64_t *s = sampler->state;
  uint64_t product = s[1] * 5;
  uint64_t result = (product << 7 | product >> 57) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = s[3] << 45 | s[3] >> 19;
  return (double)(result >> 11) * 0x1p-53;
}

/// Draws one of `count` candidates, begin[0], begin[step], ..., whose weights
/// add up to `total` in that order.
static uint32_t drawCandidate(const uint64_t *begin, uint32_t count,
                              int32_t step, float best, float temperature,
                              double total, bitnet_sampler *sampler) {
  double target = drawUniform(sampler) * total;
  double sum = 0.0;
  uint32_t id = candidateId(*begin);
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t candidate = begin[(int64_t)i * step];
    double share = weight(candidateLogit(candidate), best, temperature);
    // Remembered for when rounding makes the target equal to the total.
    if (share > 0.0)
      id = candidateId(candidate);
    sum += share;
    if (sum > target)
      break;
  }
  return id;
}

bitnet_status bitnetCheckSampling(const bitnet_sampling_options *options) {
  // Written so that what is not a number fails.
  if (!(options->temperature >= 0.0f && options->temperature <= 100.0f) ||
      !(options->top_p > 0.0f && options->top_p <= 1.0f) ||
      options->reserved != 0)
    return BITNET_INVALID_ARGUMENT;
  return BITNET_OK;
}

uint32_t bitnetChoose(const float *logits, uint32_t count,
                      const bitnet_sampling_options *options,
                      bitnet_sampler *sampler, uint64_t *scratch) {
  float temperature = options->temperature;
  uint32_t bestId = mostLikely(logits, count);
  if (temperature == 0.0f)
    return bestId;
  float best = logits[bestId];

  uint32_t candidates = 0;
  for (uint32_t i = 0; i < count; ++i)
    if (isPossible(logits[i]))
      scratch[candidates++] = makeCandidate(logits[i], i);
  if (candidates == 0) {
    // A draw that decides nothing keeps the generator in step.
    drawUniform(sampler);
    return 0;
  }

  int cutsCount = options->top_k != 0 && options->top_k < candidates;
  int cutsSum = options->top_p < 1.0f;
  double total = 0.0;
  if (!cutsCount) {
    for (uint32_t i = 0; i < candidates; ++i)
      total += weight(candidateLogit(scratch[i]), best, temperature);
    if (!cutsSum)
      return drawCandidate(scratch, candidates, 1, best, temperature, total,
                           sampler);
  }

  // Taken candidates gather at the end, the most likely one last.
  makeHeap(scratch, candidates);
  uint32_t most = candidates;
  uint32_t taken = 0;
  if (cutsCount) {
    most = options->top_k;
    for (; taken < most; ++taken) {
      takeLargest(scratch, candidates - taken);
      total += weight(candidateLogit(scratch[candidates - 1 - taken]), best,
                      temperature);
    }
  }
  const uint64_t *last = scratch + candidates - 1;
  if (cutsSum) {
    double wanted = (double)options->top_p * total;
    double sum = 0.0;
    uint32_t kept = 0;
    while (kept < most && (kept == 0 || sum < wanted)) {
      if (!cutsCount)
        takeLargest(scratch, candidates - kept);
      sum += weight(candidateLogit(*(last - kept)), best, temperature);
      ++kept;
    }
    total = sum;
    taken = kept;
  }
  return drawCandidate(last, taken, -1, best, temperature, total, sampler);
}

bitnet_status bitnetSample(bitnet_session *session,
                           const bitnet_sampling_options *options,
                           bitnet_sampler *sampler, int32_t *token) {
  static const bitnet_sampling_options greedy = BITNET_SAMPLING_OPTIONS_DEFAULT;
  Session *self = (Session *)session;
  if (!options)
    options = &greedy;
  if (bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  if (!token || (!sampler && options->temperature != 0.0f))
    return BITNET_INVALID_ARGUMENT;
  bitnet_status status = bitnetCheckSampling(options);
  if (status != BITNET_OK)
    return status;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  status = self->hasLogits ? BITNET_OK : BITNET_NO_LOGITS;
  if (status == BITNET_OK)
    *token =
        (int32_t)bitnetChoose(self->outputs, self->descriptor->vocabulary_size,
                              options, sampler, self->scratch);
  bitnetLeave(self);
  return status;
}
