//===- SafetensorsReader.cpp - Safetensors, mapped ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The file:
//
//   offset  0      u64, little-endian   N, the bytes of the header
//           8      JSON                 the header, spaces behind it included
//           8 + N  data                 tensors at their offsets from here
//
//   header         {"__metadata__": {"<key>": "<text>", ...},
//                   "<name>": {"dtype": "BF16", "shape": [M, K],
//                              "data_offsets": [begin, end]}, ...}
//
// Tensors fill the data: each begins where another ends.
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/HuggingFace/SafetensorsReader.h"

#include "JSONText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;
namespace json = llvm::json;

/// The limit of the format.
static constexpr uint64_t maximumHeaderBytes = 100000000;
static constexpr uint64_t lengthBytes = 8;

namespace mlir::bitnet {

/// Fills a SafetensorsFile.
class SafetensorsParser {
public:
  SafetensorsParser(SafetensorsFile &file, llvm::ArrayRef<char> bytes)
      : file(file), bytes(bytes) {}

  Error parse();

private:
  Expected<StringRef> getHeader() const;
  Error readMetadata(const json::Value &value);
  Error readTensor(StringRef name, const json::Value &value);
  /// Checks that tensors fill the data without overlap.
  Error checkPlaces() const;
  Error fail(const Twine &message) const {
    return makeFileError(file.path, message);
  }

  SafetensorsFile &file;
  llvm::ArrayRef<char> bytes;
  llvm::ArrayRef<char> data;
};

} // namespace mlir::bitnet

Expected<StringRef> SafetensorsParser::getHeader() const {
  if (bytes.size() < lengthBytes)
    return fail(fmt::format("expects a safetensors file of at least {} bytes, "
                            "found {}",
                            lengthBytes, bytes.size()));
  uint64_t size = llvm::support::endian::read64le(bytes.data());
  uint64_t remaining = bytes.size() - lengthBytes;
  if (size > std::min(remaining, maximumHeaderBytes))
    return fail(fmt::format("length of the header: expects at most {} bytes, "
                            "found {}",
                            std::min(remaining, maximumHeaderBytes), size));
  StringRef header(bytes.data() + lengthBytes, size);
  if (!header.starts_with("{"))
    return fail("header: expects '{' first, found " +
                quoteName(header.take_front()));
  return header;
}

Error SafetensorsParser::readMetadata(const json::Value &value) {
  const json::Object *object = value.getAsObject();
  if (!object)
    return fail("__metadata__: expects an object, found " +
                describeJSON(value));
  for (const auto &[key, text] : *object) {
    std::optional<StringRef> string = text.getAsString();
    if (!string)
      return fail("__metadata__: " + quoteName(key.str()) +
                  ": expects a string, found " + describeJSON(text));
    file.metadata.emplace_back(key.str(), string->str());
  }
  llvm::sort(file.metadata);
  return Error::success();
}

/// The elements of an array of non-negative integers; nothing if it is none.
static std::optional<llvm::SmallVector<uint64_t, 4>>
getIntegers(const json::Value *value) {
  const json::Array *array = value ? value->getAsArray() : nullptr;
  if (!array)
    return std::nullopt;
  llvm::SmallVector<uint64_t, 4> integers;
  for (const json::Value &element : *array) {
    std::optional<uint64_t> integer = element.getAsUINT64();
    if (!integer)
      return std::nullopt;
    integers.push_back(*integer);
  }
  return integers;
}

Error SafetensorsParser::readTensor(StringRef name, const json::Value &value) {
  std::string prefix = "tensor " + quoteName(name) + ": ";
  auto describe = [](const json::Value *field) {
    return field ? describeJSON(*field) : "none";
  };
  const json::Object *object = value.getAsObject();
  if (!object)
    return fail(prefix + "expects an object, found " + describeJSON(value));
  for (const auto &field : *object)
    if (!llvm::is_contained({"dtype", "shape", "data_offsets"},
                            StringRef(field.first)))
      return fail(prefix + "expects dtype, shape and data_offsets, found " +
                  quoteName(field.first));

  const json::Value *dtype = object->get("dtype");
  std::optional<StringRef> typeName =
      dtype ? dtype->getAsString() : std::nullopt;
  std::optional<SafetensorsType> type =
      typeName ? findSafetensorsType(*typeName) : std::nullopt;
  if (!type)
    return fail(prefix +
                "dtype: expects the name of a type such as 'BF16', "
                "found " +
                describe(dtype));
  const json::Value *shapeValue = object->get("shape");
  std::optional<llvm::SmallVector<uint64_t, 4>> shape = getIntegers(shapeValue);
  if (!shape)
    return fail(prefix + "shape: expects an array of sizes, found " +
                (shapeValue && shapeValue->getAsArray()
                     ? "another element"
                     : describe(shapeValue)));
  const json::Value *offsetsValue = object->get("data_offsets");
  std::optional<llvm::SmallVector<uint64_t, 4>> offsets =
      getIntegers(offsetsValue);
  if (!offsets || offsets->size() != 2)
    return fail(prefix + "data_offsets: expects two offsets, found " +
                (offsetsValue && offsetsValue->getAsArray()
                     ? "another array"
                     : describe(offsetsValue)));

  uint64_t begin = (*offsets)[0], end = (*offsets)[1];
  if (begin > end || end > data.size())
    return fail(prefix + fmt::format("data_offsets: expects an interval in "
                                     "[0, {}], found [{}, {}]",
                                     data.size(), begin, end));
  std::optional<uint64_t> size = getSafetensorsBytes(*type, *shape);
  if (size != end - begin)
    return fail(prefix +
                fmt::format("expects {} bytes for {} of shape [{}], found {}",
                            size ? std::to_string(*size) : "whole, countable",
                            typeName->str(), fmt::join(*shape, ", "),
                            end - begin));
  file.tensors.push_back(
      {name.str(), *type, std::move(*shape),
       static_cast<uint64_t>(data.data() - bytes.data()) + begin,
       data.slice(begin, end - begin)});
  return Error::success();
}

Error SafetensorsParser::checkPlaces() const {
  std::vector<const SafetensorsTensor *> byPlace;
  for (const SafetensorsTensor &tensor : file.tensors)
    byPlace.push_back(&tensor);
  llvm::sort(byPlace, [](const auto *left, const auto *right) {
    return std::pair(left->data.begin(), left->data.end()) <
           std::pair(right->data.begin(), right->data.end());
  });
  const char *end = data.begin();
  for (const SafetensorsTensor *tensor : byPlace) {
    if (tensor->data.begin() != end)
      return file.makeError(
          *tensor,
          fmt::format("data_offsets: expects to begin at {}, where "
                      "another ends, found {}",
                      end - data.begin(), tensor->data.begin() - data.begin()));
    end = tensor->data.end();
  }
  if (end != data.end())
    return fail(fmt::format("expects the end of the file behind the last "
                            "tensor, found {} more bytes",
                            data.end() - end));
  return Error::success();
}

Error SafetensorsParser::parse() {
  Expected<StringRef> header = getHeader();
  if (!header)
    return header.takeError();
  data = bytes.drop_front(lengthBytes + header->size());
  Expected<json::Object> object = parseJSONObject(*header, file.path, "header");
  if (!object)
    return object.takeError();
  for (const auto &[name, value] : *object)
    if (Error error = StringRef(name) == "__metadata__"
                          ? readMetadata(value)
                          : readTensor(name, value))
      return error;
  llvm::sort(file.tensors, [](const auto &left, const auto &right) {
    return left.name < right.name;
  });
  return checkPlaces();
}

Expected<std::unique_ptr<SafetensorsFile>>
SafetensorsFile::parse(llvm::ArrayRef<char> bytes, StringRef path) {
  std::unique_ptr<SafetensorsFile> file(new SafetensorsFile(path));
  file->fileSize = bytes.size();
  if (Error error = SafetensorsParser(*file, bytes).parse())
    return error;
  return file;
}

Expected<std::unique_ptr<SafetensorsFile>>
SafetensorsFile::open(StringRef path) {
  // Opening a pipe would wait for its writer, so look before.
  if (llvm::sys::fs::exists(path) && !llvm::sys::fs::is_regular_file(path))
    return makeFileError(path, "expects a regular file");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(buffer.getError(),
                                   path + ": " + buffer.getError().message());
  StringRef bytes = (*buffer)->getBuffer();
  Expected<std::unique_ptr<SafetensorsFile>> file =
      parse(llvm::ArrayRef(bytes.data(), bytes.size()), path);
  if (file)
    (*file)->buffer = std::move(*buffer);
  return file;
}

llvm::ArrayRef<char> SafetensorsFile::getMapping() const {
  if (!buffer ||
      buffer->getBufferKind() != llvm::MemoryBuffer::MemoryBuffer_MMap)
    return {};
  return {buffer->getBufferStart(), buffer->getBufferSize()};
}

const SafetensorsTensor *SafetensorsFile::findTensor(StringRef name) const {
  auto found = llvm::lower_bound(
      tensors, name, [](const SafetensorsTensor &tensor, StringRef name) {
        return tensor.name < name;
      });
  return found != tensors.end() && found->name == name ? &*found : nullptr;
}

Error SafetensorsFile::makeError(const SafetensorsTensor &tensor,
                                 const Twine &message) const {
  return makeFileError(path,
                       "tensor " + quoteName(tensor.name) + ": " + message);
}
