//===- InstructionSet.cpp - Levels of instruction sets --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

using namespace mlir::bitnet;
using llvm::StringLiteral;

// F16C converts the halves of output heads; a CPU with AVX2 has it.
static constexpr StringLiteral ssse3[] = {"ssse3"};
static constexpr StringLiteral avx2[] = {"ssse3", "avx2", "f16c"};
static constexpr StringLiteral avxvnni[] = {"ssse3", "avx2", "f16c", "avxvnni"};
static constexpr StringLiteral avx512bw[] = {
    "ssse3", "avx2", "f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl"};
static constexpr StringLiteral avx512vnni[] = {
    "ssse3",    "avx2",     "f16c",     "avx512f",
    "avx512bw", "avx512dq", "avx512vl", "avx512vnni"};
static constexpr StringLiteral avx512vbmi[] = {
    "ssse3",    "avx2",     "f16c",       "avx512f",   "avx512bw",
    "avx512dq", "avx512vl", "avx512vnni", "avx512vbmi"};
static constexpr StringLiteral neon[] = {"neon"};
static constexpr StringLiteral dotprod[] = {"neon", "dotprod"};
static constexpr StringLiteral i8mm[] = {"neon", "dotprod", "i8mm"};

llvm::ArrayRef<StringLiteral>
mlir::bitnet::getLevelFeatures(InstructionSet level) {
  switch (level) {
  case InstructionSet::Portable:
    return {};
  case InstructionSet::SSSE3:
    return ssse3;
  case InstructionSet::AVX2:
    return avx2;
  case InstructionSet::AVXVNNI:
    return avxvnni;
  case InstructionSet::AVX512BW:
    return avx512bw;
  case InstructionSet::AVX512VNNI:
    return avx512vnni;
  case InstructionSet::AVX512VBMI:
    return avx512vbmi;
  case InstructionSet::NEON:
    return neon;
  case InstructionSet::DotProd:
    return dotprod;
  case InstructionSet::I8MM:
    return i8mm;
  }
  llvm_unreachable("unknown level");
}

bool mlir::bitnet::includes(InstructionSet cpu, InstructionSet kernel) {
  // The dot products of AVX-VNNI have the encoding of AVX-512 there.
  if (kernel == InstructionSet::AVXVNNI &&
      includes(cpu, InstructionSet::AVX512VNNI))
    return true;
  return llvm::all_of(getLevelFeatures(kernel), [&](StringLiteral feature) {
    return llvm::is_contained(getLevelFeatures(cpu), feature);
  });
}

llvm::ArrayRef<InstructionSet> mlir::bitnet::getX86Levels() {
  static constexpr InstructionSet levels[] = {
      InstructionSet::Portable,   InstructionSet::SSSE3,
      InstructionSet::AVX2,       InstructionSet::AVXVNNI,
      InstructionSet::AVX512BW,   InstructionSet::AVX512VNNI,
      InstructionSet::AVX512VBMI,
  };
  return levels;
}

llvm::ArrayRef<InstructionSet> mlir::bitnet::getAArch64Levels() {
  static constexpr InstructionSet levels[] = {
      InstructionSet::Portable, InstructionSet::NEON, InstructionSet::DotProd,
      InstructionSet::I8MM};
  return levels;
}

int64_t mlir::bitnet::getVectorBits(InstructionSet level) {
  switch (level) {
  case InstructionSet::Portable:
    return 0;
  case InstructionSet::SSSE3:
  case InstructionSet::NEON:
  case InstructionSet::DotProd:
  case InstructionSet::I8MM:
    return 128;
  case InstructionSet::AVX2:
  case InstructionSet::AVXVNNI:
    return 256;
  case InstructionSet::AVX512BW:
  case InstructionSet::AVX512VNNI:
  case InstructionSet::AVX512VBMI:
    return 512;
  }
  llvm_unreachable("unknown level");
}
