//===- GGUFTokenizer.cpp - The tokenizer of a GGUF file -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/GGUF/GGUFTokenizer.h"

#include "GGUFHyperparameters.h"
#include "GGUFParser.h"
#include "bitnet/ChatTemplate/ChatTemplate.h"
#include "bitnet/Tokenizer/PreTokenizers.h"
#include "bitnet/Tokenizer/TokenizerTables.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <fmt/format.h>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

static constexpr llvm::StringLiteral chatTemplateKey =
    "tokenizer.chat_template";
static constexpr llvm::StringLiteral modelKey = "tokenizer.ggml.model";
static constexpr llvm::StringLiteral preKey = "tokenizer.ggml.pre";
static constexpr llvm::StringLiteral tokensKey = "tokenizer.ggml.tokens";
static constexpr llvm::StringLiteral typesKey = "tokenizer.ggml.token_type";

namespace {

/// Fills a description that points into the vectors beside it.
class TokenizerReader {
public:
  TokenizerReader(const GGUFFile &file, int64_t vocabularySize,
                  llvm::function_ref<void(StringRef, StringRef)> warn)
      : file(file), vocabularySize(vocabularySize), warn(warn) {}

  Expected<std::vector<char>> read();

private:
  Error readTokens();
  Error readTypes();
  Error readIds();
  Error readAdditions(bool addBos, bool addEos);
  Error readBytePair();
  Error readPreTokenizer();
  Error readCharacters();
  Error readNormalizer();
  Error readStripping();

  const GGUFFile &file;
  int64_t vocabularySize;
  llvm::function_ref<void(StringRef, StringRef)> warn;
  std::vector<StringRef> tokens;
  std::vector<int32_t> types;
  std::vector<StringRef> merges;
  std::vector<double> scores;
  TokenizerDescription description;
};

} // namespace

Error TokenizerReader::readTokens() {
  if (Error error = file.getStringArray(tokensKey).moveInto(tokens))
    return error;
  if (tokens.size() != static_cast<uint64_t>(vocabularySize))
    return makeKeyError(file, tokensKey,
                        fmt::format("expects {} tokens, one for each row of "
                                    "the embedding, found {}",
                                    vocabularySize, tokens.size()));
  return readTypes();
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
  // Ends a message that calls a tool.
  std::optional<uint32_t> eomToken;
  if (Error error = readId("eom_token_id", eomToken))
    return error;
  if (eomToken)
    description.endTokens.push_back(*eomToken);
  if (Error error = readId("unknown_token_id", description.unknownToken))
    return error;
  return readId("padding_token_id", description.paddingToken);
}

/// Reads whether BOS and EOS are added to text; `addBos` and `addEos` are for
/// files that do not say and have such tokens.
Error TokenizerReader::readAdditions(bool addBos, bool addEos) {
  std::optional<bool> saysBos, saysEos;
  if (Error error =
          file.findBool("tokenizer.ggml.add_bos_token").moveInto(saysBos))
    return error;
  if (Error error =
          file.findBool("tokenizer.ggml.add_eos_token").moveInto(saysEos))
    return error;
  description.addBos = saysBos.value_or(addBos && description.bosToken);
  description.addEos = saysEos.value_or(addEos && description.eosToken);
  return Error::success();
}

Error TokenizerReader::readPreTokenizer() {
  std::optional<StringRef> name;
  if (Error error = file.findString(preKey).moveInto(name))
    return error;
  if (!name) {
    // The published files of bitnet-b1.58-2B-4T leave it out. Their vocabulary
    // is that of Llama 3.
    bool isLlama3 = vocabularySize == 128256 && description.bosToken == 128000;
    name = isLlama3 ? "llama-bpe" : "default";
    if (!isLlama3)
      warn(preKey, "found no such key: text is cut as 'default' says, which "
                   "may not be what the model was trained with");
  }
  const PreTokenizer *preTokenizer = findPreTokenizer(*name);
  if (!preTokenizer)
    return makeKeyError(file, preKey,
                        "expects one of " +
                            llvm::join(getPreTokenizerNames(), ", ") +
                            ", found " + quoteGGUFName(*name));
  description.splitPatterns.assign(preTokenizer->splitPatterns.begin(),
                                   preTokenizer->splitPatterns.end());
  description.ignoreMerges = preTokenizer->ignoreMerges;
  return readAdditions(preTokenizer->addBos, false);
}

Error TokenizerReader::readBytePair() {
  if (Error error =
          file.getStringArray("tokenizer.ggml.merges").moveInto(merges))
    return error;
  return readPreTokenizer();
}

/// Only what leaves text as it is, but for its spaces.
Error TokenizerReader::readNormalizer() {
  constexpr StringRef mapKey = "tokenizer.ggml.precompiled_charsmap";
  if (const GGUFValue *map = file.find(mapKey); map && map->getCount() != 0)
    return makeKeyError(file, mapKey,
                        "expects no rules to normalize text by, found some");
  constexpr StringRef suffixKey = "tokenizer.ggml.treat_whitespace_as_suffix";
  std::optional<bool> isSuffix;
  if (Error error = file.findBool(suffixKey).moveInto(isSuffix))
    return error;
  if (isSuffix.value_or(false))
    return makeKeyError(file, suffixKey, "expects false, found true");
  std::optional<bool> collapses;
  if (Error error = file.findBool("tokenizer.ggml.remove_extra_whitespaces")
                        .moveInto(collapses))
    return error;
  description.characters.collapseSpaces = collapses.value_or(false);
  return Error::success();
}

/// The special tokens of Phi-3 take the white space after them along, which
/// files tell by their names only.
Error TokenizerReader::readStripping() {
  std::optional<StringRef> name;
  if (Error error = file.findString("general.name").moveInto(name))
    return error;
  if (!name || (!name->contains_insensitive("phi-3") &&
                !name->contains_insensitive("phi3")))
    return Error::success();
  std::vector<AddedToken> &added = description.addedTokens.emplace();
  for (auto [token, type] : llvm::enumerate(types)) {
    if (type < 2 || type > 4)
      continue;
    StringRef text = tokens[token];
    bool strips = text != "<unk>" && text != "<s>" && text != "<|endoftext|>";
    added.push_back({static_cast<uint32_t>(token), text, false, strips});
  }
  return Error::success();
}

/// SentencePiece and Unigram.
Error TokenizerReader::readCharacters() {
  bool isUnigram = description.kind == TokenizerKind::Unigram;
  std::vector<float> numbers;
  if (Error error =
          file.getFloatArray("tokenizer.ggml.scores").moveInto(numbers))
    return error;
  scores.assign(numbers.begin(), numbers.end());
  std::optional<bool> hasPrefix;
  if (Error error =
          file.findBool("tokenizer.ggml.add_space_prefix").moveInto(hasPrefix))
    return error;
  CharacterOptions &characters = description.characters;
  characters.fuseUnknown = true;
  if (hasPrefix.value_or(!isUnigram)) {
    characters.prefix = CharacterOptions::BeforeSegments;
    characters.dropFirstSpace = true;
  }
  // What these ids are in files that do not say.
  auto setDefault = [&](std::optional<uint32_t> &id, uint32_t value) {
    if (!id && value < tokens.size())
      id = value;
  };
  setDefault(description.unknownToken, isUnigram ? 2 : 0);
  setDefault(description.eosToken, isUnigram ? 1 : 2);
  if (!isUnigram)
    setDefault(description.bosToken, 1);
  if (Error error = readAdditions(!isUnigram, isUnigram))
    return error;
  if (isUnigram)
    return readNormalizer();
  return readStripping();
}

Expected<std::vector<char>> TokenizerReader::read() {
  StringRef model;
  if (Error error = file.getString(modelKey).moveInto(model))
    return error;
  auto kind = llvm::StringSwitch<std::optional<TokenizerKind>>(model)
                  .Case("gpt2", TokenizerKind::BytePair)
                  .Case("llama", TokenizerKind::SentencePiece)
                  .Case("t5", TokenizerKind::Unigram)
                  .Default(std::nullopt);
  if (!kind)
    return makeKeyError(file, modelKey,
                        "expects 'gpt2' (byte-level byte pair encoding), "
                        "'llama' (SentencePiece) or 't5' (unigram), found " +
                            quoteGGUFName(model));
  description.kind = *kind;
  if (Error error = readTokens())
    return error;
  if (Error error = readIds())
    return error;
  if (Error error =
          *kind == TokenizerKind::BytePair ? readBytePair() : readCharacters())
    return error;
  description.tokens = tokens;
  description.types = types;
  description.merges = merges;
  description.scores = scores;
  Expected<std::vector<char>> tables = buildTokenizerTables(description);
  if (!tables)
    return file.makeError(file.find(tokensKey)->getFileOffset(),
                          llvm::toString(tables.takeError()));
  return tables;
}

Expected<std::optional<std::vector<char>>> mlir::bitnet::readTokenizer(
    const GGUFFile &file, int64_t vocabularySize,
    llvm::function_ref<void(StringRef, StringRef)> warn) {
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
      TokenizerReader(file, vocabularySize, warn).read();
  if (!tables)
    return tables.takeError();
  return std::optional(std::move(*tables));
}

Expected<std::optional<std::vector<char>>> mlir::bitnet::readChatTemplate(
    const GGUFFile &file,
    llvm::function_ref<void(StringRef, StringRef)> warn) {
  std::optional<StringRef> text, architecture;
  if (Error error = file.findString(chatTemplateKey).moveInto(text))
    return std::move(error);
  if (Error error =
          file.findString("general.architecture").moveInto(architecture))
    return std::move(error);
  std::vector<StringRef> tokens;
  if (file.find(tokensKey))
    if (Error error = file.getStringArray(tokensKey).moveInto(tokens))
      return std::move(error);
  return importChatTemplate(
      text, {architecture.value_or(""), tokens},
      [&](StringRef message) { warn(chatTemplateKey, message); });
}
