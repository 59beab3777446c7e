//===- ByteCursor.h - Checked reads from a GGUF header ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_GGUF_BYTECURSOR_H
#define BITNET_LIB_IMPORT_GGUF_BYTECURSOR_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Error.h"

#include <cstdint>

namespace mlir::bitnet {

/// The error `<path>: offset 0x<offset>: <message>`.
llvm::Error makeGGUFError(llvm::StringRef path, uint64_t offset,
                          const llvm::Twine &message);

/// `name` in quotes, with bytes that are not printable escaped, and cut when it
/// is long: names in hostile files are neither short nor text.
std::string quoteGGUFName(llvm::StringRef name);

/// A position in a file of little-endian fields. Every read either lies inside
/// the file or is an error that names the field.
class ByteCursor {
public:
  ByteCursor(llvm::StringRef path, llvm::ArrayRef<char> bytes)
      : path(path), bytes(bytes) {}

  uint64_t getOffset() const { return offset; }
  uint64_t getRemaining() const { return bytes.size() - offset; }

  /// An error at `offset`.
  llvm::Error fail(uint64_t offset, const llvm::Twine &message) const {
    return makeGGUFError(path, offset, message);
  }

  /// Reads an unsigned integer called `field` in messages.
  template <typename T> llvm::Error read(T &value, const llvm::Twine &field) {
    llvm::StringRef data;
    if (llvm::Error error = readBytes(data, sizeof(T), field))
      return error;
    value =
        llvm::support::endian::read<T, llvm::endianness::little>(data.data());
    return llvm::Error::success();
  }

  /// Takes the next `size` bytes.
  llvm::Error readBytes(llvm::StringRef &data, uint64_t size,
                        const llvm::Twine &field) {
    if (size > getRemaining())
      return fail(offset, field + ": expects " + llvm::Twine(size) +
                              " bytes, found the end of the file after " +
                              llvm::Twine(getRemaining()));
    data = llvm::StringRef(bytes.data() + offset, size);
    offset += size;
    return llvm::Error::success();
  }

  /// Takes a u64 length and that many bytes.
  llvm::Error readString(llvm::StringRef &text, const llvm::Twine &field) {
    uint64_t length = 0;
    if (llvm::Error error = read(length, field + ": length"))
      return error;
    return readBytes(text, length, field);
  }

private:
  llvm::StringRef path;
  llvm::ArrayRef<char> bytes;
  uint64_t offset = 0;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_GGUF_BYTECURSOR_H
