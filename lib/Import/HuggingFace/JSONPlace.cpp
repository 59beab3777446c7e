//===- JSONPlace.cpp - Values of JSON files and where they are ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "JSONPlace.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
namespace json = llvm::json;

JSONPlace JSONPlace::operator[](StringRef name) const {
  const json::Object *object = value ? value->getAsObject() : nullptr;
  std::string inner = path.empty() ? name.str() : path + "." + name.str();
  return {object ? object->get(name) : nullptr, file, std::move(inner)};
}

std::vector<JSONPlace> JSONPlace::getElements() const {
  std::vector<JSONPlace> elements;
  if (const json::Array *array = value ? value->getAsArray() : nullptr)
    for (auto [index, element] : llvm::enumerate(*array))
      elements.emplace_back(&element, file,
                            path + "[" + std::to_string(index) + "]");
  return elements;
}

std::vector<std::pair<StringRef, JSONPlace>> JSONPlace::getMembers() const {
  std::vector<std::pair<StringRef, JSONPlace>> members;
  if (const json::Object *object = value ? value->getAsObject() : nullptr)
    for (const auto &member : *object)
      members.emplace_back(member.first, (*this)[member.first]);
  llvm::sort(members, llvm::less_first());
  return members;
}

Error JSONPlace::fail(const llvm::Twine &expected) const {
  std::string found = value ? describeJSON(*value) : "nothing";
  std::string place = path.empty() ? "" : path + ": ";
  return makeFileError(file,
                       place + "expects " + expected + ", found " + found);
}

Expected<StringRef> JSONPlace::getString() const {
  std::optional<StringRef> text = value ? value->getAsString() : std::nullopt;
  if (!text)
    return fail("a string");
  return *text;
}

Expected<bool> JSONPlace::getBool() const {
  std::optional<bool> flag = value ? value->getAsBoolean() : std::nullopt;
  if (!flag)
    return fail("true or false");
  return *flag;
}

Expected<bool> JSONPlace::getFlag() const {
  if (isNull())
    return false;
  return getBool();
}

Expected<double> JSONPlace::getNumber() const {
  std::optional<double> number = value ? value->getAsNumber() : std::nullopt;
  if (!number)
    return fail("a number");
  return *number;
}

Expected<uint32_t> JSONPlace::getIndex() const {
  std::optional<int64_t> number = value ? value->getAsInteger() : std::nullopt;
  if (!number || *number < 0 || *number > INT32_MAX)
    return fail("an integer from 0 to 2147483647");
  return static_cast<uint32_t>(*number);
}

Error JSONPlace::expectArray() const {
  if (!value || !value->getAsArray())
    return fail("an array");
  return Error::success();
}

Error JSONPlace::expectObject() const {
  if (!value || !value->getAsObject())
    return fail("an object");
  return Error::success();
}

Error JSONPlace::expectOnly(llvm::ArrayRef<StringRef> names) const {
  if (Error error = expectObject())
    return error;
  for (const auto &[name, member] : getMembers())
    if (!llvm::is_contained(names, name))
      return member.fail("no such setting (but " + llvm::join(names, ", ") +
                         ")");
  return Error::success();
}

Error JSONPlace::expectUnset() const {
  if (isNull() || value->getAsBoolean() == false || value->getAsNumber() == 0 ||
      value->getAsString() == "")
    return Error::success();
  return fail("null");
}
