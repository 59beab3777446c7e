//===- GGUFParser.cpp - Checks and indexes the bytes of a GGUF file -------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The file, all integers little-endian:
//
//   offset  0  "GGUF"                       magic
//           4  u32                          version
//           8  u64                          number of tensors
//          16  u64                          number of metadata entries
//          24  entries     key: string, value type: u32, value
//              tensors     name: string, dimensions: u32, extents: u64 each,
//                          type: u32, offset: u64
//              zeros       up to a multiple of the alignment
//              data        tensors at their offsets from here
//
//   string     u64 length, bytes
//   array      u32 element type, u64 count, elements
//
//===----------------------------------------------------------------------===//
#include "GGUFParser.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::StringRef;
using llvm::Twine;

namespace {
// The fewest bytes that one of them takes: an empty-valued entry with a key of
// one byte, and a tensor of one dimension with a name of one byte.
constexpr uint64_t minimumEntryBytes = 8 + 1 + 4 + 1;
constexpr uint64_t minimumTensorBytes = 8 + 1 + 4 + 8 + 4 + 8;

// Limits of the format, or of every program that reads it.
constexpr uint64_t maximumKeyBytes = 65535;
constexpr uint64_t maximumTensorNameBytes = 63;
constexpr uint32_t maximumDimensions = 4;
// Far above what any writer uses; bounds how far padding can reach.
constexpr uint32_t maximumAlignment = 1 << 20;
} // namespace

Error GGUFParser::parse() {
  if (Error error = parseHeader())
    return error;
  if (Error error = parseEntries())
    return error;
  if (Error error = readAlignment())
    return error;
  if (Error error = parseTensors())
    return error;
  return placeTensors();
}

Error GGUFParser::parseHeader() {
  StringRef magic;
  if (Error error = cursor.readBytes(magic, 4, "magic"))
    return error;
  if (magic != "GGUF")
    return cursor.fail(0,
                       "magic: expects 'GGUF', found " + quoteGGUFName(magic));
  if (Error error = cursor.read(file.version, "version"))
    return error;
  // The magic reads the same in files of either byte order, the small version
  // number does not.
  if (file.version != 0 && (file.version & 0xffff) == 0)
    return cursor.fail(4, "version: expects a little-endian file, found a "
                          "big-endian one");
  if (file.version != 2 && file.version != 3)
    return cursor.fail(4,
                       "version: expects 2 or 3, found " + Twine(file.version));
  if (Error error = cursor.read(tensorCount, "number of tensors"))
    return error;
  if (Error error = cursor.read(entryCount, "number of metadata entries"))
    return error;
  if (tensorCount > cursor.getRemaining() / minimumTensorBytes)
    return cursor.fail(
        8, "number of tensors: expects at most " +
               Twine(cursor.getRemaining() / minimumTensorBytes) +
               " in a file of this size, found " + Twine(tensorCount));
  if (entryCount > cursor.getRemaining() / minimumEntryBytes)
    return cursor.fail(
        16, "number of metadata entries: expects at most " +
                Twine(cursor.getRemaining() / minimumEntryBytes) +
                " in a file of this size, found " + Twine(entryCount));
  return Error::success();
}

Error GGUFParser::checkName(StringRef name, uint64_t offset,
                            uint64_t maximumBytes, const Twine &field) {
  if (name.empty() || name.size() > maximumBytes)
    return cursor.fail(offset, field + ": expects 1 to " + Twine(maximumBytes) +
                                   " bytes, found " + Twine(name.size()));
  if (name.contains('\0') || !llvm::json::isUTF8(name))
    return cursor.fail(offset, field + ": expects UTF-8 without NUL, found " +
                                   quoteGGUFName(name));
  return Error::success();
}

Error GGUFParser::parseEntries() {
  // Nothing is reserved for the declared count: only what has been read counts.
  for (uint64_t index = 0; index < entryCount; ++index) {
    GGUFEntry entry;
    entry.fileOffset = cursor.getOffset();
    Twine number(index);
    if (Error error = cursor.readString(entry.key, "key " + number))
      return error;
    if (Error error = checkName(entry.key, entry.fileOffset, maximumKeyBytes,
                                "key " + number))
      return error;
    if (Error error = parseValue(entry))
      return error;
    file.entries.push_back(entry);
  }
  return sortByName(
      file.entries, file.entriesByKey,
      [](const GGUFEntry &entry) { return entry.key; },
      [](const GGUFEntry &entry) { return entry.fileOffset; }, "key");
}

Error GGUFParser::parseValue(GGUFEntry &entry) {
  std::string field = "key " + quoteGGUFName(entry.key);
  uint64_t typeOffset = cursor.getOffset();
  uint32_t id = 0;
  if (Error error = cursor.read(id, field + ": type"))
    return error;
  auto type = static_cast<GGUFValueType>(id);
  GGUFValueType elementType = type;
  uint64_t count = 1;
  if (type == GGUFValueType::Array) {
    typeOffset = cursor.getOffset();
    if (Error error = cursor.read(id, field + ": element type"))
      return error;
    elementType = static_cast<GGUFValueType>(id);
    if (elementType == GGUFValueType::Array)
      return cursor.fail(typeOffset, field + ": expects an array of scalars or "
                                             "strings, found nested arrays");
    if (Error error = cursor.read(count, field + ": number of elements"))
      return error;
  }

  StringRef data;
  uint64_t dataOffset = cursor.getOffset();
  if (elementType == GGUFValueType::String) {
    if (Error error = parseStrings(data, count, field))
      return error;
    if (type == GGUFValueType::String) {
      data = data.drop_front(sizeof(uint64_t));
      dataOffset += sizeof(uint64_t);
    }
  } else {
    uint64_t elementBytes = getScalarBytes(elementType);
    if (elementBytes == 0)
      return cursor.fail(typeOffset, field +
                                         ": expects a type of 0 to 12, "
                                         "found " +
                                         Twine(id));
    if (count > cursor.getRemaining() / elementBytes)
      return cursor.fail(dataOffset,
                         field + ": expects " + Twine(count) +
                             " values, found the end of the file after " +
                             Twine(cursor.getRemaining() / elementBytes));
    if (Error error = cursor.readBytes(data, count * elementBytes, field))
      return error;
    if (elementType == GGUFValueType::Bool) {
      const char *wrong =
          llvm::find_if(data, [](char byte) { return byte != 0 && byte != 1; });
      if (wrong != data.end())
        return cursor.fail(
            dataOffset + (wrong - data.begin()),
            field + ": expects a bool of 0 or 1, found " +
                Twine(static_cast<unsigned>(static_cast<uint8_t>(*wrong))));
    }
  }
  entry.value = GGUFValue(type, elementType, count, data, dataOffset);
  return Error::success();
}

Error GGUFParser::parseStrings(StringRef &data, uint64_t count,
                               StringRef field) {
  if (count > cursor.getRemaining() / sizeof(uint64_t))
    return cursor.fail(cursor.getOffset(),
                       field + ": expects " + Twine(count) +
                           " strings, found room for " +
                           Twine(cursor.getRemaining() / sizeof(uint64_t)));
  uint64_t begin = cursor.getOffset();
  for (uint64_t index = 0; index < count; ++index) {
    StringRef text;
    if (Error error =
            cursor.readString(text, field + ": string " + Twine(index)))
      return error;
  }
  data = StringRef(file.bytes.data() + begin, cursor.getOffset() - begin);
  return Error::success();
}

Error GGUFParser::readAlignment() {
  StringRef key = "general.alignment";
  const GGUFValue *value = file.find(key);
  if (!value)
    return Error::success();
  std::optional<uint64_t> alignment = value->asUnsigned();
  if (value->getType() != GGUFValueType::U32 || !alignment)
    return cursor.fail(value->getFileOffset(), "key '" + key +
                                                   "': expects u32, found " +
                                                   value->getTypeName());
  if (!llvm::has_single_bit(*alignment) || *alignment > maximumAlignment)
    return cursor.fail(value->getFileOffset(),
                       "key '" + key + "': expects a power of two up to " +
                           Twine(maximumAlignment) + ", found " +
                           Twine(*alignment));
  file.alignment = *alignment;
  return Error::success();
}

Error GGUFParser::parseTensors() {
  for (uint64_t index = 0; index < tensorCount; ++index) {
    GGUFTensor tensor;
    tensor.infoOffset = cursor.getOffset();
    Twine number(index);
    if (Error error = cursor.readString(tensor.name, "tensor " + number))
      return error;
    if (Error error = checkName(tensor.name, tensor.infoOffset,
                                maximumTensorNameBytes, "tensor " + number))
      return error;
    if (Error error = parseTensorLayout(tensor))
      return error;
    file.tensors.push_back(std::move(tensor));
  }
  return sortByName(
      file.tensors, file.tensorsByName,
      [](const GGUFTensor &tensor) { return tensor.name; },
      [](const GGUFTensor &tensor) { return tensor.infoOffset; }, "tensor");
}

/// Reads what follows the name. `fileOffset` becomes the offset from the start
/// of the data, which is not known yet.
Error GGUFParser::parseTensorLayout(GGUFTensor &tensor) {
  std::string field = "tensor " + quoteGGUFName(tensor.name);
  uint64_t at = cursor.getOffset();
  uint32_t dimensions = 0;
  if (Error error = cursor.read(dimensions, field + ": number of dimensions"))
    return error;
  if (dimensions == 0 || dimensions > maximumDimensions)
    return cursor.fail(at, field + ": expects 1 to " +
                               Twine(maximumDimensions) +
                               " dimensions, found " + Twine(dimensions));
  at = cursor.getOffset();
  std::optional<int64_t> elements = 1;
  for (uint32_t dimension = 0; dimension < dimensions; ++dimension) {
    uint64_t extent = 0;
    if (Error error = cursor.read(extent, field + ": extent"))
      return error;
    elements = extent == 0 || extent > llvm::maxIntN(64)
                   ? std::nullopt
                   : llvm::checkedMul<int64_t>(*elements, extent);
    if (!elements)
      return cursor.fail(at, field +
                                 ": expects positive extents with a "
                                 "product below 2^63, found " +
                                 Twine(extent) + " as extent " +
                                 Twine(dimension));
    tensor.shape.push_back(extent);
  }

  uint32_t type = 0;
  at = cursor.getOffset();
  if (Error error = cursor.read(type, field + ": type"))
    return error;
  tensor.type = static_cast<GGUFTensorType>(type);
  const GGUFTensorTypeInfo *info = getTensorTypeInfo(tensor.type);
  if (info && info->blockElements != 0 &&
      !getTensorBytes(tensor.type, tensor.shape))
    return cursor.fail(at, field + ": expects extents for " + info->name +
                               " in blocks of " + Twine(info->blockElements) +
                               ", found " + Twine(tensor.shape.front()));

  at = cursor.getOffset();
  if (Error error = cursor.read(tensor.fileOffset, field + ": offset"))
    return error;
  if (tensor.fileOffset % file.alignment != 0)
    return cursor.fail(at, field + ": offset: expects a multiple of " +
                               Twine(file.alignment) + ", found " +
                               Twine(tensor.fileOffset));
  return Error::success();
}

/// Gives every tensor its bytes. What lies between one offset and the next is
/// the truth about the size of a tensor; a type whose size is known must fit
/// it, else the file means another type by that id than we do.
Error GGUFParser::placeTensors() {
  if (file.tensors.empty())
    return Error::success();
  uint64_t begin = llvm::alignTo(cursor.getOffset(), file.alignment);
  uint64_t end = file.bytes.size();
  std::vector<size_t> order(file.tensors.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t left, size_t right) {
    return std::pair(file.tensors[left].fileOffset, left) <
           std::pair(file.tensors[right].fileOffset, right);
  });

  for (size_t index = 0; index < order.size(); ++index) {
    GGUFTensor &tensor = file.tensors[order[index]];
    std::string field = "tensor " + quoteGGUFName(tensor.name);
    if (begin >= end || tensor.fileOffset >= end - begin)
      return cursor.fail(tensor.infoOffset,
                         field + ": expects data inside the file of " +
                             Twine(end) + " bytes, found offset " +
                             Twine(tensor.fileOffset) +
                             " from the start of the data at " + Twine(begin));
    tensor.fileOffset += begin;

    uint64_t extent = end - tensor.fileOffset;
    bool isLast = index + 1 == order.size();
    if (!isLast) {
      const GGUFTensor &next = file.tensors[order[index + 1]];
      // Still relative; may lie outside the file, which its own turn reports.
      extent = std::min(extent, next.fileOffset - (tensor.fileOffset - begin));
      if (extent == 0)
        return cursor.fail(next.infoOffset,
                           "tensor " + quoteGGUFName(next.name) +
                               ": expects data of its own, found the offset "
                               "of tensor " +
                               quoteGGUFName(tensor.name));
    }
    std::optional<uint64_t> size = getTensorBytes(tensor.type, tensor.shape);
    // Padding belongs to the extent, and files may end in more than that.
    if (size &&
        (*size > extent || (!isLast && extent - *size >= file.alignment)))
      return cursor.fail(
          tensor.infoOffset,
          field + ": expects " + Twine(*size) + " bytes of " +
              getTensorTypeName(tensor.type) + ", found " + Twine(extent) +
              " up to " + (isLast ? "the end of the file" : "the next tensor"));
    tensor.data = file.bytes.slice(tensor.fileOffset, size ? *size : extent);
  }
  return Error::success();
}
