//===- MultiplyAdd.cpp - Multiply-add kernels of linear layers ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Codes c = t + 1 of trits t, multiplied as unsigned numbers:
// Σ t a = Σ c a − Σ a.
//
//===----------------------------------------------------------------------===//

#include "RegisterTile.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::x86;

/// How far ahead of their use codes are asked for. From memory, this doubles
/// the speed of 2 to 8 tokens; 4 KiB are up to a tenth slower, 16 no faster.
static constexpr int64_t prefetchDistance = 8192;

/// The register tiles of a level, those for most tokens first, that for one
/// last: the fastest of all that do not spill, in cache. Levels below AVX-512
/// have 16 registers, and vpdpbusd needs 8 accumulators, better 10, to be as
/// fast as it can.
static ArrayRef<RegisterTile> getRegisterTiles(InstructionSet level) {
  static constexpr RegisterTile ssse3[] = {{2, 2, 1}, {2, 1, 2}};
  static constexpr RegisterTile avx2[] = {
      {1, 6, 1}, {1, 4, 2}, {2, 2, 1}, {4, 1, 2}};
  static constexpr RegisterTile avxvnni[] = {
      {2, 5, 1}, {2, 4, 1}, {2, 2, 2}, {4, 1, 2}};
  static constexpr RegisterTile avx512bw[] = {{2, 4, 2}, {4, 2, 2}, {4, 1, 2}};
  static constexpr RegisterTile avx512vnni[] = {
      {4, 4, 1}, {4, 2, 2}, {4, 1, 4}};
  // To unpack `trit5` twice for three tokens would cost a quarter.
  static constexpr RegisterTile avx512vbmi[] = {
      {4, 4, 1}, {4, 3, 1}, {4, 2, 2}, {4, 1, 4}};
  switch (level) {
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
  default:
    llvm_unreachable("not a level of x86 with vectors");
  }
}

void x86::emitMultiplyAdd(Emitter &e, const KernelArguments &a,
                          const QuantizedLinearSpec &spec,
                          InstructionSet level) {
  DotProducts dots(e, level);
  const PackedMatrix &matrix = spec.weight;
  LayoutAttr layout = matrix.layout;
  int64_t lanes = dots.getLanes();
  int64_t groups = layout.getTileRows() / lanes;
  int64_t groupBytes = lanes * layout.getLaneBytes();
  int64_t tileBytes =
      layout.getStepCount(matrix.columns) * layout.getStepBytes();

  // Groups `group`, ... of a tile.
  auto emitGroups = [&](const RegisterTile &registers, Value tile, Value group,
                        Value firstToken) {
    Value firstByte = e.add(e.mul(tile, e.index(tileBytes)),
                            e.mul(group, e.index(groupBytes)));
    Value firstRow = e.add(e.mul(tile, e.index(layout.getTileRows())),
                           e.mul(group, e.index(lanes)));
    // Several passes over the steps of a tile read it in strides. So that
    // memory is read in order, each asks for its share of the next tile.
    int64_t passes = groups / registers.groups;
    Value firstPrefetch =
        passes == 1 ? e.add(firstByte, e.index(prefetchDistance))
                    : e.add(e.mul(e.add(tile, e.index(1)), e.index(tileBytes)),
                            e.mul(group, e.index(tileBytes / groups)));
    SmallVector<Value> products = emitDotProducts(
        e, dots, registers, matrix,
        {a.inputs[3], firstByte, firstPrefetch, layout.getStepBytes() / passes,
         a.inputs[0], firstToken});
    for (int64_t g = 0; g < registers.groups; ++g)
      for (int64_t t = 0; t < registers.tokens; ++t) {
        Value token = e.add(firstToken, e.index(t));
        Value sum =
            e.broadcast(e.load(a.inputs[2], {token}), dots.getIntegers());
        vectorized::emitLinearResult(
            e, a, spec, e.add(firstRow, e.index(g * lanes)), token,
            e.sub(products[g * registers.tokens + t], sum));
      }
  };

  ArrayRef<RegisterTile> tiles = getRegisterTiles(level);
  auto sizes = llvm::map_to_vector(
      tiles, [](const RegisterTile &registers) { return registers.tokens; });
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    vectorized::emitTokenTiles(
        e, a.rows, sizes, [&](Value firstToken, int64_t tokens) {
          const RegisterTile &registers = *llvm::find_if(
              tiles, [&](const auto &entry) { return entry.tokens == tokens; });
          e.loop(e.index(0), e.index(groups), registers.groups,
                 [&](Value group) {
                   emitGroups(registers, tile, group, firstToken);
                 });
        });
  });
}
