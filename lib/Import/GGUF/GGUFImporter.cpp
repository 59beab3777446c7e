//===- GGUFImporter.cpp - From a GGUF file to the bitnet dialect ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/GGUF/GGUFImporter.h"

#include "GGUFTokenizer.h"
#include "GraphBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Path.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;

static Error checkOptions(const GGUFImportOptions &options) {
  auto check = [](llvm::StringRef what, int64_t value,
                  int64_t maximum) -> Error {
    if (value >= 1 && value <= maximum)
      return Error::success();
    return llvm::createStringError(
        fmt::format("{}: expects an integer in [1, {}], found {}", what.str(),
                    maximum, value));
  };
  if (Error error = check("chunk size", options.chunkSize, 1 << 12))
    return error;
  return check("context length", options.contextLength.value_or(1), 1 << 24);
}

/// The other shards would have to be found and read, too.
static Error checkNotSplit(const GGUFFile &file) {
  std::optional<uint64_t> shards;
  if (Error error = file.findUnsigned("split.count").moveInto(shards))
    return error;
  if (shards.value_or(1) <= 1)
    return Error::success();
  return makeKeyError(file, "split.count",
                      fmt::format("expects a whole model (split files must be "
                                  "merged first), found one of {} parts",
                                  *shards));
}

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
  if (Error error = checkOptions(options))
    return error;
  if (Error error = checkNotSplit(file))
    return error;
  Expected<std::string> name = getModelName(file, options);
  if (!name)
    return name.takeError();
  Expected<Hyperparameters> hyperparameters = readHyperparameters(file);
  if (!hyperparameters)
    return hyperparameters.takeError();
  if (options.activation)
    hyperparameters->activation = *options.activation;
  if (options.contextLength)
    hyperparameters->contextLength = *options.contextLength;
  Expected<ModelTensors> tensors =
      collectTensors(file, *hyperparameters, options.i2sLayout);
  if (!tensors)
    return tensors.takeError();
  int64_t vocabularySize = tensors->embedding.matrix.getRows();
  if (Error error = checkVocabularySize(file, *hyperparameters, vocabularySize))
    return error;
  Expected<std::optional<std::vector<char>>> tokenizer =
      readTokenizer(file, vocabularySize);
  if (!tokenizer)
    return tokenizer.takeError();

  context.loadDialect<BitNetDialect, arith::ArithDialect, func::FuncDialect>();
  if (!file.getMapping().empty())
    context.getLoadedDialect<BitNetDialect>()->addMappedFile(file.getMapping());
  auto path = StringAttr::get(&context, file.getPath());
  OwningOpRef<ModuleOp> module = ModuleOp::create(NameLoc::get(path));
  (*module)->setAttr(modelAttrName,
                     ModelAttr::get(&context, *name, vocabularySize,
                                    hyperparameters->contextLength,
                                    hyperparameters->embeddingLength,
                                    hyperparameters->layers,
                                    options.chunkSize));
  GraphBuilder builder(*module, file.getPath(), *hyperparameters);
  if (*tokenizer)
    builder.addTokenizer(std::move(**tokenizer));
  builder.addEvaluate(*tensors);
  return module;
}
