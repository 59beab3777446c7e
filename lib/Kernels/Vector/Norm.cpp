//===- Norm.cpp - Vector normalisation and quantisation -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/Kernels.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t lanes = Emitter::laneCount;

namespace {
/// Walks over the columns of a row in vectors of 16; the last one is masked if
/// the columns are no multiple of 16.
class ColumnVectors {
public:
  ColumnVectors(Emitter &e, int64_t columns) : e(e), columns(columns) {}

  using Body =
      function_ref<SmallVector<Value>(Value column, Value mask, ValueRange)>;

  /// Calls `body` with the first column of each vector; `mask` is null for
  /// whole vectors.
  SmallVector<Value> loop(ValueRange initial, Body body) {
    int64_t whole = columns / lanes * lanes;
    SmallVector<Value> carried =
        e.loop(e.index(0), e.index(whole), lanes, initial,
               [&](Value column, ValueRange values) {
                 return body(column, Value(), values);
               });
    if (whole == columns)
      return carried;
    Value mask =
        vector::CreateMaskOp::create(e.builder(), e.location(), maskType(),
                                     ValueRange{e.index(columns - whole)});
    return body(e.index(whole), mask, carried);
  }

  /// 16 elements of a buffer; masked ones are 0.
  Value load(Value buffer, ValueRange indices, Value mask) {
    VectorType type = e.vectorType(lanes, e.f32Type());
    if (!mask)
      return e.loadVector(type, buffer, indices);
    return vector::MaskedLoadOp::create(e.builder(), e.location(), type, buffer,
                                        indices, mask, e.constant(type, 0.0));
  }

  void store(Value value, Value buffer, ValueRange indices, Value mask) {
    // LLVM 22 makes a masked store of a single narrowed byte one of four bytes
    // on AVX-512.
    if (mask && columns % lanes == 1)
      e.store(e.extract(value, 0), buffer, indices);
    else if (mask)
      vector::MaskedStoreOp::create(e.builder(), e.location(), buffer, indices,
                                    mask, value);
    else
      e.storeVector(value, buffer, indices);
  }

private:
  VectorType maskType() { return e.vectorType(lanes, e.builder().getI1Type()); }

  Emitter &e;
  int64_t columns;
};

/// Reads 16 elements of the row being worked on.
using Elements = function_ref<Value(Value column, Value mask)>;
} // namespace

static Value emitTotal(Emitter &e, Value lanes) {
  return e.reduceLanes(lanes,
                       [&](Value lhs, Value rhs) { return e.add(lhs, rhs); });
}

/// max(absmax(x), floor).
static Value emitAbsmax(Emitter &e, ColumnVectors &vectors, Elements x,
                        float floor = 1e-5f) {
  VectorType type = e.vectorType(lanes, e.f32Type());
  Value largest = vectors.loop(
      {e.constant(type, double(floor))},
      [&](Value column, Value mask, ValueRange carried) -> SmallVector<Value> {
        return {e.maximum(e.absolute(x(column, mask)), carried[0])};
      })[0];
  return e.reduceLanes(
      largest, [&](Value lhs, Value rhs) { return e.maximum(lhs, rhs); });
}

/// Zeros in the columns that pad a row of bytes.
static void emitPadding(Emitter &e, Value bytes, Value row, int64_t columns,
                        int64_t paddedColumns) {
  Value zero = e.constant(e.i8Type(), int64_t(0));
  e.loop(e.index(columns), e.index(paddedColumns), 1,
         [&](Value column) { e.store(zero, bytes, {row, column}); });
}

static Value emitReciprocalRoot(Emitter &e, int64_t columns, float eps,
                                Elements x) {
  VectorType type = e.vectorType(lanes, e.f32Type());
  SmallVector<Value> sums =
      ColumnVectors(e, columns)
          .loop({e.constant(type, 0.0)},
                [&](Value column, Value mask,
                    ValueRange carried) -> SmallVector<Value> {
                  Value value = x(column, mask);
                  return {e.add(carried[0], e.mul(value, value))};
                });
  Value sum = emitTotal(e, sums[0]);
  Value mean = e.mul(sum, e.constant(e.f32Type(), 1.0 / columns));
  Value root = e.squareRoot(e.add(mean, e.constant(e.f32Type(), double(eps))));
  return e.div(e.constant(e.f32Type(), 1.0), root);
}

void vectorized::emitRMSNorm(Emitter &e, const KernelArguments &a,
                             const RMSNormSpec &spec) {
  VectorType type = e.vectorType(lanes, e.f32Type());
  int64_t runColumns = spec.getRunColumns();
  ColumnVectors vectors(e, runColumns);
  auto emitRun = [&](Value row, Value first) {
    auto input = [&](Value column, Value mask) {
      Value at = e.add(e.add(first, column), e.index(spec.inputOffset));
      return vectors.load(a.inputs[0], {row, at}, mask);
    };
    Value root =
        e.broadcast(emitReciprocalRoot(e, runColumns, spec.eps, input), type);
    vectors.loop({}, [&](Value column, Value mask, ValueRange) {
      Value weight = vectors.load(a.inputs[1], {column}, mask);
      vectors.store(e.mul(e.mul(input(column, mask), root), weight),
                    a.outputs[0], {row, e.add(first, column)}, mask);
      return SmallVector<Value>();
    });
  };
  e.loop(a.begin, a.end, 1, [&](Value row) {
    e.loop(e.index(0), e.index(spec.columns), runColumns,
           [&](Value first) { emitRun(row, first); });
  });
}

void vectorized::emitQuantizeActivations(Emitter &e, const KernelArguments &a,
                                         const QuantizeActivationsSpec &spec) {
  VectorType type = e.vectorType(lanes, e.f32Type());
  VectorType integers = e.vectorType(lanes, e.i32Type());
  VectorType bytes = e.vectorType(lanes, e.i8Type());
  Value norm = spec.eps ? a.inputs.back() : Value();
  ColumnVectors vectors(e, spec.columns);
  e.loop(a.begin, a.end, 1, [&](Value row) {
    auto gated = [&](Value column, Value mask) {
      Value x = vectors.load(
          a.inputs[0], {row, e.add(column, e.index(spec.inputOffset))}, mask);
      if (!spec.activation)
        return x;
      Value gate = vectors.load(
          a.inputs[1], {row, e.add(column, e.index(spec.gateOffset))}, mask);
      return e.mul(emitActivation(e, *spec.activation, gate), x);
    };
    Value root;
    if (norm)
      root = e.broadcast(emitReciprocalRoot(e, spec.columns, *spec.eps, gated),
                         type);
    auto normalized = [&](Value column, Value mask) {
      Value x = gated(column, mask);
      if (!norm)
        return x;
      return e.mul(e.mul(x, root), vectors.load(norm, {column}, mask));
    };
    Value absmax = emitAbsmax(e, vectors, normalized, spec.floor);
    Value multiplier =
        e.broadcast(emitQuantizationFactor(e, absmax, spec.reciprocal), type);
    Value sums =
        vectors.loop({e.constant(integers, int64_t(0))},
                     [&](Value column, Value mask,
                         ValueRange carried) -> SmallVector<Value> {
                       // A masked element is 0, and the columns that pad the
                       // row are 0 too, but the row may end before the vector
                       // does.
                       Value rounded = e.roundToInt(
                           e.mul(normalized(column, mask), multiplier));
                       vectors.store(e.truncate(rounded, bytes), a.outputs[0],
                                     {row, column}, mask);
                       return {e.add(carried[0], rounded)};
                     })[0];
    Value sum = emitTotal(e, sums);
    emitPadding(e, a.outputs[0], row, spec.columns, spec.paddedColumns);
    e.store(e.div(absmax, e.constant(e.f32Type(), 127.0)), a.outputs[1], {row});
    e.store(sum, a.outputs[2], {row});
  });
}

void vectorized::emitQuantizeHeadInput(Emitter &e, const KernelArguments &a,
                                       const HeadInputSpec &spec) {
  VectorType type = e.vectorType(lanes, e.f32Type());
  VectorType integers = e.vectorType(lanes, e.i32Type());
  VectorType bytes = e.vectorType(lanes, e.i8Type());
  auto integer = [&](int64_t value) { return e.constant(integers, value); };
  int64_t paddedColumns =
      cast<MemRefType>(a.outputs[0].getType()).getDimSize(1);
  ColumnVectors vectors(e, spec.columns);
  e.loop(a.begin, a.end, 1, [&](Value row) {
    auto input = [&](Value column, Value mask) {
      return vectors.load(a.inputs[0],
                          {row, e.add(column, e.index(spec.offset))}, mask);
    };
    Value absmax = emitAbsmax(e, vectors, input);
    Value limit = e.constant(e.f32Type(), double(spec.limit));
    Value multiplier = e.broadcast(e.div(limit, absmax), type);
    SmallVector<Value> sums = vectors.loop(
        {integer(0), integer(0)},
        [&](Value column, Value mask,
            ValueRange carried) -> SmallVector<Value> {
          Value rounded = e.roundToInt(e.mul(input(column, mask), multiplier));
          Value x = e.maximum(e.minimum(rounded, integer(spec.limit)),
                              integer(-spec.limit));
          Value high =
              e.shiftRightArithmetic(e.add(x, integer(128)), integer(8));
          Value low = e.sub(x, e.shiftLeft(high, integer(8)));
          vectors.store(e.truncate(high, bytes), a.outputs[0], {row, column},
                        mask);
          vectors.store(e.truncate(low, bytes), a.outputs[1], {row, column},
                        mask);
          return {e.add(carried[0], high), e.add(carried[1], low)};
        });
    for (int64_t plane = 0; plane < 2; ++plane) {
      emitPadding(e, a.outputs[plane], row, spec.columns, paddedColumns);
      e.store(emitTotal(e, sums[plane]), a.outputs[3], {row, e.index(plane)});
    }
    e.store(e.div(absmax, limit), a.outputs[2], {row});
  });
}
