//===- GGUFTokenizer.cpp - The tokenizer of a GGUF file -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "GGUFTokenizer.h"

#include "GGUFHyperparameters.h"
#include "GGUFParser.h"
#include "bitnet/Tokenizer/PreTokenizers.h"
#include "bitnet/Tokenizer/TokenizerTables.h"

#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

static constexpr llvm::StringLiteral modelKey = "tokenizer.ggml.model";
static constexpr llvm::StringLiteral preKey = "tokenizer.ggml.pre";
static constexpr llvm::StringLiteral tokensKey = "tokenizer.ggml.tokens";
static constexpr llvm::StringLiteral typesKey = "tokenizer.ggml.token_type";

namespace {

/// Fills a description that points into the vectors beside it.
class TokenizerReader {
public:
  TokenizerReader(const GGUFFile &file, int64_t vocabularySize)
      : file(file), vocabularySize(vocabularySize) {}

  Expected<std::vector<char>> read();

private:
  Error readPieces();
  Error readTypes();
  Error readIds();
  Error readPreTokenizer();
  Error readAdditions();

  const GGUFFile &file;
  int64_t vocabularySize;
  std::vector<StringRef> tokens;
  std::vector<int32_t> types;
  std::vector<StringRef> merges;
  const PreTokenizer *preTokenizer = nullptr;
  TokenizerDescription description;
};

} // namespace

Error TokenizerReader::readPieces() {
  if (Error error = file.getStringArray(tokensKey).moveInto(tokens))
    return error;
  if (tokens.size() != static_cast<uint64_t>(vocabularySize))
    return makeKeyError(file, tokensKey,
                        fmt::format("expects {} tokens, one for each row of "
                                    "the embedding, found {}",
                                    vocabularySize, tokens.size()));
  return file.getStringArray("tokenizer.ggml.merges").moveInto(merges);
}

Error TokenizerReader::readTypes() {
  std::optional<std::vector<int64_t>> numbers;
  if (Error error = file.findIntegerArray(typesKey).moveInto(numbers))
    return error;
  if (!numbers)
    return Error::success();
  if (numbers->size() != tokens.size())
    return makeKeyError(file, typesKey,
                        fmt::format("expects a type for each of {} tokens, "
                                    "found {}",
                                    tokens.size(), numbers->size()));
  for (auto [token, number] : llvm::enumerate(*numbers)) {
    if (!llvm::isInt<32>(number))
      return makeKeyError(
          file, typesKey,
          fmt::format("token {}: expects a type, found {}", token, number));
    types.push_back(static_cast<int32_t>(number));
  }
  return Error::success();
}

Error TokenizerReader::readIds() {
  auto readId = [&](StringRef name, std::optional<uint32_t> &id) -> Error {
    std::optional<uint64_t> number;
    if (Error error = file.findUnsigned(("tokenizer.ggml." + name).str(), 0,
                                        vocabularySize - 1)
                          .moveInto(number))
      return error;
    if (number)
      id = static_cast<uint32_t>(*number);
    return Error::success();
  };
  if (Error error = readId("bos_token_id", description.bosToken))
    return error;
  if (Error error = readId("eos_token_id", description.eosToken))
    return error;
  if (Error error = readId("eot_token_id", description.eotToken))
    return error;
  if (Error error = readId("unknown_token_id", description.unknownToken))
    return error;
  return readId("padding_token_id", description.paddingToken);
}

Error TokenizerReader::readAdditions() {
  std::optional<bool> addBos, addEos;
  if (Error error =
          file.findBool("tokenizer.ggml.add_bos_token").moveInto(addBos))
    return error;
  if (Error error =
          file.findBool("tokenizer.ggml.add_eos_token").moveInto(addEos))
    return error;
  description.addBos =
      addBos.value_or(preTokenizer->addBos && description.bosToken.has_value());
  description.addEos = addEos.value_or(false);
  return Error::success();
}

Error TokenizerReader::readPreTokenizer() {
  auto list = [&] { return llvm::join(getPreTokenizerNames(), ", "); };
  std::optional<StringRef> name;
  if (Error error = file.findString(preKey).moveInto(name))
    return error;
  if (!name) {
    // The published files of bitnet-b1.58-2B-4T leave it out. Their vocabulary
    // is that of Llama 3.
    if (vocabularySize != 128256 || description.bosToken != 128000)
      return llvm::createStringError(
          file.getPath() + ": key " + quoteGGUFName(preKey) +
          ": expects one of " + list() + ", found no such key");
    name = "llama-bpe";
  }
  preTokenizer = findPreTokenizer(*name);
  if (!preTokenizer)
    return makeKeyError(file, preKey,
                        "expects one of " + list() + ", found " +
                            quoteGGUFName(*name));
  description.splitPatterns.assign(preTokenizer->splitPatterns.begin(),
                                   preTokenizer->splitPatterns.end());
  description.ignoreMerges = preTokenizer->ignoreMerges;
  return Error::success();
}

Expected<std::vector<char>> TokenizerReader::read() {
  StringRef model;
  if (Error error = file.getString(modelKey).moveInto(model))
    return error;
  if (model != "gpt2")
    return makeKeyError(file, modelKey,
                        "expects 'gpt2' (byte-level byte pair encoding), "
                        "found " +
                            quoteGGUFName(model));
  if (Error error = readPieces())
    return error;
  if (Error error = readTypes())
    return error;
  if (Error error = readIds())
    return error;
  if (Error error = readPreTokenizer())
    return error;
  if (Error error = readAdditions())
    return error;
  description.tokens = tokens;
  description.types = types;
  description.merges = merges;
  Expected<std::vector<char>> tables = buildTokenizerTables(description);
  if (!tables)
    return file.makeError(file.find(tokensKey)->getFileOffset(),
                          llvm::toString(tables.takeError()));
  return tables;
}

Expected<std::optional<std::vector<char>>>
mlir::bitnet::readTokenizer(const GGUFFile &file, int64_t vocabularySize) {
  bool hasKeys = llvm::any_of(file.getEntries(), [](const GGUFEntry &entry) {
    return entry.key.starts_with("tokenizer.ggml.");
  });
  const GGUFValue *model = file.find(modelKey);
  std::optional<StringRef> name;
  if (model)
    name = model->asString();
  // Files of models that are given token ids.
  if (!hasKeys || name == "none" || name == "no_vocab")
    return std::nullopt;
  Expected<std::vector<char>> tables =
      TokenizerReader(file, vocabularySize).read();
  if (!tables)
    return tables.takeError();
  return std::optional(std::move(*tables));
}
