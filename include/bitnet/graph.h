/*===- graph.h - The C interface of a compiled graph --------------*- C -*-===*\
|*                                                                            *|
|* Part of the BitNet compiler, under the Apache License v2.0 with LLVM       *|
|* Exceptions. See LICENSE for license information.                           *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* A compiled graph is one object file. It defines one symbol that users see, *|
|* `const bitnet_graph <name>`, declared by the header generated beside it,   *|
|* which also has `<name>_run` and `<name>_arena_size` with typed arguments.  *|
|* Every function below works with every graph, and any number of graphs and  *|
|* language models can be linked into one program.                            *|
|*                                                                            *|
|* Tensors are dense and row-major, in memory of the caller. Elements of less *|
|* than a byte take one byte each; booleans are bytes of 0 or 1.              *|
|*                                                                            *|
|* Symbols: dimensions that the graph leaves open have names, such as         *|
|* "batch". Their values are passed as an array, in the order of              *|
|* bitnet_get_graph_symbol. Each is at least 1. The array may be null if the  *|
|* graph has none.                                                            *|
|*                                                                            *|
|* Memory: a run allocates nothing. Intermediate values lie in an arena that  *|
|* the caller brings; it keeps nothing from one run to the next. Only making  *|
|* threads allocates.                                                         *|
|*                                                                            *|
|* Threads: a graph is constant and may be run by any number of threads at    *|
|* the same time, each with an arena, outputs and bitnet_threads of its own.  *|
|* Results do not depend on the number of threads.                            *|
|*                                                                            *|
|* Errors: functions return a status and never abort. On an error, nothing    *|
|* has been written through output pointers unless said otherwise.            *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
#ifndef BITNET_GRAPH_H
#define BITNET_GRAPH_H

#include "threads.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A compiled graph: constant data and code. Lives as long as the program. */
typedef struct bitnet_graph bitnet_graph;

/** Elements of a tensor; the numbers are ONNX's (TensorProto.DataType). */
typedef enum bitnet_type {
  BITNET_FLOAT32 = 1,         /**< float */
  BITNET_UINT8 = 2,           /**< uint8_t */
  BITNET_INT8 = 3,            /**< int8_t */
  BITNET_UINT16 = 4,          /**< uint16_t */
  BITNET_INT16 = 5,           /**< int16_t */
  BITNET_INT32 = 6,           /**< int32_t */
  BITNET_INT64 = 7,           /**< int64_t */
  BITNET_BOOL = 9,            /**< uint8_t, 0 or 1 */
  BITNET_FLOAT16 = 10,        /**< uint16_t: IEEE half precision */
  BITNET_FLOAT64 = 11,        /**< double */
  BITNET_UINT32 = 12,         /**< uint32_t */
  BITNET_UINT64 = 13,         /**< uint64_t */
  BITNET_BFLOAT16 = 16,       /**< uint16_t: the upper half of a float */
  BITNET_FLOAT8E4M3FN = 17,   /**< uint8_t */
  BITNET_FLOAT8E4M3FNUZ = 18, /**< uint8_t */
  BITNET_FLOAT8E5M2 = 19,     /**< uint8_t */
  BITNET_FLOAT8E5M2FNUZ = 20, /**< uint8_t */
  BITNET_UINT4 = 21,          /**< uint8_t, 0 to 15 */
  BITNET_INT4 = 22,           /**< int8_t, -8 to 7 */
  BITNET_FLOAT4E2M1 = 23,     /**< uint8_t, the lower 4 bits */
  BITNET_FLOAT8E8M0 = 24,     /**< uint8_t */
  BITNET_UINT2 = 25,          /**< uint8_t, 0 to 3 */
  BITNET_INT2 = 26            /**< int8_t, -2 to 1 */
} bitnet_type;

/** Most dimensions of an input or output, and most symbols of a graph. */
#define BITNET_MAXIMUM_RANK 8
#define BITNET_MAXIMUM_SYMBOLS 64

/** The alignment of arenas in bytes. */
#define BITNET_ARENA_ALIGNMENT 64

/** A tensor in memory of the caller. */
typedef struct bitnet_tensor {
  /** The first element, aligned to its size. May be null if there are no
      elements. The tensors that are inputs are not written to. */
  void *data;
  /** Bytes that `data` has room for; at least those of all elements. */
  size_t size;
  /** A bitnet_type. */
  uint32_t type;
  /** Number of dimensions; at most BITNET_MAXIMUM_RANK. */
  uint32_t rank;
  /** The first `rank` are the dimensions, outermost first. */
  size_t dims[BITNET_MAXIMUM_RANK];
} bitnet_tensor;

/** Facts about a graph. Strings are NUL-terminated and live as long as the
    graph. `cpu` and `kernel` are those of the variant that runs use on this
    processor if the environment variable BITNET_VARIANT does not ask for
    another; of the least demanding one if the processor supports none. */
typedef struct bitnet_graph_info {
  const char *name;
  const char *cpu;        /**< What the code was compiled for. */
  const char *kernel;     /**< Kernels of the quantised linear layers. */
  uint32_t input_count;   /**< See bitnet_get_graph_input. */
  uint32_t output_count;  /**< See bitnet_get_graph_output; at least 1. */
  uint32_t symbol_count;  /**< At most BITNET_MAXIMUM_SYMBOLS. */
  uint32_t variant_count; /**< See bitnet_get_graph_variant; at least 1. */
  uint64_t weight_bytes;  /**< Size of the read-only weights. */
} bitnet_graph_info;

/** Facts about an input or output. What is pointed to is constant and lives as
    long as the graph. */
typedef struct bitnet_tensor_info {
  /** As the graph's file spells it; NUL-terminated UTF-8. */
  const char *name;
  /** [rank]: a dimension's size, or -1: it depends on symbols. */
  const int64_t *dims;
  /** [rank]: the dimension as text: a number, the name of a symbol or, for
      outputs, an expression of them. */
  const char *const *dim_texts;
  uint32_t type;         /**< A bitnet_type. */
  uint32_t element_size; /**< Bytes of an element. */
  uint32_t rank;         /**< At most BITNET_MAXIMUM_RANK. */
  uint32_t reserved;
} bitnet_tensor_info;

/** The functions of a graph; call them by the wrappers below. */
typedef struct bitnet_graph_functions {
  uint32_t abi_version;
  uint32_t size; /**< sizeof(bitnet_graph_functions) of the object. */
  bitnet_status (*graph_info)(const bitnet_graph *, bitnet_graph_info *);
  bitnet_status (*variant_info)(const bitnet_graph *, uint32_t,
                                bitnet_variant_info *);
  bitnet_status (*variant)(const bitnet_graph *, uint32_t *);
  bitnet_status (*symbol)(const bitnet_graph *, uint32_t, const char **);
  bitnet_status (*input)(const bitnet_graph *, uint32_t, bitnet_tensor_info *);
  bitnet_status (*output)(const bitnet_graph *, uint32_t, bitnet_tensor_info *);
  bitnet_status (*arena_size)(const bitnet_graph *, const size_t *, size_t *);
  bitnet_status (*output_dims)(const bitnet_graph *, uint32_t, const size_t *,
                               size_t *);
  bitnet_status (*derive_symbols)(const bitnet_graph *, const bitnet_tensor *,
                                  size_t, size_t *);
  bitnet_status (*run)(const bitnet_graph *, const size_t *,
                       const void *const *, void *const *, void *, size_t,
                       bitnet_threads *);
  bitnet_status (*run_tensors)(const bitnet_graph *, const bitnet_tensor *,
                               size_t, bitnet_tensor *, size_t, void *, size_t,
                               bitnet_threads *);
  bitnet_status (*threads_create)(const bitnet_threads_options *,
                                  bitnet_threads **);
} bitnet_graph_functions;

struct bitnet_graph {
  const bitnet_graph_functions *functions;
  const void *descriptor;
};

#define BITNET_CHECK_GRAPH(graph)                                              \
  do {                                                                         \
    if (!(graph))                                                              \
      return BITNET_INVALID_ARGUMENT;                                          \
    if ((graph)->functions->abi_version != BITNET_ABI_VERSION)                 \
      return BITNET_VERSION_MISMATCH;                                          \
  } while (0)

#define BITNET_CHECK_THREADS(threads)                                          \
  do {                                                                         \
    if ((threads) && (threads)->functions->abi_version != BITNET_ABI_VERSION)  \
      return BITNET_VERSION_MISMATCH;                                          \
  } while (0)

/** Writes facts about `graph` to `info`. */
static inline bitnet_status bitnet_get_graph_info(const bitnet_graph *graph,
                                                  bitnet_graph_info *info) {
  BITNET_CHECK_GRAPH(graph);
  return graph->functions->graph_info(graph, info);
}

/** Writes facts about variant `index`, in [0, variant_count), to `info`. The
    first variant that the processor supports is the best. */
static inline bitnet_status
bitnet_get_graph_variant(const bitnet_graph *graph, uint32_t index,
                         bitnet_variant_info *info) {
  BITNET_CHECK_GRAPH(graph);
  return graph->functions->variant_info(graph, index, info);
}

/** Writes the index of the variant that runs use to `index`: the one that the
    environment variable BITNET_VARIANT names, or the best that this processor
    supports if it is not set or empty. The variable is read once, by the first
    call of this function or the first run; objects with one variant and objects
    of --threads=none do not read it. Errors: BITNET_UNKNOWN_VARIANT,
    BITNET_UNSUPPORTED_CPU. */
static inline bitnet_status bitnet_graph_variant(const bitnet_graph *graph,
                                                 uint32_t *index) {
  BITNET_CHECK_GRAPH(graph);
  return graph->functions->variant(graph, index);
}

/** Points *name at the name of symbol `index`, in [0, symbol_count). It lives
    as long as the graph. */
static inline bitnet_status bitnet_get_graph_symbol(const bitnet_graph *graph,
                                                    uint32_t index,
                                                    const char **name) {
  BITNET_CHECK_GRAPH(graph);
  return graph->functions->symbol(graph, index, name);
}

/** Writes facts about input `index`, in [0, input_count), to `info`. */
static inline bitnet_status bitnet_get_graph_input(const bitnet_graph *graph,
                                                   uint32_t index,
                                                   bitnet_tensor_info *info) {
  BITNET_CHECK_GRAPH(graph);
  return graph->functions->input(graph, index, info);
}

/** Writes facts about output `index`, in [0, output_count), to `info`. */
static inline bitnet_status bitnet_get_graph_output(const bitnet_graph *graph,
                                                    uint32_t index,
                                                    bitnet_tensor_info *info) {
  BITNET_CHECK_GRAPH(graph);
  return graph->functions->output(graph, index, info);
}

/** Writes the bytes of arena that a run with `symbols` takes to `size`; all
    variants and any number of threads take the same. Errors:
    BITNET_OUT_OF_MEMORY if no arena could be large enough. */
static inline bitnet_status bitnet_graph_arena_size(const bitnet_graph *graph,
                                                    const size_t *symbols,
                                                    size_t *size) {
  BITNET_CHECK_GRAPH(graph);
  return graph->functions->arena_size(graph, symbols, size);
}

/** Writes the dimensions that output `index` has with `symbols` to `dims`,
    which has room for its rank. */
static inline bitnet_status bitnet_graph_output_dims(const bitnet_graph *graph,
                                                     uint32_t index,
                                                     const size_t *symbols,
                                                     size_t *dims) {
  BITNET_CHECK_GRAPH(graph);
  return graph->functions->output_dims(graph, index, symbols, dims);
}

/** Checks `inputs`, of which there are `input_count`, against the graph and
    writes the values of its symbols to `symbols`, which has room for
    symbol_count. `data` and `size` of the tensors are not looked at. Errors:
    BITNET_INVALID_ARGUMENT for another number of inputs than the graph has and
    for a symbol that is 0, BITNET_TYPE_MISMATCH, and BITNET_SHAPE_MISMATCH for
    another rank, another constant dimension, and dimensions of one symbol that
    differ. */
static inline bitnet_status
bitnet_graph_derive_symbols(const bitnet_graph *graph,
                            const bitnet_tensor *inputs, size_t input_count,
                            size_t *symbols) {
  BITNET_CHECK_GRAPH(graph);
  return graph->functions->derive_symbols(graph, inputs, input_count, symbols);
}

/** Runs the graph.

    `inputs` and `outputs` are arrays of as many pointers as the graph has
    inputs and outputs, each to the first element, aligned to its size. A
    pointer may be null if its tensor has no elements. Inputs may overlap each
    other; outputs and the arena must not overlap anything. That the buffers are
    large enough is up to the caller.

    `arena` is aligned to BITNET_ARENA_ALIGNMENT and has `arena_size` bytes, at
    least what bitnet_graph_arena_size gives; it may be null if that is 0.

    `threads` may be null: the calling thread runs alone.

    Errors: BITNET_INVALID_ARGUMENT, BITNET_OUT_OF_MEMORY if the arena is too
    small or misaligned, BITNET_BUSY if another run uses `threads`,
    BITNET_FORKED, BITNET_THREAD_FAILURE if there are `threads` and the object
    was compiled with --threads=none or if an executor does not run its tasks,
    and the errors of bitnet_graph_variant. */
static inline bitnet_status
bitnet_graph_run(const bitnet_graph *graph, const size_t *symbols,
                 const void *const *inputs, void *const *outputs, void *arena,
                 size_t arena_size, bitnet_threads *threads) {
  BITNET_CHECK_GRAPH(graph);
  BITNET_CHECK_THREADS(threads);
  return graph->functions->run(graph, symbols, inputs, outputs, arena,
                               arena_size, threads);
}

/** Runs the graph on tensors that say what they are. All is checked: see
    bitnet_graph_derive_symbols and bitnet_graph_run. `type` and `rank` of the
    outputs must be those of the graph; their `dims` are written, before the
    run, as soon as the inputs are found to be right. Errors:
    BITNET_BUFFER_TOO_SMALL if `size` of a tensor is less than its elements
    take, and those of the two functions. */
static inline bitnet_status
bitnet_graph_run_tensors(const bitnet_graph *graph, const bitnet_tensor *inputs,
                         size_t input_count, bitnet_tensor *outputs,
                         size_t output_count, void *arena, size_t arena_size,
                         bitnet_threads *threads) {
  BITNET_CHECK_GRAPH(graph);
  BITNET_CHECK_THREADS(threads);
  return graph->functions->run_tensors(graph, inputs, input_count, outputs,
                                       output_count, arena, arena_size,
                                       threads);
}

/** Makes threads for runs. `options` may be null: the defaults. They may be
    used with any graph and any language model, also of other objects, but not
    by two runs of graphs at the same time: the second returns BITNET_BUSY.
    Their code is that of the object of `graph`: if that is a library, it must
    stay loaded. The caller owns *threads and ends it with
    bitnet_threads_destroy. Errors: BITNET_OUT_OF_MEMORY,
    BITNET_UNAVAILABLE_PROCESSOR, and BITNET_THREAD_FAILURE, always if the
    object was compiled with --threads=none. */
static inline bitnet_status
bitnet_graph_threads_create(const bitnet_graph *graph,
                            const bitnet_threads_options *options,
                            bitnet_threads **threads) {
  BITNET_CHECK_GRAPH(graph);
  return graph->functions->threads_create(options, threads);
}

/** The same with `count` threads and the defaults. */
static inline bitnet_status bitnet_threads_create(const bitnet_graph *graph,
                                                  uint32_t count,
                                                  bitnet_threads **threads) {
  bitnet_threads_options options = BITNET_THREADS_OPTIONS_DEFAULT;
  options.count = count;
  return bitnet_graph_threads_create(graph, &options, threads);
}

#undef BITNET_CHECK_GRAPH
#undef BITNET_CHECK_THREADS

#ifdef __cplusplus
}
#endif

#endif /* BITNET_GRAPH_H */
