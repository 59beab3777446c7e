//===- Blobs.cpp - The bytes of blobs, on their way to files --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Blobs.h"
#include "bitnet/Dialect/BitNet/IR/ConstantData.h"

using namespace mlir;
using namespace mlir::bitnet;

bool mlir::bitnet::isReadByRuntime(bitnet_runtime::BlobOp blob) {
  return blob.getSymName() == tokenizerBlobName ||
         blob.getSymName() == chatTemplateBlobName;
}

llvm::Expected<SectionBlob>
mlir::bitnet::getSectionBlob(bitnet_runtime::BlobOp blob,
                             std::vector<char> &scratch) {
  std::optional<ArrayRef<char>> bytes =
      getConstantBytes(blob.getData(), scratch);
  if (!bytes)
    return llvm::createStringError("blob @" + blob.getSymName() +
                                   " expects data; it was printed without");
  return SectionBlob{int64_t(*blob.getOffset()), *bytes};
}

llvm::Error mlir::bitnet::closeStream(llvm::raw_fd_ostream &stream,
                                      StringRef path) {
  stream.close();
  if (!stream.has_error())
    return llvm::Error::success();
  std::error_code error = stream.error();
  stream.clear_error();
  return llvm::createFileError(path, error);
}
