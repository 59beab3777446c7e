//===- OutputFile.h - Files that appear whole or not at all -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_SUPPORT_OUTPUTFILE_H
#define BITNET_TOOLS_SUPPORT_OUTPUTFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

#include <string>

namespace mlir::bitnet {

/// A temporary file beside the output, renamed into place by `keep` and
/// removed otherwise, also when a signal ends the program.
class OutputFile {
public:
  static llvm::Expected<OutputFile> create(llvm::StringRef path);

  OutputFile(OutputFile &&) = default;
  ~OutputFile();

  /// The temporary file, which exists and is empty.
  llvm::StringRef getTemporaryPath() const { return file.TmpName; }
  /// Renames the file into place. `isExecutable`: for all who may read it.
  llvm::Error keep(bool isExecutable = false);

private:
  OutputFile(llvm::StringRef path, llvm::sys::fs::TempFile file)
      : path(path), file(std::move(file)) {}

  std::string path;
  llvm::sys::fs::TempFile file;
  bool isDone = false;
};

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_SUPPORT_OUTPUTFILE_H
