//===- JSONPlace.h - Values of JSON files and where they are ----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_HUGGINGFACE_JSONPLACE_H
#define BITNET_LIB_IMPORT_HUGGINGFACE_JSONPLACE_H

#include "JSONText.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace mlir::bitnet {

/// A value of a JSON file, or none, and the way to it, such as
/// "model.merges[3]". The file's text and name must outlive it. All errors
/// name the file and the place.
class JSONPlace {
public:
  JSONPlace(const llvm::json::Value *value, llvm::StringRef file,
            std::string path)
      : value(value), file(file), path(std::move(path)) {}

  /// Whether there is nothing here, or null.
  bool isNull() const { return !value || value->getAsNull(); }

  /// What is called `name` here. Nothing, if this is no object.
  JSONPlace operator[](llvm::StringRef name) const;
  /// What elements are here. Nothing, if this is no array.
  std::vector<JSONPlace> getElements() const;
  /// What is here by its name, in the order of the names. Nothing, if this is
  /// no object.
  std::vector<std::pair<llvm::StringRef, JSONPlace>> getMembers() const;

  /// The value here; an error if it is of another type or missing.
  llvm::Expected<llvm::StringRef> getString() const;
  llvm::Expected<bool> getBool() const;
  llvm::Expected<double> getNumber() const;
  /// An integer from 0 to 2^31 - 1.
  llvm::Expected<uint32_t> getIndex() const;
  llvm::Error expectArray() const;
  llvm::Error expectObject() const;
  /// An error unless this is an object with no other names than these.
  llvm::Error expectOnly(llvm::ArrayRef<llvm::StringRef> names) const;
  /// The same, false if there is nothing here or null.
  llvm::Expected<bool> getFlag() const;
  /// An error unless there is nothing here, or null, false, 0 or "".
  llvm::Error expectUnset() const;

  /// "<file>: <path>: expects <expected>, found <what is here>".
  llvm::Error fail(const llvm::Twine &expected) const;

private:
  const llvm::json::Value *value;
  llvm::StringRef file;
  std::string path;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_HUGGINGFACE_JSONPLACE_H
