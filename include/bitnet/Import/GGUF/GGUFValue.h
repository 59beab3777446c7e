//===- GGUFValue.h - Values of GGUF metadata --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A value is a view of its bytes in the file, which GGUFFile keeps mapped and
// has checked before it hands values out. Nothing is copied until asked for.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_GGUF_GGUFVALUE_H
#define BITNET_IMPORT_GGUF_GGUFVALUE_H

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/iterator.h"
#include "llvm/ADT/iterator_range.h"

#include <cstdint>
#include <optional>
#include <string>

namespace mlir::bitnet {

/// The numeric ids of value types in the file.
enum class GGUFValueType : uint32_t {
  U8 = 0,
  I8 = 1,
  U16 = 2,
  I16 = 3,
  U32 = 4,
  I32 = 5,
  F32 = 6,
  Bool = 7,
  String = 8,
  Array = 9,
  U64 = 10,
  I64 = 11,
  F64 = 12,
};

/// The bytes of one scalar of `type`; 0 for strings, arrays and ids that are
/// not in the format.
uint32_t getScalarBytes(GGUFValueType type);

/// The name of `type` for messages, such as "u32" or "string".
llvm::StringRef getValueTypeName(GGUFValueType type);

/// Walks strings that are stored one behind the other as u64 length + bytes.
/// The bytes must have been checked.
class GGUFStringIterator
    : public llvm::iterator_facade_base<
          GGUFStringIterator, std::forward_iterator_tag, llvm::StringRef,
          std::ptrdiff_t, llvm::StringRef *, llvm::StringRef> {
public:
  explicit GGUFStringIterator(const char *position) : position(position) {}

  bool operator==(const GGUFStringIterator &other) const {
    return position == other.position;
  }
  llvm::StringRef operator*() const;
  GGUFStringIterator &operator++();

private:
  const char *position;
};

/// One metadata value: a scalar, a string, or an array of scalars or strings.
class GGUFValue {
public:
  GGUFValue() = default;
  /// \param type        what the file says; `elementType` is meaningful for
  ///                    arrays only
  /// \param count       elements of an array, 1 otherwise
  /// \param data        the payload: one scalar, the bytes of a string without
  ///                    its length, or all elements of an array
  /// \param fileOffset  where the payload begins
  GGUFValue(GGUFValueType type, GGUFValueType elementType, uint64_t count,
            llvm::StringRef data, uint64_t fileOffset)
      : type(type), elementType(elementType), count(count), data(data),
        fileOffset(fileOffset) {}

  GGUFValueType getType() const { return type; }
  bool isArray() const { return type == GGUFValueType::Array; }
  bool isArrayOf(GGUFValueType wanted) const {
    return isArray() && elementType == wanted;
  }
  /// The type of the elements of an array, the type itself otherwise.
  GGUFValueType getElementType() const {
    return isArray() ? elementType : type;
  }
  /// The number of elements of an array, 1 otherwise.
  uint64_t getCount() const { return count; }
  /// The payload as it lies in the file; see the constructor.
  llvm::StringRef getBytes() const { return data; }
  uint64_t getFileOffset() const { return fileOffset; }

  /// What it is, for messages: "u32", "array of string".
  std::string getTypeName() const;

  /// The scalar, if it is an integer of any width that the result can hold.
  std::optional<uint64_t> asUnsigned() const;
  std::optional<int64_t> asSigned() const;
  /// The scalar, if it is f32 or f64.
  std::optional<double> asFloat() const;
  std::optional<bool> asBool() const;
  /// The bytes of a string. The format asks for UTF-8, but tokens of real
  /// vocabularies are not, so it is not checked.
  std::optional<llvm::StringRef> asString() const;

  /// Element `index` of an array of integers as a signed number; nothing if the
  /// elements are no integers or the number exceeds int64_t.
  /// `index` must be below getCount().
  std::optional<int64_t> getInteger(uint64_t index) const;
  /// Element `index` of an array of f32 or f64; nothing for other types.
  std::optional<double> getFloat(uint64_t index) const;
  /// The elements of an array of strings; empty for other types.
  llvm::iterator_range<GGUFStringIterator> getStrings() const;

private:
  GGUFValueType type = GGUFValueType::U8;
  GGUFValueType elementType = GGUFValueType::U8;
  uint64_t count = 0;
  llvm::StringRef data;
  uint64_t fileOffset = 0;
};

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_GGUF_GGUFVALUE_H
