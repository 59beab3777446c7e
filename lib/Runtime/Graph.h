//===- Graph.h - The functions of a compiled graph ----------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_GRAPH_H
#define BITNET_LIB_RUNTIME_GRAPH_H

#include "GraphDescriptor.h"
#include "bitnet/graph.h"

static inline const struct bitnet_graph_descriptor *
bitnetGraphDescriptor(const bitnet_graph *graph) {
  return graph->descriptor;
}

// The functions of bitnet_graph_functions, as graph.h documents them. Graphs
// are not null: the wrappers checked.
bitnet_status bitnetGraphInfo(const bitnet_graph *graph,
                              bitnet_graph_info *info);
bitnet_status bitnetGraphVariantInfo(const bitnet_graph *graph, uint32_t index,
                                     bitnet_variant_info *info);
bitnet_status bitnetGraphVariant(const bitnet_graph *graph, uint32_t *index);
bitnet_status bitnetGraphSymbol(const bitnet_graph *graph, uint32_t index,
                                const char **name);
bitnet_status bitnetGraphInput(const bitnet_graph *graph, uint32_t index,
                               bitnet_tensor_info *info);
bitnet_status bitnetGraphOutput(const bitnet_graph *graph, uint32_t index,
                                bitnet_tensor_info *info);
bitnet_status bitnetGraphArenaSize(const bitnet_graph *graph,
                                   const size_t *symbols, size_t *size);
bitnet_status bitnetGraphOutputDims(const bitnet_graph *graph, uint32_t index,
                                    const size_t *symbols, size_t *dims);
bitnet_status bitnetGraphDeriveSymbols(const bitnet_graph *graph,
                                       const bitnet_tensor *inputs,
                                       size_t inputCount, size_t *symbols);
bitnet_status bitnetGraphRun(const bitnet_graph *graph, const size_t *symbols,
                             const void *const *inputs, void *const *outputs,
                             void *arena, size_t arenaSize,
                             bitnet_threads *threads);
bitnet_status bitnetGraphRunTensors(const bitnet_graph *graph,
                                    const bitnet_tensor *inputs,
                                    size_t inputCount, bitnet_tensor *outputs,
                                    size_t outputCount, void *arena,
                                    size_t arenaSize, bitnet_threads *threads);

/// Bytes of a tensor of `rank` dimensions. Returns 0 if it cannot lie in
/// memory.
int bitnetTensorBytes(const size_t *dims, uint32_t rank, uint32_t elementSize,
                      size_t *bytes);

/// Whether all symbols, which may be null if there are none, are in range.
int bitnetAreSymbolsValid(const struct bitnet_graph_descriptor *descriptor,
                          const size_t *symbols);

#endif // BITNET_LIB_RUNTIME_GRAPH_H
