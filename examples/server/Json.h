//===- Json.h - Reading requests and writing answers ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXAMPLES_SERVER_JSON_H
#define BITNET_EXAMPLES_SERVER_JSON_H

#include "ApiError.h"
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

namespace server {

/// Objects keep the order of their fields.
using Json = nlohmann::ordered_json;

/// The first thing that is wrong with a request. What is read after it does not
/// matter.
using FirstError = std::optional<ApiError>;

/// Parses the body of a request: an object of UTF-8, at most 64 levels deep.
Json parseBody(const std::string &body, FirstError &error);

/// One line of JSON. Bytes that are no UTF-8, which a model may well generate,
/// become U+FFFD.
std::string writeJson(const Json &value);

/// Reads the fields of an object. Null is the same as no field at all: the
/// default stays.
class ObjectReader {
public:
  /// `path` is what the names of fields in messages begin with, such as
  /// "stream_options."; empty: nothing. `object` is an object and outlives the
  /// reader.
  ObjectReader(const Json &object, std::string path, FirstError &error)
      : object(object), path(std::move(path)), error(error) {}

  /// The value of a field; null if there is none.
  const Json *find(const char *name);
  /// As find, and it is an error if there is none.
  const Json *require(const char *name);

  void read(const char *name, bool &value);
  void read(const char *name, std::string &value);
  void read(const char *name, float &value, float low, float high);
  void read(const char *name, uint32_t &value, uint32_t low, uint32_t high);
  void read(const char *name, std::optional<int64_t> &value);

  /// A field that changes nothing.
  void ignore(const char *name) { known.insert(name); }
  /// A field of the API that may only have the value that means "off".
  void refuse(const char *name, const Json &off);
  /// Says that `name` expects something else, unless something was wrong
  /// before.
  void fail(const std::string &name, const std::string &expectation);
  /// Fields that nothing above has asked for are errors.
  void finish();

private:
  const Json &object;
  std::string path;
  FirstError &error;
  std::set<std::string> known;
};

} // namespace server

#endif // BITNET_EXAMPLES_SERVER_JSON_H
