//===- ApiError.h - What the server answers when it refuses -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXAMPLES_SERVER_APIERROR_H
#define BITNET_EXAMPLES_SERVER_APIERROR_H

#include <string>

namespace server {

/// A refusal, as the API writes it.
struct ApiError {
  int status;          ///< Of HTTP, 400 to 599.
  std::string message; ///< One sentence; UTF-8, or it is made so.
  std::string field;   ///< The field that is wrong; empty: none.
  std::string code;    ///< For programs, such as "model_not_found"; or empty.
};

/// A field of the request that is not as it should be: status 400.
ApiError makeFieldError(std::string field, const std::string &expectation);

/// {"error": {"message": ..., "type": ..., "param": ..., "code": ...}}
std::string writeError(const ApiError &error);

} // namespace server

#endif // BITNET_EXAMPLES_SERVER_APIERROR_H
