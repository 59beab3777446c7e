//===- QuantizeWeights.cpp - Stored weights to trits and scales -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Weights/Binarize.h"
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

/// Replaces `weight` by its trits and scales.
namespace {
/// What a matrix becomes.
struct QuantizedMatrix {
  Attribute encoding;
  StringRef suffix;
  std::vector<char> bytes;
  SmallVector<int64_t> scalesShape;
  std::vector<float> scales;
};
} // namespace

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
    SmallVector<int64_t> shape = {int64_t(bits->scales.size())};
    if (bits->blocks)
      shape = {bits->rows, bits->blocks};
    return QuantizedMatrix{BitsAttr::get(context), ".bits",
                           std::move(bits->bytes), shape,
                           std::move(bits->scales)};
  }
  llvm::Expected<TernaryMatrix> trits =
      isTernary(format) ? readTernary(matrix) : quantizeAbsMean(matrix);
  if (!trits)
    return trits.takeError();
  SmallVector<int64_t> shape = {int64_t(trits->scales.size())};
  if (trits->blocks)
    shape = {trits->rows, trits->blocks};
  return QuantizedMatrix{TritsAttr::get(context), ".trits",
                         std::move(trits->codes), shape,
                         std::move(trits->scales)};
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

static LogicalResult quantize(WeightOp weight, MasterQuantizer masters,
                              WeightDataReleaser &releaser) {
  MatrixType type = weight.getResult().getType();
  auto stored = cast<StoredAttr>(type.getEncoding());
  std::vector<char> scratch;
  std::optional<ArrayRef<char>> bytes =
      getConstantBytes(weight.getData(), scratch);
  if (!bytes)
    return weight.emitOpError("expects data; it was printed without");
  llvm::Expected<StoredMatrix> matrix =
      StoredMatrix::get(getWeightFormat(stored.getKind()), type.getRows(),
                        type.getColumns(), *bytes);
  if (!matrix)
    return weight.emitOpError(llvm::toString(matrix.takeError()));
  llvm::Expected<QuantizedMatrix> quantized =
      quantize(*matrix, masters, weight.getContext());
  if (!quantized)
    return weight.emitOpError(llvm::toString(quantized.takeError()));
  FailureOr<float> factor = getFactor(weight);
  if (failed(factor))
    return failure();
  for (float &scale : quantized->scales)
    scale *= *factor;

  OpBuilder b(weight);
  std::string name = "weight";
  if (auto location = dyn_cast<NameLoc>(weight.getLoc()))
    name = location.getName().str();
  auto dataType =
      RankedTensorType::get({int64_t(quantized->bytes.size())}, b.getI8Type());
  auto scalesType =
      RankedTensorType::get(quantized->scalesShape, b.getF32Type());
  ElementsAttr data = makeConstant(dataType, name + quantized->suffix.str(),
                                   std::move(quantized->bytes));
  auto scales =
      DenseElementsAttr::get(scalesType, ArrayRef<float>(quantized->scales));
  auto result = MatrixType::get(b.getContext(), type.getRows(),
                                type.getColumns(), quantized->encoding);
  auto replacement = WeightOp::create(b, weight.getLoc(), result, data, scales);
  ElementsAttr old = weight.getData();
  weight.replaceAllUsesWith(replacement.getResult());
  weight.erase();
  releaser.release(old);
  return success();
}

namespace {
class QuantizeWeightsPass
    : public bitnet::impl::QuantizeWeightsPassBase<QuantizeWeightsPass> {
public:
  using QuantizeWeightsPassBase::QuantizeWeightsPassBase;

private:
  void runOnOperation() override {
    SmallVector<WeightOp> weights;
    getOperation().walk([&](WeightOp weight) {
      MatrixType type = weight.getResult().getType();
      bool isLinear = llvm::any_of(weight->getUsers(), [](Operation *user) {
        return isa<BitLinearOp>(user);
      });
      if (isLinear && isa<StoredAttr>(type.getEncoding()))
        weights.push_back(weight);
    });
    WeightDataReleaser releaser(getOperation());
    for (WeightOp weight : weights) {
      for (Operation *user : weight->getUsers())
        if (!isa<BitLinearOp>(user)) {
          weight.emitOpError("expects a matrix of linear layers not to be a "
                             "table of ")
              << user->getName();
          return signalPassFailure();
        }
      if (failed(quantize(weight, masters, releaser)))
        return signalPassFailure();
    }
    numQuantized += weights.size();
  }
};
} // namespace
