//===- GGUFParts.cpp - Models in several files ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "GGUFParts.h"

#include "ByteCursor.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"

#include <fmt/format.h>

#include <numeric>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

static constexpr StringRef numberKey = "split.no", countKey = "split.count",
                           tensorsKey = "split.tensors.count";
static constexpr uint64_t maximumParts = 65535;

Expected<std::unique_ptr<GGUFFile>>
GGUFParts::complete(std::unique_ptr<GGUFFile> file) {
  std::optional<uint64_t> count;
  if (Error error =
          file->findUnsigned(countKey, 0, maximumParts).moveInto(count))
    return error;
  if (count.value_or(1) <= 1)
    return file;
  GGUFParts parts(std::move(file));
  parts.count = *count;
  if (Error error = parts.readName())
    return error;
  for (uint64_t number = 0; number < parts.count; ++number) {
    Expected<std::unique_ptr<GGUFFile>> part = parts.openPart(number);
    if (!part)
      return part;
    if (number == 0)
      parts.first = std::move(*part);
    else
      parts.first->otherParts.push_back(std::move(*part));
  }
  if (Error error = parts.mergeTensors())
    return error;
  return std::move(parts.first);
}

/// Finds out from the part that was named what the others are called.
Error GGUFParts::readName() {
  if (Error error =
          given->getUnsigned(numberKey, 0, count - 1).moveInto(givenNumber))
    return error;
  std::string ending =
      fmt::format("-{:05}-of-{:05}.gguf", givenNumber + 1, count);
  StringRef path = given->getPath();
  if (!path.ends_with(ending))
    return llvm::createStringError(fmt::format(
        "{}: expects a name that ends in {}, since it is part {} of {} of a "
        "model, whose other parts are found by their names",
        path.str(), ending, givenNumber + 1, count));
  stem = path.drop_back(ending.size()).str();
  return Error::success();
}

std::string GGUFParts::getPartPath(uint64_t number) const {
  return fmt::format("{}-{:05}-of-{:05}.gguf", stem, number + 1, count);
}

Expected<std::unique_ptr<GGUFFile>> GGUFParts::openPart(uint64_t number) {
  if (number == givenNumber)
    return std::move(given);
  std::string path = getPartPath(number);
  if (!llvm::sys::fs::exists(path))
    return llvm::createStringError(fmt::format(
        "{}: expects part {} of {} of the model, found no such file", path,
        number + 1, count));
  Expected<std::unique_ptr<GGUFFile>> part = GGUFFile::openPart(path);
  if (!part)
    return part;
  if (Error error = checkPart(**part, number))
    return error;
  return part;
}

Error GGUFParts::checkPart(const GGUFFile &part, uint64_t number) const {
  uint64_t itsNumber = 0, itsCount = 0;
  if (Error error = part.getUnsigned(countKey, count, count).moveInto(itsCount))
    return error;
  return part.getUnsigned(numberKey, number, number).moveInto(itsNumber);
}

/// Adds the tensors of the other parts to those of the first.
Error GGUFParts::mergeTensors() {
  std::vector<GGUFTensor> &tensors = first->tensors;
  for (const std::unique_ptr<GGUFFile> &part : first->otherParts)
    llvm::append_range(tensors, part->tensors);
  std::optional<uint64_t> wanted;
  if (Error error = first->findUnsigned(tensorsKey).moveInto(wanted))
    return error;
  if (wanted && *wanted != tensors.size())
    return llvm::createStringError(
        fmt::format("{}: key '{}': expects {}, the number of tensors of all "
                    "parts, found {}",
                    first->path, tensorsKey.str(), tensors.size(), *wanted));

  std::vector<size_t> &order = first->tensorsByName;
  order.resize(tensors.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t left, size_t right) {
    return std::pair(tensors[left].name, left) <
           std::pair(tensors[right].name, right);
  });
  for (size_t index = 1; index < order.size(); ++index) {
    const GGUFTensor &tensor = tensors[order[index]];
    const GGUFTensor &before = tensors[order[index - 1]];
    if (before.name == tensor.name)
      return makeGGUFError(tensor.file->path, tensor.infoOffset,
                           "tensor " + quoteGGUFName(tensor.name) +
                               ": expects to be in one part, found it in " +
                               before.file->path + ", too");
  }
  return Error::success();
}
