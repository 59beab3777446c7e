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
#include "bitnet/Inspect/ModelListing.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::options;

llvm::Error bitnet::inspectModel() {
  llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(inputPath);
  if (!file)
    return file.takeError();
  ModelListing listing = listModel(**file);
  std::string path = outputPath.empty() ? std::string("-") : outputPath;
  return writeText(path, [&](llvm::raw_pwrite_stream &stream) {
    if (printsJSON)
      stream << llvm::formatv("{0:2}", toJSON(listing)) << '\n';
    else
      printListing(listing, stream);
    return llvm::Error::success();
  });
}
