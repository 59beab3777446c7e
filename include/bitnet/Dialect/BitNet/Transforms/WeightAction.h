//===- WeightAction.h - Work on weights, one by one -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_WEIGHTACTION_H
#define BITNET_DIALECT_BITNET_TRANSFORMS_WEIGHTACTION_H

#include "mlir/IR/Action.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::bitnet {

/// The conversion of one weight by a pass, which a handler of the context's
/// actions may watch, to show how far the pass is.
class WeightAction : public tracing::ActionImpl<WeightAction> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(WeightAction)
  static constexpr llvm::StringLiteral tag = "bitnet-weight";

  /// Weight number `index` of `count`.
  WeightAction(llvm::ArrayRef<IRUnit> units, int64_t index, int64_t count)
      : ActionImpl(units), index(index), count(count) {}

  void print(llvm::raw_ostream &stream) const override {
    stream << tag << ' ' << index << " of " << count;
  }

  int64_t getIndex() const { return index; }
  int64_t getCount() const { return count; }

private:
  int64_t index, count;
};

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_WEIGHTACTION_H
