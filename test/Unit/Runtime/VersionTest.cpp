//===- VersionTest.cpp - Other versions of the interface ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Options that a program with another header filled in, and objects that were
// compiled with another one, are refused before anything else is looked at.
//
//===----------------------------------------------------------------------===//
#include "FakeGraph.h"
#include "FakeModel.h"

#include <gtest/gtest.h>

using namespace mlir::bitnet::test;

static constexpr uint32_t otherVersions[] = {0, BITNET_ABI_VERSION - 1,
                                             BITNET_ABI_VERSION + 1};

TEST(Version, OfOptions) {
  FakeModel fake;
  FakeGraph graph;
  TestSession session(fake);
  ASSERT_EQ(session.evaluate({1, 2}), BITNET_OK);
  for (uint32_t version : otherVersions) {
    uint64_t size = 7;
    bitnet_session_options ofSession = BITNET_SESSION_OPTIONS_DEFAULT;
    ofSession.abi_version = version;
    bitnet_session *made = nullptr;
    EXPECT_EQ(bitnet_session_memory_size(&fake.model, &ofSession, &size),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_session_create(&fake.model, &ofSession, &made),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_session_clone(session, &ofSession, &made),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(made, nullptr);

    bitnet_evaluator_options ofEvaluator = BITNET_EVALUATOR_OPTIONS_DEFAULT;
    ofEvaluator.abi_version = version;
    bitnet_evaluator *evaluator = nullptr;
    EXPECT_EQ(bitnet_evaluator_memory_size(&fake.model, &ofEvaluator, &size),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_evaluator_create(&fake.model, &ofEvaluator, &evaluator),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(evaluator, nullptr);

    bitnet_threads_options ofThreads = BITNET_THREADS_OPTIONS_DEFAULT;
    ofThreads.abi_version = version;
    bitnet_threads *threads = nullptr;
    EXPECT_EQ(bitnet_model_threads_create(&fake.model, &ofThreads, &threads),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_graph_threads_create(&graph.graph, &ofThreads, &threads),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(threads, nullptr);

    bitnet_generation_options ofGeneration = BITNET_GENERATION_OPTIONS_DEFAULT;
    ofGeneration.abi_version = version;
    bitnet_generation *generation = nullptr;
    EXPECT_EQ(bitnet_generate(session, "a", 1, &ofGeneration, nullptr),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_generation_memory_size(session, &ofGeneration, &size),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_generation_create(session, &ofGeneration, &generation),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(generation, nullptr);
    EXPECT_EQ(size, 7u);
    EXPECT_EQ(session.getPosition(), 2u);
  }
}

TEST(Version, OfModels) {
  FakeModel fake;
  for (uint32_t version : otherVersions) {
    // No other member may be read: it may be another function's.
    bitnet_model_functions functions = {};
    functions.abi_version = version;
    const bitnet_model other = {&functions, nullptr};
    bitnet_model_info info;
    bitnet_variant_info variant;
    uint64_t size;
    bitnet_session *session;
    bitnet_evaluator *evaluator;
    bitnet_threads *threads;
    int32_t token;
    char text;
    size_t count;
    EXPECT_EQ(bitnet_get_model_info(&other, &info), BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_get_variant_info(&other, 0, &variant),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_session_memory_size(&other, nullptr, &size),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_session_create(&other, nullptr, &session),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_evaluator_memory_size(&other, nullptr, &size),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_evaluator_create(&other, nullptr, &evaluator),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_model_threads_create(&other, nullptr, &threads),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_tokenize(&other, "a", 1, 0, &token, 1, &count),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_detokenize(&other, &token, 0, 0, &text, 1, &count),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(bitnet_apply_chat_template(&other, nullptr, 0, nullptr, &text, 1,
                                         &count),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(
        bitnet_tokenize_chat(&other, nullptr, 0, nullptr, &token, 1, &count),
        BITNET_VERSION_MISMATCH);
  }
}

TEST(Version, OfThreads) {
  FakeModel fake;
  for (uint32_t version : otherVersions) {
    bitnet_threads_functions functions = {};
    functions.abi_version = version;
    bitnet_threads others = {&functions, 2, 0};
    EXPECT_EQ(bitnet_threads_destroy(&others), BITNET_VERSION_MISMATCH);
    bitnet_evaluator_options options = BITNET_EVALUATOR_OPTIONS_DEFAULT;
    options.shared_threads = &others;
    bitnet_evaluator *evaluator = nullptr;
    EXPECT_EQ(bitnet_evaluator_create(&fake.model, &options, &evaluator),
              BITNET_VERSION_MISMATCH);
    EXPECT_EQ(evaluator, nullptr);
  }
}

TEST(Version, TablesSayTheirSize) {
  FakeModel model;
  FakeGraph graph;
  EXPECT_EQ(model.model.functions->abi_version, BITNET_ABI_VERSION);
  EXPECT_EQ(model.model.functions->size, sizeof(bitnet_model_functions));
  EXPECT_EQ(graph.graph.functions->abi_version, BITNET_ABI_VERSION);
  EXPECT_EQ(graph.graph.functions->size, sizeof(bitnet_graph_functions));
}
