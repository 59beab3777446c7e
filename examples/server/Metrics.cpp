//===- Metrics.cpp - What the server has done -----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Metrics.h"
#include <algorithm>
#include <cstdio>
#include <unistd.h>

using namespace server;

static std::string writeNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

static void writeHead(const char *name, const char *type, const char *what,
                      std::string &text) {
  text += std::string("# HELP ") + name + " " + what + "\n# TYPE " + name +
          " " + type + "\n";
}

static void writeValue(const char *name, const char *type, const char *what,
                       double value, std::string &text) {
  writeHead(name, type, what, text);
  text += std::string(name) + " " + writeNumber(value) + "\n";
}

void Histogram::add(double seconds) {
  auto limit = std::lower_bound(limits.begin(), limits.end(), seconds);
  ++counts[limit - limits.begin()];
  ++count;
  sum += seconds;
}

void Histogram::write(const char *name, const char *what,
                      std::string &text) const {
  writeHead(name, "histogram", what, text);
  uint64_t below = 0;
  for (size_t i = 0; i < limits.size(); ++i) {
    below += counts[i];
    text += std::string(name) + "_bucket{le=\"" + writeNumber(limits[i]) +
            "\"} " + std::to_string(below) + "\n";
  }
  text += std::string(name) + "_bucket{le=\"+Inf\"} " + std::to_string(count) +
          "\n" + name + "_sum " + writeNumber(sum) + "\n" + name + "_count " +
          std::to_string(count) + "\n";
}

void Metrics::countReply(const std::string &path, int status) {
  std::lock_guard<std::mutex> lock(mutex);
  ++replies[{path, status}];
}

void Metrics::addFirstToken(double seconds) {
  std::lock_guard<std::mutex> lock(mutex);
  firstToken.add(seconds);
}

void Metrics::addRequest(double seconds) {
  std::lock_guard<std::mutex> lock(mutex);
  request.add(seconds);
}

/// Bytes of memory that the process has; 0 if the system does not tell.
static uint64_t readResidentBytes() {
  unsigned long long pages = 0;
  if (FILE *file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%*u %llu", &pages) != 1)
      pages = 0;
    std::fclose(file);
  }
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

std::string Metrics::write(const bitnet::Statistics &now) const {
  std::string text;
  auto counter = [&](const char *name, const char *what, double value) {
    writeValue(name, "counter", what, value, text);
  };
  auto gauge = [&](const char *name, const char *what, double value) {
    writeValue(name, "gauge", what, value, text);
  };
  gauge("bitnet_requests_running", "Requests that have a session.",
        now.running);
  gauge("bitnet_requests_queued", "Requests that wait for a session.",
        now.queued);
  const char *name = "bitnet_requests_total";
  writeHead(name, "counter", "Requests by how they ended.", text);
  const std::pair<const char *, uint64_t> ends[] = {
      {"finished", now.finished},
      {"cancelled", now.cancelled},
      {"failed", now.failed},
      {"refused", now.refused}};
  for (auto [end, count] : ends)
    text += std::string(name) + "{end=\"" + end + "\"} " +
            std::to_string(count) + "\n";
  counter("bitnet_prompt_tokens_total", "Tokens of prompts.",
          (double)now.promptTokens);
  counter("bitnet_cached_tokens_total",
          "Tokens of prompts that were not evaluated again.",
          (double)now.cachedTokens);
  counter("bitnet_generated_tokens_total", "Tokens that were generated.",
          (double)now.generatedTokens);
  counter("bitnet_steps_total", "Evaluations of a batch.", (double)now.steps);
  counter("bitnet_step_seconds_total", "Time that these took.",
          now.stepSeconds);
  gauge("process_resident_memory_bytes", "Memory of the process.",
        (double)readResidentBytes());

  std::lock_guard<std::mutex> lock(mutex);
  firstToken.write("bitnet_first_token_seconds",
                   "From a request to its first text.", text);
  request.write("bitnet_request_seconds", "From a request to its end.", text);
  name = "bitnet_http_replies_total";
  writeHead(name, "counter", "Answers by path and status.", text);
  for (const auto &[key, count] : replies)
    text += std::string(name) + "{path=\"" + key.first + "\",status=\"" +
            std::to_string(key.second) + "\"} " + std::to_string(count) + "\n";
  return text;
}
