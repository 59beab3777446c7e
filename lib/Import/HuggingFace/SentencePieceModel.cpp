//===- SentencePieceModel.cpp - SentencePiece's files ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "SentencePieceModel.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"

using namespace mlir::bitnet;
using llvm::Error;
using llvm::StringRef;
using llvm::Twine;

namespace {

/// A field of a message.
struct Field {
  uint64_t number;
  /// Its value, if it is a number; floats as their bits.
  uint64_t value = 0;
  /// Its contents, if it is a text or a message.
  StringRef bytes;
};

/// Reads one file.
class ModelReader {
public:
  ModelReader(StringRef path, TokenBuilder &builder)
      : path(path), builder(builder),
        description(builder.tokenizer.description) {}

  Error read(StringRef bytes);

private:
  Error visitFields(StringRef bytes,
                    llvm::function_ref<Error(const Field &)> visit);
  Error readPiece(StringRef bytes);
  Error readTrainer(StringRef bytes);
  Error readNormalizer(StringRef bytes);

  StringRef path;
  TokenBuilder &builder;
  TokenizerDescription &description;
  uint32_t count = 0;
};

} // namespace

/// Cuts a number of variable length off `bytes`; false if there is none.
static bool takeNumber(StringRef &bytes, uint64_t &number) {
  number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (bytes.empty())
      return false;
    uint8_t byte = bytes.front();
    bytes = bytes.drop_front();
    number |= uint64_t(byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return true;
  }
  return false;
}

/// Cuts a field off `bytes`; false if there is none.
static bool takeField(StringRef &bytes, Field &field) {
  enum { Number = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };
  uint64_t key;
  if (!takeNumber(bytes, key))
    return false;
  field.number = key >> 3;
  uint64_t size;
  switch (key & 7) {
  case Number:
    return takeNumber(bytes, field.value);
  case Bytes:
    if (!takeNumber(bytes, size) || size > bytes.size())
      return false;
    field.bytes = bytes.take_front(size);
    break;
  case Fixed64:
    if (bytes.size() < 8)
      return false;
    size = 8;
    field.value = llvm::support::endian::read64le(bytes.data());
    break;
  case Fixed32:
    if (bytes.size() < 4)
      return false;
    size = 4;
    field.value = llvm::support::endian::read32le(bytes.data());
    break;
  default:
    return false;
  }
  bytes = bytes.drop_front(size);
  return true;
}

Error ModelReader::visitFields(StringRef bytes,
                               llvm::function_ref<Error(const Field &)> visit) {
  while (!bytes.empty()) {
    Field field;
    if (!takeField(bytes, field))
      return makeFileError(path, "expects a model of SentencePiece, found "
                                 "bytes that are no protocol buffer");
    if (Error error = visit(field))
      return error;
  }
  return Error::success();
}

Error ModelReader::readPiece(StringRef bytes) {
  StringRef text;
  float score = 0;
  uint64_t type = NormalToken;
  Error error = visitFields(bytes, [&](const Field &field) -> Error {
    if (field.number == 1)
      text = field.bytes;
    else if (field.number == 2)
      score = llvm::bit_cast<float>(static_cast<uint32_t>(field.value));
    else if (field.number == 3)
      type = field.value;
    return Error::success();
  });
  if (error)
    return error;
  std::string place = "piece " + std::to_string(count);
  if (type < NormalToken || type > ByteToken)
    return makeFileError(path, place + ": expects a type from 1 to 6, found " +
                                   Twine(type));
  if (type == UnknownToken)
    description.unknownToken = count;
  llvm::json::Value none = nullptr;
  if (Error error = builder.setToken(JSONPlace(&none, path, place), count, text,
                                     static_cast<int32_t>(type)))
    return error;
  builder.tokenizer.scores.push_back(score);
  ++count;
  return Error::success();
}

Error ModelReader::readTrainer(StringRef bytes) {
  uint64_t type = 1, isSuffix = 0;
  Error error = visitFields(bytes, [&](const Field &field) -> Error {
    if (field.number == 3)
      type = field.value;
    else if (field.number == 24)
      isSuffix = field.value;
    return Error::success();
  });
  if (error)
    return error;
  if (type != 1 && type != 2)
    return makeFileError(path, "trainer_spec.model_type: expects 1 (unigram) "
                               "or 2 (byte pair encoding), found " +
                                   Twine(type));
  if (isSuffix)
    return makeFileError(path, "trainer_spec.treat_whitespace_as_suffix: "
                               "expects false, found true");
  description.kind =
      type == 1 ? TokenizerKind::Unigram : TokenizerKind::SentencePiece;
  return Error::success();
}

Error ModelReader::readNormalizer(StringRef bytes) {
  bool hasRules = false, hasPrefix = true, collapses = true, escapes = true;
  Error error = visitFields(bytes, [&](const Field &field) -> Error {
    if (field.number == 2)
      hasRules = !field.bytes.empty();
    else if (field.number == 3)
      hasPrefix = field.value;
    else if (field.number == 4)
      collapses = field.value;
    else if (field.number == 5)
      escapes = field.value;
    return Error::success();
  });
  if (error)
    return error;
  if (hasRules)
    return makeFileError(path,
                         "normalizer_spec.precompiled_charsmap: expects no "
                         "rules to normalize text by, found some");
  if (!escapes)
    return makeFileError(path, "normalizer_spec.escape_whitespaces: expects "
                               "true, found false");
  CharacterOptions &characters = description.characters;
  characters.collapseSpaces = collapses;
  characters.prefix =
      hasPrefix ? CharacterOptions::BeforeSegments : CharacterOptions::NoPrefix;
  characters.dropFirstSpace = hasPrefix;
  return Error::success();
}

Error ModelReader::read(StringRef bytes) {
  description.kind = TokenizerKind::Unigram;
  description.characters.fuseUnknown = true;
  description.characters.singlePrecision = true;
  bool hasNormalizer = false;
  Error error = visitFields(bytes, [&](const Field &field) -> Error {
    if (field.number == 1)
      return readPiece(field.bytes);
    if (field.number == 2)
      return readTrainer(field.bytes);
    if (field.number != 3)
      return Error::success();
    hasNormalizer = true;
    return readNormalizer(field.bytes);
  });
  if (error)
    return error;
  if (count == 0 || !hasNormalizer)
    return makeFileError(path, "expects a model of SentencePiece, found no " +
                                   Twine(count == 0 ? "pieces" : "normalizer"));
  return Error::success();
}

Error mlir::bitnet::readSentencePieceModel(StringRef bytes, StringRef path,
                                           TokenBuilder &builder) {
  return ModelReader(path, builder).read(bytes);
}
