//===- HuggingFaceImporter.cpp - From folders to MLIR ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/HuggingFace/HuggingFaceImporter.h"

#include "FolderConfig.h"
#include "FolderTensors.h"
#include "bitnet/ChatTemplate/ChatTemplate.h"
#include "bitnet/Import/HuggingFace/TokenizerFolder.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;

namespace {
/// What the model's text is made and read with; nothing: there is none.
struct FolderText {
  std::optional<std::vector<char>> tokenizer;
  std::optional<std::vector<char>> chatTemplate;
};
} // namespace

/// `warn` is told of a chat template that is replaced or left out.
static Expected<FolderText>
readText(const ModelFolder &folder, const FolderConfig &config,
         llvm::function_ref<void(llvm::StringRef)> warn) {
  Expected<std::optional<FolderTokenizer>> tokenizer =
      readTokenizerFolder(folder.getPath(), config.vocabularySize);
  if (!tokenizer)
    return tokenizer.takeError();
  if (!*tokenizer)
    return FolderText();
  Expected<std::vector<char>> tables =
      buildTokenizerTables((*tokenizer)->description);
  if (!tables)
    return makeFileError(folder.getPath(), llvm::toString(tables.takeError()));
  ChatModelFacts facts{config.hyperparameters.architecture->name,
                       (*tokenizer)->tokens};
  return FolderText{
      std::move(*tables),
      importChatTemplate((*tokenizer)->chatTemplate, facts, warn)};
}

Expected<OwningOpRef<ModuleOp>>
mlir::bitnet::importHuggingFace(MLIRContext &context, ModelFolder &folder,
                                const LanguageModelOptions &options) {
  if (Error error = checkLanguageModelOptions(options))
    return error;
  Expected<FolderConfig> config = readFolderConfig(folder);
  if (!config)
    return config.takeError();
  Expected<FolderTensorSource> source =
      FolderTensorSource::create(folder, *config);
  if (!source)
    return source.takeError();
  Expected<ModelTensors> tensors =
      collectTensors(*source, config->hyperparameters);
  if (!tensors)
    return tensors.takeError();
  if (int64_t rows = tensors->embedding.matrix.getRows();
      rows != config->vocabularySize)
    return ConfigReader(folder.getPath("config.json"), folder.getConfig())
        .makeWrongError(
            "vocab_size",
            fmt::format("{}, the number of rows of the embedding", rows));
  Location location = NameLoc::get(StringAttr::get(&context, folder.getPath()));
  auto warn = [&](llvm::StringRef text) {
    emitWarning(
        NameLoc::get(StringAttr::get(&context, "chat_template"), location))
        << text;
  };
  Expected<FolderText> text = readText(folder, *config, warn);
  if (!text)
    return text.takeError();

  context.loadDialect<BitNetDialect>();
  auto *dialect = context.getLoadedDialect<BitNetDialect>();
  for (const std::unique_ptr<SafetensorsFile> &file : folder.getFiles())
    if (!file->getMapping().empty())
      dialect->addMappedFile(file->getMapping());
  std::string name =
      options.modelName.empty() ? folder.getName() : options.modelName;
  return buildLanguageModel(context,
                            {std::move(name), folder.getPath(),
                             std::move(config->hyperparameters),
                             std::move(*tensors), std::move(text->tokenizer),
                             std::move(text->chatTemplate)},
                            options);
}
