//===- CpuRequirements.cpp - CPUID bits that code needs -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/CpuRequirements.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// An LLVM feature and its bit (Intel 64 manual, volume 2, CPUID).
struct FeatureBit {
  StringLiteral name;
  /// Index into the requirements.
  unsigned word;
  unsigned bit;
};
} // namespace

/// Features whose instructions LLVM may choose by itself or kernels ask for.
static constexpr FeatureBit featureBits[] = {
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

std::array<uint32_t, 6> mlir::bitnet::getCpuRequirements(TargetAttr target) {
  std::array<uint32_t, 6> required = {};
  if (!llvm::Triple(target.getTriple()).isX86())
    return required;
  SmallVector<StringRef> features;
  if (target.getFeatures().empty()) {
    llvm::X86::getFeaturesForCPU(target.getCpu(), features);
  } else {
    SmallVector<StringRef> spelled;
    target.getFeatures().split(spelled, ',');
    for (StringRef feature : spelled)
      if (feature.consume_front("+"))
        features.push_back(feature);
  }
  for (const FeatureBit &row : featureBits)
    if (llvm::is_contained(features, row.name))
      required[row.word] |= uint32_t(1) << row.bit;
  return required;
}
