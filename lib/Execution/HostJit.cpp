//===- HostJit.cpp - Runs objects in this process -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostJit.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"

#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;

/// An empty process: only what generated code may call.
static llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> makeJit() {
  auto jit = llvm::orc::LLJITBuilder()
                 .setLinkProcessSymbolsByDefault(false)
                 .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                 .create();
  if (!jit)
    return jit.takeError();
  llvm::orc::SymbolMap symbols;
  auto define = [&](llvm::StringRef name, auto *function) {
    symbols[(*jit)->mangleAndIntern(name)] = {
        llvm::orc::ExecutorAddr::fromPtr(function),
        llvm::JITSymbolFlags::Exported};
  };
  define("memcpy",
         static_cast<void *(*)(void *, const void *, size_t)>(&std::memcpy));
  define("memmove",
         static_cast<void *(*)(void *, const void *, size_t)>(&std::memmove));
  define("memset", static_cast<void *(*)(void *, int, size_t)>(&std::memset));
  if (llvm::Error error = (*jit)->getMainJITDylib().define(
          llvm::orc::absoluteSymbols(std::move(symbols))))
    return std::move(error);
  return jit;
}

llvm::Expected<LoadedObject>
mlir::bitnet::loadObject(std::unique_ptr<llvm::MemoryBuffer> object,
                         llvm::StringRef symbol, llvm::StringRef what) {
  llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit = makeJit();
  if (!jit)
    return jit.takeError();
  // What the linker finds is reported there; lookup() only says that it failed.
  auto cause = std::make_shared<std::string>();
  (*jit)->getExecutionSession().setErrorReporter([cause](llvm::Error error) {
    *cause = llvm::toString(std::move(error));
  });
  if (llvm::Error error = (*jit)->addObjectFile(std::move(object)))
    return std::move(error);
  llvm::Expected<llvm::orc::ExecutorAddr> address = (*jit)->lookup(symbol);
  if (!address) {
    std::string failure = llvm::toString(address.takeError());
    return llvm::createStringError(
        what + " does not link: " + (cause->empty() ? failure : *cause));
  }
  return LoadedObject{std::move(*jit), *address};
}
