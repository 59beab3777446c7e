//===- Codes.h - Codes of weights in vectors --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_X86_CODES_H
#define BITNET_LIB_KERNELS_X86_CODES_H

#include "DotProducts.h"

namespace mlir::bitnet::x86 {

/// Codes of four consecutive columns of each lane: a few bits of each byte of a
/// vector.
struct CodeField {
  /// Which of the unpacked vectors.
  int64_t vector;
  /// Which bits, in fields from the lowest.
  int64_t position;
  /// The first of the columns, counted within the step.
  int64_t column;
  /// Whether the vector's other bits are zero.
  bool isAlone;
};

/// How an element kind becomes codes that vectors multiply.
struct CodeFormat {
  /// Bits of a field. Taken as bytes, codes at a position are
  /// 2^(bits * position) times too large.
  int64_t bits;
  /// The largest code.
  int64_t largest;
  /// The fields of a step of one group of lanes, in the order in which using
  /// them keeps the fewest vectors alive.
  ArrayRef<CodeField> fields;
};

/// `trit` and `trit5`: the trit plus 1. `bit`: the bit.
const CodeFormat &getCodeFormat(ElementKind element);

/// Loads the vector of codes that begins at `byte` of `buffer` and unpacks it.
/// `trit` and `bit`: the vector itself. `trit5`: one with the first four trits
/// of each byte in positions 0 to 3, one with the last in position 3.
SmallVector<Value, 2> emitLoadCodes(Emitter &e, const DotProducts &dots,
                                    ElementKind element, Value buffer,
                                    Value byte);

/// The codes of a field as bytes, as many times too large as those of position
/// mod `scales`.
Value emitField(Emitter &e, const DotProducts &dots, ArrayRef<Value> vectors,
                int64_t bits, const CodeField &field, int64_t scales);

} // namespace mlir::bitnet::x86

#endif // BITNET_LIB_KERNELS_X86_CODES_H
