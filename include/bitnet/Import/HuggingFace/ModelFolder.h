//===- ModelFolder.h - Folders of Hugging Face ------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A folder as the library transformers saves it:
//
//   config.json                        what the model is
//   model.safetensors                  all tensors, or else
//   model.safetensors.index.json       {"weight_map": {"<tensor>": "<file>"}}
//   model-00001-of-00004.safetensors   the files that it names
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_HUGGINGFACE_MODELFOLDER_H
#define BITNET_IMPORT_HUGGINGFACE_MODELFOLDER_H

#include "bitnet/Import/HuggingFace/SafetensorsReader.h"

#include "llvm/Support/JSON.h"

namespace mlir::bitnet {

/// Whether `path` is one that ModelFolder::open takes.
bool isModelFolder(llvm::StringRef path);

/// A tensor of one of the files of a folder.
struct FolderTensor {
  const SafetensorsFile *file;
  const SafetensorsTensor *tensor;
};

/// A folder whose files have passed all checks.
class ModelFolder {
public:
  /// Reads config.json and maps all files of tensors. `path` is the folder or
  /// its config.json. Errors: a file that is missing or wrong, a name of a file
  /// that leads out of the folder, a tensor that is in two files, is not where
  /// the index says, or is not in the index.
  static llvm::Expected<std::unique_ptr<ModelFolder>>
  open(llvm::StringRef path);

  /// The folder, as it was given.
  llvm::StringRef getPath() const { return path; }
  /// The last component of its absolute path.
  std::string getName() const;
  /// The path of a file in it.
  std::string getPath(llvm::StringRef name) const;

  const llvm::json::Object &getConfig() const { return config; }
  /// At least one.
  llvm::ArrayRef<std::unique_ptr<SafetensorsFile>> getFiles() const {
    return files;
  }
  /// All tensors of all files, by their names, which are unique.
  llvm::ArrayRef<FolderTensor> getTensors() const { return tensors; }
  /// The tensor called `name`, or null.
  const FolderTensor *findTensor(llvm::StringRef name) const;

  /// Bytes of numbers that were computed from tensors; they live as long as the
  /// folder.
  llvm::ArrayRef<char> keep(std::vector<float> &&numbers);

private:
  explicit ModelFolder(llvm::StringRef path) : path(path) {}

  llvm::Error openFiles();
  llvm::Error openShards(llvm::StringRef indexPath);
  llvm::Error openFile(llvm::StringRef name);
  llvm::Error collectTensors();

  std::string path;
  llvm::json::Object config;
  std::vector<std::unique_ptr<SafetensorsFile>> files;
  std::vector<FolderTensor> tensors;
  std::vector<std::vector<float>> kept;
};

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_HUGGINGFACE_MODELFOLDER_H
