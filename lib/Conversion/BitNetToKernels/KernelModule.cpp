//===- KernelModule.cpp - Kernel functions and blobs of a module ----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelModule.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

/// `text` with everything that is not part of an identifier replaced.
static std::string makeSymbol(StringRef text) {
  std::string result = text.str();
  for (char &c : result)
    if (!llvm::isAlnum(c))
      c = '_';
  return result;
}

Type KernelModule::getBufferType(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type)) {
    SmallVector<int64_t> shape(tensor.getShape());
    if (!shape.empty() && ShapedType::isDynamic(shape[0]))
      shape[0] = rowCapacity;
    return MemRefType::get(shape, tensor.getElementType());
  }
  return type;
}

func::FuncOp KernelModule::getKernel(StringRef name, TargetAttr target,
                                     TypeRange inputs, TypeRange results,
                                     BodyEmitter emit) {
  MLIRContext *context = module.getContext();
  Type indexType = IndexType::get(context);
  SmallVector<Type> arguments(3, indexType);
  for (Type type : inputs) {
    if (isa<KVCacheType>(type)) {
      llvm::append_range(arguments,
                         bitnet_runtime::getCacheTypes(context, rowCapacity));
    } else {
      arguments.push_back(getBufferType(type));
    }
  }
  size_t firstOutput = arguments.size();
  for (Type type : results)
    arguments.push_back(getBufferType(type));

  auto nameAttr =
      StringAttr::get(context, getTargetSymbol(name, target, targetCount));
  auto functionType = FunctionType::get(context, arguments, {});
  func::FuncOp &kernel = kernels[{nameAttr, functionType}];
  if (kernel)
    return kernel;
  Location location = NameLoc::get(nameAttr);
  OpBuilder b(context);
  kernel =
      func::FuncOp::create(b, location, makeSymbol(nameAttr), functionType);
  kernel.setPrivate();
  if (target)
    kernel->setAttr(targetAttrName, target);
  symbols.insert(kernel);
  Block *body = kernel.addEntryBlock();
  b.setInsertionPointToStart(body);
  Emitter emitter(b, location);
  KernelArguments a;
  a.begin = body->getArgument(0);
  a.end = body->getArgument(1);
  a.rows = body->getArgument(2);
  for (auto [i, argument] : llvm::enumerate(body->getArguments()))
    if (i >= firstOutput)
      a.outputs.push_back(argument);
    else if (i >= 3)
      a.inputs.push_back(argument);
  emit(emitter, a);
  func::ReturnOp::create(b, location);
  return kernel;
}

FlatSymbolRefAttr KernelModule::getBlob(ElementsAttr data, Location location,
                                        StringRef suffix) {
  FlatSymbolRefAttr &symbol = blobs[data];
  if (symbol)
    return symbol;
  std::string name = "constant";
  if (auto named = dyn_cast<NameLoc>(location))
    name = named.getName().str();
  OpBuilder b(module.getContext());
  auto blob = bitnet_runtime::BlobOp::create(
      b, location, makeSymbol(name + suffix.str()), data,
      /*offset=*/IntegerAttr());
  symbol = FlatSymbolRefAttr::get(symbols.insert(blob, module.begin()));
  return symbol;
}

FailureOr<WeightBuffers> KernelModule::getWeight(OpBuilder &b, Operation *op,
                                                 Value weight) {
  auto producer = weight.getDefiningOp<WeightOp>();
  if (!producer)
    return op->emitOpError("expects a weight made by bitnet.weight");
  MatrixType type = producer.getResult().getType();
  auto layout = dyn_cast<LayoutAttr>(type.getEncoding());
  if (!layout)
    return op->emitOpError("expects a packed weight, found ") << type;
  WeightBuffers buffers{
      {layout, type.getRows(), type.getColumns()}, {}, {}, {}};
  bool isHalf = layout.getElement() == ElementKind::F16 ||
                layout.getElement() == ElementKind::BF16;
  auto dataType = MemRefType::get({type.getByteSize() / (isHalf ? 2 : 1)},
                                  isHalf ? b.getI16Type() : b.getI8Type());
  buffers.data = bitnet_runtime::BlobAddressOp::create(
      b, producer.getLoc(), dataType,
      getBlob(producer.getData(), producer.getLoc()));
  auto getScales = [&](std::optional<ElementsAttr> scales,
                       StringRef suffix) -> Value {
    if (!scales)
      return {};
    Type element = scales->getElementType();
    return bitnet_runtime::BlobAddressOp::create(
        b, producer.getLoc(),
        MemRefType::get(cast<ShapedType>(scales->getType()).getShape(),
                        element.isF16() ? b.getI16Type() : element),
        getBlob(*scales, producer.getLoc(), suffix));
  };
  buffers.scales = getScales(producer.getScales(), "_scales");
  buffers.offsets = getScales(producer.getOffsets(), "_offsets");
  return buffers;
}

FailureOr<Value> KernelModule::getConstant(OpBuilder &b, Operation *op,
                                           Value value, StringRef what) {
  ElementsAttr data;
  if (!matchPattern(value, m_Constant(&data)))
    return op->emitOpError("expects constant ") << what;
  return getConstant(b, data, value.getLoc());
}

Value KernelModule::getConstant(OpBuilder &b, ElementsAttr data,
                                Location location) {
  auto type = cast<ShapedType>(data.getType());
  return bitnet_runtime::BlobAddressOp::create(
      b, location, MemRefType::get(type.getShape(), type.getElementType()),
      getBlob(data, location));
}

template <typename Op>
LogicalResult KernelModule::lowerData(StringRef blobName, StringRef what) {
  SmallVector<Op> ops(module.getOps<Op>());
  if (ops.size() > 1)
    return ops[1].emitOpError("expects to be the only " + what);
  for (Op op : ops) {
    OpBuilder b(op);
    auto blob =
        bitnet_runtime::BlobOp::create(b, op.getLoc(), blobName, op.getData(),
                                       /*offset=*/IntegerAttr());
    op->erase();
    symbols.insert(blob);
  }
  return success();
}

LogicalResult KernelModule::lowerTextData() {
  return success(
      succeeded(lowerData<TokenizerOp>("bitnet_tokenizer", "tokenizer")) &&
      succeeded(
          lowerData<ChatTemplateOp>("bitnet_chat_template", "chat template")));
}
