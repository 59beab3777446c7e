//===- RuntimeBitcode.cpp - The runtime that is linked into models --------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeBitcode.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

using namespace mlir;

// The build says where the bitcode lies by --embed-dir.
static const char threadsX86[] = {
#embed "runtime-x86_64.bc"
};
static const char noneX86[] = {
#embed "runtime-none-x86_64.bc"
};
static const char threadsAArch64[] = {
#embed "runtime-aarch64.bc"
};
static const char noneAArch64[] = {
#embed "runtime-none-aarch64.bc"
};
static const char graphThreadsX86[] = {
#embed "graph-x86_64.bc"
};
static const char graphNoneX86[] = {
#embed "graph-none-x86_64.bc"
};
static const char graphThreadsAArch64[] = {
#embed "graph-aarch64.bc"
};
static const char graphNoneAArch64[] = {
#embed "graph-none-aarch64.bc"
};
static const char program[] = {
#if defined(__x86_64__)
#embed "program-x86_64.bc"
#elif defined(__aarch64__)
#embed "program-aarch64.bc"
#endif
};
static const char commonHeader[] = {
#embed "bitnet/common.h"
};
static const char threadsHeader[] = {
#embed "bitnet/threads.h"
};
static const char runtimeHeader[] = {
#embed "bitnet/runtime.h"
};
static const char samplingHeader[] = {
#embed "bitnet/sampling.h"
};
static const char generationHeader[] = {
#embed "bitnet/generation.h"
};
static const char graphHeader[] = {
#embed "bitnet/graph.h"
};

template <size_t N> static llvm::StringRef asString(const char (&bytes)[N]) {
  return llvm::StringRef(bytes, N);
}

llvm::StringRef bitnet::getRuntimeBitcode(llvm::StringRef architecture,
                                          bool withoutThreads) {
  if (architecture == "x86_64")
    return withoutThreads ? asString(noneX86) : asString(threadsX86);
  if (architecture == "aarch64")
    return withoutThreads ? asString(noneAArch64) : asString(threadsAArch64);
  return {};
}

llvm::StringRef bitnet::getGraphBitcode(llvm::StringRef architecture,
                                        bool withoutThreads) {
  if (architecture == "x86_64")
    return withoutThreads ? asString(graphNoneX86) : asString(graphThreadsX86);
  if (architecture == "aarch64")
    return withoutThreads ? asString(graphNoneAArch64)
                          : asString(graphThreadsAArch64);
  return {};
}

llvm::StringRef bitnet::getProgramBitcode(llvm::StringRef architecture) {
#if defined(__x86_64__)
  return architecture == "x86_64" ? asString(program) : llvm::StringRef();
#elif defined(__aarch64__)
  return architecture == "aarch64" ? asString(program) : llvm::StringRef();
#endif
}

static llvm::StringRef findHeader(llvm::StringRef name) {
  return llvm::StringSwitch<llvm::StringRef>(name)
      .Case("common.h", asString(commonHeader))
      .Case("generation.h", asString(generationHeader))
      .Case("graph.h", asString(graphHeader))
      .Case("runtime.h", asString(runtimeHeader))
      .Case("sampling.h", asString(samplingHeader))
      .Case("threads.h", asString(threadsHeader));
}

/// Appends a header to `text`, with those that it includes by the quotes form in
/// their places, each of them once.
static void appendHeader(llvm::StringRef name, llvm::StringSet<> &appended,
                         std::string &text) {
  if (!appended.insert(name).second)
    return;
  for (llvm::StringRef line : llvm::split(findHeader(name).rtrim(), '\n')) {
    llvm::StringRef included = line;
    if (included.consume_front("#include \"") && included.consume_back("\""))
      appendHeader(included, appended, text);
    else
      text += (line + "\n").str();
  }
}

static std::string joinHeader(llvm::StringRef name) {
  llvm::StringSet<> appended;
  std::string text;
  appendHeader(name, appended, text);
  return text;
}

std::string bitnet::getRuntimeHeader() { return joinHeader("runtime.h"); }

std::string bitnet::getGraphHeader() { return joinHeader("graph.h"); }
