//===- GGUFImporter.cpp - From a GGUF file to the bitnet dialect ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/GGUF/GGUFImporter.h"

#include "GGUFHyperparameters.h"
#include "GGUFTensors.h"
#include "bitnet/Import/GGUF/GGUFTokenizer.h"

#include "llvm/Support/Path.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;

/// Files may repeat the number of tokens that the embedding has.
static Error checkVocabularySize(const GGUFFile &file,
                                 const Hyperparameters &hyperparameters,
                                 int64_t vocabularySize) {
  std::string key = (hyperparameters.architecture->name + ".vocab_size").str();
  std::optional<uint64_t> size;
  if (Error error = file.findUnsigned(key).moveInto(size))
    return error;
  if (!size || *size == static_cast<uint64_t>(vocabularySize))
    return Error::success();
  return makeKeyError(
      file, key,
      fmt::format("expects {}, the number of rows of the embedding, found {}",
                  vocabularySize, *size));
}

static Expected<std::string> getModelName(const GGUFFile &file,
                                          const GGUFImportOptions &options) {
  if (!options.modelName.empty())
    return options.modelName;
  std::optional<StringRef> name;
  if (Error error = file.findString("general.name").moveInto(name))
    return error;
  if (name && !name->empty())
    return name->str();
  return llvm::sys::path::stem(file.getPath()).str();
}

Expected<OwningOpRef<ModuleOp>>
mlir::bitnet::importGGUF(MLIRContext &context, const GGUFFile &file,
                         const GGUFImportOptions &options) {
  if (Error error = checkLanguageModelOptions(options))
    return error;
  Expected<std::string> name = getModelName(file, options);
  if (!name)
    return name.takeError();
  Expected<Hyperparameters> hyperparameters = readHyperparameters(file);
  if (!hyperparameters)
    return hyperparameters.takeError();
  Expected<ModelTensors> tensors = collectTensors(
      GGUFTensorSource(file, options.i2sLayout), *hyperparameters);
  if (!tensors)
    return tensors.takeError();
  int64_t vocabularySize = tensors->embedding.matrix.getRows();
  if (Error error = checkVocabularySize(file, *hyperparameters, vocabularySize))
    return error;
  Location location = NameLoc::get(StringAttr::get(&context, file.getPath()));
  auto warn = [&](StringRef key, StringRef text) {
    emitWarning(NameLoc::get(StringAttr::get(&context, key), location)) << text;
  };
  Expected<std::optional<std::vector<char>>> tokenizer =
      readTokenizer(file, vocabularySize, warn);
  if (!tokenizer)
    return tokenizer.takeError();
  std::optional<std::vector<char>> chatTemplate;
  if (*tokenizer)
    if (Error error = readChatTemplate(file, warn).moveInto(chatTemplate))
      return error;

  context.loadDialect<BitNetDialect>();
  for (ArrayRef<char> mapping : file.getMappings())
    context.getLoadedDialect<BitNetDialect>()->addMappedFile(mapping);
  return buildLanguageModel(context,
                            {std::move(*name), file.getPath(),
                             std::move(*hyperparameters), std::move(*tensors),
                             std::move(*tokenizer), std::move(chatTemplate)},
                            options);
}
