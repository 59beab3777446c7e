//===- Windows.cpp - Windows that slide over tensors ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Windows.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"

using namespace mlir;
using namespace mlir::onnx;

/// Sizes, strides and paddings beyond this are taken for mistakes, so that
/// arithmetic on them does not overflow.
static constexpr int64_t maximumInteger = int64_t(1) << 30;

static LogicalResult fail(NodeOp node, const Twine &message) {
  return node.emitError(node.getOpType() + ": " + message);
}

FailureOr<SmallVector<int64_t>>
mlir::onnx::getWindowIntegers(NodeOp node, StringRef name, size_t rank,
                              int64_t absent, int64_t least) {
  std::optional<ArrayRef<int64_t>> values = node.getInts(name);
  if (!values)
    return SmallVector<int64_t>(rank, absent);
  if (values->size() != rank)
    return fail(node, "expects " + Twine(rank) + " integers in " + name +
                          ", found " + Twine(values->size()));
  for (int64_t value : *values)
    if (value < least || value > maximumInteger)
      return fail(node, "expects " + name + " in [" + Twine(least) + ", " +
                            Twine(maximumInteger) + "], found " + Twine(value));
  return SmallVector<int64_t>(*values);
}

FailureOr<Windows> Windows::get(NodeOp node, ArrayRef<AffineExpr> dims,
                                ArrayRef<int64_t> kernel) {
  Windows windows;
  size_t rank = kernel.size();
  if (dims.size() != rank + 2)
    return fail(node, "expects an input of " + Twine(rank + 2) +
                          " dimensions, found " + Twine(dims.size()));
  windows.inputSizes.assign(dims.begin() + 2, dims.end());
  windows.kernel.assign(kernel.begin(), kernel.end());
  FailureOr<SmallVector<int64_t>> strides =
      getWindowIntegers(node, "strides", rank, 1, 1);
  FailureOr<SmallVector<int64_t>> dilations =
      getWindowIntegers(node, "dilations", rank, 1, 1);
  FailureOr<SmallVector<int64_t>> pads =
      getWindowIntegers(node, "pads", 2 * rank, 0, 0);
  if (failed(strides) || failed(dilations) || failed(pads))
    return failure();
  windows.strides = *strides;
  windows.dilations = *dilations;
  StringRef autoPad = node.getString("auto_pad", "NOTSET");
  if (!llvm::is_contained({"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"},
                          autoPad))
    return fail(node, "expects auto_pad NOTSET, VALID, SAME_UPPER or "
                      "SAME_LOWER, found '" +
                          autoPad + "'");
  bool isCeiling = node.getInt("ceil_mode", 0);
  for (size_t i = 0; i < rank; ++i) {
    AffineExpr size = windows.inputSizes[i];
    int64_t stride = (*strides)[i];
    int64_t extent = (kernel[i] - 1) * (*dilations)[i] + 1;
    int64_t low = 0, high = 0;
    AffineExpr count;
    if (autoPad.starts_with("SAME")) {
      count = size.ceilDiv(stride);
      std::optional<int64_t> missing =
          getConstantSize((count - 1) * stride + extent - size);
      if (!missing)
        return fail(node, "expects constant sizes where padding depends on "
                          "them");
      int64_t total = std::max<int64_t>(*missing, 0);
      low = autoPad == "SAME_UPPER" ? total / 2 : total - total / 2;
      high = total - low;
    } else {
      if (autoPad == "NOTSET") {
        low = (*pads)[i];
        high = (*pads)[rank + i];
      }
      AffineExpr room = size + low + high - extent;
      std::optional<int64_t> known = getConstantSize(room);
      if (known && *known < 0)
        return fail(node, "expects windows no larger than the padded input, "
                          "found " +
                              Twine(extent) + " elements where " +
                              Twine(*known + extent) + " are");
      count = room.floorDiv(stride) + 1;
      if (isCeiling && stride > 1) {
        if (!known)
          return fail(node, "expects constant sizes with ceil_mode");
        int64_t windowCount = llvm::divideCeil(*known, stride) + 1;
        // A window that would start behind the input is left out.
        if ((windowCount - 1) * stride >= *getConstantSize(size) + low)
          --windowCount;
        count = getAffineConstantExpr(windowCount, node.getContext());
      }
    }
    windows.low.push_back(low);
    windows.high.push_back(high);
    windows.outputSizes.push_back(simplifySize(count));
  }
  return windows;
}

Value mlir::onnx::createPadded(NodeLowering &l, Value input,
                               ArrayRef<AffineExpr> dims,
                               ArrayRef<AffineExpr> paddedDims,
                               ArrayRef<int64_t> low, Value fill,
                               ArrayRef<int64_t> steps) {
  SmallVector<AffineExpr> copied(dims);
  SmallVector<OpFoldResult> from, to, stride;
  bool isCut = false;
  for (size_t i = 0; i < dims.size(); ++i) {
    int64_t step = steps.empty() ? 1 : steps[i];
    // Elements that would lie outside are cut off.
    int64_t first = low[i] < 0 ? llvm::divideCeil(-low[i], step) : 0;
    int64_t place = low[i] + first * step;
    AffineExpr room = simplifySize((paddedDims[i] - place).ceilDiv(step));
    copied[i] = dims[i] - first;
    if (!isSizeAtLeast((paddedDims[i] - place) - ((copied[i] - 1) * step + 1),
                       0))
      copied[i] = room;
    copied[i] = simplifySize(copied[i]);
    isCut |= copied[i] != simplifySize(dims[i]);
    from.push_back(l.b.getIndexAttr(first));
    to.push_back(l.b.getIndexAttr(place));
    stride.push_back(l.b.getIndexAttr(step));
  }
  // Only padding is read; slices must begin inside of their tensors.
  for (AffineExpr size : copied)
    if (std::optional<int64_t> number = getConstantSize(size);
        number && *number <= 0)
      return l.createFilled(paddedDims, fill);
  SmallVector<OpFoldResult> sizes = l.getSizes(copied);
  SmallVector<OpFoldResult> ones(dims.size(), l.b.getIndexAttr(1));
  if (isCut)
    input = tensor::ExtractSliceOp::create(
        l.b, l.getTensorType(copied, getElementTypeOrSelf(input)), input, from,
        sizes, ones);
  if (ArrayRef<AffineExpr>(copied) == paddedDims)
    return input;
  return tensor::InsertSliceOp::create(
      l.b, input, l.createFilled(paddedDims, fill), to, sizes, stride);
}

PaddedInput mlir::onnx::createPadded(NodeLowering &l, Value input,
                                     ArrayRef<AffineExpr> dims,
                                     const Windows &windows, Value fill) {
  PaddedInput padded;
  padded.dims.assign(dims.begin(), dims.begin() + 2);
  SmallVector<int64_t> low = {0, 0};
  bool isWhole = true;
  for (size_t i = 0; i < windows.getRank(); ++i) {
    AffineExpr extent =
        simplifySize((windows.outputSizes[i] - 1) * windows.strides[i] +
                     (windows.kernel[i] - 1) * windows.dilations[i] + 1);
    // What no window reads may stay, unless loops of one iteration are left out
    // and the index of the others alone must have the range of the dimension.
    bool mayBeLarger =
        windows.strides[i] > 1 && getConstantSize(windows.outputSizes[i]) != 1;
    AffineExpr size = extent;
    if (mayBeLarger && !getConstantSize(windows.inputSizes[i] - extent))
      size = windows.inputSizes[i] + windows.low[i] + windows.high[i];
    else if (mayBeLarger && windows.low[i] == 0 &&
             isSizeAtLeast(windows.inputSizes[i] - extent, 0))
      size = windows.inputSizes[i];
    size = simplifySize(size);
    isWhole &=
        windows.low[i] == 0 && size == simplifySize(windows.inputSizes[i]);
    padded.dims.push_back(size);
    low.push_back(windows.low[i]);
  }
  padded.value =
      isWhole ? input : createPadded(l, input, dims, padded.dims, low, fill);
  return padded;
}

SmallVector<AffineExpr> mlir::onnx::getWindowIndices(const Windows &windows,
                                                     unsigned output,
                                                     unsigned element,
                                                     MLIRContext *context) {
  SmallVector<AffineExpr> indices;
  for (size_t i = 0; i < windows.getRank(); ++i)
    indices.push_back(
        getAffineDimExpr(output + i, context) * windows.strides[i] +
        getAffineDimExpr(element + i, context) * windows.dilations[i]);
  return indices;
}
