//===- Metrics.h - What the server has done ---------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXAMPLES_SERVER_METRICS_H
#define BITNET_EXAMPLES_SERVER_METRICS_H

#include "bitnet/scheduler.hpp"
#include <array>
#include <map>
#include <mutex>
#include <string>

namespace server {

/// How often something took how long.
class Histogram {
public:
  void add(double seconds);
  /// In Prometheus's text format.
  void write(const char *name, const char *what, std::string &text) const;

private:
  static constexpr std::array<double, 11> limits = {
      0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60};
  /// counts[i] is of limits[i] and above the limit before; the last is of all
  /// that took longer.
  std::array<uint64_t, limits.size() + 1> counts = {};
  uint64_t count = 0;
  double sum = 0;
};

class Metrics {
public:
  /// `path` is one of the server's, so that there are only so many.
  void countReply(const std::string &path, int status);
  void addFirstToken(double seconds);
  void addRequest(double seconds);

  std::string write(const bitnet::Statistics &statistics) const;

private:
  mutable std::mutex mutex;
  std::map<std::pair<std::string, int>, uint64_t> replies;
  Histogram firstToken;
  Histogram request;
};

} // namespace server

#endif // BITNET_EXAMPLES_SERVER_METRICS_H
