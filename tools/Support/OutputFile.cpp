//===- OutputFile.cpp - Files that appear whole or not at all -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support/OutputFile.h"

using namespace mlir::bitnet;

llvm::Expected<OutputFile> OutputFile::create(llvm::StringRef path) {
  llvm::sys::fs::file_status status;
  if (!llvm::sys::fs::status(path, status) &&
      !llvm::sys::fs::is_regular_file(status))
    return llvm::createStringError("cannot write '" + path +
                                   "': expects a regular file");
  auto file = llvm::sys::fs::TempFile::create(
      path + ".%%%%%%%%",
      llvm::sys::fs::owner_read | llvm::sys::fs::owner_write |
          llvm::sys::fs::group_read | llvm::sys::fs::others_read);
  if (!file)
    return llvm::createStringError("cannot write '" + path +
                                   "': " + llvm::toString(file.takeError()));
  return OutputFile(path, std::move(*file));
}

OutputFile::~OutputFile() {
  if (!isDone && !file.TmpName.empty())
    llvm::consumeError(file.discard());
}

llvm::Error OutputFile::keep(bool isExecutable) {
  using namespace llvm::sys::fs;
  if (isExecutable)
    if (std::error_code error = setPermissions(
            file.TmpName,
            perms((all_read | all_exe | owner_write) & ~getUmask())))
      return llvm::createFileError(path, error);
  isDone = true;
  if (llvm::Error error = file.keep(path))
    return llvm::createStringError("cannot write '" + path +
                                   "': " + llvm::toString(std::move(error)));
  return llvm::Error::success();
}
