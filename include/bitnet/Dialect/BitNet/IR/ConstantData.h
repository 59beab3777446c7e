//===- ConstantData.h - Bytes behind constants ------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNET_IR_CONSTANTDATA_H
#define BITNET_DIALECT_BITNET_IR_CONSTANTDATA_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Weights/WeightFormat.h"
#include "mlir/IR/BuiltinAttributes.h"

#include <vector>

namespace mlir::bitnet {

/// The bytes of a constant with elements of whole bytes. Points into the
/// attribute if that holds them as they are, else into `scratch` (splats).
/// Nothing if a resource has no data: printed without, or released.
std::optional<ArrayRef<char>> getConstantBytes(ElementsAttr data,
                                               std::vector<char> &scratch);

/// A `dense_resource` of `type` called `name` that owns `bytes`.
ElementsAttr makeConstant(RankedTensorType type, StringRef name,
                          std::vector<char> &&bytes);

/// A `dense_resource` of `type` called `name` over bytes that belong to someone
/// who outlives the context, such as a mapped file.
ElementsAttr makeMappedConstant(RankedTensorType type, StringRef name,
                                ArrayRef<char> bytes);

/// Frees the bytes of weights as they are converted: those of a
/// `dense_resource` when its last `bitnet.weight` has been, pages of a mapped
/// file included.
class WeightDataReleaser {
public:
  /// Counts the weights in `root` that use each constant.
  explicit WeightDataReleaser(Operation *root);

  /// To be called once for each weight that no longer needs `data`.
  void release(ElementsAttr data);

private:
  DenseMap<Attribute, int64_t> users;
};

/// The format of the weight library for a storage kind, and back.
WeightFormat getWeightFormat(StorageKind kind);
StorageKind getStorageKind(WeightFormat format);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_IR_CONSTANTDATA_H
