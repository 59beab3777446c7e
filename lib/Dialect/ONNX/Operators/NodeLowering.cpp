//===- NodeLowering.cpp - What lowerings of nodes are written with --------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/ONNX/Operators/NodeLowering.h"
#include "bitnet/Dialect/ONNX/Operators/SymbolicSize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::onnx;

Type mlir::onnx::getSignlessType(Type elementType) {
  if (auto integer = dyn_cast<IntegerType>(elementType))
    return IntegerType::get(integer.getContext(), integer.getWidth());
  return elementType;
}

Value NodeLowering::getInput(unsigned index) {
  Value input = node.getInput(index);
  return input ? lowered.lookup(input) : Value();
}

NodeShapes &NodeLowering::getShapes() {
  if (!nodeShapes) {
    for (unsigned i = 0; i < node.getInputs().size(); ++i)
      inputShapes.push_back(node.getInput(i) ? &getInputShape(i) : nullptr);
    nodeShapes.emplace(node, inputShapes);
  }
  return *nodeShapes;
}

Value NodeLowering::getIndex(AffineExpr size) {
  if (auto constant = dyn_cast<AffineConstantExpr>(size))
    return arith::ConstantIndexOp::create(b, constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(size))
    return shapes.getSymbols()[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(size);
  Value lhs = getIndex(binary.getLHS()), rhs = getIndex(binary.getRHS());
  switch (size.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(b, lhs, rhs);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(b, lhs, rhs);
  case AffineExprKind::FloorDiv:
    return arith::FloorDivSIOp::create(b, lhs, rhs);
  case AffineExprKind::CeilDiv:
    return arith::CeilDivSIOp::create(b, lhs, rhs);
  default:
    // The dividend is a size, which is not negative.
    return arith::RemSIOp::create(b, lhs, rhs);
  }
}

OpFoldResult NodeLowering::getSize(AffineExpr size) {
  if (std::optional<int64_t> constant = getConstantSize(size))
    return b.getIndexAttr(*constant);
  return getIndex(simplifySize(size));
}

SmallVector<OpFoldResult> NodeLowering::getSizes(ArrayRef<AffineExpr> sizes) {
  SmallVector<OpFoldResult> result;
  for (AffineExpr size : sizes)
    result.push_back(getSize(size));
  return result;
}

RankedTensorType NodeLowering::getTensorType(ArrayRef<AffineExpr> dims,
                                             Type elementType) {
  TensorShape shape{getSignlessType(elementType), SmallVector<AffineExpr>(dims),
                    std::nullopt, ElementsAttr()};
  return shape.getType();
}

Value NodeLowering::createEmpty(ArrayRef<AffineExpr> dims, Type elementType) {
  return tensor::EmptyOp::create(b, getSizes(dims),
                                 getSignlessType(elementType));
}

Value NodeLowering::createFilled(ArrayRef<AffineExpr> dims, Value value) {
  Value empty = createEmpty(dims, value.getType());
  return linalg::FillOp::create(b, value, empty).getResult(0);
}

Value NodeLowering::createScalar(Type elementType, double value) {
  Type type = getSignlessType(elementType);
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
  return createInteger(type, int64_t(value));
}

Value NodeLowering::createInteger(Type elementType, int64_t value) {
  auto type = cast<IntegerType>(getSignlessType(elementType));
  APInt bits = APInt(64, value, /*isSigned=*/true).sextOrTrunc(type.getWidth());
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, bits));
}

Value NodeLowering::createMapped(ArrayRef<AffineExpr> dims, Type elementType,
                                 ValueRange inputs, ArrayRef<AffineMap> maps,
                                 Body body) {
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(b.getMultiDimIdentityMap(dims.size()));
  SmallVector<utils::IteratorType> iterators(dims.size(),
                                             utils::IteratorType::parallel);
  Value empty = createEmpty(dims, elementType);
  auto generic = linalg::GenericOp::create(
      b, TypeRange{empty.getType()}, inputs, ValueRange{empty}, allMaps,
      iterators, [&](OpBuilder &builder, Location loc, ValueRange elements) {
        ImplicitLocOpBuilder inner(loc, builder);
        Value result = body(inner, elements.drop_back());
        linalg::YieldOp::create(builder, loc, result);
      });
  return generic.getResult(0);
}

Value NodeLowering::createElementwise(
    ArrayRef<AffineExpr> dims, Type elementType,
    ArrayRef<std::pair<Value, const TensorShape *>> inputs, Body body) {
  SmallVector<Value> values;
  SmallVector<AffineMap> maps;
  for (auto [value, shape] : inputs) {
    SmallVector<AffineExpr> map;
    size_t first = dims.size() - shape->dims.size();
    for (auto [i, dim] : llvm::enumerate(shape->dims)) {
      bool isBroadcast =
          getConstantSize(dim) == 1 && getConstantSize(dims[first + i]) != 1;
      map.push_back(isBroadcast ? b.getAffineConstantExpr(0)
                                : b.getAffineDimExpr(first + i));
    }
    values.push_back(value);
    maps.push_back(AffineMap::get(dims.size(), 0, map, b.getContext()));
  }
  return createMapped(dims, elementType, values, maps, body);
}

Value NodeLowering::createReduction(Value input, const TensorShape &shape,
                                    ArrayRef<int64_t> axes, bool keepDims,
                                    Value initial, Body body) {
  SmallVector<AffineExpr> dims, map, kept;
  SmallVector<utils::IteratorType> iterators;
  for (auto [i, dim] : llvm::enumerate(shape.dims)) {
    bool isReduced = llvm::is_contained(axes, int64_t(i));
    iterators.push_back(isReduced ? utils::IteratorType::reduction
                                  : utils::IteratorType::parallel);
    if (!isReduced) {
      dims.push_back(dim);
      map.push_back(b.getAffineDimExpr(i));
    }
    kept.push_back(isReduced ? b.getAffineConstantExpr(1) : dim);
  }
  AffineMap maps[] = {b.getMultiDimIdentityMap(shape.getRank()),
                      AffineMap::get(shape.getRank(), 0, map, b.getContext())};
  Value filled = createFilled(dims, initial);
  // Operations without iterations are erased, and the initial values with them.
  bool isEmpty = llvm::any_of(axes, [&](int64_t axis) {
    return getConstantSize(shape.dims[axis]) == 0;
  });
  if (isEmpty)
    return keepDims ? createReshape(filled, dims, kept) : filled;
  auto generic = linalg::GenericOp::create(
      b, TypeRange{filled.getType()}, ValueRange{input}, ValueRange{filled},
      maps, iterators,
      [&](OpBuilder &builder, Location loc, ValueRange elements) {
        ImplicitLocOpBuilder inner(loc, builder);
        Value result = body(inner, elements);
        linalg::YieldOp::create(builder, loc, result);
      });
  Value result = generic.getResult(0);
  return keepDims ? createReshape(result, dims, kept) : result;
}

/// Groups of neighbouring dimensions with equal products in both shapes, as
/// small as they are found from the left; one group of all if there is no such.
static void groupDimensions(ArrayRef<AffineExpr> from, ArrayRef<AffineExpr> to,
                            SmallVectorImpl<ReassociationIndices> &fromGroups,
                            SmallVectorImpl<ReassociationIndices> &toGroups) {
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    AffineExpr left = from[i], right = to[j];
    ReassociationIndices leftGroup = {int64_t(i++)};
    ReassociationIndices rightGroup = {int64_t(j++)};
    while (left != right) {
      if (i < from.size() && divideSize(right, left)) {
        left = simplifySize(left * from[i]);
        leftGroup.push_back(i++);
      } else if (j < to.size() && divideSize(left, right)) {
        right = simplifySize(right * to[j]);
        rightGroup.push_back(j++);
      } else {
        break;
      }
    }
    if (left != right)
      break;
    fromGroups.push_back(leftGroup);
    toGroups.push_back(rightGroup);
  }
  // What is left over are ones, if the groups are right.
  auto isOne = [](AffineExpr size) { return getConstantSize(size) == 1; };
  bool isGrouped = !fromGroups.empty() &&
                   llvm::all_of(from.drop_front(i), isOne) &&
                   llvm::all_of(to.drop_front(j), isOne) &&
                   toGroups.back().back() == int64_t(j) - 1 &&
                   fromGroups.back().back() == int64_t(i) - 1;
  if (!isGrouped) {
    fromGroups.assign(1,
                      llvm::to_vector<2>(llvm::seq<int64_t>(0, from.size())));
    toGroups.assign(1, llvm::to_vector<2>(llvm::seq<int64_t>(0, to.size())));
    return;
  }
  for (; i < from.size(); ++i)
    fromGroups.back().push_back(i);
  for (; j < to.size(); ++j)
    toGroups.back().push_back(j);
}

Value NodeLowering::createReshape(Value input, ArrayRef<AffineExpr> from,
                                  ArrayRef<AffineExpr> to) {
  SmallVector<AffineExpr> source, target;
  for (AffineExpr dim : from)
    source.push_back(simplifySize(dim));
  for (AffineExpr dim : to)
    target.push_back(simplifySize(dim));
  if (source == target)
    return input;
  Type elementType = getElementTypeOrSelf(input);
  if (source.empty())
    return tensor::ExpandShapeOp::create(
        b, getTensorType(target, elementType), input,
        ArrayRef<ReassociationIndices>(), getSizes(target));
  if (target.empty())
    return tensor::CollapseShapeOp::create(b, getTensorType({}, elementType),
                                           input,
                                           ArrayRef<ReassociationIndices>());
  SmallVector<ReassociationIndices> fromGroups, toGroups;
  groupDimensions(source, target, fromGroups, toGroups);
  Value result = input;
  if (fromGroups.size() < source.size()) {
    SmallVector<AffineExpr> products;
    for (const ReassociationIndices &group : fromGroups) {
      AffineExpr product = b.getAffineConstantExpr(1);
      for (int64_t axis : group)
        product = product * source[axis];
      products.push_back(simplifySize(product));
    }
    result = tensor::CollapseShapeOp::create(
        b, getTensorType(products, elementType), result, fromGroups);
  }
  if (toGroups.size() < target.size())
    result =
        tensor::ExpandShapeOp::create(b, getTensorType(target, elementType),
                                      result, toGroups, getSizes(target));
  return result;
}

static bool isEmpty(ArrayRef<AffineExpr> sizes) {
  return llvm::any_of(
      sizes, [](AffineExpr size) { return getConstantSize(size) == 0; });
}

Value NodeLowering::createSlice(Value input, ArrayRef<AffineExpr> offsets,
                                ArrayRef<AffineExpr> sizes,
                                ArrayRef<int64_t> strides) {
  Type elementType = getElementTypeOrSelf(input);
  // The offset of an empty slice may be the end, which the operation refuses.
  if (isEmpty(sizes))
    return createEmpty(sizes, elementType);
  SmallVector<OpFoldResult> steps;
  for (size_t i = 0; i < sizes.size(); ++i)
    steps.push_back(b.getIndexAttr(strides.empty() ? 1 : strides[i]));
  return tensor::ExtractSliceOp::create(b, getTensorType(sizes, elementType),
                                        input, getSizes(offsets),
                                        getSizes(sizes), steps);
}

Value NodeLowering::createInsertion(Value input, Value target,
                                    ArrayRef<AffineExpr> offsets,
                                    ArrayRef<AffineExpr> sizes) {
  if (isEmpty(sizes))
    return target;
  SmallVector<OpFoldResult> steps(sizes.size(), b.getIndexAttr(1));
  return tensor::InsertSliceOp::create(b, input, target, getSizes(offsets),
                                       getSizes(sizes), steps);
}

Value NodeLowering::createTranspose(Value input, const TensorShape &shape,
                                    ArrayRef<int64_t> permutation) {
  SmallVector<AffineExpr> dims;
  SmallVector<AffineExpr> map(permutation.size());
  for (auto [i, axis] : llvm::enumerate(permutation)) {
    dims.push_back(shape.dims[axis]);
    map[axis] = b.getAffineDimExpr(i);
  }
  return createMapped(
      dims, shape.elementType, input,
      AffineMap::get(permutation.size(), 0, map, b.getContext()),
      [](ImplicitLocOpBuilder &, ValueRange elements) { return elements[0]; });
}

//===----------------------------------------------------------------------===//
// NodeDecomposition
//===----------------------------------------------------------------------===//

SmallVector<Value>
NodeDecomposition::createMany(StringRef type, unsigned resultCount,
                              ValueRange inputs,
                              ArrayRef<NamedAttribute> attributes) {
  SmallVector<Value> operands;
  for (Value input : inputs)
    operands.push_back(input ? input
                             : NoneOp::create(b, b.getNoneType()).getResult());
  // Any tensor type will do: inference sets the right ones.
  SmallVector<Type> types(resultCount,
                          RankedTensorType::get({}, b.getF32Type()));
  auto created = NodeOp::create(b, types, operands, b.getStringAttr(type),
                                b.getStringAttr(""), b.getI64IntegerAttr(21));
  for (NamedAttribute attribute : attributes)
    created->setDiscardableAttr(attribute.getName(), attribute.getValue());
  if (failed(shapes.infer(created, /*setTypes=*/true)))
    return {};
  return SmallVector<Value>(created->getResults());
}

Value NodeDecomposition::create(StringRef type, ValueRange inputs,
                                ArrayRef<NamedAttribute> attributes) {
  SmallVector<Value> created = createMany(type, 1, inputs, attributes);
  return created.empty() ? Value() : created.front();
}

Value NodeDecomposition::createScalar(Type elementType, double value) {
  auto type = RankedTensorType::get({}, elementType);
  Attribute number =
      isa<FloatType>(elementType)
          ? Attribute(b.getFloatAttr(elementType, value))
          : Attribute(b.getIntegerAttr(elementType, int64_t(value)));
  auto constant =
      ConstantOp::create(b, type, DenseElementsAttr::get(type, number));
  (void)shapes.infer(constant);
  return constant;
}

Value NodeDecomposition::createIntegers(ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get(values.size(), b.getI64Type());
  auto constant =
      ConstantOp::create(b, type, DenseElementsAttr::get(type, values));
  (void)shapes.infer(constant);
  return constant;
}

Value NodeDecomposition::createSizes(ArrayRef<AffineExpr> sizes) {
  // Readers take the contents from the shape; the elements are made from it
  // should anybody ask for them.
  SmallVector<int64_t> placeholder(sizes.size(), 0);
  Value vector = createIntegers(placeholder);
  TensorShape shape = shapes.get(vector);
  shape.constant = {};
  shape.contents = SmallVector<AffineExpr>(sizes);
  shapes.set(vector, std::move(shape));
  return vector;
}

Value NodeDecomposition::createReshape(Value input, ArrayRef<AffineExpr> dims) {
  return create("Reshape", {input, createSizes(dims)}, attr("allowzero", 1));
}
