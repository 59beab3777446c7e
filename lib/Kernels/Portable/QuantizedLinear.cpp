//===- QuantizedLinear.cpp - Portable quantised linear layer --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The oracle that every other kernel is compared with: one multiply-add for
// each weight, addressed by the definition of the layout.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/Kernels.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Weight `k` of `lane` of a tile of `trit` or `bit` elements, without scale.
static Value emitWeight(Emitter &e, const PackedMatrix &matrix, Value bytes,
                        Value tile, Value lane, Value k) {
  LayoutAttr layout = matrix.layout;
  bool isBit = layout.getElement() == ElementKind::Bit;
  int64_t bits = isBit ? 1 : 2;
  Value steps = e.index(layout.getStepCount(matrix.columns));
  Value stepColumns = e.index(layout.getStepColumns());
  Value step = e.div(k, stepColumns);
  Value within = e.rem(k, stepColumns);
  Value byte = e.rem(within, e.index(4));
  Value field = e.div(within, e.index(4));
  Value stepInTile = e.add(e.mul(tile, steps), step);
  Value laneInStep =
      e.add(e.mul(stepInTile, e.index(layout.getTileRows())), lane);
  Value offset = e.add(e.mul(laneInStep, e.index(4)), byte);
  Type i32 = e.i32Type();
  Value fields = e.extendUnsigned(e.load(bytes, {offset}), i32);
  Value shift = e.indexCast(e.mul(field, e.index(bits)), i32);
  Value code = e.bitAnd(e.shiftRightLogical(fields, shift),
                        e.constant(i32, int64_t((1 << bits) - 1)));
  if (isBit)
    code = e.mul(code, e.constant(i32, int64_t(2)));
  return e.sub(code, e.constant(i32, int64_t(1)));
}

void portable::emitQuantizedLinear(Emitter &e, const KernelArguments &a,
                                   const QuantizedLinearSpec &spec) {
  Value values = a.inputs[0], scales = a.inputs[1], weight = a.inputs[3],
        weightScales = a.inputs[4];
  const PackedMatrix &matrix = spec.weight;
  int64_t tileRows = matrix.layout.getTileRows();
  Type i32 = e.i32Type(), f32 = e.f32Type();
  Value none = e.index(0);

  e.loop(a.begin, a.end, 1, [&](Value tile) {
    Value firstRow = e.mul(tile, e.index(tileRows));
    Value rowsLeft = e.sub(e.index(matrix.rows), firstRow);
    Value lastLane = e.minimum(rowsLeft, e.index(tileRows));
    e.loop(none, lastLane, 1, [&](Value lane) {
      Value m = e.add(firstRow, lane);
      Value weightScale;
      if (spec.scales != WeightScales::Blocks)
        weightScale = e.load(weightScales,
                             {spec.scales == WeightScales::Rows ? m : none});
      // The exact product with columns [begin, end) of a token.
      auto emitDot = [&](Value row, Value begin, Value end) -> Value {
        return e.loop(begin, end, 1, {e.constant(i32, int64_t(0))},
                      [&](Value k, ValueRange carried) -> SmallVector<Value> {
                        Value element =
                            emitWeight(e, matrix, weight, tile, lane, k);
                        Value value =
                            e.extendSigned(e.load(values, {row, k}), i32);
                        return {e.add(carried[0], e.mul(value, element))};
                      })[0];
      };
      auto emitBlocks = [&](Value row) -> Value {
        Value columns = e.index(spec.blockColumns);
        Value blocks = e.index(matrix.columns / spec.blockColumns);
        return e.loop(
            none, blocks, 1, {e.constant(f32, 0.0)},
            [&](Value block, ValueRange carried) -> SmallVector<Value> {
              Value begin = e.mul(block, columns);
              Value dot = emitDot(row, begin, e.add(begin, columns));
              Value scale = e.load(weightScales, {tile, block, lane});
              Value product = e.mul(e.signedToFloat(dot, f32), scale);
              return {e.add(carried[0], product)};
            })[0];
      };
      e.loop(none, a.rows, 1, [&](Value row) {
        Value result;
        if (weightScale) {
          Value dot = emitDot(row, none, e.index(matrix.columns));
          Value scale = e.mul(weightScale, e.load(scales, {row}));
          result = e.mul(e.signedToFloat(dot, f32), scale);
        } else {
          result = e.mul(emitBlocks(row), e.load(scales, {row}));
        }
        if (spec.hasResidual)
          result = e.add(result,
                         e.load(a.inputs[5],
                                {row, e.add(m, e.index(spec.residualOffset))}));
        e.store(result, a.outputs[0], {row, m});
      });
    });
  });
}
