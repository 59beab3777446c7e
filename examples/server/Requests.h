//===- Requests.h - What clients ask for ------------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The bodies of requests, checked: every field has a type and a range, and a
// field that the API does not have, or that this server does not do, is an
// error.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXAMPLES_SERVER_REQUESTS_H
#define BITNET_EXAMPLES_SERVER_REQUESTS_H

#include "Json.h"
#include <utility>
#include <variant>
#include <vector>

namespace server {

struct ChatMessage {
  std::string role;
  std::string content;
};

/// Text, or the tokens that it became.
using TextOrTokens = std::variant<std::string, std::vector<int32_t>>;

/// What requests for chats and completions have in common.
struct GenerationRequest {
  std::string model;
  /// Most tokens; none: as many as fit.
  std::optional<uint32_t> mostTokens;
  float temperature = 1.0f; ///< In [0, 2].
  float topP = 1.0f;        ///< In (0, 1].
  uint32_t topK = 0;        ///< 0: all.
  float minP = 0.0f;
  float typicalP = 1.0f; ///< In (0, 1].
  float repetitionPenalty = 1.0f;
  float presencePenalty = 0.0f;
  float frequencyPenalty = 0.0f;
  std::optional<int64_t> seed; ///< None: another one each time.
  std::vector<std::string> stops;
  std::vector<std::pair<int32_t, float>> biases;
  bool stream = false;
  bool includeUsage = false; ///< At the end of a stream.
  /// Most likely tokens to name beside each one; none: no probabilities.
  std::optional<uint32_t> logProbabilities;
};

struct ChatRequest : GenerationRequest {
  std::vector<ChatMessage> messages;
};

struct CompletionRequest : GenerationRequest {
  TextOrTokens prompt;
  bool echo = false; ///< The text begins with the prompt.
};

struct EmbeddingRequest {
  std::string model;
  std::vector<TextOrTokens> inputs; ///< At least one.
  bool asBase64 = false;
  std::optional<uint32_t> dimensions;
};

// Each of these keeps the first thing that is wrong in `error`; then the
// request is of no use.

ChatRequest readChatRequest(const Json &body, FirstError &error);
CompletionRequest readCompletionRequest(const Json &body, FirstError &error);
EmbeddingRequest readEmbeddingRequest(const Json &body, FirstError &error);

} // namespace server

#endif // BITNET_EXAMPLES_SERVER_REQUESTS_H
