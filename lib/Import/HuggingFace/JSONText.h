//===- JSONText.h - JSON of files that may be hostile -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// llvm/Support/JSON.h recurses for each bracket, and of two values with one
// name keeps the last. Files are checked for both.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_HUGGINGFACE_JSONTEXT_H
#define BITNET_LIB_IMPORT_HUGGINGFACE_JSONTEXT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <string>

namespace mlir::bitnet {

/// The error `<path>: <message>`.
llvm::Error makeFileError(llvm::StringRef path, const llvm::Twine &message);

/// `name` in quotes, with bytes that are not printable escaped, and cut when it
/// is long.
std::string quoteName(llvm::StringRef name);

/// What `value` is, for messages: "null", "true", "12", "'text'", "an array"
/// or "an object".
std::string describeJSON(const llvm::json::Value &value);

/// Parses the whole of `text`; `what` is its name in messages: "header", or
/// nothing for a file of JSON. Errors: text that is no JSON, more than 64
/// levels of brackets, two values of one name in an object.
llvm::Expected<llvm::json::Value> parseJSON(llvm::StringRef text,
                                            llvm::StringRef path,
                                            llvm::StringRef what = "");

/// The same for an object.
llvm::Expected<llvm::json::Object> parseJSONObject(llvm::StringRef text,
                                                   llvm::StringRef path,
                                                   llvm::StringRef what = "");

/// The value or object of the JSON file at `path`.
llvm::Expected<llvm::json::Value> readJSONValue(llvm::StringRef path);
llvm::Expected<llvm::json::Object> readJSONFile(llvm::StringRef path);

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_HUGGINGFACE_JSONTEXT_H
