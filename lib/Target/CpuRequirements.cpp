//===- CpuRequirements.cpp - Processor features that code needs -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/CpuRequirements.h"
#include "bitnet/Target/TargetFeatures.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// An LLVM feature and its bit.
struct FeatureBit {
  StringLiteral name;
  /// Index into the requirements.
  unsigned word;
  unsigned bit;
};
} // namespace

// Features whose instructions LLVM may choose by itself or kernels ask for.

/// Bits of CPUID (Intel 64 manual, volume 2).
static constexpr FeatureBit x86Bits[] = {
    {"sse3", 0, 0},
    {"ssse3", 0, 9},
    {"fma", 0, 12},
    {"sse4.1", 0, 19},
    {"sse4.2", 0, 20},
    {"movbe", 0, 22},
    {"popcnt", 0, 23},
    {"avx", 0, 28},
    {"f16c", 0, 29},
    {"bmi", 1, 3},
    {"avx2", 1, 5},
    {"bmi2", 1, 8},
    {"avx512f", 1, 16},
    {"avx512dq", 1, 17},
    {"avx512ifma", 1, 21},
    {"avx512cd", 1, 28},
    {"avx512bw", 1, 30},
    {"avx512vl", 1, 31},
    {"avx512vbmi", 2, 1},
    {"avx512vbmi2", 2, 6},
    {"gfni", 2, 8},
    {"avx512vnni", 2, 11},
    {"avx512bitalg", 2, 12},
    {"avx512vpopcntdq", 2, 14},
    {"avx512vp2intersect", 3, 8},
    {"avx512fp16", 3, 23},
    {"avxvnni", 4, 4},
    {"avx512bf16", 4, 5},
    {"lzcnt", 5, 5},
    {"sse4a", 5, 6},
};

/// Bits of AT_HWCAP, and of the lower and upper half of AT_HWCAP2 (Linux,
/// arch/arm64/include/uapi/asm/hwcap.h). Linux itself needs Advanced SIMD.
static constexpr FeatureBit aarch64Bits[] = {
    {"lse", 0, 8},     {"fullfp16", 0, 9}, {"fullfp16", 0, 10},
    {"rdm", 0, 12},    {"jsconv", 0, 13},  {"complxnum", 0, 14},
    {"rcpc", 0, 15},   {"sha3", 0, 17},    {"dotprod", 0, 20},
    {"sve", 0, 22},    {"fp16fml", 0, 23}, {"rcpc-immo", 0, 26},
    {"flagm", 0, 27},  {"sve2", 1, 1},     {"sve-bitperm", 1, 4},
    {"altnzcv", 1, 7}, {"fptoint", 1, 8},  {"f32mm", 1, 10},
    {"f64mm", 1, 11},  {"i8mm", 1, 13},    {"bf16", 1, 14},
    {"cssc", 2, 2},    {"sve2p1", 2, 4},   {"mops", 2, 11},
};

std::array<uint32_t, 6> mlir::bitnet::getCpuRequirements(TargetAttr target) {
  llvm::StringSet<> features = getTargetFeatures(
      target.getTriple(), target.getCpu(), target.getFeatures());
  ArrayRef<FeatureBit> bits = x86Bits;
  if (llvm::Triple(target.getTriple()).isAArch64())
    bits = aarch64Bits;
  std::array<uint32_t, 6> required = {};
  for (const FeatureBit &row : bits)
    if (features.contains(row.name))
      required[row.word] |= uint32_t(1) << row.bit;
  return required;
}
