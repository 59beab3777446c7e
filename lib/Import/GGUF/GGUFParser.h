//===- GGUFParser.h - Checks and indexes a GGUF file ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_GGUF_GGUFPARSER_H
#define BITNET_LIB_IMPORT_GGUF_GGUFPARSER_H

#include "ByteCursor.h"
#include "bitnet/Import/GGUF/GGUFReader.h"

#include <numeric>

namespace mlir::bitnet {

/// Fills a GGUFFile from its bytes. Used once.
class GGUFParser {
public:
  explicit GGUFParser(GGUFFile &file)
      : file(file), cursor(file.path, file.bytes) {}

  /// On an error, the file must be thrown away.
  llvm::Error parse();

private:
  llvm::Error parseHeader();
  llvm::Error parseEntries();
  llvm::Error parseValue(GGUFEntry &entry);
  /// Walks `count` strings; `data` becomes all of them with their lengths.
  llvm::Error parseStrings(llvm::StringRef &data, uint64_t count,
                           llvm::StringRef field);
  llvm::Error readAlignment();
  llvm::Error parseTensors();
  llvm::Error parseTensorLayout(GGUFTensor &tensor);
  llvm::Error placeTensors();
  llvm::Error measureExtents();
  /// Whether `size` bytes and padding are all up to the next tensor.
  bool fits(const GGUFTensor &tensor, uint64_t size) const;
  const GGUFTensorTypeInfo *chooseMeaning(GGUFTensorType type) const;
  llvm::Error checkSize(GGUFTensor &tensor);
  llvm::Error checkName(llvm::StringRef name, uint64_t offset,
                        uint64_t maximumBytes, const llvm::Twine &field);

  /// Fills `order` with the indices of `items` sorted by name; an error names
  /// the second of two items with equal names.
  template <typename T, typename GetName, typename GetOffset>
  llvm::Error sortByName(const std::vector<T> &items,
                         std::vector<size_t> &order, GetName getName,
                         GetOffset getOffset, llvm::StringRef what) {
    order.resize(items.size());
    std::iota(order.begin(), order.end(), 0);
    llvm::sort(order, [&](size_t left, size_t right) {
      return std::pair(getName(items[left]), left) <
             std::pair(getName(items[right]), right);
    });
    for (size_t index = 1; index < order.size(); ++index) {
      const T &item = items[order[index]];
      if (getName(items[order[index - 1]]) == getName(item))
        return cursor.fail(getOffset(item),
                           what + " " + quoteGGUFName(getName(item)) +
                               ": expects unique names, found it again");
    }
    return llvm::Error::success();
  }

  GGUFFile &file;
  ByteCursor cursor;
  uint64_t tensorCount = 0;
  uint64_t entryCount = 0;
  /// The tensor with the largest offset.
  size_t lastTensor = 0;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_GGUF_GGUFPARSER_H
