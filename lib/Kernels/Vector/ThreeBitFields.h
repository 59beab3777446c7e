//===- ThreeBitFields.h - Numbers of three bits -----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_VECTOR_THREEBITFIELDS_H
#define BITNET_LIB_KERNELS_VECTOR_THREEBITFIELDS_H

#include "bitnet/Dialect/BitNet/IR/PlanesTable.h"
#include "bitnet/Kernels/Emitter.h"

namespace mlir::bitnet::vectorized {

/// The eight numbers of three bits that bytes of three parts hold, a vector for
/// each field, the first field first; see `#bitnet.layout`. Every part is
/// loaded when it is needed.
class ThreeBitFields {
public:
  /// `load` gives the bytes of a part.
  ThreeBitFields(Emitter &e, VectorType bytes,
                 std::function<Value(int64_t part)> load)
      : e(e), bytes(bytes), load(std::move(load)) {}

  Value next() {
    int64_t field = count++;
    if (field >= 2 * PlanesTable::parts) {
      Value lowest = shifted(field, 1);
      return e.bitOr(upper[field - 2 * PlanesTable::parts], lowest);
    }
    if (field % 2 == 0) {
      part = load(field / 2);
      return e.bitAnd(part, e.constant(bytes, int64_t(7)));
    }
    if (field / 2 < 2)
      upper[field / 2] = shifted(5, 6);
    return shifted(3, 7);
  }

private:
  /// The bits of `mask` of the current part's bytes shifted right. Shifts are
  /// of 16 bits, which every instruction set has: the mask drops what comes to
  /// cross a byte.
  Value shifted(int64_t amount, int64_t mask) {
    VectorType words =
        e.vectorType(bytes.getNumElements() / 2, e.builder().getI16Type());
    Value moved = e.bitcast(
        e.shiftRightLogical(e.bitcast(part, words), e.constant(words, amount)),
        bytes);
    return e.bitAnd(moved, e.constant(bytes, mask));
  }

  Emitter &e;
  VectorType bytes;
  std::function<Value(int64_t)> load;
  int64_t count = 0;
  Value part;
  /// Bits 1 and 2 of the last two fields.
  Value upper[2];
};

} // namespace mlir::bitnet::vectorized

#endif // BITNET_LIB_KERNELS_VECTOR_THREEBITFIELDS_H
