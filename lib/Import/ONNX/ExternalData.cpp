//===- ExternalData.cpp - Tensor data beside an ONNX file -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExternalData.h"
#include "bitnet/Import/ONNX/ONNXReader.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <fmt/format.h>

using namespace mlir::bitnet;
using llvm::Expected;
using llvm::MemoryBuffer;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

Expected<std::unique_ptr<MemoryBuffer>>
mlir::bitnet::mapFile(StringRef path, StringRef what, uint64_t maximumSize) {
  // Opening a pipe would wait for its writer, so look before.
  fs::file_status status;
  if (std::error_code code = fs::status(path, status))
    return llvm::createStringError(code, path + ": " + code.message());
  if (!fs::is_regular_file(status))
    return llvm::createStringError(path + ": expects a regular file");
  if (status.getSize() == 0)
    return llvm::createStringError(path + ": expects " + what +
                                   ", found an empty file");
  if (status.getSize() > maximumSize)
    return llvm::createStringError(
        fmt::format("{}: expects at most {} bytes, found {}", path.str(),
                    maximumSize, status.getSize()));
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(buffer.getError(),
                                   path + ": " + buffer.getError().message());
  return std::move(*buffer);
}

ExternalData::ExternalData(StringRef modelPath)
    : folder(path::parent_path(modelPath)) {
  if (folder.empty())
    folder = ".";
}

/// Whether `inner` is in `folder` or a folder below; both are real paths.
static bool isInside(StringRef inner, StringRef folder) {
  if (!inner.consume_front(folder))
    return false;
  return folder.ends_with("/") || inner.starts_with("/");
}

Expected<MemoryBuffer *> ExternalData::open(StringRef location) {
  if (auto found = files.find(location); found != files.end())
    return found->second.get();
  bool leaves =
      location.empty() || location.contains('\0') ||
      path::is_absolute(location) ||
      llvm::is_contained(
          llvm::make_range(path::begin(location), path::end(location)), "..");
  llvm::SmallString<128> joined(folder), realFolder, realFile;
  path::append(joined, location);
  if (!leaves) {
    std::error_code code = fs::real_path(folder, realFolder);
    if (!code)
      code = fs::real_path(joined, realFile);
    if (code)
      return llvm::createStringError(code, "cannot read external data " +
                                               quoteONNXName(joined) + ": " +
                                               code.message());
    leaves = !isInside(realFile, realFolder);
  }
  if (leaves)
    return llvm::createStringError(
        "expects external data in the folder of the model, found " +
        quoteONNXName(location));
  Expected<std::unique_ptr<MemoryBuffer>> buffer =
      mapFile(realFile, "external data");
  if (!buffer)
    return buffer.takeError();
  return files.try_emplace(location, std::move(*buffer)).first->second.get();
}

Expected<llvm::ArrayRef<char>>
ExternalData::get(const ExternalLocation &location, uint64_t size) {
  if (location.length.value_or(size) != size)
    return llvm::createStringError(
        fmt::format("expects {} bytes of external data, found length {}", size,
                    *location.length));
  if (size == 0)
    return llvm::ArrayRef<char>();
  Expected<MemoryBuffer *> file = open(location.path);
  if (!file)
    return file.takeError();
  StringRef bytes = (*file)->getBuffer();
  if (location.offset > bytes.size() || size > bytes.size() - location.offset)
    return llvm::createStringError(fmt::format(
        "expects {} bytes at offset {} of external data {}, which has {}", size,
        location.offset, quoteONNXName(location.path), bytes.size()));
  bytes = bytes.substr(location.offset, size);
  return llvm::ArrayRef<char>(bytes.data(), bytes.size());
}
