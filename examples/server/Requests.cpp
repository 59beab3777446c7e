//===- Requests.cpp - What clients ask for --------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Requests.h"
#include <charconv>
#include <cstring>
#include <limits>

using namespace server;

static constexpr uint32_t unlimited = std::numeric_limits<uint32_t>::max();
static constexpr size_t mostStops = 16;
static constexpr size_t mostStopBytes = 1024;
static constexpr size_t mostBiases = 1024;
static constexpr size_t mostInputs = 2048;

/// The model is always named: a client that means another one must not get
/// answers of this one.
static void readModel(ObjectReader &reader, std::string &model) {
  if (reader.require("model"))
    reader.read("model", model);
}

/// "stop": a string or a list of them.
static void readStops(ObjectReader &reader, std::vector<std::string> &stops) {
  const Json *field = reader.find("stop");
  if (!field)
    return;
  Json list = field->is_array() ? *field : Json::array({*field});
  bool isGood = list.size() <= mostStops;
  for (const Json &stop : list) {
    isGood = isGood && stop.is_string();
    if (!isGood)
      break;
    stops.push_back(stop.get<std::string>());
    isGood = !stops.back().empty() && stops.back().size() <= mostStopBytes;
  }
  if (!isGood)
    reader.fail("stop", "expects a string or a list of at most " +
                            std::to_string(mostStops) + ", each of 1 to " +
                            std::to_string(mostStopBytes) + " bytes");
}

/// "logit_bias": {"<token>": <bias>, ...}
static void readBiases(ObjectReader &reader,
                       std::vector<std::pair<int32_t, float>> &biases) {
  const Json *field = reader.find("logit_bias");
  if (!field)
    return;
  bool isGood = field->is_object() && field->size() <= mostBiases;
  if (isGood) {
    for (const auto &entry : field->items()) {
      const std::string &key = entry.key();
      int32_t token = -1;
      auto [end, failure] =
          std::from_chars(key.data(), key.data() + key.size(), token);
      bool isToken = failure == std::errc() && end == key.data() + key.size() &&
                     token >= 0;
      double bias =
          entry.value().is_number() ? entry.value().get<double>() : unlimited;
      isGood = isGood && isToken && bias >= -100 && bias <= 100;
      biases.emplace_back(token, (float)bias);
    }
  }
  if (!isGood)
    reader.fail("logit_bias", "expects an object of at most " +
                                  std::to_string(mostBiases) +
                                  " token ids, each with a number from -100 "
                                  "to 100");
}

static void readStream(ObjectReader &reader, GenerationRequest &request,
                       FirstError &error) {
  reader.read("stream", request.stream);
  const Json *field = reader.find("stream_options");
  if (!field)
    return;
  if (!field->is_object())
    return reader.fail("stream_options", "expects an object");
  if (!request.stream)
    return reader.fail("stream_options", "is only for streams");
  ObjectReader options(*field, "stream_options.", error);
  options.read("include_usage", request.includeUsage);
  options.refuse("include_obfuscation", false);
  options.finish();
}

/// A number in (0, 1]. 0 is what clients write who want the most likely token
/// alone.
static void readShare(ObjectReader &reader, const char *name, float &value) {
  reader.read(name, value, 0.0f, 1.0f);
  if (value == 0.0f)
    value = std::numeric_limits<float>::min();
}

static void readGeneration(ObjectReader &reader, GenerationRequest &request,
                           FirstError &error) {
  readModel(reader, request.model);
  reader.read("temperature", request.temperature, 0.0f, 2.0f);
  readShare(reader, "top_p", request.topP);
  reader.read("top_k", request.topK, 0, unlimited);
  reader.read("min_p", request.minP, 0.0f, 1.0f);
  readShare(reader, "typical_p", request.typicalP);
  reader.read("repetition_penalty", request.repetitionPenalty, 0.01f, 100.0f);
  reader.read("presence_penalty", request.presencePenalty, -2.0f, 2.0f);
  reader.read("frequency_penalty", request.frequencyPenalty, -2.0f, 2.0f);
  reader.read("seed", request.seed);
  readStops(reader, request.stops);
  readBiases(reader, request.biases);
  readStream(reader, request, error);
  reader.refuse("n", 1);
  reader.ignore("user");
}

static std::optional<uint32_t> readCount(ObjectReader &reader,
                                         const char *name) {
  if (!reader.find(name))
    return std::nullopt;
  uint32_t count = 0;
  reader.read(name, count, 0, unlimited);
  return count;
}

/// The text of a message: a string, or a list of parts that are text.
static std::string readContent(const Json &value, const std::string &path,
                               FirstError &error) {
  if (value.is_string())
    return value.get<std::string>();
  if (!value.is_array()) {
    if (!error)
      error = makeFieldError(path, "expects a string or a list of parts");
    return "";
  }
  std::string text;
  for (size_t i = 0; i < value.size() && !error; ++i) {
    std::string partPath = path + "[" + std::to_string(i) + "]";
    if (!value[i].is_object()) {
      error = makeFieldError(partPath, "expects an object");
      break;
    }
    ObjectReader part(value[i], partPath + ".", error);
    std::string type;
    part.read("type", type);
    if (type != "text") {
      part.fail("type", "expects \"text\": this model reads nothing else");
      break;
    }
    std::string piece;
    if (part.require("text"))
      part.read("text", piece);
    part.finish();
    text += piece;
  }
  return text;
}

static void readMessages(ObjectReader &reader,
                         std::vector<ChatMessage> &messages,
                         FirstError &error) {
  const Json *list = reader.require("messages");
  if (!list)
    return;
  if (!list->is_array() || list->empty())
    return reader.fail("messages", "expects a list of at least one message");
  for (size_t i = 0; i < list->size() && !error; ++i) {
    std::string path = "messages[" + std::to_string(i) + "]";
    if (!(*list)[i].is_object()) {
      error = makeFieldError(path, "expects an object");
      return;
    }
    ObjectReader fields((*list)[i], path + ".", error);
    ChatMessage message;
    if (fields.require("role"))
      fields.read("role", message.role);
    static const std::set<std::string> roles = {"system", "developer", "user",
                                                "assistant"};
    if (!roles.count(message.role))
      fields.fail("role", "expects \"system\", \"developer\", \"user\" or "
                          "\"assistant\"");
    // Templates know of the older name only.
    if (message.role == "developer")
      message.role = "system";
    if (const Json *content = fields.require("content"))
      message.content = readContent(*content, path + ".content", error);
    // What clients send back with the messages of the assistant.
    fields.ignore("name");
    for (const char *off : {"refusal", "audio", "function_call"})
      fields.refuse(off, nullptr);
    for (const char *list : {"tool_calls", "annotations"})
      fields.refuse(list, Json::array());
    fields.finish();
    messages.push_back(std::move(message));
  }
}

/// Fields that ask for what a language model alone does not do.
static void refuseServices(ObjectReader &reader) {
  const Json text = {{"type", "text"}};
  reader.refuse("response_format", text);
  reader.refuse("modalities", Json::array({"text"}));
  reader.refuse("tools", Json::array());
  reader.refuse("functions", Json::array());
  reader.refuse("tool_choice", "none");
  reader.refuse("function_call", "none");
  reader.refuse("store", false);
  for (const char *name : {"audio", "prediction", "reasoning_effort",
                           "verbosity", "web_search_options"})
    reader.refuse(name, nullptr);
  for (const char *name :
       {"metadata", "parallel_tool_calls", "prompt_cache_key",
        "safety_identifier", "service_tier"})
    reader.ignore(name);
}

ChatRequest server::readChatRequest(const Json &body, FirstError &error) {
  ChatRequest request;
  ObjectReader reader(body, "", error);
  readGeneration(reader, request, error);
  readMessages(reader, request.messages, error);
  request.mostTokens = readCount(reader, "max_completion_tokens");
  std::optional<uint32_t> older = readCount(reader, "max_tokens");
  if (request.mostTokens && older)
    reader.fail("max_tokens",
                "cannot be given together with 'max_completion_tokens'");
  if (older)
    request.mostTokens = older;
  bool wantsProbabilities = false;
  uint32_t alternatives = 0;
  reader.read("logprobs", wantsProbabilities);
  reader.read("top_logprobs", alternatives, 0, 20);
  if (alternatives && !wantsProbabilities)
    reader.fail("top_logprobs", "needs 'logprobs'");
  if (wantsProbabilities)
    request.logProbabilities = alternatives;
  refuseServices(reader);
  reader.finish();
  return request;
}

static std::optional<std::vector<int32_t>> readTokens(const Json &list) {
  std::vector<int32_t> tokens;
  for (const Json &token : list) {
    if (!token.is_number_unsigned() ||
        token.get<uint64_t>() > std::numeric_limits<int32_t>::max())
      return std::nullopt;
    tokens.push_back(token.get<int32_t>());
  }
  return tokens;
}

/// A string, a list of tokens, or a list of either.
static std::vector<TextOrTokens> readTexts(ObjectReader &reader,
                                           const char *name, size_t most) {
  const Json *field = reader.require(name);
  if (!field)
    return {};
  bool isOne = field->is_string() || (field->is_array() && !field->empty() &&
                                      (*field)[0].is_number());
  Json list = isOne ? Json::array({*field}) : *field;
  std::vector<TextOrTokens> texts;
  bool isGood = list.is_array() && !list.empty() && list.size() <= most;
  for (size_t i = 0; isGood && i < list.size(); ++i) {
    if (list[i].is_string()) {
      texts.push_back(list[i].get<std::string>());
      continue;
    }
    std::optional<std::vector<int32_t>> tokens;
    if (list[i].is_array() && !list[i].empty())
      tokens = readTokens(list[i]);
    isGood = tokens.has_value();
    if (isGood)
      texts.push_back(std::move(*tokens));
  }
  if (!isGood)
    reader.fail(name, std::string("expects a string, a list of token ids, or "
                                  "a list of ") +
                          (most == 1 ? "one" : "1 to " + std::to_string(most)) +
                          " of them");
  return texts;
}

CompletionRequest server::readCompletionRequest(const Json &body,
                                                FirstError &error) {
  CompletionRequest request;
  ObjectReader reader(body, "", error);
  readGeneration(reader, request, error);
  std::vector<TextOrTokens> prompts = readTexts(reader, "prompt", 1);
  if (!error)
    request.prompt = std::move(prompts.front());
  // What the API says if the field is missing.
  request.mostTokens = 16;
  if (std::optional<uint32_t> count = readCount(reader, "max_tokens"))
    request.mostTokens = count;
  reader.read("echo", request.echo);
  reader.refuse("best_of", 1);
  reader.refuse("suffix", "");
  reader.refuse("logprobs", nullptr);
  reader.finish();
  return request;
}

EmbeddingRequest server::readEmbeddingRequest(const Json &body,
                                              FirstError &error) {
  EmbeddingRequest request;
  ObjectReader reader(body, "", error);
  readModel(reader, request.model);
  request.inputs = readTexts(reader, "input", mostInputs);
  std::string format = "float";
  reader.read("encoding_format", format);
  request.asBase64 = format == "base64";
  if (!request.asBase64 && format != "float")
    reader.fail("encoding_format", "expects \"float\" or \"base64\"");
  request.dimensions = readCount(reader, "dimensions");
  reader.ignore("user");
  reader.finish();
  return request;
}
