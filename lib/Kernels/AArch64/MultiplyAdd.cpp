//===- MultiplyAdd.cpp - Multiply-add kernels of linear layers ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Codes c = t + 1 of trits t and c = (s + 1) / 2 of signs s, times activations:
// Σ t a = Σ c a − Σ a, and Σ s a = 2 Σ c a − Σ a.
//
//===----------------------------------------------------------------------===//

#include "Products.h"
#include "bitnet/Kernels/Kernels.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::aarch64;

namespace {
/// A register tile and the instructions that compute it.
struct TokenTile {
  RegisterTile registers;
  Products *products;
};

class MultiplyAdd {
public:
  MultiplyAdd(Emitter &e, const KernelArguments &a,
              const QuantizedLinearSpec &spec)
      : e(e), a(a), spec(spec), layout(spec.weight.layout),
        steps(layout.getStepCount(spec.weight.columns)) {}

  /// `tiles`: of falling numbers of tokens, the last of which is 1.
  void emit(ArrayRef<TokenTile> tiles);

private:
  /// Accumulators after steps [begin, end) of groups that begin at `firstByte`.
  SmallVector<Value> emitSteps(const TokenTile &tile, Value firstByte,
                               Value row, Value begin, Value end);
  /// Σ code · activation over `count` steps from `firstStep` on,
  /// [group][token].
  SmallVector<Value> emitDots(const TokenTile &tile, Value firstByte, Value row,
                              Value firstStep, int64_t count);
  /// The exact products of weights and activations, given those of codes and
  /// the sum of the activations.
  Value emitProducts(Value products, Value sum);
  /// The sum of a block's activations, in every lane.
  Value emitBlockSum(const TokenTile &tile, const ActivationRow &row,
                     Value firstColumn);
  void emitTile(const TokenTile &tile, Value rowTile, Value firstGroup,
                Value row);

  Emitter &e;
  const KernelArguments &a;
  const QuantizedLinearSpec &spec;
  LayoutAttr layout;
  int64_t steps;
};
} // namespace

SmallVector<Value> MultiplyAdd::emitSteps(const TokenTile &tile,
                                          Value firstByte, Value row,
                                          Value begin, Value end) {
  const RegisterTile &registers = tile.registers;
  VectorType bytes = e.vectorType(vectorBytes, e.i8Type());
  return e.loop(
      begin, end, 1, tile.products->makeZeros(registers),
      [&](Value step, ValueRange carried) {
        SmallVector<Value> next(carried.begin(), carried.end());
        Value column = e.mul(step, e.index(layout.getStepColumns()));
        SmallVector<Value> activations;
        for (int64_t t = 0; t < registers.tokens; ++t) {
          ActivationRow read = getActivationRow(e, a, spec, row, t);
          for (int64_t k = 0; k < layout.getStepColumns(); k += vectorBytes)
            activations.push_back(e.loadVector(
                bytes, read.values, {read.token, e.add(column, e.index(k))}));
        }
        SmallVector<Value> prepared = tile.products->prepare(activations);
        Value base =
            e.add(firstByte, e.mul(step, e.index(layout.getStepBytes())));
        size_t perGroup = next.size() / registers.groups;
        for (int64_t g = 0; g < registers.groups; ++g) {
          Value codes = e.loadVector(bytes, LinearInputs(a, spec).getWeight(),
                                     {e.add(base, e.index(g * vectorBytes))});
          tile.products->add(
              registers, codes, prepared,
              MutableArrayRef(next).slice(g * perGroup, perGroup));
        }
        return next;
      });
}

SmallVector<Value> MultiplyAdd::emitDots(const TokenTile &tile, Value firstByte,
                                         Value row, Value firstStep,
                                         int64_t count) {
  const RegisterTile &registers = tile.registers;
  auto sum = [&](Value begin, Value end) {
    SmallVector<Value> accumulators =
        emitSteps(tile, firstByte, row, begin, end);
    size_t perGroup = accumulators.size() / registers.groups;
    SmallVector<Value> dots;
    for (int64_t g = 0; g < registers.groups; ++g)
      llvm::append_range(
          dots,
          tile.products->getDots(
              registers, ArrayRef(accumulators).slice(g * perGroup, perGroup)));
    return dots;
  };
  Value lastStep = e.add(firstStep, e.index(count));
  std::optional<int64_t> capacity = tile.products->getCapacity();
  if (!capacity || *capacity >= count)
    return sum(firstStep, lastStep);
  SmallVector<Value> zeros(
      registers.groups * registers.tokens,
      e.constant(e.vectorType(lanes, e.i32Type()), int64_t(0)));
  return e.loop(firstStep, lastStep, *capacity, zeros,
                [&](Value begin, ValueRange carried) {
                  Value end =
                      e.minimum(e.add(begin, e.index(*capacity)), lastStep);
                  SmallVector<Value> totals = sum(begin, end);
                  for (auto [total, before] : llvm::zip_equal(totals, carried))
                    total = e.add(before, total);
                  return totals;
                });
}

Value MultiplyAdd::emitProducts(Value products, Value sum) {
  if (layout.getElement() == ElementKind::Bit)
    products = e.add(products, products);
  return e.sub(products, sum);
}

Value MultiplyAdd::emitBlockSum(const TokenTile &tile, const ActivationRow &row,
                                Value firstColumn) {
  VectorType integers = e.vectorType(lanes, e.i32Type());
  VectorType bytes = e.vectorType(vectorBytes, e.i8Type());
  SmallVector<Value> sums =
      e.loop(e.index(0), e.index(spec.blockColumns), vectorBytes,
             {e.constant(integers, int64_t(0))},
             [&](Value column, ValueRange carried) -> SmallVector<Value> {
               Value activations = e.loadVector(
                   bytes, row.values, {row.token, e.add(firstColumn, column)});
               return {tile.products->addActivations(carried[0], activations)};
             });
  Value sum = vector::ReductionOp::create(e.builder(), e.location(),
                                          vector::CombiningKind::ADD, sums[0]);
  return e.broadcast(sum, integers);
}

void MultiplyAdd::emitTile(const TokenTile &tile, Value rowTile,
                           Value firstGroup, Value row) {
  Value firstByte =
      e.add(e.mul(rowTile, e.index(steps * layout.getStepBytes())),
            e.mul(firstGroup, e.index(vectorBytes)));
  Value firstLane = e.mul(firstGroup, e.index(lanes));
  const RegisterTile &registers = tile.registers;
  // Products of codes with steps of the matrix or a block become those of
  // weights.
  auto emitExact = [&](Value firstStep, int64_t count,
                       function_ref<Value(const ActivationRow &)> getSum) {
    SmallVector<Value> dots = emitDots(tile, firstByte, row, firstStep, count);
    for (int64_t t = 0; t < registers.tokens; ++t) {
      Value sum = getSum(getActivationRow(e, a, spec, row, t));
      for (int64_t g = 0; g < registers.groups; ++g) {
        Value &dot = dots[g * registers.tokens + t];
        dot = emitProducts(dot, sum);
      }
    }
    return dots;
  };
  if (spec.scales == WeightScales::Blocks) {
    int64_t count = spec.blockColumns / layout.getStepColumns();
    vectorized::emitBlockResults(
        e, a, spec,
        {rowTile, firstLane, lanes, registers.groups, row, registers.tokens},
        HalfConversion::Instruction, [&](Value block) {
          Value firstColumn = e.mul(block, e.index(spec.blockColumns));
          vectorized::BlockSums sums;
          sums.dots = emitExact(e.mul(block, e.index(count)), count,
                                [&](const ActivationRow &read) {
                                  return emitBlockSum(tile, read, firstColumn);
                                });
          return sums;
        });
    return;
  }
  SmallVector<Value> dots =
      emitExact(e.index(0), steps, [&](const ActivationRow &read) {
        return e.broadcast(e.load(read.sums, {read.token}),
                           e.vectorType(lanes, e.i32Type()));
      });
  Value firstRow =
      e.add(e.mul(rowTile, e.index(layout.getTileRows())), firstLane);
  for (int64_t g = 0; g < registers.groups; ++g)
    vectorized::emitLinearResults(
        e, a, spec, e.add(firstRow, e.index(g * lanes)), row,
        ArrayRef(dots).slice(g * registers.tokens, registers.tokens));
}

void MultiplyAdd::emit(ArrayRef<TokenTile> tiles) {
  // A tile of parts is one token.
  auto getTokens = [&](const TokenTile &tile) {
    return tile.registers.tokens / spec.parts;
  };
  auto tokenTiles = llvm::map_to_vector(tiles, getTokens);
  int64_t groups = layout.getTileRows() / lanes;
  e.loop(a.begin, a.end, 1, [&](Value rowTile) {
    vectorized::emitTokenTiles(
        e, a.rows, tokenTiles, [&](Value row, int64_t tokens) {
          const TokenTile &tile =
              *llvm::find_if(tiles, [&](const TokenTile &candidate) {
                return getTokens(candidate) == tokens;
              });
          e.loop(e.index(0), e.index(groups), tile.registers.groups,
                 [&](Value group) { emitTile(tile, rowTile, group, row); });
        });
  });
}

// There are 32 registers: 16 accumulators, or 12 for the three scales of one
// token, leave room for the activations and for the fields of a vector.

/// Bits of a code of `trit` or `bit`.
static int64_t getBits(const QuantizedLinearSpec &spec) {
  return spec.weight.layout.getElement() == ElementKind::Bit ? 1 : 2;
}

void aarch64::emitQuantizedLinearNEON(Emitter &e, const KernelArguments &a,
                                      const QuantizedLinearSpec &spec) {
  // A word product has two registers, and activations of bits, too.
  int64_t bits = getBits(spec);
  std::unique_ptr<Products> words = makeWordProducts(e, bits);
  int64_t tokens = bits == 1 ? 3 : 4;
  if (spec.parts > 1)
    return MultiplyAdd(e, a, spec).emit({{{2, 3, 1}, words.get()}});
  MultiplyAdd(e, a, spec)
      .emit({{{2, tokens, 1}, words.get()}, {{4, 1, 1}, words.get()}});
}

void aarch64::emitQuantizedLinearDotProd(Emitter &e, const KernelArguments &a,
                                         const QuantizedLinearSpec &spec) {
  int64_t bits = getBits(spec);
  std::unique_ptr<Products> dots = makeDotProducts(e, bits);
  // Eight tokens of 32 activations would take half of the registers.
  if (spec.parts > 1)
    MultiplyAdd(e, a, spec).emit({{{4, 3, 1}, dots.get()}});
  else if (bits == 1)
    MultiplyAdd(e, a, spec)
        .emit({{{4, 4, 1}, dots.get()}, {{4, 1, 4}, dots.get()}});
  else
    MultiplyAdd(e, a, spec)
        .emit({{{2, 8, 1}, dots.get()},
               {{4, 4, 1}, dots.get()},
               {{4, 1, 3}, dots.get()}});
}

void aarch64::emitQuantizedLinearI8MM(Emitter &e, const KernelArguments &a,
                                      const QuantizedLinearSpec &spec) {
  // smmla takes pairs of rows; three parts are read as fast by sdot.
  if (spec.parts > 1)
    return emitQuantizedLinearDotProd(e, a, spec);
  std::unique_ptr<Products> matrices = makeMatrixProducts(e);
  std::unique_ptr<Products> dots = makeDotProducts(e, getBits(spec));
  MultiplyAdd(e, a, spec)
      .emit({{{2, 8, 1}, matrices.get()},
             {{2, 4, 2}, matrices.get()},
             {{4, 2, 2}, matrices.get()},
             {{4, 1, 3}, dots.get()}});
}
