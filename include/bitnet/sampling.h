/*===- sampling.h - Choosing tokens, and scoring them -------------*- C -*-===*\
|*                                                                            *|
|* Part of the BitNet compiler, under the Apache License v2.0 with LLVM       *|
|* Exceptions. See LICENSE for license information.                           *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* Part of runtime.h. A token is chosen from logits in steps, always in this  *|
|* order; every option's default leaves its step out:                         *|
|*                                                                            *|
|*   1. mask         the callback changes the logits as it likes              *|
|*   2. bias         is added to the logits of some tokens                    *|
|*   3. penalties    for tokens that the session has among its last ones, the *|
|*                   prompt's included:                                       *|
|*                     a. repetition: a logit above 0 is divided by it, any   *|
|*                        other is multiplied by it                           *|
|*                     b. presence is subtracted, and frequency as many times *|
|*                        as the token is there                               *|
|*      Temperature 0 takes the token with the largest logit now, the lowest  *|
|*      id among equals. Otherwise:                                           *|
|*   4. temperature  logits are divided by it. Below, a token's probability   *|
|*                   is e^logit, divided by the sum over the tokens that are  *|
|*                   left                                                     *|
|*   5. top-k        the k most likely tokens stay                            *|
|*   6. top-p        of the most likely tokens the fewest stay whose          *|
|*                   probabilities add up to at least p                       *|
|*   7. min-p        tokens stay whose probability is at least min_p times    *|
|*                   that of the most likely token                            *|
|*   8. typical      of the tokens whose -log(probability) is nearest to the  *|
|*                   entropy the fewest stay whose probabilities add up to at *|
|*                   least typical_p                                          *|
|*   9. draw         by one number of the generator: the first token with     *|
|*                   which the sum of the probabilities exceeds it. The       *|
|*                   tokens come in the order in which typical takes them,    *|
|*                   without it from the most likely one on, and without      *|
|*                   top-k and top-p, too, in the order of their ids          *|
|*                                                                            *|
|* Among equally likely tokens the lower id comes first. A logit that is not  *|
|* a number counts as -infinity, and a token whose logit is -infinity is not  *|
|* chosen as long as there is another; if there is none, token 0 is, unless   *|
|* there is a mask, which then ends the generation.                           *|
|*                                                                            *|
|* The generator is xoshiro256**, seeded by splitmix64, and gives the upper   *|
|* 53 bits of a step as a number in [0, 1). Nothing depends on a mathematics  *|
|* library, the processor, or the number of threads: the same logits, options *|
|* and seed give the same tokens everywhere.                                  *|
|*                                                                            *|
|* No step allocates memory. With top-k or at temperature 0 the logits are    *|
|* read once; top-p, min-p and typical sort no more tokens than they keep.    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
#ifndef BITNET_SAMPLING_H
#define BITNET_SAMPLING_H

#ifndef BITNET_RUNTIME_H
#error "include bitnet/runtime.h instead"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** What is added to the logit of a token. */
typedef struct bitnet_logit_bias {
  int32_t token;
  /** Finite, or -infinity: the token is never chosen. */
  float bias;
} bitnet_logit_bias;

/** Sees the logits, [vocabulary_size], before a token is chosen, and may change
    them: a grammar sets those of tokens that must not follow to -infinity.
    `tokens` are the `count` tokens that lie in the session so far. It is called
    once for each token that is chosen, in order. Returning non-zero, or leaving
    no token, ends the generation. It must not use the session. */
typedef int (*bitnet_logits_callback)(void *user, const int32_t *tokens,
                                      size_t count, float *logits,
                                      size_t vocabulary_size);

/** How a token is chosen from logits. Start from
    BITNET_SAMPLING_OPTIONS_DEFAULT: the most likely token. */
typedef struct bitnet_sampling_options {
  /** In [0, 100]; 0: the most likely token. */
  float temperature;
  /** 0: all. */
  uint32_t top_k;
  /** In (0, 1]; 1: all. */
  float top_p;
  /** In [0, 1]; 0: all. */
  float min_p;
  /** In (0, 1]; 1: all. */
  float typical_p;
  /** In (0, 100]; 1: none. */
  float repetition_penalty;
  /** In [-100, 100]; 0: none. */
  float presence_penalty;
  /** In [-100, 100]; 0: none. */
  float frequency_penalty;
  /** How many of the session's last tokens the penalties look at; 0: none,
      UINT32_MAX: all. */
  uint32_t penalty_window;
  /** Must be 0. */
  uint32_t reserved;
  /** Seed of bitnet_generate and bitnet_generation_create; bitnet_sample is
      given the generator. */
  uint64_t seed;
  /** [bias_count]; those of one token add up. Must live as long as the options
      are used. */
  const bitnet_logit_bias *biases;
  size_t bias_count;
  /** Null: none. */
  bitnet_logits_callback mask;
  /** What `mask` is given. */
  void *mask_user;
} bitnet_sampling_options;

#define BITNET_SAMPLING_OPTIONS_DEFAULT                                        \
  {0.0f, 0, 1.0f, 0.0f, 1.0f, 1.0f, 0.0f, 0.0f, 64, 0, 0, NULL, 0, NULL, NULL}

/** State of the random number generator. Made by bitnet_sampler_seed. */
typedef struct bitnet_sampler {
  uint64_t state[4];
} bitnet_sampler;

/** Functions of models that choose and score tokens; call them by the wrappers
    below. */
struct bitnet_sampling_functions {
  bitnet_status (*sample)(bitnet_session *, const bitnet_sampling_options *,
                          bitnet_sampler *, int32_t *);
  bitnet_status (*score)(bitnet_session *, const int32_t *, size_t, float *);
};

/** Makes the generator's state from a seed. */
static inline void bitnet_sampler_seed(bitnet_sampler *sampler, uint64_t seed) {
  int i;
  for (i = 0; i < 4; ++i) {
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    sampler->state[i] = z ^ (z >> 31);
  }
}

/** Chooses a token from the session's logits and writes it to *token. `sampler`
    is advanced by one number unless the temperature is 0; then it may be null.
    `options` may be null: greedy. The session does not change. Errors, which do
    not advance `sampler`: BITNET_NO_LOGITS, BITNET_INVALID_TOKEN for that of a
    bias, and BITNET_STOPPED if the mask says so, or leaves no token. */
static inline bitnet_status
bitnet_sample(bitnet_session *session, const bitnet_sampling_options *options,
              bitnet_sampler *sampler, int32_t *token) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->sampling->sample(session, options, sampler,
                                                     token);
}

/** Appends `count` tokens (at least one), as bitnet_evaluate does, and writes
    the natural logarithm of the probability of each, given all before it, to
    `log_probabilities`: [count], owned by the caller. The first token of an
    empty session has none: NaN. Their negated mean is the logarithm of the
    perplexity. They do not depend on how tokens are spread over calls.

    Takes up to 16 MiB of memory during the call; where there is none, it needs
    more passes. On BITNET_INVALID_TOKEN and BITNET_CONTEXT_FULL nothing was
    evaluated. */
static inline bitnet_status bitnet_score(bitnet_session *session,
                                         const int32_t *tokens, size_t count,
                                         float *log_probabilities) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->sampling->score(session, tokens, count,
                                                    log_probabilities);
}

#ifdef __cplusplus
}
#endif

#endif /* BITNET_SAMPLING_H */
