//===- ModelLibrary.cpp - A model as a shared library ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelLibrary.h"

#include "bitnet/Import/GGUF/GGUFReader.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <dlfcn.h>
#include <utility>

using namespace mlir::bitnet;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Making a library
//===----------------------------------------------------------------------===//

llvm::Error ModelLibrary::compile(StringRef input,
                                  llvm::ArrayRef<std::string> options,
                                  Progress &progress) {
  progress.step("compiling " + input.str());
  llvm::SmallString<128> compiler(llvm::sys::path::parent_path(
      llvm::sys::fs::getMainExecutable(nullptr, nullptr)));
  llvm::sys::path::append(compiler, "bitnet-compile");
  llvm::SmallString<128> made;
  if (std::error_code error =
          llvm::sys::fs::createUniqueDirectory("bitnet-bench", made))
    return llvm::createStringError("cannot make a temporary folder: " +
                                   error.message());
  folder = made.str().str();
  path = folder + "/model.so";
  std::vector<StringRef> arguments = {compiler, input, "--emit=shared", "-o",
                                      path};
  arguments.insert(arguments.end(), options.begin(), options.end());
  std::string message;
  std::optional<llvm::sys::ProcessStatistics> statistics;
  int status = llvm::sys::ExecuteAndWait(
      compiler, arguments, /*Env=*/std::nullopt, /*Redirects=*/{},
      /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message,
      /*ExecutionFailed=*/nullptr, &statistics);
  progress.clear();
  if (status != 0)
    return llvm::createStringError("cannot compile '" + input + "'" +
                                   (message.empty() ? "" : ": " + message));
  if (statistics)
    cost = {static_cast<double>(statistics->TotalTime.count()) * 1e-6,
            static_cast<int64_t>(statistics->PeakMemory) << 10};
  return llvm::Error::success();
}

llvm::Error ModelLibrary::countProducts(StringRef input) {
  llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(input);
  if (!file)
    return file.takeError();
  ModelProducts counts = {0, 0};
  for (const GGUFTensor &tensor : (*file)->getTensors()) {
    if (tensor.shape.size() != 2)
      continue;
    auto elements = static_cast<double>(tensor.getElementCount());
    if (tensor.name == "output.weight")
      counts.head = elements;
    else if (tensor.name != "token_embd.weight")
      counts.layers += elements;
    else if (!(*file)->findTensor("output.weight"))
      counts.head = elements;
  }
  products = counts;
  return llvm::Error::success();
}

/// The one object of a model's size that the library defines.
llvm::Error ModelLibrary::findSymbol() {
  auto binary = llvm::object::ObjectFile::createObjectFile(path);
  if (!binary)
    return llvm::createFileError(path, binary.takeError());
  const auto *file =
      llvm::dyn_cast<llvm::object::ELFObjectFileBase>(binary->getBinary());
  std::vector<std::string> names;
  if (file)
    for (const llvm::object::ELFSymbolRef &row :
         file->getDynamicSymbolIterators()) {
      llvm::Expected<uint32_t> flags = row.getFlags();
      if (!flags)
        return llvm::createFileError(path, flags.takeError());
      llvm::Expected<StringRef> name = row.getName();
      if (!name)
        return llvm::createFileError(path, name.takeError());
      if (row.getELFType() == llvm::ELF::STT_OBJECT &&
          !(*flags & llvm::object::SymbolRef::SF_Undefined) &&
          row.getSize() == sizeof(bitnet_model))
        names.push_back(name->str());
    }
  if (names.size() != 1)
    return llvm::createStringError(
        "expects '" + path + "' to be a shared library with one model, found " +
        Twine(names.size()));
  symbol = names.front();
  return llvm::Error::success();
}

llvm::Expected<ModelLibrary>
ModelLibrary::create(StringRef path, llvm::ArrayRef<std::string> options,
                     Progress &progress) {
  llvm::file_magic magic;
  if (std::error_code error = llvm::identify_magic(path, magic))
    return llvm::createStringError("cannot read '" + path +
                                   "': " + error.message());
  ModelLibrary library;
  if (magic == llvm::file_magic::elf_shared_object) {
    if (!options.empty())
      return llvm::createStringError(
          "expects options behind -- with a GGUF file only: '" + path +
          "' is compiled already");
    llvm::SmallString<128> absolute(path);
    if (std::error_code error = llvm::sys::fs::make_absolute(absolute))
      return llvm::createFileError(path, error);
    library.path = absolute.str().str();
  } else {
    auto start = llvm::MemoryBuffer::getFileSlice(path, 4, 0);
    if (!start || (*start)->getBuffer() != "GGUF")
      return llvm::createStringError(
          "expects a GGUF file or a shared library of bitnet-compile, found '" +
          path + "'");
    if (llvm::Error error = library.compile(path, options, progress))
      return std::move(error);
    if (llvm::Error error = library.countProducts(path))
      return std::move(error);
  }
  if (llvm::Error error = library.findSymbol())
    return std::move(error);
  return library;
}

ModelLibrary::ModelLibrary(ModelLibrary &&other)
    : path(std::move(other.path)), symbol(std::move(other.symbol)),
      folder(std::exchange(other.folder, "")), cost(other.cost),
      products(other.products) {}

ModelLibrary::~ModelLibrary() {
  if (!folder.empty())
    llvm::sys::fs::remove_directories(folder);
}

//===----------------------------------------------------------------------===//
// Using it
//===----------------------------------------------------------------------===//

void LoadedModel::Close::operator()(void *handle) const { dlclose(handle); }

llvm::Expected<LoadedModel> LoadedModel::load(const ModelLibrary &library) {
  LoadedModel loaded;
  loaded.handle.reset(dlopen(library.path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!loaded.handle)
    return llvm::createStringError("cannot load '" + library.path +
                                   "': " + dlerror());
  loaded.model = static_cast<const bitnet_model *>(
      dlsym(loaded.handle.get(), library.symbol.c_str()));
  if (!loaded.model)
    return llvm::createStringError("cannot load '" + library.path +
                                   "': " + dlerror());
  bitnet_status status = bitnet_get_model_info(loaded.model, &loaded.info);
  if (status != BITNET_OK)
    return llvm::createStringError("cannot use '" + library.path +
                                   "': " + bitnet_status_text(status));
  return loaded;
}

llvm::Expected<SessionPointer>
mlir::bitnet::createSession(const bitnet_model *model, unsigned threads,
                            uint32_t positions) {
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  options.threads = threads;
  options.context_size = positions;
  bitnet_session *session = nullptr;
  bitnet_status status = bitnet_session_create(model, &options, &session);
  if (status != BITNET_OK)
    return llvm::createStringError(Twine("cannot make a session: ") +
                                   bitnet_status_text(status));
  return SessionPointer(session, &bitnet_session_destroy);
}

llvm::Expected<bitnet_variant_info>
mlir::bitnet::getVariant(const bitnet_model *model) {
  llvm::Expected<SessionPointer> session =
      createSession(model, /*threads=*/1, /*positions=*/1);
  if (!session)
    return session.takeError();
  uint32_t index = 0;
  bitnet_variant_info variant;
  bitnet_status status = bitnet_session_variant(session->get(), &index);
  if (status == BITNET_OK)
    status = bitnet_get_variant_info(model, index, &variant);
  if (status != BITNET_OK)
    return llvm::createStringError(bitnet_status_text(status));
  return variant;
}
