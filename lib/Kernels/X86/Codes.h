//===- Codes.h - Codes of trits in vectors ----------------------*- C++ -*-===//
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

/// Codes of four consecutive columns of each lane: two bits of each byte of a
/// vector.
struct CodeField {
  /// Which of the unpacked vectors.
  int64_t vector;
  /// Which two bits, from the lowest: codes taken as bytes are 4^position times
  /// too large.
  int64_t position;
  /// The first of the columns, counted within the step.
  int64_t column;
  /// Whether the vector's other bits are zero.
  bool isAlone;
};

/// The fields of a step of one group of lanes, in the order in which using them
/// keeps the fewest vectors alive. `element`: `trit` or `trit5`.
ArrayRef<CodeField> getCodeFields(ElementKind element);

/// Loads the vector of codes that begins at `byte` of `buffer` and unpacks it.
/// `trit`: the vector itself. `trit5`: one with the first four trits of each
/// byte in positions 0 to 3, one with the last in position 3.
SmallVector<Value, 2> emitLoadCodes(Emitter &e, const DotProducts &dots,
                                    ElementKind element, Value buffer,
                                    Value byte);

/// The codes of a field as bytes, 4^(position mod scales) times too large.
Value emitField(Emitter &e, const DotProducts &dots, ArrayRef<Value> vectors,
                const CodeField &field, int64_t scales);

} // namespace mlir::bitnet::x86

#endif // BITNET_LIB_KERNELS_X86_CODES_H
