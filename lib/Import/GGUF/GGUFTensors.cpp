//===- GGUFTensors.cpp - Tensors of a GGUF file by name -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "GGUFTensors.h"

#include "GGUFParser.h"

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Twine;

std::optional<size_t> GGUFTensorSource::find(llvm::StringRef name) const {
  const GGUFTensor *tensor = file.findTensor(name);
  if (!tensor)
    return std::nullopt;
  return tensor - file.getTensors().begin();
}

llvm::Expected<StoredMatrix> GGUFTensorSource::getMatrix(size_t tensor) const {
  return getStoredMatrix(file, file.getTensors()[tensor], layout);
}

Error GGUFTensorSource::makeError(size_t tensor, const Twine &message) const {
  return file.makeError(file.getTensors()[tensor], message);
}

Error GGUFTensorSource::makeContentError(size_t tensor,
                                         const Twine &message) const {
  return file.makeError(file.getTensors()[tensor],
                        llvm::createStringError(message));
}

Error GGUFTensorSource::makeMissingError(llvm::StringRef name,
                                         const Twine &wanted) const {
  return llvm::createStringError(file.getPath() + ": tensor " +
                                 quoteGGUFName(name) + ": expects " + wanted +
                                 ", found no such tensor");
}
