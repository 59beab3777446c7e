//===- FolderPooling.cpp - Folders of embedding models --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// sentence-transformers adds to a folder
//
//   modules.json           [{"type":
//   "sentence_transformers.models.Transformer",
//                            "path": ""}, {"type": "....Pooling",
//                            "path": "1_Pooling"}, ...]
//   1_Pooling/config.json  {"pooling_mode_lasttoken": true, ...}
//
//===----------------------------------------------------------------------===//
#include "FolderConfig.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
namespace json = llvm::json;

static Expected<Pooling> readPoolingFile(StringRef path) {
  Expected<json::Object> object = readJSONFile(path);
  if (!object)
    return object.takeError();
  ConfigReader config(path, *object);
  std::optional<Pooling> pooling;
  for (auto [key, kind] :
       {std::pair("pooling_mode_cls_token", std::optional(Pooling::Cls)),
        {"pooling_mode_mean_tokens", Pooling::Mean},
        {"pooling_mode_lasttoken", Pooling::Last},
        {"pooling_mode_max_tokens", std::nullopt},
        {"pooling_mode_mean_sqrt_len_tokens", std::nullopt},
        {"pooling_mode_weightedmean_tokens", std::nullopt}}) {
    bool isSet;
    if (Error error = config.getBool(key, false).moveInto(isSet))
      return error;
    if (!isSet)
      continue;
    if (!kind || pooling)
      return config.makeWrongError(
          key, "false (only one of cls, mean and last is supported)");
    pooling = kind;
  }
  if (!pooling)
    return makeFileError(path, "expects a mode of pooling, found none");
  return *pooling;
}

Expected<std::optional<Pooling>>
mlir::bitnet::readPooling(const ModelFolder &folder) {
  std::string path = folder.getPath("modules.json");
  if (!llvm::sys::fs::exists(path))
    return std::nullopt;
  Expected<json::Value> modules = readJSONValue(path);
  if (!modules)
    return modules.takeError();
  const json::Array *array = modules->getAsArray();
  if (!array)
    return makeFileError(path,
                         "expects an array, found " + describeJSON(*modules));
  std::optional<Pooling> pooling;
  for (const json::Value &element : *array) {
    const json::Object *object = element.getAsObject();
    std::optional<StringRef> type =
        object ? object->getString("type") : std::nullopt;
    if (!type)
      return makeFileError(path, "expects objects with a type, found " +
                                     describeJSON(element));
    StringRef name = type->rsplit('.').second;
    // Embeddings are always normalised.
    if (name == "Transformer" || name == "Normalize")
      continue;
    std::optional<StringRef> inner = object->getString("path");
    if (name != "Pooling" || !inner || inner->empty() || inner->contains('/') ||
        *inner == "..")
      return makeFileError(path, "expects Transformer, Pooling and Normalize, "
                                 "found " +
                                     quoteName(*type));
    llvm::SmallString<128> file(folder.getPath(*inner));
    llvm::sys::path::append(file, "config.json");
    if (Error error = readPoolingFile(file).moveInto(pooling.emplace()))
      return error;
  }
  if (!pooling)
    return makeFileError(path, "expects a module of type Pooling, found none");
  return pooling;
}
