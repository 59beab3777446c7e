//===- TokenizerFolder.cpp - The tokenizer in a folder --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/HuggingFace/TokenizerFolder.h"
#include "SentencePieceModel.h"
#include "TokenizerJSON.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
namespace json = llvm::json;

namespace {

/// A JSON file of the folder; an empty object, if it is not there.
struct FolderFile {
  std::string path;
  json::Value value = json::Object();
  bool exists = false;

  JSONPlace getRoot() const { return {&value, path, ""}; }
};

/// Reads one folder.
class FolderReader {
public:
  FolderReader(StringRef folder, FolderTokenizer &tokenizer,
               int64_t vocabularySize)
      : folder(folder), builder(tokenizer, vocabularySize),
        description(tokenizer.description) {}

  /// Returns false if there is no tokenizer.
  Expected<bool> read();

private:
  std::string getPath(StringRef name) const;
  Expected<FolderFile> open(StringRef name) const;
  Expected<bool> readTokens();
  Error readSentencePiece(const std::string &path);
  Error readMoreTokens();
  Error readNamedToken(StringRef name, std::optional<uint32_t> &token);
  Error readNamedTokens();
  Error readAdditions();
  Error readIds();
  Error readChatTemplate();

  StringRef folder;
  TokenBuilder builder;
  TokenizerDescription &description;
  FolderFile config, specialTokens;
  bool hasTemplate = false;
};

} // namespace

std::string FolderReader::getPath(StringRef name) const {
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  return std::string(path);
}

Expected<FolderFile> FolderReader::open(StringRef name) const {
  FolderFile file;
  file.path = getPath(name);
  if (!llvm::sys::fs::exists(file.path))
    return file;
  Expected<json::Object> object = readJSONFile(file.path);
  if (!object)
    return object.takeError();
  file.value = std::move(*object);
  file.exists = true;
  return file;
}

Error FolderReader::readSentencePiece(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return llvm::createStringError(buffer.getError(),
                                   path + ": " + buffer.getError().message());
  if (Error error =
          readSentencePieceModel((*buffer)->getBuffer(), path, builder))
    return error;
  const FolderTokenizer &tokenizer = builder.tokenizer;
  std::vector<AddedToken> &added = description.addedTokens.emplace();
  for (auto [token, type] : llvm::enumerate(tokenizer.types))
    if (type >= UnknownToken && type <= UserDefinedToken)
      added.push_back({static_cast<uint32_t>(token), tokenizer.tokens[token]});
  // Tokens that the model has beside those of the file.
  Expected<FolderFile> more = open("added_tokens.json");
  if (!more)
    return more.takeError();
  for (const auto &[text, id] : more->getRoot().getMembers()) {
    uint32_t token;
    if (Error error = id.getIndex().moveInto(token))
      return error;
    if (builder.find(text))
      continue;
    if (Error error = builder.setToken(id, token, text, ControlToken))
      return error;
    added.push_back({token, builder.getText(token)});
  }
  return Error::success();
}

Expected<bool> FolderReader::readTokens() {
  Expected<FolderFile> file = open("tokenizer.json");
  if (!file)
    return file.takeError();
  if (file->exists) {
    hasTemplate = !file->getRoot()["post_processor"].isNull();
    if (Error error = readTokenizerJSON(file->getRoot(), builder))
      return error;
    return true;
  }
  std::string path = getPath("tokenizer.model");
  if (!llvm::sys::fs::exists(path))
    return false;
  if (!llvm::sys::fs::is_regular_file(path))
    return makeFileError(path, "expects a regular file");
  if (Error error = readSentencePiece(path))
    return error;
  return true;
}

/// "added_tokens_decoder": {"<id>": {"content": ...}}
Error FolderReader::readMoreTokens() {
  JSONPlace more = config.getRoot()["added_tokens_decoder"];
  for (const auto &[id, entry] : more.getMembers()) {
    uint32_t token;
    if (id.getAsInteger(10, token))
      return entry.fail("an id as its name");
    bool isPrefixed = false;
    if (Error error = builder.addToken(entry, token, isPrefixed))
      return error;
  }
  return Error::success();
}

/// A token by its text, which may be the content of an object.
Error FolderReader::readNamedToken(StringRef name,
                                   std::optional<uint32_t> &token) {
  for (const FolderFile *file : {&config, &specialTokens}) {
    JSONPlace place = file->getRoot()[name];
    JSONPlace content = place["content"];
    if (!content.isNull())
      place = content;
    if (place.isNull())
      continue;
    StringRef text;
    if (Error error = place.getString().moveInto(text))
      return error;
    std::optional<uint32_t> found = builder.find(text);
    if (!found)
      return place.fail("a token of the vocabulary");
    if (!token)
      token = found;
    return Error::success();
  }
  return Error::success();
}

Error FolderReader::readNamedTokens() {
  if (Error error = readNamedToken("bos_token", description.bosToken))
    return error;
  if (Error error = readNamedToken("eos_token", description.eosToken))
    return error;
  return readNamedToken("pad_token", description.paddingToken);
}

/// Classes of the library transformers that follow Llama's add tokens as the
/// configuration says, whatever the template in tokenizer.json does. Others
/// ignore the configuration, unless there is no template.
Error FolderReader::readAdditions() {
  JSONPlace root = config.getRoot();
  StringRef className;
  if (!root["tokenizer_class"].isNull())
    if (Error error = root["tokenizer_class"].getString().moveInto(className))
      return error;
  bool followsLlama = className.contains("Llama") ||
                      className.contains("Gemma") ||
                      className.contains_insensitive("BitNet");
  if (hasTemplate && !followsLlama)
    return Error::success();
  bool isSentencePiece = description.kind != TokenizerKind::BytePair;
  if (!hasTemplate)
    description.addBos = isSentencePiece && description.bosToken;
  if (!root["add_bos_token"].isNull())
    if (Error error =
            root["add_bos_token"].getBool().moveInto(description.addBos))
      return error;
  if (!root["add_eos_token"].isNull())
    if (Error error =
            root["add_eos_token"].getBool().moveInto(description.addEos))
      return error;
  return Error::success();
}

/// Ids in generation_config.json, or else config.json. There may be several
/// that end a generation.
Error FolderReader::readIds() {
  for (StringRef name : {"generation_config.json", "config.json"}) {
    Expected<FolderFile> file = open(name);
    if (!file)
      return file.takeError();
    JSONPlace begin = file->getRoot()["bos_token_id"];
    if (!begin.isNull() && !description.bosToken)
      if (Error error =
              begin.getIndex().moveInto(description.bosToken.emplace()))
        return error;
    JSONPlace end = file->getRoot()["eos_token_id"];
    if (end.isNull() || !description.endTokens.empty())
      continue;
    std::vector<JSONPlace> ids = end.getElements();
    if (ids.empty())
      ids.push_back(end);
    for (const JSONPlace &id : ids)
      if (Error error =
              id.getIndex().moveInto(description.endTokens.emplace_back()))
        return error;
  }
  if (!description.eosToken && !description.endTokens.empty())
    description.eosToken = description.endTokens.front();
  return Error::success();
}

/// A text, or several that have names.
Error FolderReader::readChatTemplate() {
  std::optional<std::string> &text = builder.tokenizer.chatTemplate;
  std::string path = getPath("chat_template.jinja");
  if (llvm::sys::fs::is_regular_file(path)) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    if (!buffer)
      return llvm::createStringError(buffer.getError(),
                                     path + ": " + buffer.getError().message());
    text = (*buffer)->getBuffer().str();
    return Error::success();
  }
  JSONPlace place = config.getRoot()["chat_template"];
  if (place.isNull())
    return Error::success();
  std::vector<JSONPlace> templates = place.getElements();
  for (const JSONPlace &named : templates) {
    StringRef name;
    if (Error error = named["name"].getString().moveInto(name))
      return error;
    if (name == "default")
      place = named["template"];
  }
  if (!templates.empty() && place.getElements().size() == templates.size())
    return Error::success();
  StringRef found;
  if (Error error = place.getString().moveInto(found))
    return error;
  text = found.str();
  return Error::success();
}

Expected<bool> FolderReader::read() {
  if (Error error = open("tokenizer_config.json").moveInto(config))
    return error;
  if (Error error = open("special_tokens_map.json").moveInto(specialTokens))
    return error;
  Expected<bool> exists = readTokens();
  if (!exists || !*exists)
    return exists;
  if (Error error = readMoreTokens())
    return error;
  if (Error error = readNamedTokens())
    return error;
  if (Error error = readAdditions())
    return error;
  if (Error error = readIds())
    return error;
  if (Error error = readChatTemplate())
    return error;
  builder.finish();
  return true;
}

Expected<std::optional<FolderTokenizer>>
mlir::bitnet::readTokenizerFolder(StringRef folder, int64_t vocabularySize) {
  FolderTokenizer tokenizer;
  Expected<bool> exists =
      FolderReader(folder, tokenizer, vocabularySize).read();
  if (!exists)
    return exists.takeError();
  if (!*exists)
    return std::nullopt;
  return std::optional(std::move(tokenizer));
}
