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

//===----------------------------------------------------------------------===//
// x86-64 (Intel 64 manual, volume 2)
//===----------------------------------------------------------------------===//

def BitNetISA_DotAccumulateOp : BitNetISA_Op<"x86.vpdpbusd",
    [AllTypesMatch<["accumulator", "result"]>,
     AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "dot products of four unsigned and four signed bytes, added";
  let description = [{
    result[i] = accumulator[i] + Σ_{j<4} u8(lhs[4i + j]) · s8(rhs[4i + j]),
    modulo 2^32. 512 bits: AVX512_VNNI; 256 bits: AVX_VNNI, or AVX512_VNNI with
    AVX512VL (VPDPBUSD).

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
    u8(lhs[2i + 1]) · s8(rhs[2i + 1])). 128 bits: SSSE3; 256: AVX2; 512:
    AVX512BW (PMADDUBSW).

    Constraints:
    1. (vpmaddubsw_c1) half as many results as bytes.
  }];
  let arguments = (ins VectorOfLengthAndType<[16, 32, 64], [I8]>:$lhs,
                       VectorOfLengthAndType<[16, 32, 64], [I8]>:$rhs);
  let results = (outs VectorOfLengthAndType<[8, 16, 32], [I16]>:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result)
  }];
  let hasVerifier = 1;
}

def BitNetISA_MultiplyAddWordsOp : BitNetISA_Op<"x86.vpmaddwd",
    [AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "sums of two products of signed 16-bit integers";
  let description = [{
    result[i] = lhs[2i] · rhs[2i] + lhs[2i + 1] · rhs[2i + 1] in 32 bits. 128
    bits: SSE2; 256: AVX2; 512: AVX512BW (PMADDWD).

    Constraints:
    1. (vpmaddwd_c1) half as many results as operands.
  }];
  let arguments = (ins VectorOfLengthAndType<[8, 16, 32], [I16]>:$lhs,
                       VectorOfLengthAndType<[8, 16, 32], [I16]>:$rhs);
  let results = (outs VectorOfLengthAndType<[4, 8, 16], [I32]>:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result)
  }];
  let hasVerifier = 1;
}

def BitNetISA_ShuffleBytesOp : BitNetISA_Op<"x86.vpshufb",
    [AllTypesMatch<["table", "indices", "result"]>]> {
  let summary = "looks bytes up in 16-byte tables";
  let description = [{
    In each 16 bytes by itself: result[i] = indices[i] < 0 ? 0 :
    table[indices[i] mod 16]. 128 bits: SSSE3; 256: AVX2; 512: AVX512BW
    (PSHUFB).
  }];
  let arguments = (ins VectorOfLengthAndType<[16, 32, 64], [I8]>:$table,
                       VectorOfLengthAndType<[16, 32, 64], [I8]>:$indices);
  let results = (outs VectorOfLengthAndType<[16, 32, 64], [I8]>:$result);
  let assemblyFormat = "$table `,` $indices attr-dict `:` type($result)";
}

def BitNetISA_SignBytesOp : BitNetISA_Op<"x86.vpsignb",
    [AllTypesMatch<["values", "signs", "result"]>]> {
  let summary = "gives bytes the signs of others";
  let description = [{
    result[i] = signs[i] < 0 ? -values[i] : signs[i] == 0 ? 0 : values[i]. 128
    bits: SSSE3; 256: AVX2 (PSIGNB).
  }];
  let arguments = (ins VectorOfLengthAndType<[16, 32], [I8]>:$values,
                       VectorOfLengthAndType<[16, 32], [I8]>:$signs);
  let results = (outs VectorOfLengthAndType<[16, 32], [I8]>:$result);
  let assemblyFormat = "$values `,` $signs attr-dict `:` type($result)";
}

def BitNetISA_PermuteWordsOp : BitNetISA_Op<"x86.vpermw",
    [AllTypesMatch<["table", "indices", "result"]>]> {
  let summary = "looks words up in a table of 32";
  let description = [{
    result[i] = table[indices[i] mod 32]. AVX512BW (VPERMW).
  }];
  let arguments = (ins VectorOfLengthAndType<[32], [I16]>:$table,
                       VectorOfLengthAndType<[32], [I16]>:$indices);
  let results = (outs VectorOfLengthAndType<[32], [I16]>:$result);
  let assemblyFormat = "$table `,` $indices attr-dict `:` type($result)";
}

def BitNetISA_PermuteTwoBytesOp : BitNetISA_Op<"x86.vpermi2b",
    [AllTypesMatch<["low", "indices", "high", "result"]>]> {
  let summary = "looks bytes up in a table of 128";
  let description = [{
    With n = indices[i] mod 128, result[i] = n < 64 ? low[n] : high[n - 64].
    AVX512_VBMI (VPERMI2B).
  }];
  let arguments = (ins VectorOfLengthAndType<[64], [I8]>:$low,
                       VectorOfLengthAndType<[64], [I8]>:$indices,
                       VectorOfLengthAndType<[64], [I8]>:$high);
  let results = (outs VectorOfLengthAndType<[64], [I8]>:$result);
  let assemblyFormat = [{
    $low `,` $indices `,` $high attr-dict `:` type($result)
  }];
}

//===----------------------------------------------------------------------===//
// AArch64 (Arm Architecture Reference Manual, part C7)
//===----------------------------------------------------------------------===//

def BitNetISA_SignedDotOp : BitNetISA_Op<"arm.sdot",
    [AllTypesMatch<["accumulator", "result"]>,
     AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "dot products of four signed bytes, added";
  let description = [{
    result[i] = accumulator[i] + Σ_{j<4} s8(lhs[4i + j]) · s8(rhs[4i + j]).
    FEAT_DotProd (SDOT).
  }];
  let arguments = (ins VectorOfLengthAndType<[4], [I32]>:$accumulator,
                       VectorOfLengthAndType<[16], [I8]>:$lhs,
                       VectorOfLengthAndType<[16], [I8]>:$rhs);
  let results = (outs VectorOfLengthAndType<[4], [I32]>:$result);
  let assemblyFormat = [{
    $accumulator `,` $lhs `,` $rhs attr-dict `:` type($result) `,` type($lhs)
  }];
}

def BitNetISA_MatrixMultiplyAddOp : BitNetISA_Op<"arm.smmla",
    [AllTypesMatch<["accumulator", "result"]>,
     AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "product of 2x8 and 8x2 matrices of signed bytes, added";
  let description = [{
    result[2i + j] = accumulator[2i + j] +
    Σ_{k<8} s8(lhs[8i + k]) · s8(rhs[8j + k]) for i, j < 2. FEAT_I8MM (SMMLA).
  }];
  let arguments = (ins VectorOfLengthAndType<[4], [I32]>:$accumulator,
                       VectorOfLengthAndType<[16], [I8]>:$lhs,
                       VectorOfLengthAndType<[16], [I8]>:$rhs);
  let results = (outs VectorOfLengthAndType<[4], [I32]>:$result);
  let assemblyFormat = [{
    $accumulator `,` $lhs `,` $rhs attr-dict `:` type($result) `,` type($lhs)
  }];
}

def BitNetISA_AddPairsOp : BitNetISA_Op<"arm.saddlp"> {
  let summary = "sums of two neighbouring signed 16-bit integers";
  let description = [{
    result[i] = input[2i] + input[2i + 1] in 32 bits. Advanced SIMD (SADDLP).
  }];
  let arguments = (ins VectorOfLengthAndType<[8], [I16]>:$input);
  let results = (outs VectorOfLengthAndType<[4], [I32]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def BitNetISA_TableLookupOp : BitNetISA_Op<"arm.tbl",
    [AllTypesMatch<["table", "indices", "result"]>]> {
  let summary = "looks bytes up in a table of 16";
  let description = [{
    result[i] = indices[i] < 16 ? table[indices[i]] : 0, indices unsigned.
    Advanced SIMD (TBL).
  }];
  let arguments = (ins VectorOfLengthAndType<[16], [I8]>:$table,
                       VectorOfLengthAndType<[16], [I8]>:$indices);
  let results = (outs VectorOfLengthAndType<[16], [I8]>:$result);
  let assemblyFormat = "$table `,` $indices attr-dict `:` type($result)";
}

#endif // BITNET_DIALECT_BITNETISA_IR_BITNETISAOPS_TD
