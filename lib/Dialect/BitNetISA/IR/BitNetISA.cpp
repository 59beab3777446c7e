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

//===----------------------------------------------------------------------===//
// x86-64
//===----------------------------------------------------------------------===//

/// Of the names for 128, 256 and 512 bits, that for the operation's result.
static StringRef selectName(Value result, StringRef name128, StringRef name256,
                            StringRef name512) {
  auto type = cast<VectorType>(result.getType());
  switch (type.getNumElements() * type.getElementTypeBitWidth()) {
  case 128:
    return name128;
  case 256:
    return name256;
  default:
    return name512;
  }
}

/// `narrow` has one element for `ratio` of `wide`.
static LogicalResult expectRatio(Operation *op, Value wide, Value narrow,
                                 int64_t ratio) {
  if (cast<VectorType>(wide.getType()).getNumElements() !=
      ratio * cast<VectorType>(narrow.getType()).getNumElements())
    return op->emitOpError("expects ")
           << ratio << " elements of " << wide.getType()
           << " for each result, found " << narrow.getType();
  return success();
}

StringRef DotAccumulateOp::getIntrinsicName() {
  return selectName(getResult(), "", "llvm.x86.avx512.vpdpbusd.256",
                    "llvm.x86.avx512.vpdpbusd.512");
}

LogicalResult DotAccumulateOp::verify() {
  // vpdpbusd_c1
  return expectRatio(*this, getLhs(), getResult(), 4);
}

StringRef MultiplyAddBytesOp::getIntrinsicName() {
  return selectName(getResult(), "llvm.x86.ssse3.pmadd.ub.sw.128",
                    "llvm.x86.avx2.pmadd.ub.sw",
                    "llvm.x86.avx512.pmaddubs.w.512");
}

LogicalResult MultiplyAddBytesOp::verify() {
  // vpmaddubsw_c1
  return expectRatio(*this, getLhs(), getResult(), 2);
}

StringRef MultiplyAddWordsOp::getIntrinsicName() {
  return selectName(getResult(), "llvm.x86.sse2.pmadd.wd",
                    "llvm.x86.avx2.pmadd.wd", "llvm.x86.avx512.pmaddw.d.512");
}

LogicalResult MultiplyAddWordsOp::verify() {
  // vpmaddwd_c1
  return expectRatio(*this, getLhs(), getResult(), 2);
}

StringRef ShuffleBytesOp::getIntrinsicName() {
  return selectName(getResult(), "llvm.x86.ssse3.pshuf.b.128",
                    "llvm.x86.avx2.pshuf.b", "llvm.x86.avx512.pshuf.b.512");
}

StringRef SignBytesOp::getIntrinsicName() {
  return selectName(getResult(), "llvm.x86.ssse3.psign.b.128",
                    "llvm.x86.avx2.psign.b", "");
}

StringRef PermuteWordsOp::getIntrinsicName() {
  return "llvm.x86.avx512.permvar.hi.512";
}

StringRef PermuteTwoBytesOp::getIntrinsicName() {
  return "llvm.x86.avx512.vpermi2var.qi.512";
}

//===----------------------------------------------------------------------===//
// AArch64
//===----------------------------------------------------------------------===//

StringRef SignedDotOp::getIntrinsicName() {
  return "llvm.aarch64.neon.sdot.v4i32.v16i8";
}

StringRef MatrixMultiplyAddOp::getIntrinsicName() {
  return "llvm.aarch64.neon.smmla.v4i32.v16i8";
}

StringRef AddPairsOp::getIntrinsicName() {
  return "llvm.aarch64.neon.saddlp.v4i32.v8i16";
}

StringRef TableLookupOp::getIntrinsicName() {
  return "llvm.aarch64.neon.tbl1.v16i8";
}
