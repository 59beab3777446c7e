//===- KernelModule.h - Kernel functions and blobs of a module --*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CONVERSION_BITNETTOKERNELS_KERNELMODULE_H
#define BITNET_LIB_CONVERSION_BITNETTOKERNELS_KERNELMODULE_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Kernels/Kernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::bitnet {

/// A weight as a kernel sees it.
struct WeightBuffers {
  PackedMatrix matrix;
  /// memref of i8, or of i16 for f16 elements.
  Value data;
  /// memrefs of f32, or of i16 for f16 ones; null: the weight has none.
  Value scales, offsets;
};

/// Makes kernel functions and blobs, each once.
class KernelModule {
public:
  /// `rowCapacity`: rows of the buffers that kernels take.
  KernelModule(ModuleOp module, int64_t rowCapacity)
      : module(module), symbols(module), rowCapacity(rowCapacity),
        targetCount(getTargets(module).size()) {}

  using BodyEmitter =
      llvm::function_ref<void(Emitter &, const KernelArguments &)>;

  /// The kernel called `name` (whose characters are made those of a symbol) for
  /// these inputs and results and a target, which may be null; `emit` makes its
  /// body when it is new. Equal names with equal types must mean equal bodies.
  func::FuncOp getKernel(StringRef name, TargetAttr target, TypeRange inputs,
                         TypeRange results, BodyEmitter emit);

  /// The buffers of a weight, at the builder's position. Emits an error at `op`
  /// if `weight` is not a packed `bitnet.weight`.
  FailureOr<WeightBuffers> getWeight(OpBuilder &b, Operation *op, Value weight);

  /// The buffer of a constant tensor, at the builder's position. Emits an error
  /// at `op`, which needs it as `what`, if `value` is not constant.
  FailureOr<Value> getConstant(OpBuilder &b, Operation *op, Value value,
                               StringRef what = "weights of a norm");
  /// The same of data that is no value; `location` suggests its name.
  Value getConstant(OpBuilder &b, ElementsAttr data, Location location);

  /// Turns `bitnet.tokenizer` and `bitnet.chat_template`, if any, into blobs.
  LogicalResult lowerTextData();

  int64_t getRowCapacity() const { return rowCapacity; }
  int64_t getKernelCount() const { return kernels.size(); }

private:
  /// Turns the only operation of a kind that has nothing but data into a blob.
  template <typename Op>
  LogicalResult lowerData(StringRef blobName, StringRef what);
  /// The blob of `data`; `location` suggests its name.
  FlatSymbolRefAttr getBlob(ElementsAttr data, Location location,
                            StringRef suffix = "");
  /// The type of a kernel's argument for an input or result of a launch.
  Type getBufferType(Type type);

  ModuleOp module;
  SymbolTable symbols;
  int64_t rowCapacity;
  size_t targetCount;
  DenseMap<std::pair<StringAttr, FunctionType>, func::FuncOp> kernels;
  DenseMap<Attribute, FlatSymbolRefAttr> blobs;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_CONVERSION_BITNETTOKERNELS_KERNELMODULE_H
