//===- PlaceConstants.cpp - Constant tensors to blobs ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringExtras.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_PLACECONSTANTSPASS
#include "bitnet/Graph/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet_runtime;

namespace {
class PlaceConstantsPass
    : public bitnet::impl::PlaceConstantsPassBase<PlaceConstantsPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    SmallVector<arith::ConstantOp> constants;
    for (func::FuncOp entry :
         getTargetFunctions(module, onnx::graphFunctionName))
      entry.walk([&](arith::ConstantOp constant) {
        if (isa<RankedTensorType>(constant.getType()))
          constants.push_back(constant);
      });
    for (arith::ConstantOp constant : constants)
      place(constant, module, symbols);
  }

  void place(arith::ConstantOp constant, ModuleOp module,
             SymbolTable &symbols) {
    OpBuilder b(constant);
    Location location = constant.getLoc();
    auto type = cast<RankedTensorType>(constant.getType());
    auto data = cast<ElementsAttr>(constant.getValue());
    Value replacement;
    if (data.isSplat() || data.empty()) {
      replacement = tensor::EmptyOp::create(b, location, type.getShape(),
                                            type.getElementType());
      if (!data.empty()) {
        auto element = cast<TypedAttr>(data.getSplatValue<Attribute>());
        Value value = arith::ConstantOp::create(b, location, element);
        replacement = linalg::FillOp::create(b, location, value, replacement)
                          .getResult(0);
      }
    } else {
      auto buffer = MemRefType::get(type.getShape(), type.getElementType());
      Value address = BlobAddressOp::create(
          b, location, buffer, getBlob(data, location, module, symbols));
      replacement = bufferization::ToTensorOp::create(
          b, location, type, address, /*restrict=*/true);
    }
    constant.getResult().replaceAllUsesWith(replacement);
    constant.erase();
  }

  FlatSymbolRefAttr getBlob(ElementsAttr data, Location location,
                            ModuleOp module, SymbolTable &symbols) {
    FlatSymbolRefAttr &symbol = blobs[data];
    if (symbol)
      return symbol;
    std::string name = "constant";
    if (auto named = dyn_cast<NameLoc>(location))
      name = named.getName().str();
    for (char &c : name)
      if (!llvm::isAlnum(c))
        c = '_';
    OpBuilder b(module.getContext());
    auto blob = BlobOp::create(b, location, name, data,
                               /*offset=*/IntegerAttr());
    symbol = FlatSymbolRefAttr::get(symbols.insert(blob, module.begin()));
    return symbol;
  }

  DenseMap<Attribute, FlatSymbolRefAttr> blobs;
};
} // namespace
