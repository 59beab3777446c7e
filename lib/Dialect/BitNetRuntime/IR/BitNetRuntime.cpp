//===- BitNetRuntime.cpp - Parallel kernels, weights in memory, barriers --===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::bitnet_runtime;

#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntimeDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntimeTypes.cpp.inc"

#define GET_OP_CLASSES
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntimeOps.cpp.inc"

void BitNetRuntimeDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntimeTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntimeOps.cpp.inc"
      >();
}

SmallVector<Type> bitnet_runtime::getCacheTypes(MLIRContext *context,
                                                int64_t rows) {
  Type i32 = IntegerType::get(context, 32), i64 = IntegerType::get(context, 64);
  return {MemRefType::get({rows, 2}, i64), MemRefType::get({rows}, i32),
          MemRefType::get({rows, 8}, i32), MemRefType::get({rows, 4}, i32)};
}

LogicalResult BlobOp::verify() {
  // blob_c1
  if (std::optional<uint64_t> offset = getOffset(); offset && *offset % 64 != 0)
    return emitOpError("expects an offset that is a multiple of 64, found ")
           << *offset;
  return success();
}

LogicalResult
BlobAddressOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  // blob_address_c1
  auto blob = symbolTable.lookupNearestSymbolFrom<BlobOp>(*this, getBlobAttr());
  if (!blob)
    return emitOpError("expects ")
           << getBlobAttr() << " to be a bitnet_runtime.blob";
  // blob_address_c2
  auto bytesOf = [](ShapedType type) {
    return type.getNumElements() * type.getElementTypeBitWidth() / 8;
  };
  auto type = cast<MemRefType>(getType());
  auto data = cast<ShapedType>(blob.getData().getType());
  if (bytesOf(type) > bytesOf(data))
    return emitOpError("expects a buffer within ")
           << data << ", found " << type;
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  // launch_c1
  auto kernel = symbolTable.lookupNearestSymbolFrom<FunctionOpInterface>(
      *this, getKernelAttr());
  if (!kernel)
    return emitOpError("expects ") << getKernelAttr() << " to be a function";
  unsigned expected = 3 + getNumResults() + getOutputs().size();
  for (Type type : getInputs().getTypes())
    expected += isa<bitnet::KVCacheType>(type) ? cacheTypeCount : 1;
  if (kernel.getNumArguments() != expected)
    return emitOpError("expects ")
           << getKernelAttr() << " to have " << expected << " arguments, found "
           << kernel.getNumArguments();
  return success();
}

LogicalResult LaunchOp::verify() {
  // launch_c2
  if (!getOutputs().empty() && getNumResults() != 0)
    return emitOpError("expects outputs or results, found both");
  return success();
}

LogicalResult
LaunchOp::reifyResultShapes(OpBuilder &b,
                            ReifiedRankedShapedTypeDims &reifiedShapes) {
  for (Type type : getResultTypes()) {
    SmallVector<OpFoldResult> &sizes = reifiedShapes.emplace_back();
    for (int64_t size : cast<RankedTensorType>(type).getShape())
      if (ShapedType::isDynamic(size))
        sizes.push_back(getRows());
      else
        sizes.push_back(b.getIndexAttr(size));
  }
  return success();
}
