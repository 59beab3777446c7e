//===- LinkObject.cpp - Executables and shared libraries ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Codegen/Codegen.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace mlir::bitnet;

llvm::Error mlir::bitnet::linkObject(StringRef object, StringRef output,
                                     bool isShared) {
  llvm::ErrorOr<std::string> compiler = llvm::sys::findProgramByName("cc");
  if (!compiler)
    return llvm::createStringError(
        "linking needs a C compiler called cc in PATH; --emit=obj does not");
  SmallVector<StringRef, 8> arguments = {*compiler, object, "-o", output,
                                         "-Wl,--gc-sections"};
  if (isShared)
    arguments.push_back("-shared");
  std::string message;
  int status = llvm::sys::ExecuteAndWait(*compiler, arguments, std::nullopt, {},
                                         0, 0, &message);
  if (status != 0)
    return llvm::createStringError("linking with " + *compiler + " failed" +
                                   (message.empty() ? "" : ": " + message));
  return llvm::Error::success();
}
