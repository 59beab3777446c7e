//===- BitNetISAOps.td - Machine instructions as operations ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNETISA_IR_BITNETISAOPS_TD
#define BITNET_DIALECT_BITNETISA_IR_BITNETISAOPS_TD

include "mlir/IR/DialectBase.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def BitNetISA_Dialect : Dialect {
  let name = "bitnet_isa";
  let cppNamespace = "::mlir::bitnet_isa";
  let summary = "machine instructions that the vector dialect cannot express";
  let description = [{
    One verified operation for each instruction, lowered to its LLVM intrinsic.
    The CPU that code is generated for must have the instruction; the kernel
    table sees to that.
  }];
}

// An operation that becomes a call of one LLVM intrinsic.
def BitNetISA_Instruction : OpInterface<"InstructionOpInterface"> {
  let cppNamespace = "::mlir::bitnet_isa";
  let description = [{An operation that is one machine instruction.}];
  let methods = [
    InterfaceMethod<"Name of the LLVM intrinsic for the operand types.",
                    "::llvm::StringRef", "getIntrinsicName">
  ];
}

class BitNetISA_Op<string mnemonic, list<Trait> traits = []>
    : Op<BitNetISA_Dialect, mnemonic, !listconcat(traits, [Pure,
         DeclareOpInterfaceMethods<BitNetISA_Instruction>])>;

def BitNetISA_DotAccumulateOp : BitNetISA_Op<"x86.vpdpbusd",
    [AllTypesMatch<["accumulator", "result"]>,
     AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "dot products of four unsigned and four signed bytes, added";
  let description = [{
    result[i] = accumulator[i] + Σ_{j<4} u8(lhs[4i + j]) · s8(rhs[4i + j]),
    modulo 2^32. 512 bits: AVX512_VNNI; 256 bits: AVX512_VNNI with AVX512VL
    (Intel 64 manual, VPDPBUSD).

    Constraints:
    1. (vpdpbusd_c1) 16 or 8 accumulators, and four times as many bytes.
  }];
  let arguments = (ins VectorOfLengthAndType<[8, 16], [I32]>:$accumulator,
                       VectorOfLengthAndType<[32, 64], [I8]>:$lhs,
                       VectorOfLengthAndType<[32, 64], [I8]>:$rhs);
  let results = (outs VectorOfLengthAndType<[8, 16], [I32]>:$result);
  let assemblyFormat = [{
    $accumulator `,` $lhs `,` $rhs attr-dict `:` type($result) `,` type($lhs)
  }];
  let hasVerifier = 1;
}

def BitNetISA_MultiplyAddBytesOp : BitNetISA_Op<"x86.vpmaddubsw",
    [AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "sums of two products of unsigned and signed bytes";
  let description = [{
    result[i] = saturate16(u8(lhs[2i]) · s8(rhs[2i]) +
    u8(lhs[2i + 1]) · s8(rhs[2i + 1])). AVX2 (Intel 64 manual, VPMADDUBSW).
  }];
  let arguments = (ins VectorOfLengthAndType<[32], [I8]>:$lhs,
                       VectorOfLengthAndType<[32], [I8]>:$rhs);
  let results = (outs VectorOfLengthAndType<[16], [I16]>:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result)
  }];
}

def BitNetISA_MultiplyAddWordsOp : BitNetISA_Op<"x86.vpmaddwd",
    [AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "sums of two products of signed 16-bit integers";
  let description = [{
    result[i] = lhs[2i] · rhs[2i] + lhs[2i + 1] · rhs[2i + 1] in 32 bits. AVX2
    (Intel 64 manual, VPMADDWD).
  }];
  let arguments = (ins VectorOfLengthAndType<[16], [I16]>:$lhs,
                       VectorOfLengthAndType<[16], [I16]>:$rhs);
  let results = (outs VectorOfLengthAndType<[8], [I32]>:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result)
  }];
}

#endif // BITNET_DIALECT_BITNETISA_IR_BITNETISAOPS_TD
