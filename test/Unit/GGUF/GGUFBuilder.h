//===- GGUFBuilder.h - Writes GGUF files for the tests ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes files that are right by default, and lets a test make any field wrong.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_GGUF_GGUFBUILDER_H
#define BITNET_TEST_UNIT_GGUF_GGUFBUILDER_H

#include "bitnet/Import/GGUF/GGUFReader.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace mlir::bitnet::test {

/// Little-endian bytes, appended to.
class Bytes {
public:
  template <typename T> Bytes &number(T value) {
    char data[sizeof(T)];
    llvm::support::endian::write<T>(data, value, llvm::endianness::little);
    text.append(data, sizeof(T));
    return *this;
  }
  Bytes &u8(uint8_t value) { return number(value); }
  Bytes &u32(uint32_t value) { return number(value); }
  Bytes &u64(uint64_t value) { return number(value); }
  Bytes &f32(float value) { return number(std::bit_cast<uint32_t>(value)); }
  Bytes &raw(llvm::StringRef data) {
    text += data;
    return *this;
  }
  /// u64 length, bytes.
  Bytes &string(llvm::StringRef data) { return u64(data.size()).raw(data); }
  /// A key and the type of the value that follows.
  Bytes &key(llvm::StringRef name, GGUFValueType type) {
    return string(name).u32(static_cast<uint32_t>(type));
  }
  Bytes &arrayKey(llvm::StringRef name, GGUFValueType elementType,
                  uint64_t count) {
    return key(name, GGUFValueType::Array)
        .u32(static_cast<uint32_t>(elementType))
        .u64(count);
  }

  std::string text;
};

/// A file under construction. Fields that stay unset are filled in correctly.
class GGUFBuilder {
public:
  struct Tensor {
    std::string name;
    std::vector<uint64_t> shape;
    uint32_t type;
    std::string data;
    std::optional<uint64_t> offset;
  };

  std::string magic = "GGUF";
  uint32_t version = 3;
  std::optional<uint64_t> tensorCount;
  std::optional<uint64_t> entryCount;
  uint64_t alignment = 32;
  std::vector<Tensor> tensors;

  /// Adds an entry: the result of Bytes().key(...) and its value.
  GGUFBuilder &entry(const Bytes &bytes) {
    entries.push_back(bytes.text);
    return *this;
  }
  GGUFBuilder &tensor(llvm::StringRef name, std::vector<uint64_t> shape,
                      GGUFTensorType type, size_t bytes) {
    tensors.push_back({name.str(), std::move(shape),
                       static_cast<uint32_t>(type), std::string(bytes, '\x11'),
                       std::nullopt});
    return *this;
  }

  std::string build() const {
    Bytes out;
    out.raw(magic).u32(version);
    out.u64(tensorCount.value_or(tensors.size()));
    out.u64(entryCount.value_or(entries.size()));
    for (const std::string &entry : entries)
      out.raw(entry);
    uint64_t next = 0;
    std::string data;
    for (const Tensor &tensor : tensors) {
      out.string(tensor.name).u32(tensor.shape.size());
      for (uint64_t extent : tensor.shape)
        out.u64(extent);
      out.u32(tensor.type).u64(tensor.offset.value_or(next));
      data += tensor.data;
      next = llvm::alignTo(data.size(), alignment);
      if (&tensor != &tensors.back())
        data.resize(next);
    }
    if (!tensors.empty())
      out.text.resize(llvm::alignTo(out.text.size(), alignment));
    return out.text + data;
  }

private:
  std::vector<std::string> entries;
};

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_GGUF_GGUFBUILDER_H
