//===- BitNetDialect.td - The bitnet dialect ---------------*- tablegen -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_IR_BITNETDIALECT_TD
#define BITNET_DIALECT_BITNET_IR_BITNETDIALECT_TD

include "mlir/IR/DialectBase.td"

def BitNet_Dialect : Dialect {
  let name = "bitnet";
  let cppNamespace = "::mlir::bitnet";
  let summary = "Language models with ternary weights and 8-bit activations";
  let description = [{
    The operations of a BitNet transformer on tensors of token rows. All
    importers produce this one op set.

    A tensor of activations is `tensor<?xCxf32>`: one row for each token of the
    pass, at most `chunk_size` rows (see `#bitnet.model`). Weights are
    `!bitnet.matrix` values made by `bitnet.weight`; M rows are output features,
    K columns are input features. A weight stays as its file stores it until a
    pass converts it: stored → trits → packed.

    Every float operation has one fixed order of evaluation, stated in the op's
    description, without fused multiply-add, so that results are the same bit
    for bit on every instruction set, for any number of threads and for any
    split of a prompt into passes. A *lane sum* of x over i adds x[i] into 16
    partial sums, i mod 16, in the order of i, and then adds partial sums l and
    l + 8, l and l + 4, l and l + 2, l and l + 1.

    A module is compiled for one target or for several, which its object
    chooses from when a session is made. Attributes say which:

    - `bitnet.targets`, on a module: an array of `#bitnet.target`, at least one,
      of one triple. The first whose level a CPU has is the one it gets, so a
      level stands before those that it includes, and none stands twice.
    - `bitnet.target`, on a function: the one of them that its code is for. From
      kernel generation on; a module for several targets then has each function
      once for each, as `@<name>_<level>`.
    - `bitnet.kernel`, on a function: names of the kernels of its linear layers,
      separated by commas.
    - `bitnet.model`, on a module: a `#bitnet.model`.
    - `bitnet.graph`, on a module: a `#bitnet.graph`.
  }];
  let extraClassDeclaration = [{
    /// Tells of a file that is mapped, read-only, until the context ends and
    /// that constants point into.
    void addMappedFile(::llvm::ArrayRef<char> bytes);
    /// Gives memory back to the system where `bytes` are pages of a mapped file,
    /// which come back when they are read again. Other bytes are left alone.
    void discardPages(::llvm::ArrayRef<char> bytes) const;

  private:
    ::llvm::SmallVector<::llvm::ArrayRef<char>, 1> mappedFiles;

  public:
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
}

#endif // BITNET_DIALECT_BITNET_IR_BITNETDIALECT_TD
