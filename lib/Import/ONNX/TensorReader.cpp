//===- TensorReader.cpp - Messages of tensors as bytes --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The data of a tensor is in exactly one of these places:
//
//   external_data  a range of a file, when data_location says so
//   raw_data       the bytes as ONNXTensor has them
//   float_data     FLOAT
//   double_data    DOUBLE
//   int64_data     INT64
//   uint64_data    UINT64, UINT32
//   int32_data     all others: an element each, floats by their bits; but of
//                  those of 4 and 2 bits, a byte of packed elements each
//
//===----------------------------------------------------------------------===//

#include "TensorReader.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <fmt/format.h>

using namespace mlir::bitnet;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using ::onnx::TensorProto;

/// The elements of a field as they lie in memory.
template <typename Field> static ArrayRef<char> getBytes(const Field &field) {
  return ArrayRef<char>(reinterpret_cast<const char *>(field.data()),
                        field.size() * sizeof(*field.data()));
}

/// The low `width` bits of each element of a field, which must be all that it
/// has as a signed or an unsigned number.
template <typename Field>
static Expected<ArrayRef<char>> narrow(const Field &field, unsigned width,
                                       llvm::BumpPtrAllocator &allocator) {
  unsigned bytes = width / 8;
  char *data = static_cast<char *>(allocator.Allocate(
      size_t(field.size()) * bytes, llvm::Align::Of<uint64_t>()));
  for (int i = 0; i < field.size(); ++i) {
    auto value = static_cast<int64_t>(field[i]);
    if (!llvm::isIntN(width, value) && !llvm::isUIntN(width, value))
      return llvm::createStringError(fmt::format(
          "expects elements of {} bits, found {} in entry {} of the data",
          width, value, i));
    memcpy(data + size_t(i) * bytes, &value, bytes);
  }
  return ArrayRef<char>(data, size_t(field.size()) * bytes);
}

static Expected<ExternalLocation> getLocation(const TensorProto &message) {
  ExternalLocation location;
  for (const ::onnx::StringStringEntryProto &entry : message.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    uint64_t number = 0;
    if ((key == "offset" || key == "length") && value.getAsInteger(10, number))
      return llvm::createStringError("expects a number of bytes as " + key +
                                     " of external data, found " +
                                     quoteONNXName(value));
    if (key == "location")
      location.path = value;
    else if (key == "offset")
      location.offset = number;
    else if (key == "length")
      location.length = number;
  }
  return location;
}

/// The data of the typed field that is for elements of `type`.
static Expected<ArrayRef<char>>
readTypedData(const TensorProto &message, ONNXElementType type,
              llvm::BumpPtrAllocator &allocator) {
  switch (type) {
  case ONNXElementType::Float:
    return getBytes(message.float_data());
  case ONNXElementType::Double:
    return getBytes(message.double_data());
  case ONNXElementType::Int64:
    return getBytes(message.int64_data());
  case ONNXElementType::UInt64:
    return getBytes(message.uint64_data());
  case ONNXElementType::UInt32:
    return narrow(message.uint64_data(), 32, allocator);
  case ONNXElementType::Int32:
    return getBytes(message.int32_data());
  default:
    return narrow(message.int32_data(), std::max(8u, *getStoredBits(type)),
                  allocator);
  }
}

/// Bytes of elements of `bits` bits; fails if the shape makes no sense.
static Expected<uint64_t> getDataSize(ArrayRef<int64_t> shape, unsigned bits) {
  std::string text =
      "[" +
      llvm::join(llvm::map_range(
                     shape, [](int64_t size) { return llvm::itostr(size); }),
                 ", ") +
      "]";
  // A size of 0 must not hide an overflow: consumers multiply parts of it.
  int64_t count = 1;
  bool isEmpty = false, overflows = false;
  for (int64_t size : shape) {
    if (size < 0)
      return llvm::createStringError(
          "expects sizes that are not negative, found shape " + text);
    isEmpty |= size == 0;
    overflows |= llvm::MulOverflow(count, std::max<int64_t>(size, 1), count);
  }
  if (overflows || count > std::numeric_limits<int64_t>::max() / 64)
    return llvm::createStringError("expects fewer elements, found shape " +
                                   text);
  return isEmpty ? 0 : llvm::divideCeil(uint64_t(count) * bits, 8);
}

Expected<ONNXTensor>
mlir::bitnet::readTensor(const TensorProto &message, ExternalData &external,
                         llvm::BumpPtrAllocator &allocator) {
  ONNXTensor tensor;
  tensor.name = message.name();
  tensor.type = static_cast<ONNXElementType>(message.data_type());
  std::optional<unsigned> bits = getStoredBits(tensor.type);
  if (!bits)
    return llvm::createStringError("expects elements of a number type or "
                                   "BOOL, found " +
                                   getElementTypeName(tensor.type));
  if (message.has_segment())
    return llvm::createStringError("expects a whole tensor, found a segment");
  constexpr int maximumRank = 64;
  if (message.dims_size() > maximumRank)
    return llvm::createStringError(
        fmt::format("expects at most {} dimensions, found {}", maximumRank,
                    message.dims_size()));
  tensor.shape.assign(message.dims().begin(), message.dims().end());
  Expected<uint64_t> size = getDataSize(tensor.shape, *bits);
  if (!size)
    return size.takeError();

  int places = (message.has_raw_data() && !message.raw_data().empty()) +
               !message.float_data().empty() + !message.double_data().empty() +
               !message.int64_data().empty() + !message.uint64_data().empty() +
               !message.int32_data().empty() + !message.string_data().empty();
  if (message.data_location() == TensorProto::EXTERNAL) {
    if (places > 0)
      return llvm::createStringError(
          "expects external data only, found data in the file too");
    Expected<ExternalLocation> location = getLocation(message);
    if (!location)
      return location.takeError();
    if (Error error = external.get(*location, *size).moveInto(tensor.bytes))
      return error;
    return tensor;
  }
  if (places > 1)
    return llvm::createStringError(
        "expects data in one field, found it in several");
  if (message.has_raw_data())
    tensor.bytes = getBytes(message.raw_data());
  else if (Error error = readTypedData(message, tensor.type, allocator)
                             .moveInto(tensor.bytes))
    return error;
  if (tensor.bytes.size() != *size)
    return llvm::createStringError(
        fmt::format("expects {} bytes of data for its shape, found {}", *size,
                    tensor.bytes.size()));
  return tensor;
}
