//===- GraphRun.c - Running a graph ---------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Graph.h"

int bitnetTensorBytes(const size_t *dims, uint32_t rank, uint32_t elementSize,
                      size_t *bytes) {
  // An empty tensor takes nothing, however large its other dimensions are.
  for (uint32_t i = 0; i < rank; ++i)
    if (dims[i] == 0) {
      *bytes = 0;
      return 1;
    }
  *bytes = elementSize;
  for (uint32_t i = 0; i < rank; ++i)
    if (__builtin_mul_overflow(*bytes, dims[i], bytes))
      return 0;
  return *bytes <= (size_t)PTRDIFF_MAX;
}

/// Checks the pointer to the data of a tensor that takes `bytes`.
static int isDataValid(const void *data, size_t bytes, uint32_t elementSize) {
  return (data || bytes == 0) && (uintptr_t)data % elementSize == 0;
}

/// Writes the dimensions of an input.
static void getInputDims(const struct bitnet_graph_tensor *input,
                         const size_t *symbols, size_t *dims) {
  for (uint32_t i = 0; i < input->info.rank; ++i)
    dims[i] = input->symbols[i] < 0 ? (size_t)input->info.dims[i]
                                    : symbols[input->symbols[i]];
}

/// Checks the arena and runs the graph.
static bitnet_status runChecked(const bitnet_graph *graph,
                                const struct bitnet_graph_call *call,
                                size_t arenaSize, bitnet_threads *threads) {
  size_t needed;
  bitnet_status status = bitnetGraphArenaSize(graph, call->symbols, &needed);
  if (status != BITNET_OK)
    return status;
  if (!call->arena && needed != 0)
    return BITNET_INVALID_ARGUMENT;
  if (arenaSize < needed ||
      (uintptr_t)call->arena % BITNET_ARENA_ALIGNMENT != 0)
    return BITNET_OUT_OF_MEMORY;
  uint32_t variant;
  status = bitnetGraphVariant(graph, &variant);
  if (status != BITNET_OK)
    return status;
  return bitnetThreadsRun(
      threads, bitnetGraphDescriptor(graph)->variants.variants[variant].run,
      call, /*cancel=*/(void *)0, /*flags=*/0);
}

bitnet_status bitnetGraphRun(const bitnet_graph *graph, const size_t *symbols,
                             const void *const *inputs, void *const *outputs,
                             void *arena, size_t arenaSize,
                             bitnet_threads *threads) {
  const struct bitnet_graph_descriptor *descriptor =
      bitnetGraphDescriptor(graph);
  if ((!inputs && descriptor->input_count != 0) || !outputs ||
      !bitnetAreSymbolsValid(descriptor, symbols))
    return BITNET_INVALID_ARGUMENT;
  size_t dims[BITNET_MAXIMUM_RANK], bytes;
  for (uint32_t i = 0; i < descriptor->input_count; ++i) {
    const bitnet_tensor_info *info = &descriptor->inputs[i].info;
    getInputDims(&descriptor->inputs[i], symbols, dims);
    if (!bitnetTensorBytes(dims, info->rank, info->element_size, &bytes) ||
        !isDataValid(inputs[i], bytes, info->element_size))
      return BITNET_INVALID_ARGUMENT;
  }
  for (uint32_t i = 0; i < descriptor->output_count; ++i) {
    const bitnet_tensor_info *info = &descriptor->outputs[i].info;
    descriptor->output_dims(symbols, i, dims);
    if (!bitnetTensorBytes(dims, info->rank, info->element_size, &bytes) ||
        !isDataValid(outputs[i], bytes, info->element_size))
      return BITNET_INVALID_ARGUMENT;
  }
  struct bitnet_graph_call call = {
      .symbols = symbols,
      .inputs = inputs,
      .input_stride = sizeof(void *),
      .outputs = outputs,
      .output_stride = sizeof(void *),
      .arena = arena,
  };
  return runChecked(graph, &call, arenaSize, threads);
}

/// Checks an input's type, rank and dimensions, and writes the symbols that it
/// is the first to have; 0 in `symbols` is one that no input had yet.
static bitnet_status deriveFrom(const struct bitnet_graph_tensor *expected,
                                const bitnet_tensor *input, size_t *symbols) {
  if (input->type != expected->info.type)
    return BITNET_TYPE_MISMATCH;
  if (input->rank != expected->info.rank)
    return BITNET_SHAPE_MISMATCH;
  for (uint32_t i = 0; i < input->rank; ++i) {
    int32_t symbol = expected->symbols[i];
    if (symbol < 0) {
      if (input->dims[i] != (size_t)expected->info.dims[i])
        return BITNET_SHAPE_MISMATCH;
      continue;
    }
    if (input->dims[i] == 0)
      return BITNET_INVALID_ARGUMENT;
    if (symbols[symbol] == 0)
      symbols[symbol] = input->dims[i];
    if (symbols[symbol] != input->dims[i])
      return BITNET_SHAPE_MISMATCH;
  }
  return BITNET_OK;
}

/// As bitnetGraphDeriveSymbols; `symbols` is written on an error, too.
static bitnet_status
deriveSymbols(const struct bitnet_graph_descriptor *descriptor,
              const bitnet_tensor *inputs, size_t inputCount, size_t *symbols) {
  if (inputCount != descriptor->input_count || (!inputs && inputCount != 0))
    return BITNET_INVALID_ARGUMENT;
  for (uint32_t i = 0; i < descriptor->symbol_count; ++i)
    symbols[i] = 0;
  for (uint32_t i = 0; i < descriptor->input_count; ++i) {
    bitnet_status status =
        deriveFrom(&descriptor->inputs[i], &inputs[i], symbols);
    if (status != BITNET_OK)
      return status;
  }
  return bitnetAreSymbolsValid(descriptor, symbols) ? BITNET_OK
                                                    : BITNET_INVALID_ARGUMENT;
}

bitnet_status bitnetGraphDeriveSymbols(const bitnet_graph *graph,
                                       const bitnet_tensor *inputs,
                                       size_t inputCount, size_t *symbols) {
  const struct bitnet_graph_descriptor *descriptor =
      bitnetGraphDescriptor(graph);
  if (!symbols && descriptor->symbol_count != 0)
    return BITNET_INVALID_ARGUMENT;
  size_t derived[BITNET_MAXIMUM_SYMBOLS];
  bitnet_status status = deriveSymbols(descriptor, inputs, inputCount, derived);
  if (status == BITNET_OK)
    for (uint32_t i = 0; i < descriptor->symbol_count; ++i)
      symbols[i] = derived[i];
  return status;
}

/// Checks that a tensor of known type, rank and dimensions is in memory.
static bitnet_status checkData(const bitnet_tensor *tensor,
                               uint32_t elementSize) {
  size_t bytes;
  if (!bitnetTensorBytes(tensor->dims, tensor->rank, elementSize, &bytes))
    return BITNET_BUFFER_TOO_SMALL;
  if (!isDataValid(tensor->data, bytes, elementSize))
    return BITNET_INVALID_ARGUMENT;
  return tensor->size < bytes ? BITNET_BUFFER_TOO_SMALL : BITNET_OK;
}

bitnet_status bitnetGraphRunTensors(const bitnet_graph *graph,
                                    const bitnet_tensor *inputs,
                                    size_t inputCount, bitnet_tensor *outputs,
                                    size_t outputCount, void *arena,
                                    size_t arenaSize, bitnet_threads *threads) {
  const struct bitnet_graph_descriptor *descriptor =
      bitnetGraphDescriptor(graph);
  size_t symbols[BITNET_MAXIMUM_SYMBOLS];
  bitnet_status status = deriveSymbols(descriptor, inputs, inputCount, symbols);
  if (status != BITNET_OK)
    return status;
  if (!outputs || outputCount != descriptor->output_count)
    return BITNET_INVALID_ARGUMENT;
  for (uint32_t i = 0; i < descriptor->output_count; ++i) {
    if (outputs[i].type != descriptor->outputs[i].info.type)
      return BITNET_TYPE_MISMATCH;
    if (outputs[i].rank != descriptor->outputs[i].info.rank)
      return BITNET_SHAPE_MISMATCH;
  }
  for (uint32_t i = 0; i < descriptor->output_count; ++i)
    descriptor->output_dims(symbols, i, outputs[i].dims);
  for (uint32_t i = 0; i < descriptor->input_count && status == BITNET_OK; ++i)
    status = checkData(&inputs[i], descriptor->inputs[i].info.element_size);
  for (uint32_t i = 0; i < descriptor->output_count && status == BITNET_OK; ++i)
    status = checkData(&outputs[i], descriptor->outputs[i].info.element_size);
  if (status != BITNET_OK)
    return status;
  struct bitnet_graph_call call = {
      .symbols = symbols,
      .inputs = inputs,
      .input_stride = sizeof(bitnet_tensor),
      .outputs = outputs,
      .output_stride = sizeof(bitnet_tensor),
      .arena = arena,
  };
  return runChecked(graph, &call, arenaSize, threads);
}
