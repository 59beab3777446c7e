//===- ConfigReader.h - Values of config.json -------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_HUGGINGFACE_CONFIGREADER_H
#define BITNET_LIB_IMPORT_HUGGINGFACE_CONFIGREADER_H

#include "JSONText.h"

#include <optional>
#include <vector>

namespace mlir::bitnet {

/// Looks typed values up in an object of a JSON file. A key whose value is null
/// counts as absent, as it does for those who write such files. Errors read
/// `<path>: key '<key>': expects ..., found ...`, with the keys of the objects
/// around in front: 'rope_scaling.factor'.
class ConfigReader {
public:
  /// `object` must outlive the reader.
  ConfigReader(llvm::StringRef path, const llvm::json::Object &object)
      : path(path), object(&object) {}

  /// The value of `key`, or null.
  const llvm::json::Value *find(llvm::StringRef key) const;
  bool has(llvm::StringRef key) const { return find(key) != nullptr; }

  /// The find functions give nothing if the key is absent. For the get
  /// functions, that is an error unless there is a default.
  ///
  /// An integer in [minimum, maximum].
  llvm::Expected<std::optional<int64_t>>
  findInteger(llvm::StringRef key, int64_t minimum, int64_t maximum) const;
  llvm::Expected<int64_t>
  getInteger(llvm::StringRef key, int64_t minimum, int64_t maximum,
             std::optional<int64_t> absent = std::nullopt) const;
  /// A number that is positive and finite as a float, too.
  llvm::Expected<std::optional<double>> findPositive(llvm::StringRef key) const;
  llvm::Expected<double>
  getPositive(llvm::StringRef key,
              std::optional<double> absent = std::nullopt) const;
  llvm::Expected<bool> getBool(llvm::StringRef key, bool absent) const;
  llvm::Expected<std::optional<llvm::StringRef>>
  findString(llvm::StringRef key) const;
  llvm::Expected<std::optional<std::vector<llvm::StringRef>>>
  findStrings(llvm::StringRef key) const;
  llvm::Expected<std::optional<ConfigReader>>
  findObject(llvm::StringRef key) const;

  /// An error about the value of `key`.
  llvm::Error makeError(llvm::StringRef key, const llvm::Twine &message) const;
  /// The error that `key` is not `expected` but what it is, or is absent.
  llvm::Error makeWrongError(llvm::StringRef key,
                             const llvm::Twine &expected) const;

private:
  std::string path;
  const llvm::json::Object *object;
  /// "rope_scaling." in that object.
  std::string prefix;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_HUGGINGFACE_CONFIGREADER_H
