//===- EmitObject.cpp - Objects and assembly ------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Blobs.h"
#include "bitnet/Codegen/Codegen.h"
#include "bitnet/Codegen/Optimize.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::bitnet;

static llvm::Error emit(CompiledModel &model, llvm::raw_pwrite_stream &stream,
                        llvm::CodeGenFileType type) {
  llvm::Module &module = *model.module;
  // Functions carry the CPU and its features.
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine =
      createTargetMachine(module.getTargetTriple().str(), "", "",
                          /*optimizationLevel=*/3);
  if (!machine)
    return machine.takeError();
  return emitMachineCode(module, **machine, stream, type);
}

llvm::Error mlir::bitnet::emitAssembly(CompiledModel &model,
                                       llvm::raw_pwrite_stream &stream) {
  return emit(model, stream, llvm::CodeGenFileType::AssemblyFile);
}

/// Where the weights section lies in the object at `path`.
static llvm::Expected<std::pair<uint64_t, uint64_t>>
findWeightsSection(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createFileError(path, buffer.getError());
  auto object =
      llvm::object::ObjectFile::createObjectFile((*buffer)->getMemBufferRef());
  if (!object)
    return object.takeError();
  for (const llvm::object::SectionRef &section : (*object)->sections()) {
    llvm::Expected<StringRef> name = section.getName();
    if (!name)
      return name.takeError();
    if (*name != ".bitnet.weights")
      continue;
    llvm::Expected<StringRef> contents = section.getContents();
    if (!contents)
      return contents.takeError();
    return std::pair<uint64_t, uint64_t>(
        contents->data() - (*buffer)->getBufferStart(), contents->size());
  }
  return llvm::createStringError("the object has no weights section");
}

llvm::Error mlir::bitnet::emitObject(CompiledModel &model, StringRef path,
                                     function_ref<void(int64_t)> progress) {
  std::error_code error;
  llvm::raw_fd_ostream stream(path, error, llvm::sys::fs::CD_OpenExisting,
                              llvm::sys::fs::FA_Write, llvm::sys::fs::OF_None);
  if (error)
    return llvm::createFileError(path, error);
  if (llvm::Error failure =
          emit(model, stream, llvm::CodeGenFileType::ObjectFile))
    return failure;
  stream.flush();
  // What nothing reads has been dropped.
  if (!model.module->getNamedGlobal("weights") || model.blobs.empty())
    return closeStream(stream, path);
  llvm::Expected<std::pair<uint64_t, uint64_t>> section =
      findWeightsSection(path);
  if (!section)
    return section.takeError();
  int64_t done = 0;
  for (const SectionBlob &blob : model.blobs) {
    if (blob.offset + blob.bytes.size() > section->second)
      return llvm::createStringError("a blob lies outside the weights section");
    stream.pwrite(blob.bytes.data(), blob.bytes.size(),
                  section->first + blob.offset);
    done += blob.bytes.size();
    if (progress)
      progress(done);
  }
  return closeStream(stream, path);
}
