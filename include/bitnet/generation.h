/*===- generation.h - Continuing a session with text --------------*- C -*-===*\
|*                                                                            *|
|* Part of the BitNet compiler, under the Apache License v2.0 with LLVM       *|
|* Exceptions. See LICENSE for license information.                           *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* Part of runtime.h. bitnet_generate does it all: it evaluates a prompt and  *|
|* goes on until something ends the text. bitnet_generation is the same one   *|
|* token at a time, for programs that drive many sessions at once:            *|
|*                                                                            *|
|*   bitnet_generation_create(session, &options, &generation);                *|
|*   for (;;) {                                                               *|
|*     bitnet_generation_next(generation, &token, &finish);                   *|
|*     if (finish != BITNET_FINISH_NONE)                                      *|
|*       break;                                                               *|
|*     bitnet_evaluate(session, &token, 1);   // alone, or in a batch         *|
|*   }                                                                        *|
|*   bitnet_generation_destroy(generation);                                   *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
#ifndef BITNET_GENERATION_H
#define BITNET_GENERATION_H

#ifndef BITNET_RUNTIME_H
#error "include bitnet/runtime.h instead"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Why a generation ended. */
typedef enum bitnet_finish {
  /** It has not ended. */
  BITNET_FINISH_NONE = 0,
  /** An end-of-sequence token of the model or one of the stop tokens was
      chosen. It is not a part of the text. */
  BITNET_FINISH_EOS = 1,
  /** The text reached a stop string, which was not passed on. */
  BITNET_FINISH_STOP = 2,
  /** There are as many tokens as were asked for. */
  BITNET_FINISH_LENGTH = 3,
  /** The session's context is full. */
  BITNET_FINISH_CONTEXT = 4,
  /** The text callback or the mask asked for it, or the mask left no token. */
  BITNET_FINISH_CALLBACK = 5
} bitnet_finish;

/** Receives text as it is generated: whole UTF-8 characters, `length` bytes,
    not NUL-terminated, valid during the call only. Bytes that are no UTF-8 are
    passed as they are. Returning non-zero ends the generation. The session
    answers BITNET_BUSY during the call. */
typedef int (*bitnet_text_callback)(void *user, const char *text,
                                    size_t length);

/** Text that ends a generation. */
typedef struct bitnet_stop_string {
  const char *text; /**< UTF-8; need not end with NUL. */
  size_t length;    /**< In bytes; in [1, BITNET_MOST_STOP_BYTES]. */
} bitnet_stop_string;

#define BITNET_MOST_STOP_BYTES 65536
#define BITNET_MOST_DRAFT_TOKENS 64

/** Flags of bitnet_generation_options. */
enum {
  /** The model's end-of-sequence tokens are never chosen. */
  BITNET_GENERATION_IGNORE_EOS = 1,
  /** The text of control tokens is written, and looked at for stop strings. */
  BITNET_GENERATION_WRITE_SPECIAL = 2,
  /** Instead of ending when the context is full, forget the older half of the
      positions that follow the first `keep`, as bitnet_session_remove does, and
      go on. With models for which it cannot, the newer half is evaluated
      again. */
  BITNET_GENERATION_CONTEXT_SHIFT = 4
};

/** How text is generated. Start from BITNET_GENERATION_OPTIONS_DEFAULT. What is
    pointed to belongs to the caller and must live as long as the generation. */
typedef struct bitnet_generation_options {
  /** Set by the initialiser; checked. */
  uint32_t abi_version;
  uint32_t flags;
  /** Most tokens to generate. */
  uint32_t max_tokens;
  /** BITNET_GENERATION_CONTEXT_SHIFT: positions at the beginning that are never
      forgotten; at most the context size - 2. */
  uint32_t keep;
  /** bitnet_generate only; 0: off. Where the last tokens occur earlier in the
      session, up to so many tokens that followed there are guessed to follow
      again and are evaluated in one pass; those that are not chosen are taken
      back. The text is the same, token by token, also when it is drawn. At most
      BITNET_MOST_DRAFT_TOKENS. Takes memory for the logits of a pass:
      (draft_tokens + 1) * vocabulary size * 4 bytes. */
  uint32_t draft_tokens;
  /** Must be 0. */
  uint32_t reserved;
  bitnet_sampling_options sampling;
  /** [stop_count]. The first that is complete ends the text, the longest of
      those that are complete at the same byte. They may lie across tokens; text
      that may yet become one is held back. Null if there are none. */
  const bitnet_stop_string *stops;
  size_t stop_count;
  /** [stop_token_count]: tokens that end the text like the model's own. */
  const int32_t *stop_tokens;
  size_t stop_token_count;
  /** Null: the text is not wanted. */
  bitnet_text_callback callback;
  void *user;
  /** Memory to use, 64-byte aligned, of at least the size that
      bitnet_generation_memory_size gives; null: malloc. The caller frees it
      after bitnet_generation_destroy. */
  void *memory;
  /** Size of `memory` in bytes. */
  uint64_t memory_size;
} bitnet_generation_options;

#define BITNET_GENERATION_OPTIONS_DEFAULT                                      \
  {BITNET_ABI_VERSION,                                                         \
   0,                                                                          \
   UINT32_MAX,                                                                 \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   BITNET_SAMPLING_OPTIONS_DEFAULT,                                            \
   NULL,                                                                       \
   0,                                                                          \
   NULL,                                                                       \
   0,                                                                          \
   NULL,                                                                       \
   NULL,                                                                       \
   NULL,                                                                       \
   0}

/** What bitnet_generate measured. Times are in seconds of wall clock; 0 where
    the object was compiled without a clock (--threads=none). */
typedef struct bitnet_generate_result {
  uint32_t prompt_tokens;
  /** Tokens of the text; the one that ends it (BITNET_FINISH_EOS) is not
      counted. */
  uint32_t generated_tokens;
  double prompt_seconds;
  double generate_seconds;
  /** Tokens that were guessed, and those of them that were right. */
  uint32_t drafted_tokens;
  uint32_t accepted_tokens;
  bitnet_finish finish;
  uint32_t reserved;
} bitnet_generate_result;

typedef struct bitnet_generation bitnet_generation;

/** Functions of models that generate; call them by the wrappers below. */
typedef struct bitnet_generation_functions {
  bitnet_status (*generate)(bitnet_session *, const char *, size_t,
                            const bitnet_generation_options *,
                            bitnet_generate_result *);
  bitnet_status (*memory_size)(const bitnet_session *,
                               const bitnet_generation_options *, uint64_t *);
  bitnet_status (*create)(bitnet_session *, const bitnet_generation_options *,
                          bitnet_generation **);
  bitnet_status (*next)(bitnet_generation *, int32_t *, bitnet_finish *);
  void (*destroy)(bitnet_generation *);
} bitnet_generation_functions;

/** One generation of text on a session. */
struct bitnet_generation {
  const bitnet_generation_functions *functions;
};

/** Tokenizes the prompt (BOS is added if the model wants it and the session is
    empty), evaluates it, and generates. `options` may be null: greedy, until
    the text or the context ends. `result` may be null; it is filled whenever
    generation began.

    Returns BITNET_OK if the text ended, or is as long as was asked for;
    BITNET_CONTEXT_FULL for BITNET_FINISH_CONTEXT; BITNET_STOPPED for
    BITNET_FINISH_CALLBACK; and the errors of bitnet_evaluate and
    bitnet_generation_create. All tokens that are counted, and no others, have
    been evaluated, so that the session can be continued by any other call.

    Takes memory as bitnet_generation_create does, but none at all if it is at
    most 4096 bytes, as without draft_tokens and with few stop strings. Logits
    are limited as by bitnet_generation_next; those after the last token of the
    text are not, unless an end-of-sequence token was chosen from them. */
static inline bitnet_status
bitnet_generate(bitnet_session *session, const char *prompt,
                size_t prompt_length, const bitnet_generation_options *options,
                bitnet_generate_result *result) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->generation->generate(
      session, prompt, prompt_length, options, result);
}

/** Writes the bytes that a generation with these options takes to `size`; those
    of bitnet_generate are the same. `options` may be null: the defaults. */
static inline bitnet_status
bitnet_generation_memory_size(const bitnet_session *session,
                              const bitnet_generation_options *options,
                              uint64_t *size) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->generation->memory_size(session, options,
                                                            size);
}

/** Makes a generation that goes on with the session's tokens, of which the last
    must have been evaluated with logits when bitnet_generation_next is called.
    The caller owns *generation and ends it with bitnet_generation_destroy. The
    session must live as long as the generation is asked for tokens.

    Errors: BITNET_NO_TOKENIZER if there is a callback or a stop string and the
    model has none; BITNET_INVALID_TOKEN for those of biases and stop tokens;
    BITNET_UNSUPPORTED of embedding models. */
static inline bitnet_status
bitnet_generation_create(bitnet_session *session,
                         const bitnet_generation_options *options,
                         bitnet_generation **generation) {
  if (!session)
    return BITNET_INVALID_ARGUMENT;
  return session->model->functions->generation->create(session, options,
                                                       generation);
}

/** Chooses a token from the session's logits, passes text that is decided to
    the callback, and says in *finish whether and why the text ends:

      BITNET_FINISH_NONE      evaluate *token and call again
      BITNET_FINISH_EOS       *token ended the text and is no part of it
      BITNET_FINISH_STOP,     *token is the last; evaluating it is up to the
      BITNET_FINISH_LENGTH    caller
      BITNET_FINISH_CALLBACK  the same; if the mask asked for it: *token is -1
      BITNET_FINISH_CONTEXT   *token is -1: there is no room for one

    After its end the generation answers so again, with the token -1.

    If the options need the most likely tokens only (temperature 0, or top_k; no
    mask, and nothing that makes logits larger), the session's logits are
   limited to those from the first call on (bitnet_session_limit_logits), and as
   before from the end on. If the session begins with fewer logits than are
   needed, its last token is evaluated again.

    Errors: BITNET_NO_LOGITS, and those of bitnet_evaluate. */
static inline bitnet_status
bitnet_generation_next(bitnet_generation *generation, int32_t *token,
                       bitnet_finish *finish) {
  if (!generation)
    return BITNET_INVALID_ARGUMENT;
  return generation->functions->next(generation, token, finish);
}

/** Ends a generation, before or after its session, and frees its memory. Text
    that was held back is not passed on. Null does nothing. */
static inline void bitnet_generation_destroy(bitnet_generation *generation) {
  if (generation)
    generation->functions->destroy(generation);
}

#ifdef __cplusplus
}
#endif

#endif /* BITNET_GENERATION_H */
