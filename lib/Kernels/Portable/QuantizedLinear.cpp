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

/// Weight `k` of `lane` of a tile of `trit`, `bit` or `int8` elements, without
/// scale.
static Value emitWeight(Emitter &e, const PackedMatrix &matrix, Value bytes,
                        Value tile, Value lane, Value k) {
  LayoutAttr layout = matrix.layout;
  ElementKind element = layout.getElement();
  int64_t bits = element == ElementKind::Bit    ? 1
                 : element == ElementKind::Int8 ? 8
                                                : 2;
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
  if (element == ElementKind::Bit)
    code = e.mul(code, e.constant(i32, int64_t(2)));
  int64_t excess =
      element == ElementKind::Int8 ? getIntegerElement(element)->offset : 1;
  return e.sub(code, e.constant(i32, excess));
}

/// A scale or offset of a block.
static Value emitBlockScale(Emitter &e, const QuantizedLinearSpec &spec,
                            Value scales, Value tile, Value block, Value lane,
                            HalfConversion conversion) {
  Value scale = e.load(scales, {tile, block, lane});
  return spec.hasHalfScales ? e.halfToFloat(scale, conversion) : scale;
}

namespace {
/// Results of one row of a matrix.
class RowProducts {
public:
  RowProducts(Emitter &e, const KernelArguments &a,
              const QuantizedLinearSpec &spec, Value tile, Value lane, Value m)
      : e(e), inputs(a, spec), spec(spec), tile(tile), lane(lane) {
    if (spec.scales != WeightScales::Blocks)
      weightScale =
          e.load(inputs.getWeightScales(),
                 {spec.scales == WeightScales::Rows ? m : e.index(0)});
  }

  /// The result for a row of activations, without residual.
  Value emitResult(const ActivationRow &row);

private:
  /// The sum over columns [begin, end) of the activations times what
  /// `getFactor` gives for a column.
  Value emitSum(const ActivationRow &row, Value begin, Value end,
                function_ref<Value(Value)> getFactor);
  /// The exact product with columns [begin, end).
  Value emitDot(const ActivationRow &row, Value begin, Value end) {
    return emitSum(row, begin, end, [&](Value k) {
      return emitWeight(e, spec.weight, inputs.getWeight(), tile, lane, k);
    });
  }
  /// The products with blocks of columns, scaled and added.
  Value emitBlocks(const ActivationRow &row);

  Emitter &e;
  LinearInputs inputs;
  const QuantizedLinearSpec &spec;
  Value tile, lane;
  /// Null: scales are of blocks.
  Value weightScale;
};
} // namespace

Value RowProducts::emitSum(const ActivationRow &row, Value begin, Value end,
                           function_ref<Value(Value)> getFactor) {
  Type i32 = e.i32Type();
  return e.loop(begin, end, 1, {e.constant(i32, int64_t(0))},
                [&](Value k, ValueRange carried) -> SmallVector<Value> {
                  Value factor = getFactor(k);
                  Value value =
                      e.extendSigned(e.load(row.values, {row.token, k}), i32);
                  return {e.add(carried[0], e.mul(value, factor))};
                })[0];
}

Value RowProducts::emitBlocks(const ActivationRow &row) {
  Type f32 = e.f32Type();
  Value columns = e.index(spec.blockColumns);
  Value blocks = e.index(spec.weight.columns / spec.blockColumns);
  return e.loop(e.index(0), blocks, 1, {e.constant(f32, 0.0)},
                [&](Value block, ValueRange carried) -> SmallVector<Value> {
                  Value begin = e.mul(block, columns);
                  Value end = e.add(begin, columns);
                  auto load = [&](Value scales) {
                    return emitBlockScale(e, spec, scales, tile, block, lane,
                                          HalfConversion::Integer);
                  };
                  Value dot = emitDot(row, begin, end);
                  Value scale = load(inputs.getWeightScales());
                  Value product = e.mul(e.signedToFloat(dot, f32), scale);
                  Value sum = e.add(carried[0], product);
                  if (spec.hasOffsets) {
                    Value activations = emitSum(row, begin, end, [&](Value) {
                      return e.constant(e.i32Type(), int64_t(1));
                    });
                    sum = e.add(sum, e.mul(e.signedToFloat(activations, f32),
                                           load(inputs.getOffsets())));
                  }
                  return {sum};
                })[0];
}

Value RowProducts::emitResult(const ActivationRow &row) {
  if (!weightScale) {
    Value sum = emitBlocks(row);
    return e.mul(sum, e.load(row.scales, {row.token}));
  }
  Value dot = emitDot(row, e.index(0), e.index(spec.weight.columns));
  Value scale = e.mul(weightScale, e.load(row.scales, {row.token}));
  return e.mul(e.signedToFloat(dot, e.f32Type()), scale);
}

void portable::emitQuantizedLinear(Emitter &e, const KernelArguments &a,
                                   const QuantizedLinearSpec &spec) {
  const PackedMatrix &matrix = spec.weight;
  int64_t tileRows = matrix.layout.getTileRows();
  e.loop(a.begin, a.end, 1, [&](Value tile) {
    Value firstRow = e.mul(tile, e.index(tileRows));
    Value rowsLeft = e.sub(e.index(matrix.rows), firstRow);
    Value lastLane = e.minimum(rowsLeft, e.index(tileRows));
    e.loop(e.index(0), lastLane, 1, [&](Value lane) {
      Value m = e.add(firstRow, lane);
      RowProducts products(e, a, spec, tile, lane, m);
      e.loop(e.index(0), a.rows, 1, [&](Value token) {
        // The smallest parts are added first.
        Value result;
        for (int64_t part = spec.parts; part-- > 0;) {
          Value product =
              products.emitResult(getActivationRow(e, a, spec, token, part));
          result = result ? e.add(product, result) : product;
        }
        if (spec.hasResidual)
          result = e.add(
              result, e.load(LinearInputs(a, spec).getResidual(),
                             {token, e.add(m, e.index(spec.residualOffset))}));
        e.store(result, a.outputs[0], {token, m});
      });
    });
  });
}

void portable::emitQuantizedEmbedding(Emitter &e, const KernelArguments &a,
                                      const QuantizedLinearSpec &weight,
                                      std::optional<float> factor,
                                      HalfConversion conversion) {
  const PackedMatrix &matrix = weight.weight;
  Value tokens = a.inputs[0], bytes = a.inputs[1], scales = a.inputs[2];
  Value tileRows = e.index(matrix.layout.getTileRows());
  e.loop(a.begin, a.end, 1, [&](Value row) {
    Value m = e.indexCast(e.load(tokens, {row}), e.builder().getIndexType());
    Value tile = e.div(m, tileRows), lane = e.rem(m, tileRows);
    int64_t columns = weight.scales == WeightScales::Blocks
                          ? weight.blockColumns
                          : matrix.columns;
    e.loop(e.index(0), e.index(matrix.columns / columns), 1, [&](Value block) {
      Value scale;
      if (weight.scales == WeightScales::Blocks)
        scale =
            emitBlockScale(e, weight, scales, tile, block, lane, conversion);
      else
        scale = e.load(scales,
                       {weight.scales == WeightScales::Rows ? m : e.index(0)});
      Value begin = e.mul(block, e.index(columns));
      e.loop(begin, e.add(begin, e.index(columns)), 1, [&](Value k) {
        Value element = emitWeight(e, matrix, bytes, tile, lane, k);
        Value result = e.mul(e.signedToFloat(element, e.f32Type()), scale);
        if (factor)
          result = e.mul(result, e.constant(e.f32Type(), double(*factor)));
        e.store(result, a.outputs[0], {row, k});
      });
    });
  });
}
