//===- BitNetInterfaces.td - Interfaces of the bitnet dialect -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_IR_BITNETINTERFACES_TD
#define BITNET_DIALECT_BITNET_IR_BITNETINTERFACES_TD

include "mlir/IR/Interfaces.td"

def BitNet_MatrixEncoding : AttrInterface<"MatrixEncoding"> {
  let cppNamespace = "::mlir::bitnet";
  let description = [{How the elements of a `!bitnet.matrix` lie in memory.}];
  let methods = [
    InterfaceMethod<
      "Bytes that a matrix takes; -1 if this encoding cannot hold the shape.",
      "int64_t", "getByteSize", (ins "int64_t":$rows, "int64_t":$columns)>
  ];
}

#endif // BITNET_DIALECT_BITNET_IR_BITNETINTERFACES_TD
