//===- FolderTensors.h - Tensors of a folder by our names -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_HUGGINGFACE_FOLDERTENSORS_H
#define BITNET_LIB_IMPORT_HUGGINGFACE_FOLDERTENSORS_H

#include "FolderConfig.h"
#include "FolderNames.h"
#include "bitnet/Import/LanguageModel/ModelTensors.h"

namespace mlir::bitnet {

/// The tensors of a folder. Those that its model does not use, such as tables
/// that it saves and computes all the same, are left out.
class FolderTensorSource final : public TensorSource {
public:
  /// Checks that the tensors are stored as config.json says. `folder` must
  /// outlive the source and keeps what is computed of its tensors.
  static llvm::Expected<FolderTensorSource> create(ModelFolder &folder,
                                                   const FolderConfig &config);

  size_t getCount() const override { return entries.size(); }
  std::optional<size_t> find(llvm::StringRef name) const override;
  llvm::StringRef getName(size_t tensor) const override {
    return entries[tensor].tensor->tensor->name;
  }
  llvm::ArrayRef<uint64_t> getShape(size_t tensor) const override {
    return entries[tensor].shape;
  }
  llvm::Expected<StoredMatrix> getMatrix(size_t tensor) const override;
  bool hasReciprocalFactors() const override {
    return config.storage == LinearStorage::Divisors;
  }
  llvm::Error makeError(size_t tensor,
                        const llvm::Twine &message) const override;
  llvm::Error makeContentError(size_t tensor,
                               const llvm::Twine &message) const override {
    return makeError(tensor, message);
  }
  llvm::Error makeMissingError(llvm::StringRef name,
                               const llvm::Twine &wanted) const override;

private:
  struct Entry {
    /// Ours, or the folder's if it is none of ours.
    std::string name;
    const FolderTensor *tensor;
    /// Fastest dimension first, of the matrix that is stored.
    llvm::SmallVector<uint64_t, 4> shape;
    bool isPacked;
  };

  FolderTensorSource(ModelFolder &folder, const FolderConfig &config,
                     FolderNames names)
      : folder(folder), config(config), names(std::move(names)) {}

  llvm::Error collect();
  llvm::Error checkHead();
  llvm::Error checkLinear(const LayerLinearInfo &info, llvm::StringRef stem);
  llvm::Error checkWeight(llvm::StringRef stem);

  ModelFolder &folder;
  const FolderConfig &config;
  FolderNames names;
  /// By their names.
  std::vector<Entry> entries;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_HUGGINGFACE_FOLDERTENSORS_H
