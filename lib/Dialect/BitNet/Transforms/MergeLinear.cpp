//===- MergeLinear.cpp - Linear layers that read the same activations -----===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_MERGELINEARPASS
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// The scales or offsets of a weight: of blocks, or else one for each row.
static LogicalResult appendScales(WeightOp weight, ElementsAttr attribute,
                                  std::vector<float> &scales) {
  std::vector<char> scratch;
  std::optional<ArrayRef<char>> bytes = getConstantBytes(attribute, scratch);
  if (!bytes)
    return weight.emitOpError("expects scales; they were printed without");
  ArrayRef<float> values(reinterpret_cast<const float *>(bytes->data()),
                         bytes->size() / sizeof(float));
  if (values.size() > 1 || weight.getBlockColumns())
    llvm::append_range(scales, values);
  else
    scales.insert(scales.end(), weight.getResult().getType().getRows(),
                  values.front());
  return success();
}

/// What the data of a merged weight is called.
static StringRef getSuffix(Attribute encoding) {
  if (isa<Int8Attr>(encoding))
    return ".codes";
  return isa<BitsAttr>(encoding) ? ".bits" : ".trits";
}

/// One weight with the rows of all `layers`.
static FailureOr<WeightOp> mergeWeights(OpBuilder &b,
                                        ArrayRef<QuantizedLinearOp> layers) {
  std::vector<char> data;
  std::vector<float> scales, offsets;
  SmallVector<Location> locations;
  std::string name;
  int64_t rows = 0, columns = 0;
  for (QuantizedLinearOp layer : layers) {
    auto weight = layer.getWeight().getDefiningOp<WeightOp>();
    std::vector<char> scratch;
    std::optional<ArrayRef<char>> bytes =
        getConstantBytes(weight.getData(), scratch);
    if (!bytes)
      return weight.emitOpError("expects data; it was printed without");
    // Rows are whole bytes: merging is appending.
    data.insert(data.end(), bytes->begin(), bytes->end());
    if (failed(appendScales(weight, *weight.getScales(), scales)) ||
        (weight.getOffsets() &&
         failed(appendScales(weight, *weight.getOffsets(), offsets))))
      return failure();
    rows += weight.getResult().getType().getRows();
    columns = weight.getResult().getType().getColumns();
    locations.push_back(weight.getLoc());
    if (auto location = dyn_cast<NameLoc>(weight.getLoc()))
      name += (name.empty() ? "" : "+") + location.getName().str();
  }
  QuantizedLinearOp firstLayer = layers.front();
  auto first = firstLayer.getWeight().getDefiningOp<WeightOp>();
  Attribute encoding = first.getResult().getType().getEncoding();
  SmallVector<int64_t> scalesShape;
  if (int64_t blockColumns = first.getBlockColumns()) {
    scalesShape = {rows, columns / blockColumns};
  } else {
    if (llvm::all_equal(scales))
      scales.resize(1);
    scalesShape = {static_cast<int64_t>(scales.size())};
  }
  Location location = FusedLoc::get(b.getContext(), locations);
  if (!name.empty())
    location = NameLoc::get(b.getStringAttr(name), location);
  auto dataType = RankedTensorType::get({int64_t(data.size())}, b.getI8Type());
  std::string dataName =
      (name.empty() ? "weight" : name) + getSuffix(encoding).str();
  auto makeScales = [&](ArrayRef<float> values) -> ElementsAttr {
    if (values.empty())
      return {};
    return DenseElementsAttr::get(
        RankedTensorType::get(scalesShape, b.getF32Type()), values);
  };
  return WeightOp::create(
      b, location, MatrixType::get(b.getContext(), rows, columns, encoding),
      makeConstant(dataType, dataName, std::move(data)), makeScales(scales),
      makeScales(offsets));
}

/// Replaces `layers` by one.
static LogicalResult merge(ArrayRef<QuantizedLinearOp> layers,
                           WeightDataReleaser &releaser) {
  QuantizedLinearOp first = layers.front();
  OpBuilder b(first);
  FailureOr<WeightOp> weight = mergeWeights(b, layers);
  if (failed(weight))
    return failure();
  RankedTensorType type = first.getType();
  auto mergedType = RankedTensorType::get(
      {type.getDimSize(0), weight->getResult().getType().getRows()},
      type.getElementType());
  auto merged = QuantizedLinearOp::create(
      b, weight->getLoc(), mergedType, first.getValues(), first.getScales(),
      first.getSums(), *weight, /*residual=*/Value(), first.getRemainders(),
      /*kernel=*/StringAttr());
  int64_t offset = 0;
  for (QuantizedLinearOp layer : layers) {
    b.setInsertionPoint(layer);
    Value columns = ColumnsOp::create(b, layer.getLoc(), layer.getType(),
                                      merged.getResult(), offset);
    offset += layer.getType().getDimSize(1);
    auto old = layer.getWeight().getDefiningOp<WeightOp>();
    layer.replaceAllUsesWith(columns);
    layer.erase();
    if (old->use_empty()) {
      releaser.release(old.getData());
      old.erase();
    }
  }
  return success();
}

static bool canMerge(QuantizedLinearOp op) {
  auto weight = op.getWeight().getDefiningOp<WeightOp>();
  // A weight that other activations are multiplied with would be stored twice.
  auto readsSame = [&](Operation *user) {
    auto other = dyn_cast<QuantizedLinearOp>(user);
    return other && other.getValues() == op.getValues();
  };
  return weight && llvm::all_of(weight->getUsers(), readsSame) &&
         !op.getResidual() && !op.getKernel() &&
         isa<TritsAttr, BitsAttr, Int8Attr>(
             weight.getResult().getType().getEncoding());
}

namespace {
class MergeLinearPass
    : public bitnet::impl::MergeLinearPassBase<MergeLinearPass> {
  void runOnOperation() override {
    WeightDataReleaser releaser(getOperation());
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) { blocks.push_back(block); });
    for (Block *block : blocks)
      if (failed(mergeLayersOf(*block, releaser)))
        return signalPassFailure();
  }

  LogicalResult mergeLayersOf(Block &block, WeightDataReleaser &releaser) {
    llvm::MapVector<Value, SmallVector<QuantizedLinearOp>> byActivations;
    for (auto op : block.getOps<QuantizedLinearOp>())
      if (canMerge(op))
        byActivations[op.getValues()].push_back(op);
    for (auto &[values, layers] : byActivations) {
      if (layers.size() < 2)
        continue;
      // The rule: all read the same columns of the same activations, and their
      // rows are alike.
      QuantizedLinearOp first = layers.front();
      auto describeScales = [](QuantizedLinearOp op) {
        auto weight = op.getWeight().getDefiningOp<WeightOp>();
        return std::pair(weight.getBlockColumns(),
                         weight.getOffsets().has_value());
      };
      if (!llvm::all_of(layers, [&](QuantizedLinearOp op) {
            MatrixType weight = op.getWeight().getType();
            MatrixType firstWeight = first.getWeight().getType();
            return op.getScales() == first.getScales() &&
                   op.getSums() == first.getSums() &&
                   weight.getColumns() == firstWeight.getColumns() &&
                   weight.getEncoding() == firstWeight.getEncoding() &&
                   op.getRemainders() == first.getRemainders() &&
                   describeScales(op) == describeScales(first);
          }))
        continue;
      numMerged += layers.size() - 1;
      if (failed(merge(layers, releaser)))
        return failure();
    }
    return success();
  }
};
} // namespace
