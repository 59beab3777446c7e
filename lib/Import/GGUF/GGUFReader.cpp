//===- GGUFReader.cpp - Opening GGUF files and looking things up ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/GGUF/GGUFReader.h"

#include "ByteCursor.h"
#include "GGUFParser.h"
#include "GGUFParts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;
namespace fs = llvm::sys::fs;

Error mlir::bitnet::makeGGUFError(StringRef path, uint64_t offset,
                                  const Twine &message) {
  return llvm::createStringError(path + ": offset 0x" +
                                 llvm::utohexstr(offset, /*LowerCase=*/true) +
                                 ": " + message);
}

std::string mlir::bitnet::quoteGGUFName(StringRef name) {
  constexpr size_t maximumShown = 80;
  std::string quoted;
  llvm::raw_string_ostream stream(quoted);
  stream << '\'';
  llvm::printEscapedString(name.take_front(maximumShown), stream);
  stream << (name.size() > maximumShown ? "...'" : "'");
  return quoted;
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

Expected<std::unique_ptr<GGUFFile>> GGUFFile::open(StringRef path) {
  Expected<std::unique_ptr<GGUFFile>> file = openPart(path);
  if (!file)
    return file;
  return GGUFParts::complete(std::move(*file));
}

Expected<std::unique_ptr<GGUFFile>> GGUFFile::openPart(StringRef path) {
  auto fail = [&](std::error_code code) {
    return llvm::createStringError(code, path + ": " + code.message());
  };
  // Opening a pipe would wait for its writer, so look before.
  fs::file_status status;
  if (std::error_code code = fs::status(path, status))
    return fail(code);
  if (!fs::is_regular_file(status))
    return llvm::createStringError(path + ": expects a regular file");
  Expected<fs::file_t> handle = fs::openNativeFileForRead(path);
  if (!handle)
    return fail(llvm::errorToErrorCode(handle.takeError()));
  llvm::scope_exit close([&] { fs::closeFile(*handle); });
  if (std::error_code code = fs::status(*handle, status))
    return fail(code);
  // An empty file cannot be mapped.
  if (!fs::is_regular_file(status) || status.getSize() == 0)
    return llvm::createStringError(
        path + ": expects a GGUF file, found " +
        (fs::is_regular_file(status) ? "an empty file" : "something else"));

  std::error_code code;
  fs::mapped_file_region map(*handle, fs::mapped_file_region::readonly,
                             status.getSize(), /*offset=*/0, code);
  if (code)
    return fail(code);
  llvm::ArrayRef<char> bytes(map.const_data(), map.size());
  Expected<std::unique_ptr<GGUFFile>> file = parse(bytes, path);
  if (file)
    (*file)->map = std::move(map);
  return file;
}

Expected<std::unique_ptr<GGUFFile>> GGUFFile::parse(llvm::ArrayRef<char> bytes,
                                                    StringRef path) {
  std::unique_ptr<GGUFFile> file(new GGUFFile(path));
  file->bytes = bytes;
  if (Error error = GGUFParser(*file).parse())
    return error;
  return file;
}

//===----------------------------------------------------------------------===//
// Looking up
//===----------------------------------------------------------------------===//

uint64_t GGUFTensor::getElementCount() const {
  uint64_t count = 1;
  for (uint64_t extent : shape)
    count *= extent;
  return count;
}

std::vector<llvm::ArrayRef<char>> GGUFFile::getMappings() const {
  std::vector<llvm::ArrayRef<char>> mappings;
  if (map)
    mappings.push_back(bytes);
  for (const std::unique_ptr<GGUFFile> &part : otherParts)
    mappings.push_back(part->bytes);
  return mappings;
}

std::string GGUFTensor::getTypeName() const {
  return info ? info->name.str() : getTensorTypeName(type);
}

const GGUFTensor *GGUFFile::findTensor(StringRef name) const {
  auto found =
      llvm::lower_bound(tensorsByName, name, [&](size_t index, StringRef name) {
        return tensors[index].name < name;
      });
  return found != tensorsByName.end() && tensors[*found].name == name
             ? &tensors[*found]
             : nullptr;
}

const GGUFEntry *GGUFFile::findEntry(StringRef key) const {
  auto found =
      llvm::lower_bound(entriesByKey, key, [&](size_t index, StringRef key) {
        return entries[index].key < key;
      });
  return found != entriesByKey.end() && entries[*found].key == key
             ? &entries[*found]
             : nullptr;
}

const GGUFValue *GGUFFile::find(StringRef key) const {
  const GGUFEntry *entry = findEntry(key);
  return entry ? &entry->value : nullptr;
}

Error GGUFFile::makeError(uint64_t offset, const Twine &message) const {
  return makeGGUFError(path, offset, message);
}

Error GGUFFile::makeError(const GGUFEntry &entry, const Twine &message) const {
  return makeGGUFError(path, entry.value.getFileOffset(),
                       "key " + quoteGGUFName(entry.key) + ": " + message);
}

Error GGUFFile::makeError(const GGUFTensor &tensor,
                          const Twine &message) const {
  return makeGGUFError(tensor.file->path, tensor.infoOffset,
                       "tensor " + quoteGGUFName(tensor.name) + ": " + message);
}

Error GGUFFile::makeError(const GGUFTensor &tensor, Error error) const {
  return makeGGUFError(tensor.file->path, tensor.fileOffset,
                       "tensor " + quoteGGUFName(tensor.name) + ": " +
                           llvm::toString(std::move(error)));
}

//===----------------------------------------------------------------------===//
// Typed values
//===----------------------------------------------------------------------===//

template <typename T>
Expected<T> GGUFFile::require(StringRef key,
                              Expected<std::optional<T>> value) const {
  if (!value)
    return value.takeError();
  if (!*value)
    return llvm::createStringError(path + ": key " + quoteGGUFName(key) +
                                   ": expects a value, found no such key");
  return std::move(**value);
}

Expected<std::optional<uint64_t>>
GGUFFile::findUnsigned(StringRef key, uint64_t minimum,
                       uint64_t maximum) const {
  const GGUFEntry *entry = findEntry(key);
  if (!entry)
    return std::nullopt;
  std::optional<uint64_t> value = entry->value.asUnsigned();
  if (value && *value >= minimum && *value <= maximum)
    return value;
  std::string wanted = minimum == 0
                           ? "an unsigned integer"
                           : "an integer from " + llvm::utostr(minimum);
  if (maximum != std::numeric_limits<uint64_t>::max())
    wanted = "an integer in [" + llvm::utostr(minimum) + ", " +
             llvm::utostr(maximum) + "]";
  std::string found = entry->value.getTypeName();
  if (value)
    found = llvm::utostr(*value);
  else if (std::optional<int64_t> negative = entry->value.asSigned())
    found = llvm::itostr(*negative);
  return makeError(*entry, "expects " + wanted + ", found " + found);
}

Expected<uint64_t> GGUFFile::getUnsigned(StringRef key, uint64_t minimum,
                                         uint64_t maximum) const {
  return require(key, findUnsigned(key, minimum, maximum));
}

Expected<std::optional<double>> GGUFFile::findFloat(StringRef key) const {
  const GGUFEntry *entry = findEntry(key);
  if (!entry)
    return std::nullopt;
  std::optional<double> value = entry->value.asFloat();
  if (!value)
    return makeError(*entry,
                     "expects f32 or f64, found " + entry->value.getTypeName());
  if (!std::isfinite(*value))
    return makeError(
        *entry, "expects a finite number, found " +
                    Twine(std::isnan(*value) ? "not-a-number" : "infinity"));
  return value;
}

Expected<double> GGUFFile::getFloat(StringRef key) const {
  return require(key, findFloat(key));
}

Expected<std::optional<bool>> GGUFFile::findBool(StringRef key) const {
  const GGUFEntry *entry = findEntry(key);
  if (!entry)
    return std::nullopt;
  if (std::optional<bool> value = entry->value.asBool())
    return value;
  return makeError(*entry, "expects bool, found " + entry->value.getTypeName());
}

Expected<bool> GGUFFile::getBool(StringRef key) const {
  return require(key, findBool(key));
}

Expected<std::optional<StringRef>> GGUFFile::findString(StringRef key) const {
  const GGUFEntry *entry = findEntry(key);
  if (!entry)
    return std::nullopt;
  if (std::optional<StringRef> value = entry->value.asString())
    return value;
  return makeError(*entry,
                   "expects string, found " + entry->value.getTypeName());
}

Expected<StringRef> GGUFFile::getString(StringRef key) const {
  return require(key, findString(key));
}

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

Expected<std::optional<std::vector<StringRef>>>
GGUFFile::findStringArray(StringRef key) const {
  const GGUFEntry *entry = findEntry(key);
  if (!entry)
    return std::nullopt;
  if (!entry->value.isArrayOf(GGUFValueType::String))
    return makeError(*entry, "expects array of string, found " +
                                 entry->value.getTypeName());
  std::vector<StringRef> strings;
  strings.reserve(entry->value.getCount());
  for (StringRef text : entry->value.getStrings())
    strings.push_back(text);
  return std::optional(std::move(strings));
}

Expected<std::vector<StringRef>> GGUFFile::getStringArray(StringRef key) const {
  return require(key, findStringArray(key));
}

Expected<std::optional<std::vector<int64_t>>>
GGUFFile::findIntegerArray(StringRef key) const {
  const GGUFEntry *entry = findEntry(key);
  if (!entry)
    return std::nullopt;
  std::vector<int64_t> integers;
  const GGUFValue &value = entry->value;
  bool matches = value.isArray();
  for (uint64_t index = 0; matches && index < value.getCount(); ++index) {
    std::optional<int64_t> integer = value.getInteger(index);
    matches = integer.has_value();
    integers.push_back(integer.value_or(0));
  }
  if (!matches)
    return makeError(*entry, "expects array of integers below 2^63, found " +
                                 value.getTypeName());
  return std::optional(std::move(integers));
}

Expected<std::vector<int64_t>> GGUFFile::getIntegerArray(StringRef key) const {
  return require(key, findIntegerArray(key));
}

Expected<std::optional<std::vector<float>>>
GGUFFile::findFloatArray(StringRef key) const {
  const GGUFEntry *entry = findEntry(key);
  if (!entry)
    return std::nullopt;
  const GGUFValue &value = entry->value;
  if (!value.isArrayOf(GGUFValueType::F32))
    return makeError(*entry,
                     "expects array of f32, found " + value.getTypeName());
  std::vector<float> floats;
  floats.reserve(value.getCount());
  for (uint64_t index = 0; index < value.getCount(); ++index)
    floats.push_back(static_cast<float>(*value.getFloat(index)));
  return std::optional(std::move(floats));
}

Expected<std::vector<float>> GGUFFile::getFloatArray(StringRef key) const {
  return require(key, findFloatArray(key));
}
