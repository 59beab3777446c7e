//===- ExternalData.h - Tensor data beside an ONNX file ---------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_ONNX_EXTERNALDATA_H
#define BITNET_LIB_IMPORT_ONNX_EXTERNALDATA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mlir::bitnet {

/// Maps the regular file at `path`, which holds at least a byte and at most
/// `maximumSize`; `what` says in messages what is expected.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
mapFile(llvm::StringRef path, llvm::StringRef what,
        uint64_t maximumSize = UINT64_MAX);

/// Where a tensor's data lies, as its message says.
struct ExternalLocation {
  /// A path relative to the folder of the model.
  llvm::StringRef path;
  uint64_t offset = 0;
  /// Nothing: as many bytes as the tensor needs.
  std::optional<uint64_t> length;
};

/// The files that hold data of a model's tensors, each mapped once.
class ExternalData {
public:
  /// Of the model at `modelPath`.
  explicit ExternalData(llvm::StringRef modelPath);

  /// The `size` bytes at `location`. Errors: the path leaves the model's
  /// folder, by a symbolic link too; the file ends before; another length.
  llvm::Expected<llvm::ArrayRef<char>> get(const ExternalLocation &location,
                                           uint64_t size);

private:
  llvm::Expected<llvm::MemoryBuffer *> open(llvm::StringRef path);

  std::string folder;
  llvm::StringMap<std::unique_ptr<llvm::MemoryBuffer>> files;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_ONNX_EXTERNALDATA_H
