//===- FolderNames.h - Tensors of folders and ours --------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_HUGGINGFACE_FOLDERNAMES_H
#define BITNET_LIB_IMPORT_HUGGINGFACE_FOLDERNAMES_H

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace mlir::bitnet {

/// Translates between the names of tensors in folders, behind a prefix such as
/// "model.", and those of Architecture.h.
class FolderNames {
public:
  /// `hasPostNorms`: a block has norms behind attention and feed-forward layer,
  /// which changes what some names mean.
  FolderNames(llvm::StringRef prefix, bool hasPostNorms)
      : prefix(prefix), hasPostNorms(hasPostNorms) {}

  /// Our name of a tensor; nothing if no model has a tensor of that name.
  std::optional<std::string> toModel(llvm::StringRef name) const;
  /// What folders call it; the name itself if it is none of ours.
  std::string toFolder(llvm::StringRef name) const;

private:
  std::string prefix;
  bool hasPostNorms;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_HUGGINGFACE_FOLDERNAMES_H
