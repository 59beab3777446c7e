//===- Service.cpp - What the model does for requests ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Service.h"
#include <ctime>
#include <random>

using namespace server;

/// What a status of the model's interface means to a client.
static ApiError makeStatusError(bitnet_status status) {
  switch (status) {
  case BITNET_BUSY:
    return {429, "too many requests are waiting; try again later", "",
            "queue_full"};
  case BITNET_CANCELLED:
    return {503, "the server is about to end", "", ""};
  case BITNET_NO_TOKENIZER:
  case BITNET_NO_CHAT_TEMPLATE:
  case BITNET_UNSUPPORTED:
    return {400, bitnet_status_text(status), "model", ""};
  default:
    return {500, bitnet_status_text(status), "", ""};
  }
}

//===----------------------------------------------------------------------===//
// Making and ending
//===----------------------------------------------------------------------===//

std::unique_ptr<Service> Service::create(const bitnet_model &model,
                                         const Options &options,
                                         std::string &message) {
  std::unique_ptr<Service> service(new Service(model));
  bitnet_status status = bitnet_get_model_info(&model, &service->info);
  if (status != BITNET_OK) {
    message = bitnet_status_text(status);
    return nullptr;
  }
  service->name = options.name.empty() ? service->info.name : options.name;
  service->context =
      options.contextSize ? options.contextSize : service->info.context_length;
  service->mostWaiting = options.queue;
  char text[4096] = "";
  if (service->info.pooling == BITNET_POOLING_NONE) {
    bitnet::SchedulerOptions made;
    made.sessions = options.sessions;
    made.queueCapacity = options.queue;
    made.contextSize = options.contextSize;
    made.threads = options.threads;
    made.variant = options.variant;
    made.weightsPath = options.weights;
    made.message = text;
    made.messageSize = sizeof(text);
    status = bitnet::Scheduler::create(&model, made, service->scheduler);
  } else {
    bitnet_session_options made = BITNET_SESSION_OPTIONS_DEFAULT;
    made.context_size = options.contextSize;
    made.threads = options.threads;
    made.variant = options.variant;
    made.weights_path = options.weights;
    made.message = text;
    made.message_size = sizeof(text);
    status = bitnet_session_create(&model, &made, &service->session);
  }
  if (status == BITNET_OK)
    return service;
  message = text[0] ? text : bitnet_status_text(status);
  return nullptr;
}

Service::~Service() { bitnet_session_destroy(session); }

void Service::close() {
  closed = true;
  if (scheduler)
    scheduler->close();
}

bool Service::waitUntilIdle(std::chrono::milliseconds most) {
  return !scheduler || scheduler->waitUntilIdle(most);
}

bitnet::Statistics Service::statistics() const {
  return scheduler ? scheduler->statistics() : bitnet::Statistics();
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

bool Service::checkModel(const std::string &asked, FirstError &error) const {
  if (asked == name)
    return true;
  error = ApiError{
      404, "there is no model '" + asked + "' here; there is '" + name + "'",
      "model", "model_not_found"};
  return false;
}

std::vector<int32_t> Service::tokenize(const TextOrTokens &prompt,
                                       uint32_t flags, const char *field,
                                       FirstError &error) const {
  if (const auto *given = std::get_if<std::vector<int32_t>>(&prompt)) {
    for (int32_t token : *given)
      if ((uint32_t)token >= info.vocabulary_size)
        error = makeFieldError(field, "expects token ids below " +
                                          std::to_string(info.vocabulary_size));
    return *given;
  }
  const std::string &text = std::get<std::string>(prompt);
  // Enough unless tokens are added, or many characters have none of their own.
  std::vector<int32_t> tokens(text.size() + 2);
  size_t count = 0;
  bitnet_status status =
      bitnet_tokenize(&model, text.data(), text.size(), flags, tokens.data(),
                      tokens.size(), &count);
  if (status == BITNET_BUFFER_TOO_SMALL) {
    tokens.resize(count);
    status = bitnet_tokenize(&model, text.data(), text.size(), flags,
                             tokens.data(), tokens.size(), &count);
  }
  if (status != BITNET_OK)
    error = makeStatusError(status);
  tokens.resize(error ? 0 : count);
  return tokens;
}

/// Seconds since 1970 as the wall clock shows them.
static bool readWallClock(int64_t &seconds) {
  time_t now = std::time(nullptr);
  tm local;
  if (now == (time_t)-1 || !localtime_r(&now, &local))
    return false;
  seconds = (int64_t)now + local.tm_gmtoff;
  return true;
}

std::vector<int32_t>
Service::tokenizeChat(const std::vector<ChatMessage> &messages,
                      FirstError &error) const {
  std::vector<bitnet_message> list;
  for (const ChatMessage &message : messages)
    list.push_back({message.role.data(), message.role.size(),
                    message.content.data(), message.content.size()});
  bitnet_chat_options options = BITNET_CHAT_OPTIONS_DEFAULT;
  if (readWallClock(options.time))
    options.flags |= BITNET_CHAT_HAS_TIME;
  size_t count = 0;
  std::vector<int32_t> tokens;
  bitnet_status status = bitnet_tokenize_chat(&model, list.data(), list.size(),
                                              &options, nullptr, 0, &count);
  if (status == BITNET_BUFFER_TOO_SMALL) {
    tokens.resize(count);
    status = bitnet_tokenize_chat(&model, list.data(), list.size(), &options,
                                  tokens.data(), tokens.size(), &count);
  }
  if (status == BITNET_OK)
    return tokens;
  if (status == BITNET_TEMPLATE_ERROR) {
    std::string text(1024, '\0');
    bitnet_apply_chat_template(&model, list.data(), list.size(), &options,
                               text.data(), text.size(), &count);
    text.resize(std::min(count, text.size()));
    error = ApiError{422, "the model's chat template fails: " + text,
                     "messages", ""};
  } else {
    error = makeStatusError(status);
  }
  return {};
}

static std::string detokenize(const bitnet_model &model, const int32_t *tokens,
                              size_t count, uint32_t flags) {
  size_t length = 0;
  bitnet_detokenize(&model, tokens, count, flags, nullptr, 0, &length);
  std::string text(length, '\0');
  bitnet_detokenize(&model, tokens, count, flags, text.data(), length, &length);
  return text;
}

std::string Service::getText(int32_t token) const {
  return detokenize(model, &token, 1,
                    BITNET_DETOKENIZE_SPECIAL | BITNET_DETOKENIZE_CONTINUATION);
}

std::string Service::getText(const TextOrTokens &prompt) const {
  if (const auto *text = std::get_if<std::string>(&prompt))
    return *text;
  const auto &tokens = std::get<std::vector<int32_t>>(prompt);
  return detokenize(model, tokens.data(), tokens.size(), 0);
}

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

std::shared_ptr<Ticket> Service::submit(const GenerationRequest &request,
                                        std::vector<int32_t> prompt,
                                        FirstError &error) {
  if (error)
    return nullptr;
  if (prompt.empty()) {
    error = ApiError{400, "the prompt has no tokens", "", ""};
    return nullptr;
  }
  // There must be room for one token of an answer.
  if (prompt.size() >= context) {
    error = ApiError{400,
                     "the prompt has " + std::to_string(prompt.size()) +
                         " tokens, the model's context " +
                         std::to_string(context) + " positions",
                     "", "context_length_exceeded"};
    return nullptr;
  }
  bitnet::Request made;
  made.prompt = std::move(prompt);
  if (request.mostTokens)
    made.generation.max_tokens = *request.mostTokens;
  bitnet_sampling_options &sampling = made.generation.sampling;
  sampling.temperature = request.temperature;
  sampling.top_k = request.topK;
  sampling.top_p = request.topP;
  sampling.min_p = request.minP;
  sampling.typical_p = request.typicalP;
  sampling.repetition_penalty = request.repetitionPenalty;
  sampling.presence_penalty = request.presencePenalty;
  sampling.frequency_penalty = request.frequencyPenalty;
  if (request.seed) {
    sampling.seed = (uint64_t)*request.seed;
  } else {
    std::random_device random;
    sampling.seed = (uint64_t)random() << 32 | random();
  }
  made.stops = request.stops;
  for (auto [token, bias] : request.biases) {
    if ((uint32_t)token >= info.vocabulary_size) {
      error = makeFieldError("logit_bias",
                             "expects token ids below " +
                                 std::to_string(info.vocabulary_size));
      return nullptr;
    }
    made.biases.push_back({token, bias});
  }
  std::shared_ptr<Generation> generation =
      Generation::attach(made, request.logProbabilities);
  uint64_t id = 0;
  bitnet_status status = scheduler->submit(std::move(made), &id);
  if (status == BITNET_OK)
    return std::make_shared<Ticket>(*scheduler, id, std::move(generation));
  error = makeStatusError(status);
  return nullptr;
}

std::shared_ptr<Ticket> Service::chat(const ChatRequest &request,
                                      FirstError &error) {
  if (!checkModel(request.model, error))
    return nullptr;
  if (!scheduler) {
    error = makeStatusError(BITNET_UNSUPPORTED);
    return nullptr;
  }
  return submit(request, tokenizeChat(request.messages, error), error);
}

std::shared_ptr<Ticket> Service::complete(const CompletionRequest &request,
                                          FirstError &error) {
  if (!checkModel(request.model, error))
    return nullptr;
  if (!scheduler) {
    error = makeStatusError(BITNET_UNSUPPORTED);
    return nullptr;
  }
  return submit(
      request,
      tokenize(request.prompt, BITNET_TOKENIZE_ADD_BOS, "prompt", error),
      error);
}

Embeddings Service::embed(const EmbeddingRequest &request, FirstError &error) {
  Embeddings made;
  if (!checkModel(request.model, error))
    return made;
  if (scheduler) {
    error = makeStatusError(BITNET_UNSUPPORTED);
    return made;
  }
  if (request.dimensions && *request.dimensions != info.embedding_length) {
    error = makeFieldError("dimensions",
                           "expects " + std::to_string(info.embedding_length) +
                               ", which is what the model gives");
    return made;
  }
  std::vector<std::vector<int32_t>> inputs;
  for (const TextOrTokens &input : request.inputs) {
    inputs.push_back(tokenize(input,
                              BITNET_TOKENIZE_ADD_BOS | BITNET_TOKENIZE_ADD_EOS,
                              "input", error));
    size_t count = inputs.back().size();
    if (!error && (count == 0 || count > context))
      error = makeFieldError(
          "input", "expects texts of 1 to " + std::to_string(context) +
                       " tokens, got one of " + std::to_string(count));
    if (error)
      return made;
    made.tokens += count;
  }
  if (closed) {
    error = makeStatusError(BITNET_CANCELLED);
    return made;
  }
  if (embedding.fetch_add(1) > mostWaiting) {
    error = makeStatusError(BITNET_BUSY);
  } else {
    for (const std::vector<int32_t> &tokens : inputs) {
      // One by one, so that short requests get their turn between long ones.
      std::lock_guard<std::mutex> lock(sessionMutex);
      made.vectors.emplace_back(info.embedding_length);
      bitnet_status status = bitnet_embed(session, tokens.data(), tokens.size(),
                                          0, made.vectors.back().data());
      if (status != BITNET_OK) {
        error = makeStatusError(status);
        break;
      }
    }
  }
  --embedding;
  return made;
}
