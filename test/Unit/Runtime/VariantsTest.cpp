//===- VariantsTest.cpp - The code that a session runs --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeModel.h"
#include "System.h"
#include "Threads.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace mlir::bitnet::test;

/// Makes the same logit of all tokens.
template <int logit>
static void evaluateAs(int64_t thread, int64_t, bitnet_member *member,
                       const int32_t *, const int32_t *, const int32_t *,
                       int64_t, const int32_t *, const int32_t *,
                       int64_t outputCount, const bitnet_pass_sequence *,
                       const bitnet_attention_work *, int64_t,
                       const bitnet_attention_merge *, int64_t, void *,
                       float *logits, const void *) {
  for (int64_t i = 0;
       thread == 0 && i < outputCount * FakeModel::vocabularySize; ++i)
    logits[i] = logit;
  bitnet_runtime_barrier(member);
}

namespace {
enum : uint32_t { Future, Best, Least, Count };

/// Three variants, the first of which no processor runs.
class VariedModel : public FakeModel {
public:
  VariedModel() {
    setVariants(
        {{"future",
          "cpu of future",
          "kernel of future",
          {evaluateAs<Future>},
          {0, 0, ~uint32_t(0)}},
         {"best", "cpu of best", "kernel of best", {evaluateAs<Best>}, {}},
         {"least",
          "cpu of least",
          "kernel of least",
          {evaluateAs<Least>},
          {}}});
  }

  /// Makes a session with `variant` in its options, which must use variant
  /// `expected`, or fails with the status that it returns.
  bitnet_status use(const char *variant, uint32_t expected = Count) {
    bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
    options.threads = 1;
    options.variant = variant;
    bitnet_session *session = nullptr;
    bitnet_status status = bitnet_session_create(&model, &options, &session);
    EXPECT_EQ(status == BITNET_OK, session != nullptr);
    if (!session)
      return status;
    uint32_t index = Count;
    EXPECT_EQ(bitnet_session_variant(session, &index), BITNET_OK);
    EXPECT_EQ(index, expected);
    int32_t token = 0;
    const float *logits = nullptr;
    EXPECT_EQ(bitnet_evaluate(session, &token, 1), BITNET_OK);
    EXPECT_EQ(bitnet_logits(session, &logits), BITNET_OK);
    EXPECT_EQ(logits[0], float(expected));
    EXPECT_EQ(bitnet_session_variant(session, nullptr),
              BITNET_INVALID_ARGUMENT);
    bitnet_session_destroy(session);
    return status;
  }
};
} // namespace

static const char *wanted = nullptr;
static const char *getWanted() { return wanted; }

TEST(Variants, TheFirstThatTheProcessorRuns) {
  VariedModel model;
  EXPECT_EQ(model.use(nullptr, Best), BITNET_OK);
  bitnet_model_info info;
  ASSERT_EQ(bitnet_get_model_info(&model.model, &info), BITNET_OK);
  EXPECT_STREQ(info.cpu, "cpu of best");
  EXPECT_STREQ(info.kernel, "kernel of best");
  EXPECT_EQ(info.variant_count, uint32_t(Count));
}

TEST(Variants, ByTheOptions) {
  VariedModel model;
  EXPECT_EQ(model.use("best", Best), BITNET_OK);
  EXPECT_EQ(model.use("least", Least), BITNET_OK);
  EXPECT_EQ(model.use("future"), BITNET_UNSUPPORTED_CPU);
  for (const char *name : {"", "leas", "lease", "Least", "cpu of least"})
    EXPECT_EQ(model.use(name), BITNET_UNKNOWN_VARIANT) << name;
}

TEST(Variants, ByTheUser) {
  VariedModel model;
  model.descriptor.variants.forced_variant = getWanted;
  EXPECT_EQ(model.use(nullptr, Best), BITNET_OK);
  wanted = "least";
  EXPECT_EQ(model.use(nullptr, Least), BITNET_OK);
  EXPECT_EQ(model.use("best", Best), BITNET_OK);
  wanted = "future";
  EXPECT_EQ(model.use(nullptr), BITNET_UNSUPPORTED_CPU);
  wanted = "other";
  EXPECT_EQ(model.use(nullptr), BITNET_UNKNOWN_VARIANT);
  EXPECT_EQ(model.use("least", Least), BITNET_OK);
  wanted = nullptr;
}

TEST(Variants, TheEnvironment) {
  ASSERT_EQ(unsetenv("BITNET_VARIANT"), 0);
  EXPECT_EQ(bitnet_runtime_forced_variant(), nullptr);
  ASSERT_EQ(setenv("BITNET_VARIANT", "", 1), 0);
  EXPECT_EQ(bitnet_runtime_forced_variant(), nullptr);
  ASSERT_EQ(setenv("BITNET_VARIANT", "least", 1), 0);
  EXPECT_STREQ(bitnet_runtime_forced_variant(), "least");
  // One variant: nobody asks the environment.
  FakeModel model;
  TestSession session(model);
  EXPECT_EQ(session.evaluate({1}), BITNET_OK);
  ASSERT_EQ(unsetenv("BITNET_VARIANT"), 0);
}

TEST(Variants, NoneThatTheProcessorRuns) {
  VariedModel model;
  for (bitnet_variant_descriptor &variant : model.variants)
    variant.required_cpu[5] = ~uint32_t(0);
  EXPECT_EQ(model.use(nullptr), BITNET_UNSUPPORTED_CPU);
  EXPECT_EQ(model.use("least"), BITNET_UNSUPPORTED_CPU);
  bitnet_model_info info;
  ASSERT_EQ(bitnet_get_model_info(&model.model, &info), BITNET_OK);
  EXPECT_STREQ(info.cpu, "cpu of least");
}

TEST(Variants, Info) {
  VariedModel model;
  bitnet_variant_info info;
  static const char *const names[] = {"future", "best", "least"};
  for (uint32_t i = 0; i < Count; ++i) {
    ASSERT_EQ(bitnet_get_variant_info(&model.model, i, &info), BITNET_OK);
    EXPECT_STREQ(info.name, names[i]);
    EXPECT_EQ(info.cpu, std::string("cpu of ") + names[i]);
    EXPECT_EQ(info.kernel, std::string("kernel of ") + names[i]);
    EXPECT_EQ(info.is_supported, i != Future);
    EXPECT_EQ(info.reserved, 0u);
  }
  info.name = "untouched";
  EXPECT_EQ(bitnet_get_variant_info(&model.model, Count, &info),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_get_variant_info(&model.model, UINT32_MAX, &info),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_get_variant_info(nullptr, 0, &info),
            BITNET_INVALID_ARGUMENT);
  EXPECT_STREQ(info.name, "untouched");
  EXPECT_EQ(bitnet_get_variant_info(&model.model, 0, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_variant(nullptr, nullptr), BITNET_INVALID_ARGUMENT);
}
