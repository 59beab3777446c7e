//===- TokenizerTables.cpp - From a vocabulary to the runtime -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Tokenizer/TokenizerTables.h"
#include "CharacterTables.h"
#include "SplitTables.h"
#include "TableWriter.h"
#include "Vocabulary.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

using namespace llvm;
using namespace mlir::bitnet;

/// Texts of special tokens after which known models have nothing more to say,
/// those that llama.cpp knows: ends of texts, turns and messages, and what
/// separates files in code.
static constexpr StringLiteral endTexts[] = {
    "</s>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|im_end|>",
    "<end_of_turn>",
    "<turn|>",
    "<|end|>",
    "<eos>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<end_of_utterance>",
    "<\xef\xbd\x9c"
    "end\xe2\x96\x81of\xe2\x96\x81sentence\xef\xbd\x9c>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>"};

static Error checkId(StringRef name, std::optional<uint32_t> id,
                     uint32_t count) {
  if (id && *id >= count)
    return createStringError(
        fmt::format("tokenizer: {} token: expects an id below {}, found {}",
                    name.str(), count, *id));
  return Error::success();
}

static Error checkIds(const TokenizerDescription &description, uint32_t count) {
  const std::pair<StringLiteral, std::optional<uint32_t>> ids[] = {
      {"BOS", description.bosToken},
      {"EOS", description.eosToken},
      {"EOT", description.eotToken},
      {"unknown", description.unknownToken},
      {"padding", description.paddingToken}};
  for (auto [name, id] : ids)
    if (Error error = checkId(name, id, count))
      return error;
  for (uint32_t token : description.endTokens)
    if (Error error = checkId("end", token, count))
      return error;
  if (description.addBos && !description.bosToken)
    return createStringError(
        "tokenizer: expects a BOS token, which is to be added, found none");
  if (description.addEos && !description.eosToken)
    return createStringError(
        "tokenizer: expects an EOS token, which is to be added, found none");
  return Error::success();
}

/// The tokens that are recognised in text unless the description lists them.
static std::vector<AddedToken>
collectAddedTokens(const TokenizerDescription &description,
                   const TokenList &tokens) {
  std::vector<AddedToken> added;
  for (uint32_t token = 0; token < tokens.size(); ++token) {
    uint32_t type = tokens.getType(token);
    if (type == BitNetTokenControl || type == BitNetTokenUserDefined ||
        (type == BitNetTokenUnknown &&
         description.kind != TokenizerKind::BytePair))
      added.push_back({token, description.tokens[token]});
  }
  return added;
}

/// Checks tokens that are recognised in text and sorts them by their texts.
static Error sortAddedTokens(std::vector<AddedToken> &added, uint32_t count) {
  for (const AddedToken &token : added)
    if (Error error = checkId("added", token.token, count))
      return error;
  llvm::sort(added, [](const AddedToken &a, const AddedToken &b) {
    return std::tie(a.text, a.token) < std::tie(b.text, b.token);
  });
  for (size_t i = 0; i < added.size(); ++i) {
    const AddedToken &token = added[i];
    if (token.text.empty() ||
        token.text.size() > BITNET_TOKENIZER_LONGEST_TOKEN)
      return makeTokenizerError("token {}: expects a text of 1 to {} bytes to "
                                "be recognised, found {}",
                                token.token, BITNET_TOKENIZER_LONGEST_TOKEN,
                                token.text.size());
    if (i != 0 && token.text == added[i - 1].text)
      return makeTokenizerError("token {}: has the same text as token {}",
                                token.token, added[i - 1].token);
  }
  return Error::success();
}

static std::vector<uint32_t>
collectEndTokens(const TokenizerDescription &description,
                 const TokenList &vocabulary) {
  std::vector<uint32_t> tokens = description.endTokens;
  for (std::optional<uint32_t> token :
       {description.eosToken, description.eotToken})
    if (token)
      tokens.push_back(*token);
  // Converters give some of them the type of a token that users defined.
  for (uint32_t token = 0; token < vocabulary.size(); ++token)
    if ((vocabulary.getType(token) == BitNetTokenControl ||
         vocabulary.getType(token) == BitNetTokenUserDefined) &&
        is_contained(endTexts, vocabulary.getText(token)))
      tokens.push_back(token);
  llvm::sort(tokens);
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

/// Writes tokens, specials and texts. `symbols` follow the tokens.
static void appendTexts(const TokenList &list, ArrayRef<std::string> symbols,
                        ArrayRef<AddedToken> added, TableWriter &writer,
                        BitNetTokenizerHeader &header) {
  std::string texts;
  std::vector<uint32_t> tokens;
  for (uint32_t token = 0; token < list.size(); ++token) {
    tokens.push_back(list.getType(token) << BITNET_TOKENIZER_TEXT_OFFSET_BITS |
                     texts.size());
    texts += list.getText(token);
  }
  for (const std::string &symbol : symbols) {
    tokens.push_back(texts.size());
    texts += symbol;
  }
  tokens.push_back(texts.size());

  std::vector<uint32_t> specials;
  for (const AddedToken &special : added) {
    uint32_t type = list.getType(special.token);
    bool isPlain = type == BitNetTokenNormal || type == BitNetTokenUserDefined;
    uint32_t flags = (isPlain ? 0 : BitNetSpecialOnRequest) |
                     (special.stripsLeft ? BitNetSpecialStripLeft : 0) |
                     (special.stripsRight ? BitNetSpecialStripRight : 0);
    uint32_t offset =
        tokens[special.token] &
        maskTrailingOnes<uint32_t>(BITNET_TOKENIZER_TEXT_OFFSET_BITS);
    if (list.getText(special.token) != special.text) {
      offset = texts.size();
      texts += special.text;
    }
    specials.insert(specials.end(), {special.token, flags, offset,
                                     uint32_t(special.text.size())});
    uint8_t first = special.text.front();
    header.special_first_bytes[first / 32] |= 1u << first % 32;
  }
  header.token_count = list.size();
  header.tokens_offset = writer.append(tokens);
  header.special_count = added.size();
  header.specials_offset = writer.append(specials);
  header.text_size = texts.size();
  header.texts_offset = writer.appendText(texts);
}

static void appendMerges(const Vocabulary &vocabulary, TableWriter &writer,
                         BitNetTokenizerHeader &header) {
  for (uint32_t token : vocabulary.getWholeTokens())
    header.longest_token = std::max<uint32_t>(header.longest_token,
                                              vocabulary.getText(token).size());
  header.byte_tokens_offset = writer.append(vocabulary.getByteTokens());
  // One more than needed, so that no slot is all ones.
  header.slot_index_bits = Log2_32(vocabulary.size()) + 1;
  writer.appendMerges(vocabulary.getMerges(), header);
  std::vector<std::pair<StringRef, uint32_t>> texts;
  for (uint32_t token : vocabulary.getWholeTokens())
    texts.emplace_back(vocabulary.getText(token), token);
  writer.appendTextSlots(texts, header);
}

/// Writes what all kinds have in common, behind what is theirs.
static Expected<std::vector<char>>
finishTables(const TokenizerDescription &description, const TokenList &list,
             ArrayRef<std::string> symbols, TableWriter &writer,
             BitNetTokenizerHeader &header) {
  if (Error error = checkIds(description, list.size()))
    return error;
  std::vector<AddedToken> added = description.addedTokens
                                      ? *description.addedTokens
                                      : collectAddedTokens(description, list);
  if (Error error = sortAddedTokens(added, list.size()))
    return error;
  std::vector<uint32_t> endTokens = collectEndTokens(description, list);
  header.magic = BITNET_TOKENIZER_MAGIC;
  header.version = BITNET_TOKENIZER_VERSION;
  header.flags = (description.addBos ? BitNetTokenizerAddBos : 0) |
                 (description.addEos ? BitNetTokenizerAddEos : 0);
  header.bos_token = description.bosToken ? int32_t(*description.bosToken) : -1;
  header.eos_token = description.eosToken ? int32_t(*description.eosToken) : -1;
  header.end_token_count = endTokens.size();
  header.end_tokens_offset = writer.append(endTokens);
  appendTexts(list, symbols, added, writer, header);
  return writer.take(header);
}

static Expected<std::vector<char>>
buildBytePairTables(const TokenizerDescription &description) {
  Expected<SplitAutomaton> splits = buildSplits(description.splitPatterns);
  if (!splits)
    return splits.takeError();
  Expected<Vocabulary> vocabulary = Vocabulary::create(description);
  if (!vocabulary)
    return vocabulary.takeError();
  TableWriter writer;
  BitNetTokenizerHeader header = {};
  header.kind = BitNetTokenizerBytePair;
  appendMerges(*vocabulary, writer, header);
  appendSplits(*splits, writer, header);
  return finishTables(description, *vocabulary, {}, writer, header);
}

static Expected<std::vector<char>>
buildCharacterTables(const TokenizerDescription &description) {
  Expected<CharacterVocabulary> vocabulary =
      CharacterVocabulary::create(description);
  if (!vocabulary)
    return vocabulary.takeError();
  TableWriter writer;
  BitNetTokenizerHeader header = {};
  appendCharacters(description, *vocabulary, writer, header);
  return finishTables(description, *vocabulary, vocabulary->getExtraSymbols(),
                      writer, header);
}

Expected<std::vector<char>>
mlir::bitnet::buildTokenizerTables(const TokenizerDescription &description) {
  return description.kind == TokenizerKind::BytePair
             ? buildBytePairTables(description)
             : buildCharacterTables(description);
}
