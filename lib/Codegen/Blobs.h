//===- Blobs.h - The bytes of blobs, on their way to files ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CODEGEN_BLOBS_H
#define BITNET_LIB_CODEGEN_BLOBS_H

#include "bitnet/Codegen/Codegen.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"

namespace mlir::bitnet {

/// The blob that holds the tables of the tokenizer.
constexpr llvm::StringLiteral tokenizerBlobName = "bitnet_tokenizer";
/// The blob that holds the compiled chat template.
constexpr llvm::StringLiteral chatTemplateBlobName = "bitnet_chat_template";

/// Whether the runtime reads a blob of this model without a session: it is in
/// the object then, wherever the weights are.
bool isReadByRuntime(bitnet_runtime::BlobOp blob);

/// A blob's bytes at its offset; `scratch` backs those of a splat. Errors: it
/// has no data.
llvm::Expected<SectionBlob> getSectionBlob(bitnet_runtime::BlobOp blob,
                                           std::vector<char> &scratch);

/// Ends the writing of a file.
llvm::Error closeStream(llvm::raw_fd_ostream &stream, StringRef path);

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_BLOBS_H
