//===- Lookup.h - What kernels that look sums up share ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_VECTOR_LOOKUP_H
#define BITNET_LIB_KERNELS_VECTOR_LOOKUP_H

#include "bitnet/Kernels/Kernels.h"

namespace mlir::bitnet::vectorized {

/// What a lookup kernel computes at a time.
struct LookupShape {
  /// Matrix rows; they divide the rows of a tile of the layout.
  int64_t rows;
  /// Lanes of a vector of 32-bit sums.
  int64_t sumLanes;
  /// Numbers of tokens, from the largest on; the last is 1.
  ArrayRef<int64_t> tokenTiles;
  /// Tokens whose tables of a block fit into the nearest cache together.
  int64_t cachedTokens;
};

/// One column block of the rows and tokens that are computed at a time.
struct LookupBlock {
  /// Byte of the weights where the rows begin in the first step.
  Value weights;
  /// The same for rows that will be read some 4 KiB later, in this block or the
  /// next one: what to prefetch.
  Value ahead;
  /// Byte of a token's tables where those of the first step begin.
  Value tables;
  /// Steps of the block.
  Value steps;
  /// The first token, and how many there are.
  Value row;
  int64_t tokens;
};

/// Emits a kernel of `bitnet.quantized_linear` that looks up in tables, weights
/// being in column blocks. `body` emits the sums of a block in 32 bits: for
/// each token and each `sumLanes` rows a vector.
///
/// The tables of a block stay in the nearest cache while all rows pass by. The
/// sums of the blocks so far are in the output buffer, which has room for just
/// them, as integers.
void emitLookupLinear(
    Emitter &e, const KernelArguments &a, const QuantizedLinearSpec &spec,
    const LookupShape &shape,
    function_ref<SmallVector<Value>(const LookupBlock &)> body);

} // namespace mlir::bitnet::vectorized

#endif // BITNET_LIB_KERNELS_VECTOR_LOOKUP_H
