//===- Options.h - The command line of the server ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXAMPLES_SERVER_OPTIONS_H
#define BITNET_EXAMPLES_SERVER_OPTIONS_H

#include <cstdint>
#include <string>

namespace server {

struct Options {
  std::string host = "127.0.0.1";
  uint32_t port = 8080; ///< 0: any that is free.
  std::string name;     ///< Of the model; empty: the one that it has.
  uint32_t sessions = 8;
  uint32_t queue = 64;
  uint32_t contextSize = 0;
  uint32_t threads = 0;
  uint32_t mostBodyBytes = 4 << 20;
  uint32_t drainSeconds = 30;
  const char *variant = nullptr;
  const char *weights = nullptr;
};

/// Reads the command line. False: it has been said on standard error what is
/// wrong. --help ends the program.
bool parseOptions(int argc, char **argv, Options &options);

} // namespace server

#endif // BITNET_EXAMPLES_SERVER_OPTIONS_H
