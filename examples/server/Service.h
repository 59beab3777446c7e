//===- Service.h - What the model does for requests -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXAMPLES_SERVER_SERVICE_H
#define BITNET_EXAMPLES_SERVER_SERVICE_H

#include "Generation.h"
#include "Options.h"
#include "Requests.h"
#include <atomic>
#include <memory>

namespace server {

/// A request that the scheduler has accepted. It is cancelled when this object
/// ends, if it has not ended by itself.
class Ticket {
public:
  Ticket(bitnet::Scheduler &scheduler, uint64_t id,
         std::shared_ptr<Generation> generation)
      : scheduler(scheduler), id(id), generation(std::move(generation)) {}
  ~Ticket() { scheduler.cancel(id); }
  Ticket(const Ticket &) = delete;
  Ticket &operator=(const Ticket &) = delete;

  Piece wait(std::chrono::milliseconds most) { return generation->wait(most); }

private:
  bitnet::Scheduler &scheduler;
  uint64_t id;
  std::shared_ptr<Generation> generation;
};

struct Embeddings {
  std::vector<std::vector<float>> vectors;
  uint64_t tokens = 0;
};

/// The model, with the scheduler or the session that answers. All functions can
/// be called from any thread.
class Service {
public:
  /// Null: `message` says why.
  static std::unique_ptr<Service> create(const bitnet_model &model,
                                         const Options &options,
                                         std::string &message);
  ~Service();

  const std::string &getName() const { return name; }

  /// Null: `error` says why. What was asked for must be the model's name.
  std::shared_ptr<Ticket> chat(const ChatRequest &request, FirstError &error);
  std::shared_ptr<Ticket> complete(const CompletionRequest &request,
                                   FirstError &error);
  Embeddings embed(const EmbeddingRequest &request, FirstError &error);

  /// The text of a token, in which a UTF-8 character may begin or end.
  std::string getText(int32_t token) const;
  /// The text of a prompt.
  std::string getText(const TextOrTokens &prompt) const;

  /// Takes no more requests.
  void close();
  /// False: there are still requests after that time.
  bool waitUntilIdle(std::chrono::milliseconds most);
  bool isClosed() const { return closed; }
  bitnet::Statistics statistics() const;

private:
  explicit Service(const bitnet_model &model) : model(model) {}
  bool checkModel(const std::string &asked, FirstError &error) const;
  std::vector<int32_t> tokenize(const TextOrTokens &text, uint32_t flags,
                                const char *field, FirstError &error) const;
  std::vector<int32_t> tokenizeChat(const std::vector<ChatMessage> &messages,
                                    FirstError &error) const;
  std::shared_ptr<Ticket> submit(const GenerationRequest &request,
                                 std::vector<int32_t> prompt,
                                 FirstError &error);

  const bitnet_model &model;
  bitnet_model_info info;
  std::string name;
  uint32_t context = 0;
  uint32_t mostWaiting = 0;
  std::atomic<bool> closed{false};

  /// Of language models.
  std::unique_ptr<bitnet::Scheduler> scheduler;

  /// Of embedding models: requests take turns.
  bitnet_session *session = nullptr;
  std::mutex sessionMutex;
  std::atomic<uint32_t> embedding{0};
};

} // namespace server

#endif // BITNET_EXAMPLES_SERVER_SERVICE_H
