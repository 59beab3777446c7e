//===- LookupBytes.h - Lookup kernels of byte tables ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_VECTOR_LOOKUPBYTES_H
#define BITNET_LIB_KERNELS_VECTOR_LOOKUPBYTES_H

#include "Lookup.h"

namespace mlir::bitnet::vectorized {

/// Emits the kernel of `bitnet.quantized_linear` for tables whose entries are
/// two bytes, in tables of their own: a lane of a vector is the byte of one
/// matrix row. A derived class knows the instructions.
///
/// Each lookup adds a low and a high part to sums of 8 bits. Before these can
/// overflow, low + radix · high is added to sums of 16 bits, which hold a
/// column block.
class ByteLookup {
public:
  /// `lanes` rows form a vector; `groups` of them are computed at a time.
  ByteLookup(Emitter &e, const KernelArguments &a,
             const QuantizedLinearSpec &spec, int64_t lanes, int64_t groups);
  virtual ~ByteLookup() = default;

  /// `tokenTiles`, `cachedTokens`: see LookupShape. At most `mostSteps` steps
  /// are added in 8 bits.
  void emit(ArrayRef<int64_t> tokenTiles, int64_t cachedTokens,
            int64_t mostSteps);

protected:
  /// One part of a table.
  using Part = SmallVector<Value, 2>;

  /// Loads the part that begins at `byte` of the tables of `row`.
  virtual Part loadPart(Value row, Value byte) = 0;
  /// The entries of the part that `indices` select. Their unused bits are 0.
  virtual Value lookUp(const Part &part, Value indices) = 0;
  /// -`values` where the highest bit of `signs` is set. `signs` are not 0.
  virtual Value applySigns(Value values, Value signs);
  /// low + radix · high of the lower and of the upper eight bytes of each 16
  /// bytes, as 16-bit integers.
  virtual std::pair<Value, Value> combine(Value low, Value high) = 0;

  Value loadBytes(Value buffer, ValueRange indices, int64_t count);

  Emitter &e;
  const KernelArguments &a;
  const QuantizedLinearSpec &spec;
  const LookupFormat &format;
  int64_t lanes, groups;
  VectorType bytes, words;

private:
  /// Low and high parts that a token's lookups have added up for a group.
  struct Sums {
    Value low, high;
  };

  /// All sums of a block; see emitLookupLinear.
  SmallVector<Value> emitBlock(const LookupBlock &block);
  /// Adds `count` steps to the 16-bit sums [token][group][lower, upper].
  SmallVector<Value> emitSteps(const LookupBlock &block, Value step,
                               int64_t count, ValueRange words);
  void emitStep(const LookupBlock &block, Value step,
                MutableArrayRef<Sums> sums);
  /// 32-bit sums of 16 rows, the `index`th of a group.
  Value extend(Value lower, Value upper, int64_t index);

  LayoutAttr layout;
  /// Steps that are added in 8 bits.
  int64_t stepsAtOnce = 1;
  /// Lookups of a step, and of them those in one byte.
  int64_t lookups, perByte;
};

} // namespace mlir::bitnet::vectorized

#endif // BITNET_LIB_KERNELS_VECTOR_LOOKUPBYTES_H
