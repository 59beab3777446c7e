//===- ConfigReader.cpp - Values of config.json ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ConfigReader.h"

#include <fmt/format.h>

#include <cmath>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;
namespace json = llvm::json;

const json::Value *ConfigReader::find(StringRef key) const {
  const json::Value *value = object->get(key);
  return value && !value->getAsNull() ? value : nullptr;
}

Error ConfigReader::makeError(StringRef key, const Twine &message) const {
  return makeFileError(path,
                       "key " + quoteName(prefix + key.str()) + ": " + message);
}

Error ConfigReader::makeWrongError(StringRef key, const Twine &expected) const {
  const json::Value *value = find(key);
  return makeError(key, "expects " + expected + ", found " +
                            (value ? describeJSON(*value) : "no such key"));
}

/// The value of an absent key.
template <typename T>
static Expected<T> require(const ConfigReader &config, StringRef key,
                           Expected<std::optional<T>> value,
                           std::optional<T> absent, StringRef expected) {
  if (!value)
    return value.takeError();
  if (*value)
    return **value;
  if (absent)
    return *absent;
  return config.makeWrongError(key, expected);
}

Expected<std::optional<int64_t>>
ConfigReader::findInteger(StringRef key, int64_t minimum,
                          int64_t maximum) const {
  const json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  std::optional<int64_t> integer = value->getAsInteger();
  if (integer && *integer >= minimum && *integer <= maximum)
    return integer;
  return makeWrongError(
      key, fmt::format("an integer in [{}, {}]", minimum, maximum));
}

Expected<int64_t>
ConfigReader::getInteger(StringRef key, int64_t minimum, int64_t maximum,
                         std::optional<int64_t> absent) const {
  return require(*this, key, findInteger(key, minimum, maximum), absent,
                 "an integer");
}

Expected<std::optional<double>>
ConfigReader::findPositive(StringRef key) const {
  const json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  std::optional<double> number = value->getAsNumber();
  if (number && static_cast<float>(*number) > 0 &&
      std::isfinite(static_cast<float>(*number)))
    return number;
  return makeWrongError(key, "a positive number");
}

Expected<double> ConfigReader::getPositive(StringRef key,
                                           std::optional<double> absent) const {
  return require(*this, key, findPositive(key), absent, "a positive number");
}

Expected<bool> ConfigReader::getBool(StringRef key, bool absent) const {
  const json::Value *value = find(key);
  if (!value)
    return absent;
  if (std::optional<bool> boolean = value->getAsBoolean())
    return *boolean;
  return makeWrongError(key, "true or false");
}

Expected<std::optional<StringRef>>
ConfigReader::findString(StringRef key) const {
  const json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  if (std::optional<StringRef> text = value->getAsString())
    return text;
  return makeWrongError(key, "a string");
}

Expected<std::optional<std::vector<StringRef>>>
ConfigReader::findStrings(StringRef key) const {
  const json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  const json::Array *array = value->getAsArray();
  if (!array)
    return makeWrongError(key, "an array of strings");
  std::vector<StringRef> strings;
  for (const json::Value &element : *array) {
    std::optional<StringRef> text = element.getAsString();
    if (!text)
      return makeError(key,
                       "expects strings only, found " + describeJSON(element));
    strings.push_back(*text);
  }
  return std::optional(std::move(strings));
}

Expected<std::optional<ConfigReader>>
ConfigReader::findObject(StringRef key) const {
  const json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  const json::Object *inner = value->getAsObject();
  if (!inner)
    return makeWrongError(key, "an object");
  ConfigReader reader(path, *inner);
  reader.prefix = prefix + key.str() + ".";
  return std::optional(std::move(reader));
}
