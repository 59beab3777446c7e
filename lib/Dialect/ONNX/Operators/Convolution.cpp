//===- Convolution.cpp - Convolutions -------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Convolution.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// The sizes of filters [M, C, ...] after the first two, which must be known
/// and those that `kernel_shape` tells.
static FailureOr<SmallVector<int64_t>> getKernel(NodeOp node,
                                                 const TensorShape &filters) {
  auto fail = [&](const Twine &message) {
    return node.emitError(node.getOpType() + ": " + message);
  };
  if (filters.getRank() < 3)
    return fail("expects filters of at least 3 dimensions, found " +
                Twine(filters.getRank()));
  SmallVector<int64_t> kernel;
  for (AffineExpr dim : ArrayRef(filters.dims).drop_front(2)) {
    std::optional<int64_t> size = getConstantSize(dim);
    if (!size || *size < 1)
      return fail("expects filters of constant sizes that are at least 1");
    kernel.push_back(*size);
  }
  std::optional<ArrayRef<int64_t>> told = node.getInts("kernel_shape");
  if (told && *told != ArrayRef(kernel))
    return fail("expects kernel_shape to be that of the filters");
  return kernel;
}

LogicalResult mlir::onnx::inferConvolution(NodeShapes &shapes, unsigned input,
                                           unsigned filters, Type elementType) {
  FailureOr<const TensorShape *> x = shapes.requireInput(input);
  FailureOr<const TensorShape *> w = shapes.requireInput(filters);
  if (failed(x) || failed(w))
    return failure();
  NodeOp node = shapes.getNode();
  FailureOr<SmallVector<int64_t>> kernel = getKernel(node, **w);
  if (failed(kernel))
    return failure();
  FailureOr<Windows> windows = Windows::get(node, (*x)->dims, *kernel);
  if (failed(windows))
    return failure();
  int64_t groups = node.getInt("group", 1);
  if (groups < 1)
    return shapes.fail("expects a positive group, found " + Twine(groups));
  if (simplifySize((*w)->dims[1] * groups) != simplifySize((*x)->dims[1]))
    return shapes.fail("expects filters of as many channels as each group of "
                       "the input has");
  if (!divideSize((*w)->dims[0], shapes.getSize(groups)))
    return shapes.fail("expects as many filters in each group");
  SmallVector<AffineExpr> dims = {(*x)->dims[0], (*w)->dims[0]};
  dims.append(windows->outputSizes);
  shapes.setResult(0, elementType, dims);
  return success();
}

static LogicalResult inferConv(NodeShapes &shapes) {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  if (failed(input))
    return failure();
  if (const TensorShape *bias = shapes.getInput(2)) {
    const TensorShape *filters = shapes.getInput(1);
    if (bias->getRank() != 1 || !filters || filters->dims.empty() ||
        simplifySize(bias->dims[0]) != simplifySize(filters->dims[0]))
      return shapes.fail("expects a bias for each filter");
  }
  return inferConvolution(shapes, 0, 1, (*input)->elementType);
}

/// What attributes tell of a transposed convolution: windows [o] over elements
/// [k] of the output that each element of the input is added to.
static FailureOr<Windows> getTransposedWindows(NodeOp node,
                                               const TensorShape &input,
                                               const TensorShape &filters) {
  FailureOr<SmallVector<int64_t>> kernel = getKernel(node, filters);
  if (failed(kernel))
    return failure();
  size_t rank = kernel->size();
  auto fail = [&](const Twine &message) {
    return node.emitError(node.getOpType() + ": " + message);
  };
  if (input.dims.size() != rank + 2)
    return fail("expects an input of " + Twine(rank + 2) +
                " dimensions, found " + Twine(input.dims.size()));
  auto strides = getWindowIntegers(node, "strides", rank, 1, 1);
  auto dilations = getWindowIntegers(node, "dilations", rank, 1, 1);
  auto pads = getWindowIntegers(node, "pads", 2 * rank, 0, 0);
  auto more = getWindowIntegers(node, "output_padding", rank, 0, 0);
  if (failed(strides) || failed(dilations) || failed(pads) || failed(more))
    return failure();
  Windows windows;
  windows.kernel = *kernel;
  windows.strides = *strides;
  windows.dilations = *dilations;
  StringRef autoPad = node.getString("auto_pad", "NOTSET");
  std::optional<ArrayRef<int64_t>> shape = node.getInts("output_shape");
  if (shape && shape->size() == rank + 2)
    shape = shape->drop_front(2);
  if (shape && shape->size() != rank)
    return fail("expects " + Twine(rank) + " sizes in output_shape, found " +
                Twine(shape->size()));
  for (size_t i = 0; i < rank; ++i) {
    AffineExpr size = input.dims[2 + i];
    windows.inputSizes.push_back(size);
    int64_t low = (*pads)[i], high = (*pads)[rank + i];
    AffineExpr whole = (size - 1) * windows.strides[i] + (*more)[i] +
                       ((*kernel)[i] - 1) * windows.dilations[i] + 1;
    AffineExpr output = whole - low - high;
    if (shape || autoPad.starts_with("SAME")) {
      output = shape ? getAffineConstantExpr((*shape)[i], node.getContext())
                     : size * windows.strides[i];
      std::optional<int64_t> total = getConstantSize(whole - output);
      if (!total)
        return fail("expects constant sizes where padding depends on them");
      // Output that no element reaches lies behind.
      int64_t cut = std::max<int64_t>(*total, 0);
      low = autoPad == "SAME_UPPER" ? cut / 2 : cut - cut / 2;
      high = *total - low;
    } else if (autoPad == "VALID") {
      low = high = 0;
      output = whole;
    }
    windows.low.push_back(low);
    windows.high.push_back(high);
    windows.outputSizes.push_back(simplifySize(output));
  }
  return windows;
}

static LogicalResult inferConvTranspose(NodeShapes &shapes) {
  FailureOr<const TensorShape *> x = shapes.requireInput(0);
  FailureOr<const TensorShape *> w = shapes.requireInput(1);
  if (failed(x) || failed(w))
    return failure();
  FailureOr<Windows> windows = getTransposedWindows(shapes.getNode(), **x, **w);
  if (failed(windows))
    return failure();
  int64_t groups = shapes.getNode().getInt("group", 1);
  if (groups < 1 || !divideSize((*x)->dims[1], shapes.getSize(groups)))
    return shapes.fail("expects as many channels in each group");
  if (simplifySize((*x)->dims[1]) != simplifySize((*w)->dims[0]))
    return shapes.fail("expects filters for each channel of the input");
  SmallVector<AffineExpr> dims = {(*x)->dims[0], (*w)->dims[1] * groups};
  dims.append(windows->outputSizes);
  shapes.setResult(0, (*x)->elementType, dims);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// Convolves `padded` [N, C, ...] with `filters` [M, C / groups, ...].
static Value createConvolution(NodeLowering &l, const PaddedInput &padded,
                               const ConvolutionOperand &input,
                               const ConvolutionOperand &filters,
                               ArrayRef<AffineExpr> filterDims, int64_t groups,
                               const Windows &windows, Type accumulatorType) {
  MLIRContext *context = l.b.getContext();
  auto getGrouped = [&](ArrayRef<AffineExpr> dims, unsigned axis) {
    SmallVector<AffineExpr> grouped(dims);
    AffineExpr count = getAffineConstantExpr(groups, context);
    grouped[axis] = divideSize(dims[axis], count);
    grouped.insert(grouped.begin() + axis, count);
    return grouped;
  };
  // Image, group, filter of the group, window; channel, element of the window.
  unsigned rank = windows.getRank(), channel = 3 + rank;
  auto getLoop = [&](unsigned i) { return getAffineDimExpr(i, context); };
  SmallVector<AffineExpr> inputDims = getGrouped(padded.dims, 1);
  SmallVector<AffineExpr> groupedFilters = getGrouped(filterDims, 0);
  SmallVector<AffineExpr> sizes = {inputDims[0], inputDims[1],
                                   groupedFilters[1]};
  sizes.append(windows.outputSizes);
  sizes.push_back(inputDims[2]);
  for (int64_t size : windows.kernel)
    sizes.push_back(getAffineConstantExpr(size, context));

  LoopOperand image{l.createReshape(padded.value, padded.dims, inputDims),
                    inputDims,
                    {getLoop(0), getLoop(1), getLoop(channel)}};
  image.indices.append(getWindowIndices(windows, 3, channel + 1, context));
  LoopOperand kernel{l.createReshape(filters.value, filterDims, groupedFilters),
                     groupedFilters,
                     {getLoop(1), getLoop(2), getLoop(channel)}};
  for (unsigned i = 0; i < rank; ++i)
    kernel.indices.push_back(getLoop(channel + 1 + i));
  SmallVector<AffineExpr> resultDims = {sizes[0],
                                        simplifySize(sizes[1] * sizes[2])};
  resultDims.append(windows.outputSizes);
  auto finish = [&](Value sums) {
    return l.createReshape(sums, ArrayRef(sizes).take_front(channel),
                           resultDims);
  };
  if (!input.zero && !filters.zero)
    return finish(l.createContraction(
        sizes, channel, image, input.shape->elementType, kernel,
        filters.shape->elementType, accumulatorType));

  SmallVector<LoopOperand> operands = {image, kernel};
  if (input.zero)
    operands.push_back(
        {input.zero, input.zeroShape->dims,
         SmallVector<AffineExpr>(input.zeroShape->getRank(), getLoop(0))});
  if (filters.zero && filters.zeroShape->getRank() == 1 &&
      getConstantSize(filters.zeroShape->dims[0]) != 1) {
    SmallVector<AffineExpr> dims = getGrouped(filters.zeroShape->dims, 0);
    operands.push_back(
        {l.createReshape(filters.zero, filters.zeroShape->dims, dims),
         dims,
         {getLoop(1), getLoop(2)}});
  } else if (filters.zero) {
    operands.push_back(
        {filters.zero, filters.zeroShape->dims,
         SmallVector<AffineExpr>(filters.zeroShape->getRank(), getLoop(1))});
  }
  return finish(l.createFold(
      sizes, channel, operands, l.createScalar(accumulatorType, 0),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        unsigned next = 2;
        auto read = [&](Value element, const ConvolutionOperand &operand) {
          Type type = operand.shape->elementType;
          Value value = l.castScalar(b, element, type, accumulatorType);
          if (!operand.zero)
            return value;
          Value zero = l.castScalar(b, elements[next++], type, accumulatorType);
          return arith::SubIOp::create(b, value, zero).getResult();
        };
        Value left = read(elements[0], input);
        Value right = read(elements[1], filters);
        return arith::AddIOp::create(b, elements.back(),
                                     arith::MulIOp::create(b, left, right));
      }));
}

FailureOr<Value>
mlir::onnx::createConvolution(NodeLowering &l, const ConvolutionOperand &input,
                              const ConvolutionOperand &filters,
                              Type accumulatorType) {
  NodeOp node = l.getNode();
  FailureOr<SmallVector<int64_t>> kernel = getKernel(node, *filters.shape);
  if (failed(kernel))
    return failure();
  FailureOr<Windows> windows = Windows::get(node, input.shape->dims, *kernel);
  if (failed(windows))
    return failure();
  // Padding is what stands for zero.
  Value fill;
  if (input.zero) {
    SmallVector<Value> origin(
        input.zeroShape->getRank(),
        l.getIndex(getAffineConstantExpr(0, l.b.getContext())));
    fill = tensor::ExtractOp::create(l.b, input.zero, origin);
  } else {
    fill = l.createScalar(input.shape->elementType, 0);
  }
  PaddedInput padded =
      createPadded(l, input.value, input.shape->dims, *windows, fill);
  return ::createConvolution(l, padded, input, filters, filters.shape->dims,
                             node.getInt("group", 1), *windows,
                             accumulatorType);
}

/// Adds the bias [M], which is null if there is none, and rounds.
static Value createBias(NodeLowering &l, Value sums, Value bias,
                        Type accumulator) {
  const TensorShape &result = l.getResultShape(0);
  if (!bias)
    return l.createCast(sums, result.dims, accumulator, result.elementType);
  unsigned rank = result.getRank();
  AffineMap maps[] = {l.b.getMultiDimIdentityMap(rank),
                      AffineMap::get(rank, 0, l.b.getAffineDimExpr(1))};
  return l.createMapped(
      result.dims, result.elementType, {sums, bias}, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        Value addend =
            l.castScalar(b, elements[1], result.elementType, accumulator);
        return l.castScalar(b, arith::AddFOp::create(b, elements[0], addend),
                            accumulator, result.elementType);
      });
}

static LogicalResult lowerConv(NodeLowering &l) {
  Type accumulator = getAccumulatorType(l.getInputShape(0).elementType);
  FailureOr<Value> sums = mlir::onnx::createConvolution(
      l, {l.getInput(0), &l.getInputShape(0)},
      {l.getInput(1), &l.getInputShape(1)}, accumulator);
  if (failed(sums))
    return failure();
  l.setResult(0, createBias(l, *sums, l.getInput(2), accumulator));
  return success();
}

/// Lowers to a convolution with turned filters of an input whose elements are
/// strides apart, with zeros between.
static LogicalResult lowerConvTranspose(NodeLowering &l) {
  const TensorShape &x = l.getInputShape(0), &w = l.getInputShape(1);
  FailureOr<Windows> windows = getTransposedWindows(l.getNode(), x, w);
  if (failed(windows))
    return failure();
  MLIRContext *context = l.b.getContext();
  unsigned rank = windows->getRank();
  // Element i of the input is added to element i * stride + k * dilation - low
  // of the output, times element k of the filter.
  PaddedInput spread{{}, {x.dims[0], x.dims[1]}};
  SmallVector<int64_t> low = {0, 0}, steps = {1, 1};
  Windows dense = *windows;
  for (unsigned i = 0; i < rank; ++i) {
    int64_t reach = (windows->kernel[i] - 1) * windows->dilations[i];
    spread.dims.push_back(simplifySize(windows->outputSizes[i] + reach));
    low.push_back(reach - windows->low[i]);
    steps.push_back(windows->strides[i]);
    dense.strides[i] = 1;
  }
  spread.value = createPadded(l, l.getInput(0), x.dims, spread.dims, low,
                              l.createScalar(x.elementType, 0), steps);

  // Filters [C, M / groups, ...] to [groups, M / groups, C / groups, ...], from
  // the last element to the first.
  int64_t groups = l.getNode().getInt("group", 1);
  AffineExpr groupCount = getAffineConstantExpr(groups, context);
  AffineExpr channels = divideSize(w.dims[0], groupCount);
  SmallVector<AffineExpr> grouped = {groupCount, channels};
  grouped.append(w.dims.begin() + 1, w.dims.end());
  SmallVector<AffineExpr> turned = grouped, map(rank + 3);
  std::swap(turned[1], turned[2]);
  auto getLoop = [&](unsigned i) { return getAffineDimExpr(i, context); };
  map[0] = getLoop(0);
  map[1] = getLoop(2);
  map[2] = getLoop(1);
  for (unsigned i = 0; i < rank; ++i)
    map[3 + i] = (windows->kernel[i] - 1) - getLoop(3 + i);
  Value filters = l.createMapped(
      turned, w.elementType, l.createReshape(l.getInput(1), w.dims, grouped),
      AffineMap::get(rank + 3, 0, map, context),
      [](ImplicitLocOpBuilder &, ValueRange elements) { return elements[0]; });
  SmallVector<AffineExpr> filterDims = {simplifySize(turned[0] * turned[1])};
  filterDims.append(turned.begin() + 2, turned.end());
  filters = l.createReshape(filters, turned, filterDims);

  Type accumulator = getAccumulatorType(x.elementType);
  Value sums = ::createConvolution(l, spread, {Value(), &x}, {filters, &w},
                                   filterDims, groups, dense, accumulator);
  l.setResult(0, createBias(l, sums, l.getInput(2), accumulator));
  return success();
}

void mlir::onnx::addConvolutionOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Conv", 1, inferConv, lowerConv},
      {"", "ConvTranspose", 1, inferConvTranspose, lowerConvTranspose},
  });
}
