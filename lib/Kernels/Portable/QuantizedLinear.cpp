//===- QuantizedLinear.cpp - Portable quantised linear layer
//------------------===//
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

void portable::emitQuantizedLinear(Emitter &e, const KernelArguments &a,
                                   const QuantizedLinearSpec &spec) {
  Value values = a.inputs[0], scales = a.inputs[1], weight = a.inputs[3],
        weightScales = a.inputs[4];
  const PackedMatrix &matrix = spec.weight;
  int64_t tileRows = matrix.layout.getTileRows();
  int64_t steps = matrix.layout.getStepCount(matrix.columns);
  Type i32 = e.i32Type();
  Value zero = e.constant(i32, int64_t(0));

  e.loop(a.begin, a.end, 1, [&](Value tile) {
    Value firstRow = e.mul(tile, e.index(tileRows));
    Value rowsLeft = e.sub(e.index(matrix.rows), firstRow);
    Value lastLane = e.minimum(rowsLeft, e.index(tileRows));
    e.loop(e.index(0), lastLane, 1, [&](Value lane) {
      Value m = e.add(firstRow, lane);
      Value weightScale = e.load(
          weightScales, {spec.scales == WeightScales::Rows ? m : e.index(0)});
      e.loop(e.index(0), a.rows, 1, [&](Value row) {
        SmallVector<Value> dot = e.loop(
            e.index(0), e.index(matrix.columns), 1, {zero},
            [&](Value k, ValueRange carried) -> SmallVector<Value> {
              Value step = e.div(k, e.index(16));
              Value within = e.rem(k, e.index(16));
              Value byte = e.rem(within, e.index(4));
              Value field = e.div(within, e.index(4));
              Value stepInTile = e.add(e.mul(tile, e.index(steps)), step);
              Value laneInStep =
                  e.add(e.mul(stepInTile, e.index(tileRows)), lane);
              Value offset = e.add(e.mul(laneInStep, e.index(4)), byte);
              Value bits = e.extendUnsigned(e.load(weight, {offset}), i32);
              Value shift = e.indexCast(e.mul(field, e.index(2)), i32);
              Value code = e.bitAnd(e.shiftRightLogical(bits, shift),
                                    e.constant(i32, int64_t(3)));
              Value trit = e.sub(code, e.constant(i32, int64_t(1)));
              Value value = e.extendSigned(e.load(values, {row, k}), i32);
              return {e.add(carried[0], e.mul(value, trit))};
            });
        Value scale = e.mul(weightScale, e.load(scales, {row}));
        Value result = e.mul(e.signedToFloat(dot[0], e.f32Type()), scale);
        if (spec.hasResidual)
          result = e.add(result,
                         e.load(a.inputs[5],
                                {row, e.add(m, e.index(spec.residualOffset))}));
        e.store(result, a.outputs[0], {row, m});
      });
    });
  });
}
