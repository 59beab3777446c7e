//===- FakeModel.h - A model without weights --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Its logits are a hash of all tokens so far, kept in the KV cache, computed by
// all threads of the team with many barriers. Everything that the runtime
// promises to generated code is checked on the way.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_RUNTIME_FAKEMODEL_H
#define BITNET_TEST_UNIT_RUNTIME_FAKEMODEL_H

#include "ModelDescriptor.h"
#include "bitnet/runtime.h"

#include <cstdint>
#include <vector>

namespace mlir::bitnet::test {

class FakeModel {
public:
  static constexpr uint32_t vocabularySize = 300;
  static constexpr uint32_t contextLength = 50;
  static constexpr uint32_t chunkSize = 7;
  static constexpr uint32_t kvGranule = 16;
  static constexpr uint32_t attentionRows = 3;
  /// What its code expects to be passed.
  static const char weights[6];

  FakeModel();
  FakeModel(const FakeModel &) = delete;

  /// The logits after `tokens`.
  static std::vector<float> expectedLogits(const std::vector<int32_t> &tokens);

  /// A variant that every processor runs.
  static bitnet_variant_descriptor makeVariant(const char *name);

  /// Replaces the only variant, called "fake".
  void setVariants(std::vector<bitnet_variant_descriptor> made);

  bitnet_model_descriptor descriptor = {};
  /// What the descriptor points to.
  std::vector<bitnet_variant_descriptor> variants;
  bitnet_model model;
};

/// An evaluator that ends by itself, after its sessions.
class TestEvaluator {
public:
  explicit TestEvaluator(const FakeModel &model, uint32_t threads = 1,
                         uint32_t mostSequences = 0);
  TestEvaluator(const TestEvaluator &) = delete;
  ~TestEvaluator();
  operator bitnet_evaluator *() const { return evaluator; }

private:
  bitnet_evaluator *evaluator = nullptr;
};

/// A session that ends by itself.
class TestSession {
public:
  explicit TestSession(const FakeModel &model, uint32_t threads = 1,
                       uint32_t contextSize = 0);
  TestSession(const FakeModel &model, const TestEvaluator &evaluator,
              uint32_t contextSize = 0);
  TestSession(const TestSession &) = delete;
  ~TestSession() { bitnet_session_destroy(session); }
  operator bitnet_session *() const { return session; }

  uint32_t getPosition() const;
  std::vector<float> getLogits() const;
  bitnet_status evaluate(const std::vector<int32_t> &tokens) const;

private:
  bitnet_session *session = nullptr;
};

/// Ids in [0, vocabulary size), always the same for the same seed.
std::vector<int32_t> makeTokens(size_t count, uint32_t seed);

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_RUNTIME_FAKEMODEL_H
