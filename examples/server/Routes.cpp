//===- Routes.cpp - From HTTP to the model and back -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All requests come to one handler, whatever their path, so that the limit of
// bodies holds for all of them: the library limits bodies that say how long
// they are, but not those that come in chunks or compressed.
//
//===----------------------------------------------------------------------===//
#include "Routes.h"
#include <ctime>
#include <strings.h>

using namespace server;

static const std::string everything = R"([\s\S]*)";

/// How often a client is looked after that may have gone.
static constexpr std::chrono::milliseconds patience(100);

/// The server's paths and the methods that they answer.
static const std::map<std::string, std::string> paths = {
    {"/health", "GET"},          {"/metrics", "GET"},
    {"/v1/models", "GET"},       {"/v1/chat/completions", "POST"},
    {"/v1/completions", "POST"}, {"/v1/embeddings", "POST"},
};

/// What the library refuses by itself.
static const char *describeStatus(int status) {
  switch (status) {
  case 413:
    return "the body is too long";
  case 414:
    return "the address is too long";
  case 416:
    return "there are no ranges here";
  default:
    return status < 500 ? "this is not a request of HTTP" : "the server failed";
  }
}

static void writeRefusal(const ApiError &error, httplib::Response &response) {
  response.status = error.status;
  response.set_content(writeError(error) + "\n", "application/json");
  if (error.status == 429 || error.status == 503)
    response.set_header("Retry-After", "1");
}

Routes::Routes(Service &service, const Options &options)
    : service(service), mostBodyBytes(options.mostBodyBytes),
      created(std::time(nullptr)) {}

void Routes::install(httplib::Server &http) {
  auto withoutBody = [this](const httplib::Request &request,
                            httplib::Response &response) {
    handle(request, response, nullptr);
  };
  auto withBody = [this](const httplib::Request &request,
                         httplib::Response &response,
                         const httplib::ContentReader &reader) {
    handle(request, response, &reader);
  };
  http.Get(everything, withoutBody);
  http.Options(everything, withoutBody);
  // DELETE without a body has no reader.
  http.Delete(everything, withoutBody);
  http.Post(everything, withBody);
  http.Put(everything, withBody);
  http.Patch(everything, withBody);
  http.Delete(everything, withBody);
  http.set_payload_max_length(mostBodyBytes);
  http.set_error_handler([](const httplib::Request &,
                            httplib::Response &response) {
    if (response.body.empty())
      writeRefusal({response.status, describeStatus(response.status), "", ""},
                   response);
  });
  http.set_exception_handler([](const httplib::Request &,
                                httplib::Response &response,
                                std::exception_ptr) {
    writeRefusal({500, "the server failed", "", ""}, response);
  });
  http.set_logger([this](const httplib::Request &request,
                         const httplib::Response &response) {
    auto path = paths.find(request.path);
    metrics.countReply(path == paths.end() ? "other" : path->first,
                       response.status);
  });
}

/// "application/json; charset=utf-8" is as good as "application/json".
static bool isJson(std::string type) {
  type.erase(std::min(type.find(';'), type.size()));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t'))
    type.pop_back();
  return !strcasecmp(type.c_str(), "application/json");
}

/// Bodies are read to their end, even if they are of no use, because the next
/// request follows them; but there is an end to that.
FirstError Routes::readBody(const httplib::Request &request,
                            const httplib::ContentReader &reader,
                            std::string &body) const {
  if (!request.has_header("Content-Length") &&
      !request.has_header("Transfer-Encoding"))
    return ApiError{411, "the request does not say how long its body is", "",
                    ""};
  size_t bytes = 0;
  auto receive = [&](const char *data, size_t length) {
    bytes += length;
    if (bytes <= mostBodyBytes)
      body.append(data, length);
    return bytes / 16 <= mostBodyBytes;
  };
  bool isForm = request.is_multipart_form_data();
  bool isWhole =
      isForm ? reader([](const httplib::MultipartFormData &) { return true; },
                      receive)
             : reader(receive);
  if (bytes > mostBodyBytes ||
      (!isWhole && request.has_header("Content-Length") &&
       request.get_header_value<uint64_t>("Content-Length") > mostBodyBytes))
    return ApiError{413,
                    "the body has more than " + std::to_string(mostBodyBytes) +
                        " bytes",
                    "", ""};
  if (isForm || !isJson(request.get_header_value("Content-Type")))
    return ApiError{415, "the body is not of the type application/json", "",
                    ""};
  std::string encoding = request.get_header_value("Content-Encoding");
  static const std::set<std::string> encodings = {"", "identity", "gzip",
                                                  "deflate", "br"};
  if (!encodings.count(encoding))
    return ApiError{415, "the body's encoding is not supported", "", ""};
  if (!isWhole)
    return ApiError{400, "the body is not complete", "", ""};
  return std::nullopt;
}

void Routes::handle(const httplib::Request &request,
                    httplib::Response &response,
                    const httplib::ContentReader *reader) {
  std::string bytes;
  FirstError error;
  if (reader)
    error = readBody(request, *reader, bytes);
  auto path = paths.find(request.path);
  std::string method = request.method == "HEAD" ? "GET" : request.method;
  if (path == paths.end()) {
    error = ApiError{404, "there is nothing at this path", "", ""};
  } else if (method != path->second) {
    error =
        ApiError{405, "this path answers " + path->second + " only", "", ""};
    response.set_header("Allow", path->second == "GET" ? "GET, HEAD" : "POST");
  } else if (method == "GET") {
    return handleGet(path->first, response);
  } else if (!error) {
    Json body = parseBody(bytes, error);
    if (!error)
      error = handlePost(request, body, response);
  }
  if (error)
    writeRefusal(*error, response);
}

void Routes::handleGet(const std::string &path, httplib::Response &response) {
  if (path == "/metrics")
    return response.set_content(metrics.write(service.statistics()),
                                "text/plain; version=0.0.4");
  if (path == "/v1/models")
    return response.set_content(writeModels(service, created),
                                "application/json");
  // Who distributes requests should send no more.
  response.status = service.isClosed() ? 503 : 200;
  response.set_content(service.isClosed() ? "{\"status\": \"ending\"}\n"
                                          : "{\"status\": \"ok\"}\n",
                       "application/json");
}

FirstError Routes::handlePost(const httplib::Request &request, const Json &body,
                              httplib::Response &response) {
  FirstError error;
  if (request.path == "/v1/embeddings") {
    EmbeddingRequest read = readEmbeddingRequest(body, error);
    Embeddings made;
    if (!error)
      made = service.embed(read, error);
    if (!error)
      response.set_content(writeEmbeddings(service, made, read.asBase64),
                           "application/json");
  } else if (request.path == "/v1/chat/completions") {
    ChatRequest read = readChatRequest(body, error);
    std::shared_ptr<Ticket> ticket;
    if (!error)
      ticket = service.chat(read, error);
    if (!error)
      answer(request, response, std::move(ticket),
             ReplyWriter(ReplyWriter::Chat, service, read), read.stream);
  } else {
    CompletionRequest read = readCompletionRequest(body, error);
    std::shared_ptr<Ticket> ticket;
    if (!error)
      ticket = service.complete(read, error);
    std::string prefix = read.echo ? service.getText(read.prompt) : "";
    if (!error)
      answer(request, response, std::move(ticket),
             ReplyWriter(ReplyWriter::Completion, service, read, prefix),
             read.stream);
  }
  return error;
}

/// Writes while the request runs. The ticket lives as long as the answer is
/// being written: if the client goes, the request is cancelled.
void Routes::answer(const httplib::Request &request,
                    httplib::Response &response, std::shared_ptr<Ticket> ticket,
                    ReplyWriter writer, bool stream) {
  struct State {
    std::shared_ptr<Ticket> ticket;
    ReplyWriter writer;
    std::chrono::steady_clock::time_point begin;
    Piece all;
    bool hasBegun = false;
    bool hasText = false;
  };
  auto state = std::make_shared<State>(State{std::move(ticket),
                                             std::move(writer),
                                             std::chrono::steady_clock::now(),
                                             {},
                                             false,
                                             false});
  auto seconds = [state] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         state->begin)
        .count();
  };
  auto write = [](httplib::DataSink &sink, const std::string &text) {
    return text.empty() || sink.write(text.data(), text.size());
  };
  auto provide = [this, state, stream, seconds,
                  write](size_t, httplib::DataSink &sink) {
    if (stream && !std::exchange(state->hasBegun, true) &&
        !write(sink, state->writer.writeBegin()))
      return false;
    Piece piece = state->ticket->wait(patience);
    if (!sink.is_writable())
      return false;
    if (!piece.text.empty() && !std::exchange(state->hasText, true))
      metrics.addFirstToken(seconds());
    if (piece.outcome)
      metrics.addRequest(seconds());
    if (stream) {
      if (!write(sink, state->writer.writePiece(piece)))
        return false;
    } else {
      state->all.text += piece.text;
      for (TokenChoice &choice : piece.choices)
        state->all.choices.push_back(std::move(choice));
      state->all.outcome = piece.outcome;
      // It is too late for another status: the answer ends in the middle.
      if (piece.outcome && piece.outcome->status != BITNET_OK)
        return false;
      if (piece.outcome && !write(sink, state->writer.writeAll(state->all)))
        return false;
    }
    if (piece.outcome)
      sink.done();
    return true;
  };
  const char *type = stream ? "text/event-stream" : "application/json";
  if (stream)
    response.set_header("Cache-Control", "no-cache");
  if (request.version == "HTTP/1.0")
    response.set_content_provider(type, provide);
  else
    response.set_chunked_content_provider(type, provide);
}
