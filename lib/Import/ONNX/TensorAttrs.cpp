//===- TensorAttrs.cpp - Tensors of ONNX files as attributes --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorAttrs.h"
#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/Alignment.h"

using namespace mlir;
using namespace mlir::bitnet;
using llvm::Expected;

/// Elements of 4 or 2 bits in a byte each, as dense attributes store them.
static std::vector<char> unpack(ArrayRef<char> packed, int64_t count,
                                unsigned bits) {
  unsigned perByte = 8 / bits;
  std::vector<char> bytes(count);
  for (int64_t i = 0; i < count; ++i) {
    auto byte = static_cast<uint8_t>(packed[i / perByte]);
    bytes[i] = (byte >> (i % perByte * bits)) & ((1 << bits) - 1);
  }
  return bytes;
}

static ElementsAttr makeElements(MLIRContext *context, const ONNXTensor &tensor,
                                 StringRef name) {
  // 256 of INT64: those that decide shapes are read as dense attributes.
  constexpr size_t largestDense = 2048;
  auto type =
      RankedTensorType::get(tensor.shape, getElementType(context, tensor.type));
  unsigned bits = *getStoredBits(tensor.type);
  ArrayRef<char> bytes = tensor.bytes;
  if (bytes.empty())
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  if (tensor.type == ONNXElementType::Bool) {
    llvm::SmallVector<bool> values(
        llvm::map_range(bytes, [](char byte) { return byte != 0; }));
    return DenseElementsAttr::get(type, values);
  }
  if (bits < 8)
    return DenseElementsAttr::getFromRawBuffer(
        type, unpack(bytes, tensor.getElementCount(), bits));
  if (bytes.size() <= largestDense)
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  if (llvm::isAddrAligned(llvm::Align(bits / 8), bytes.data()))
    return makeMappedConstant(type, name, bytes);
  return makeConstant(type, name,
                      std::vector<char>(bytes.begin(), bytes.end()));
}

ElementsAttr TensorAttrs::get(const ONNXTensor &tensor, StringRef name) {
  ElementsAttr &attribute = elements[&tensor];
  if (!attribute)
    attribute = makeElements(context, tensor, name);
  return attribute;
}

Attribute TensorAttrs::getAttribute(const ONNXAttribute &attribute,
                                    StringRef name) {
  using Kind = ONNXAttribute::Kind;
  Builder b(context);
  switch (attribute.kind) {
  case Kind::Integer:
    return b.getI64IntegerAttr(attribute.integer);
  case Kind::Float:
    return b.getF32FloatAttr(attribute.number);
  case Kind::String:
    return b.getStringAttr(attribute.string);
  case Kind::Tensor:
    return get(*attribute.tensor, name);
  case Kind::Integers:
    return b.getDenseI64ArrayAttr(attribute.integers);
  case Kind::Floats:
    return b.getDenseF32ArrayAttr(attribute.numbers);
  case Kind::Strings:
    return b.getStrArrayAttr(attribute.strings);
  case Kind::Reference:
  case Kind::Other:
    return {};
  }
  llvm_unreachable("unknown kind of attribute");
}

/// A dense tensor of rank 0 for one value, of rank 1 for a list.
template <typename T>
static ElementsAttr makeDense(Type elementType, ArrayRef<T> values,
                              bool isList) {
  SmallVector<int64_t, 1> shape;
  if (isList)
    shape.push_back(values.size());
  return DenseElementsAttr::get(RankedTensorType::get(shape, elementType),
                                values);
}

Expected<ElementsAttr> TensorAttrs::getConstant(const FlatNode &node,
                                                StringRef valueName) {
  using Kind = ONNXAttribute::Kind;
  Builder b(context);
  if (node.attributes.size() != 1)
    return llvm::createStringError("expects one attribute of a Constant");
  const auto &[name, attribute] = node.attributes.front();
  switch (attribute->kind) {
  case Kind::Tensor:
    if (name == "value")
      return get(*attribute->tensor, valueName);
    break;
  case Kind::Integer:
    if (name == "value_int")
      return makeDense<int64_t>(b.getI64Type(), attribute->integer, false);
    break;
  case Kind::Integers:
    if (name == "value_ints")
      return makeDense<int64_t>(b.getI64Type(), attribute->integers, true);
    break;
  case Kind::Float:
    if (name == "value_float")
      return makeDense<float>(b.getF32Type(), attribute->number, false);
    break;
  case Kind::Floats:
    if (name == "value_floats")
      return makeDense<float>(b.getF32Type(), attribute->numbers, true);
    break;
  default:
    break;
  }
  return llvm::createStringError("expects numbers as value of a Constant, "
                                 "found attribute " +
                                 quoteONNXName(name));
}
