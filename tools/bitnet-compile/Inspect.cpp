//===- Inspect.cpp - Looking at model files -------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Inspect.h"
#include "Options.h"
#include "Output.h"
#include "bitnet/Import/GGUF/GGUFReader.h"
#include "bitnet/Import/HuggingFace/ModelFolder.h"
#include "bitnet/Inspect/ModelListing.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::options;

/// Opens the input and lists it.
template <typename File> static llvm::Expected<ModelListing> listInput() {
  llvm::Expected<std::unique_ptr<File>> file = File::open(inputPath);
  if (!file)
    return file.takeError();
  return listModel(**file);
}

llvm::Error bitnet::inspectModel() {
  llvm::Expected<ModelListing> listed =
      isModelFolder(inputPath) ? listInput<ModelFolder>()
      : llvm::sys::path::extension(inputPath) == ".safetensors"
          ? listInput<SafetensorsFile>()
          : listInput<GGUFFile>();
  if (!listed)
    return listed.takeError();
  const ModelListing &listing = *listed;
  std::string path = outputPath.empty() ? std::string("-") : outputPath;
  return writeText(path, [&](llvm::raw_pwrite_stream &stream) {
    if (printsJSON)
      stream << llvm::formatv("{0:2}", toJSON(listing)) << '\n';
    else
      printListing(listing, stream);
    return llvm::Error::success();
  });
}
