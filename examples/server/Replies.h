//===- Replies.h - What clients are answered --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXAMPLES_SERVER_REPLIES_H
#define BITNET_EXAMPLES_SERVER_REPLIES_H

#include "Service.h"

namespace server {

/// Writes the answer to one request for a chat or a completion, in one piece or
/// as events of a stream:
///
///   data: {"object": "chat.completion.chunk", "choices": [...], ...}
///
///   data: [DONE]
class ReplyWriter {
public:
  enum Kind { Chat, Completion };

  /// `prefix`: text that comes before what is generated.
  ReplyWriter(Kind kind, const Service &service,
              const GenerationRequest &request, std::string prefix = "");

  /// All of it; `piece` has the whole text and the outcome.
  std::string writeAll(const Piece &piece) const;

  /// The first event of a stream; empty if there is none.
  std::string writeBegin() const;
  /// The events of a piece; those that end the stream, if the piece has an
  /// outcome.
  std::string writePiece(const Piece &piece) const;

private:
  Json makeHead(const char *object) const;
  Json makeProbabilities(const std::vector<TokenChoice> &choices) const;
  std::string writeChunk(const Json &content, const char *finish,
                         const std::vector<TokenChoice> &choices) const;

  Kind kind;
  const Service &service;
  std::string id;
  int64_t created;
  bool includeUsage;
  bool hasProbabilities;
  std::string prefix;
};

std::string writeModels(const Service &service, int64_t created);
std::string writeEmbeddings(const Service &service, const Embeddings &made,
                            bool asBase64);

} // namespace server

#endif // BITNET_EXAMPLES_SERVER_REPLIES_H
