//===- Graph.c - Facts about a compiled graph -----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Graph.h"
#include "Variants.h"

/// What `functions` of every bitnet_graph that the compiler emits points to.
extern const bitnet_graph_functions bitnet_runtime_graph_functions;

bitnet_status bitnetGraphInfo(const bitnet_graph *graph,
                              bitnet_graph_info *info) {
  const struct bitnet_graph_descriptor *descriptor =
      bitnetGraphDescriptor(graph);
  if (!info)
    return BITNET_INVALID_ARGUMENT;
  const struct bitnet_variant_descriptor *variant =
      bitnetPreferredVariant(&descriptor->variants);
  *info = (bitnet_graph_info){
      .name = descriptor->name,
      .cpu = variant->cpu,
      .kernel = variant->kernel,
      .input_count = descriptor->input_count,
      .output_count = descriptor->output_count,
      .symbol_count = descriptor->symbol_count,
      .variant_count = descriptor->variants.count,
      .weight_bytes = descriptor->weight_bytes,
  };
  return BITNET_OK;
}

bitnet_status bitnetGraphVariantInfo(const bitnet_graph *graph, uint32_t index,
                                     bitnet_variant_info *info) {
  return bitnetDescribeVariant(&bitnetGraphDescriptor(graph)->variants, index,
                               info);
}

bitnet_status bitnetGraphVariant(const bitnet_graph *graph, uint32_t *index) {
  const struct bitnet_graph_descriptor *descriptor =
      bitnetGraphDescriptor(graph);
  if (!index)
    return BITNET_INVALID_ARGUMENT;
  // Threads that come at the same time choose the same. Asking the processor
  // again in each run would cost microseconds on a virtual machine.
  uint32_t chosen =
      __atomic_load_n(descriptor->chosen_variant, __ATOMIC_RELAXED);
  if (chosen == 0) {
    const struct bitnet_variant_descriptor *variant;
    bitnet_status status =
        bitnetSelectVariant(&descriptor->variants, (void *)0, &variant);
    if (status != BITNET_OK)
      return status;
    chosen = (uint32_t)(variant - descriptor->variants.variants) + 1;
    __atomic_store_n(descriptor->chosen_variant, chosen, __ATOMIC_RELAXED);
  }
  *index = chosen - 1;
  return BITNET_OK;
}

bitnet_status bitnetGraphSymbol(const bitnet_graph *graph, uint32_t index,
                                const char **name) {
  const struct bitnet_graph_descriptor *descriptor =
      bitnetGraphDescriptor(graph);
  if (!name || index >= descriptor->symbol_count)
    return BITNET_INVALID_ARGUMENT;
  *name = descriptor->symbols[index];
  return BITNET_OK;
}

bitnet_status bitnetGraphInput(const bitnet_graph *graph, uint32_t index,
                               bitnet_tensor_info *info) {
  const struct bitnet_graph_descriptor *descriptor =
      bitnetGraphDescriptor(graph);
  if (!info || index >= descriptor->input_count)
    return BITNET_INVALID_ARGUMENT;
  *info = descriptor->inputs[index].info;
  return BITNET_OK;
}

bitnet_status bitnetGraphOutput(const bitnet_graph *graph, uint32_t index,
                                bitnet_tensor_info *info) {
  const struct bitnet_graph_descriptor *descriptor =
      bitnetGraphDescriptor(graph);
  if (!info || index >= descriptor->output_count)
    return BITNET_INVALID_ARGUMENT;
  *info = descriptor->outputs[index].info;
  return BITNET_OK;
}

int bitnetAreSymbolsValid(const struct bitnet_graph_descriptor *descriptor,
                          const size_t *symbols) {
  if (descriptor->symbol_count != 0 && !symbols)
    return 0;
  for (uint32_t i = 0; i < descriptor->symbol_count; ++i)
    if (symbols[i] == 0 || symbols[i] > (size_t)PTRDIFF_MAX)
      return 0;
  return 1;
}

bitnet_status bitnetGraphArenaSize(const bitnet_graph *graph,
                                   const size_t *symbols, size_t *size) {
  const struct bitnet_graph_descriptor *descriptor =
      bitnetGraphDescriptor(graph);
  if (!size || !bitnetAreSymbolsValid(descriptor, symbols))
    return BITNET_INVALID_ARGUMENT;
  int64_t bytes = descriptor->arena_size(symbols);
  if (bytes < 0)
    return BITNET_OUT_OF_MEMORY;
  *size = (size_t)bytes;
  return BITNET_OK;
}

bitnet_status bitnetGraphOutputDims(const bitnet_graph *graph, uint32_t index,
                                    const size_t *symbols, size_t *dims) {
  const struct bitnet_graph_descriptor *descriptor =
      bitnetGraphDescriptor(graph);
  if (index >= descriptor->output_count ||
      (!dims && descriptor->outputs[index].info.rank != 0) ||
      !bitnetAreSymbolsValid(descriptor, symbols))
    return BITNET_INVALID_ARGUMENT;
  descriptor->output_dims(symbols, index, dims);
  return BITNET_OK;
}

const bitnet_graph_functions bitnet_runtime_graph_functions = {
    .abi_version = BITNET_ABI_VERSION,
    .size = sizeof(bitnet_graph_functions),
    .graph_info = bitnetGraphInfo,
    .variant_info = bitnetGraphVariantInfo,
    .variant = bitnetGraphVariant,
    .symbol = bitnetGraphSymbol,
    .input = bitnetGraphInput,
    .output = bitnetGraphOutput,
    .arena_size = bitnetGraphArenaSize,
    .output_dims = bitnetGraphOutputDims,
    .derive_symbols = bitnetGraphDeriveSymbols,
    .run = bitnetGraphRun,
    .run_tensors = bitnetGraphRunTensors,
    .threads_create = bitnetThreadsCreate,
};
