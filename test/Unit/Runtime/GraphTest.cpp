//===- GraphTest.cpp - Running graphs, right and wrong --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeGraph.h"
#include "Threads.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

using namespace mlir::bitnet::test;

TEST(Graph, Facts) {
  FakeGraph fake;
  bitnet_graph_info info;
  ASSERT_EQ(bitnet_get_graph_info(&fake.graph, &info), BITNET_OK);
  EXPECT_STREQ(info.name, "fake");
  EXPECT_STREQ(info.cpu, "any");
  EXPECT_STREQ(info.kernel, "none");
  EXPECT_EQ(info.input_count, 2u);
  EXPECT_EQ(info.output_count, 2u);
  EXPECT_EQ(info.symbol_count, 2u);
  EXPECT_EQ(info.variant_count, 1u);
  EXPECT_EQ(info.weight_bytes, 123u);
  const char *name;
  ASSERT_EQ(bitnet_get_graph_symbol(&fake.graph, 1, &name), BITNET_OK);
  EXPECT_STREQ(name, "length");
  bitnet_tensor_info tensor;
  ASSERT_EQ(bitnet_get_graph_input(&fake.graph, 1, &tensor), BITNET_OK);
  EXPECT_STREQ(tensor.name, "bias");
  EXPECT_EQ(tensor.type, uint32_t(BITNET_FLOAT32));
  EXPECT_EQ(tensor.element_size, 4u);
  EXPECT_EQ(tensor.rank, 2u);
  EXPECT_EQ(tensor.dims[0], 1);
  EXPECT_EQ(tensor.dims[1], -1);
  EXPECT_STREQ(tensor.dim_texts[0], "1");
  EXPECT_STREQ(tensor.dim_texts[1], "length");
  ASSERT_EQ(bitnet_get_graph_output(&fake.graph, 1, &tensor), BITNET_OK);
  EXPECT_STREQ(tensor.name, "count");
  EXPECT_STREQ(tensor.dim_texts[0], "2 * batch");

  EXPECT_EQ(bitnet_get_graph_info(&fake.graph, nullptr),
            BITNET_INVALID_ARGUMENT);
  for (uint32_t index : {2u, UINT32_MAX}) {
    EXPECT_EQ(bitnet_get_graph_symbol(&fake.graph, index, &name),
              BITNET_INVALID_ARGUMENT);
    EXPECT_EQ(bitnet_get_graph_input(&fake.graph, index, &tensor),
              BITNET_INVALID_ARGUMENT);
    EXPECT_EQ(bitnet_get_graph_output(&fake.graph, index, &tensor),
              BITNET_INVALID_ARGUMENT);
  }
  EXPECT_EQ(bitnet_get_graph_symbol(&fake.graph, 0, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_get_graph_input(&fake.graph, 0, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_get_graph_output(&fake.graph, 0, nullptr),
            BITNET_INVALID_ARGUMENT);
}

TEST(Graph, Sizes) {
  FakeGraph fake;
  size_t symbols[] = {3, 7}, size = 1, dims[2];
  ASSERT_EQ(bitnet_graph_arena_size(&fake.graph, symbols, &size), BITNET_OK);
  EXPECT_EQ(size, 128u);
  ASSERT_EQ(bitnet_graph_output_dims(&fake.graph, 0, symbols, dims), BITNET_OK);
  EXPECT_EQ(dims[0], 3u);
  EXPECT_EQ(dims[1], 7u);
  ASSERT_EQ(bitnet_graph_output_dims(&fake.graph, 1, symbols, dims), BITNET_OK);
  EXPECT_EQ(dims[0], 6u);

  EXPECT_EQ(bitnet_graph_arena_size(&fake.graph, symbols, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_graph_arena_size(&fake.graph, nullptr, &size),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_graph_output_dims(&fake.graph, 0, symbols, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_graph_output_dims(&fake.graph, 0, nullptr, dims),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_graph_output_dims(&fake.graph, 2, symbols, dims),
            BITNET_INVALID_ARGUMENT);
  for (size_t wrong : {size_t(0), size_t(PTRDIFF_MAX) + 1, SIZE_MAX}) {
    symbols[1] = wrong;
    EXPECT_EQ(bitnet_graph_arena_size(&fake.graph, symbols, &size),
              BITNET_INVALID_ARGUMENT);
    EXPECT_EQ(bitnet_graph_output_dims(&fake.graph, 0, symbols, dims),
              BITNET_INVALID_ARGUMENT);
  }
  symbols[1] = PTRDIFF_MAX;
  EXPECT_EQ(bitnet_graph_arena_size(&fake.graph, symbols, &size),
            BITNET_OUT_OF_MEMORY);
  EXPECT_EQ(size, 128u);
}

TEST(Graph, AnyNumberOfThreads) {
  FakeGraph fake;
  for (uint32_t count : {1, 2, 3, 9}) {
    bitnet_threads *threads = nullptr;
    ASSERT_EQ(bitnet_threads_create(&fake.graph, count, &threads), BITNET_OK);
    EXPECT_EQ(bitnet_threads_count(threads), count);
    for (size_t batch : {1, 2, 5, 40}) {
      FakeTensors tensors(batch, 11);
      EXPECT_EQ(tensors.run(fake), BITNET_OK);
      tensors.checkOutputs();
      EXPECT_EQ(tensors.run(fake, threads), BITNET_OK);
      EXPECT_EQ(tensors.outputs[0].dims[0], batch);
      EXPECT_EQ(tensors.outputs[0].dims[1], 11u);
      EXPECT_EQ(tensors.outputs[1].dims[0], 2 * batch);
      tensors.checkOutputs();
      EXPECT_EQ(tensors.runPointers(fake, threads), BITNET_OK);
      tensors.checkOutputs();
    }
    EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);
  }
}

TEST(Graph, WrongTensors) {
  FakeGraph fake;
  auto expect = [&](bitnet_status status,
                    const std::function<void(FakeTensors &)> &spoil) {
    FakeTensors tensors(2, 3);
    spoil(tensors);
    EXPECT_EQ(tensors.run(fake), status);
    EXPECT_EQ(tensors.y[0], 0.0f);
  };
  using T = FakeTensors;
  expect(BITNET_TYPE_MISMATCH, [](T &t) { t.inputs[1].type = BITNET_INT32; });
  expect(BITNET_TYPE_MISMATCH, [](T &t) { t.outputs[1].type = BITNET_INT32; });
  expect(BITNET_SHAPE_MISMATCH, [](T &t) { t.inputs[0].rank = 1; });
  expect(BITNET_SHAPE_MISMATCH, [](T &t) { t.inputs[0].rank = UINT32_MAX; });
  expect(BITNET_SHAPE_MISMATCH, [](T &t) { t.outputs[0].rank = 3; });
  expect(BITNET_SHAPE_MISMATCH, [](T &t) { t.inputs[1].dims[0] = 2; });
  expect(BITNET_SHAPE_MISMATCH, [](T &t) { t.inputs[1].dims[1] = 2; });
  expect(BITNET_INVALID_ARGUMENT, [](T &t) { t.inputs[0].dims[0] = 0; });
  expect(BITNET_INVALID_ARGUMENT, [](T &t) { t.inputs[0].dims[0] = SIZE_MAX; });
  expect(BITNET_INVALID_ARGUMENT, [](T &t) { t.inputs[0].data = nullptr; });
  expect(BITNET_INVALID_ARGUMENT, [](T &t) { t.outputs[1].data = nullptr; });
  expect(BITNET_INVALID_ARGUMENT, [](T &t) {
    t.inputs[0].data = reinterpret_cast<char *>(t.x.data()) + 1;
  });
  expect(BITNET_INVALID_ARGUMENT, [](T &t) {
    t.outputs[1].data = reinterpret_cast<char *>(t.count.data()) + 4;
  });
  expect(BITNET_BUFFER_TOO_SMALL, [](T &t) { --t.inputs[0].size; });
  expect(BITNET_BUFFER_TOO_SMALL, [](T &t) { --t.outputs[1].size; });
  expect(BITNET_BUFFER_TOO_SMALL,
         [](T &t) { t.inputs[0].dims[0] = size_t(1) << 62; });
  expect(BITNET_INVALID_ARGUMENT, [](T &t) { t.arena = nullptr; });
  expect(BITNET_OUT_OF_MEMORY, [](T &t) { --t.arenaSize; });
  FakeTensors tensors(2, 3);
  char *arena = static_cast<char *>(tensors.arena);
  EXPECT_EQ(bitnet_graph_run_tensors(&fake.graph, tensors.inputs, 2,
                                     tensors.outputs, 2, arena + 32, 64,
                                     nullptr),
            BITNET_OUT_OF_MEMORY);

  // An output that is too small says how large it should be.
  tensors.outputs[0].size = 0;
  EXPECT_EQ(tensors.run(fake), BITNET_BUFFER_TOO_SMALL);
  EXPECT_EQ(tensors.outputs[0].dims[0], 2u);
  EXPECT_EQ(tensors.outputs[0].dims[1], 3u);
}

TEST(Graph, WrongNumbersOfTensors) {
  FakeGraph fake;
  FakeTensors t(2, 3);
  auto run = [&](const bitnet_tensor *inputs, size_t inputCount,
                 bitnet_tensor *outputs, size_t outputCount) {
    return bitnet_graph_run_tensors(&fake.graph, inputs, inputCount, outputs,
                                    outputCount, t.arena, t.arenaSize, nullptr);
  };
  for (size_t count : {0, 1, 3}) {
    EXPECT_EQ(run(t.inputs, count, t.outputs, 2), BITNET_INVALID_ARGUMENT);
    EXPECT_EQ(run(t.inputs, 2, t.outputs, count), BITNET_INVALID_ARGUMENT);
  }
  EXPECT_EQ(run(nullptr, 2, t.outputs, 2), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(run(t.inputs, 2, nullptr, 2), BITNET_INVALID_ARGUMENT);
  size_t symbols[] = {8, 9};
  EXPECT_EQ(bitnet_graph_derive_symbols(&fake.graph, t.inputs, 2, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_graph_derive_symbols(&fake.graph, t.inputs, 1, symbols),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(symbols[0], 8u);
  EXPECT_EQ(bitnet_graph_derive_symbols(&fake.graph, t.inputs, 2, symbols),
            BITNET_OK);
  EXPECT_EQ(symbols[0], 2u);
  EXPECT_EQ(symbols[1], 3u);
}

TEST(Graph, WrongPointers) {
  FakeGraph fake;
  FakeTensors t(2, 3);
  size_t symbols[] = {2, 3};
  const void *in[] = {t.x.data(), t.bias.data()};
  void *out[] = {t.y.data(), t.count.data()};
  auto run = [&](const size_t *symbols, const void *const *in,
                 void *const *out) {
    return bitnet_graph_run(&fake.graph, symbols, in, out, t.arena, t.arenaSize,
                            nullptr);
  };
  EXPECT_EQ(run(nullptr, in, out), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(run(symbols, nullptr, out), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(run(symbols, in, nullptr), BITNET_INVALID_ARGUMENT);
  in[1] = nullptr;
  EXPECT_EQ(run(symbols, in, out), BITNET_INVALID_ARGUMENT);
  in[1] = reinterpret_cast<char *>(t.bias.data()) + 2;
  EXPECT_EQ(run(symbols, in, out), BITNET_INVALID_ARGUMENT);
  in[1] = t.bias.data();
  out[0] = nullptr;
  EXPECT_EQ(run(symbols, in, out), BITNET_INVALID_ARGUMENT);
  out[0] = t.y.data();
  symbols[0] = 0;
  EXPECT_EQ(run(symbols, in, out), BITNET_INVALID_ARGUMENT);
  symbols[0] = size_t(1) << 62;
  EXPECT_EQ(run(symbols, in, out), BITNET_INVALID_ARGUMENT);
  symbols[0] = 2;
  EXPECT_EQ(run(symbols, in, out), BITNET_OK);
  t.checkOutputs();
}

TEST(Graph, OtherVersion) {
  FakeGraph fake;
  FakeTensors tensors(2, 3);
  bitnet_threads *threads = nullptr;
  ASSERT_EQ(bitnet_threads_create(&fake.graph, 2, &threads), BITNET_OK);
  bitnet_threads_functions threadsFunctions = *threads->functions;
  ++threadsFunctions.abi_version;
  const bitnet_threads_functions *right = threads->functions;
  threads->functions = &threadsFunctions;
  EXPECT_EQ(tensors.run(fake, threads), BITNET_VERSION_MISMATCH);
  EXPECT_EQ(tensors.runPointers(fake, threads), BITNET_VERSION_MISMATCH);
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_VERSION_MISMATCH);
  threads->functions = right;
  EXPECT_EQ(bitnet_threads_destroy(threads), BITNET_OK);

  bitnet_graph_functions functions = *fake.graph.functions;
  ++functions.abi_version;
  fake.graph.functions = &functions;
  EXPECT_EQ(tensors.run(fake), BITNET_VERSION_MISMATCH);
  EXPECT_EQ(bitnet_threads_create(&fake.graph, 2, &threads),
            BITNET_VERSION_MISMATCH);
  EXPECT_EQ(bitnet_get_graph_info(nullptr, nullptr), BITNET_INVALID_ARGUMENT);
}

static const char *wanted = nullptr;
static const char *getWanted() { return wanted; }

TEST(Graph, Variants) {
  FakeGraph fake;
  bitnet_variant_descriptor future = FakeGraph::makeVariant("future");
  future.required_cpu[2] = ~uint32_t(0);
  fake.setVariants({future, FakeGraph::makeVariant("best"),
                    FakeGraph::makeVariant("least")});
  fake.descriptor.variants.forced_variant = getWanted;
  FakeTensors tensors(2, 3);
  uint32_t index = 9;
  EXPECT_EQ(bitnet_graph_variant(&fake.graph, nullptr),
            BITNET_INVALID_ARGUMENT);
  wanted = "future";
  EXPECT_EQ(bitnet_graph_variant(&fake.graph, &index), BITNET_UNSUPPORTED_CPU);
  EXPECT_EQ(tensors.run(fake), BITNET_UNSUPPORTED_CPU);
  wanted = "other";
  EXPECT_EQ(tensors.run(fake), BITNET_UNKNOWN_VARIANT);
  EXPECT_EQ(index, 9u);
  wanted = "least";
  EXPECT_EQ(tensors.run(fake), BITNET_OK);
  tensors.checkOutputs();
  // Chosen once.
  wanted = nullptr;
  EXPECT_EQ(bitnet_graph_variant(&fake.graph, &index), BITNET_OK);
  EXPECT_EQ(index, 2u);
  fake.chosenVariant = 0;
  EXPECT_EQ(bitnet_graph_variant(&fake.graph, &index), BITNET_OK);
  EXPECT_EQ(index, 1u);
  bitnet_variant_info info;
  ASSERT_EQ(bitnet_get_graph_variant(&fake.graph, 0, &info), BITNET_OK);
  EXPECT_STREQ(info.name, "future");
  EXPECT_EQ(info.is_supported, 0u);
  EXPECT_EQ(bitnet_get_graph_variant(&fake.graph, 3, &info),
            BITNET_INVALID_ARGUMENT);
}
