//===- LookupTables.h - Emits tables of sums --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_VECTOR_LOOKUPTABLES_H
#define BITNET_LIB_KERNELS_VECTOR_LOOKUPTABLES_H

#include "bitnet/Kernels/Kernels.h"

namespace mlir::bitnet::vectorized {

/// Emits the kernel of `bitnet.lookup_tables`: one table after the other, each
/// entry in a lane of 16 bits.
class TableEmitter {
public:
  /// Vectors have `lanes` lanes, at most the entries of a table.
  TableEmitter(Emitter &e, const KernelArguments &a,
               const LookupTablesSpec &spec, int64_t lanes);
  virtual ~TableEmitter() = default;

  void emit();

protected:
  /// The sums for entries `first`, ... of the columns from `column` on, plus
  /// the offset of the format.
  virtual Value emitSums(Value row, Value column, int64_t first);
  /// A constant vector: `get` of the trits of entries `first`, .... Entries
  /// that no field has get those of the first.
  Value
  makeConstant(int64_t first,
               function_ref<int64_t(const std::array<int, 4> &trits)> get);

  Emitter &e;
  const KernelArguments &a;
  ElementKind element;
  const LookupFormat &format;
  VectorType words;

private:
  /// The table of the columns from `column` on goes to byte `at` of the row.
  void emitTable(Value row, Value column, Value at);
  /// Both parts, as bytes, of sums with the offset.
  std::pair<Value, Value> split(Value sums);
  void store(Value elements, Value row, Value at);

  /// Column steps of a row.
  int64_t steps;
};

} // namespace mlir::bitnet::vectorized

#endif // BITNET_LIB_KERNELS_VECTOR_LOOKUPTABLES_H
