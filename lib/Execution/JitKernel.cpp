//===- JitKernel.cpp - Compiles a kernel and runs it here -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/JitKernel.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

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
  auto define = [&](StringRef name, auto *function) {
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

llvm::Expected<JitKernel>
JitKernel::compile(TargetAttr target, TypeRange inputs, TypeRange outputs,
                   BodyEmitter emit, unsigned optimizationLevel) {
  llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  if (llvm::Triple(target.getTriple()).getArch() != host.getArch())
    return llvm::createStringError("expects a target of this machine, " +
                                   host.str() + ", found " +
                                   target.getTriple());
  llvm::Expected<SmallVector<char, 0>> object =
      compileKernelObject(target, inputs, outputs, emit, optimizationLevel);
  if (!object)
    return object.takeError();
  llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit = makeJit();
  if (!jit)
    return jit.takeError();
  // What the linker finds is reported there; lookup() only says that it failed.
  auto cause = std::make_shared<std::string>();
  (*jit)->getExecutionSession().setErrorReporter([cause](llvm::Error error) {
    *cause = llvm::toString(std::move(error));
  });
  if (llvm::Error error =
          (*jit)->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(
              StringRef(object->data(), object->size()), "kernel")))
    return std::move(error);
  llvm::Expected<llvm::orc::ExecutorAddr> entry =
      (*jit)->lookup(kernelEntryName);
  if (!entry) {
    std::string failure = llvm::toString(entry.takeError());
    return llvm::createStringError("the kernel does not link: " +
                                   (cause->empty() ? failure : *cause));
  }
  return JitKernel(std::move(*jit), entry->toPtr<Entry>(),
                   inputs.size() + outputs.size());
}

JitKernel::JitKernel(std::unique_ptr<llvm::orc::LLJIT> jit, Entry entry,
                     size_t argumentCount)
    : jit(std::move(jit)), entry(entry), argumentCount(argumentCount) {}
JitKernel::JitKernel(JitKernel &&) = default;
JitKernel &JitKernel::operator=(JitKernel &&) = default;
JitKernel::~JitKernel() = default;

void JitKernel::operator()(int64_t begin, int64_t end, int64_t rows,
                           ArrayRef<KernelArgument> arguments) const {
  if (arguments.size() != argumentCount)
    llvm::report_fatal_error("wrong number of arguments of a kernel");
  SmallVector<uint64_t> words;
  for (int64_t argument : {begin, end, rows})
    words.push_back(static_cast<uint64_t>(argument));
  for (const KernelArgument &argument : arguments)
    words.push_back(argument.getWord());
  entry(words.data());
}
