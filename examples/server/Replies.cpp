//===- Replies.cpp - What clients are answered ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Replies.h"
#include <cstring>
#include <ctime>
#include <random>

using namespace server;

static std::string makeId(const char *prefix) {
  static const char digits[] = "0123456789abcdef";
  std::random_device random;
  std::string id = prefix;
  for (int word = 0; word < 3; ++word) {
    uint32_t bits = random();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4)
      id += digits[bits & 15];
  }
  return id;
}

static const char *nameFinish(const bitnet::Outcome &outcome) {
  switch (outcome.finish) {
  case BITNET_FINISH_LENGTH:
  case BITNET_FINISH_CONTEXT:
    return "length";
  default:
    return "stop";
  }
}

static Json makeUsage(const bitnet::Outcome &outcome) {
  return {{"prompt_tokens", outcome.promptTokens},
          {"completion_tokens", outcome.generatedTokens},
          {"total_tokens", outcome.promptTokens + outcome.generatedTokens},
          {"prompt_tokens_details", {{"cached_tokens", outcome.cachedTokens}}}};
}

static std::string makeEvent(const Json &value) {
  return "data: " + writeJson(value) + "\n\n";
}

ReplyWriter::ReplyWriter(Kind kind, const Service &service,
                         const GenerationRequest &request, std::string prefix)
    : kind(kind), service(service),
      id(makeId(kind == Chat ? "chatcmpl-" : "cmpl-")),
      created(std::time(nullptr)), includeUsage(request.includeUsage),
      hasProbabilities(request.logProbabilities.has_value()),
      prefix(std::move(prefix)) {}

Json ReplyWriter::makeHead(const char *object) const {
  return {{"id", id},
          {"object", object},
          {"created", created},
          {"model", service.getName()}};
}

/// {"content": [{"token": ..., "logprob": ..., "bytes": [...],
///               "top_logprobs": [...]}, ...]}
Json ReplyWriter::makeProbabilities(
    const std::vector<TokenChoice> &choices) const {
  if (!hasProbabilities)
    return nullptr;
  auto makeRated = [&](const RatedToken &rated) {
    std::string text = service.getText(rated.token);
    Json bytes = Json::array();
    for (unsigned char byte : text)
      bytes.push_back(byte);
    return Json{{"token", text},
                {"logprob", rated.logProbability},
                {"bytes", std::move(bytes)}};
  };
  Json list = Json::array();
  for (const TokenChoice &choice : choices) {
    Json entry = makeRated(choice.chosen);
    entry["top_logprobs"] = Json::array();
    for (const RatedToken &rated : choice.mostLikely)
      entry["top_logprobs"].push_back(makeRated(rated));
    list.push_back(std::move(entry));
  }
  return {{"content", std::move(list)}, {"refusal", nullptr}};
}

std::string ReplyWriter::writeAll(const Piece &piece) const {
  Json choice = {{"index", 0}};
  if (kind == Chat)
    choice["message"] = {
        {"role", "assistant"}, {"content", piece.text}, {"refusal", nullptr}};
  else
    choice["text"] = prefix + piece.text;
  choice["logprobs"] = makeProbabilities(piece.choices);
  choice["finish_reason"] = nameFinish(*piece.outcome);
  Json reply = makeHead(kind == Chat ? "chat.completion" : "text_completion");
  reply["choices"] = Json::array({std::move(choice)});
  reply["usage"] = makeUsage(*piece.outcome);
  return writeJson(reply) + "\n";
}

std::string
ReplyWriter::writeChunk(const Json &content, const char *finish,
                        const std::vector<TokenChoice> &choices) const {
  Json choice = {{"index", 0}};
  choice[kind == Chat ? "delta" : "text"] = content;
  choice["logprobs"] =
      choices.empty() ? Json(nullptr) : makeProbabilities(choices);
  choice["finish_reason"] = finish ? Json(finish) : Json(nullptr);
  Json chunk =
      makeHead(kind == Chat ? "chat.completion.chunk" : "text_completion");
  chunk["choices"] = Json::array({std::move(choice)});
  if (includeUsage)
    chunk["usage"] = nullptr;
  return makeEvent(chunk);
}

std::string ReplyWriter::writeBegin() const {
  if (kind != Chat)
    return prefix.empty() ? "" : writeChunk(prefix, nullptr, {});
  return writeChunk({{"role", "assistant"}, {"content", ""}}, nullptr, {});
}

std::string ReplyWriter::writePiece(const Piece &piece) const {
  std::string events;
  if (!piece.text.empty() || !piece.choices.empty())
    events += writeChunk(kind == Chat ? Json{{"content", piece.text}}
                                      : Json(piece.text),
                         nullptr, piece.choices);
  if (!piece.outcome)
    return events;
  if (piece.outcome->status != BITNET_OK)
    // The status of HTTP has been sent; clients know this event, too.
    return events + "data: " +
           writeError(
               {500, bitnet_status_text(piece.outcome->status), "", ""}) +
           "\n\n";
  events += writeChunk(kind == Chat ? Json::object() : Json(""),
                       nameFinish(*piece.outcome), {});
  if (includeUsage) {
    Json chunk =
        makeHead(kind == Chat ? "chat.completion.chunk" : "text_completion");
    chunk["choices"] = Json::array();
    chunk["usage"] = makeUsage(*piece.outcome);
    events += makeEvent(chunk);
  }
  return events + "data: [DONE]\n\n";
}

std::string server::writeModels(const Service &service, int64_t created) {
  Json model = {{"id", service.getName()},
                {"object", "model"},
                {"created", created},
                {"owned_by", "bitnet"}};
  return writeJson(
             {{"object", "list"}, {"data", Json::array({std::move(model)})}}) +
         "\n";
}

/// The vector's little-endian floats.
static std::string encodeBase64(const std::vector<float> &vector) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<unsigned char> bytes(vector.size() * sizeof(float));
  std::memcpy(bytes.data(), vector.data(), bytes.size());
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (j < count ? bytes[i + j] : 0);
    for (size_t j = 0; j < 4; ++j)
      text += j <= count ? digits[bits >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::string server::writeEmbeddings(const Service &service,
                                    const Embeddings &made, bool asBase64) {
  Json data = Json::array();
  for (size_t i = 0; i < made.vectors.size(); ++i) {
    const std::vector<float> &vector = made.vectors[i];
    data.push_back(
        {{"object", "embedding"},
         {"index", i},
         {"embedding", asBase64 ? Json(encodeBase64(vector)) : Json(vector)}});
  }
  return writeJson({{"object", "list"},
                    {"data", std::move(data)},
                    {"model", service.getName()},
                    {"usage",
                     {{"prompt_tokens", made.tokens},
                      {"total_tokens", made.tokens}}}}) +
         "\n";
}
