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

/// The scales of a weight, one for each row.
static LogicalResult appendRowScales(WeightOp weight,
                                     std::vector<float> &scales) {
  std::vector<char> scratch;
  std::optional<ArrayRef<char>> bytes =
      getConstantBytes(*weight.getScales(), scratch);
  if (!bytes)
    return weight.emitOpError("expects scales; they were printed without");
  ArrayRef<float> values(reinterpret_cast<const float *>(bytes->data()),
                         bytes->size() / sizeof(float));
  int64_t rows = weight.getResult().getType().getRows();
  for (int64_t row = 0; row < rows; ++row)
    scales.push_back(values[values.size() == 1 ? 0 : row]);
  return success();
}

/// One weight with the rows of all `layers`.
static FailureOr<WeightOp> mergeWeights(OpBuilder &b,
                                        ArrayRef<QuantizedLinearOp> layers) {
  std::vector<char> data;
  std::vector<float> scales;
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
    // Rows of trits are whole bytes: merging is appending.
    data.insert(data.end(), bytes->begin(), bytes->end());
    if (failed(appendRowScales(weight, scales)))
      return failure();
    rows += weight.getResult().getType().getRows();
    columns = weight.getResult().getType().getColumns();
    locations.push_back(weight.getLoc());
    if (auto location = dyn_cast<NameLoc>(weight.getLoc()))
      name += (name.empty() ? "" : "+") + location.getName().str();
  }
  if (llvm::all_equal(scales))
    scales.resize(1);
  Location location = FusedLoc::get(b.getContext(), locations);
  if (!name.empty())
    location = NameLoc::get(b.getStringAttr(name), location);
  auto dataType = RankedTensorType::get({int64_t(data.size())}, b.getI8Type());
  auto scalesType =
      RankedTensorType::get({int64_t(scales.size())}, b.getF32Type());
  return WeightOp::create(
      b, location,
      MatrixType::get(b.getContext(), rows, columns,
                      TritsAttr::get(b.getContext())),
      makeConstant(dataType, name.empty() ? "weight.trits" : name + ".trits",
                   std::move(data)),
      cast<ElementsAttr>(
          DenseElementsAttr::get(scalesType, ArrayRef<float>(scales))));
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
      first.getSums(), *weight, /*residual=*/Value(), /*kernel=*/StringAttr());
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
  return weight && !op.getResidual() && !op.getKernel() &&
         isa<TritsAttr>(weight.getResult().getType().getEncoding());
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
      // The rule: all read the same columns of the same activations.
      QuantizedLinearOp first = layers.front();
      if (!llvm::all_of(layers, [&](QuantizedLinearOp op) {
            return op.getScales() == first.getScales() &&
                   op.getSums() == first.getSums() &&
                   op.getWeight().getType().getColumns() ==
                       first.getWeight().getType().getColumns();
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
