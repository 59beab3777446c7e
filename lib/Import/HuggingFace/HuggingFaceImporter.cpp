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
#include "bitnet/Import/HuggingFace/TokenizerFolder.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;

/// The tables of the folder's tokenizer; nothing if it has none.
static Expected<std::optional<std::vector<char>>>
readTokenizer(const ModelFolder &folder, int64_t vocabularySize) {
  Expected<std::optional<FolderTokenizer>> tokenizer =
      readTokenizerFolder(folder.getPath(), vocabularySize);
  if (!tokenizer)
    return tokenizer.takeError();
  if (!*tokenizer)
    return std::nullopt;
  Expected<std::vector<char>> tables =
      buildTokenizerTables((*tokenizer)->description);
  if (!tables)
    return makeFileError(folder.getPath(), llvm::toString(tables.takeError()));
  return std::optional(std::move(*tables));
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
  Expected<std::optional<std::vector<char>>> tokenizer =
      readTokenizer(folder, config->vocabularySize);
  if (!tokenizer)
    return tokenizer.takeError();

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
                             std::move(*tensors), std::move(*tokenizer)},
                            options);
}
