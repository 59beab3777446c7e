//===- HuggingFaceImporter.h - From folders to MLIR -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_HUGGINGFACE_HUGGINGFACEIMPORTER_H
#define BITNET_IMPORT_HUGGINGFACE_HUGGINGFACEIMPORTER_H

#include "bitnet/Import/HuggingFace/ModelFolder.h"
#include "bitnet/Import/LanguageModel/LanguageModel.h"

namespace mlir::bitnet {

/// Imports the language model of a folder of Hugging Face as a module; see
/// buildLanguageModel. The classes are those of the table in
/// lib/Import/HuggingFace/FolderConfig.cpp.
///
/// `folder` must outlive the module: weights are views of its files. Everything
/// that would make the results differ from those of transformers is an error: a
/// tensor, a key that the class of the model uses, or a value that is not
/// understood.
llvm::Expected<OwningOpRef<ModuleOp>>
importHuggingFace(MLIRContext &context, ModelFolder &folder,
                  const LanguageModelOptions &options = {});

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_HUGGINGFACE_HUGGINGFACEIMPORTER_H
