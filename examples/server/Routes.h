//===- Routes.h - From HTTP to the model and back ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXAMPLES_SERVER_ROUTES_H
#define BITNET_EXAMPLES_SERVER_ROUTES_H

#include "Metrics.h"
#include "Replies.h"
#include <httplib.h>

namespace server {

/// Answers requests with a service, which must outlive it.
class Routes {
public:
  Routes(Service &service, const Options &options);

  /// Lets `http` send everything here.
  void install(httplib::Server &http);

private:
  /// Why there is no body; null: `body` is it.
  FirstError readBody(const httplib::Request &request,
                      const httplib::ContentReader &reader,
                      std::string &body) const;
  void handle(const httplib::Request &request, httplib::Response &response,
              const httplib::ContentReader *reader);
  void handleGet(const std::string &path, httplib::Response &response);
  FirstError handlePost(const httplib::Request &request, const Json &body,
                        httplib::Response &response);
  void answer(const httplib::Request &request, httplib::Response &response,
              std::shared_ptr<Ticket> ticket, ReplyWriter writer, bool stream);

  Service &service;
  size_t mostBodyBytes;
  int64_t created;
  Metrics metrics;
};

} // namespace server

#endif // BITNET_EXAMPLES_SERVER_ROUTES_H
