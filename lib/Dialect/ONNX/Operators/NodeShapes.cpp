//===- NodeShapes.cpp - Shapes of the results of a node -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/Operators/NodeShapes.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace mlir::onnx;

Type mlir::onnx::getElementType(int64_t number, MLIRContext *context) {
  Builder b(context);
  auto makeUnsigned = [&](unsigned width) {
    return IntegerType::get(context, width, IntegerType::Unsigned);
  };
  switch (number) {
  case 1:
    return b.getF32Type();
  case 2:
    return makeUnsigned(8);
  case 3:
    return b.getI8Type();
  case 4:
    return makeUnsigned(16);
  case 5:
    return b.getI16Type();
  case 6:
    return b.getI32Type();
  case 7:
    return b.getI64Type();
  case 9:
    return b.getI1Type();
  case 10:
    return b.getF16Type();
  case 11:
    return b.getF64Type();
  case 12:
    return makeUnsigned(32);
  case 13:
    return makeUnsigned(64);
  case 16:
    return b.getBF16Type();
  case 17:
    return Float8E4M3FNType::get(context);
  case 18:
    return Float8E4M3FNUZType::get(context);
  case 19:
    return Float8E5M2Type::get(context);
  case 20:
    return Float8E5M2FNUZType::get(context);
  case 21:
    return makeUnsigned(4);
  case 22:
    return b.getIntegerType(4);
  case 23:
    return Float4E2M1FNType::get(context);
  case 24:
    return Float8E8M0FNUType::get(context);
  case 25:
    return makeUnsigned(2);
  case 26:
    return b.getIntegerType(2);
  default:
    return {};
  }
}

std::optional<int64_t> TensorShape::normalizeAxis(int64_t axis) const {
  if (axis < -getRank() || axis >= getRank())
    return std::nullopt;
  return axis < 0 ? axis + getRank() : axis;
}

RankedTensorType TensorShape::getType() const {
  SmallVector<int64_t> sizes;
  for (AffineExpr dim : dims)
    sizes.push_back(getConstantSize(dim).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(sizes, elementType);
}

LogicalResult NodeShapes::fail(const Twine &message) {
  return node.emitError(node.getOpType() + ": " + message);
}

FailureOr<const TensorShape *> NodeShapes::requireInput(unsigned index) {
  if (const TensorShape *input = getInput(index))
    return input;
  return fail("expects input " + Twine(index));
}

FailureOr<SmallVector<AffineExpr>> NodeShapes::getSizes(unsigned index,
                                                        StringRef what) {
  FailureOr<const TensorShape *> input = requireInput(index);
  if (failed(input))
    return failure();
  if (!(*input)->contents)
    return fail("expects " + what +
                " to be constant or computed from the sizes of inputs");
  return *(*input)->contents;
}

FailureOr<SmallVector<int64_t>> NodeShapes::getIntegers(unsigned index,
                                                        StringRef what) {
  FailureOr<SmallVector<AffineExpr>> sizes = getSizes(index, what);
  if (failed(sizes))
    return failure();
  SmallVector<int64_t> values;
  for (AffineExpr size : *sizes) {
    std::optional<int64_t> value = getConstantSize(size);
    if (!value)
      return fail("expects " + what + " to be constant");
    values.push_back(*value);
  }
  return values;
}

FailureOr<std::optional<SmallVector<int64_t>>>
NodeShapes::getAxes(StringRef name, unsigned index, int64_t rank) {
  SmallVector<int64_t> axes;
  if (std::optional<ArrayRef<int64_t>> values = node.getInts(name)) {
    axes = SmallVector<int64_t>(*values);
  } else if (getInput(index)) {
    FailureOr<SmallVector<int64_t>> values = getIntegers(index, name);
    if (failed(values))
      return failure();
    axes = *values;
  } else {
    return std::optional<SmallVector<int64_t>>();
  }
  llvm::SmallSet<int64_t, 8> seen;
  for (int64_t &axis : axes) {
    if (axis < -rank || axis >= rank)
      return fail("expects axes in [" + Twine(-rank) + ", " + Twine(rank) +
                  "), found " + Twine(axis));
    axis += axis < 0 ? rank : 0;
    if (!seen.insert(axis).second)
      return fail("expects each axis once, found " + Twine(axis) + " twice");
  }
  return std::optional(axes);
}

FailureOr<int64_t> NodeShapes::getAxis(StringRef name, int64_t absent,
                                       int64_t rank) {
  int64_t axis = node.getInt(name, absent);
  if (axis < -rank || axis >= rank)
    return fail("expects " + name + " in [" + Twine(-rank) + ", " +
                Twine(rank) + "), found " + Twine(axis));
  return axis < 0 ? axis + rank : axis;
}

LogicalResult NodeShapes::requireElements(AffineExpr size) {
  if (isSizeAtLeast(size, 1))
    return success();
  return fail("expects an axis that has an element for all sizes");
}

FailureOr<SmallVector<double>> NodeShapes::getFloats(unsigned index,
                                                     StringRef what) {
  FailureOr<const TensorShape *> input = requireInput(index);
  if (failed(input))
    return failure();
  auto dense = dyn_cast_or_null<DenseFPElementsAttr>((*input)->constant);
  if (!dense) {
    FailureOr<SmallVector<int64_t>> integers = getIntegers(index, what);
    if (failed(integers))
      return failure();
    return SmallVector<double>(integers->begin(), integers->end());
  }
  if (dense.getNumElements() > maximumContents)
    return fail("expects " + what + " to be at most " + Twine(maximumContents) +
                " numbers");
  SmallVector<double> values;
  for (APFloat value : dense.getValues<APFloat>()) {
    bool losesInfo;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
    values.push_back(value.convertToDouble());
  }
  return values;
}

std::optional<SmallVector<AffineExpr>> mlir::onnx::moveContents(
    const TensorShape &input, ArrayRef<AffineExpr> dims,
    function_ref<void(ArrayRef<int64_t>, MutableArrayRef<int64_t>)> map) {
  if (!input.contents)
    return std::nullopt;
  SmallVector<int64_t> sizes, sourceSizes;
  int64_t count = 1;
  for (AffineExpr dim : dims) {
    std::optional<int64_t> size = getConstantSize(dim);
    if (!size || *size > maximumContents)
      return std::nullopt;
    sizes.push_back(*size);
    count *= *size;
    if (count > maximumContents)
      return std::nullopt;
  }
  for (AffineExpr dim : input.dims)
    sourceSizes.push_back(*getConstantSize(dim));
  SmallVector<int64_t> position(sizes.size()), source(sourceSizes.size());
  SmallVector<AffineExpr> contents;
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i;
    for (size_t axis = sizes.size(); axis-- > 0; rest /= sizes[axis])
      position[axis] = rest % sizes[axis];
    map(position, source);
    int64_t offset = 0;
    for (auto [at, size] : llvm::zip_equal(source, sourceSizes)) {
      if (at < 0 || at >= size)
        return std::nullopt;
      offset = offset * size + at;
    }
    contents.push_back((*input.contents)[offset]);
  }
  return contents;
}

void NodeShapes::setResult(unsigned index, TensorShape shape) {
  if (index >= results.size())
    return;
  for (AffineExpr &dim : shape.dims)
    dim = simplifySize(dim);
  if (shape.contents && shape.contents->size() > maximumContents)
    shape.contents.reset();
  if (shape.contents)
    for (AffineExpr &value : *shape.contents)
      value = simplifySize(value);
  results[index] = std::move(shape);
}

static std::string printSize(AffineExpr size) {
  std::string text;
  llvm::raw_string_ostream(text) << size;
  return text;
}

FailureOr<SmallVector<AffineExpr>>
NodeShapes::broadcast(ArrayRef<ArrayRef<AffineExpr>> shapes) {
  size_t rank = 0;
  for (ArrayRef<AffineExpr> dims : shapes)
    rank = std::max(rank, dims.size());
  SmallVector<AffineExpr> result(rank, getSize(1));
  for (ArrayRef<AffineExpr> dims : shapes)
    for (auto [i, dim] : llvm::enumerate(dims)) {
      AffineExpr &size = result[rank - dims.size() + i];
      AffineExpr simple = simplifySize(dim);
      if (getConstantSize(simple) == 1 || simple == size)
        continue;
      if (getConstantSize(size) == 1) {
        size = simple;
        continue;
      }
      return fail("expects equal sizes or 1, found " + printSize(size) +
                  " and " + printSize(simple) + " in dimension " +
                  Twine(rank - dims.size() + i));
    }
  return result;
}
