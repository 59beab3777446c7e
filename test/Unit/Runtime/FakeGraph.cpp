//===- FakeGraph.cpp - A graph without weights ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeGraph.h"
#include "Threads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace mlir::bitnet::test;

extern "C" const bitnet_graph_functions bitnet_runtime_graph_functions;

static const char *const symbolNames[] = {"batch", "length"};
static const int64_t unknownDims[] = {-1, -1};
static const char *const matrixTexts[] = {"batch", "length"};
static const int32_t matrixSymbols[] = {0, 1};
static const int64_t biasDims[] = {1, -1};
static const char *const biasTexts[] = {"1", "length"};
static const int32_t biasSymbols[] = {-1, 1};
static const char *const countTexts[] = {"2 * batch"};
static const int32_t countSymbols[] = {-1};

static const bitnet_graph_tensor inputs[] = {
    {{"x", unknownDims, matrixTexts, BITNET_FLOAT32, 4, 2, 0}, matrixSymbols},
    {{"bias", biasDims, biasTexts, BITNET_FLOAT32, 4, 2, 0}, biasSymbols}};
static const bitnet_graph_tensor outputs[] = {
    {{"y", unknownDims, matrixTexts, BITNET_FLOAT32, 4, 2, 0}, matrixSymbols},
    {{"count", unknownDims, countTexts, BITNET_INT64, 8, 1, 0}, countSymbols}};

static int64_t getArenaSize(const size_t *symbols) {
  size_t bytes;
  if (__builtin_mul_overflow(symbols[0], symbols[1], &bytes) ||
      bytes > size_t(PTRDIFF_MAX) / 8)
    return -1;
  return (bytes * sizeof(float) + 63) / 64 * 64;
}

static void getOutputDims(const size_t *symbols, uint32_t index, size_t *dims) {
  dims[0] = index == 0 ? symbols[0] : 2 * symbols[0];
  if (index == 0)
    dims[1] = symbols[1];
}

static void fakeRun(int64_t thread, int64_t threads, bitnet_member *member,
                    const void *argument) {
  const auto &call = *static_cast<const bitnet_graph_call *>(argument);
  auto get = [](const void *first, size_t stride, size_t index) {
    void *pointer;
    std::memcpy(&pointer, static_cast<const char *>(first) + stride * index,
                sizeof(pointer));
    return pointer;
  };
  int64_t batch = call.symbols[0], length = call.symbols[1];
  auto *x = static_cast<const float *>(get(call.inputs, call.input_stride, 0));
  auto *bias =
      static_cast<const float *>(get(call.inputs, call.input_stride, 1));
  auto *y = static_cast<float *>(get(call.outputs, call.output_stride, 0));
  auto *count =
      static_cast<int64_t *>(get(call.outputs, call.output_stride, 1));
  auto *sums = static_cast<float *>(call.arena);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(call.arena) % 64, 0u);
  for (int64_t row = thread; row < batch; row += threads)
    for (int64_t i = 0; i < length; ++i)
      sums[row * length + i] = x[row * length + i] + bias[i];
  bitnet_runtime_barrier(member);
  // Rows of other threads.
  for (int64_t i = thread; i < batch; i += threads) {
    int64_t row = batch - 1 - i;
    std::copy_n(sums + row * length, length, y + row * length);
    count[2 * row] = count[2 * row + 1] = row;
  }
  bitnet_runtime_barrier(member);
}

FakeGraph::FakeGraph() {
  descriptor.name = "fake";
  descriptor.chosen_variant = &chosenVariant;
  descriptor.symbols = symbolNames;
  descriptor.inputs = ::inputs;
  descriptor.outputs = ::outputs;
  descriptor.arena_size = getArenaSize;
  descriptor.output_dims = getOutputDims;
  descriptor.symbol_count = 2;
  descriptor.input_count = 2;
  descriptor.output_count = 2;
  descriptor.weight_bytes = 123;
  setVariants({makeVariant("fake")});
  graph = {&bitnet_runtime_graph_functions, &descriptor};
}

bitnet_variant_descriptor FakeGraph::makeVariant(const char *name) {
  bitnet_variant_descriptor variant = {name, "any", "none", {}, {}};
  variant.run = fakeRun;
  return variant;
}

void FakeGraph::setVariants(std::vector<bitnet_variant_descriptor> made) {
  variants = std::move(made);
  descriptor.variants = {variants.data(), nullptr, uint32_t(variants.size())};
}

FakeTensors::FakeTensors(size_t batch, size_t length)
    : batch(batch), length(length), x(batch * length), bias(length),
      y(batch * length), count(2 * batch),
      arenaSize((x.size() * sizeof(float) + 63) / 64 * 64),
      memory(std::aligned_alloc(BITNET_ARENA_ALIGNMENT, arenaSize),
             &std::free) {
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = float(i % 97);
  for (size_t i = 0; i < length; ++i)
    bias[i] = float(i % 13) / 4;
  size_t bytes = x.size() * sizeof(float);
  inputs[0] = {x.data(), bytes, BITNET_FLOAT32, 2, {batch, length}};
  inputs[1] = {
      bias.data(), length * sizeof(float), BITNET_FLOAT32, 2, {1, length}};
  outputs[0] = {y.data(), bytes, BITNET_FLOAT32, 2, {}};
  outputs[1] = {
      count.data(), count.size() * sizeof(int64_t), BITNET_INT64, 1, {}};
  arena = memory.get();
}

bitnet_status FakeTensors::run(const FakeGraph &graph,
                               bitnet_threads *threads) {
  return bitnet_graph_run_tensors(&graph.graph, inputs, 2, outputs, 2, arena,
                                  arenaSize, threads);
}

bitnet_status FakeTensors::runPointers(const FakeGraph &graph,
                                       bitnet_threads *threads) {
  size_t symbols[] = {batch, length};
  const void *in[] = {x.data(), bias.data()};
  void *out[] = {y.data(), count.data()};
  return bitnet_graph_run(&graph.graph, symbols, in, out, arena, arenaSize,
                          threads);
}

void FakeTensors::checkOutputs() {
  for (size_t row = 0; row < batch; ++row) {
    for (size_t i = 0; i < length; ++i)
      ASSERT_EQ(y[row * length + i], x[row * length + i] + bias[i]);
    ASSERT_EQ(count[2 * row], int64_t(row));
    ASSERT_EQ(count[2 * row + 1], int64_t(row));
  }
  std::fill(y.begin(), y.end(), -1.0f);
  std::fill(count.begin(), count.end(), -1);
}
