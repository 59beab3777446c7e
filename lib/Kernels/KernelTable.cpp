//===- KernelTable.cpp - The kernels and what they need -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/KernelTable.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr TernaryKernel ternaryKernels[] = {
    {"portable", InstructionSet::Portable, 1, 1, 1,
     "scalar multiply-add, any CPU; the oracle", portable::emitTernaryLinear},
    {"mad-avx2", InstructionSet::AVX2, 8, 4, 4,
     "multiply-add by vpmaddubsw, 2.0 bits per weight",
     x86::emitTernaryLinearAVX2},
    {"mad-avx512vnni", InstructionSet::AVX512VNNI, 16, 4, 4,
     "multiply-add by vpdpbusd, 2.0 bits per weight",
     x86::emitTernaryLinearAVX512VNNI},
};

static void emitHalfHeadAVX2(Emitter &e, const KernelArguments &a,
                             const TableSpec &spec) {
  vectorized::emitOutputHead(e, a, spec, /*tokenTile=*/1);
}

static void emitHalfHeadAVX512(Emitter &e, const KernelArguments &a,
                               const TableSpec &spec) {
  vectorized::emitOutputHead(e, a, spec, /*tokenTile=*/4);
}

// 16 lanes of f32 are two registers of AVX2: two groups leave room for
// operands, four would spill.
static constexpr HeadKernel headKernels[] = {
    {ElementKind::F16, InstructionSet::Portable, 1, 1,
     portable::emitOutputHead},
    {ElementKind::Int8, InstructionSet::Portable, 1, 1,
     portable::emitOutputHead},
    {ElementKind::F16, InstructionSet::AVX2, 16, 2, emitHalfHeadAVX2},
    {ElementKind::Int8, InstructionSet::AVX2, 8, 2, x86::emitOutputHeadAVX2},
    {ElementKind::F16, InstructionSet::AVX512VNNI, 16, 4, emitHalfHeadAVX512},
    {ElementKind::Int8, InstructionSet::AVX512VNNI, 16, 4,
     x86::emitOutputHeadAVX512VNNI},
};

ArrayRef<TernaryKernel> mlir::bitnet::getTernaryKernels() {
  return ternaryKernels;
}

const TernaryKernel *mlir::bitnet::lookupTernaryKernel(StringRef name) {
  const auto *row = llvm::find_if(
      ternaryKernels, [&](const auto &kernel) { return kernel.name == name; });
  return row == std::end(ternaryKernels) ? nullptr : row;
}

const TernaryKernel &mlir::bitnet::selectTernaryKernel(InstructionSet level) {
  return *llvm::find_if(llvm::reverse(ternaryKernels), [&](const auto &kernel) {
    return kernel.level <= level;
  });
}

const HeadKernel &mlir::bitnet::selectHeadKernel(ElementKind element,
                                                 InstructionSet level) {
  return *llvm::find_if(llvm::reverse(headKernels), [&](const auto &kernel) {
    return kernel.element == element && kernel.level <= level;
  });
}
