//===- ModelRuns.cpp - Prompts and tokens to measure ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelRuns.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cassert>

using namespace mlir::bitnet;

std::vector<int32_t> mlir::bitnet::makeTokens(uint32_t vocabularySize,
                                              size_t count) {
  std::vector<int32_t> tokens;
  bitnet_sampler random;
  bitnet_sampler_seed(&random, 1);
  while (tokens.size() < count) {
    tokens.push_back(static_cast<int32_t>(random.state[0] % vocabularySize));
    bitnet_sampler_seed(&random, random.state[1]);
  }
  return tokens;
}

llvm::Expected<ModelRuns> ModelRuns::create(const LoadedModel &model,
                                            llvm::ArrayRef<unsigned> threads,
                                            llvm::ArrayRef<unsigned> prefill,
                                            llvm::ArrayRef<unsigned> decode) {
  ModelRuns runs;
  const bitnet_model_info &info = model.getInfo();
  unsigned positions = 1;
  for (unsigned size : llvm::concat<const unsigned>(prefill, decode)) {
    if (size > info.context_length)
      return llvm::createStringError(
          "expects --prefill and --decode of up to " +
          llvm::Twine(info.context_length) + " tokens, the context of '" +
          info.name + "', found " + llvm::Twine(size));
    positions = std::max(positions, size);
  }
  for (unsigned count : threads) {
    llvm::Expected<SessionPointer> session =
        createSession(model.get(), count, positions);
    if (!session)
      return session.takeError();
    runs.sessions.emplace_back(count, std::move(*session));
    for (unsigned size : prefill)
      runs.tests.push_back({ModelTest::Kind::Prefill, size, count});
    for (unsigned size : decode)
      runs.tests.push_back({ModelTest::Kind::Decode, size, count});
  }
  runs.tokens = makeTokens(info.vocabulary_size, positions);
  return runs;
}

void ModelRuns::run(const ModelTest &test) {
  bitnet_session *session = nullptr;
  for (auto &[threads, candidate] : sessions)
    if (threads == test.threads)
      session = candidate.get();
  bitnet_status status = bitnet_session_reset(session, 0);
  if (test.kind == ModelTest::Kind::Prefill) {
    if (status == BITNET_OK)
      status = bitnet_evaluate(session, tokens.data(), test.tokens);
    int32_t next;
    if (status == BITNET_OK)
      status = bitnet_sample(session, /*options=*/nullptr, /*sampler=*/nullptr,
                             &next);
  } else {
    for (unsigned i = 0; i < test.tokens && status == BITNET_OK; ++i)
      status = bitnet_evaluate(session, &tokens[i], 1);
  }
  if (failure == BITNET_OK)
    failure = status;
}

llvm::Error ModelRuns::takeError() {
  if (failure == BITNET_OK)
    return llvm::Error::success();
  return llvm::createStringError(llvm::Twine("evaluating the model failed: ") +
                                 bitnet_status_text(failure));
}
