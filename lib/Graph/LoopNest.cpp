//===- LoopNest.cpp - Vector loops for an operation on buffers ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"
#include "BodyEmitter.h"
#include "LoopShape.h"
#include "bitnet/Kernels/Emitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Elements of a row of an elementwise operation that a thread gets at least.
constexpr int64_t elementwiseChunk = 1024;

class LoopNest {
public:
  LoopNest(OpBuilder &b, linalg::LinalgOp op, const LoopNestOptions &options);

  void emit();

private:
  /// A loop whose iterations are shared, and what one of them does.
  struct Axis {
    Value count;
    function_ref<void(Value)> enter;
  };
  /// One of the iterations that are computed at once.
  struct Point {
    int64_t unrolled, vector;
  };

  void emitShared(ArrayRef<Axis> axes, function_ref<void()> body);
  void emitTile();
  void emitUnrolled(int64_t count);
  void emitColumns(int64_t unrolled, int64_t vectors, int64_t lanes);
  /// Single points, in the order of the sequential loops from `depth` on.
  void emitSequential(unsigned depth);
  void emitElementwiseRow();
  void emitPoints(int64_t unrolled, int64_t vectors, int64_t lanes);
  void emitLanes(int64_t unrolled);
  SmallVector<Value>
  emitReductions(unsigned depth, ValueRange accumulators,
                 function_ref<SmallVector<Value>(ValueRange)> body);
  Value reduceLanes(Value vector, const Combination &combination);
  /// What a result is before it is computed.
  Value loadInitial(BodyEmitter &body, unsigned output);

  /// The indices of a point, and its iterations along `loop`.
  Iterations iterationsAt(Point point, std::optional<unsigned> loop,
                          int64_t count);
  /// Loads all inputs of a point that are needed, those that depend on a
  /// reduction or those that do not. Points share what they can.
  void loadInputs(Point point, BodyEmitter &body, bool reduced, Value mask,
                  SmallVectorImpl<Value> &arguments);

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value add(Value lhs, Value rhs) {
    return b.createOrFold<arith::AddIOp>(loc, lhs, rhs);
  }
  Value sub(Value lhs, Value rhs) {
    return b.createOrFold<arith::SubIOp>(loc, lhs, rhs);
  }
  Value mul(Value lhs, int64_t rhs) {
    return b.createOrFold<arith::MulIOp>(loc, lhs, index(rhs));
  }
  Value div(Value lhs, Value rhs) {
    return b.createOrFold<arith::DivUIOp>(loc, lhs, rhs);
  }
  Value ceilDiv(Value lhs, int64_t rhs) {
    return div(add(lhs, index(rhs - 1)), index(rhs));
  }
  Value minimum(Value lhs, Value rhs) {
    return b.createOrFold<arith::MinUIOp>(loc, lhs, rhs);
  }
  /// The static size of a loop, or dynamic.
  int64_t staticSize(unsigned loop) { return staticSizes[loop]; }
  /// Whether the size of a loop is known to be a multiple of `factor`.
  bool isMultiple(unsigned loop, int64_t factor) {
    return !ShapedType::isDynamic(staticSizes[loop]) &&
           staticSizes[loop] % factor == 0;
  }
  bool dependsOnReduction(OpOperand *operand);
  /// Whether inputs that differ along the unrolled loop do not along `loop`.
  bool reuses(unsigned loop);

  OpBuilder &b;
  Location loc;
  linalg::LinalgOp op;
  const LoopNestOptions &options;
  LoopShape shape;
  SmallVector<int64_t> staticSizes;
  SmallVector<Value> sizes;
  /// Elements of a vector; points computed at once; columns of a chunk.
  int64_t lanes = 1, unrolling = 1, vectors = 1, chunk = 1;
  /// The current index of each loop.
  SmallVector<Value> indices;
  /// The columns being computed.
  Value firstColumn, lastColumn;
  /// Inputs that points have loaded already, by operand and point; -1: shared
  /// by all points of that direction.
  DenseMap<std::tuple<unsigned, int64_t, int64_t>, Value> loaded;
};
} // namespace

LoopNest::LoopNest(OpBuilder &b, linalg::LinalgOp op,
                   const LoopNestOptions &options)
    : b(b), loc(op.getLoc()), op(op), options(options), shape(op),
      staticSizes(op.getStaticLoopRanges()) {
  for (Range range : op.createLoopRanges(b, loc))
    sizes.push_back(getValueOrCreateConstantIndexOp(b, loc, range.size));
  indices.assign(sizes.size(), Value());
  bool isReduction = !shape.reductions.empty() || shape.lanes;
  bool isWide = options.vectorBits >= 512;
  if (shape.unrolled)
    unrolling = isWide && shape.vector ? 8 : 4;
  if (shape.vector) {
    int64_t bits = 32;
    for (Type type : op->getOperandTypes())
      bits = std::max<int64_t>(
          bits, getElementTypeOrSelf(type).getIntOrFloatBitWidth());
    lanes = options.vectorBits / bits;
    int64_t size = staticSize(*shape.vector);
    while (!ShapedType::isDynamic(size) && lanes > size)
      lanes /= 2;
    if (isReduction)
      vectors = shape.unrolled ? 2 : 4;
    while (!ShapedType::isDynamic(size) && vectors * lanes > size)
      vectors /= 2;
    vectors = std::max<int64_t>(vectors, 1);
    chunk = isReduction ? vectors * lanes : elementwiseChunk;
  }
  if (shape.unrolled && !ShapedType::isDynamic(staticSize(*shape.unrolled)))
    while (unrolling > staticSize(*shape.unrolled))
      unrolling /= 2;
}

//===----------------------------------------------------------------------===//
// Loops over tiles
//===----------------------------------------------------------------------===//

void LoopNest::emitShared(ArrayRef<Axis> allAxes, function_ref<void()> body) {
  SmallVector<Axis> axes;
  for (const Axis &axis : allAxes)
    if (isConstantIntValue(axis.count, 1))
      axis.enter(index(0));
    else
      axes.push_back(axis);
  Value total = index(1);
  for (const Axis &axis : axes)
    total = b.createOrFold<arith::MulIOp>(loc, total, axis.count);
  Value begin = index(0), end = total;
  if (options.thread) {
    auto share = [&](Value which) {
      Value product = b.createOrFold<arith::MulIOp>(loc, total, which);
      return div(product, options.threads);
    };
    begin = share(options.thread);
    end = share(add(options.thread, index(1)));
  }
  // The position of an iteration along each axis, the last axis fastest.
  SmallVector<Value> positions(axes.size());
  Value rest = begin;
  for (size_t i = axes.size(); i-- > 0;) {
    if (i == 0) {
      positions[i] = rest;
      break;
    }
    positions[i] = b.createOrFold<arith::RemUIOp>(loc, rest, axes[i].count);
    rest = div(rest, axes[i].count);
  }
  auto loop = scf::ForOp::create(b, loc, begin, end, index(1), positions);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  for (auto [axis, position] : llvm::zip_equal(axes, loop.getRegionIterArgs()))
    axis.enter(position);
  body();
  // One further, like an odometer.
  SmallVector<Value> next(loop.getRegionIterArgs());
  Value carry = index(1);
  for (size_t i = axes.size(); i-- > 0;) {
    next[i] = add(next[i], carry);
    if (i == 0)
      break;
    Value wraps = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                        next[i], axes[i].count);
    next[i] = arith::SelectOp::create(b, loc, wraps, index(0), next[i]);
    carry = arith::SelectOp::create(b, loc, wraps, index(1), index(0));
  }
  if (!axes.empty())
    scf::YieldOp::create(b, loc, next);
}

void LoopNest::emit() {
  std::vector<std::function<void(Value)>> functions;
  SmallVector<Value> counts;
  auto addAxis = [&](Value count, std::function<void(Value)> enter) {
    counts.push_back(count);
    functions.push_back(std::move(enter));
  };
  auto addOuter = [&](unsigned loop) {
    addAxis(sizes[loop],
            [this, loop](Value position) { indices[loop] = position; });
  };
  // Loops along which dot products read the same rows come last.
  SmallVector<unsigned> reusing;
  for (unsigned loop : shape.outer)
    if (shape.lanes && shape.unrolled && reuses(loop))
      reusing.push_back(loop);
    else
      addOuter(loop);
  if (shape.vector)
    addAxis(ceilDiv(sizes[*shape.vector], chunk), [this](Value position) {
      firstColumn = mul(position, chunk);
      lastColumn =
          minimum(add(firstColumn, index(chunk)), sizes[*shape.vector]);
    });
  if (shape.unrolled)
    addAxis(ceilDiv(sizes[*shape.unrolled], unrolling), [this](Value position) {
      indices[*shape.unrolled] = mul(position, unrolling);
    });
  for (unsigned loop : reusing)
    addOuter(loop);
  SmallVector<Axis> axes;
  for (auto [count, function] : llvm::zip_equal(counts, functions))
    axes.push_back({count, function});
  emitShared(axes, [&] { emitTile(); });
}

void LoopNest::emitTile() {
  if (!shape.unrolled || isMultiple(*shape.unrolled, unrolling))
    return emitUnrolled(unrolling);
  unsigned loop = *shape.unrolled;
  Value first = indices[loop];
  Value end = add(first, index(unrolling));
  Value isWhole = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ule, end,
                                        sizes[loop]);
  auto choice = scf::IfOp::create(b, loc, isWhole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(choice.thenYield());
  emitUnrolled(unrolling);
  b.setInsertionPoint(choice.elseYield());
  auto rest = scf::ForOp::create(b, loc, first, sizes[loop], index(1));
  b.setInsertionPointToStart(rest.getBody());
  indices[loop] = rest.getInductionVar();
  emitUnrolled(1);
  indices[loop] = first;
}

void LoopNest::emitUnrolled(int64_t count) {
  if (shape.lanes)
    return emitLanes(count);
  if (!shape.vector)
    return emitSequential(0);
  if (shape.reductions.empty()) {
    // What is the same for a whole row is read once.
    emitElementwiseRow();
    return;
  }
  Value columns = sub(lastColumn, firstColumn);
  if (isMultiple(*shape.vector, chunk)) {
    indices[*shape.vector] = firstColumn;
    return emitPoints(count, vectors, lanes);
  }
  Value isWhole = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                        columns, index(chunk));
  auto choice = scf::IfOp::create(b, loc, isWhole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(choice.thenYield());
  indices[*shape.vector] = firstColumn;
  emitPoints(count, vectors, lanes);
  b.setInsertionPoint(choice.elseYield());
  emitColumns(count, 1, lanes);
}

/// Points of `lanes` columns, then what is left column by column.
void LoopNest::emitColumns(int64_t unrolled, int64_t vectorCount,
                           int64_t laneCount) {
  unsigned loop = *shape.vector;
  Value columns = sub(lastColumn, firstColumn);
  Value whole = mul(div(columns, index(laneCount)), laneCount);
  Value middle = add(firstColumn, whole);
  auto emitLoop = [&](Value begin, Value end, int64_t step) {
    auto row = scf::ForOp::create(b, loc, begin, end, index(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(row.getBody());
    indices[loop] = row.getInductionVar();
    emitPoints(unrolled, vectorCount, step);
  };
  emitLoop(firstColumn, middle, laneCount);
  if (!isMultiple(loop, laneCount) || chunk % laneCount != 0)
    emitLoop(middle, lastColumn, 1);
}

void LoopNest::emitSequential(unsigned depth) {
  if (depth == shape.sequential.size())
    return emitPoints(1, 1, 1);
  unsigned loop = shape.sequential[depth];
  auto step = scf::ForOp::create(b, loc, index(0), sizes[loop], index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(step.getBody());
  indices[loop] = step.getInductionVar();
  emitSequential(depth + 1);
}

void LoopNest::emitElementwiseRow() {
  indices[*shape.vector] = firstColumn;
  loaded.clear();
  Iterations iterations = iterationsAt({0, 0}, std::nullopt, 1);
  BodyEmitter body(b, op, iterations);
  for (OpOperand *input : op.getDpsInputOperands())
    if (op.payloadUsesValueFromOperand(input) &&
        !op.getMatchingIndexingMap(input).isFunctionOfDim(*shape.vector))
      loaded[{input->getOperandNumber(), -1, -1}] = body.load(input);
  emitColumns(1, 1, lanes);
}

//===----------------------------------------------------------------------===//
// Points
//===----------------------------------------------------------------------===//

Value LoopNest::loadInitial(BodyEmitter &body, unsigned output) {
  if (auto initials = op->getAttrOfType<ArrayAttr>(initialAttrName))
    return arith::ConstantOp::create(b, loc, cast<TypedAttr>(initials[output]));
  return body.load(op.getDpsInitOperand(output));
}

bool LoopNest::reuses(unsigned loop) {
  return llvm::none_of(op.getDpsInputOperands(), [&](OpOperand *input) {
    AffineMap map = op.getMatchingIndexingMap(input);
    return map.isFunctionOfDim(*shape.unrolled) && map.isFunctionOfDim(loop);
  });
}

bool LoopNest::dependsOnReduction(OpOperand *operand) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  return llvm::any_of(
             shape.reductions,
             [&](unsigned loop) { return map.isFunctionOfDim(loop); }) ||
         (shape.lanes && map.isFunctionOfDim(*shape.lanes));
}

Iterations LoopNest::iterationsAt(Point point, std::optional<unsigned> loop,
                                  int64_t count) {
  Iterations iterations{indices, loop.value_or(0), loop ? count : 1};
  if (shape.unrolled)
    iterations.indices[*shape.unrolled] =
        add(indices[*shape.unrolled], index(point.unrolled));
  if (shape.vector)
    iterations.indices[*shape.vector] =
        add(indices[*shape.vector], index(point.vector * count));
  return iterations;
}

void LoopNest::loadInputs(Point point, BodyEmitter &body, bool reduced,
                          Value mask, SmallVectorImpl<Value> &arguments) {
  for (OpOperand *input : op.getDpsInputOperands()) {
    unsigned number = input->getOperandNumber();
    if (!op.payloadUsesValueFromOperand(input) ||
        dependsOnReduction(input) != reduced)
      continue;
    AffineMap map = op.getMatchingIndexingMap(input);
    auto along = [&](std::optional<unsigned> loop, int64_t position) {
      return loop && map.isFunctionOfDim(*loop) ? position : -1;
    };
    Value &value = loaded[{number, along(shape.unrolled, point.unrolled),
                           along(shape.vector, point.vector)}];
    if (!value) {
      bool isVector = isa<MemRefType>(input->get().getType()) && mask &&
                      shape.lanes && map.isFunctionOfDim(*shape.lanes);
      value = body.load(input, isVector ? mask : Value());
    }
    arguments[number] = value;
  }
}

SmallVector<Value>
LoopNest::emitReductions(unsigned depth, ValueRange accumulators,
                         function_ref<SmallVector<Value>(ValueRange)> body) {
  if (depth == shape.reductions.size())
    return body(accumulators);
  unsigned loop = shape.reductions[depth];
  auto reduction =
      scf::ForOp::create(b, loc, index(0), sizes[loop], index(1), accumulators);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(reduction.getBody());
  indices[loop] = reduction.getInductionVar();
  SmallVector<Value> next =
      emitReductions(depth + 1, reduction.getRegionIterArgs(), body);
  if (!next.empty())
    scf::YieldOp::create(b, loc, next);
  return SmallVector<Value>(reduction.getResults());
}

void LoopNest::emitPoints(int64_t unrolled, int64_t vectorCount,
                          int64_t laneCount) {
  SmallVector<Point> points;
  for (int64_t u = 0; u < unrolled; ++u)
    for (int64_t v = 0; v < vectorCount; ++v)
      points.push_back({u, v});
  unsigned inputCount = op.getNumDpsInputs();
  unsigned outputCount = op.getNumDpsInits();
  // Only rows of elementwise operations are loaded ahead.
  auto ahead = loaded;
  if (!shape.reductions.empty())
    ahead.clear();
  loaded = ahead;

  SmallVector<SmallVector<Value>> arguments(
      points.size(), SmallVector<Value>(op->getNumOperands()));
  SmallVector<Value> accumulators;
  for (auto [i, point] : llvm::enumerate(points)) {
    Iterations iterations = iterationsAt(point, shape.vector, laneCount);
    BodyEmitter body(b, op, iterations);
    loadInputs(point, body, /*reduced=*/false, Value(), arguments[i]);
    for (OpOperand &output : op.getDpsInitsMutable())
      accumulators.push_back(
          op.payloadUsesValueFromOperand(&output)
              ? body.spread(
                    loadInitial(body, output.getOperandNumber() - inputCount))
              : Value());
  }
  auto compute = [&](ValueRange current) {
    SmallVector<Value> next;
    for (auto [i, point] : llvm::enumerate(points)) {
      Iterations iterations = iterationsAt(point, shape.vector, laneCount);
      BodyEmitter body(b, op, iterations);
      loadInputs(point, body, /*reduced=*/true, Value(), arguments[i]);
      for (unsigned o = 0; o < outputCount; ++o)
        arguments[i][inputCount + o] = current[i * outputCount + o];
      for (Value result : body.run(arguments[i]))
        next.push_back(shape.reductions.empty() ? result : body.spread(result));
    }
    return next;
  };
  // An output that the body does not read is not carried by reductions either.
  SmallVector<Value> results;
  if (shape.reductions.empty()) {
    SmallVector<Value> unread = accumulators;
    results = compute(unread);
  } else {
    for (auto [i, accumulator] : llvm::enumerate(accumulators))
      if (!accumulator) {
        Iterations iterations =
            iterationsAt(points[i / outputCount], shape.vector, laneCount);
        BodyEmitter body(b, op, iterations);
        accumulator = body.spread(loadInitial(body, i % outputCount));
      }
    results = emitReductions(0, accumulators, compute);
  }
  for (auto [i, point] : llvm::enumerate(points)) {
    Iterations iterations = iterationsAt(point, shape.vector, laneCount);
    BodyEmitter body(b, op, iterations);
    for (unsigned o = 0; o < outputCount; ++o)
      body.store(results[i * outputCount + o], op.getDpsInitOperand(o));
  }
  loaded = ahead;
}

//===----------------------------------------------------------------------===//
// Lanes
//===----------------------------------------------------------------------===//

Value LoopNest::reduceLanes(Value vector, const Combination &combination) {
  Emitter e(b, loc);
  return e.reduceLanes(vector, [&](Value lhs, Value rhs) -> Value {
    return b
        .create(loc, combination.combiner->getName().getIdentifier(),
                {lhs, rhs}, {lhs.getType()}, combination.combiner->getAttrs())
        ->getResult(0);
  });
}

void LoopNest::emitLanes(int64_t unrolled) {
  constexpr int64_t count = Emitter::laneCount;
  unsigned loop = *shape.lanes;
  unsigned inputCount = op.getNumDpsInputs();
  unsigned outputCount = op.getNumDpsInits();
  SmallVector<SmallVector<Value>> arguments(
      unrolled, SmallVector<Value>(op->getNumOperands()));
  SmallVector<Value> accumulators;
  loaded.clear();
  indices[loop] = index(0);
  for (int64_t u = 0; u < unrolled; ++u) {
    Iterations iterations = iterationsAt({u, 0}, std::nullopt, 1);
    BodyEmitter body(b, op, iterations);
    loadInputs({u, 0}, body, /*reduced=*/false, Value(), arguments[u]);
    for (const Combination &combination : shape.combinations) {
      TypedAttr neutral = *arith::getNeutralElement(combination.combiner);
      auto type = VectorType::get({count}, neutral.getType());
      accumulators.push_back(arith::ConstantOp::create(
          b, loc, DenseElementsAttr::get(type, Attribute(neutral))));
    }
  }
  auto step = [&](Value first, ValueRange current, Value mask) {
    auto ahead = loaded;
    indices[loop] = first;
    SmallVector<Value> next;
    for (int64_t u = 0; u < unrolled; ++u) {
      Iterations iterations = iterationsAt({u, 0}, loop, count);
      BodyEmitter body(b, op, iterations);
      loadInputs({u, 0}, body, /*reduced=*/true, mask, arguments[u]);
      for (unsigned o = 0; o < outputCount; ++o)
        arguments[u][inputCount + o] = current[u * outputCount + o];
      for (auto [o, result] : llvm::enumerate(body.run(arguments[u])))
        next.push_back(
            mask ? arith::SelectOp::create(b, loc, mask, body.spread(result),
                                           current[u * outputCount + o])
                       .getResult()
                 : body.spread(result));
    }
    loaded = ahead;
    return next;
  };
  Value size = sizes[loop];
  Value whole = mul(div(size, index(count)), count);
  SmallVector<Value> lanes =
      emitReductions(0, accumulators, [&](ValueRange current) {
        auto main =
            scf::ForOp::create(b, loc, index(0), whole, index(count), current);
        {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToStart(main.getBody());
          SmallVector<Value> next =
              step(main.getInductionVar(), main.getRegionIterArgs(), Value());
          scf::YieldOp::create(b, loc, next);
        }
        if (isMultiple(loop, count))
          return SmallVector<Value>(main.getResults());
        Value isRagged = arith::CmpIOp::create(
            b, loc, arith::CmpIPredicate::ult, whole, size);
        auto tail = scf::IfOp::create(b, loc, main.getResultTypes(), isRagged,
                                      /*withElseRegion=*/true);
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(tail.thenBlock());
        Value mask = vector::CreateMaskOp::create(
            b, loc, VectorType::get({count}, b.getI1Type()),
            ValueRange{sub(size, whole)});
        SmallVector<Value> last = step(whole, main.getResults(), mask);
        scf::YieldOp::create(b, loc, last);
        b.setInsertionPointToStart(tail.elseBlock());
        scf::YieldOp::create(b, loc, main.getResults());
        return SmallVector<Value>(tail.getResults());
      });
  for (int64_t u = 0; u < unrolled; ++u) {
    Iterations iterations = iterationsAt({u, 0}, std::nullopt, 1);
    BodyEmitter body(b, op, iterations);
    for (auto [o, combination] : llvm::enumerate(shape.combinations)) {
      OpOperand *output = op.getDpsInitOperand(o);
      Value total = reduceLanes(lanes[u * outputCount + o], combination);
      Value result =
          b.create(loc, combination.combiner->getName().getIdentifier(),
                   {loadInitial(body, o), total}, {total.getType()},
                   combination.combiner->getAttrs())
              ->getResult(0);
      body.store(result, output);
    }
  }
}

void mlir::bitnet::emitLoopNest(OpBuilder &b, linalg::LinalgOp op,
                                const LoopNestOptions &options) {
  LoopNest(b, op, options).emit();
}
