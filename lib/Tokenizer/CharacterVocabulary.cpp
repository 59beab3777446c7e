//===- CharacterVocabulary.cpp - Vocabularies of characters ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "CharacterVocabulary.h"
#include "../Runtime/Utf8.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cmath>
#include <tuple>

using namespace llvm;
using namespace mlir::bitnet;

/// U+2581, which stands for a space.
static constexpr StringLiteral visibleSpace = "\xe2\x96\x81";

StringRef mlir::bitnet::takeCharacter(StringRef &text) {
  uint32_t length = bitnetUtf8Length(text.bytes_begin()[0]);
  if (bitnetUtf8Present(text.bytes_begin(), text.size()) != length)
    length = 1;
  StringRef character = text.take_front(length);
  text = text.drop_front(length);
  return character;
}

/// Bytes that a token stands for.
static Expected<std::string> decodeToken(uint32_t token, StringRef spelling,
                                         uint32_t type) {
  if (type == BitNetTokenByte) {
    StringRef digits = spelling;
    uint32_t byte;
    if (!digits.consume_front("<0x") || !digits.consume_back(">") ||
        digits.size() != 2 || digits.getAsInteger(16, byte))
      return makeTokenizerError("token {} {}: expects the name of a byte such "
                                "as <0x0A>",
                                token, quoteToken(spelling));
    return std::string(1, static_cast<char>(byte));
  }
  if (type == BitNetTokenControl || type == BitNetTokenUnknown)
    return spelling.str();
  std::string text;
  for (;;) {
    auto [before, after] = spelling.split(visibleSpace);
    text += before;
    if (before.size() == spelling.size())
      return text;
    text += ' ';
    spelling = after;
  }
}

Expected<CharacterVocabulary>
CharacterVocabulary::create(const TokenizerDescription &description) {
  CharacterVocabulary vocabulary;
  if (Error error = vocabulary.readCharacterTokens(description))
    return error;
  if (Error error = vocabulary.collectReachableTokens(description))
    return error;
  vocabulary.collectSymbols();
  if (description.kind == TokenizerKind::Unigram || description.merges.empty())
    if (Error error = vocabulary.readScores(description))
      return error;
  if (description.kind == TokenizerKind::SentencePiece) {
    if (Error error = vocabulary.readMerges(description))
      return error;
    vocabulary.collectMerges();
  }
  return vocabulary;
}

Error CharacterVocabulary::readCharacterTokens(
    const TokenizerDescription &description) {
  if (Error error = readTokens(description, BitNetTokenByte, decodeToken))
    return error;
  byteTokens.fill(noIndex);
  for (uint32_t token = 0; token < size(); ++token) {
    if (getType(token) != BitNetTokenByte)
      continue;
    uint8_t byte = getText(token).front();
    if (byteTokens[byte] != noIndex)
      return makeTokenizerError("token {}: stands for the same byte as token "
                                "{}",
                                token, byteTokens[byte]);
    byteTokens[byte] = token;
  }
  for (auto [byte, token] : enumerate(byteTokens))
    if (token == noIndex && !description.unknownToken)
      return makeTokenizerError("expects a token for every byte or an unknown "
                                "token, found none for 0x{:02x}",
                                byte);
  return Error::success();
}

/// User-defined tokens can be reached from text in which a space is written as
/// U+2581, where they are not recognised beforehand.
Error CharacterVocabulary::collectReachableTokens(
    const TokenizerDescription &description) {
  std::vector<bool> isReachable(size());
  for (uint32_t type : {BitNetTokenNormal, BitNetTokenUserDefined})
    for (uint32_t token = 0; token < size(); ++token) {
      // There is no space in text that is given to the encoding.
      if (getType(token) != type || description.tokens[token].contains(' '))
        continue;
      auto [found, isNew] = reachableTexts.try_emplace(getText(token), token);
      isReachable[token] = isNew;
      if (!isNew && type == BitNetTokenNormal)
        return makeTokenizerError("token {} {}: has the same text as token {}",
                                  token, quoteToken(getText(token)),
                                  found->second);
    }
  for (uint32_t token = 0; token < size(); ++token)
    if (isReachable[token])
      reachableTokens.push_back(token);
  return Error::success();
}

void CharacterVocabulary::collectSymbols() {
  for (uint32_t token : reachableTokens) {
    StringRef text = getText(token);
    while (!text.empty()) {
      StringRef character = takeCharacter(text);
      auto [symbol, isNew] = symbols.try_emplace(character, 0);
      if (!isNew)
        continue;
      auto found = reachableTexts.find(character);
      if (found != reachableTexts.end()) {
        symbol->second = found->second;
      } else {
        symbol->second = size() + extraSymbols.size();
        extraSymbols.push_back(character.str());
      }
    }
  }
}

std::vector<uint32_t> CharacterVocabulary::getSymbols(StringRef text) const {
  std::vector<uint32_t> ids;
  while (!text.empty())
    ids.push_back(symbols.lookup(takeCharacter(text)));
  return ids;
}

Error CharacterVocabulary::readScores(const TokenizerDescription &description) {
  if (description.scores.size() != size())
    return makeTokenizerError("expects a score for each of {} tokens, found {} "
                              "scores",
                              size(), description.scores.size());
  for (auto [token, score] : enumerate(description.scores))
    if (!std::isfinite(score))
      return makeTokenizerError("token {}: expects a finite score", token);
  std::vector<double> sorted(description.scores);
  llvm::sort(sorted, std::greater<double>());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  for (double score : description.scores)
    scoreOrders.push_back(std::lower_bound(sorted.begin(), sorted.end(), score,
                                           std::greater<double>()) -
                          sorted.begin());
  return Error::success();
}

Error CharacterVocabulary::readMerges(const TokenizerDescription &description) {
  auto find = [&](StringRef spelling) {
    std::string text = cantFail(decodeToken(0, spelling, BitNetTokenNormal));
    auto found = reachableTexts.find(text);
    return found == reachableTexts.end() ? noIndex : found->second;
  };
  for (auto [index, line] : enumerate(description.merges)) {
    auto [left, right] = line.split(' ');
    if (left.empty() || right.empty() || right.contains(' '))
      return makeTokenizerError(
          "merge {} {}: expects two tokens with a space between them", index,
          quoteToken(line));
    std::string joined = (left + right).str();
    for (StringRef text : {left, right, StringRef(joined)})
      if (find(text) == noIndex)
        return makeTokenizerError("merge {} {}: expects normal tokens of the "
                                  "vocabulary, which has no {}",
                                  index, quoteToken(line), quoteToken(text));
    bool isNew = pairs
                     .try_emplace({find(left), find(right)},
                                  Candidate{uint32_t(index), find(joined)})
                     .second;
    if (!isNew)
      return makeTokenizerError("merge {} {}: appears a second time", index,
                                quoteToken(line));
  }
  return Error::success();
}

CharacterVocabulary::Candidate
CharacterVocabulary::findCandidate(uint32_t left, uint32_t right,
                                   StringRef joined) const {
  if (scoreOrders.empty())
    return pairs.lookup({left, right});
  auto found = reachableTexts.find(joined);
  if (found == reachableTexts.end())
    return {};
  return {scoreOrders[found->second], found->second};
}

/// Encodes a token's text as the runtime does (lib/Runtime/SymbolMerge.c).
/// Returns the merge that was applied last, and its order, if that token is
/// left, otherwise nothing.
std::optional<std::pair<CharacterVocabulary::Merge, uint32_t>>
CharacterVocabulary::encodeWhole(uint32_t token) const {
  StringRef text = getText(token);
  std::vector<uint32_t> parts = getSymbols(text);
  // Where parts begin, and where the last one ends.
  std::vector<size_t> borders = {0};
  for (StringRef rest = text; !rest.empty();)
    borders.push_back(borders.back() + takeCharacter(rest).size());
  std::vector<Candidate> candidates(parts.size() - 1);
  auto update = [&](size_t i) {
    candidates[i] = findCandidate(parts[i], parts[i + 1],
                                  text.slice(borders[i], borders[i + 2]));
  };
  for (size_t i = 0; i < candidates.size(); ++i)
    update(i);
  std::optional<std::pair<Merge, uint32_t>> last;
  while (!candidates.empty()) {
    auto best = std::min_element(
        candidates.begin(), candidates.end(),
        [](const auto &a, const auto &b) { return a.order < b.order; });
    if (best->order == noIndex)
      return std::nullopt;
    size_t i = best - candidates.begin();
    last = {Merge{parts[i], parts[i + 1], best->result}, best->order};
    parts[i] = best->result;
    parts.erase(parts.begin() + i + 1);
    borders.erase(borders.begin() + i + 1);
    candidates.erase(best);
    if (i > 0)
      update(i - 1);
    if (i < candidates.size())
      update(i);
  }
  return last;
}

/// The merges that lead to one token are the same in every text: what surrounds
/// its characters does not touch them before it is there. So at most one merge
/// per token is ever applied, the one that makes it from its characters alone,
/// and it tells all that scores do.
void CharacterVocabulary::collectMerges() {
  std::vector<std::tuple<uint32_t, uint32_t, Merge>> live;
  for (uint32_t token : reachableTokens)
    if (auto merge = encodeWhole(token))
      live.emplace_back(merge->second, token, merge->first);
  llvm::sort(live, [](const auto &a, const auto &b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) <
           std::tie(std::get<0>(b), std::get<1>(b));
  });
  for (const auto &[order, token, merge] : live) {
    merges.push_back(merge);
    orders.push_back(order);
  }
}
