//===- Pooling.cpp - Operators that pool windows --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operators.h"
#include "Windows.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::onnx;

using ElementBuilder = ImplicitLocOpBuilder;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// The windows that the attributes tell.
static FailureOr<Windows> getWindows(NodeOp node, const TensorShape &input) {
  std::optional<ArrayRef<int64_t>> kernel = node.getInts("kernel_shape");
  for (int64_t size : kernel.value_or(ArrayRef<int64_t>()))
    if (size < 1 || size > (int64_t(1) << 30)) {
      (void)node.emitError(node.getOpType() +
                           ": expects kernel_shape to hold sizes that are at "
                           "least 1, found " +
                           Twine(size));
      return failure();
    }
  if (!kernel || kernel->empty()) {
    (void)node.emitError(node.getOpType() + ": expects kernel_shape");
    return failure();
  }
  return Windows::get(node, input.dims, *kernel);
}

static LogicalResult inferPool(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  FailureOr<Windows> windows = getWindows(shapes.getNode(), **input);
  if (failed(windows))
    return failure();
  SmallVector<AffineExpr> dims((*input)->dims.begin(),
                               (*input)->dims.begin() + 2);
  dims.append(windows->outputSizes);
  shapes.setResult(0, (*input)->elementType, dims);
  if (shapes.getNode().getOpType() == "MaxPool")
    shapes.setResult(1, IntegerType::get(shapes.getContext(), 64), dims);
  return success();
}

static LogicalResult inferGlobalPool(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  if ((*input)->getRank() < 2)
    return shapes.fail("expects at least 2 dimensions");
  SmallVector<AffineExpr> dims((*input)->getRank(), shapes.getSize(1));
  dims[0] = (*input)->dims[0];
  dims[1] = (*input)->dims[1];
  shapes.setResult(0, (*input)->elementType, dims);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// The sizes of the loops over images, channels, windows and their elements.
static SmallVector<AffineExpr> getLoopSizes(ArrayRef<AffineExpr> dims,
                                            const Windows &windows) {
  SmallVector<AffineExpr> sizes(dims.begin(), dims.begin() + 2);
  sizes.append(windows.outputSizes);
  for (int64_t size : windows.kernel)
    sizes.push_back(getAffineConstantExpr(size, dims[0].getContext()));
  return sizes;
}

/// The padded tensor as those loops read it.
static LoopOperand getWindowed(NodeLowering &l, Value input,
                               ArrayRef<AffineExpr> dims,
                               const Windows &windows, Value fill) {
  MLIRContext *context = l.b.getContext();
  PaddedInput padded = createPadded(l, input, dims, windows, fill);
  LoopOperand operand{
      padded.value,
      padded.dims,
      {getAffineDimExpr(0, context), getAffineDimExpr(1, context)}};
  operand.indices.append(
      getWindowIndices(windows, 2, 2 + windows.getRank(), context));
  return operand;
}

static Value foldWindows(NodeLowering &l, Value input,
                         ArrayRef<AffineExpr> dims, const Windows &windows,
                         Value fill, Value initial, NodeLowering::Body body) {
  return l.createFold(getLoopSizes(dims, windows), 2 + windows.getRank(),
                      getWindowed(l, input, dims, windows, fill), initial,
                      body);
}

/// The least value of an element type.
static Value createLowest(NodeLowering &l, Type type) {
  if (isa<FloatType>(type))
    return l.createScalar(type, -std::numeric_limits<double>::infinity());
  unsigned width = type.getIntOrFloatBitWidth();
  return l.createInteger(
      type,
      isUnsigned(type) ? 0 : APInt::getSignedMinValue(width).getSExtValue());
}

static Value createMaximum(ElementBuilder &b, Type type, Value lhs, Value rhs) {
  if (isa<FloatType>(type))
    return arith::MaximumFOp::create(b, lhs, rhs);
  if (isUnsigned(type))
    return arith::MaxUIOp::create(b, lhs, rhs);
  return arith::MaxSIOp::create(b, lhs, rhs);
}

/// Also computes where in the input, flat without padding, each maximum is: the
/// first of equal ones.
static LogicalResult lowerMaxPoolWithIndices(NodeLowering &l,
                                             const Windows &windows) {
  const TensorShape &shape = l.getInputShape(0);
  Type type = shape.elementType;
  Value lowest = createLowest(l, type);
  unsigned rank = windows.getRank();
  // Distances of neighbours in the flat input, by dimension.
  bool isColumnMajor = l.getNode().getInt("storage_order", 0);
  SmallVector<Value> strides(rank);
  AffineExpr stride = l.b.getAffineConstantExpr(1);
  for (unsigned i = 0; i < rank; ++i) {
    unsigned dim = isColumnMajor ? i : rank - 1 - i;
    strides[dim] = l.getIndex(simplifySize(stride));
    stride = stride * shape.dims[2 + dim];
  }
  Value plane = l.getIndex(simplifySize(stride));
  Value channels = l.getIndex(shape.dims[1]);
  SmallVector<unsigned> loops =
      llvm::to_vector(llvm::seq<unsigned>(0, 2 + rank));
  LoopResult results[] = {{lowest, loops},
                          {l.createInteger(l.b.getI64Type(), 0), loops}};
  SmallVector<Value> values = l.createLoops(
      getLoopSizes(shape.dims, windows), 2 + rank,
      getWindowed(l, l.getInput(0), shape.dims, windows, lowest), results,
      [&](ElementBuilder &b, ValueRange elements) {
        auto getLoop = [&](unsigned loop) -> Value {
          return linalg::IndexOp::create(b, loop);
        };
        auto getConstant = [&](int64_t value) -> Value {
          return arith::ConstantIndexOp::create(b, value);
        };
        auto add = [&](Value lhs, Value rhs) -> Value {
          return arith::AddIOp::create(b, lhs, rhs);
        };
        auto multiply = [&](Value lhs, Value rhs) -> Value {
          return arith::MulIOp::create(b, lhs, rhs);
        };
        Value position =
            multiply(add(multiply(getLoop(0), channels), getLoop(1)), plane);
        for (unsigned i = 0; i < rank; ++i) {
          Value place =
              add(add(multiply(getLoop(2 + i), getConstant(windows.strides[i])),
                      multiply(getLoop(2 + rank + i),
                               getConstant(windows.dilations[i]))),
                  getConstant(-windows.low[i]));
          position = add(position, multiply(place, strides[i]));
        }
        Value number = arith::IndexCastOp::create(b, b.getI64Type(), position);
        Value isLarger;
        if (isa<FloatType>(type))
          isLarger = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT,
                                           elements[0], elements[1]);
        else
          isLarger = arith::CmpIOp::create(b,
                                           isUnsigned(type)
                                               ? arith::CmpIPredicate::ugt
                                               : arith::CmpIPredicate::sgt,
                                           elements[0], elements[1]);
        return SmallVector<Value>{
            arith::SelectOp::create(b, isLarger, elements[0], elements[1]),
            arith::SelectOp::create(b, isLarger, number, elements[2])};
      },
      /*keepUnits=*/true);
  l.setResult(0, values[0]);
  l.setResult(1, values[1]);
  return success();
}

static LogicalResult lowerMaxPool(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  FailureOr<Windows> windows = getWindows(l.getNode(), shape);
  if (failed(windows))
    return failure();
  if (l.hasResult(1))
    return lowerMaxPoolWithIndices(l, *windows);
  Value lowest = createLowest(l, shape.elementType);
  l.setResult(0, foldWindows(l, l.getInput(0), shape.dims, *windows, lowest,
                             lowest, [&](ElementBuilder &b, ValueRange in) {
                               return createMaximum(b, shape.elementType, in[0],
                                                    in[1]);
                             }));
  return success();
}

/// Sums `term` of each element of a window and applies `finish`.
static LogicalResult
lowerSums(NodeLowering &l, const Windows &windows,
          function_ref<Value(ElementBuilder &, Value)> term,
          SmallVector<std::pair<Value, const TensorShape *>> more,
          NodeLowering::Body finish) {
  const TensorShape &shape = l.getInputShape(0), &result = l.getResultShape(0);
  Type type = shape.elementType, accumulator = getAccumulatorType(type);
  Value sums =
      foldWindows(l, l.getInput(0), shape.dims, windows,
                  l.createScalar(type, 0), l.createScalar(accumulator, 0),
                  [&](ElementBuilder &b, ValueRange in) -> Value {
                    Value element = l.castScalar(b, in[0], type, accumulator);
                    return arith::AddFOp::create(b, in[1], term(b, element));
                  });
  TensorShape sumShape{accumulator, result.dims, std::nullopt, ElementsAttr()};
  more.insert(more.begin(), {sums, &sumShape});
  l.setResult(0, l.createElementwise(result.dims, type, more,
                                     [&](ElementBuilder &b, ValueRange in) {
                                       return l.castScalar(b, finish(b, in),
                                                           accumulator, type);
                                     }));
  return success();
}

static LogicalResult lowerAveragePool(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  FailureOr<Windows> windows = getWindows(l.getNode(), shape);
  if (failed(windows))
    return failure();
  Windows counted = *windows;
  if (l.getNode().getInt("count_include_pad", 0))
    for (size_t i = 0; i < counted.getRank(); ++i) {
      counted.inputSizes[i] =
          counted.inputSizes[i] + counted.low[i] + counted.high[i];
      counted.low[i] = counted.high[i] = 0;
    }
  bool isConstant = true;
  int64_t count = 1;
  for (size_t i = 0; i < counted.getRank(); ++i) {
    count *= counted.kernel[i];
    AffineExpr last = (counted.outputSizes[i] - 1) * counted.strides[i] +
                      (counted.kernel[i] - 1) * counted.dilations[i] + 1;
    bool isInside = isSizeAtLeast(counted.inputSizes[i] - last, 0) ||
                    !getConstantSize(counted.inputSizes[i] - last);
    isConstant &= counted.low[i] == 0 && counted.high[i] == 0 && isInside;
  }
  auto same = [](ElementBuilder &, Value element) { return element; };
  Type accumulator = getAccumulatorType(shape.elementType);
  if (isConstant)
    return lowerSums(l, *windows, same, {},
                     [&](ElementBuilder &b, ValueRange in) -> Value {
                       Value divisor = arith::ConstantOp::create(
                           b, b.getFloatAttr(accumulator, double(count)));
                       return arith::DivFOp::create(b, in[0], divisor);
                     });
  // The counts are sums over the windows of ones.
  AffineExpr one = l.b.getAffineConstantExpr(1);
  SmallVector<AffineExpr> dims = {one, one};
  dims.append(counted.inputSizes);
  Value ones = l.createFilled(dims, l.createScalar(accumulator, 1));
  Value zero = l.createScalar(accumulator, 0);
  Value counts = foldWindows(l, ones, dims, counted, zero, zero,
                             [](ElementBuilder &b, ValueRange in) -> Value {
                               return arith::AddFOp::create(b, in[1], in[0]);
                             });
  TensorShape countShape{accumulator, {one, one}, std::nullopt, ElementsAttr()};
  countShape.dims.append(counted.outputSizes);
  return lowerSums(l, *windows, same, {{counts, &countShape}},
                   [&](ElementBuilder &b, ValueRange in) -> Value {
                     return arith::DivFOp::create(b, in[0], in[1]);
                   });
}

static Value createPower(ElementBuilder &b, Value value, double exponent) {
  return math::PowFOp::create(
      b, value,
      arith::ConstantOp::create(b, b.getFloatAttr(value.getType(), exponent)));
}

/// |element|^p.
static Value createTerm(ElementBuilder &b, Value element, int64_t p) {
  if (p == 2)
    return arith::MulFOp::create(b, element, element);
  Value magnitude = math::AbsFOp::create(b, element);
  return p == 1 ? magnitude : createPower(b, magnitude, double(p));
}

/// sum^(1/p).
static Value createRoot(ElementBuilder &b, Value sum, int64_t p) {
  if (p == 1)
    return sum;
  return p == 2 ? math::SqrtOp::create(b, sum).getResult()
                : createPower(b, sum, 1.0 / double(p));
}

static LogicalResult lowerLpPool(NodeLowering &l) {
  FailureOr<Windows> windows = getWindows(l.getNode(), l.getInputShape(0));
  if (failed(windows))
    return failure();
  int64_t p = l.getNode().getInt("p", 2);
  if (p < 1)
    return l.fail("expects p that is at least 1, found " + Twine(p));
  return lowerSums(
      l, *windows,
      [&](ElementBuilder &b, Value element) {
        return createTerm(b, element, p);
      },
      {},
      [&](ElementBuilder &b, ValueRange in) {
        return createRoot(b, in[0], p);
      });
}

static LogicalResult lowerGlobalMaxPool(NodeLowering &l) {
  const TensorShape &shape = l.getInputShape(0);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, shape.getRank()));
  Type type = shape.elementType;
  l.setResult(0, l.createReduction(l.getInput(0), shape, axes,
                                   /*keepDims=*/true, createLowest(l, type),
                                   [&](ElementBuilder &b, ValueRange in) {
                                     return createMaximum(b, type, in[0],
                                                          in[1]);
                                   }));
  return success();
}

/// Sums all elements of each channel: with `p` those of |element|^p, whose root
/// is taken, else the mean.
static LogicalResult lowerGlobalSum(NodeLowering &l, std::optional<int64_t> p) {
  const TensorShape &shape = l.getInputShape(0), &result = l.getResultShape(0);
  if (p && *p < 1)
    return l.fail("expects p that is at least 1, found " + Twine(*p));
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, shape.getRank()));
  Type type = shape.elementType, accumulator = getAccumulatorType(type);
  Value sums = l.createReduction(
      l.getInput(0), shape, axes, /*keepDims=*/true,
      l.createScalar(accumulator, 0),
      [&](ElementBuilder &b, ValueRange in) -> Value {
        Value element = l.castScalar(b, in[0], type, accumulator);
        return arith::AddFOp::create(b, in[1],
                                     p ? createTerm(b, element, *p) : element);
      });
  Value count = l.getIndex(
      multiplySizes(ArrayRef(shape.dims).drop_front(2), l.b.getContext()));
  Value divisor = l.castScalar(
      l.b, arith::IndexCastOp::create(l.b, l.b.getI64Type(), count),
      l.b.getI64Type(), accumulator);
  TensorShape sumShape{accumulator, result.dims, std::nullopt, ElementsAttr()};
  l.setResult(
      0, l.createElementwise(
             result.dims, type, {{sums, &sumShape}},
             [&](ElementBuilder &b, ValueRange in) {
               Value value =
                   p ? createRoot(b, in[0], *p)
                     : arith::DivFOp::create(b, in[0], divisor).getResult();
               return l.castScalar(b, value, accumulator, type);
             }));
  return success();
}

static LogicalResult lowerGlobalAveragePool(NodeLowering &l) {
  return lowerGlobalSum(l, std::nullopt);
}

static LogicalResult lowerGlobalLpPool(NodeLowering &l) {
  return lowerGlobalSum(l, l.getNode().getInt("p", 2));
}

void mlir::onnx::addPoolingOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "AveragePool", 7, inferPool, lowerAveragePool},
      {"", "GlobalAveragePool", 1, inferGlobalPool, lowerGlobalAveragePool},
      {"", "GlobalLpPool", 2, inferGlobalPool, lowerGlobalLpPool},
      {"", "GlobalMaxPool", 1, inferGlobalPool, lowerGlobalMaxPool},
      {"", "LpPool", 2, inferPool, lowerLpPool},
      {"", "MaxPool", 1, inferPool, lowerMaxPool},
  });
}
