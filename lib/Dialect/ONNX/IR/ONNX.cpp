//===- ONNX.cpp - The onnx dialect ----------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::onnx;

#include "bitnet/Dialect/ONNX/IR/ONNXDialect.cpp.inc"

#define GET_OP_CLASSES
#include "bitnet/Dialect/ONNX/IR/ONNXOps.cpp.inc"

void ONNXDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "bitnet/Dialect/ONNX/IR/ONNXOps.cpp.inc"
      >();
}

Operation *ONNXDialect::materializeConstant(OpBuilder &b, Attribute value,
                                            Type type, Location location) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(b, location, type, elements);
}

/// The part of a node's or tensor's name after the last slash or dot, as a hint
/// for the names of values.
static std::string getNameHint(Location location) {
  auto name = dyn_cast<NameLoc>(location);
  if (!name)
    return "";
  StringRef text = name.getName().getValue();
  text = text.substr(text.find_last_of("/") + 1);
  std::string result;
  for (char c : text)
    result += llvm::isAlnum(c) ? c : '_';
  if (!result.empty() && llvm::isDigit(result.front()))
    result.insert(result.begin(), '_');
  return result;
}

//===----------------------------------------------------------------------===//
// NodeOp
//===----------------------------------------------------------------------===//

void NodeOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  std::string hint = getNameHint(getLoc());
  if (!hint.empty() && getNumResults() > 0)
    setName(getResult(0), hint);
}

ParseResult NodeOp::parse(OpAsmParser &parser, OperationState &result) {
  Builder &b = parser.getBuilder();
  std::string first, second;
  if (parser.parseString(&first))
    return failure();
  bool hasDomain = succeeded(parser.parseOptionalString(&second));
  int64_t version = 0;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  FunctionType type;
  llvm::SMLoc operandsAt;
  if (parser.parseKeyword("version") || parser.parseInteger(version))
    return failure();
  operandsAt = parser.getCurrentLocation();
  if (parser.parseOperandList(operands, OpAsmParser::Delimiter::Paren) ||
      parser.parseOptionalAttrDict(result.attributes) ||
      parser.parseColonType(type))
    return failure();
  result.addAttribute(getOpTypeAttrName(result.name),
                      b.getStringAttr(hasDomain ? second : first));
  if (hasDomain)
    result.addAttribute(getDomainAttrName(result.name), b.getStringAttr(first));
  result.addAttribute(getVersionAttrName(result.name),
                      b.getI64IntegerAttr(version));
  result.addTypes(type.getResults());
  return parser.resolveOperands(operands, type.getInputs(), operandsAt,
                                result.operands);
}

void NodeOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  if (!getDomain().empty())
    printer << getDomainAttr() << ' ';
  printer << getOpTypeAttr() << " version " << getVersion() << " ("
          << getInputs() << ')';
  printer.printOptionalAttrDict(
      (*this)->getAttrs(),
      {getOpTypeAttrName(), getDomainAttrName(), getVersionAttrName()});
  printer << " : ";
  printer.printFunctionalType(*this);
}

/// What an attribute of this name is in every operator that has one; nothing
/// for names of which that is not so, and unknown ones.
static StringRef getAttributeKind(StringRef name) {
  constexpr StringLiteral integers[] = {"allowzero",
                                        "axis",
                                        "batch_dims",
                                        "bits",
                                        "blocksize",
                                        "ceil_mode",
                                        "count_include_pad",
                                        "exclusive",
                                        "fmod",
                                        "group",
                                        "interleaved",
                                        "is_causal",
                                        "keepdims",
                                        "kv_num_heads",
                                        "largest",
                                        "noop_with_empty_axes",
                                        "num_heads",
                                        "num_outputs",
                                        "q_num_heads",
                                        "reverse",
                                        "rotary_embedding_dim",
                                        "saturate",
                                        "select_last_index",
                                        "sorted",
                                        "to",
                                        "transA",
                                        "transB",
                                        "upper"};
  constexpr StringLiteral floats[] = {"alpha", "beta",  "epsilon",
                                      "gamma", "lambd", "softcap"};
  constexpr StringLiteral lists[] = {
      "axes", "dilations", "kernel_shape", "output_padding",
      "pads", "perm",      "strides"};
  if (llvm::is_contained(integers, name))
    return "an integer";
  if (llvm::is_contained(floats, name))
    return "a float";
  if (llvm::is_contained(lists, name))
    return "a list of integers";
  return "";
}

static StringRef getAttributeKind(Attribute value) {
  if (isa<IntegerAttr>(value))
    return "an integer";
  if (isa<FloatAttr>(value))
    return "a float";
  if (isa<DenseI64ArrayAttr>(value))
    return "a list of integers";
  return "something else";
}

LogicalResult NodeOp::verify() {
  // node_c1
  if (int64_t(getVersion()) < 1)
    return emitOpError("expects a positive version, found ")
           << int64_t(getVersion());
  // node_c2
  for (NamedAttribute attribute : (*this)->getDiscardableAttrs()) {
    StringRef name = attribute.getName();
    StringRef expected = getAttributeKind(name);
    StringRef found = getAttributeKind(attribute.getValue());
    if (!expected.empty() && expected != found)
      return emitOpError("expects attribute ")
             << name << " of " << getOpType() << " to be " << expected
             << ", found " << found;
  }
  return success();
}

Value NodeOp::getInput(unsigned index) {
  if (index >= getInputs().size())
    return {};
  Value input = getInputs()[index];
  return isa<NoneType>(input.getType()) ? Value() : input;
}

unsigned NodeOp::getInputCount() {
  unsigned count = getInputs().size();
  while (count > 0 && !getInput(count - 1))
    --count;
  return count;
}

int64_t NodeOp::getInt(StringRef name, int64_t absent) {
  auto attribute = dyn_cast_or_null<IntegerAttr>(getNodeAttr(name));
  return attribute ? attribute.getInt() : absent;
}

float NodeOp::getFloat(StringRef name, float absent) {
  auto attribute = dyn_cast_or_null<FloatAttr>(getNodeAttr(name));
  return attribute ? attribute.getValue().convertToFloat() : absent;
}

StringRef NodeOp::getString(StringRef name, StringRef absent) {
  auto attribute = dyn_cast_or_null<StringAttr>(getNodeAttr(name));
  return attribute ? attribute.getValue() : absent;
}

std::optional<ArrayRef<int64_t>> NodeOp::getInts(StringRef name) {
  if (auto attribute = dyn_cast_or_null<DenseI64ArrayAttr>(getNodeAttr(name)))
    return attribute.asArrayRef();
  return std::nullopt;
}

std::optional<ArrayRef<float>> NodeOp::getFloats(StringRef name) {
  if (auto attribute = dyn_cast_or_null<DenseF32ArrayAttr>(getNodeAttr(name)))
    return attribute.asArrayRef();
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// ConstantOp
//===----------------------------------------------------------------------===//

void ConstantOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  std::string hint = getNameHint(getLoc());
  setName(getResult(), hint.empty() ? "constant" : hint);
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult ConstantOp::verify() {
  // constant_c1
  if (getValue().getType() != getType())
    return emitOpError("expects a value of the result's type, found ")
           << getValue().getType() << " and " << getType();
  return success();
}
