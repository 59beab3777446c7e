//===- JSONText.cpp - JSON of files that may be hostile -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "JSONText.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>

#include <optional>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;
namespace json = llvm::json;

Error mlir::bitnet::makeFileError(StringRef path, const Twine &message) {
  return llvm::createStringError(path + ": " + message);
}

std::string mlir::bitnet::quoteName(StringRef name) {
  constexpr size_t maximumShown = 80;
  std::string quoted;
  llvm::raw_string_ostream stream(quoted);
  stream << '\'';
  llvm::printEscapedString(name.take_front(maximumShown), stream);
  stream << (name.size() > maximumShown ? "...'" : "'");
  return quoted;
}

std::string mlir::bitnet::describeJSON(const json::Value &value) {
  switch (value.kind()) {
  case json::Value::Null:
    return "null";
  case json::Value::Boolean:
    return *value.getAsBoolean() ? "true" : "false";
  case json::Value::Number:
    if (std::optional<int64_t> integer = value.getAsInteger())
      return std::to_string(*integer);
    return fmt::format("{}", *value.getAsNumber());
  case json::Value::String:
    return quoteName(*value.getAsString());
  case json::Value::Array:
    return "an array";
  case json::Value::Object:
    return "an object";
  }
  llvm_unreachable("unknown kind of value");
}

/// The bytes of the string that begins `text`, both quotes included; all of
/// `text` if it does not end.
static StringRef takeString(StringRef text) {
  size_t end = 1;
  while (end < text.size() && text[end] != '"')
    end += text[end] == '\\' ? 2 : 1;
  return text.take_front(end + 1);
}

/// Calls `visitString(token, rest)` and `visitBracket(character)` for the
/// strings and brackets of `text`, which need not be valid, until one of them
/// returns false.
template <typename VisitString, typename VisitBracket>
static void scanJSON(StringRef text, VisitString visitString,
                     VisitBracket visitBracket) {
  while (true) {
    size_t next = text.find_first_of("\"[]{}");
    if (next == StringRef::npos)
      return;
    text = text.drop_front(next);
    StringRef token =
        text.front() == '"' ? takeString(text) : text.take_front();
    text = text.drop_front(token.size());
    if (token.front() == '"' ? !visitString(token, text)
                             : !visitBracket(token.front()))
      return;
  }
}

static bool isNestedTooDeep(StringRef text) {
  constexpr int64_t maximum = 64;
  int64_t depth = 0;
  scanJSON(
      text, [](StringRef, StringRef) { return true; },
      [&](char bracket) {
        depth += bracket == '[' || bracket == '{' ? 1 : -1;
        return depth <= maximum;
      });
  return depth > maximum;
}

/// A name that an object of the valid JSON `text` has twice.
static std::optional<std::string> findDuplicateName(StringRef text) {
  // One for each open bracket; those of arrays stay empty.
  llvm::SmallVector<llvm::StringSet<>> names;
  std::optional<std::string> duplicate;
  scanJSON(
      text,
      [&](StringRef token, StringRef rest) {
        if (!rest.ltrim(" \t\r\n").starts_with(":"))
          return true;
        std::string name = token.drop_front().drop_back().str();
        if (token.contains('\\'))
          name = llvm::cantFail(json::parse(token)).getAsString()->str();
        if (!names.back().insert(name).second)
          duplicate = name;
        return !duplicate;
      },
      [&](char bracket) {
        if (bracket == '[' || bracket == '{')
          names.emplace_back();
        else
          names.pop_back();
        return true;
      });
  return duplicate;
}

/// "header: " in messages.
static std::string getPrefix(StringRef what) {
  return what.empty() ? "" : (what + ": ").str();
}

Expected<json::Value> mlir::bitnet::parseJSON(StringRef text, StringRef path,
                                              StringRef what) {
  std::string prefix = getPrefix(what);
  if (isNestedTooDeep(text))
    return makeFileError(path, prefix + "expects at most 64 nested brackets");
  Expected<json::Value> value = json::parse(text);
  if (!value)
    return makeFileError(
        path, prefix + "expects JSON: " + llvm::toString(value.takeError()));
  if (std::optional<std::string> name = findDuplicateName(text))
    return makeFileError(path, prefix + quoteName(*name) +
                                   ": expects unique names, found a second "
                                   "one");
  return value;
}

/// `value` as an object.
static Expected<json::Object> takeObject(Expected<json::Value> value,
                                         StringRef path, StringRef what) {
  if (!value)
    return value.takeError();
  if (json::Object *object = value->getAsObject())
    return std::move(*object);
  return makeFileError(path, getPrefix(what) + "expects an object, found " +
                                 describeJSON(*value));
}

Expected<json::Object>
mlir::bitnet::parseJSONObject(StringRef text, StringRef path, StringRef what) {
  return takeObject(parseJSON(text, path, what), path, what);
}

Expected<json::Value> mlir::bitnet::readJSONValue(StringRef path) {
  // Opening a pipe would wait for its writer, so look before.
  if (llvm::sys::fs::exists(path) && !llvm::sys::fs::is_regular_file(path))
    return makeFileError(path, "expects a regular file");
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return llvm::createStringError(buffer.getError(),
                                   path + ": " + buffer.getError().message());
  return parseJSON((*buffer)->getBuffer(), path);
}

Expected<json::Object> mlir::bitnet::readJSONFile(StringRef path) {
  return takeObject(readJSONValue(path), path, "");
}
