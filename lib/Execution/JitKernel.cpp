//===- JitKernel.cpp - Compiles a kernel and runs it here -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/JitKernel.h"
#include "HostJit.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace mlir::bitnet;

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
  llvm::Expected<LoadedObject> loaded =
      loadObject(llvm::MemoryBuffer::getMemBufferCopy(
                     StringRef(object->data(), object->size()), "kernel"),
                 kernelEntryName, "the kernel");
  if (!loaded)
    return loaded.takeError();
  return JitKernel(std::move(loaded->jit), loaded->symbol.toPtr<Entry>(),
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
