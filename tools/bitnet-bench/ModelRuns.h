//===- ModelRuns.h - Prompts and tokens to measure --------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_BENCH_MODELRUNS_H
#define BITNET_TOOLS_BITNET_BENCH_MODELRUNS_H

#include "ModelLibrary.h"

#include <functional>
#include <vector>

namespace mlir::bitnet {

/// Something that a session does and that is timed.
struct ModelTest {
  enum class Kind {
    /// Reads a prompt and chooses the token that follows it.
    Prefill,
    /// Reads tokens one by one from an empty session, as generating them would.
    Decode,
  };
  Kind kind;
  unsigned tokens;
  unsigned threads;

  /// "prefill" or "decode".
  llvm::StringRef getName() const {
    return kind == Kind::Prefill ? "prefill" : "decode";
  }
};

/// Sessions of a model, one for each number of threads, and what they do.
class ModelRuns {
public:
  /// The tests of all sizes and numbers of threads. Errors: a size that exceeds
  /// the model's context, a session that cannot be made.
  static llvm::Expected<ModelRuns> create(const LoadedModel &model,
                                          llvm::ArrayRef<unsigned> threads,
                                          llvm::ArrayRef<unsigned> prefill,
                                          llvm::ArrayRef<unsigned> decode);

  llvm::ArrayRef<ModelTest> getTests() const { return tests; }
  /// Does a test once. A failure is kept for takeError().
  void run(const ModelTest &test);
  /// The first failure of a run. Times of failed runs say nothing.
  llvm::Error takeError();

private:
  ModelRuns() = default;

  std::vector<ModelTest> tests;
  std::vector<std::pair<unsigned, SessionPointer>> sessions;
  /// Any tokens: what they are does not matter, but they are not all the same.
  std::vector<int32_t> tokens;
  bitnet_status failure = BITNET_OK;
};

/// Different tokens of a vocabulary.
std::vector<int32_t> makeTokens(uint32_t vocabularySize, size_t count);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_BENCH_MODELRUNS_H
