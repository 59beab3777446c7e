//===- Options.cpp - The command line of the server -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Options.h"
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <getopt.h>

using namespace server;

static const char help[] =
    "Usage: %s [options]\n"
    "\n"
    "Serves the model that is linked into this program by the HTTP interface\n"
    "of OpenAI, until SIGINT or SIGTERM.\n"
    "\n"
    "  --host ADDRESS    address to listen at (default 127.0.0.1)\n"
    "  --port N          port; 0: any that is free (default 8080)\n"
    "  --name NAME       what clients call the model (default: its own name)\n"
    "  --sessions N      requests that advance together (default 8)\n"
    "  --queue N         requests that wait for a session; more are answered\n"
    "                    with status 429 (default 64)\n"
    "  --ctx N           positions of a session; 0: all that the model has\n"
    "                    (default 0)\n"
    "  --threads N       threads that evaluate; 0: one for each processor\n"
    "                    (default 0)\n"
    "  --most-body N     bytes of a request's body (default 4194304)\n"
    "  --drain N         seconds that running requests get when the server is\n"
    "                    told to end; the second signal ends them at once\n"
    "                    (default 30)\n"
    "  --variant NAME    code to run (default: the best that this processor\n"
    "                    supports)\n"
    "  --weights PATH    file of weights, or the folder that has it\n"
    "  --help            print this and exit\n";

static bool parseInteger(const char *program, const char *name,
                         const char *text, uint32_t low, uint32_t high,
                         uint32_t &value) {
  const char *textEnd = text + std::strlen(text);
  auto [end, error] = std::from_chars(text, textEnd, value);
  if (error == std::errc() && end == textEnd && value >= low && value <= high)
    return true;
  std::fprintf(stderr, "%s: --%s expects an integer from %u to %u, got '%s'\n",
               program, name, low, high, text);
  return false;
}

bool server::parseOptions(int argc, char **argv, Options &options) {
  enum {
    Host,
    Port,
    Name,
    Sessions,
    Queue,
    Context,
    Threads,
    MostBody,
    Drain,
    Variant,
    Weights,
    Help
  };
  static const option names[] = {
      {"host", required_argument, nullptr, Host},
      {"port", required_argument, nullptr, Port},
      {"name", required_argument, nullptr, Name},
      {"sessions", required_argument, nullptr, Sessions},
      {"queue", required_argument, nullptr, Queue},
      {"ctx", required_argument, nullptr, Context},
      {"threads", required_argument, nullptr, Threads},
      {"most-body", required_argument, nullptr, MostBody},
      {"drain", required_argument, nullptr, Drain},
      {"variant", required_argument, nullptr, Variant},
      {"weights", required_argument, nullptr, Weights},
      {"help", no_argument, nullptr, Help},
      {nullptr, 0, nullptr, 0}};
  const char *program = argc > 0 ? argv[0] : "server";
  int index = 0;
  auto integer = [&](uint32_t low, uint32_t high, uint32_t &value) {
    return parseInteger(program, names[index].name, optarg, low, high, value);
  };
  for (;;) {
    bool isGood = true;
    switch (getopt_long(argc, argv, "", names, &index)) {
    case Host:
      options.host = optarg;
      break;
    case Port:
      isGood = integer(0, 65535, options.port);
      break;
    case Name:
      options.name = optarg;
      break;
    case Sessions:
      isGood = integer(1, 1024, options.sessions);
      break;
    case Queue:
      isGood = integer(0, 4096, options.queue);
      break;
    case Context:
      isGood = integer(0, UINT32_MAX, options.contextSize);
      break;
    case Threads:
      isGood = integer(0, 256, options.threads);
      break;
    case MostBody:
      isGood = integer(1, 1 << 30, options.mostBodyBytes);
      break;
    case Drain:
      isGood = integer(0, 86400, options.drainSeconds);
      break;
    case Variant:
      options.variant = optarg;
      break;
    case Weights:
      options.weights = optarg;
      break;
    case Help:
      std::printf(help, program);
      std::exit(0);
    case -1:
      if (optind == argc)
        return true;
      std::fprintf(stderr, "%s: unexpected argument '%s'\n", program,
                   argv[optind]);
      return false;
    default:
      // getopt_long has said what is wrong.
      return false;
    }
    if (!isGood)
      return false;
  }
}
