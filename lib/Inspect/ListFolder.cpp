//===- ListFolder.cpp - Listings of Hugging Face folders ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/HuggingFace/ModelFolder.h"
#include "bitnet/Inspect/ModelListing.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>

using namespace mlir::bitnet;
namespace json = llvm::json;

/// Adds the values of `object` in the order of their names, those of inner
/// objects behind `prefix` and the name of the object.
static void addKeys(const json::Object &object, const std::string &prefix,
                    ModelListing &listing) {
  std::vector<std::pair<std::string, const json::Value *>> fields;
  for (const auto &[key, value] : object)
    fields.emplace_back(key.str(), &value);
  llvm::sort(fields);
  for (const auto &[key, value] : fields) {
    if (const json::Object *inner = value->getAsObject()) {
      addKeys(*inner, prefix + key + ".", listing);
      continue;
    }
    static const char *const types[] = {"null",   "bool",  "number",
                                        "string", "array", "object"};
    std::string text;
    llvm::raw_string_ostream stream(text);
    constexpr size_t maximumShown = 80;
    if (std::optional<llvm::StringRef> string = value->getAsString())
      stream << quoteListed(*string);
    else if (value->kind() == json::Value::Number && !value->getAsInteger())
      stream << fmt::format("{}", *value->getAsNumber());
    else
      stream << *value;
    if (text.size() > maximumShown && !value->getAsString())
      text = text.substr(0, maximumShown) + "...";
    listing.keys.push_back(
        {prefix + key, types[value->kind()], std::move(text), *value});
  }
}

static void addFile(const SafetensorsFile &file, ModelListing &listing) {
  listing.files.push_back(
      {file.getPath().str(), file.getFileSize(), file.getTensors().size()});
}

static void addTensor(const SafetensorsTensor &tensor, size_t file,
                      ModelListing &listing) {
  uint64_t elements = 1;
  for (uint64_t extent : tensor.shape)
    elements *= extent;
  listing.tensors.push_back(
      {tensor.name, tensor.shape, getSafetensorsTypeName(tensor.type).str(),
       elements, tensor.data.size(), tensor.fileOffset, file});
}

ModelListing mlir::bitnet::listModel(const SafetensorsFile &file) {
  ModelListing listing;
  listing.format = "safetensors";
  addFile(file, listing);
  for (const auto &[key, text] : file.getMetadata())
    listing.keys.push_back({key, "string", quoteListed(text), text});
  for (const SafetensorsTensor &tensor : file.getTensors())
    addTensor(tensor, 0, listing);
  return listing;
}

ModelListing mlir::bitnet::listModel(const ModelFolder &folder) {
  ModelListing listing;
  listing.format = "Hugging Face folder";
  for (const std::unique_ptr<SafetensorsFile> &file : folder.getFiles())
    addFile(*file, listing);
  addKeys(folder.getConfig(), "", listing);
  for (const FolderTensor &entry : folder.getTensors()) {
    const auto *file =
        llvm::find_if(folder.getFiles(), [&](const auto &candidate) {
          return candidate.get() == entry.file;
        });
    addTensor(*entry.tensor, file - folder.getFiles().begin(), listing);
  }
  return listing;
}
