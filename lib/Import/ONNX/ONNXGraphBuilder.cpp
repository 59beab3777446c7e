//===- ONNXGraphBuilder.cpp - Writes a graph in the onnx dialect ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ONNXGraphBuilder.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;

ONNXGraphBuilder::ONNXGraphBuilder(ModuleOp module, const ONNXFile &file,
                                   const FlatGraph &graph,
                                   const InputDimensions &dimensions)
    : b(module.getBodyRegion()), file(file), graph(graph),
      dimensions(dimensions), elements(module.getContext()),
      values(graph.values.size()) {}

Location ONNXGraphBuilder::getLocation(StringRef name) {
  auto path = NameLoc::get(b.getStringAttr(file.getPath()));
  return NameLoc::get(b.getStringAttr(name), path);
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

DictionaryAttr ONNXGraphBuilder::getArgumentAttrs(StringRef name,
                                                  ArrayRef<Attribute> dims) {
  return b.getDictionaryAttr(
      {b.getNamedAttr(onnx::nameAttrName, b.getStringAttr(name)),
       b.getNamedAttr(onnx::dimsAttrName, b.getArrayAttr(dims))});
}

Error ONNXGraphBuilder::addFunction() {
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  SmallVector<Location> locations;
  for (StringRef symbol : dimensions.getSymbols()) {
    types.push_back(b.getIndexType());
    attributes.push_back(b.getDictionaryAttr(
        b.getNamedAttr(onnx::symbolAttrName, b.getStringAttr(symbol))));
    locations.push_back(getLocation(symbol));
  }
  SmallVector<int64_t> inputs;
  for (auto [index, value] : llvm::enumerate(graph.values)) {
    if (!value.input)
      continue;
    SmallVector<int64_t> shape;
    SmallVector<Attribute> dims;
    for (const InputDimensions::Size &size : dimensions.get(value.name)) {
      const auto *symbol = std::get_if<std::string>(&size);
      shape.push_back(symbol ? ShapedType::kDynamic : std::get<int64_t>(size));
      if (symbol)
        dims.push_back(b.getStringAttr(*symbol));
      else
        dims.push_back(b.getI64IntegerAttr(shape.back()));
    }
    types.push_back(RankedTensorType::get(
        shape, getElementType(b.getContext(), value.input->type)));
    attributes.push_back(getArgumentAttrs(value.name, dims));
    locations.push_back(getLocation(value.name));
    inputs.push_back(index);
  }
  function = func::FuncOp::create(b, getLocation(onnx::graphFunctionName),
                                  onnx::graphFunctionName,
                                  b.getFunctionType(types, {}));
  function.setAllArgAttrs(attributes);
  Block *body = b.createBlock(&function.getBody(), {}, types, locations);
  for (auto [index, argument] : llvm::zip(
           inputs,
           body->getArguments().drop_front(dimensions.getSymbols().size())))
    values[index] = argument;
  FailureOr<onnx::GraphShapes> created = onnx::GraphShapes::create(function);
  if (failed(created))
    return file.makeError("expects inputs with consistent sizes");
  shapes = std::move(*created);
  return Error::success();
}

/// `size` with the names of its symbols, such as `2*batch + 1`.
static std::string formatSize(AffineExpr size, ArrayRef<StringAttr> names) {
  if (auto constant = dyn_cast<AffineConstantExpr>(size))
    return llvm::itostr(constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(size))
    return names[symbol.getPosition()].str();
  auto binary = cast<AffineBinaryOpExpr>(size);
  auto formatFactor = [&](AffineExpr factor) {
    std::string text = formatSize(factor, names);
    return factor.getKind() == AffineExprKind::Add ? "(" + text + ")" : text;
  };
  if (size.getKind() == AffineExprKind::Add)
    return formatSize(binary.getLHS(), names) + " + " +
           formatSize(binary.getRHS(), names);
  // A number in front of what it multiplies.
  if (size.getKind() == AffineExprKind::Mul)
    return formatFactor(binary.getRHS()) + "*" + formatFactor(binary.getLHS());
  StringRef function = size.getKind() == AffineExprKind::FloorDiv  ? "floordiv"
                       : size.getKind() == AffineExprKind::CeilDiv ? "ceildiv"
                                                                   : "mod";
  return (function + "(" + formatSize(binary.getLHS(), names) + ", " +
          formatSize(binary.getRHS(), names) + ")")
      .str();
}

Error ONNXGraphBuilder::checkOutput(const ONNXValueInfo &info, Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return file.makeError("output", info.name, "expects a tensor");
  if (!info.otherKind.empty())
    return file.makeError("output", info.name,
                          "expects a tensor, found " + info.otherKind);
  std::string found;
  llvm::raw_string_ostream(found) << type;
  if (getElementType(b.getContext(), info.type) != tensor.getElementType())
    return file.makeError("output", info.name,
                          "expects elements of type " +
                              getElementTypeName(info.type) +
                              " as declared, found " + found);
  if (info.shape && int64_t(info.shape->size()) != tensor.getRank())
    return file.makeError("output", info.name,
                          "expects " + Twine(info.shape->size()) +
                              " dimensions as declared, found " + found);
  return Error::success();
}

Error ONNXGraphBuilder::addReturn() {
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> attributes;
  for (auto [index, info] : llvm::zip(graph.outputs, file.getOutputs())) {
    Expected<Value> value = getValue(index);
    if (!value)
      return value.takeError();
    if (Error error = checkOutput(info, value->getType()))
      return error;
    SmallVector<Attribute> dims;
    for (AffineExpr size : shapes->get(*value).dims) {
      if (std::optional<int64_t> number = onnx::getConstantSize(size))
        dims.push_back(b.getI64IntegerAttr(*number));
      else
        dims.push_back(
            b.getStringAttr(formatSize(size, shapes->getSymbolNames())));
    }
    results.push_back(*value);
    attributes.push_back(getArgumentAttrs(info.name, dims));
  }
  func::ReturnOp::create(b, getLocation("return"), results);
  function.setFunctionType(b.getFunctionType(function.getArgumentTypes(),
                                             ValueRange(results).getTypes()));
  function.setAllResultAttrs(attributes);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

Error ONNXGraphBuilder::infer(Operation *op) {
  // The error becomes ours: importing gives one message.
  std::string message;
  ScopedDiagnosticHandler handler(b.getContext(), [&](Diagnostic &diagnostic) {
    if (message.empty())
      message = diagnostic.str();
    return success();
  });
  if (succeeded(shapes->infer(op, /*setTypes=*/true)))
    return Error::success();
  StringRef name = cast<NameLoc>(op->getLoc()).getName();
  return file.makeError("node", name, message);
}

Expected<Value> ONNXGraphBuilder::addConstant(StringRef name,
                                              ElementsAttr value) {
  auto constant =
      onnx::ConstantOp::create(b, getLocation(name), value.getType(), value);
  if (Error error = infer(constant))
    return error;
  return constant.getResult();
}

Expected<Value> ONNXGraphBuilder::getValue(int64_t index) {
  if (index < 0) {
    if (!none) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(&function.getBody().front());
      none = onnx::NoneOp::create(b, getLocation("none"), b.getNoneType());
    }
    return none;
  }
  if (values[index])
    return values[index];
  StringRef name = graph.values[index].name;
  Expected<Value> constant =
      addConstant(name, elements.get(*graph.values[index].constant, name));
  if (constant)
    values[index] = *constant;
  return constant;
}

Error ONNXGraphBuilder::addConstantNode(const FlatNode &node) {
  if (node.outputs.size() != 1 || !node.inputs.empty())
    return file.makeError("node", node.label,
                          "expects one output and no input of a Constant");
  int64_t output = node.outputs.front();
  Expected<ElementsAttr> value =
      elements.getConstant(node, graph.values[output].name);
  if (!value)
    return file.makeError("node", node.label,
                          llvm::toString(value.takeError()));
  return addConstant(node.label, *value).moveInto(values[output]);
}

/// Names that MLIR reads again, and that are no dialect's.
static bool isIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

Error ONNXGraphBuilder::addNode(const FlatNode &node) {
  if (node.domain.empty() && node.opType == "Constant")
    return addConstantNode(node);
  // A placeholder of results that are there, until their types are inferred.
  Type unknown = RankedTensorType::get({}, b.getF32Type());
  SmallVector<Value> inputs;
  for (int64_t input : node.inputs) {
    Expected<Value> value = getValue(input);
    if (!value)
      return value.takeError();
    inputs.push_back(*value);
  }
  SmallVector<Type> results;
  for (int64_t output : node.outputs)
    results.push_back(output < 0 ? b.getNoneType() : unknown);
  auto op = onnx::NodeOp::create(
      b, getLocation(node.label), results, inputs, b.getStringAttr(node.opType),
      b.getStringAttr(node.domain), b.getI64IntegerAttr(node.version));
  NamedAttrList attributes;
  for (const FlatAttribute &attribute : node.attributes) {
    auto fail = [&](const Twine &message) {
      return file.makeError("node", node.label,
                            "attribute " + quoteONNXName(attribute.name) +
                                ": " + message);
    };
    if (!isIdentifier(attribute.name) ||
        llvm::is_contained(op.getAttributeNames(), attribute.name))
      return fail("expects the name of an attribute of an operator");
    Attribute value = elements.getAttribute(
        *attribute.value, node.label + "." + attribute.name.str());
    if (!value)
      return fail("expects numbers, strings or a tensor, found " +
                  attribute.value->string);
    attributes.append(attribute.name, value);
  }
  op->setDiscardableAttrs(attributes.getDictionary(b.getContext()));
  if (Error error = infer(op))
    return error;
  for (auto [output, result] : llvm::zip(node.outputs, op.getResults()))
    if (output >= 0)
      values[output] = result;
  return Error::success();
}

Error ONNXGraphBuilder::build() {
  if (Error error = addFunction())
    return error;
  for (const FlatNode &node : graph.nodes)
    if (Error error = addNode(node))
      return error;
  return addReturn();
}
