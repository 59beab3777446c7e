//===- BufferizableOpInterfaceImpl.cpp - Launches on buffers --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNetRuntime/Transforms/BufferizableOpInterfaceImpl.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::bitnet_runtime;

namespace {
struct LaunchInterface
    : bufferization::BufferizableOpInterface::ExternalModel<LaunchInterface,
                                                            LaunchOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const bufferization::AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const bufferization::AnalysisState &) const {
    return false;
  }
  bool bufferizesToAllocation(Operation *, Value) const { return true; }
  bufferization::AliasingValueList
  getAliasingValues(Operation *, OpOperand &,
                    const bufferization::AnalysisState &) const {
    return {};
  }
  FailureOr<bufferization::BufferLikeType> getBufferType(
      Operation *, Value value, const bufferization::BufferizationOptions &,
      const bufferization::BufferizationState &, SmallVector<Value> &) const {
    auto type = cast<RankedTensorType>(value.getType());
    return cast<bufferization::BufferLikeType>(
        Type(MemRefType::get(type.getShape(), type.getElementType())));
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const bufferization::BufferizationOptions &options,
                          bufferization::BufferizationState &state) const {
    auto launch = cast<LaunchOp>(op);
    Location location = op->getLoc();
    SmallVector<Value> inputs;
    for (Value input : launch.getInputs()) {
      if (isa<TensorType>(input.getType())) {
        FailureOr<Value> buffer =
            bufferization::getBuffer(rewriter, input, options, state);
        if (failed(buffer))
          return failure();
        input = *buffer;
        // Kernels read rows that lie one behind the other.
        auto type = cast<MemRefType>(input.getType());
        if (!type.getLayout().isIdentity()) {
          auto dense = MemRefType::get(type.getShape(), type.getElementType());
          SmallVector<Value> sizes;
          for (auto [i, size] : llvm::enumerate(type.getShape()))
            if (ShapedType::isDynamic(size))
              sizes.push_back(
                  memref::DimOp::create(rewriter, location, input, i));
          FailureOr<Value> copy =
              options.createAlloc(rewriter, location, dense, sizes);
          if (failed(copy) ||
              failed(options.createMemCpy(rewriter, location, input, *copy)))
            return failure();
          input = *copy;
        }
      }
      inputs.push_back(input);
    }
    SmallVector<Value> outputs;
    for (Value result : launch.getResults()) {
      auto type = cast<RankedTensorType>(result.getType());
      SmallVector<Value> sizes(type.getNumDynamicDims(), launch.getRows());
      FailureOr<Value> buffer = options.createAlloc(
          rewriter, location,
          MemRefType::get(type.getShape(), type.getElementType()), sizes);
      if (failed(buffer))
        return failure();
      outputs.push_back(*buffer);
    }
    LaunchOp::create(rewriter, location, TypeRange(), launch.getKernelAttr(),
                     launch.getTiles(), launch.getRows(), inputs, outputs);
    bufferization::replaceOpWithBufferizedValues(rewriter, op, outputs);
    return success();
  }
};
} // namespace

void bitnet_runtime::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, BitNetRuntimeDialect *) {
    LaunchOp::attachInterface<LaunchInterface>(*context);
  });
}
