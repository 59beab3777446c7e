//===- Resizing.cpp - Operators that resize images ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"
#include "Interpolation.h"
#include "Operators.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>

using namespace mlir;
using namespace mlir::onnx;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

namespace {
/// How each axis is resized; nothing for those that stay as they are, which
/// may be symbolic.
struct Resizes {
  SmallVector<std::optional<AxisResize>> axes;
  SmallVector<AffineExpr> dims;
};

/// Reads a Resize or an Upsample. Inputs are, by version:
///
///   Upsample 7       X, with an attribute `scales`
///   Upsample 9, Resize 10       X, scales
///   Resize 11 and newer         X, roi, scales, sizes
class ResizeReader {
public:
  explicit ResizeReader(NodeShapes &shapes)
      : shapes(shapes), node(shapes.getNode()),
        isOld(node.getOpType() == "Upsample" || node.getVersion() < 11) {}

  FailureOr<Resizes> read();

private:
  /// The attributes.
  FailureOr<AxisResize> readCommon();
  /// Whether an input is there and not empty, which stands for absence.
  bool isThere(unsigned index) {
    const TensorShape *input = shapes.getInput(index);
    return input &&
           !(input->getRank() == 1 && getConstantSize(input->dims[0]) == 0);
  }
  FailureOr<SmallVector<double>> readScales();
  LogicalResult applyScales(Resizes &resizes, ArrayRef<int64_t> axes);
  LogicalResult applySizes(Resizes &resizes, ArrayRef<int64_t> axes);
  /// Notes that an axis is resized to a constant size.
  LogicalResult resize(Resizes &resizes, int64_t axis, double scale,
                       std::optional<int64_t> size);

  NodeShapes &shapes;
  NodeOp node;
  bool isOld;
  AxisResize common;
};
} // namespace

FailureOr<AxisResize> ResizeReader::readCommon() {
  AxisResize result{};
  result.mode = node.getString("mode", "nearest");
  if (result.mode == "bilinear")
    result.mode = "linear";
  result.coordinates =
      isOld ? "asymmetric"
            : node.getString("coordinate_transformation_mode", "half_pixel");
  result.nearest =
      isOld ? "floor" : node.getString("nearest_mode", "round_prefer_floor");
  result.antialias = node.getInt("antialias", 0);
  result.excludeOutside = node.getInt("exclude_outside", 0);
  result.cubicCoefficient = node.getFloat("cubic_coeff_a", -0.75f);
  result.end = 1;
  if (!llvm::is_contained({"nearest", "linear", "cubic"}, result.mode))
    return shapes.fail("expects a mode that is supported, found " +
                       result.mode);
  if (!llvm::is_contained({"half_pixel", "half_pixel_symmetric",
                           "pytorch_half_pixel", "align_corners", "asymmetric",
                           "tf_crop_and_resize"},
                          result.coordinates))
    return shapes.fail("expects a coordinate_transformation_mode that is "
                       "supported, found " +
                       result.coordinates);
  if (!llvm::is_contained(
          {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"},
          result.nearest))
    return shapes.fail("expects a nearest_mode that is supported, found " +
                       result.nearest);
  return result;
}

FailureOr<SmallVector<double>> ResizeReader::readScales() {
  if (std::optional<ArrayRef<float>> scales = node.getFloats("scales"))
    return SmallVector<double>(scales->begin(), scales->end());
  return shapes.getFloats(isOld ? 1 : 2, "the scales");
}

LogicalResult ResizeReader::resize(Resizes &resizes, int64_t axis, double scale,
                                   std::optional<int64_t> size) {
  std::optional<int64_t> from = getConstantSize(shapes.getInput(0)->dims[axis]);
  bool isWhole = common.coordinates != "tf_crop_and_resize" ||
                 (common.begin == 0 && common.end == 1);
  if (scale == 1 && isWhole && (!size || size == from))
    return success();
  if (!from)
    return shapes.fail("expects axis " + Twine(axis) +
                       ", which is resized, to have a constant size");
  double to = size ? double(*size) : std::floor(*from * scale);
  if (*from < 1 || !(scale > 0) || !(to >= 0 && to < 0x1p31))
    return shapes.fail(
        "expects a positive scale and sizes below 2^31 in axis " + Twine(axis));
  AxisResize resize = common;
  resize.from = *from;
  resize.to = int64_t(to);
  resize.scale = scale;
  if (1 / scale > maximumTaps || countTaps(resize) > maximumTaps)
    return shapes.fail("expects a scale of at least 1/" +
                       Twine(maximumTaps / 4) + " in axis " + Twine(axis));
  resizes.axes[axis] = resize;
  resizes.dims[axis] = shapes.getSize(resize.to);
  return success();
}

LogicalResult ResizeReader::applyScales(Resizes &resizes,
                                        ArrayRef<int64_t> axes) {
  FailureOr<SmallVector<double>> scales = readScales();
  if (failed(scales))
    return failure();
  if (scales->size() != axes.size())
    return shapes.fail("expects a scale for each axis");
  for (auto [axis, scale] : llvm::zip_equal(axes, *scales))
    if (failed(resize(resizes, axis, scale, std::nullopt)))
      return failure();
  return success();
}

LogicalResult ResizeReader::applySizes(Resizes &resizes,
                                       ArrayRef<int64_t> axes) {
  FailureOr<SmallVector<AffineExpr>> sizes = shapes.getSizes(3, "the sizes");
  if (failed(sizes))
    return failure();
  if (sizes->size() != axes.size())
    return shapes.fail("expects a size for each axis");
  ArrayRef<AffineExpr> dims = shapes.getInput(0)->dims;
  StringRef policy = node.getString("keep_aspect_ratio_policy", "stretch");
  std::optional<double> common;
  for (auto [axis, size] : llvm::zip_equal(axes, *sizes)) {
    std::optional<int64_t> to = getConstantSize(size);
    std::optional<int64_t> from = getConstantSize(dims[axis]);
    if (policy == "stretch" && getConstantSize(size - dims[axis]) == 0 && !from)
      continue;
    if (!to || !from || *from < 1)
      return shapes.fail("expects axis " + Twine(axis) +
                         ", which is resized, to have constant sizes");
    double scale = double(*to) / double(*from);
    if (policy == "stretch") {
      if (failed(resize(resizes, axis, scale, to)))
        return failure();
      continue;
    }
    common = !common                  ? scale
             : policy == "not_larger" ? std::min(*common, scale)
                                      : std::max(*common, scale);
  }
  if (policy == "stretch" || !common)
    return success();
  for (int64_t axis : axes) {
    int64_t from = *getConstantSize(dims[axis]);
    double to = std::floor(*common * double(from) + 0.5);
    if (!(to < 0x1p31))
      return shapes.fail("expects sizes below 2^31");
    if (failed(resize(resizes, axis, *common, int64_t(to))))
      return failure();
  }
  return success();
}

FailureOr<Resizes> ResizeReader::read() {
  FailureOr<const TensorShape *> input = shapes.requireInput(0);
  FailureOr<AxisResize> attributes = readCommon();
  if (failed(input) || failed(attributes))
    return failure();
  common = *attributes;
  int64_t rank = (*input)->getRank();
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (node.getInts("axes")) {
    FailureOr<std::optional<SmallVector<int64_t>>> asked =
        shapes.getAxes("axes", ~0u, rank);
    if (failed(asked))
      return failure();
    axes = **asked;
  }
  if (common.mode != "nearest" && !isNumber((*input)->elementType))
    return shapes.fail("expects numbers");
  SmallVector<double> roi;
  if (common.coordinates == "tf_crop_and_resize") {
    FailureOr<SmallVector<double>> values = shapes.getFloats(1, "the roi");
    if (failed(values))
      return failure();
    if (values->size() != 2 * axes.size())
      return shapes.fail("expects two numbers for each axis in the roi");
    roi = *values;
  }
  Resizes resizes{SmallVector<std::optional<AxisResize>>(rank, std::nullopt),
                  SmallVector<AffineExpr>((*input)->dims)};
  bool hasSizes = !isOld && isThere(3);
  LogicalResult result =
      hasSizes ? applySizes(resizes, axes) : applyScales(resizes, axes);
  if (failed(result))
    return failure();
  if (roi.empty())
    return resizes;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    double begin = roi[i], end = roi[axes.size() + i];
    std::optional<AxisResize> &resize = resizes.axes[axis];
    if (begin == 0 && end == 1 && !resize)
      continue;
    std::optional<int64_t> from = getConstantSize((*input)->dims[axis]);
    if (!from || *from < 1)
      return shapes.fail("expects axis " + Twine(axis) +
                         ", which is cropped, to have a constant size");
    if (!resize) {
      resize = common;
      resize->from = resize->to = *from;
      resize->scale = 1;
    }
    resize->begin = begin;
    resize->end = end;
  }
  return resizes;
}

static LogicalResult inferResize(NodeShapes &shapes) {
  FailureOr<Resizes> resizes = ResizeReader(shapes).read();
  if (failed(resizes))
    return failure();
  shapes.setResult(0, shapes.getInput(0)->elementType, resizes->dims);
  return success();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

namespace {
/// Resizes one axis after the other: weights are products over the axes.
class ResizeLowering {
public:
  explicit ResizeLowering(NodeLowering &l)
      : l(l), value(l.getInput(0)), shape(l.getInputShape(0)),
        type(shape.elementType) {
    computed = type.isF64() ? type : Type(l.b.getF32Type());
  }

  void resize(int64_t axis, const AxisResize &resize);
  Value getResult() {
    if (shape.elementType == type)
      return value;
    return l.createElementwise(shape.dims, type, {{value, &shape}},
                               [&](ElementBuilder &b, ValueRange in) {
                                 return l.castScalar(b, in[0], computed, type);
                               });
  }

private:
  /// An element of each row of the tables, as operands of the loops.
  Value createTable(const AxisTaps &taps, int64_t tap, bool isWeight);

  NodeLowering &l;
  Value value;
  TensorShape shape;
  Type type, computed;
};
} // namespace

Value ResizeLowering::createTable(const AxisTaps &taps, int64_t tap,
                                  bool isWeight) {
  SmallVector<Attribute> column;
  for (size_t row = 0; row < taps.isOutside.size(); ++row) {
    size_t at = row * taps.count + tap;
    column.push_back(
        isWeight ? Attribute(l.b.getFloatAttr(computed, taps.weights[at]))
                 : l.b.getI64IntegerAttr(taps.positions[at]));
  }
  auto tensor = RankedTensorType::get(
      column.size(), isWeight ? computed : Type(l.b.getI64Type()));
  return arith::ConstantOp::create(l.b, DenseElementsAttr::get(tensor, column));
}

void ResizeLowering::resize(int64_t axis, const AxisResize &resize) {
  AxisTaps taps = computeTaps(resize);
  bool isCopy = resize.mode == "nearest";
  bool isCropped = llvm::is_contained(taps.isOutside, true);
  SmallVector<AffineExpr> dims = shape.dims;
  dims[axis] = l.b.getAffineConstantExpr(resize.to);
  Type from = shape.elementType, to = isCopy ? from : computed;
  SmallVector<Value> tables;
  for (int64_t tap = 0; tap < taps.count; ++tap) {
    tables.push_back(createTable(taps, tap, /*isWeight=*/false));
    if (!isCopy)
      tables.push_back(createTable(taps, tap, /*isWeight=*/true));
  }
  if (isCropped) {
    auto tensor = RankedTensorType::get(taps.isOutside.size(), l.b.getI1Type());
    tables.push_back(arith::ConstantOp::create(
        l.b, DenseElementsAttr::get(tensor, ArrayRef(taps.isOutside))));
  }
  AffineMap row = AffineMap::get(dims.size(), 0, l.b.getAffineDimExpr(axis),
                                 l.b.getContext());
  SmallVector<AffineMap> maps(tables.size(), row);
  double beyond = l.getNode().getFloat("extrapolation_value", 0);
  Value source = value;
  value = l.createMapped(
      dims, to, tables, maps, [&](ElementBuilder &b, ValueRange in) -> Value {
        SmallVector<Value> position;
        for (size_t i = 0; i < dims.size(); ++i)
          position.push_back(linalg::IndexOp::create(b, i));
        Value sum;
        for (int64_t tap = 0; tap < taps.count; ++tap) {
          position[axis] = arith::IndexCastOp::create(
              b, b.getIndexType(), in[isCopy ? tap : 2 * tap]);
          Value element = tensor::ExtractOp::create(b, source, position);
          if (!isCopy)
            element = arith::MulFOp::create(
                b, l.castScalar(b, element, from, computed), in[2 * tap + 1]);
          sum = sum ? arith::AddFOp::create(b, sum, element).getResult()
                    : element;
        }
        if (isCropped) {
          Value constant = arith::ConstantOp::create(
              b, cast<TypedAttr>(b.getFloatAttr(computed, beyond)));
          constant = l.castScalar(b, constant, computed, to);
          sum = arith::SelectOp::create(b, in.back(), constant, sum);
        }
        return sum;
      });
  shape = TensorShape{to, dims, std::nullopt, ElementsAttr()};
}

static LogicalResult lowerResize(NodeLowering &l) {
  Resizes resizes = *ResizeReader(l.getShapes()).read();
  ResizeLowering lowering(l);
  for (auto [axis, resize] : llvm::enumerate(resizes.axes))
    if (resize)
      lowering.resize(axis, *resize);
  l.setResult(0, lowering.getResult());
  return success();
}

void mlir::onnx::addResizingOperators(SmallVectorImpl<Operator> &rows) {
  rows.append({
      {"", "Resize", 10, inferResize, lowerResize},
      {"", "Upsample", 7, inferResize, lowerResize},
  });
}
