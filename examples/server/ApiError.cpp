//===- ApiError.cpp - What the server answers when it refuses -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ApiError.h"
#include "Json.h"

using namespace server;

/// What clients choose their exception by, beside the status.
static const char *getType(int status) {
  switch (status) {
  case 404:
    return "not_found_error";
  case 429:
    return "rate_limit_error";
  case 503:
    return "service_unavailable_error";
  default:
    return status < 500 ? "invalid_request_error" : "server_error";
  }
}

ApiError server::makeFieldError(std::string field,
                                const std::string &expectation) {
  std::string message = "'" + field + "' " + expectation;
  return {400, std::move(message), std::move(field), ""};
}

std::string server::writeError(const ApiError &error) {
  auto orNull = [](const std::string &text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  return writeJson({{"error",
                     {{"message", error.message},
                      {"type", getType(error.status)},
                      {"param", orNull(error.field)},
                      {"code", orNull(error.code)}}}});
}
