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

template <InstructionSet level>
static void emitMultiplyAdd(Emitter &e, const KernelArguments &a,
                            const QuantizedLinearSpec &spec) {
  x86::emitMultiplyAdd(e, a, spec, level);
}

/// Tables made with vectors of `bits`.
template <int64_t bits>
static void emitLookupTables(Emitter &e, const KernelArguments &a,
                             const LookupTablesSpec &spec) {
  x86::emitLookupTables(e, a, spec, bits / 16);
}

template <int64_t bits>
static void emitLookupShuffle(Emitter &e, const KernelArguments &a,
                              const QuantizedLinearSpec &spec) {
  x86::emitLookupShuffle(e, a, spec, bits / 8);
}

template <InstructionSet level, ByteProduct product, int64_t lanes,
          int64_t groups, int64_t tokenTile, int64_t tileGroups,
          int64_t partGroups>
static void emitInt8(Emitter &e, const KernelArguments &a,
                     const QuantizedLinearSpec &spec) {
  vectorized::emitInt8Linear(e, a, spec,
                             {product, lanes, groups, tokenTile, tileGroups,
                              partGroups, getHalfConversion(level)});
}

static void emitLookupTablesNEON(Emitter &e, const KernelArguments &a,
                                 const LookupTablesSpec &spec) {
  vectorized::emitLookupTables(e, a, spec, /*lanes=*/8);
}

static constexpr LinearKernel linearKernels[] = {
    {"portable", KernelFamily::MultiplyAdd, InstructionSet::Portable,
     ElementKind::Trit, /*lanes=*/1, /*groups=*/1, /*block=*/0,
     /*tokenTile=*/1, KernelCost{1500, 1500, 0},
     "scalar multiply-add, any CPU; the oracle", portable::emitQuantizedLinear,
     nullptr},
    {"mad-ssse3", KernelFamily::MultiplyAdd, InstructionSet::SSSE3,
     ElementKind::Trit, 4, 4, 0, 2, KernelCost{14.6f, 12.7f, 0},
     "multiply-add by pmaddubsw, 2.0 bits per weight",
     emitMultiplyAdd<InstructionSet::SSSE3>, nullptr},
    {"lut2-ssse3", KernelFamily::LookupTable, InstructionSet::SSSE3,
     ElementKind::TritNibble, 16, 1, 64, 1, KernelCost{13.9f, 13.9f, 710},
     "lookup of sums of 2 columns by pshufb, 2.0 bits per weight",
     emitLookupShuffle<128>, emitLookupTables<128>},
    {"lut3-ssse3", KernelFamily::LookupTable, InstructionSet::SSSE3,
     ElementKind::TritSign, 16, 1, 10, 1, KernelCost{14.6f, 14.6f, 700},
     "lookup of sums of 3 columns by pshufb and psignb, 1.67 bits per weight",
     emitLookupShuffle<128>, emitLookupTables<128>},
    {"mad-avx2", KernelFamily::MultiplyAdd, InstructionSet::AVX2,
     ElementKind::Trit, 8, 4, 0, 6, KernelCost{7.2f, 5.5f, 0},
     "multiply-add by vpmaddubsw, 2.0 bits per weight",
     emitMultiplyAdd<InstructionSet::AVX2>, nullptr},
    {"lut2-avx2", KernelFamily::LookupTable, InstructionSet::AVX2,
     ElementKind::TritNibble, 32, 1, 64, 1, KernelCost{7.2f, 7.2f, 370},
     "lookup of sums of 2 columns by vpshufb, 2.0 bits per weight",
     emitLookupShuffle<256>, emitLookupTables<256>},
    {"lut3-avx2", KernelFamily::LookupTable, InstructionSet::AVX2,
     ElementKind::TritSign, 32, 1, 10, 1, KernelCost{7.2f, 7.2f, 360},
     "lookup of sums of 3 columns by vpshufb and vpsignb, 1.67 bits per "
     "weight",
     emitLookupShuffle<256>, emitLookupTables<256>},
    {"mad-avxvnni", KernelFamily::MultiplyAdd, InstructionSet::AVXVNNI,
     ElementKind::Trit, 8, 4, 0, 5, KernelCost{5.0f, 4.2f, 0},
     "multiply-add by vpdpbusd, 2.0 bits per weight",
     emitMultiplyAdd<InstructionSet::AVXVNNI>, nullptr},
    {"mad-avx512bw", KernelFamily::MultiplyAdd, InstructionSet::AVX512BW,
     ElementKind::Trit, 16, 4, 0, 4, KernelCost{3.5f, 2.7f, 0},
     "multiply-add by vpmaddubsw of 512 bits, 2.0 bits per weight",
     emitMultiplyAdd<InstructionSet::AVX512BW>, nullptr},
    {"lut-avx512bw", KernelFamily::LookupTable, InstructionSet::AVX512BW,
     ElementKind::TritWord, 32, 4, 28, 4, KernelCost{2.3f, 1.8f, 175},
     "lookup of sums of 3 columns by vpermw, 1.78 bits per weight",
     x86::emitLookupWords, emitLookupTables<512>},
    {"mad-avx512vnni", KernelFamily::MultiplyAdd, InstructionSet::AVX512VNNI,
     ElementKind::Trit, 16, 4, 0, 4, KernelCost{2.2f, 2.0f, 0},
     "multiply-add by vpdpbusd of 512 bits, 2.0 bits per weight",
     emitMultiplyAdd<InstructionSet::AVX512VNNI>, nullptr},
    {"mad-avx512vbmi", KernelFamily::MultiplyAdd, InstructionSet::AVX512VBMI,
     ElementKind::Trit5, 16, 4, 0, 4, KernelCost{3.4f, 2.0f, 0},
     "multiply-add by vpdpbusd of 512 bits, 1.6 bits per weight",
     emitMultiplyAdd<InstructionSet::AVX512VBMI>, nullptr},
    {"lut-avx512vbmi", KernelFamily::LookupTable, InstructionSet::AVX512VBMI,
     ElementKind::TritByte, 64, 2, 64, 2, KernelCost{2.6f, 2.0f, 570},
     "lookup of sums of 4 columns by vpermi2b, 2.0 bits per weight",
     x86::emitLookupPermute, emitLookupTables<512>},
    {"binary-portable", KernelFamily::MultiplyAdd, InstructionSet::Portable,
     ElementKind::Bit, 1, 1, 0, 1, KernelCost{1500, 1500, 0},
     "scalar multiply-add of binary weights, any CPU",
     portable::emitQuantizedLinear, nullptr},
    {"binary-ssse3", KernelFamily::MultiplyAdd, InstructionSet::SSSE3,
     ElementKind::Bit, 4, 4, 0, 2, KernelCost{14.6f, 12.8f, 0},
     "multiply-add by pmaddubsw, 1.0 bits per weight",
     emitMultiplyAdd<InstructionSet::SSSE3>, nullptr},
    {"binary-avx2", KernelFamily::MultiplyAdd, InstructionSet::AVX2,
     ElementKind::Bit, 8, 4, 0, 6, KernelCost{7, 5.5f, 0},
     "multiply-add by vpmaddubsw, 1.0 bits per weight",
     emitMultiplyAdd<InstructionSet::AVX2>, nullptr},
    {"binary-avxvnni", KernelFamily::MultiplyAdd, InstructionSet::AVXVNNI,
     ElementKind::Bit, 8, 4, 0, 5, KernelCost{4.9f, 4.2f, 0},
     "multiply-add by vpdpbusd, 1.0 bits per weight",
     emitMultiplyAdd<InstructionSet::AVXVNNI>, nullptr},
    {"binary-avx512bw", KernelFamily::MultiplyAdd, InstructionSet::AVX512BW,
     ElementKind::Bit, 16, 4, 0, 4, KernelCost{3.4f, 2.7f, 0},
     "multiply-add by vpmaddubsw of 512 bits, 1.0 bits per weight",
     emitMultiplyAdd<InstructionSet::AVX512BW>, nullptr},
    {"binary-avx512vnni", KernelFamily::MultiplyAdd, InstructionSet::AVX512VNNI,
     ElementKind::Bit, 16, 4, 0, 4, KernelCost{2.2f, 2.0f, 0},
     "multiply-add by vpdpbusd of 512 bits, 1.0 bits per weight",
     emitMultiplyAdd<InstructionSet::AVX512VNNI>, nullptr},
    {"int8-portable", KernelFamily::MultiplyAdd, InstructionSet::Portable,
     ElementKind::Int8, 1, 1, 0, 1, KernelCost{1500, 1500, 0},
     "scalar multiply-add of 8-bit weights, any CPU",
     portable::emitQuantizedLinear, nullptr},
    {"int8-ssse3", KernelFamily::MultiplyAdd, InstructionSet::SSSE3,
     ElementKind::Int8, 4, 4, 0, 2, KernelCost{36, 33, 0},
     "multiply-add by pmaddwd, 8.0 bits per weight",
     emitInt8<InstructionSet::SSSE3, ByteProduct::MultiplyAdd, 4, 2, 2, 2, 1>,
     nullptr},
    {"int8-avx2", KernelFamily::MultiplyAdd, InstructionSet::AVX2,
     ElementKind::Int8, 8, 4, 0, 2, KernelCost{18, 17, 0},
     "multiply-add by vpmaddwd, 8.0 bits per weight",
     emitInt8<InstructionSet::AVX2, ByteProduct::MultiplyAdd, 8, 4, 2, 2, 2>,
     nullptr},
    {"int8-avxvnni", KernelFamily::MultiplyAdd, InstructionSet::AVXVNNI,
     ElementKind::Int8, 8, 4, 0, 3, KernelCost{10, 7, 0},
     "multiply-add by vpdpbusd, 8.0 bits per weight",
     emitInt8<InstructionSet::AVXVNNI, ByteProduct::DotAccumulate, 8, 4, 3, 2,
              2>,
     nullptr},
    {"int8-avx512bw", KernelFamily::MultiplyAdd, InstructionSet::AVX512BW,
     ElementKind::Int8, 16, 4, 0, 2, KernelCost{9, 6, 0},
     "multiply-add by vpmaddwd of 512 bits, 8.0 bits per weight",
     emitInt8<InstructionSet::AVX512BW, ByteProduct::MultiplyAdd, 16, 4, 2, 4,
              2>,
     nullptr},
    {"int8-avx512vnni", KernelFamily::MultiplyAdd, InstructionSet::AVX512VNNI,
     ElementKind::Int8, 16, 4, 0, 4, KernelCost{7, 3, 0},
     "multiply-add by vpdpbusd of 512 bits, 8.0 bits per weight",
     emitInt8<InstructionSet::AVX512VNNI, ByteProduct::DotAccumulate, 16, 4, 4,
              2, 4>,
     nullptr},
    // Cycles of AArch64 are those of llvm-mca for the inner loops, on Neoverse
    // N1 and, for I8MM, V1; nobody has measured them.
    {"mad-neon", KernelFamily::MultiplyAdd, InstructionSet::NEON,
     ElementKind::Trit, 4, 4, 0, 4, KernelCost{32, 32, 0},
     "multiply-add by smlal, 2.0 bits per weight",
     aarch64::emitQuantizedLinearNEON, nullptr},
    {"lut2-neon", KernelFamily::LookupTable, InstructionSet::NEON,
     ElementKind::TritNibble, 16, 2, 64, 2, KernelCost{20.1f, 20.1f, 500},
     "lookup of sums of 2 columns by tbl, 2.0 bits per weight",
     aarch64::emitLookupNEON, emitLookupTablesNEON},
    {"mad-dotprod", KernelFamily::MultiplyAdd, InstructionSet::DotProd,
     ElementKind::Trit, 4, 4, 0, 8, KernelCost{16, 9.5f, 0},
     "multiply-add by sdot, 2.0 bits per weight",
     aarch64::emitQuantizedLinearDotProd, nullptr},
    {"binary-neon", KernelFamily::MultiplyAdd, InstructionSet::NEON,
     ElementKind::Bit, 4, 4, 0, 3, KernelCost{32, 32, 0},
     "multiply-add by smlal, 1.0 bits per weight",
     aarch64::emitQuantizedLinearNEON, nullptr},
    {"binary-dotprod", KernelFamily::MultiplyAdd, InstructionSet::DotProd,
     ElementKind::Bit, 4, 4, 0, 4, KernelCost{17, 11.5f, 0},
     "multiply-add by sdot, 1.0 bits per weight",
     aarch64::emitQuantizedLinearDotProd, nullptr},
    {"int8-neon", KernelFamily::MultiplyAdd, InstructionSet::NEON,
     ElementKind::Int8, 4, 4, 0, 2, KernelCost{64, 60, 0},
     "multiply-add in 32 bits, 8.0 bits per weight",
     emitInt8<InstructionSet::NEON, ByteProduct::Generic, 4, 2, 2, 2, 1>,
     nullptr},
    {"int8-dotprod", KernelFamily::MultiplyAdd, InstructionSet::DotProd,
     ElementKind::Int8, 4, 4, 0, 2, KernelCost{20, 17, 0},
     "multiply-add by sdot, 8.0 bits per weight",
     emitInt8<InstructionSet::DotProd, ByteProduct::SignedDot, 4, 4, 2, 4, 2>,
     nullptr},
    {"mad-i8mm", KernelFamily::MultiplyAdd, InstructionSet::I8MM,
     ElementKind::Trit, 4, 4, 0, 8, KernelCost{8.1f, 3.6f, 0},
     "multiply-add by smmla, one token by sdot, 2.0 bits per weight",
     aarch64::emitQuantizedLinearI8MM, nullptr},
};

ArrayRef<LinearKernel> mlir::bitnet::getLinearKernels() {
  return linearKernels;
}

const LinearKernel *mlir::bitnet::lookupLinearKernel(StringRef name) {
  const auto *row = llvm::find_if(
      linearKernels, [&](const auto &kernel) { return kernel.name == name; });
  return row == std::end(linearKernels) ? nullptr : row;
}

bool mlir::bitnet::hasSharedKernel(MLIRContext *context, InstructionSet level) {
  return llvm::any_of(linearKernels, [&](const LinearKernel &kernel) {
    return kernel.level == level &&
           findLinearKernel(kernel, kernel.getLayout(context),
                            InstructionSet::Portable);
  });
}

const LinearKernel *mlir::bitnet::findLinearKernel(const LinearKernel &kernel,
                                                   LayoutAttr layout,
                                                   InstructionSet level) {
  if (includes(level, kernel.level) && kernel.accepts(layout))
    return &kernel;
  const LinearKernel *fastest = nullptr;
  auto getCycles = [](const LinearKernel &row) {
    return row.cost.gemvCycles + row.cost.gemmCycles;
  };
  for (const LinearKernel &row : linearKernels)
    if (row.family == kernel.family && includes(level, row.level) &&
        row.accepts(layout) &&
        (!fastest || getCycles(row) <= getCycles(*fastest)))
      fastest = &row;
  return fastest;
}
