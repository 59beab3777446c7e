//===- GGUFReader.h - GGUF files, checked and mapped ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads GGUF versions 2 and 3, little-endian. The file is mapped; names,
// strings and tensor data are views into the map and live as long as the
// GGUFFile. Everything the header says is checked before it is believed:
// whatever the bytes are, opening ends with a file whose views all lie inside
// the map, or with one error. Memory and time are linear in the size of the
// part before the tensor data, whatever counts it declares.
//
// Models split into several files are read as one: the metadata of the first
// part, the tensors of all.
//
// All errors read `<path>: offset 0x<offset>: <what>: expects ..., found ...`.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_GGUF_GGUFREADER_H
#define BITNET_IMPORT_GGUF_GGUFREADER_H

#include "bitnet/Import/GGUF/GGUFTensorType.h"
#include "bitnet/Import/GGUF/GGUFValue.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlir::bitnet {

/// A metadata key with its value.
struct GGUFEntry {
  llvm::StringRef key;
  GGUFValue value;
  /// Where the entry begins.
  uint64_t fileOffset;
};

class GGUFFile;

/// A tensor of the file.
struct GGUFTensor {
  llvm::StringRef name;
  /// 1 to 4 positive extents, fastest dimension first; their product fits
  /// int64_t. A weight matrix of M outputs and K inputs is {K, M}.
  llvm::SmallVector<uint64_t, 4> shape;
  /// May be an id without an enumerator.
  GGUFTensorType type;
  /// What the file means by it; null for an unknown id.
  const GGUFTensorTypeInfo *info = nullptr;
  /// The file that holds it: one of the parts of a model.
  const GGUFFile *file;
  /// Where the description of the tensor begins.
  uint64_t infoOffset;
  /// Where the data begins.
  uint64_t fileOffset;
  /// For a type of certain size, exactly that many bytes. For other types, all
  /// bytes up to the next tensor or the end of the file, padding included.
  llvm::ArrayRef<char> data;

  /// The product of the extents.
  uint64_t getElementCount() const;
  /// The name of what the file means by the type, or its number.
  std::string getTypeName() const;
};

/// A GGUF file that has passed all checks.
class GGUFFile {
public:
  /// Maps and checks the regular file at `path`. If it is a part of a model,
  /// the result is the first part, whichever `path` names, with the others
  /// behind it, which lie in the same folder.
  static llvm::Expected<std::unique_ptr<GGUFFile>> open(llvm::StringRef path);

  /// Checks `bytes`, which must outlive the result; `path` is for messages. Of
  /// a model in parts, it is one of them.
  static llvm::Expected<std::unique_ptr<GGUFFile>>
  parse(llvm::ArrayRef<char> bytes, llvm::StringRef path);

  llvm::StringRef getPath() const { return path; }
  /// The mappings of all parts of a file that was opened; none if it was parsed
  /// from memory.
  std::vector<llvm::ArrayRef<char>> getMappings() const;
  /// The parts behind the first of a model that was split; none: it was not.
  llvm::ArrayRef<std::unique_ptr<GGUFFile>> getOtherParts() const {
    return otherParts;
  }
  /// Bytes of this part.
  uint64_t getFileSize() const { return bytes.size(); }
  uint32_t getVersion() const { return version; }
  /// The unit of tensor offsets in bytes, a power of two.
  uint64_t getAlignment() const { return alignment; }
  /// Both in the order of the file, names unique. Tensors are those of all
  /// parts.
  llvm::ArrayRef<GGUFEntry> getEntries() const { return entries; }
  llvm::ArrayRef<GGUFTensor> getTensors() const { return tensors; }

  /// The tensor called `name`, or null.
  const GGUFTensor *findTensor(llvm::StringRef name) const;
  /// The value of `key`, or null.
  const GGUFValue *find(llvm::StringRef key) const;

  /// The find functions return nothing if the key is absent and an error if its
  /// value has another type or is out of range; for the get functions, an
  /// absent key is an error too.
  ///
  /// Integers of every width are accepted, in [minimum, maximum].
  llvm::Expected<uint64_t>
  getUnsigned(llvm::StringRef key, uint64_t minimum = 0,
              uint64_t maximum = std::numeric_limits<uint64_t>::max()) const;
  llvm::Expected<std::optional<uint64_t>>
  findUnsigned(llvm::StringRef key, uint64_t minimum = 0,
               uint64_t maximum = std::numeric_limits<uint64_t>::max()) const;
  /// f32 or f64, finite.
  llvm::Expected<double> getFloat(llvm::StringRef key) const;
  llvm::Expected<std::optional<double>> findFloat(llvm::StringRef key) const;
  llvm::Expected<bool> getBool(llvm::StringRef key) const;
  llvm::Expected<std::optional<bool>> findBool(llvm::StringRef key) const;
  llvm::Expected<llvm::StringRef> getString(llvm::StringRef key) const;
  llvm::Expected<std::optional<llvm::StringRef>>
  findString(llvm::StringRef key) const;
  llvm::Expected<std::vector<llvm::StringRef>>
  getStringArray(llvm::StringRef key) const;
  llvm::Expected<std::optional<std::vector<llvm::StringRef>>>
  findStringArray(llvm::StringRef key) const;
  llvm::Expected<std::vector<int64_t>>
  getIntegerArray(llvm::StringRef key) const;
  llvm::Expected<std::optional<std::vector<int64_t>>>
  findIntegerArray(llvm::StringRef key) const;
  /// An array of f32; not-a-number and infinities pass.
  llvm::Expected<std::vector<float>> getFloatArray(llvm::StringRef key) const;
  llvm::Expected<std::optional<std::vector<float>>>
  findFloatArray(llvm::StringRef key) const;

  /// An error in the manner of this file.
  llvm::Error makeError(uint64_t offset, const llvm::Twine &message) const;
  /// An error about the value of `key`.
  llvm::Error makeError(const GGUFEntry &entry,
                        const llvm::Twine &message) const;
  /// An error about the description of `tensor`.
  llvm::Error makeError(const GGUFTensor &tensor,
                        const llvm::Twine &message) const;
  /// Puts the file, the tensor and where its data begins in front of `error`.
  llvm::Error makeError(const GGUFTensor &tensor, llvm::Error error) const;

private:
  friend class GGUFParser;
  friend class GGUFParts;
  GGUFFile(llvm::StringRef path) : path(path) {}

  /// Maps and checks one file, a part or a whole model.
  static llvm::Expected<std::unique_ptr<GGUFFile>>
  openPart(llvm::StringRef path);

  const GGUFEntry *findEntry(llvm::StringRef key) const;
  template <typename T>
  llvm::Expected<T> require(llvm::StringRef key,
                            llvm::Expected<std::optional<T>> value) const;

  std::string path;
  llvm::sys::fs::mapped_file_region map;
  llvm::ArrayRef<char> bytes;
  uint32_t version = 0;
  uint64_t alignment = 32;
  std::vector<GGUFEntry> entries;
  std::vector<GGUFTensor> tensors;
  /// Indices into the vectors above in the order of the names: looking up needs
  /// no hash table that a crafted file could degrade.
  std::vector<size_t> entriesByKey;
  std::vector<size_t> tensorsByName;
  std::vector<std::unique_ptr<GGUFFile>> otherParts;
};

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_GGUF_GGUFREADER_H
