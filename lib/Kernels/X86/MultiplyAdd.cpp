//===- MultiplyAdd.cpp - Multiply-add kernels of linear layers ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Codes c = t + 1 of trits t and c = (s + 1) / 2 of signs s, multiplied as
// unsigned numbers: Σ t a = Σ c a − Σ a, and Σ s a = 2 Σ c a − Σ a.
//
//===----------------------------------------------------------------------===//

#include "RegisterTile.h"
#include "bitnet/Kernels/KernelTable.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::x86;

/// How far ahead of their use codes are asked for. From memory, this doubles
/// the speed of 2 to 8 tokens; 4 KiB are up to a tenth slower, 16 no faster.
static constexpr int64_t prefetchDistance = 8192;

/// The register tiles of a level, those for most tokens first, that for one
/// last: the fastest of all that do not spill, in cache. Levels below AVX-512
/// have 16 registers, and vpdpbusd needs 8 accumulators, better 10, to be as
/// fast as it can. A step of `bit` has twice as many fields, whose codes need
/// more registers.
static ArrayRef<RegisterTile> getRegisterTiles(InstructionSet level,
                                               ElementKind element) {
  static constexpr RegisterTile ssse3[] = {{2, 2, 1}, {2, 1, 2}};
  static constexpr RegisterTile avx2[] = {
      {1, 6, 1}, {1, 4, 2}, {2, 2, 1}, {4, 1, 2}};
  static constexpr RegisterTile avx2Bits[] = {
      {1, 6, 1}, {1, 4, 1}, {2, 2, 1}, {2, 1, 4}};
  static constexpr RegisterTile avxvnni[] = {
      {2, 5, 1}, {2, 4, 1}, {2, 2, 2}, {4, 1, 2}};
  static constexpr RegisterTile avxvnniBits[] = {
      {2, 5, 1}, {2, 4, 1}, {2, 2, 2}, {2, 1, 4}};
  static constexpr RegisterTile avx512bw[] = {{2, 4, 2}, {4, 2, 2}, {4, 1, 2}};
  static constexpr RegisterTile avx512bwBits[] = {
      {2, 4, 1}, {2, 2, 4}, {4, 1, 2}};
  static constexpr RegisterTile avx512vnni[] = {
      {4, 4, 1}, {4, 2, 2}, {4, 1, 4}};
  // To unpack `trit5` twice for three tokens would cost a quarter.
  static constexpr RegisterTile avx512vbmi[] = {
      {4, 4, 1}, {4, 3, 1}, {4, 2, 2}, {4, 1, 4}};
  bool isBit = element == ElementKind::Bit;
  switch (level) {
  case InstructionSet::SSSE3:
    return ssse3;
  case InstructionSet::AVX2:
    return isBit ? ArrayRef(avx2Bits) : ArrayRef(avx2);
  case InstructionSet::AVXVNNI:
    return isBit ? ArrayRef(avxvnniBits) : ArrayRef(avxvnni);
  case InstructionSet::AVX512BW:
    return isBit ? ArrayRef(avx512bwBits) : ArrayRef(avx512bw);
  case InstructionSet::AVX512VNNI:
    return avx512vnni;
  case InstructionSet::AVX512VBMI:
    return avx512vbmi;
  default:
    llvm_unreachable("not a level of x86 with vectors");
  }
}

/// The register tile for the three parts of one token's activations.
static RegisterTile getPartsTile(InstructionSet level) {
  switch (level) {
  case InstructionSet::SSSE3:
    return {1, 3, 1};
  case InstructionSet::AVX2:
  case InstructionSet::AVXVNNI:
    return {2, 3, 1};
  case InstructionSet::AVX512BW:
    return {2, 3, 2};
  default:
    return {4, 3, 1};
  }
}

namespace {
/// The kernel of one layer, as its loops are made.
class MultiplyAdd {
public:
  MultiplyAdd(Emitter &e, const KernelArguments &a,
              const QuantizedLinearSpec &spec, InstructionSet level)
      : e(e), a(a), spec(spec), level(level), dots(e, level),
        layout(spec.weight.layout),
        steps(layout.getStepCount(spec.weight.columns)),
        groups(layout.getTileRows() / dots.getLanes()) {}

  void emit();

private:
  /// What a register tile computes: groups `group`, ... of a row tile for
  /// tokens `firstToken`, ...
  struct Position {
    RegisterTile registers;
    Value tile, group, firstToken;
  };
  TileOperands getOperands(const Position &position);
  /// The exact products of weights and activations, given those of codes and
  /// the sum of the activations, in every lane.
  Value emitProducts(Value products, Value sum);
  /// Results of a layer with a scale for the matrix or each row.
  void emitRows(const Position &position);
  /// Results of a layer with scales of blocks.
  void emitBlocks(const Position &position);
  /// The sum of a block's activations, in every lane.
  Value emitBlockSum(const ActivationRow &row, Value firstColumn);

  Emitter &e;
  const KernelArguments &a;
  const QuantizedLinearSpec &spec;
  InstructionSet level;
  DotProducts dots;
  LayoutAttr layout;
  /// Steps of a row tile, and groups of lanes.
  int64_t steps, groups;
};
} // namespace

TileOperands MultiplyAdd::getOperands(const Position &position) {
  int64_t groupBytes = dots.getLanes() * layout.getLaneBytes();
  int64_t tileBytes = steps * layout.getStepBytes();
  Value firstByte = e.add(e.mul(position.tile, e.index(tileBytes)),
                          e.mul(position.group, e.index(groupBytes)));
  // Several passes over the steps of a tile read it in strides. So that memory
  // is read in order, each asks for its share of the next tile.
  int64_t passes = groups / position.registers.groups;
  Value firstPrefetch =
      passes == 1
          ? e.add(firstByte, e.index(prefetchDistance))
          : e.add(e.mul(e.add(position.tile, e.index(1)), e.index(tileBytes)),
                  e.mul(position.group, e.index(tileBytes / groups)));
  TileOperands operands{LinearInputs(a, spec).getWeight(),
                        firstByte,
                        firstPrefetch,
                        layout.getStepBytes() / passes,
                        {}};
  for (int64_t t = 0; t < position.registers.tokens; ++t)
    operands.rows.push_back(
        getActivationRow(e, a, spec, position.firstToken, t));
  return operands;
}

Value MultiplyAdd::emitProducts(Value products, Value sum) {
  if (layout.getElement() == ElementKind::Bit)
    products = e.add(products, products);
  return e.sub(products, sum);
}

void MultiplyAdd::emitRows(const Position &position) {
  const RegisterTile &registers = position.registers;
  Value firstRow = e.add(e.mul(position.tile, e.index(layout.getTileRows())),
                         e.mul(position.group, e.index(dots.getLanes())));
  TileOperands operands = getOperands(position);
  SmallVector<Value> products =
      emitDotProducts(e, dots, registers, layout, operands, e.index(0), steps);
  for (int64_t g = 0; g < registers.groups; ++g) {
    SmallVector<Value> exact;
    for (auto [t, row] : llvm::enumerate(operands.rows)) {
      Value sum =
          e.broadcast(e.load(row.sums, {row.token}), dots.getIntegers());
      exact.push_back(emitProducts(products[g * registers.tokens + t], sum));
    }
    vectorized::emitLinearResults(e, a, spec,
                                  e.add(firstRow, e.index(g * dots.getLanes())),
                                  position.firstToken, exact);
  }
}

Value MultiplyAdd::emitBlockSum(const ActivationRow &row, Value firstColumn) {
  // Blocks are whole multiples of 32 columns.
  DotProducts sums(e, level, std::min<int64_t>(dots.getLanes(), 8));
  VectorType bytes = sums.getBytes();
  Value ones = e.constant(bytes, int64_t(1));
  SmallVector<Value> total =
      e.loop(e.index(0), e.index(spec.blockColumns), bytes.getNumElements(),
             {e.constant(sums.getIntegers(), int64_t(0))},
             [&](Value column, ValueRange carried) -> SmallVector<Value> {
               Value activations = e.loadVector(
                   bytes, row.values, {row.token, e.add(firstColumn, column)});
               return {sums.addWide(carried[0], ones, activations)};
             });
  Value sum = vector::ReductionOp::create(e.builder(), e.location(),
                                          vector::CombiningKind::ADD, total[0]);
  return e.broadcast(sum, dots.getIntegers());
}

void MultiplyAdd::emitBlocks(const Position &position) {
  const RegisterTile &registers = position.registers;
  TileOperands operands = getOperands(position);
  int64_t blockSteps = spec.blockColumns / layout.getStepColumns();
  vectorized::RegisterBlock rows{
      position.tile,       e.mul(position.group, e.index(dots.getLanes())),
      dots.getLanes(),     registers.groups,
      position.firstToken, registers.tokens};
  auto emitBlock = [&](Value block) {
    vectorized::BlockSums sums;
    sums.dots = emitDotProducts(e, dots, registers, layout, operands,
                                e.mul(block, e.index(blockSteps)), blockSteps);
    Value firstColumn = e.mul(block, e.index(spec.blockColumns));
    for (auto [t, row] : llvm::enumerate(operands.rows)) {
      Value sum = emitBlockSum(row, firstColumn);
      for (int64_t g = 0; g < registers.groups; ++g) {
        Value &dot = sums.dots[g * registers.tokens + t];
        dot = emitProducts(dot, sum);
      }
    }
    return sums;
  };
  vectorized::emitBlockResults(e, a, spec, rows, getHalfConversion(level),
                               emitBlock);
}

void MultiplyAdd::emit() {
  RegisterTile parts = getPartsTile(level);
  ArrayRef<RegisterTile> tiles =
      spec.parts > 1 ? ArrayRef(parts)
                     : getRegisterTiles(level, layout.getElement());
  assert(spec.parts == 1 || spec.parts == parts.tokens);
  // A tile of parts is one token.
  auto getTokens = [&](const RegisterTile &registers) {
    return registers.tokens / spec.parts;
  };
  auto sizes = llvm::map_to_vector(tiles, getTokens);
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    vectorized::emitTokenTiles(
        e, a.rows, sizes, [&](Value firstToken, int64_t tokens) {
          const RegisterTile &registers =
              *llvm::find_if(tiles, [&](const RegisterTile &entry) {
                return getTokens(entry) == tokens;
              });
          e.loop(e.index(0), e.index(groups), registers.groups,
                 [&](Value group) {
                   Position position{registers, tile, group, firstToken};
                   if (spec.scales == WeightScales::Blocks)
                     emitBlocks(position);
                   else
                     emitRows(position);
                 });
        });
  });
}

void x86::emitMultiplyAdd(Emitter &e, const KernelArguments &a,
                          const QuantizedLinearSpec &spec,
                          InstructionSet level) {
  MultiplyAdd(e, a, spec, level).emit();
}
