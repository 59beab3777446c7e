//===- SafetensorsReader.h - Safetensors, mapped ----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads safetensors files. The file is mapped; tensor data are views into the
// map and live as long as the SafetensorsFile. Everything the header says is
// checked before it is believed: whatever the bytes are, opening ends with a
// file whose views all lie inside the map and share no byte, or with one error.
// Memory and time are linear in the size of the header, which is bounded.
//
// All errors read `<path>: <what>: expects ..., found ...`.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_HUGGINGFACE_SAFETENSORSREADER_H
#define BITNET_IMPORT_HUGGINGFACE_SAFETENSORSREADER_H

#include "bitnet/Import/HuggingFace/SafetensorsType.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mlir::bitnet {

/// A tensor of the file.
struct SafetensorsTensor {
  std::string name;
  SafetensorsType type;
  /// Any number of extents, slowest dimension first; a weight matrix of M
  /// outputs and K inputs is {M, K}. The product fits uint64_t.
  llvm::SmallVector<uint64_t, 4> shape;
  /// Where the data begins.
  uint64_t fileOffset;
  /// Exactly the elements, little-endian, of any alignment.
  llvm::ArrayRef<char> data;
};

/// A safetensors file that has passed all checks.
class SafetensorsFile {
public:
  /// Maps and checks the regular file at `path`.
  static llvm::Expected<std::unique_ptr<SafetensorsFile>>
  open(llvm::StringRef path);

  /// Checks `bytes`, which must outlive the result; `path` is for messages.
  static llvm::Expected<std::unique_ptr<SafetensorsFile>>
  parse(llvm::ArrayRef<char> bytes, llvm::StringRef path);

  llvm::StringRef getPath() const { return path; }
  uint64_t getFileSize() const { return fileSize; }
  /// The mapping of a file that was opened. Empty: it was parsed from memory,
  /// or is so small that it was copied.
  llvm::ArrayRef<char> getMapping() const;
  /// The strings of `__metadata__`, by their names.
  llvm::ArrayRef<std::pair<std::string, std::string>> getMetadata() const {
    return metadata;
  }
  /// By their names, which are unique.
  llvm::ArrayRef<SafetensorsTensor> getTensors() const { return tensors; }
  /// The tensor called `name`, or null.
  const SafetensorsTensor *findTensor(llvm::StringRef name) const;

  /// The error `<path>: tensor '<name>': <message>`.
  llvm::Error makeError(const SafetensorsTensor &tensor,
                        const llvm::Twine &message) const;

private:
  friend class SafetensorsParser;
  explicit SafetensorsFile(llvm::StringRef path) : path(path) {}

  std::string path;
  uint64_t fileSize = 0;
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<SafetensorsTensor> tensors;
};

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_HUGGINGFACE_SAFETENSORSREADER_H
