//===- QuantizeWeights.cpp - Stored weights to trits and scales -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Dialect/BitNet/Transforms/WeightAction.h"
#include "bitnet/Weights/Binarize.h"
#include "bitnet/Weights/KeepWeights.h"
#include "bitnet/Weights/Ternarize.h"
#include "mlir/IR/Builders.h"

#include <cmath>
#include <cstring>

namespace mlir::bitnet {
#define GEN_PASS_DEF_QUANTIZEWEIGHTSPASS
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// What a matrix becomes.
struct QuantizedMatrix {
  Attribute encoding;
  StringRef suffix;
  std::vector<char> bytes;
  SmallVector<int64_t> scalesShape;
  std::vector<float> scales, offsets;
};
} // namespace

/// The shape of scales of rows or the matrix, if there are no blocks, or of
/// blocks.
template <typename Matrix>
static SmallVector<int64_t> getScalesShape(const Matrix &matrix) {
  if (matrix.blocks)
    return {matrix.rows, matrix.blocks};
  return {static_cast<int64_t>(matrix.scales.size())};
}

static QuantizedMatrix describe(TernaryMatrix &&trits, MLIRContext *context) {
  return {TritsAttr::get(context), ".trits",
          std::move(trits.codes),  getScalesShape(trits),
          std::move(trits.scales), {}};
}

static QuantizedMatrix describe(BinaryMatrix &&bits, MLIRContext *context) {
  return {BitsAttr::get(context), ".bits",
          std::move(bits.bytes),  getScalesShape(bits),
          std::move(bits.scales), {}};
}

static QuantizedMatrix describe(CodeMatrix &&codes, MLIRContext *context) {
  return {Int8Attr::get(context),  ".codes",
          std::move(codes.codes),  getScalesShape(codes),
          std::move(codes.scales), std::move(codes.offsets)};
}

static llvm::Expected<QuantizedMatrix> keep(const StoredMatrix &matrix,
                                            MLIRContext *context) {
  llvm::Expected<KeptMatrix> kept = keepWeights(matrix);
  if (!kept)
    return kept.takeError();
  return std::visit(
      [&](auto &&typed) { return describe(std::move(typed), context); },
      std::move(*kept));
}

static llvm::Expected<QuantizedMatrix> quantize(const StoredMatrix &matrix,
                                                MasterQuantizer masters,
                                                MLIRContext *context) {
  WeightFormat format = matrix.getFormat();
  bool becomesBits = isBinary(format) ||
                     (masters == MasterQuantizer::Sign && !isTernary(format));
  if (becomesBits) {
    llvm::Expected<BinaryMatrix> bits =
        isBinary(format) ? readBinary(matrix) : quantizeSign(matrix);
    if (!bits)
      return bits.takeError();
    return describe(std::move(*bits), context);
  }
  llvm::Expected<TernaryMatrix> trits =
      isTernary(format) ? readTernary(matrix) : quantizeAbsMean(matrix);
  if (!trits)
    return trits.takeError();
  return describe(std::move(*trits), context);
}

/// The factor on a whole stored matrix.
static FailureOr<float> getFactor(WeightOp weight) {
  if (!weight.getScales())
    return 1.0f;
  std::vector<char> scratch;
  std::optional<ArrayRef<char>> bytes =
      getConstantBytes(*weight.getScales(), scratch);
  if (!bytes)
    return weight.emitOpError("expects scales; they were printed without");
  float factor;
  std::memcpy(&factor, bytes->data(), sizeof(factor));
  if (!std::isfinite(factor))
    return weight.emitOpError("expects a finite factor, found ") << factor;
  return factor;
}

/// Replaces `weight` by one with these elements and scales.
static void replace(WeightOp weight, QuantizedMatrix &&quantized,
                    WeightDataReleaser &releaser) {
  MatrixType type = weight.getResult().getType();
  OpBuilder b(weight);
  std::string name = "weight";
  if (auto location = dyn_cast<NameLoc>(weight.getLoc()))
    name = location.getName().str();
  auto dataType =
      RankedTensorType::get({int64_t(quantized.bytes.size())}, b.getI8Type());
  auto makeScales = [&](ArrayRef<float> values) -> ElementsAttr {
    if (values.empty())
      return {};
    return DenseElementsAttr::get(
        RankedTensorType::get(quantized.scalesShape, b.getF32Type()), values);
  };
  ElementsAttr data = makeConstant(dataType, name + quantized.suffix.str(),
                                   std::move(quantized.bytes));
  auto result = MatrixType::get(b.getContext(), type.getRows(),
                                type.getColumns(), quantized.encoding);
  auto replacement = WeightOp::create(b, weight.getLoc(), result, data,
                                      makeScales(quantized.scales),
                                      makeScales(quantized.offsets));
  ElementsAttr old = weight.getData();
  weight.replaceAllUsesWith(replacement.getResult());
  weight.erase();
  releaser.release(old);
}

/// Heads with a table of trits or bits become layers with float activations.
static void replaceHeads(Value table) {
  for (Operation *user : llvm::make_early_inc_range(table.getUsers())) {
    auto head = dyn_cast<OutputHeadOp>(user);
    if (!head)
      continue;
    OpBuilder b(head);
    auto layer = BitLinearOp::create(
        b, head.getLoc(), head.getType(), head.getInput(), table,
        b.getF32FloatAttr(smallestFloor), /*reciprocal=*/UnitAttr(),
        /*float_activations=*/b.getUnitAttr(),
        /*keep_weights=*/b.getUnitAttr());
    head.replaceAllUsesWith(layer.getResult());
    head.erase();
  }
}

namespace {
class QuantizeWeightsPass
    : public bitnet::impl::QuantizeWeightsPassBase<QuantizeWeightsPass> {
public:
  using QuantizeWeightsPassBase::QuantizeWeightsPassBase;

private:
  void runOnOperation() override;

  /// Quantises a weight, if layers read it or if it is a table of trits or
  /// bits.
  LogicalResult process(WeightOp weight, WeightDataReleaser &releaser);
};
} // namespace

LogicalResult QuantizeWeightsPass::process(WeightOp weight,
                                           WeightDataReleaser &releaser) {
  MatrixType type = weight.getResult().getType();
  WeightFormat format =
      getWeightFormat(cast<StoredAttr>(type.getEncoding()).getKind());
  bool isLinear = false, isTable = false, isKept = false, isMaster = false;
  Operation *otherUser = nullptr;
  for (Operation *user : weight->getUsers()) {
    if (auto layer = dyn_cast<BitLinearOp>(user)) {
      isLinear = true;
      (layer.getKeepWeights() ? isKept : isMaster) = true;
    } else {
      otherUser = user;
      isTable |= isa<EmbeddingOp, OutputHeadOp>(user);
    }
  }
  bool isFewBits = isTernary(format) || isBinary(format);
  if (!isLinear && !(isTable && isFewBits))
    return success();
  if (isLinear && otherUser && !(isTable && isFewBits))
    return weight.emitOpError("expects a matrix of linear layers not to be a "
                              "table of ")
           << otherUser->getName();
  if (isKept && isMaster)
    return weight.emitOpError("expects all layers or none to keep it");

  std::vector<char> scratch;
  std::optional<ArrayRef<char>> bytes =
      getConstantBytes(weight.getData(), scratch);
  if (!bytes)
    return weight.emitOpError("expects data; it was printed without");
  llvm::Expected<StoredMatrix> matrix =
      StoredMatrix::get(format, type.getRows(), type.getColumns(), *bytes);
  if (!matrix)
    return weight.emitOpError(llvm::toString(matrix.takeError()));
  llvm::Expected<QuantizedMatrix> quantized =
      isMaster ? quantize(*matrix, masters, weight.getContext())
               : keep(*matrix, weight.getContext());
  if (!quantized)
    return weight.emitOpError(llvm::toString(quantized.takeError()));
  if (isTable) {
    // 2-bit formats may hold more than trits: a table of floats, then.
    if (isa<Int8Attr>(quantized->encoding)) {
      if (!isLinear)
        return success();
      return weight.emitOpError("expects a matrix of linear layers that is a "
                                "table to be ternary or binary");
    }
    replaceHeads(weight);
  }
  FailureOr<float> factor = getFactor(weight);
  if (failed(factor))
    return failure();
  for (auto *numbers : {&quantized->scales, &quantized->offsets})
    for (float &number : *numbers)
      number *= *factor;
  replace(weight, std::move(*quantized), releaser);
  ++numQuantized;
  return success();
}

void QuantizeWeightsPass::runOnOperation() {
  SmallVector<WeightOp> weights;
  getOperation().walk([&](WeightOp weight) {
    if (isa<StoredAttr>(weight.getResult().getType().getEncoding()))
      weights.push_back(weight);
  });
  WeightDataReleaser releaser(getOperation());
  IRUnit unit(getOperation().getOperation());
  for (auto [index, weight] : llvm::enumerate(weights)) {
    LogicalResult processed = success();
    getContext().executeAction<WeightAction>(
        [&, weight = weight] { processed = process(weight, releaser); }, unit,
        static_cast<int64_t>(index), static_cast<int64_t>(weights.size()));
    if (failed(processed))
      return signalPassFailure();
  }
}
