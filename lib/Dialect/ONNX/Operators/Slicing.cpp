//===- Slicing.cpp - Operators that take ranges of axes -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::onnx;

namespace {
/// What is taken of an axis: elements start, start + step, ...
struct AxisRange {
  AffineExpr start, size;
  int64_t step;
};
} // namespace

/// Bounds beyond these stand for the ends of an axis of any size.
static constexpr int64_t unlimited = std::numeric_limits<int32_t>::max();

/// A bound within [low, high], counted from the end of an axis of `size` if it
/// is negative; null if that depends on the symbols.
static AffineExpr clampBound(AffineExpr bound, AffineExpr size, AffineExpr low,
                             AffineExpr high) {
  if (std::optional<int64_t> constant = getConstantSize(bound)) {
    if (*constant >= unlimited)
      return high;
    if (*constant <= -unlimited)
      return low;
  }
  if (isSizeAtLeast(-bound, 1))
    bound = bound + size;
  else if (!isSizeAtLeast(bound, 0))
    return {};
  if (isSizeAtLeast(bound - high, 0))
    return high;
  if (isSizeAtLeast(low - bound, 0))
    return low;
  if (isSizeAtLeast(bound - low, 0) && isSizeAtLeast(high - bound, 0))
    return bound;
  return {};
}

/// The range from `start` to `end` of an axis of `size`; fails if it is not
/// arithmetic on sizes.
static FailureOr<AxisRange> getRange(NodeShapes &shapes, AffineExpr size,
                                     AffineExpr start, AffineExpr end,
                                     int64_t step) {
  AffineExpr zero = shapes.getSize(0), last = size - 1;
  bool isForward = step > 0;
  start = clampBound(start, size, isForward ? zero : zero - 1,
                     isForward ? size : last);
  end = clampBound(end, size, isForward ? zero : zero - 1,
                   isForward ? size : last);
  std::string text;
  llvm::raw_string_ostream(text) << size;
  if (!start || !end)
    return shapes.fail("expects bounds that are inside or outside of an axis "
                       "of size " +
                       text + " whatever the symbols are, or constant sizes");
  AffineExpr span = isForward ? end - start : start - end;
  if (isSizeAtLeast(-span, 0))
    return AxisRange{zero, zero, 1};
  if (!isSizeAtLeast(span, 0))
    return shapes.fail("expects an end that is not before the start whatever "
                       "the symbols are, or constant sizes");
  int64_t stride = std::abs(step);
  AffineExpr count =
      stride == 1 ? span : (span + (stride - 1)).floorDiv(stride);
  return AxisRange{start, simplifySize(count), step};
}

/// What is taken of each axis of the first input. Bounds are attributes in the
/// first version of the operator, inputs since version 10.
static FailureOr<SmallVector<AxisRange>> getRanges(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  NodeOp node = shapes.getNode();
  auto read = [&](unsigned index,
                  StringRef name) -> FailureOr<SmallVector<AffineExpr>> {
    SmallVector<AffineExpr> values;
    if (std::optional<ArrayRef<int64_t>> attribute = node.getInts(name)) {
      for (int64_t value : *attribute)
        values.push_back(shapes.getSize(value));
      return values;
    }
    return shapes.getSizes(index, name);
  };
  FailureOr<SmallVector<AffineExpr>> starts = read(1, "starts");
  if (failed(starts))
    return failure();
  FailureOr<SmallVector<AffineExpr>> ends = read(2, "ends");
  int64_t rank = (*input)->getRank();
  FailureOr<std::optional<SmallVector<int64_t>>> asked =
      shapes.getAxes("axes", 3, rank);
  if (failed(ends) || failed(asked))
    return failure();
  SmallVector<int64_t> axes =
      asked->value_or(llvm::to_vector(llvm::seq<int64_t>(0, starts->size())));
  SmallVector<int64_t> steps(starts->size(), 1);
  if (shapes.getInput(4)) {
    FailureOr<SmallVector<int64_t>> values = shapes.getIntegers(4, "steps");
    if (failed(values))
      return failure();
    steps = *values;
  }
  if (ends->size() != starts->size() || axes.size() != starts->size() ||
      steps.size() != starts->size() || int64_t(axes.size()) > rank)
    return shapes.fail("expects a start, an end and a step for each axis");
  SmallVector<AxisRange> ranges;
  for (AffineExpr dim : (*input)->dims)
    ranges.push_back({shapes.getSize(0), dim, 1});
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (steps[i] == 0)
      return shapes.fail("expects steps that are not 0");
    int64_t step = std::clamp<int64_t>(steps[i], -unlimited, unlimited);
    FailureOr<AxisRange> range =
        getRange(shapes, (*input)->dims[axis], (*starts)[i], (*ends)[i], step);
    if (failed(range))
      return failure();
    ranges[axis] = *range;
  }
  return ranges;
}

static LogicalResult inferSlice(NodeShapes &shapes) {
  FailureOr<SmallVector<AxisRange>> ranges = getRanges(shapes);
  if (failed(ranges))
    return failure();
  const TensorShape &input = *shapes.getInput(0);
  TensorShape result{input.elementType, {}, std::nullopt, ElementsAttr()};
  for (const AxisRange &range : *ranges)
    result.dims.push_back(range.size);
  result.contents =
      moveContents(input, result.dims,
                   [&](ArrayRef<int64_t> at, MutableArrayRef<int64_t> source) {
                     for (auto [i, range] : llvm::enumerate(*ranges))
                       source[i] =
                           *getConstantSize(range.start) + at[i] * range.step;
                   });
  shapes.setResult(0, result);
  return success();
}

static LogicalResult lowerSlice(NodeLowering &l) {
  FailureOr<SmallVector<AxisRange>> ranges = getRanges(l.getShapes());
  const TensorShape &input = l.getInputShape(0), &result = l.getResultShape(0);
  Value source = l.getInput(0);
  if (llvm::equal(input.dims, result.dims) &&
      llvm::all_of(*ranges,
                   [](const AxisRange &range) { return range.step == 1; })) {
    l.setResult(0, source);
    return success();
  }
  if (llvm::all_of(*ranges,
                   [](const AxisRange &range) { return range.step > 0; })) {
    SmallVector<AffineExpr> offsets;
    SmallVector<int64_t> strides;
    for (const AxisRange &range : *ranges) {
      offsets.push_back(range.start);
      strides.push_back(range.step);
    }
    l.setResult(0, l.createSlice(source, offsets, result.dims, strides));
    return success();
  }
  SmallVector<Value> starts, steps;
  for (const AxisRange &range : *ranges) {
    starts.push_back(l.getIndex(range.start));
    steps.push_back(arith::ConstantIndexOp::create(l.b, range.step));
  }
  l.setResult(
      0, l.createMapped(result.dims, result.elementType, {}, {},
                        [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
                          SmallVector<Value> position;
                          for (size_t i = 0; i < starts.size(); ++i) {
                            Value at = linalg::IndexOp::create(b, i);
                            position.push_back(arith::AddIOp::create(
                                b, starts[i],
                                arith::MulIOp::create(b, at, steps[i])));
                          }
                          return tensor::ExtractOp::create(b, source, position);
                        }));
  return success();
}

void mlir::onnx::addSlicingOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Slice", 1, inferSlice, lowerSlice},
  });
}
