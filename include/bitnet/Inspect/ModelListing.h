//===- ModelListing.h - What a model file holds, to look at -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Readers of file formats fill a listing, and printers know nothing of formats.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_INSPECT_MODELLISTING_H
#define BITNET_INSPECT_MODELLISTING_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlir::bitnet {

class GGUFFile;
class ModelFolder;
class SafetensorsFile;

/// One of the files that a model consists of.
struct ListedFile {
  std::string path;
  uint64_t bytes = 0;
  uint64_t tensors = 0;
};

/// A metadata key with its value.
struct ListedKey {
  std::string name;
  /// The type as the format calls it.
  std::string type;
  /// The value in one line, shortened.
  std::string text;
  /// The whole value.
  llvm::json::Value value;
};

/// A tensor; sizes are in the file.
struct ListedTensor {
  std::string name;
  /// In the order of the format.
  llvm::SmallVector<uint64_t, 4> shape;
  std::string type;
  uint64_t elements = 0;
  uint64_t bytes = 0;
  /// Where the data begins in its file.
  uint64_t offset = 0;
  /// Index of the file.
  size_t file = 0;

  double getBitsPerWeight() const {
    return elements == 0 ? 0.0
                         : 8.0 * static_cast<double>(bytes) /
                               static_cast<double>(elements);
  }
};

/// All that is printed of a model.
struct ModelListing {
  /// Such as "GGUF".
  std::string format;
  /// What the format says about the file as a whole, such as its version.
  std::vector<std::pair<std::string, llvm::json::Value>> facts;
  std::vector<ListedFile> files;
  std::vector<ListedKey> keys;
  std::vector<ListedTensor> tensors;
};

/// A text for the listing: in quotes, escaped, and cut with its length behind
/// it if it is long. Need not be UTF-8.
std::string quoteListed(llvm::StringRef text);

/// The listing of a GGUF file and its other parts.
ModelListing listModel(const GGUFFile &file);

/// The listing of a safetensors file.
ModelListing listModel(const SafetensorsFile &file);

/// The listing of a folder: all its tensors, with config.json as metadata.
ModelListing listModel(const ModelFolder &folder);

/// Prints a listing as tables: files, keys, tensors, and sums for each type.
void printListing(const ModelListing &listing, llvm::raw_ostream &stream);

/// The listing as one JSON object with the whole values of all keys. Texts that
/// are not UTF-8 have their wrong bytes replaced.
llvm::json::Value toJSON(const ModelListing &listing);

} // namespace mlir::bitnet

#endif // BITNET_INSPECT_MODELLISTING_H
