/*===- runtime.h - The C interface of a compiled model ------------*- C -*-===*\
|*                                                                            *|
|* Part of the BitNet compiler, under the Apache License v2.0 with LLVM       *|
|* Exceptions. See LICENSE for license information.                           *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* A compiled model is one object file. It defines one symbol that users see, *|
|* `const bitnet_model <name>`, declared by the header generated beside it.   *|
|* Every function below works with every model, and any number of models can  *|
|* be linked into one program.                                                *|
|*                                                                            *|
|* Weights: they lie in the object or, if they are too large for one, in a    *|
|* file that the compiler wrote beside it. Every evaluator maps that file for *|
|* itself, read-only: all of them and all processes share its pages, and none *|
|* depends on another. The file must not change while it is in use. It is     *|
|* looked for, in this order, where                                           *|
|*   - the option weights_path of the evaluator or session says,              *|
|*   - the environment variable BITNET_WEIGHTS says,                          *|
|* and if neither says anything,                                              *|
|*   - beside the executable,                                                 *|
|*   - beside the shared library that the model is in,                        *|
|*   - in the current folder,                                                 *|
|* by the name that it was written with (bitnet_model_info).                  *|
|*                                                                            *|
|* Sessions and evaluators: a session is one sequence of tokens with its KV   *|
|* cache; an evaluator has what evaluating takes besides: the weights,        *|
|* threads and working memory. A session makes an evaluator for itself, or    *|
|* many sessions of a model share one that the caller made. Then they can     *|
|* also be evaluated together, which reads the weights once for all of them   *|
|* (bitnet_evaluate_batch). Results never depend on any of that: a session    *|
|* has the same logits, bit for bit, however its tokens are spread over       *|
|* calls, with how many others it is evaluated, and on how many threads.      *|
|*                                                                            *|
|* Threads: a model is constant and may be used from any number of threads. A *|
|* session is used by one thread at a time: a second one gets BITNET_BUSY     *|
|* from every function but bitnet_session_cancel. Sessions of one evaluator   *|
|* may be used by different threads at the same time; their evaluations wait  *|
|* for each other, asleep.                                                    *|
|*                                                                            *|
|* Memory: nothing is allocated but by the functions that make sessions and   *|
|* evaluators, one block for each, besides the stacks of threads; where other *|
|* functions take memory for their time, their descriptions say so. The blocks*|
|* have these sizes in bytes, which bitnet_session_memory_size and            *|
|* bitnet_evaluator_memory_size give, with up(x) for x rounded up to a        *|
|* multiple of 64, and the names of bitnet_model_info:                        *|
|*   session    512 + up(4 width) + up(max(8 width, 4 context_size))          *|
|*              + up(4 context_size)                                          *|
|*              + up(up(context_size) kv_bytes_per_position)                  *|
|*              + an evaluator for one sequence, if it has its own            *|
|*   evaluator  1024 + up(4 rows width) + up(24 sequences) + up(pass_bytes)   *|
|*              + up(arena_bytes)                                             *|
|*              + 1024 + 256 threads, if they are its own                     *|
|* where width is vocabulary_size, rows and sequences the option              *|
|* most_sequences of the evaluator. Of embedding models, width is             *|
|* embedding_length, and rows is at least chunk_size if the pooling is the    *|
|* mean.                                                                      *|
|*                                                                            *|
|* Errors: functions return a status and never abort. On an error, nothing    *|
|* has been written through output pointers, and sessions are as they were,   *|
|* unless said otherwise. Every pointer may be null, and is then refused      *|
|* unless its description gives it a meaning.                                 *|
|*                                                                            *|
|* Included from here: sampling.h, choosing and scoring tokens; generation.h, *|
|* continuing a text.                                                         *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
#ifndef BITNET_RUNTIME_H
#define BITNET_RUNTIME_H

#include "threads.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A compiled model: constant data and code. Lives as long as the program. */
typedef struct bitnet_model bitnet_model;

/** Working memory, threads and weights that sessions of one model share.
    Opaque. */
typedef struct bitnet_evaluator bitnet_evaluator;

/** One sequence of tokens with its KV cache. Opaque. */
typedef struct bitnet_session bitnet_session;

/** How the hidden states of an embedding model become one vector. */
typedef enum bitnet_pooling {
  /** Not at all: a language model, which gives logits and no embeddings. */
  BITNET_POOLING_NONE = 0,
  /** Their mean over all tokens. */
  BITNET_POOLING_MEAN = 1,
  /** That of the first token is taken. */
  BITNET_POOLING_CLS = 2,
  /** That of the last token is taken. */
  BITNET_POOLING_LAST = 3
} bitnet_pooling;

/** What the keys and values of a KV cache are kept as. */
typedef enum bitnet_kv_element {
  BITNET_KV_FLOAT32 = 0,
  BITNET_KV_FLOAT16 = 1,
  BITNET_KV_BFLOAT16 = 2,
  /** 8-bit integers with one factor for each position and head. */
  BITNET_KV_INT8 = 3
} bitnet_kv_element;

/** Facts about a model. Sizes are in elements. `cpu` and `kernel` are those of
    the variant that sessions use on this processor if nothing asks for another;
    of the least demanding one if the processor supports none. */
typedef struct bitnet_model_info {
  const char *name;         /**< NUL-terminated; lives as long as the model. */
  const char *cpu;          /**< What the code was compiled for. */
  const char *kernel;       /**< Kernels of the quantised linear layers. */
  uint32_t vocabulary_size; /**< Number of token ids, and of logits. */
  uint32_t context_length;  /**< Most positions the model was trained for. */
  uint32_t embedding_length;
  uint32_t layer_count;
  uint32_t chunk_size;    /**< Most tokens evaluated in one pass. */
  int32_t bos_token;      /**< -1: none. */
  int32_t eos_token;      /**< -1: none. */
  uint64_t weight_bytes;  /**< Size of the read-only weights. */
  uint32_t variant_count; /**< See bitnet_get_variant_info; at least 1. */
  uint32_t reserved;
  /** Name of the file with the weights, without a folder; null: they are in the
      object. Lives as long as the model. */
  const char *weights_file;
  /** Another than BITNET_POOLING_NONE: an embedding model, whose sessions do
      bitnet_embed, but nothing with logits. */
  bitnet_pooling pooling;
  bitnet_kv_element kv_element;
  /** Bytes that a position takes in the KV cache of a session. */
  uint64_t kv_bytes_per_position;
  /** Bytes of the working memory of a pass. */
  uint64_t arena_bytes;
  /** Bytes of the tables that say what a pass has to do. */
  uint64_t pass_bytes;
} bitnet_model_info;

/** How an evaluator is made. Start from BITNET_EVALUATOR_OPTIONS_DEFAULT. */
typedef struct bitnet_evaluator_options {
  /** Set by the initialiser; checked. */
  uint32_t abi_version;
  /** Threads that evaluate, the caller's own included; 0: one for each
      processor available. At most 256. Results do not depend on it. */
  uint32_t threads;
  /** Most sequences, and most rows of logits, in one pass over the weights;
      0: 8. At most 1024. Larger batches take more passes. */
  uint32_t most_sequences;
  /** Must be 0. */
  uint32_t reserved;
  /** Threads to use instead of own ones, of any object; `threads` is then 0.
      They must live longer than the evaluator. Null: own ones. */
  bitnet_threads *shared_threads;
  /** Memory to use, 64-byte aligned, of at least the size that
      bitnet_evaluator_memory_size gives; null: malloc. The caller frees it
      after bitnet_evaluator_destroy. */
  void *memory;
  /** Size of `memory` in bytes. */
  uint64_t memory_size;
  /** Name of the variant to use (see bitnet_variant_info); null: the one that
      the environment variable BITNET_VARIANT names, or the best that this
      processor supports if it is not set or empty. A name that the model does
      not have, or that the processor does not support, is an error. The
      variable is read when an evaluator is made, from objects with more than
      one variant; objects of --threads=none do not read it. */
  const char *variant;
  /** The file with the weights, or a folder that has it; null: see above. It,
      and the options below, mean nothing to a model whose weights are in the
      object. */
  const char *weights_path;
  /** The file with the weights in memory, 64-byte aligned, constant while the
      evaluator lives; null: the evaluator maps the file. Objects of
      --threads=none can not, and need it. */
  const void *weights;
  /** Size of `weights` in bytes. */
  uint64_t weights_size;
  /** Receives a NUL-terminated text if the evaluator is not made because of the
      file of weights: which one, what was expected and what was found. It is
      cut off if it is longer, and empty on other errors. May be null. */
  char *message;
  /** Size of `message` in bytes. */
  size_t message_size;
} bitnet_evaluator_options;

#define BITNET_EVALUATOR_OPTIONS_DEFAULT                                       \
  {BITNET_ABI_VERSION, 0, 0, 0, NULL, NULL, 0, NULL, NULL, NULL, 0, NULL, 0}

/** How a session is made. Start from BITNET_SESSION_OPTIONS_DEFAULT. */
typedef struct bitnet_session_options {
  /** Set by the initialiser; checked. */
  uint32_t abi_version;
  /** Positions to make room for; 0: the model's context length. At most the
      model's context length. */
  uint32_t context_size;
  /** As in bitnet_evaluator_options, of the session's own evaluator. 0 if there
      is an `evaluator`. */
  uint32_t threads;
  /** The k of bitnet_session_limit_logits that the session begins with. */
  uint32_t top_logits;
  /** Memory to use, 64-byte aligned, of at least the size that
      bitnet_session_memory_size gives; null: malloc. The caller frees it after
      bitnet_session_destroy. */
  void *memory;
  /** Size of `memory` in bytes. */
  uint64_t memory_size;
  /** This and all up to `message_size` as in bitnet_evaluator_options, of the
      session's own evaluator. Null and 0 if there is an `evaluator`, except for
      `message`, which is then made empty. */
  const char *variant;
  const char *weights_path;
  const void *weights;
  uint64_t weights_size;
  char *message;
  size_t message_size;
  /** The evaluator to use, made for the same model. It must live longer than
      the session. Null: one of its own, in the session's memory. */
  bitnet_evaluator *evaluator;
} bitnet_session_options;

#define BITNET_SESSION_OPTIONS_DEFAULT                                         \
  {BITNET_ABI_VERSION, 0, 0, 0, NULL, 0, NULL, NULL, NULL, 0, NULL, 0, NULL}

/** What a session contributes to a batch. */
typedef struct bitnet_batch_item {
  /** At most once in a batch. */
  bitnet_session *session;
  /** Tokens to append, at least one. */
  const int32_t *tokens;
  size_t count;
  /** Receives the logits that follow each token, as bitnet_evaluate_all writes
      them: [count, vocabulary size]; null: only those after the last are
      wanted, by bitnet_logits. */
  float *logits;
  /** Written: how this session fared. */
  bitnet_status status;
  /** Must be 0. */
  uint32_t reserved;
} bitnet_batch_item;

/** A message of a conversation. The bytes belong to the caller; they need not
    end with NUL. */
typedef struct bitnet_message {
  const char *role; /**< Such as "system", "user" or "assistant". */
  size_t role_length;
  const char *content; /**< UTF-8. */
  size_t content_length;
} bitnet_message;

/** Flags of bitnet_chat_options. */
enum {
  /** End with what an answer of the model begins with. */
  BITNET_CHAT_ADD_GENERATION_PROMPT = 1,
  /** `time` is given. */
  BITNET_CHAT_HAS_TIME = 2,
  /** Set `enable_thinking` to false, for templates that ask for it. */
  BITNET_CHAT_NO_THINKING = 4,
  /** Control tokens in the text of messages are recognised. Without it, text
      of a user that looks like `<|eot_id|>` stays text. */
  BITNET_CHAT_TRUST_MESSAGES = 8
};

/** How a conversation becomes a prompt. Start from
    BITNET_CHAT_OPTIONS_DEFAULT. */
typedef struct bitnet_chat_options {
  uint32_t flags;
  /** Must be 0. */
  uint32_t reserved;
  /** Seconds since 1970-01-01 00:00 of the wall clock (of the local time, not
      UTC), for templates that write the date; they fail without it. */
  int64_t time;
  /** Memory to use during the call, 8-byte aligned; null: malloc. A template
      takes a few kilobytes and a few times the size of the messages. */
  void *memory;
  /** Size of `memory` in bytes. */
  uint64_t memory_size;
} bitnet_chat_options;

#define BITNET_CHAT_OPTIONS_DEFAULT                                            \
  {BITNET_CHAT_ADD_GENERATION_PROMPT, 0, 0, NULL, 0}

/** The functions of a model; call them by the wrappers below. */
typedef struct bitnet_model_functions {
  uint32_t abi_version;
  uint32_t size; /**< sizeof(bitnet_model_functions) of the object. */
  bitnet_status (*model_info)(const bitnet_model *, bitnet_model_info *);
  bitnet_status (*session_memory_size)(const bitnet_model *,
                                       const bitnet_session_options *,
                                       uint64_t *);
  bitnet_status (*session_create)(const bitnet_model *,
                                  const bitnet_session_options *,
                                  bitnet_session **);
  bitnet_status (*session_destroy)(bitnet_session *);
  bitnet_status (*session_reset)(bitnet_session *, uint32_t);
  bitnet_status (*session_position)(const bitnet_session *, uint32_t *);
  bitnet_status (*evaluate)(bitnet_session *, const int32_t *, size_t);
  bitnet_status (*evaluate_all)(bitnet_session *, const int32_t *, size_t,
                                float *);
  bitnet_status (*logits)(const bitnet_session *, const float **);
  bitnet_status (*tokenize)(const bitnet_model *, const char *, size_t,
                            uint32_t, int32_t *, size_t, size_t *);
  bitnet_status (*detokenize)(const bitnet_model *, const int32_t *, size_t,
                              uint32_t, char *, size_t, size_t *);
  const struct bitnet_sampling_functions *sampling;     /**< sampling.h */
  const struct bitnet_generation_functions *generation; /**< generation.h */
  bitnet_status (*variant_info)(const bitnet_model *, uint32_t,
                                bitnet_variant_info *);
  bitnet_status (*session_variant)(const bitnet_session *, uint32_t *);
  bitnet_status (*verify_weights)(const bitnet_session *);
  bitnet_status (*embed)(bitnet_session *, const int32_t *, size_t, uint32_t,
                         float *);
  bitnet_status (*apply_chat_template)(const bitnet_model *,
                                       const bitnet_message *, size_t,
                                       const bitnet_chat_options *, char *,
                                       size_t, size_t *);
  bitnet_status (*tokenize_chat)(const bitnet_model *, const bitnet_message *,
                                 size_t, const bitnet_chat_options *, int32_t *,
                                 size_t, size_t *);
  bitnet_status (*threads_create)(const bitnet_threads_options *,
                                  bitnet_threads **);
  bitnet_status (*evaluator_memory_size)(const bitnet_model *,
                                         const bitnet_evaluator_options *,
                                         uint64_t *);
  bitnet_status (*evaluator_create)(const bitnet_model *,
                                    const bitnet_evaluator_options *,
                                    bitnet_evaluator **);
  bitnet_status (*evaluator_destroy)(bitnet_evaluator *);
  bitnet_status (*evaluate_batch)(bitnet_batch_item *, size_t);
  bitnet_status (*session_clone)(const bitnet_session *,
                                 const bitnet_session_options *,
                                 bitnet_session **);
  bitnet_status (*session_copy)(bitnet_session *, const bitnet_session *,
                                uint32_t);
  bitnet_status (*session_tokens)(const bitnet_session *, const int32_t **,
                                  uint32_t *);
  bitnet_status (*session_match)(const bitnet_session *, const int32_t *,
                                 size_t, uint32_t *);
  bitnet_status (*session_remove)(bitnet_session *, uint32_t, uint32_t);
  bitnet_status (*session_save)(const bitnet_session *, void *, size_t,
                                size_t *);
  bitnet_status (*session_restore)(bitnet_session *, const void *, size_t);
  bitnet_status (*session_save_file)(const bitnet_session *, const char *);
  bitnet_status (*session_restore_file)(bitnet_session *, const char *);
  bitnet_status (*session_cancel)(bitnet_session *);
  bitnet_status (*session_limit_logits)(bitnet_session *, uint32_t);
} bitnet_model_functions;

struct bitnet_model {
  const bitnet_model_functions *functions;
  const void *descriptor;
};

struct bitnet_evaluator {
  const bitnet_model *model;
};

struct bitnet_session {
  const bitnet_model *model;
};

#define BITNET_CHECK_MODEL(model)                                              \
  do {                                                                         \
    if (!(model))                                                              \
      return BITNET_INVALID_ARGUMENT;                                          \
    if ((model)->functions->abi_version != BITNET_ABI_VERSION)                 \
      return BITNET_VERSION_MISMATCH;                                          \
  } while (0)

/** Writes facts about `model` to `info`. */
static inline bitnet_status bitnet_get_model_info(const bitnet_model *model,
                                                  bitnet_model_info *info) {
  BITNET_CHECK_MODEL(model);
  return model->functions->model_info(model, info);
}

/** Writes facts about variant `index`, in [0, variant_count), to `info`. The
    first variant that the processor supports is the best. */
static inline bitnet_status bitnet_get_variant_info(const bitnet_model *model,
                                                    uint32_t index,
                                                    bitnet_variant_info *info) {
  BITNET_CHECK_MODEL(model);
  return model->functions->variant_info(model, index, info);
}

/** Writes the bytes that an evaluator with these options takes to `size`; all
    variants take the same. `options` may be null: the defaults. */
static inline bitnet_status
bitnet_evaluator_memory_size(const bitnet_model *model,
                             const bitnet_evaluator_options *options,
                             uint64_t *size) {
  BITNET_CHECK_MODEL(model);
  return model->functions->evaluator_memory_size(model, options, size);
}

/** Makes an evaluator. `options` may be null: the defaults. The caller owns
    *evaluator and ends it with bitnet_evaluator_destroy. Creates threads - 1
    threads, which sleep between evaluations, unless it is given some.

    Errors: BITNET_OUT_OF_MEMORY, BITNET_THREAD_FAILURE, those of the variant
    (BITNET_UNKNOWN_VARIANT, BITNET_UNSUPPORTED_CPU), and those of the file of
    weights (BITNET_WEIGHTS_NOT_FOUND, BITNET_WEIGHTS_MISMATCH). */
static inline bitnet_status
bitnet_evaluator_create(const bitnet_model *model,
                        const bitnet_evaluator_options *options,
                        bitnet_evaluator **evaluator) {
  BITNET_CHECK_MODEL(model);
  return model->functions->evaluator_create(model, options, evaluator);
}

/** Ends an evaluator: its own threads are joined, its memory is freed. Null
    does nothing. BITNET_BUSY, and nothing happens, while there are sessions
    that use it. */
static inline bitnet_status
bitnet_evaluator_destroy(bitnet_evaluator *evaluator) {
  return evaluator ? evaluator->model->functions->evaluator_destroy(evaluator)
                   : BITNET_OK;
}

/** Writes the bytes that a session with these options takes to `size`, those of
    its own evaluator included; all variants take the same. `options` may be
    null: the defaults. */
static inline bitnet_status
bitnet_session_memory_size(const bitnet_model *model,
                           const bitnet_session_options *options,
                           uint64_t *size) {
  BITNET_CHECK_MODEL(model);
  return model->functions->session_memory_size(model, options, size);
}

/** Makes an empty session. `options` may be null: the defaults. The caller owns
    *session and ends it with bitnet_session_destroy. Errors:
    BITNET_OUT_OF_MEMORY and, if it makes its own evaluator, those of
    bitnet_evaluator_create. */
static inline bitnet_status
bitnet_session_create(const bitnet_model *model,
                      const bitnet_session_options *options,
                      bitnet_session **session) {
  BITNET_CHECK_MODEL(model);
  return model->functions->session_create(model, options, session);
}

/** Ends a session: its memory is freed, and its own evaluator ends. Null does
    nothing. BITNET_BUSY, and nothing happens, while another thread uses the
    session, and while there are clones that use its own evaluator. */
static inline bitnet_status bitnet_session_destroy(bitnet_session *session) {
  return session ? session->model->functions->session_destroy(session)
                 : BITNET_OK;
}

/** Writes the index of the variant that the session uses to `index`. */
static inline bitnet_status
bitnet_session_variant(const bitnet_session *session, uint32_t *index) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_variant(session, index);
}

/** Reads all weights of the session's file and compares their hash with that of
    the object: BITNET_OK or BITNET_WEIGHTS_DAMAGED. An evaluator is made
   without that, by the sizes and hashes that file and object state. Weights in
   the object are part of it: BITNET_OK. */
static inline bitnet_status
bitnet_verify_weights(const bitnet_session *session) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->verify_weights(session);
}

/** Forgets all positions from `position` on; 0 empties the session. `position`
    is at most the current one. Logits become unavailable. A
    bitnet_session_cancel that no evaluation has answered is withdrawn. */
static inline bitnet_status bitnet_session_truncate(bitnet_session *session,
                                                    uint32_t position) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_reset(session, position);
}

/** Another name of bitnet_session_truncate. */
static inline bitnet_status bitnet_session_reset(bitnet_session *session,
                                                 uint32_t position) {
  return bitnet_session_truncate(session, position);
}

/** Removes the positions [begin, end) and moves those behind them down, whose
    keys are rotated to their new positions: the context goes on as if it had
    been shorter, though what remains was computed while it was not. So room is
    made in a full context, best behind some first tokens that stay. Nothing is
    rounded where no position moves or where the model does not rotate keys;
    otherwise as often as positions are moved. `begin` <= `end` <= the position.
    The logits stay unless the last token is removed. */
static inline bitnet_status
bitnet_session_remove(bitnet_session *session, uint32_t begin, uint32_t end) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_remove(session, begin, end);
}

/** Writes the number of tokens evaluated so far to `position`. */
static inline bitnet_status
bitnet_session_position(const bitnet_session *session, uint32_t *position) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_position(session, position);
}

/** Points *tokens at the ids of all tokens in the session, in order, and writes
    their number to *count. They belong to the session and are valid until
    something else is done with it; they may be null if there are none. */
static inline bitnet_status bitnet_session_tokens(const bitnet_session *session,
                                                  const int32_t **tokens,
                                                  uint32_t *count) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_tokens(session, tokens, count);
}

/** Writes how many tokens at the beginning of the session are also those at the
    beginning of tokens[0, count) to *common. To go on with another text that
    begins alike (prefix caching), truncate the session to that, or to
    `count` - 1 if it is `count`, and evaluate the rest; the logits are those of
    an empty session that evaluates all. `tokens` may be null if `count` is
    0. */
static inline bitnet_status bitnet_session_match(const bitnet_session *session,
                                                 const int32_t *tokens,
                                                 size_t count,
                                                 uint32_t *common) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_match(session, tokens, count,
                                                  common);
}

/** Makes `to` have the first `count` positions of `from`, and no others. Both
    are sessions of one model, of the same evaluator or not. Logits come along
    if `count` is the position of `from`; otherwise there are none. Errors:
    BITNET_INVALID_ARGUMENT if they are one session or of different models, or
    `from` has fewer positions; BITNET_CONTEXT_FULL if `to` has not the room. */
static inline bitnet_status bitnet_session_copy(bitnet_session *to,
                                                const bitnet_session *from,
                                                uint32_t count) {
  if (!to || !from)
    return BITNET_INVALID_ARGUMENT;
  return from->model->functions->session_copy(to, from, count);
}

/** Makes a session with the same tokens, and logits if there are any. `options`
    may be null: the defaults, which mean something else here: a context_size of
    0 is that of `session`, top_logits of 0 the same limit as there, and no
    `evaluator` is that of `session`, so that `threads` and all about variants
    and weights must be 0 or null. The evaluator of a session that made its own
    lies in that session, which cannot be ended before its clones. Errors: those
    of bitnet_session_create and bitnet_session_copy. */
static inline bitnet_status
bitnet_session_clone(const bitnet_session *session,
                     const bitnet_session_options *options,
                     bitnet_session **clone) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_clone(session, options, clone);
}

/** Writes the state of the session, its tokens, logits and KV cache, to
    `buffer`, which needs no alignment, and its size in bytes to *size; if that
    exceeds `capacity`, returns BITNET_BUFFER_TOO_SMALL with the size needed in
    *size. `buffer` may be null if `capacity` is 0.

    A state can be restored wherever the same object runs, by any of its
    variants, and by objects compiled from the same model with the same kinds of
    weights and KV cache for kernels that lay weights out alike. Numbers in it
    are little-endian. It ends with a hash of all of it. */
static inline bitnet_status bitnet_session_save(const bitnet_session *session,
                                                void *buffer, size_t capacity,
                                                size_t *size) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_save(session, buffer, capacity,
                                                 size);
}

/** Replaces what is in the session by a saved state: `size` bytes of any
    alignment. Errors: BITNET_STATE_MISMATCH, BITNET_STATE_DAMAGED (also if
    bytes are missing or there are too many) and BITNET_CONTEXT_FULL if the
    session has not the room. */
static inline bitnet_status bitnet_session_restore(bitnet_session *session,
                                                   const void *state,
                                                   size_t size) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_restore(session, state, size);
}

/** As bitnet_session_save, to a file. It is written under the name `path` with
    ".part" behind it and then renamed: there is never half a state at `path`.
    Errors: BITNET_FILE_FAILURE, and BITNET_UNSUPPORTED from objects of
    --threads=none. */
static inline bitnet_status
bitnet_session_save_file(const bitnet_session *session, const char *path) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_save_file(session, path);
}

/** As bitnet_session_restore, from a file, which must not change meanwhile.
    Errors: as there, and those of bitnet_session_save_file. */
static inline bitnet_status bitnet_session_restore_file(bitnet_session *session,
                                                        const char *path) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_restore_file(session, path);
}

/** Asks the session's evaluation that is running, or the next one if none is,
    to end: it does so between two layers, with BITNET_CANCELLED, and the
    session has those of its tokens that were evaluated in whole chunks, and no
    logits. Other sessions of the batch are not affected. May be called at any
    time from any thread and from a signal handler, also while the session is
    busy; never answers BITNET_BUSY. An evaluation that is refused for its
    arguments does not count. */
static inline bitnet_status bitnet_session_cancel(bitnet_session *session) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_cancel(session);
}

/** From the next evaluation on, only those of the logits after the last token
    are needed that are among the `k` largest, all that equal the k-th included;
    0: all, as in the beginning. Others may be -infinity, which models compiled
    with --head=planes make use of to be faster. Those that are among them are
    the same as without a limit. Logits of all tokens (bitnet_evaluate_all,
    bitnet_batch_item) are never limited. */
static inline bitnet_status bitnet_session_limit_logits(bitnet_session *session,
                                                        uint32_t k) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->session_limit_logits(session, k);
}

/** Appends `count` tokens (at least one) and computes the logits that follow
    the last. Long prompts are cut into chunks, between which evaluations of
    other sessions of the evaluator may run. Errors: BITNET_INVALID_TOKEN and
    BITNET_CONTEXT_FULL, after which nothing was evaluated; BITNET_CANCELLED and
    BITNET_FORKED, after which the session has the tokens of those chunks that
    were, and no logits. */
static inline bitnet_status
bitnet_evaluate(bitnet_session *session, const int32_t *tokens, size_t count) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->evaluate(session, tokens, count);
}

/** As bitnet_evaluate, and writes the logits that follow each token to
    `logits`: [count, vocabulary size], row by row, owned by the caller; after
    BITNET_CANCELLED, only as many rows as the position has moved have been
    written wholly. */
static inline bitnet_status bitnet_evaluate_all(bitnet_session *session,
                                                const int32_t *tokens,
                                                size_t count, float *logits) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->evaluate_all(session, tokens, count,
                                                 logits);
}

/** Evaluates the tokens of several sessions together, `count` of them (at least
    one), all with one evaluator: passes of up to chunk_size tokens mix prompts
    and single tokens. Every session gets the same logits, bit for bit, as by
    bitnet_evaluate or bitnet_evaluate_all alone.

    If a session is null or there twice, or they are not all of one evaluator,
    BITNET_INVALID_ARGUMENT, and nothing has been evaluated or written.
    Otherwise `status` of each item says what bitnet_evaluate would
    have answered, and items that are refused or cancelled do not keep the
    others from being evaluated; the result is BITNET_OK if all of them are, or
    else the status of the first that is not. */
static inline bitnet_status bitnet_evaluate_batch(bitnet_batch_item *items,
                                                  size_t count) {
  if (!items || count == 0 || !items[0].session)
    return BITNET_INVALID_ARGUMENT;
  return items[0].session->model->functions->evaluate_batch(items, count);
}

/** Points *logits at the [vocabulary size] logits after the last token. They
    belong to the session and are valid until its next evaluation, reset or
    end. */
static inline bitnet_status bitnet_logits(const bitnet_session *session,
                                          const float **logits) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->logits(session, logits);
}

/** Flags of bitnet_embed. */
enum {
  /** Leave the pooled states as they are instead of giving them the Euclidean
      length 1. */
  BITNET_EMBED_RAW = 1
};

/** Of embedding models: empties the session, evaluates `count` tokens (at
    least one) in chunks, pools their final hidden states as the model says
    (bitnet_model_info) and writes the vector, of Euclidean length 1, to
    `embedding`: [embedding length], owned by the caller. A vector of zeros
    stays one. BITNET_UNSUPPORTED if it is a language model; on
    BITNET_INVALID_TOKEN and BITNET_CONTEXT_FULL the session is as it was.
    Embedding models answer BITNET_UNSUPPORTED to everything that needs
    logits: bitnet_evaluate, bitnet_evaluate_all, bitnet_logits,
    bitnet_sample and bitnet_generate. */
static inline bitnet_status bitnet_embed(bitnet_session *session,
                                         const int32_t *tokens, size_t count,
                                         uint32_t flags, float *embedding) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->embed(session, tokens, count, flags,
                                          embedding);
}

/** Flags of bitnet_tokenize. */
enum {
  /** Begin with the BOS token if the model's tokenizer says so. */
  BITNET_TOKENIZE_ADD_BOS = 1,
  /** Recognise the text of control tokens such as `<|eot_id|>`. */
  BITNET_TOKENIZE_SPECIAL = 2,
  /** End with the EOS token if the model's tokenizer says so, as those of
      embedding models with last-token pooling do. */
  BITNET_TOKENIZE_ADD_EOS = 4
};

/** Turns UTF-8 text of `length` bytes into token ids. Bytes that are not valid
    UTF-8 are kept byte by byte. Writes up to `capacity` ids to `tokens` and
    their number to *count; if that exceeds `capacity`, returns
    BITNET_BUFFER_TOO_SMALL with the number needed in *count. `tokens` may be
    null if `capacity` is 0. */
static inline bitnet_status bitnet_tokenize(const bitnet_model *model,
                                            const char *text, size_t length,
                                            uint32_t flags, int32_t *tokens,
                                            size_t capacity, size_t *count) {
  BITNET_CHECK_MODEL(model);
  return model->functions->tokenize(model, text, length, flags, tokens,
                                    capacity, count);
}

/** Flags of bitnet_detokenize. */
enum {
  /** Write control tokens as their text instead of leaving them out. */
  BITNET_DETOKENIZE_SPECIAL = 1,
  /** The tokens go on with a text. Tokenizers that put a space before text
      write one for the first token of a word; without this flag it is left out
      at the beginning. */
  BITNET_DETOKENIZE_CONTINUATION = 2
};

/** Turns `count` token ids into text. Writes up to `capacity` bytes, no NUL,
    and their number to *length; if that exceeds `capacity`, returns
    BITNET_BUFFER_TOO_SMALL with the number needed in *length. A token may end
    within a UTF-8 character. `text` may be null if `capacity` is 0. */
static inline bitnet_status bitnet_detokenize(const bitnet_model *model,
                                              const int32_t *tokens,
                                              size_t count, uint32_t flags,
                                              char *text, size_t capacity,
                                              size_t *length) {
  BITNET_CHECK_MODEL(model);
  return model->functions->detokenize(model, tokens, count, flags, text,
                                      capacity, length);
}

/** Writes the prompt that the model's chat template makes of `count` messages:
    up to `capacity` bytes, no NUL, and their number to *length; if that exceeds
    `capacity`, returns BITNET_BUFFER_TOO_SMALL with the number needed in
    *length. `options` may be null: the defaults. `text` may be null if
    `capacity` is 0.

    BITNET_NO_CHAT_TEMPLATE: the model has none, or one that the compiler does
    not support. BITNET_TEMPLATE_ERROR: the template refuses the messages, or
    fails; what it says is written to `text`, as far as there is room, and its
    whole length to *length.

    The text usually begins with the text of the BOS token: to tokenize it, use
    BITNET_TOKENIZE_SPECIAL without BITNET_TOKENIZE_ADD_BOS, or better call
    bitnet_tokenize_chat instead. */
static inline bitnet_status
bitnet_apply_chat_template(const bitnet_model *model,
                           const bitnet_message *messages, size_t count,
                           const bitnet_chat_options *options, char *text,
                           size_t capacity, size_t *length) {
  BITNET_CHECK_MODEL(model);
  return model->functions->apply_chat_template(model, messages, count, options,
                                               text, capacity, length);
}

/** Writes the tokens of the prompt that the model's chat template makes of
    `count` messages, with one BOS token in front if the model wants any.
    Control tokens come from the template alone unless the options say
    BITNET_CHAT_TRUST_MESSAGES. `tokens`, `capacity` and *token_count are as in
    bitnet_tokenize, all else as in bitnet_apply_chat_template, which gives the
    message of a BITNET_TEMPLATE_ERROR. */
static inline bitnet_status
bitnet_tokenize_chat(const bitnet_model *model, const bitnet_message *messages,
                     size_t count, const bitnet_chat_options *options,
                     int32_t *tokens, size_t capacity, size_t *token_count) {
  BITNET_CHECK_MODEL(model);
  return model->functions->tokenize_chat(model, messages, count, options,
                                         tokens, capacity, token_count);
}

/** Makes threads for evaluations and runs. `options` may be null: the defaults.
    They may be used with any language model and any graph, also of other
    objects; an evaluation waits until no other uses them. Their code is that of
    the object of `model`: if that is a library, it must stay loaded. The caller
    owns *threads and ends it with bitnet_threads_destroy. Errors:
    BITNET_OUT_OF_MEMORY, BITNET_UNAVAILABLE_PROCESSOR and
    BITNET_THREAD_FAILURE, always if the object was compiled with
    --threads=none. */
static inline bitnet_status
bitnet_model_threads_create(const bitnet_model *model,
                            const bitnet_threads_options *options,
                            bitnet_threads **threads) {
  BITNET_CHECK_MODEL(model);
  return model->functions->threads_create(options, threads);
}

#undef BITNET_CHECK_MODEL

#ifdef __cplusplus
}
#endif

#include "sampling.h"
#include "generation.h"

#endif /* BITNET_RUNTIME_H */
