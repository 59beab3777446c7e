//===- BitNetISA.cpp - Machine instructions as operations -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::bitnet_isa;

#include "bitnet/Dialect/BitNetISA/IR/BitNetISADialect.cpp.inc"

#include "bitnet/Dialect/BitNetISA/IR/BitNetISAInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "bitnet/Dialect/BitNetISA/IR/BitNetISAOps.cpp.inc"

void BitNetISADialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "bitnet/Dialect/BitNetISA/IR/BitNetISAOps.cpp.inc"
      >();
}

StringRef DotAccumulateOp::getIntrinsicName() {
  return getResult().getType().getNumElements() == 16
             ? "llvm.x86.avx512.vpdpbusd.512"
             : "llvm.x86.avx512.vpdpbusd.256";
}

LogicalResult DotAccumulateOp::verify() {
  // vpdpbusd_c1
  if (getLhs().getType().getNumElements() !=
      4 * getResult().getType().getNumElements())
    return emitOpError("expects four bytes for each accumulator, found ")
           << getLhs().getType() << " and " << getResult().getType();
  return success();
}

StringRef MultiplyAddBytesOp::getIntrinsicName() {
  return "llvm.x86.avx2.pmadd.ub.sw";
}

StringRef MultiplyAddWordsOp::getIntrinsicName() {
  return "llvm.x86.avx2.pmadd.wd";
}
