//===- Sampler.c - Choosing a token from logits ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Steps 4 to 9 of sampling.h. A vocabulary has hundreds of thousands of tokens,
// of which few are kept, so each way of cutting sorts only those:
//
//   top-k     a heap of the k best so far; most logits cost one comparison
//   top-p     what cannot belong to the kept ones, by a bound on the logit, is
//             left out; the kept ones are taken from a heap of the others
//   min-p     alone: a bound on the logit
//   typical   two heaps, of those above and below the mean, whose roots are
//             nearest to it
//
// Sums are made in an order that depends on nothing but the logits that matter.
//
//===----------------------------------------------------------------------===//
#include "Sampler.h"
#include "Candidates.h"
#include "Exponential.h"
#include "Session.h"

/// What the steps work on.
typedef struct Choice {
  const float *logits; ///< [count]
  uint32_t count;
  const bitnet_sampling_options *options;
  /// The largest logit.
  float best;
  uint64_t *scratch; ///< [count]
} Choice;

/// Candidates that are left: first[0], first[step], ..., step being 1 or -1.
typedef struct Kept {
  uint64_t *first;
  int32_t step;
  uint32_t count;
  /// Their weights.
  double total;
} Kept;

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

/// Logarithm of the weight. The best one's is 0 even if it is infinite.
static double exponent(const Choice *choice, float logit) {
  if (logit == choice->best)
    return 0.0;
  return ((double)logit - (double)choice->best) /
         (double)choice->options->temperature;
}

/// Probability of a token, up to a common factor; 1 for the best one.
static double weight(const Choice *choice, float logit) {
  return bitnetExp(exponent(choice, logit));
}

/// A bound below which no logit has a weight of at least `least`, in (0, 1].
static double logitBound(const Choice *choice, double least) {
  // The margin is a thousand million times what rounding can do.
  return (double)choice->best +
         (double)choice->options->temperature * (bitnetLog(least) - 0x1p-10);
}

static uint64_t candidateAt(const Kept *kept, uint32_t index) {
  return kept->first[(int64_t)index * kept->step];
}

static float logitAt(const Kept *kept, uint32_t index) {
  return bitnetCandidateLogit(candidateAt(kept, index));
}

/// Applies top-p, of candidates that weigh `total`, and min-p to `kept`, the
/// most likely first. `isHeap`: they still are a heap in scratch, and come to
/// their places when they are taken from it.
static void cutTail(const Choice *choice, int isHeap, double total,
                    Kept *kept) {
  const bitnet_sampling_options *options = choice->options;
  double wanted =
      options->top_p < 1.0f ? (double)options->top_p * total : __builtin_inf();
  uint32_t most = kept->count;
  kept->count = 0;
  kept->total = 0.0;
  // The first always stays: its weight is 1.
  while (kept->count < most && kept->total < wanted) {
    if (isHeap)
      bitnetTakeLargest(choice->scratch, most - kept->count);
    double share = weight(choice, logitAt(kept, kept->count));
    if (share < (double)options->min_p)
      break;
    kept->total += share;
    ++kept->count;
  }
}

/// Top-k, top-p and min-p. Nothing is kept if no token is possible.
static Kept keepTopK(Choice *choice) {
  const float *logits = choice->logits;
  uint64_t *heap = choice->scratch;
  uint32_t most = choice->options->top_k;
  uint32_t size = 0;
  uint32_t i = 0;
  for (; i < choice->count && size < most; ++i)
    if (isPossible(logits[i]))
      heap[size++] = ~bitnetMakeCandidate(logits[i], i);
  bitnetMakeHeap(heap, size);
  // The root is the least likely one. Later ids do not replace equal ones.
  for (float least = size ? bitnetCandidateLogit(~heap[0]) : 0.0f;
       i < choice->count; ++i)
    if (logits[i] > least) {
      heap[0] = ~bitnetMakeCandidate(logits[i], i);
      bitnetSiftDown(heap, size, 0);
      least = bitnetCandidateLogit(~heap[0]);
    }
  for (uint32_t left = size; left > 1; --left)
    bitnetTakeLargest(heap, left);
  for (uint32_t k = 0; k < size; ++k)
    heap[k] = ~heap[k];

  Kept kept = {.first = heap, .step = 1, .count = size};
  if (size == 0)
    return kept;
  choice->best = logitAt(&kept, 0);
  double total = 0.0;
  if (choice->options->top_p < 1.0f)
    for (uint32_t k = 0; k < size; ++k)
      total += weight(choice, logitAt(&kept, k));
  cutTail(choice, /*isHeap=*/0, total, &kept);
  return kept;
}

/// Collects the possible tokens whose logits are at least `bound`.
static Kept collect(const Choice *choice, double bound) {
  Kept kept = {.first = choice->scratch, .step = 1};
  for (uint32_t i = 0; i < choice->count; ++i)
    if (isPossible(choice->logits[i]) && (double)choice->logits[i] >= bound)
      choice->scratch[kept.count++] = bitnetMakeCandidate(choice->logits[i], i);
  return kept;
}

/// Top-p and min-p.
static Kept keepTopP(const Choice *choice) {
  double total = 0.0;
  for (uint32_t i = 0; i < choice->count; ++i)
    if (isPossible(choice->logits[i]))
      total += weight(choice, choice->logits[i]);
  // Tokens of less than this weight have less than half of 1 - p together:
  // those above reach p, with a margin that no rounding uses up.
  double least = 0.5 * (1.0 - (double)choice->options->top_p) * total /
                 (double)choice->count;
  if (least < (double)choice->options->min_p)
    least = (double)choice->options->min_p;
  Kept kept = collect(choice, logitBound(choice, least));
  bitnetMakeHeap(choice->scratch, kept.count);
  kept.first += kept.count - 1;
  kept.step = -1;
  cutTail(choice, /*isHeap=*/1, total, &kept);
  return kept;
}

/// Min-p, which may be 0.
static Kept keepMinP(const Choice *choice) {
  double least = (double)choice->options->min_p;
  Kept kept = collect(choice, least > 0.0 ? logitBound(choice, least)
                                          : -__builtin_inf());
  uint32_t count = kept.count;
  kept.count = 0;
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t candidate = kept.first[i];
    double share = weight(choice, bitnetCandidateLogit(candidate));
    if (share < least)
      continue;
    kept.total += share;
    kept.first[kept.count++] = candidate;
  }
  return kept;
}

/// A draw that goes on.
typedef struct Draw {
  double target;
  double sum;
  uint32_t id;
} Draw;

/// Returns 1 if the draw ends with this candidate.
static int drawNext(const Choice *choice, uint64_t candidate, Draw *draw) {
  double share = weight(choice, bitnetCandidateLogit(candidate));
  // Remembered for when rounding makes the target equal to the total.
  if (share > 0.0)
    draw->id = bitnetCandidateId(candidate);
  draw->sum += share;
  return draw->sum > draw->target;
}

static uint32_t drawKept(const Choice *choice, const Kept *kept,
                         double uniform) {
  Draw draw = {.target = uniform * kept->total};
  for (uint32_t i = 0; i < kept->count; ++i)
    if (drawNext(choice, candidateAt(kept, i), &draw))
      break;
  return draw.id;
}

/// Above the mean the nearest candidate has the smallest logit, and among equal
/// ones the lowest id.
static const uint64_t aboveBits = UINT64_C(0xffffffff00000000);

/// Whether, of the next candidates above (changed by aboveBits) and below the
/// mean, the one above is taken. Either may be null, not both.
static int isAboveNearer(const Choice *choice, double mean,
                         const uint64_t *above, const uint64_t *below) {
  if (!above || !below)
    return above != (void *)0;
  double up = exponent(choice, bitnetCandidateLogit(*above ^ aboveBits)) - mean;
  return up <= mean - exponent(choice, bitnetCandidateLogit(*below));
}

/// Typical and draw. The entropy is the mean of -log(probability), which is a
/// constant less the exponent: what is near to the entropy has an exponent near
/// to the mean exponent.
static uint32_t drawTypical(const Choice *choice, const Kept *kept,
                            double uniform) {
  double mean = 0.0;
  for (uint32_t i = 0; i < kept->count; ++i) {
    double share = weight(choice, logitAt(kept, i));
    if (share > 0.0)
      mean += share * exponent(choice, logitAt(kept, i));
  }
  mean /= kept->total;

  // Two heaps, one after the other.
  uint64_t *above =
      kept->step > 0 ? kept->first : kept->first - (kept->count - 1);
  uint32_t aboveCount = 0;
  for (uint32_t i = 0; i < kept->count; ++i) {
    uint64_t candidate = above[i];
    if (exponent(choice, bitnetCandidateLogit(candidate)) >= mean) {
      above[i] = above[aboveCount];
      above[aboveCount++] = candidate ^ aboveBits;
    }
  }
  uint64_t *below = above + aboveCount;
  uint32_t belowCount = kept->count - aboveCount;
  bitnetMakeHeap(above, aboveCount);
  bitnetMakeHeap(below, belowCount);

  // What is taken gathers at the ends of both, the first last.
  double wanted = (double)choice->options->typical_p * kept->total;
  double sum = 0.0;
  uint32_t aboveTaken = 0, belowTaken = 0;
  while (aboveTaken + belowTaken < kept->count && sum < wanted) {
    uint64_t taken;
    if (isAboveNearer(choice, mean, aboveTaken < aboveCount ? above : (void *)0,
                      belowTaken < belowCount ? below : (void *)0)) {
      taken = above[0] ^ aboveBits;
      bitnetTakeLargest(above, aboveCount - aboveTaken++);
    } else {
      taken = below[0];
      bitnetTakeLargest(below, belowCount - belowTaken++);
    }
    sum += weight(choice, bitnetCandidateLogit(taken));
  }

  Draw draw = {.target = uniform * sum};
  const uint64_t *nextAbove = above + aboveCount - 1;
  const uint64_t *nextBelow = below + belowCount - 1;
  while (aboveTaken + belowTaken != 0) {
    uint64_t next;
    if (isAboveNearer(choice, mean, aboveTaken ? nextAbove : (void *)0,
                      belowTaken ? nextBelow : (void *)0)) {
      next = *nextAbove-- ^ aboveBits;
      --aboveTaken;
    } else {
      next = *nextBelow--;
      --belowTaken;
    }
    if (drawNext(choice, next, &draw))
      break;
  }
  return draw.id;
}

static int isBetween(float value, float low, float high) {
  // Written so that what is not a number fails.
  return value >= low && value <= high;
}

bitnet_status bitnetCheckSampling(const bitnet_sampling_options *options,
                                  uint32_t vocabularySize) {
  if (!isBetween(options->temperature, 0.0f, 100.0f) ||
      !isBetween(options->top_p, 0.0f, 1.0f) || options->top_p == 0.0f ||
      !isBetween(options->min_p, 0.0f, 1.0f) ||
      !isBetween(options->typical_p, 0.0f, 1.0f) ||
      options->typical_p == 0.0f ||
      !isBetween(options->repetition_penalty, 0.0f, 100.0f) ||
      options->repetition_penalty == 0.0f ||
      !isBetween(options->presence_penalty, -100.0f, 100.0f) ||
      !isBetween(options->frequency_penalty, -100.0f, 100.0f) ||
      options->reserved != 0 || (!options->biases && options->bias_count != 0))
    return BITNET_INVALID_ARGUMENT;
  for (size_t i = 0; i < options->bias_count; ++i) {
    const bitnet_logit_bias *bias = &options->biases[i];
    if (!(bias->bias < __builtin_inff()))
      return BITNET_INVALID_ARGUMENT;
    if (bias->token < 0 || (uint32_t)bias->token >= vocabularySize)
      return BITNET_INVALID_TOKEN;
  }
  return BITNET_OK;
}

bitnet_status bitnetChoose(const SamplerInput *input,
                           const bitnet_sampling_options *options,
                           bitnet_sampler *sampler, uint64_t *scratch,
                           int32_t *token) {
  Choice choice = {
      .count = input->vocabularySize, .options = options, .scratch = scratch};
  bitnet_status status =
      bitnetAdjustLogits(input, options, scratch, &choice.logits);
  if (status != BITNET_OK)
    return status;

  Kept kept = {0};
  uint32_t id = 0;
  if (options->temperature != 0.0f && options->top_k != 0 &&
      options->top_k < choice.count) {
    kept = keepTopK(&choice);
  } else {
    id = mostLikely(choice.logits, choice.count);
    choice.best = choice.logits[id];
    if (isPossible(choice.best) && options->temperature == 0.0f)
      kept.count = 1;
    else if (isPossible(choice.best))
      kept = options->top_p < 1.0f ? keepTopP(&choice) : keepMinP(&choice);
  }
  if (kept.count == 0 && options->mask)
    return BITNET_STOPPED;
  if (options->temperature != 0.0f) {
    // Also a draw that decides nothing keeps the generator in step.
    double uniform = drawUniform(sampler);
    id = options->typical_p < 1.0f && kept.count != 0
             ? drawTypical(&choice, &kept, uniform)
             : drawKept(&choice, &kept, uniform);
  }
  *token = (int32_t)id;
  return BITNET_OK;
}

static bitnet_status sampleToken(bitnet_session *session,
                                 const bitnet_sampling_options *options,
                                 bitnet_sampler *sampler, int32_t *token) {
  static const bitnet_sampling_options greedy = BITNET_SAMPLING_OPTIONS_DEFAULT;
  Session *self = (Session *)session;
  uint32_t vocabularySize = self->descriptor->vocabulary_size;
  if (!options)
    options = &greedy;
  if (bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  if (!token || (!sampler && options->temperature != 0.0f))
    return BITNET_INVALID_ARGUMENT;
  bitnet_status status = bitnetCheckSampling(options, vocabularySize);
  if (status != BITNET_OK)
    return status;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  status = BITNET_NO_LOGITS;
  if (self->hasLogits) {
    SamplerInput input = {.logits = self->outputs,
                          .vocabularySize = vocabularySize,
                          .tokens = self->tokens,
                          .tokenCount = self->position};
    status = bitnetChoose(&input, options, sampler, self->scratch, token);
  }
  bitnetLeave(self);
  return status;
}

const struct bitnet_sampling_functions bitnetSamplingFunctions = {
    .sample = sampleToken,
    .score = bitnetScore,
};
