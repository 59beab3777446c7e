//===- ModelFolder.cpp - Folders of Hugging Face --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/HuggingFace/ModelFolder.h"

#include "JSONText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <map>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace json = llvm::json;

static constexpr llvm::StringLiteral configName = "config.json";
static constexpr llvm::StringLiteral wholeName = "model.safetensors";
static constexpr llvm::StringLiteral indexName = "model.safetensors.index.json";

bool mlir::bitnet::isModelFolder(StringRef path) {
  return fs::is_directory(path) ||
         llvm::sys::path::filename(path) == configName;
}

Expected<std::unique_ptr<ModelFolder>> ModelFolder::open(StringRef path) {
  if (llvm::sys::path::filename(path) == configName)
    path = llvm::sys::path::parent_path(path);
  std::unique_ptr<ModelFolder> folder(
      new ModelFolder(path.empty() ? "." : path));
  if (!fs::exists(folder->getPath(configName)))
    return llvm::createStringError(
        folder->path + ": expects a file, or a folder with " + configName);
  if (Error error =
          readJSONFile(folder->getPath(configName)).moveInto(folder->config))
    return error;
  if (Error error = folder->openFiles())
    return error;
  if (Error error = folder->collectTensors())
    return error;
  return folder;
}

std::string ModelFolder::getName() const {
  llvm::SmallString<128> absolute = StringRef(path);
  fs::make_absolute(absolute);
  llvm::sys::path::remove_dots(absolute, /*remove_dot_dot=*/true);
  return llvm::sys::path::filename(absolute).str();
}

std::string ModelFolder::getPath(StringRef name) const {
  llvm::SmallString<128> joined(path);
  llvm::sys::path::append(joined, name);
  return joined.str().str();
}

Error ModelFolder::openFile(StringRef name) {
  return SafetensorsFile::open(getPath(name)).moveInto(files.emplace_back());
}

Error ModelFolder::openFiles() {
  // Where both are, transformers reads the whole file.
  if (fs::exists(getPath(wholeName)))
    return openFile(wholeName);
  std::string indexPath = getPath(indexName);
  if (fs::exists(indexPath))
    return openShards(indexPath);
  return makeFileError(path, "expects " + wholeName + " or " + indexName +
                                 " in the folder, found neither");
}

Error ModelFolder::openShards(StringRef indexPath) {
  Expected<json::Object> index = readJSONFile(indexPath);
  if (!index)
    return index.takeError();
  const json::Object *map = index->getObject("weight_map");
  if (!map || map->empty())
    return makeFileError(indexPath, "weight_map: expects an object that gives "
                                    "the files of tensors, found " +
                                        llvm::Twine(map ? "none" : "no such"));
  // Tensors of each file.
  std::map<std::string, std::vector<std::string>> shards;
  for (const auto &[tensor, value] : *map) {
    std::optional<StringRef> file = value.getAsString();
    // A name with a folder could lead anywhere.
    if (!file || file->empty() || llvm::sys::path::filename(*file) != *file ||
        file->contains('\0') || *file == "." || *file == "..")
      return makeFileError(indexPath, "weight_map: tensor " +
                                          quoteName(tensor.str()) +
                                          ": expects the name of a file in the "
                                          "folder, found " +
                                          describeJSON(value));
    shards[file->str()].push_back(tensor.str());
  }
  for (auto &[name, wanted] : shards) {
    if (Error error = openFile(name))
      return error;
    const SafetensorsFile &file = *files.back();
    llvm::sort(wanted);
    for (StringRef tensor : wanted)
      if (!file.findTensor(tensor))
        return makeFileError(file.getPath(),
                             "tensor " + quoteName(tensor) +
                                 ": expects it in this file, as '" + indexName +
                                 "' says, found no such tensor");
    for (const SafetensorsTensor &tensor : file.getTensors())
      if (!map->get(tensor.name))
        return file.makeError(tensor, "expects no tensor that '" + indexName +
                                          "' does not name");
  }
  return Error::success();
}

Error ModelFolder::collectTensors() {
  for (const std::unique_ptr<SafetensorsFile> &file : files)
    for (const SafetensorsTensor &tensor : file->getTensors())
      tensors.push_back({file.get(), &tensor});
  llvm::sort(tensors, [](const FolderTensor &left, const FolderTensor &right) {
    return std::pair(StringRef(left.tensor->name), left.file->getPath()) <
           std::pair(StringRef(right.tensor->name), right.file->getPath());
  });
  for (size_t index = 1; index < tensors.size(); ++index)
    if (tensors[index].tensor->name == tensors[index - 1].tensor->name)
      return tensors[index].file->makeError(
          *tensors[index].tensor,
          "expects each tensor in one file, found it in '" +
              tensors[index - 1].file->getPath() + "', too");
  return Error::success();
}

llvm::ArrayRef<char> ModelFolder::keep(std::vector<float> &&numbers) {
  llvm::ArrayRef<float> last = kept.emplace_back(std::move(numbers));
  return {reinterpret_cast<const char *>(last.data()),
          last.size() * sizeof(float)};
}

const FolderTensor *ModelFolder::findTensor(StringRef name) const {
  auto found = llvm::lower_bound(tensors, name,
                                 [](const FolderTensor &entry, StringRef name) {
                                   return entry.tensor->name < name;
                                 });
  return found != tensors.end() && found->tensor->name == name ? &*found
                                                               : nullptr;
}
