//===- ListGGUF.cpp - The listing of a GGUF file --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/GGUF/GGUFReader.h"
#include "bitnet/Inspect/ModelListing.h"

#include <fmt/format.h>

#include <cmath>

using namespace mlir::bitnet;
namespace json = llvm::json;

/// JSON has no numbers that are not finite.
static json::Value getNumber(double number) {
  if (std::isfinite(number))
    return number;
  return fmt::format("{}", number);
}

namespace {
/// An element of a value, for JSON and for a line of text.
struct Element {
  json::Value value;
  std::string text;
};
} // namespace

static Element describeScalar(const GGUFValue &value) {
  if (std::optional<llvm::StringRef> text = value.asString())
    return {json::fixUTF8(*text), quoteListed(*text)};
  if (std::optional<bool> truth = value.asBool())
    return {*truth, *truth ? "true" : "false"};
  if (std::optional<uint64_t> number = value.asUnsigned())
    return {*number, std::to_string(*number)};
  if (std::optional<int64_t> number = value.asSigned())
    return {*number, std::to_string(*number)};
  double number = *value.asFloat();
  // The fewest digits that give the same f32.
  if (value.getType() == GGUFValueType::F32)
    return {getNumber(number), fmt::format("{}", static_cast<float>(number))};
  return {getNumber(number), fmt::format("{}", number)};
}

/// Element `index` of an array of scalars.
static Element describeElement(const GGUFValue &array, uint64_t index) {
  GGUFValueType type = array.getElementType();
  uint64_t size = getScalarBytes(type);
  return describeScalar(GGUFValue(type, type, 1,
                                  array.getBytes().substr(index * size, size),
                                  array.getFileOffset() + index * size));
}

static Element describeArray(const GGUFValue &array) {
  constexpr uint64_t maximumShown = 5;
  json::Array values;
  std::string text = "[";
  uint64_t shown = 0;
  auto add = [&](Element element) {
    values.push_back(std::move(element.value));
    if (shown++ < maximumShown)
      text += (shown == 1 ? "" : ", ") + element.text;
  };
  if (array.isArrayOf(GGUFValueType::String))
    for (llvm::StringRef string : array.getStrings())
      add({json::fixUTF8(string),
           shown < maximumShown ? quoteListed(string) : ""});
  else
    for (uint64_t index = 0; index < array.getCount(); ++index)
      add(describeElement(array, index));
  text +=
      shown > maximumShown ? fmt::format(", ...] ({} elements)", shown) : "]";
  return {std::move(values), std::move(text)};
}

ModelListing mlir::bitnet::listModel(const GGUFFile &file) {
  ModelListing listing;
  listing.format = "GGUF";
  listing.facts = {{"version", file.getVersion()},
                   {"byte order", "little-endian"},
                   {"alignment", file.getAlignment()}};
  std::vector<const GGUFFile *> parts = {&file};
  for (const std::unique_ptr<GGUFFile> &part : file.getOtherParts())
    parts.push_back(part.get());
  for (const GGUFFile *part : parts)
    listing.files.push_back({part->getPath().str(), part->getFileSize(), 0});
  for (const GGUFEntry &entry : file.getEntries()) {
    const GGUFValue &value = entry.value;
    Element element =
        value.isArray() ? describeArray(value) : describeScalar(value);
    listing.keys.push_back({entry.key.str(), value.getTypeName(),
                            std::move(element.text), std::move(element.value)});
  }
  for (const GGUFTensor &tensor : file.getTensors()) {
    size_t part = llvm::find(parts, tensor.file) - parts.begin();
    ++listing.files[part].tensors;
    listing.tensors.push_back({tensor.name.str(), tensor.shape,
                               tensor.getTypeName(), tensor.getElementCount(),
                               tensor.data.size(), tensor.fileOffset, part});
  }
  return listing;
}
