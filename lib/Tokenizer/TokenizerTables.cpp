//===- TokenizerTables.cpp - From a vocabulary to the runtime -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Tokenizer/TokenizerTables.h"
#include "Vocabulary.h"
#include "bitnet/Tokenizer/PreTokenizers.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

using namespace llvm;
using namespace mlir::bitnet;

/// Texts of control tokens after which known models have nothing more to say.
static constexpr StringLiteral endTexts[] = {
    "<|eot_id|>", "<|eom_id|>",    "<|end_of_text|>", "<|endoftext|>",
    "<|im_end|>", "<end_of_turn>", "<|end|>"};

/// The runtime knows one way to cut text.
static Error checkPatterns(const TokenizerDescription &description) {
  const PreTokenizer *known = findPreTokenizer("llama-bpe");
  if (!llvm::equal(description.splitPatterns, known->splitPatterns))
    return createStringError(
        "tokenizer: expects the split pattern of Llama 3, found '" +
        join(description.splitPatterns, "', '") + "'");
  return Error::success();
}

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
  if (description.addBos && !description.bosToken)
    return createStringError(
        "tokenizer: expects a BOS token, which is to be added, found none");
  if (description.addEos && !description.eosToken)
    return createStringError(
        "tokenizer: expects an EOS token, which is to be added, found none");
  return Error::success();
}

/// Tokens that are recognised in text, the longest first.
static Expected<std::vector<uint32_t>>
collectSpecials(const Vocabulary &vocabulary) {
  std::vector<uint32_t> specials;
  StringMap<uint32_t> seen;
  for (uint32_t token = 0; token < vocabulary.size(); ++token) {
    uint32_t type = vocabulary.getType(token);
    if (type != BitNetTokenControl && type != BitNetTokenUserDefined)
      continue;
    auto [found, isNew] = seen.try_emplace(vocabulary.getText(token), token);
    if (!isNew)
      return createStringError(
          fmt::format("tokenizer: token {}: has the same text as token {}",
                      token, found->second));
    specials.push_back(token);
  }
  llvm::sort(specials, [&](uint32_t a, uint32_t b) {
    size_t aSize = vocabulary.getText(a).size();
    size_t bSize = vocabulary.getText(b).size();
    return aSize != bSize ? aSize > bSize : a < b;
  });
  return specials;
}

static std::vector<uint32_t>
collectEndTokens(const TokenizerDescription &description,
                 const Vocabulary &vocabulary) {
  std::vector<uint32_t> tokens;
  for (std::optional<uint32_t> token :
       {description.eosToken, description.eotToken})
    if (token)
      tokens.push_back(*token);
  for (uint32_t token = 0; token < vocabulary.size(); ++token)
    if (vocabulary.getType(token) == BitNetTokenControl &&
        is_contained(endTexts, vocabulary.getText(token)))
      tokens.push_back(token);
  llvm::sort(tokens);
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

/// A hash table of `hashes`' indices, three quarters full.
static std::vector<uint32_t>
makeSlots(ArrayRef<std::pair<uint32_t, uint32_t>> hashesAndIndices,
          uint32_t indexBits) {
  std::vector<uint32_t> slots(hashesAndIndices.size() * 4 / 3 + 1,
                              BITNET_TOKENIZER_EMPTY_SLOT);
  for (auto [hash, index] : hashesAndIndices) {
    uint32_t slot = bitnetHashSlot(hash, slots.size());
    while (slots[slot] != BITNET_TOKENIZER_EMPTY_SLOT)
      slot = slot + 1 == slots.size() ? 0 : slot + 1;
    slots[slot] = bitnetMakeSlot(hash, index, indexBits);
  }
  return slots;
}

static std::vector<uint32_t> makePairSlots(const Vocabulary &vocabulary,
                                           uint32_t indexBits) {
  std::vector<std::pair<uint32_t, uint32_t>> entries;
  for (auto [index, merge] : enumerate(vocabulary.getMerges()))
    entries.emplace_back(bitnetPairHash(merge.left, merge.right), index);
  return makeSlots(entries, indexBits);
}

static std::vector<uint32_t> makeTextSlots(const Vocabulary &vocabulary,
                                           uint32_t indexBits) {
  std::vector<std::pair<uint32_t, uint32_t>> entries;
  for (uint32_t token : vocabulary.getMergeableTokens()) {
    uint32_t hash = 0;
    for (char byte : vocabulary.getText(token))
      hash = bitnetExtendTextHash(hash, static_cast<uint8_t>(byte));
    entries.emplace_back(bitnetFinishTextHash(hash), token);
  }
  return makeSlots(entries, indexBits);
}

namespace {

/// Collects the parts behind the header.
class TableWriter {
public:
  TableWriter() : bytes(sizeof(BitNetTokenizerHeader)) {}

  /// Appends words; returns their offset.
  uint32_t append(ArrayRef<uint32_t> words) {
    uint32_t offset = bytes.size();
    bytes.resize(bytes.size() + 4 * words.size());
    writeWords(offset, words);
    return offset;
  }

  void writeWords(size_t offset, ArrayRef<uint32_t> words) {
    for (uint32_t word : words) {
      support::endian::write32le(bytes.data() + offset, word);
      offset += 4;
    }
  }

  uint32_t appendText(StringRef text) {
    uint32_t offset = bytes.size();
    bytes.insert(bytes.end(), text.begin(), text.end());
    bytes.resize(alignTo(bytes.size(), 4));
    return offset;
  }

  std::vector<char> take(const BitNetTokenizerHeader &header) {
    std::array<uint32_t, sizeof(header) / 4> words;
    std::memcpy(words.data(), &header, sizeof(header));
    writeWords(0, words);
    return std::move(bytes);
  }

private:
  std::vector<char> bytes;
};

} // namespace

/// Writes tokens, specials' first bytes and texts.
static void appendTexts(const Vocabulary &vocabulary,
                        ArrayRef<uint32_t> specials, TableWriter &writer,
                        BitNetTokenizerHeader &header) {
  std::string texts;
  std::vector<uint32_t> tokens;
  for (uint32_t token = 0; token < vocabulary.size(); ++token) {
    tokens.push_back(vocabulary.getType(token)
                         << BITNET_TOKENIZER_TEXT_OFFSET_BITS |
                     texts.size());
    texts += vocabulary.getText(token);
  }
  tokens.push_back(texts.size());
  for (uint32_t token : vocabulary.getMergeableTokens())
    header.longest_token = std::max<uint32_t>(header.longest_token,
                                              vocabulary.getText(token).size());
  for (uint32_t token : specials) {
    uint8_t first = vocabulary.getText(token).front();
    header.special_first_bytes[first / 32] |= 1u << first % 32;
  }
  header.token_count = vocabulary.size();
  header.tokens_offset = writer.append(tokens);
  header.text_size = texts.size();
  header.texts_offset = writer.appendText(texts);
}

static void appendMerges(const Vocabulary &vocabulary, TableWriter &writer,
                         BitNetTokenizerHeader &header) {
  std::vector<uint32_t> words;
  for (const Vocabulary::Merge &merge : vocabulary.getMerges())
    words.insert(words.end(), {merge.left, merge.right, merge.result});
  header.merge_count = vocabulary.getMerges().size();
  header.merges_offset = writer.append(words);
  // One more than needed, so that no slot is all ones.
  header.slot_index_bits = Log2_32(vocabulary.size()) + 1;
  std::vector<uint32_t> slots =
      makePairSlots(vocabulary, header.slot_index_bits);
  header.pair_slot_count = slots.size();
  header.pair_slots_offset = writer.append(slots);
  slots = makeTextSlots(vocabulary, header.slot_index_bits);
  header.text_slot_count = slots.size();
  header.text_slots_offset = writer.append(slots);
}

Expected<std::vector<char>>
mlir::bitnet::buildTokenizerTables(const TokenizerDescription &description) {
  if (Error error = checkPatterns(description))
    return error;
  Expected<Vocabulary> vocabulary = Vocabulary::create(description);
  if (!vocabulary)
    return vocabulary.takeError();
  if (Error error = checkIds(description, vocabulary->size()))
    return error;
  Expected<std::vector<uint32_t>> specials = collectSpecials(*vocabulary);
  if (!specials)
    return specials.takeError();
  std::vector<uint32_t> endTokens = collectEndTokens(description, *vocabulary);

  TableWriter writer;
  BitNetTokenizerHeader header = {};
  header.magic = BITNET_TOKENIZER_MAGIC;
  header.version = BITNET_TOKENIZER_VERSION;
  header.flags = (description.addBos ? BitNetTokenizerAddBos : 0) |
                 (description.addEos ? BitNetTokenizerAddEos : 0) |
                 (description.ignoreMerges ? BitNetTokenizerIgnoreMerges : 0);
  header.kind = BitNetTokenizerBytePair;
  header.bos_token = description.bosToken ? int32_t(*description.bosToken) : -1;
  header.eos_token = description.eosToken ? int32_t(*description.eosToken) : -1;
  header.byte_tokens_offset = writer.append(vocabulary->getByteTokens());
  appendMerges(*vocabulary, writer, header);
  header.special_count = specials->size();
  header.specials_offset = writer.append(*specials);
  header.end_token_count = endTokens.size();
  header.end_tokens_offset = writer.append(endTokens);
  appendTexts(*vocabulary, *specials, writer, header);
  return writer.take(header);
}
