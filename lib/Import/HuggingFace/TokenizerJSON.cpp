//===- TokenizerJSON.cpp - The library tokenizers' files ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TokenizerJSON.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Regex.h"

#include <algorithm>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

/// U+2581, which stands for a space.
static constexpr llvm::StringLiteral visibleSpace = "\xe2\x96\x81";

/// What ByteLevel cuts by.
static constexpr llvm::StringLiteral byteLevelPattern =
    R"re('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|)re"
    R"re(\s+(?!\S)|\s+)re";

namespace {

/// Reads one file.
class TokenizerReader {
public:
  TokenizerReader(const JSONPlace &root, TokenBuilder &builder)
      : root(root), builder(builder),
        description(builder.tokenizer.description) {}

  Error read();

private:
  Error readNormalizer(const JSONPlace &place);
  Error readPreTokenizer(const JSONPlace &place);
  Error readByteLevel(const JSONPlace &place);
  Error readSplit(const JSONPlace &place);
  Error readDigits(const JSONPlace &place);
  Error readPunctuation(const JSONPlace &place);
  Error readMetaspace(const JSONPlace &place);
  Error addPattern(const JSONPlace &place, std::string pattern);
  Error checkSpaces(const JSONPlace &place);
  Error readModel(const JSONPlace &place);
  Error readBytePair(const JSONPlace &place);
  Error readMerges(const JSONPlace &place);
  Error readUnigram(const JSONPlace &place);
  Error readAddedTokens(const JSONPlace &place);
  Error readPostProcessor(const JSONPlace &place);
  Error readTemplate(const JSONPlace &place);
  Error readDecoder(const JSONPlace &place);

  JSONPlace root;
  TokenBuilder &builder;
  TokenizerDescription &description;
  bool isByteLevel = false;
  /// Spaces are written as U+2581.
  bool escapesSpaces = false;
  bool isPrefixedByNormalizer = false;
};

} // namespace

/// The members of a place that has one thing or, as "Sequence", several.
static std::vector<JSONPlace> getParts(const JSONPlace &place,
                                       StringRef partsName) {
  if (place.isNull())
    return {};
  std::optional<StringRef> type;
  if (Expected<StringRef> name = place["type"].getString())
    type = *name;
  else
    llvm::consumeError(name.takeError());
  if (type != "Sequence")
    return {place};
  std::vector<JSONPlace> parts;
  for (const JSONPlace &part : place[partsName].getElements())
    llvm::append_range(parts, getParts(part, partsName));
  return parts;
}

/// Whether the pattern at `place` is this text. An error if it is neither a
/// text nor a regular expression.
static Expected<bool> isText(const JSONPlace &place, StringRef expected) {
  JSONPlace text = place["String"];
  if (text.isNull()) {
    if (Error error = place["Regex"].getString().takeError())
      return error;
    return false;
  }
  Expected<StringRef> found = text.getString();
  if (!found)
    return found.takeError();
  return *found == expected;
}

Error TokenizerReader::readNormalizer(const JSONPlace &place) {
  for (const JSONPlace &part : getParts(place, "normalizers")) {
    StringRef type;
    if (Error error = part["type"].getString().moveInto(type))
      return error;
    if (type == "NFC")
      continue;
    if (type == "Prepend") {
      StringRef text;
      if (Error error = part["prepend"].getString().moveInto(text))
        return error;
      if (text != visibleSpace)
        return part["prepend"].fail("'\xe2\x96\x81'");
      isPrefixedByNormalizer = true;
      description.characters.prefix = CharacterOptions::BeforeSegments;
      continue;
    }
    if (type == "Replace") {
      bool isSpace;
      StringRef content;
      if (Error error = isText(part["pattern"], " ").moveInto(isSpace))
        return error;
      if (Error error = part["content"].getString().moveInto(content))
        return error;
      if (!isSpace)
        return part["pattern"].fail("the text ' '");
      if (content != visibleSpace)
        return part["content"].fail("'\xe2\x96\x81'");
      escapesSpaces = true;
      continue;
    }
    return part["type"].fail("'NFC', 'Prepend' or 'Replace'");
  }
  return Error::success();
}

Error TokenizerReader::addPattern(const JSONPlace &place, std::string pattern) {
  // Behind ByteLevel, patterns see the characters that stand for bytes. For
  // characters of ASCII that changes nothing.
  bool isAscii =
      llvm::Regex(R"(^([]0-9a-zA-Z{},[-]|\[[0-9a-zA-Z-]+\])+$)").match(pattern);
  if (isByteLevel && !isAscii)
    return place.fail("no such pattern behind ByteLevel");
  description.splitPatterns.push_back(std::move(pattern));
  return Error::success();
}

Error TokenizerReader::readByteLevel(const JSONPlace &place) {
  if (Error error = place.expectOnly(
          {"type", "add_prefix_space", "trim_offsets", "use_regex"}))
    return error;
  if (Error error = place["add_prefix_space"].expectUnset())
    return error;
  bool usesPattern = true;
  if (!place["use_regex"].isNull())
    if (Error error = place["use_regex"].getBool().moveInto(usesPattern))
      return error;
  if (usesPattern)
    if (Error error = addPattern(place, byteLevelPattern.str()))
      return error;
  isByteLevel = true;
  return Error::success();
}

Error TokenizerReader::readSplit(const JSONPlace &place) {
  if (Error error = place.expectOnly({"type", "pattern", "behavior", "invert"}))
    return error;
  if (Error error = place["invert"].expectUnset())
    return error;
  StringRef behavior;
  if (Error error = place["behavior"].getString().moveInto(behavior))
    return error;
  bool isSpace;
  if (Error error = isText(place["pattern"], " ").moveInto(isSpace))
    return error;
  // There are no spaces left to split at.
  if (isSpace && escapesSpaces)
    return Error::success();
  if (behavior != "Isolated")
    return place["behavior"].fail("'Isolated'");
  StringRef pattern;
  if (!place["pattern"]["String"].isNull()) {
    if (Error error = place["pattern"]["String"].getString().moveInto(pattern))
      return error;
    return addPattern(place["pattern"], llvm::Regex::escape(pattern));
  }
  if (Error error = place["pattern"]["Regex"].getString().moveInto(pattern))
    return error;
  return addPattern(place["pattern"], pattern.str());
}

Error TokenizerReader::readDigits(const JSONPlace &place) {
  if (Error error = place.expectOnly({"type", "individual_digits"}))
    return error;
  bool isIndividual;
  if (Error error = place["individual_digits"].getFlag().moveInto(isIndividual))
    return error;
  return addPattern(place, isIndividual ? R"(\p{N})" : R"(\p{N}+)");
}

Error TokenizerReader::readPunctuation(const JSONPlace &place) {
  if (Error error = place.expectOnly({"type", "behavior"}))
    return error;
  StringRef behavior = "Isolated";
  if (!place["behavior"].isNull())
    if (Error error = place["behavior"].getString().moveInto(behavior))
      return error;
  if (behavior != "Isolated" && behavior != "Contiguous")
    return place["behavior"].fail("'Isolated' or 'Contiguous'");
  std::string pattern = R"([\p{P}$+<=>^`|~])";
  return addPattern(place, behavior == "Isolated" ? pattern : pattern + "+");
}

Error TokenizerReader::readMetaspace(const JSONPlace &place) {
  if (Error error = place.expectOnly({"type", "replacement", "prepend_scheme",
                                      "split", "add_prefix_space", "str_rep"}))
    return error;
  StringRef replacement;
  if (Error error = place["replacement"].getString().moveInto(replacement))
    return error;
  if (replacement != visibleSpace)
    return place["replacement"].fail("'\xe2\x96\x81'");
  bool splits = true, isPrefixed = true;
  if (!place["split"].isNull())
    if (Error error = place["split"].getBool().moveInto(splits))
      return error;
  // Older files have this instead of a scheme.
  JSONPlace addsPrefix = place["add_prefix_space"];
  if (!addsPrefix.isNull())
    if (Error error = addsPrefix.getBool().moveInto(isPrefixed))
      return error;
  StringRef scheme = isPrefixed ? "always" : "never";
  if (!place["prepend_scheme"].isNull())
    if (Error error = place["prepend_scheme"].getString().moveInto(scheme))
      return error;
  auto prefix =
      llvm::StringSwitch<std::optional<CharacterOptions::Prefix>>(scheme)
          .Case("always", CharacterOptions::BeforeSegments)
          .Case("first", CharacterOptions::BeforeText)
          .Case("never", CharacterOptions::NoPrefix)
          .Default(std::nullopt);
  if (!prefix)
    return place["prepend_scheme"].fail("'always', 'first' or 'never'");
  if (isPrefixedByNormalizer)
    return place.fail("no Metaspace, because text is prefixed before");
  description.characters.prefix = *prefix;
  description.characters.prefixUnlessSpace = true;
  description.characters.splitSpaces = splits;
  escapesSpaces = true;
  return Error::success();
}

Error TokenizerReader::readPreTokenizer(const JSONPlace &place) {
  for (const JSONPlace &part : getParts(place, "pretokenizers")) {
    StringRef type;
    if (Error error = part["type"].getString().moveInto(type))
      return error;
    using Reader = Error (TokenizerReader::*)(const JSONPlace &);
    auto reader = llvm::StringSwitch<Reader>(type)
                      .Case("ByteLevel", &TokenizerReader::readByteLevel)
                      .Case("Split", &TokenizerReader::readSplit)
                      .Case("Digits", &TokenizerReader::readDigits)
                      .Case("Punctuation", &TokenizerReader::readPunctuation)
                      .Case("Metaspace", &TokenizerReader::readMetaspace)
                      .Default(nullptr);
    if (!reader)
      return part["type"].fail("'ByteLevel', 'Split', 'Digits', "
                               "'Punctuation' or 'Metaspace'");
    if (Error error = (this->*reader)(part))
      return error;
  }
  return checkSpaces(place);
}

/// Whether the ways to write spaces and to cut text go together.
Error TokenizerReader::checkSpaces(const JSONPlace &place) {
  if (isByteLevel && (escapesSpaces || isPrefixedByNormalizer))
    return place.fail("spaces as they are before ByteLevel");
  if (!isByteLevel && !escapesSpaces)
    return place.fail("ByteLevel, or that spaces become '\xe2\x96\x81'");
  if (!isByteLevel && !description.splitPatterns.empty())
    return place.fail("no patterns but with ByteLevel");
  return Error::success();
}

Error TokenizerReader::readMerges(const JSONPlace &place) {
  if (Error error = place.expectArray())
    return error;
  for (const JSONPlace &element : place.getElements()) {
    std::vector<JSONPlace> parts = element.getElements();
    if (parts.empty()) {
      StringRef text;
      if (Error error = element.getString().moveInto(text))
        return error;
      builder.tokenizer.merges.push_back(builder.save(text));
      continue;
    }
    std::string joined;
    for (const JSONPlace &part : parts) {
      StringRef text;
      if (Error error = part.getString().moveInto(text))
        return error;
      joined += joined.empty() ? "" : " ";
      joined += text;
    }
    if (parts.size() != 2)
      return element.fail("two tokens");
    builder.tokenizer.merges.push_back(builder.save(joined));
  }
  return Error::success();
}

Error TokenizerReader::readBytePair(const JSONPlace &place) {
  if (Error error = place.expectOnly(
          {"type", "dropout", "unk_token", "continuing_subword_prefix",
           "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges",
           "vocab", "merges"}))
    return error;
  for (StringRef name :
       {"dropout", "continuing_subword_prefix", "end_of_word_suffix"})
    if (Error error = place[name].expectUnset())
      return error;
  description.kind =
      isByteLevel ? TokenizerKind::BytePair : TokenizerKind::SentencePiece;
  if (Error error = place["vocab"].expectObject())
    return error;
  for (const auto &[text, id] : place["vocab"].getMembers()) {
    uint32_t token;
    if (Error error = id.getIndex().moveInto(token))
      return error;
    if (Error error = builder.setToken(id, token, text))
      return error;
  }
  if (!place["unk_token"].isNull()) {
    StringRef text;
    if (Error error = place["unk_token"].getString().moveInto(text))
      return error;
    description.unknownToken = builder.find(text);
    if (!description.unknownToken)
      return place["unk_token"].fail("a token of the vocabulary");
    builder.setType(*description.unknownToken, UnknownToken);
  }
  bool hasBytes;
  if (Error error = place["byte_fallback"].getFlag().moveInto(hasBytes))
    return error;
  if (hasBytes && !isByteLevel)
    builder.markByteTokens();
  if (Error error =
          place["ignore_merges"].getFlag().moveInto(description.ignoreMerges))
    return error;
  if (description.ignoreMerges && !isByteLevel)
    return place["ignore_merges"].fail("false without ByteLevel");
  if (Error error = place["fuse_unk"].getFlag().moveInto(
          description.characters.fuseUnknown))
    return error;
  return readMerges(place["merges"]);
}

Error TokenizerReader::readUnigram(const JSONPlace &place) {
  if (Error error =
          place.expectOnly({"type", "unk_id", "vocab", "byte_fallback"}))
    return error;
  if (isByteLevel)
    return place["type"].fail("'BPE' with ByteLevel");
  description.kind = TokenizerKind::Unigram;
  description.characters.fuseUnknown = true;
  if (Error error = place["vocab"].expectArray())
    return error;
  for (const JSONPlace &entry : place["vocab"].getElements()) {
    std::vector<JSONPlace> parts = entry.getElements();
    if (parts.size() != 2)
      return entry.fail("a text and a score");
    StringRef text;
    double score;
    if (Error error = parts[0].getString().moveInto(text))
      return error;
    if (Error error = parts[1].getNumber().moveInto(score))
      return error;
    if (Error error =
            builder.setToken(entry, builder.tokenizer.scores.size(), text))
      return error;
    builder.tokenizer.scores.push_back(score);
  }
  const std::vector<double> &scores = builder.tokenizer.scores;
  if (scores.empty())
    return place["vocab"].fail("at least one token");
  // Of all tokens, not only of those that text can become.
  description.characters.unknownScore =
      *std::min_element(scores.begin(), scores.end()) - 10;
  if (!place["unk_id"].isNull()) {
    uint32_t token;
    if (Error error = place["unk_id"].getIndex().moveInto(token))
      return error;
    if (token >= scores.size())
      return place["unk_id"].fail("a token of the vocabulary");
    description.unknownToken = token;
    builder.setType(token, UnknownToken);
  }
  bool hasBytes;
  if (Error error = place["byte_fallback"].getFlag().moveInto(hasBytes))
    return error;
  if (hasBytes)
    builder.markByteTokens();
  return Error::success();
}

Error TokenizerReader::readModel(const JSONPlace &place) {
  if (Error error = place.expectObject())
    return error;
  // Older files tell by their contents.
  StringRef type = place["merges"].isNull() ? "Unigram" : "BPE";
  if (!place["type"].isNull())
    if (Error error = place["type"].getString().moveInto(type))
      return error;
  if (type == "BPE")
    return readBytePair(place);
  if (type == "Unigram")
    return readUnigram(place);
  return place["type"].fail("'BPE' or 'Unigram'");
}

Error TokenizerReader::readAddedTokens(const JSONPlace &place) {
  description.addedTokens.emplace();
  if (place.isNull())
    return Error::success();
  if (Error error = place.expectArray())
    return error;
  for (const JSONPlace &entry : place.getElements()) {
    uint32_t token;
    if (Error error = entry["id"].getIndex().moveInto(token))
      return error;
    if (Error error = builder.addToken(entry, token, isPrefixedByNormalizer))
      return error;
  }
  if (description.unknownToken)
    builder.setType(*description.unknownToken, UnknownToken);
  return Error::success();
}

Error TokenizerReader::readTemplate(const JSONPlace &place) {
  if (Error error =
          place.expectOnly({"type", "single", "pair", "special_tokens"}))
    return error;
  if (Error error = place["single"].expectArray())
    return error;
  bool hasText = false;
  for (const JSONPlace &element : place["single"].getElements()) {
    if (Error error = element.expectOnly({"SpecialToken", "Sequence"}))
      return error;
    if (!element["Sequence"].isNull()) {
      if (hasText)
        return element.fail("the text once");
      hasText = true;
      continue;
    }
    StringRef name;
    if (Error error = element["SpecialToken"]["id"].getString().moveInto(name))
      return error;
    std::vector<JSONPlace> ids =
        place["special_tokens"][name]["ids"].getElements();
    if (ids.size() != 1)
      return place["special_tokens"][name]["ids"].fail("an array of one id");
    uint32_t token;
    if (Error error = ids.front().getIndex().moveInto(token))
      return error;
    bool &isAdded = hasText ? description.addEos : description.addBos;
    if (isAdded)
      return element.fail("at most one token before and one after the text");
    isAdded = true;
    (hasText ? description.eosToken : description.bosToken) = token;
  }
  if (!hasText)
    return place["single"].fail("a Sequence");
  return Error::success();
}

Error TokenizerReader::readPostProcessor(const JSONPlace &place) {
  for (const JSONPlace &part : getParts(place, "processors")) {
    StringRef type;
    if (Error error = part["type"].getString().moveInto(type))
      return error;
    // Only tells where tokens come from.
    if (type == "ByteLevel")
      continue;
    if (type != "TemplateProcessing")
      return part["type"].fail("'ByteLevel' or 'TemplateProcessing'");
    if (Error error = readTemplate(part))
      return error;
  }
  return Error::success();
}

Error TokenizerReader::readDecoder(const JSONPlace &place) {
  for (const JSONPlace &part : getParts(place, "decoders")) {
    StringRef type;
    if (Error error = part["type"].getString().moveInto(type))
      return error;
    if (type == "ByteLevel" && isByteLevel)
      continue;
    if (isByteLevel)
      return part["type"].fail("'ByteLevel'");
    if (type == "Fuse" || type == "ByteFallback")
      continue;
    if (type == "Metaspace") {
      description.characters.dropFirstSpace =
          description.characters.prefix != CharacterOptions::NoPrefix;
      continue;
    }
    if (type == "Replace") {
      bool isSpace;
      StringRef content;
      if (Error error = isText(part["pattern"], visibleSpace).moveInto(isSpace))
        return error;
      if (Error error = part["content"].getString().moveInto(content))
        return error;
      if (!isSpace || content != " ")
        return part["content"].fail("' ' for '\xe2\x96\x81'");
      continue;
    }
    if (type != "Strip")
      return part["type"].fail(
          "'Replace', 'ByteFallback', 'Fuse', 'Strip' or 'Metaspace'");
    StringRef content;
    uint32_t start, stop;
    if (Error error = part["content"].getString().moveInto(content))
      return error;
    if (Error error = part["start"].getIndex().moveInto(start))
      return error;
    if (Error error = part["stop"].getIndex().moveInto(stop))
      return error;
    if (content != " " || start != 1 || stop != 0)
      return part.fail("one ' ' to be stripped from the start");
    description.characters.dropFirstSpace = true;
  }
  return Error::success();
}

Error TokenizerReader::read() {
  if (Error error = root.expectOnly(
          {"version", "truncation", "padding", "added_tokens", "normalizer",
           "pre_tokenizer", "post_processor", "decoder", "model"}))
    return error;
  if (Error error = readNormalizer(root["normalizer"]))
    return error;
  if (Error error = readPreTokenizer(root["pre_tokenizer"]))
    return error;
  if (Error error = readModel(root["model"]))
    return error;
  if (Error error = readAddedTokens(root["added_tokens"]))
    return error;
  if (Error error = readPostProcessor(root["post_processor"]))
    return error;
  return readDecoder(root["decoder"]);
}

Error mlir::bitnet::readTokenizerJSON(const JSONPlace &root,
                                      TokenBuilder &builder) {
  return TokenizerReader(root, builder).read();
}
