//===- HeadTable.cpp - The kernels of output heads ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/KernelTable.h"

using namespace mlir;
using namespace mlir::bitnet;

using enum ElementKind;
using enum InstructionSet;

template <HalfConversion conversion, int64_t groups, int64_t tokenTile>
static void floats(Emitter &e, const KernelArguments &a,
                   const TableSpec &spec) {
  vectorized::emitFloatHead(e, a, spec, conversion, groups, tokenTile);
}

template <ByteProduct product, int64_t lanes, int64_t groups, int64_t tokenTile,
          int64_t tileGroups>
static void integers(Emitter &e, const KernelArguments &a,
                     const TableSpec &spec) {
  vectorized::emitIntegerHead(e, a, spec,
                              {product, lanes, groups, tokenTile, tileGroups});
}

template <ByteProduct product, int64_t lanes, int64_t groups, int64_t tokenTile,
          int64_t tileGroups>
static void planes(Emitter &e, const KernelArguments &a,
                   const PlanesHeadSpec &spec, PlanesStage stage) {
  vectorized::emitPlanesHead(e, a, spec, stage,
                             {product, lanes, groups, tokenTile, tileGroups});
}

// Groups and token tiles are the most for which loops do not spill, or hardly.
// 16 lanes of f32 are four registers of SSE and NEON, two of AVX2 and one of
// AVX-512.
static constexpr HeadKernel headKernels[] = {
    {F16, Portable, 1, 1, portable::emitOutputHead},
    {F16, SSSE3, 16, 1, floats<HalfConversion::Integer, 1, 1>},
    {F16, AVX2, 16, 2, floats<HalfConversion::Instruction, 2, 1>},
    {F16, AVX512BW, 16, 4, floats<HalfConversion::Instruction, 4, 4>},
    {F16, NEON, 16, 4, floats<HalfConversion::Instruction, 4, 1>},

    {BF16, Portable, 1, 1, portable::emitOutputHead},
    {BF16, SSSE3, 16, 2, floats<HalfConversion::Integer, 2, 1>},
    {BF16, AVX2, 16, 2, floats<HalfConversion::Integer, 2, 1>},
    {BF16, AVX512BW, 16, 4, floats<HalfConversion::Integer, 4, 4>},
    {BF16, NEON, 16, 4, floats<HalfConversion::Integer, 4, 1>},

    {Int8, Portable, 1, 1, portable::emitOutputHead},
    {Int8, SSSE3, 4, 4, integers<ByteProduct::MultiplyAdd, 4, 2, 1, 2>},
    {Int8, AVX2, 8, 4, integers<ByteProduct::MultiplyAdd, 8, 2, 1, 2>},
    {Int8, AVXVNNI, 8, 4, integers<ByteProduct::DotAccumulate, 8, 4, 2, 2>},
    {Int8, AVX512BW, 16, 4, integers<ByteProduct::MultiplyAdd, 16, 4, 2, 4>},
    {Int8, AVX512VNNI, 16, 4,
     integers<ByteProduct::DotAccumulate, 16, 4, 2, 4>},
    {Int8, NEON, 4, 4, integers<ByteProduct::Generic, 4, 2, 2, 1>},
    {Int8, DotProd, 4, 4, integers<ByteProduct::SignedDot, 4, 4, 2, 4>},

    {Int6, Portable, 1, 1, portable::emitOutputHead},
    {Int6, SSSE3, 4, 4, integers<ByteProduct::MultiplyAdd, 4, 2, 2, 1>},
    {Int6, AVX2, 8, 4, integers<ByteProduct::MultiplyAdd, 8, 2, 2, 1>},
    {Int6, AVXVNNI, 8, 4, integers<ByteProduct::DotAccumulate, 8, 2, 2, 1>},
    {Int6, AVX512BW, 16, 4, integers<ByteProduct::MultiplyAdd, 16, 4, 2, 2>},
    {Int6, AVX512VNNI, 16, 4,
     integers<ByteProduct::DotAccumulate, 16, 4, 2, 4>},
    {Int6, NEON, 4, 4, integers<ByteProduct::Generic, 4, 2, 2, 1>},
    {Int6, DotProd, 4, 4, integers<ByteProduct::SignedDot, 4, 4, 2, 4>},

    {Planes, Portable, 1, 16, nullptr, portable::emitPlanesHead},
    {Planes, SSSE3, 4, 4, nullptr,
     planes<ByteProduct::MultiplyAdd, 4, 2, 2, 1>},
    {Planes, AVX2, 8, 4, nullptr, planes<ByteProduct::MultiplyAdd, 8, 2, 2, 1>},
    {Planes, AVXVNNI, 8, 4, nullptr,
     planes<ByteProduct::DotAccumulate, 8, 2, 2, 1>},
    {Planes, AVX512BW, 16, 4, nullptr,
     planes<ByteProduct::MultiplyAdd, 16, 4, 2, 2>},
    {Planes, AVX512VNNI, 16, 4, nullptr,
     planes<ByteProduct::DotAccumulate, 16, 4, 2, 4>},
    {Planes, NEON, 4, 4, nullptr, planes<ByteProduct::Generic, 4, 2, 2, 1>},
    {Planes, DotProd, 4, 4, nullptr,
     planes<ByteProduct::SignedDot, 4, 4, 2, 4>},
};

HalfConversion mlir::bitnet::getHalfConversion(InstructionSet level) {
  return level == Portable || level == SSSE3 ? HalfConversion::Integer
                                             : HalfConversion::Instruction;
}

ArrayRef<HeadKernel> mlir::bitnet::getHeadKernels() { return headKernels; }

const HeadKernel *mlir::bitnet::findHeadKernel(ElementKind element,
                                               InstructionSet level) {
  for (const HeadKernel &kernel : llvm::reverse(headKernels))
    if (includes(level, kernel.level) && kernel.element == element)
      return &kernel;
  return nullptr;
}

const HeadKernel *mlir::bitnet::findHeadKernel(LayoutAttr layout,
                                               InstructionSet level) {
  for (const HeadKernel &kernel : llvm::reverse(headKernels))
    if (includes(level, kernel.level) && kernel.accepts(layout))
      return &kernel;
  return nullptr;
}
