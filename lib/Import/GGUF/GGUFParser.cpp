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
#include "llvm/ADT/StringExtras.h"
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
                          "big-endian one (gguf-convert-endian of the Python "
                          "package gguf turns it round)");
  if (file.version == 1)
    return cursor.fail(4, "version: expects 2 or 3, found 1, which has no "
                          "64-bit numbers (convert the model again)");
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
    tensor.file = &file;
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
  llvm::ArrayRef<GGUFTensorTypeInfo> meanings =
      getTensorTypeMeanings(tensor.type);
  auto canHold = [&](const GGUFTensorTypeInfo &info) {
    return info.blockElements == 0 || getTensorBytes(info, tensor.shape);
  };
  if (!meanings.empty() && llvm::none_of(meanings, canHold))
    return cursor.fail(at, field + ": expects extents for " +
                               meanings.front().name + " in blocks of " +
                               Twine(meanings.front().blockElements) +
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
/// the truth about the size of a tensor; it tells what the file means by a
/// type, and must fit that.
Error GGUFParser::placeTensors() {
  if (file.tensors.empty())
    return Error::success();
  if (Error error = measureExtents())
    return error;
  for (GGUFTensor &tensor : file.tensors)
    if (!tensor.info)
      tensor.info = chooseMeaning(tensor.type);
  for (GGUFTensor &tensor : file.tensors)
    if (Error error = checkSize(tensor))
      return error;
  return Error::success();
}

/// Makes offsets absolute, and the data of a tensor all up to the next.
Error GGUFParser::measureExtents() {
  uint64_t begin = llvm::alignTo(cursor.getOffset(), file.alignment);
  uint64_t end = file.bytes.size();
  std::vector<size_t> order(file.tensors.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t left, size_t right) {
    return std::pair(file.tensors[left].fileOffset, left) <
           std::pair(file.tensors[right].fileOffset, right);
  });
  lastTensor = order.back();

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
    if (index + 1 < order.size()) {
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
    tensor.data = file.bytes.slice(tensor.fileOffset, extent);
  }
  return Error::success();
}

bool GGUFParser::fits(const GGUFTensor &tensor, uint64_t size) const {
  uint64_t extent = tensor.data.size();
  // Padding belongs to the extent, and files may end in more than that.
  bool isLast = &tensor == &file.tensors[lastTensor];
  return size <= extent && (isLast || extent - size < file.alignment);
}

/// TL2 takes from 5/3 to 2 bits for an element, and a tail; how many depends on
/// sizes of tiles.
static bool couldBeTL2(const GGUFTensor &tensor) {
  constexpr uint64_t mostTail = 128;
  uint64_t elements = tensor.getElementCount(), size = tensor.data.size();
  return size >= elements / 24 * 5 && size <= elements / 4 + mostTail;
}

/// The first meaning that fits all tensors of the type, or the first of all.
const GGUFTensorTypeInfo *GGUFParser::chooseMeaning(GGUFTensorType type) const {
  llvm::ArrayRef<GGUFTensorTypeInfo> meanings = getTensorTypeMeanings(type);
  if (meanings.empty())
    return nullptr;
  auto fitsAll = [&](const GGUFTensorTypeInfo &info) {
    return llvm::all_of(file.tensors, [&](const GGUFTensor &tensor) {
      if (tensor.type != type)
        return true;
      if (info.blockElements == 0)
        return meanings.size() == 1 || couldBeTL2(tensor);
      std::optional<uint64_t> size = getTensorBytes(info, tensor.shape);
      return size && fits(tensor, *size);
    });
  };
  const auto *found = llvm::find_if(meanings, fitsAll);
  return found != meanings.end() ? found : meanings.begin();
}

/// Takes the padding off a tensor of a type with a size.
Error GGUFParser::checkSize(GGUFTensor &tensor) {
  if (!tensor.info || tensor.info->blockElements == 0)
    return Error::success();
  std::optional<uint64_t> size = getTensorBytes(*tensor.info, tensor.shape);
  if (size && fits(tensor, *size)) {
    tensor.data = tensor.data.take_front(*size);
    return Error::success();
  }
  std::string wanted;
  for (const GGUFTensorTypeInfo &info : getTensorTypeMeanings(tensor.type))
    if (std::optional<uint64_t> bytes = getTensorBytes(info, tensor.shape))
      wanted += (wanted.empty() ? "" : " or ") + llvm::utostr(*bytes) +
                " bytes of " + info.name.str();
  bool isLast = &tensor == &file.tensors[lastTensor];
  return cursor.fail(tensor.infoOffset,
                     "tensor " + quoteGGUFName(tensor.name) + ": expects " +
                         wanted + ", found " + Twine(tensor.data.size()) +
                         " up to " +
                         (isLast ? "the end of the file" : "the next tensor"));
}
