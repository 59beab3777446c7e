//===- Vocabulary.cpp - Checked tokens and merges -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Vocabulary.h"
#include "ByteAlphabet.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <algorithm>

using namespace llvm;
using namespace mlir::bitnet;

static constexpr uint32_t noIndex = UINT32_MAX;

/// Bytes that a token stands for.
static Expected<std::string> decodeToken(uint32_t token, StringRef spelling,
                                         uint32_t type) {
  if (type != BitNetTokenNormal && type != BitNetTokenUnused)
    return spelling.str();
  if (std::optional<std::string> decoded = decodeByteAlphabet(spelling))
    return *decoded;
  if (type == BitNetTokenUnused)
    return spelling.str();
  return makeTokenizerError("token {} {}: expects characters of the byte-level "
                            "alphabet in a normal token",
                            token, quoteToken(spelling));
}

Expected<Vocabulary>
Vocabulary::create(const TokenizerDescription &description) {
  Vocabulary vocabulary;
  if (Error error =
          vocabulary.readTokens(description, BitNetTokenUnused, decodeToken))
    return error;
  if (Error error = vocabulary.readMerges(description))
    return error;
  if (Error error = vocabulary.collectMergeableTokens())
    return error;
  if (Error error = vocabulary.collectByteTokens(description))
    return error;
  vocabulary.dropDeadMerges();
  if (!description.ignoreMerges)
    vocabulary.dropUnreachableTokens();
  return vocabulary;
}

Error Vocabulary::readMerges(const TokenizerDescription &description) {
  if (description.merges.size() > INT32_MAX)
    return makeTokenizerError("expects at most {} merges, found {}", INT32_MAX,
                              description.merges.size());
  StringMap<uint32_t> ids;
  for (auto [token, spelling] : enumerate(description.tokens))
    ids.try_emplace(spelling, token);
  for (auto [index, line] : enumerate(description.merges)) {
    auto [left, right] = line.split(' ');
    if (left.empty() || right.empty() || right.contains(' '))
      return makeTokenizerError(
          "merge {} {}: expects two tokens with a space between them", index,
          quoteToken(line));
    std::array<StringRef, 2> parts = {left, right};
    std::array<uint32_t, 2> partIds;
    for (auto [part, id] : zip(parts, partIds)) {
      auto found = ids.find(part);
      if (found == ids.end())
        return makeTokenizerError(
            "merge {} {}: expects tokens of the vocabulary, which has "
            "no {}",
            index, quoteToken(line), quoteToken(part));
      id = found->second;
    }
    std::string joined = (left + right).str();
    auto result = ids.find(joined);
    if (result == ids.end())
      return makeTokenizerError(
          "merge {} {}: expects a result in the vocabulary, which has "
          "no {}",
          index, quoteToken(line), quoteToken(joined));
    if (getText(result->second) !=
        (getText(partIds[0]) + getText(partIds[1])).str())
      return makeTokenizerError("merge {} {}: expects tokens of one alphabet",
                                index, quoteToken(line));
    merges.push_back({partIds[0], partIds[1], result->second});
    bool isNew =
        mergeIndices.try_emplace({partIds[0], partIds[1]}, index).second;
    if (!isNew)
      return makeTokenizerError("merge {} {}: appears a second time", index,
                                quoteToken(line));
  }
  return Error::success();
}

Error Vocabulary::collectMergeableTokens() {
  std::vector<bool> isMergeable(size());
  for (uint32_t token = 0; token < size(); ++token)
    isMergeable[token] = getType(token) == BitNetTokenNormal;
  for (const Merge &merge : merges)
    isMergeable[merge.result] = true;
  for (uint32_t token = 0; token < size(); ++token) {
    if (!isMergeable[token])
      continue;
    auto [found, isNew] = mergeableTexts.try_emplace(getText(token), token);
    if (!isNew)
      return makeTokenizerError("token {} {}: has the same text as token {}",
                                token, quoteToken(getText(token)),
                                found->second);
    wholeTokens.push_back(token);
  }
  return Error::success();
}

/// Some vocabularies have no tokens for bytes that do not occur in UTF-8 or for
/// control characters. They have a token for what is unknown, or leave such
/// bytes out.
Error Vocabulary::collectByteTokens(const TokenizerDescription &description) {
  std::optional<uint32_t> unknown = description.unknownToken;
  for (uint32_t byte = 0; byte < byteTokens.size(); ++byte) {
    char text = static_cast<char>(byte);
    auto found = mergeableTexts.find(StringRef(&text, 1));
    if (found != mergeableTexts.end())
      byteTokens[byte] = found->second;
    else if (unknown && *unknown < size())
      byteTokens[byte] = *unknown;
    else if (!isPrint(text))
      byteTokens[byte] = BITNET_TOKENIZER_NO_TOKEN;
    else
      return makeTokenizerError("expects a token for every printable byte or "
                                "an unknown token, found none for 0x{:02x}",
                                byte);
  }
  return Error::success();
}

/// Encodes `text` as the runtime does (lib/Runtime/BytePairMerge.c) and returns
/// the merge that was applied last if one token is left, otherwise noIndex.
uint32_t Vocabulary::encodeWhole(StringRef text) const {
  auto findMerge = [&](uint32_t left, uint32_t right) {
    // The map has a meaning of its own for a pair of these.
    if (left == BITNET_TOKENIZER_NO_TOKEN || right == BITNET_TOKENIZER_NO_TOKEN)
      return noIndex;
    auto found = mergeIndices.find({left, right});
    return found == mergeIndices.end() ? noIndex : found->second;
  };
  std::vector<uint32_t> tokens;
  for (char byte : text)
    tokens.push_back(byteTokens[static_cast<uint8_t>(byte)]);
  std::vector<uint32_t> applicable;
  for (size_t i = 0; i + 1 < tokens.size(); ++i)
    applicable.push_back(findMerge(tokens[i], tokens[i + 1]));
  uint32_t last = noIndex;
  while (!applicable.empty()) {
    auto best = std::min_element(applicable.begin(), applicable.end());
    if (*best == noIndex)
      return noIndex;
    last = *best;
    size_t i = best - applicable.begin();
    tokens[i] = merges[last].result;
    tokens.erase(tokens.begin() + i + 1);
    applicable.erase(best);
    if (i > 0)
      applicable[i - 1] = findMerge(tokens[i - 1], tokens[i]);
    if (i < applicable.size())
      applicable[i] = findMerge(tokens[i], tokens[i + 1]);
  }
  return last;
}

/// Lists that were derived from another tokenizer's tables hold every split of
/// every token, but the merges that lead to one token are the same in every
/// text (what surrounds its bytes does not touch them before it is there). So
/// at most one merge per token is ever applied: the one that makes it from its
/// bytes alone.
void Vocabulary::dropDeadMerges() {
  std::vector<bool> isLive(merges.size());
  std::vector<bool> wasSeen(size());
  for (const Merge &merge : merges) {
    if (wasSeen[merge.result])
      continue;
    wasSeen[merge.result] = true;
    uint32_t last = encodeWhole(getText(merge.result));
    if (last != noIndex)
      isLive[last] = true;
  }
  std::vector<Merge> live;
  for (auto [index, merge] : enumerate(merges))
    if (isLive[index])
      live.push_back(merge);
  merges = std::move(live);
}

/// Leaves the tokens that merging their own bytes leads to. A piece with the
/// text of one of them need not be merged.
void Vocabulary::dropUnreachableTokens() {
  std::vector<bool> isReachable(size());
  for (uint32_t token : byteTokens)
    if (token != BITNET_TOKENIZER_NO_TOKEN)
      isReachable[token] = true;
  for (const Merge &merge : merges)
    isReachable[merge.result] = true;
  llvm::erase_if(wholeTokens,
                 [&](uint32_t token) { return !isReachable[token]; });
}
