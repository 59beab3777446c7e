/*===- common.h - What all compiled models have in common ---------*- C -*-===*\
|*                                                                            *|
|* Part of the BitNet compiler, under the Apache License v2.0 with LLVM       *|
|* Exceptions. See LICENSE for license information.                           *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* Included by threads.h, and so by runtime.h, the interface of language      *|
|* models, and graph.h, that of graphs.                                       *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
#ifndef BITNET_COMMON_H
#define BITNET_COMMON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Version of this interface. It changes when a program compiled against an
    older header could no longer use a newer object. */
#define BITNET_ABI_VERSION 4u

/** What a function returns. BITNET_OK is 0, every error is positive. */
typedef enum bitnet_status {
  BITNET_OK = 0,
  /** A null pointer, or a value outside the range its description gives. */
  BITNET_INVALID_ARGUMENT = 1,
  /** malloc failed, or the caller's memory is too small or misaligned. */
  BITNET_OUT_OF_MEMORY = 2,
  /** The tokens do not fit into what is left of the session's context. */
  BITNET_CONTEXT_FULL = 3,
  /** The caller's buffer is too small; the needed size has been written. */
  BITNET_BUFFER_TOO_SMALL = 4,
  /** A token id outside [0, vocabulary size). */
  BITNET_INVALID_TOKEN = 5,
  /** Logits were asked for before any token was evaluated. */
  BITNET_NO_LOGITS = 6,
  /** The text callback asked to stop. What was generated so far is valid. */
  BITNET_STOPPED = 7,
  /** The model has no tokenizer. */
  BITNET_NO_TOKENIZER = 8,
  /** A thread could not be created, or an executor does not run its tasks at
      the same time. */
  BITNET_THREAD_FAILURE = 9,
  /** The object was compiled against another version of this interface. */
  BITNET_VERSION_MISMATCH = 10,
  /** This processor, or its operating system, lacks instructions that the
      object, or the variant that was asked for, was compiled for; see
      bitnet_get_variant_info. */
  BITNET_UNSUPPORTED_CPU = 11,
  /** The model has no variant of the name that a session's options or the
      environment variable BITNET_VARIANT give. */
  BITNET_UNKNOWN_VARIANT = 12,
  /** A tensor has not the rank or the dimensions that it should have. */
  BITNET_SHAPE_MISMATCH = 13,
  /** A tensor has not the elements that it should have. */
  BITNET_TYPE_MISMATCH = 14,
  /** Another thread, or something that has not ended, is using what the call
      needs for itself: a session, an evaluator or threads. */
  BITNET_BUSY = 15,
  /** The file with the model's weights is not where it is looked for, or cannot
      be read. */
  BITNET_WEIGHTS_NOT_FOUND = 16,
  /** The file is no file of weights, or that of another model, or of another
      compilation of the model, or a part of it is missing. */
  BITNET_WEIGHTS_MISMATCH = 17,
  /** The contents of the file of weights are not what was written. */
  BITNET_WEIGHTS_DAMAGED = 18,
  /** The model does not do that: a language model gives no embeddings, and an
      embedding model no logits, tokens or text. */
  BITNET_UNSUPPORTED = 19,
  /** The model has no chat template. */
  BITNET_NO_CHAT_TEMPLATE = 20,
  /** The model's chat template does not accept the messages, or fails. */
  BITNET_TEMPLATE_ERROR = 21,
  /** The process was forked, and the threads are in its parent; or it was
      forked while another thread was evaluating. See threads.h. */
  BITNET_FORKED = 22,
  /** The evaluation was cancelled. */
  BITNET_CANCELLED = 23,
  /** Threads were to run on a processor that does not exist, or that the
      process may not run on. */
  BITNET_UNAVAILABLE_PROCESSOR = 24,
  /** What should be the saved state of a session is none, or that of another
      model or of another version of the runtime. */
  BITNET_STATE_MISMATCH = 25,
  /** The saved state of a session is not complete, or not what was saved. */
  BITNET_STATE_DAMAGED = 26,
  /** A file could not be read or written. */
  BITNET_FILE_FAILURE = 27
} bitnet_status;

/** The code of a model for one level of instruction sets; all variants of a
    model read the same weights and give the same logits, bit for bit. Strings
    are NUL-terminated and live as long as the model. */
typedef struct bitnet_variant_info {
  const char *name;   /**< The level, such as "avx2". */
  const char *cpu;    /**< LLVM's name of the CPU that it was compiled for. */
  const char *kernel; /**< Kernels of the quantised linear layers. */
  uint32_t is_supported; /**< 1: this processor can run it; 0: it cannot. */
  uint32_t reserved;
} bitnet_variant_info;

/** The text of a status, in English, NUL-terminated, constant. */
static inline const char *bitnet_status_text(bitnet_status status) {
  switch (status) {
  case BITNET_OK:
    return "success";
  case BITNET_INVALID_ARGUMENT:
    return "invalid argument";
  case BITNET_OUT_OF_MEMORY:
    return "out of memory, or the caller's memory is too small or misaligned";
  case BITNET_CONTEXT_FULL:
    return "the tokens do not fit into the session's context";
  case BITNET_BUFFER_TOO_SMALL:
    return "the buffer is too small";
  case BITNET_INVALID_TOKEN:
    return "a token id is outside the vocabulary";
  case BITNET_NO_LOGITS:
    return "no token has been evaluated yet";
  case BITNET_STOPPED:
    return "stopped by the callback";
  case BITNET_NO_TOKENIZER:
    return "the model has no tokenizer";
  case BITNET_THREAD_FAILURE:
    return "a thread could not be created, or tasks do not run together";
  case BITNET_VERSION_MISMATCH:
    return "the object was compiled against another version of this interface";
  case BITNET_UNSUPPORTED_CPU:
    return "the object was compiled for instructions that this processor lacks";
  case BITNET_UNKNOWN_VARIANT:
    return "the model has no variant of that name";
  case BITNET_SHAPE_MISMATCH:
    return "a tensor has another rank or other dimensions than it should have";
  case BITNET_TYPE_MISMATCH:
    return "a tensor has elements of another type than it should have";
  case BITNET_BUSY:
    return "in use by another thread, or by something that has not ended";
  case BITNET_WEIGHTS_NOT_FOUND:
    return "the file with the model's weights was not found";
  case BITNET_WEIGHTS_MISMATCH:
    return "the file of weights is not the model's, or not complete";
  case BITNET_WEIGHTS_DAMAGED:
    return "the contents of the file of weights are damaged";
  case BITNET_UNSUPPORTED:
    return "models of this kind do not do that";
  case BITNET_NO_CHAT_TEMPLATE:
    return "the model has no chat template";
  case BITNET_TEMPLATE_ERROR:
    return "the model's chat template does not accept the messages, or fails";
  case BITNET_FORKED:
    return "the threads are in the process that this one was forked from";
  case BITNET_CANCELLED:
    return "the evaluation was cancelled";
  case BITNET_UNAVAILABLE_PROCESSOR:
    return "there is no such processor, or the process may not run on it";
  case BITNET_STATE_MISMATCH:
    return "not the saved state of a session of this model";
  case BITNET_STATE_DAMAGED:
    return "the saved state of the session is damaged or not complete";
  case BITNET_FILE_FAILURE:
    return "a file could not be read or written";
  }
  return "unknown status";
}

#ifdef __cplusplus
}
#endif

#endif /* BITNET_COMMON_H */
