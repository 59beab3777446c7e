//===- Json.cpp - Reading requests and writing answers --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Json.h"
#include <cmath>

using namespace server;

static constexpr int mostLevels = 64;

/// Whether more than `mostLevels` brackets are open somewhere. The library's
/// callback would say so, too, but takes time quadratic in the objects of a
/// list.
static bool isTooDeep(const std::string &body) {
  int levels = 0;
  bool inString = false;
  for (size_t i = 0; i < body.size(); ++i) {
    char c = body[i];
    if (inString && c == '\\')
      ++i;
    else if (c == '"')
      inString = !inString;
    else if (!inString && (c == '[' || c == '{') && ++levels > mostLevels)
      return true;
    else if (!inString && (c == ']' || c == '}'))
      --levels;
  }
  return false;
}

/// What the library says may quote all of the body.
static constexpr size_t longestMessage = 200;

Json server::parseBody(const std::string &body, FirstError &error) {
  if (isTooDeep(body)) {
    error = ApiError{400, "the body is nested too deeply", "", ""};
    return Json::object();
  }
  Json value;
  // The library says where and what the mistake is only by an exception.
  try {
    value = Json::parse(body);
  } catch (const Json::exception &exception) {
    std::string text = exception.what();
    // "[json.exception.parse_error.101] parse error at line 1, ..."
    size_t end = text.find("] ");
    if (end != std::string::npos)
      text.erase(0, end + 2);
    if (text.size() > longestMessage)
      text = text.substr(0, longestMessage) + "...";
    error = ApiError{400, "the body is not valid JSON: " + text, "", ""};
    return Json::object();
  }
  if (!value.is_object())
    error = ApiError{400, "the body is not a JSON object", "", ""};
  return error ? Json::object() : value;
}

std::string server::writeJson(const Json &value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json *ObjectReader::find(const char *name) {
  known.insert(name);
  auto field = object.find(name);
  return field == object.end() || field->is_null() ? nullptr : &*field;
}

const Json *ObjectReader::require(const char *name) {
  const Json *value = find(name);
  if (!value)
    fail(name, "is required");
  return value;
}

void ObjectReader::fail(const std::string &name,
                        const std::string &expectation) {
  if (!error)
    error = makeFieldError(path + name, expectation);
}

void ObjectReader::read(const char *name, bool &value) {
  const Json *field = find(name);
  if (!field)
    return;
  if (!field->is_boolean())
    return fail(name, "expects true or false");
  value = field->get<bool>();
}

void ObjectReader::read(const char *name, std::string &value) {
  const Json *field = find(name);
  if (!field)
    return;
  if (!field->is_string())
    return fail(name, "expects a string");
  value = field->get<std::string>();
}

/// A number as people write it: 2, not 2.000000.
static std::string writeNumber(double value) {
  return value == std::floor(value) ? std::to_string((long long)value)
                                    : Json(value).dump();
}

void ObjectReader::read(const char *name, float &value, float low, float high) {
  const Json *field = find(name);
  if (!field)
    return;
  double number = field->is_number() ? field->get<double>() : low - 1.0;
  if (!(number >= low && number <= high))
    return fail(name, "expects a number from " + writeNumber(low) + " to " +
                          writeNumber(high));
  value = (float)number;
}

void ObjectReader::read(const char *name, uint32_t &value, uint32_t low,
                        uint32_t high) {
  const Json *field = find(name);
  if (!field)
    return;
  // Integers that are not negative are unsigned when they are parsed.
  if (!field->is_number_unsigned() || field->get<uint64_t>() < low ||
      field->get<uint64_t>() > high)
    return fail(name, "expects an integer from " + std::to_string(low) +
                          " to " + std::to_string(high));
  value = field->get<uint32_t>();
}

void ObjectReader::read(const char *name, std::optional<int64_t> &value) {
  const Json *field = find(name);
  if (!field)
    return;
  if (!field->is_number_integer() ||
      (field->is_number_unsigned() && field->get<uint64_t>() > INT64_MAX))
    return fail(name, "expects an integer of 64 bits");
  value = field->get<int64_t>();
}

void ObjectReader::refuse(const char *name, const Json &off) {
  const Json *field = find(name);
  if (field && *field != off)
    fail(name, "is not supported with another value than " + writeJson(off));
}

void ObjectReader::finish() {
  for (const auto &field : object.items())
    if (!known.count(field.key()))
      return fail(field.key(), "is not a field of this request");
}
