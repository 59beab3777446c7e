//===- TokenizerFilesTest.cpp - Tokenizers of published files -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Checks every file of a folder that the environment variable
// BITNET_TOKENIZER_FILES names, as llama.cpp keeps them in its folder models:
// `<name>.gguf` has a tokenizer, `<name>.gguf.inp` texts between lines
// `__ggml_vocab_test__`, `<name>.gguf.out` a line of token ids for each.
// Files without the latter two are read only.
//
//===----------------------------------------------------------------------===//
#include "ModelDescriptor.h"
#include "bitnet/Import/GGUF/GGUFTokenizer.h"
#include "bitnet/runtime.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

using namespace llvm;
using namespace mlir::bitnet;

extern "C" const bitnet_model_functions bitnet_runtime_functions;

namespace {

/// A tokenizer of a file.
class FileTokenizer {
public:
  explicit FileTokenizer(StringRef path) {
    auto file = GGUFFile::open(path);
    if (!file) {
      error = toString(file.takeError());
      return;
    }
    size_t count =
        cantFail((*file)->getStringArray("tokenizer.ggml.tokens")).size();
    auto read = readTokenizer(**file, count, [](StringRef, StringRef) {});
    if (!read) {
      error = toString(read.takeError());
      return;
    }
    tables = std::move(**read);
    descriptor.vocabulary_size = count;
    descriptor.tokenizer = tables.data();
    descriptor.tokenizer_size = tables.size();
    model = {&bitnet_runtime_functions, &descriptor};
  }

  std::vector<int32_t> tokenize(StringRef text) const {
    std::vector<int32_t> tokens(3 * text.size() + 4);
    size_t count = 0;
    EXPECT_EQ(bitnet_tokenize(&model, text.data(), text.size(), 0,
                              tokens.data(), tokens.size(), &count),
              BITNET_OK);
    tokens.resize(count);
    return tokens;
  }

  std::string detokenize(ArrayRef<int32_t> tokens) const {
    std::string text(64 * tokens.size() + 64, '\0');
    size_t length = 0;
    EXPECT_EQ(bitnet_detokenize(&model, tokens.data(), tokens.size(), 0,
                                text.data(), text.size(), &length),
              BITNET_OK);
    text.resize(length);
    return text;
  }

  std::string error;

private:
  std::vector<char> tables;
  bitnet_model_descriptor descriptor = {};
  bitnet_model model = {};
};

} // namespace

static std::string readFile(const Twine &path) {
  auto buffer = MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : std::string();
}

static std::vector<std::string> findFiles(StringRef folder) {
  std::vector<std::string> paths;
  std::error_code code;
  for (sys::fs::directory_iterator i(folder, code), end; i != end && !code;
       i.increment(code))
    if (sys::path::extension(i->path()) == ".gguf")
      paths.push_back(i->path());
  llvm::sort(paths);
  return paths;
}

static std::vector<int32_t> parseIds(StringRef line) {
  std::vector<int32_t> ids;
  for (StringRef number : split(line.trim(), ' '))
    if (!number.empty())
      ids.push_back(std::atoi(number.str().c_str()));
  return ids;
}

class TokenizerFiles : public ::testing::Test {
protected:
  void SetUp() override {
    const char *folder = std::getenv("BITNET_TOKENIZER_FILES");
    if (!folder || !*folder)
      GTEST_SKIP() << "BITNET_TOKENIZER_FILES names no folder";
    paths = findFiles(folder);
    ASSERT_FALSE(paths.empty());
  }

  std::vector<std::string> paths;
};

TEST_F(TokenizerFiles, GiveTheExpectedTokens) {
  for (const std::string &path : paths) {
    FileTokenizer tokenizer(path);
    EXPECT_EQ(tokenizer.error, "");
    std::string inputs = readFile(path + ".inp");
    if (!tokenizer.error.empty() || inputs.empty())
      continue;
    std::string outputs = readFile(path + ".out");
    SmallVector<StringRef> texts, lines;
    StringRef(inputs).split(texts, "\n__ggml_vocab_test__\n");
    StringRef(outputs).split(lines, '\n');
    // Each text and each line ends with its separator.
    texts.pop_back();
    lines.pop_back();
    ASSERT_EQ(texts.size(), lines.size()) << path;
    size_t different = 0;
    for (auto [text, line] : zip(texts, lines)) {
      std::vector<int32_t> ids = tokenizer.tokenize(text);
      different += ids != parseIds(line);
      EXPECT_EQ(ids, parseIds(line)) << path << ": " << text.str();
      EXPECT_EQ(tokenizer.detokenize(ids), text.str()) << path;
    }
    outs() << path << ": " << texts.size() - different << " of " << texts.size()
           << " texts as expected\n";
  }
}

TEST_F(TokenizerFiles, Speed) {
  std::string text = readFile(BITNET_README);
  while (text.size() < 2000000)
    text += text;
  for (const std::string &path : paths) {
    FileTokenizer tokenizer(path);
    if (!tokenizer.error.empty())
      continue;
    auto start = std::chrono::steady_clock::now();
    size_t count = tokenizer.tokenize(text).size();
    std::chrono::duration<double> time =
        std::chrono::steady_clock::now() - start;
    outs() << path << ": " << format("%.1f", text.size() / time.count() * 1e-6)
           << " MB/s, " << format("%.2f", double(text.size()) / count)
           << " bytes a token\n";
    EXPECT_GT(count, 0u);
  }
}
