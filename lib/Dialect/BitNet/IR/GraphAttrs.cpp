//===- GraphAttrs.cpp - Graphs, their inputs and outputs ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::bitnet;

/// What MLIR prints for a type, an affine map or an affine expression.
template <typename T> static std::string toText(T value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return text;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

const TensorElement *mlir::bitnet::getTensorElement(Type type) {
  static constexpr TensorElement elements[] = {
      {"f32", 1, 4, "float"},           {"ui8", 2, 1, "uint8_t"},
      {"i8", 3, 1, "int8_t"},           {"ui16", 4, 2, "uint16_t"},
      {"i16", 5, 2, "int16_t"},         {"i32", 6, 4, "int32_t"},
      {"i64", 7, 8, "int64_t"},         {"i1", 9, 1, "uint8_t"},
      {"f16", 10, 2, "uint16_t"},       {"f64", 11, 8, "double"},
      {"ui32", 12, 4, "uint32_t"},      {"ui64", 13, 8, "uint64_t"},
      {"bf16", 16, 2, "uint16_t"},      {"f8E4M3FN", 17, 1, "uint8_t"},
      {"f8E4M3FNUZ", 18, 1, "uint8_t"}, {"f8E5M2", 19, 1, "uint8_t"},
      {"f8E5M2FNUZ", 20, 1, "uint8_t"}, {"ui4", 21, 1, "uint8_t"},
      {"i4", 22, 1, "int8_t"},          {"f4E2M1FN", 23, 1, "uint8_t"},
      {"f8E8M0FNU", 24, 1, "uint8_t"},  {"ui2", 25, 1, "uint8_t"},
      {"i2", 26, 1, "int8_t"}};
  if (!type.isIntOrFloat())
    return nullptr;
  std::string name = toText(type);
  const TensorElement *found = llvm::find_if(
      elements, [&](const TensorElement &e) { return e.type == name; });
  return found == std::end(elements) ? nullptr : found;
}

//===----------------------------------------------------------------------===//
// GraphTensor
//===----------------------------------------------------------------------===//

LogicalResult
GraphTensorAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                        StringRef name, Type type, AffineMap dims) {
  if (!getTensorElement(type))
    return emitError() << "expects elements that programs can pass, found "
                       << type << " in '" << name << "'";
  if (dims.getNumResults() > maximumRank)
    return emitError() << "expects at most " << maximumRank
                       << " dimensions, found " << dims.getNumResults()
                       << " in '" << name << "'";
  if (dims.getNumDims() != 0)
    return emitError() << "expects dimensions of symbols only, found "
                       << toText(dims) << " in '" << name << "'";
  for (AffineExpr dim : dims.getResults())
    if (auto constant = dyn_cast<AffineConstantExpr>(dim);
        constant && constant.getValue() < 0)
      return emitError() << "expects dimensions of at least 0, found "
                         << toText(dim) << " in '" << name << "'";
  return success();
}

//===----------------------------------------------------------------------===//
// Graph
//===----------------------------------------------------------------------===//

/// Checks inputs or outputs, called `what`.
static LogicalResult verifyTensors(function_ref<InFlightDiagnostic()> emitError,
                                   StringRef what, ArrayAttr tensors,
                                   size_t symbolCount) {
  llvm::StringSet<> names;
  for (Attribute attribute : tensors) {
    auto tensor = dyn_cast<GraphTensorAttr>(attribute);
    if (!tensor)
      return emitError() << "expects " << what
                         << " to be #bitnet.graph_tensor, found " << attribute;
    if (tensor.getDims().getNumSymbols() != symbolCount)
      return emitError() << "expects dimensions over " << symbolCount
                         << " symbols, found " << toText(tensor.getDims())
                         << " in '" << tensor.getName() << "'";
    if (!names.insert(tensor.getName()).second)
      return emitError() << "expects " << what << " of different names, found '"
                         << tensor.getName() << "' twice";
  }
  return success();
}

LogicalResult GraphAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                StringRef name, ArrayAttr symbols,
                                ArrayAttr inputs, ArrayAttr outputs) {
  if (symbols.size() > maximumSymbols)
    return emitError() << "expects at most " << maximumSymbols
                       << " symbols, found " << symbols.size();
  llvm::StringSet<> names;
  for (Attribute attribute : symbols) {
    auto symbol = dyn_cast<StringAttr>(attribute);
    if (!symbol)
      return emitError() << "expects symbols to be strings, found "
                         << attribute;
    if (!names.insert(symbol.getValue()).second)
      return emitError() << "expects symbols of different names, found "
                         << symbol << " twice";
  }
  if (failed(verifyTensors(emitError, "inputs", inputs, symbols.size())) ||
      failed(verifyTensors(emitError, "outputs", outputs, symbols.size())))
    return failure();
  if (outputs.empty())
    return emitError() << "expects at least one output";
  llvm::SmallBitVector isKnown(symbols.size());
  for (auto input : inputs.getAsRange<GraphTensorAttr>())
    for (AffineExpr dim : input.getDims().getResults()) {
      if (auto symbol = dyn_cast<AffineSymbolExpr>(dim))
        isKnown.set(symbol.getPosition());
      else if (!isa<AffineConstantExpr>(dim))
        return emitError() << "expects dimensions of inputs to be symbols or "
                              "constants, found "
                           << toText(dim) << " in '" << input.getName() << "'";
    }
  if (int unknown = isKnown.find_first_unset(); unknown != -1)
    return emitError() << "expects symbol " << symbols[unknown]
                       << " to be a dimension of an input";
  return success();
}
