/*===- threads.h - Threads that models and graphs share -----------*- C -*-===*\
|*                                                                            *|
|* Part of the BitNet compiler, under the Apache License v2.0 with LLVM       *|
|* Exceptions. See LICENSE for license information.                           *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* Included by runtime.h and graph.h, which say how threads are made          *|
|* (bitnet_model_threads_create, bitnet_graph_threads_create). Any number of  *|
|* models and graphs, also of other objects, may share them; one run at a     *|
|* time uses them.                                                            *|
|*                                                                            *|
|* Threads that have nothing to do sleep: after a run they look for the next  *|
|* one for some 50 microseconds at most.                                      *|
|*                                                                            *|
|* fork(): the child process has none of the threads that its parent made, so *|
|* that runs there answer BITNET_FORKED. Runs of one thread work, unless the  *|
|* process was forked in the middle of a run of the same session, evaluator   *|
|* or threads. What was made before may be destroyed in the child, and new    *|
|* threads may be made. An executor is the application's affair.              *|
|*                                                                            *|
|* Signals: threads that are made here receive none of those that are sent to *|
|* the process.                                                               *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
#ifndef BITNET_THREADS_H
#define BITNET_THREADS_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Threads that run models and graphs. Opaque. */
typedef struct bitnet_threads bitnet_threads;

/** Threads of the application. */
typedef struct bitnet_executor {
  /** Passed to `run`. */
  void *user;
  /** How many tasks a run consists of, in [1, 256]. */
  uint32_t threads;
  /** Must be 0. */
  uint32_t reserved;
  /** Calls task(argument, index) once for every index in [0, threads), each on
      a thread of its own, and returns when all have returned.

      The tasks are a gang: they wait for each other, so all must run at the
      same time. An executor that begins one only after another has ended, or
      has not enough threads, never returns. Making threads of an executor
      therefore runs tasks once that only meet: BITNET_THREAD_FAILURE if they
      have not met within five seconds.

      The same index should be on the same processor each time, whose caches
      then have the weights that it reads. */
  void (*run)(void *user, void (*task)(void *argument, uint32_t index),
              void *argument);
} bitnet_executor;

/** How threads are made. Start from BITNET_THREADS_OPTIONS_DEFAULT. */
typedef struct bitnet_threads_options {
  /** Set by the initialiser; checked. */
  uint32_t abi_version;
  /** Threads that run, the one that calls included; 0: one for each processor
      available. At most 256. Must be 0 if there is an executor. */
  uint32_t count;
  /** Number of `processors`; 0 if there are none. */
  uint32_t processor_count;
  /** Must be 0. */
  uint32_t flags;
  /** Affinity: thread i runs on processor processors[i % processor_count] only,
      by the numbers of the operating system; null: anywhere. Thread 0 calls and
      is the application's: it is left as it is. Read by the creation only.
      Null if there is an executor. */
  const uint32_t *processors;
  /** Threads of the application to run on; null: the calling thread and new
      ones. It is copied. What `user` points to must live longer. */
  const bitnet_executor *executor;
} bitnet_threads_options;

#define BITNET_THREADS_OPTIONS_DEFAULT {BITNET_ABI_VERSION, 0, 0, 0, NULL, NULL}

/** The place of a thread in a run; for generated code only. */
struct bitnet_member;

/** The functions of bitnet_threads. Only `destroy` is for applications, by the
    wrapper below. */
typedef struct bitnet_threads_functions {
  uint32_t abi_version;
  uint32_t size; /**< sizeof(bitnet_threads_functions) of the object. */
  bitnet_status (*destroy)(bitnet_threads *);
  bitnet_status (*run)(bitnet_threads *,
                       void (*)(int64_t, int64_t, struct bitnet_member *,
                                const void *),
                       const void *, const uint32_t *, uint32_t);
  bitnet_status (*share)(bitnet_threads *, int32_t);
} bitnet_threads_functions;

struct bitnet_threads {
  const bitnet_threads_functions *functions;
  uint32_t count;
  uint32_t reserved;
};

/** The number of threads; 1 if `threads` is null. */
static inline uint32_t bitnet_threads_count(const bitnet_threads *threads) {
  return threads ? threads->count : 1;
}

/** Ends the threads: they are joined, and their memory is freed. Null does
    nothing. Returns BITNET_BUSY, and does nothing, while a run uses them and
    while there are evaluators made with them. */
static inline bitnet_status bitnet_threads_destroy(bitnet_threads *threads) {
  if (!threads)
    return BITNET_OK;
  if (threads->functions->abi_version != BITNET_ABI_VERSION)
    return BITNET_VERSION_MISMATCH;
  return threads->functions->destroy(threads);
}

#ifdef __cplusplus
}
#endif

#endif /* BITNET_THREADS_H */
