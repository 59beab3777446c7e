//===- PackWeights.cpp - Kernels chosen, weights packed -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/CostModel/CostModel.h"
#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Kernels/KernelTable.h"
#include "bitnet/Packing/Packing.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_PACKWEIGHTSPASS
#include "bitnet/Dialect/BitNet/Transforms/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

/// The largest sum of a kernel is that of mad-avx512vbmi, which collects two
/// fields of 64 times their codes: up to 2^17 for 20 columns, so that it stays
/// below 2^31 up to here.
static constexpr int64_t maximumColumns = 1 << 18;

namespace {
class PackWeightsPass
    : public bitnet::impl::PackWeightsPassBase<PackWeightsPass> {
public:
  using PackWeightsPassBase::PackWeightsPassBase;

private:
  void runOnOperation() override;

  /// The kernel that the option names, or null if it names none. Emits an error
  /// if it cannot be had.
  FailureOr<const LinearKernel *> getForcedKernel(InstructionSet level);
  /// Gives a layer its kernel and the activations or tables that it reads.
  LogicalResult assignKernel(QuantizedLinearOp op, const LinearKernel &row);
  /// The tables of `values` for `element`, made once.
  Value getTables(QuantizedLinearOp op, ElementKind element);
  LogicalResult packLinear(WeightOp weight, LayoutAttr layout);
  LogicalResult packTable(WeightOp weight, InstructionSet level);
  /// Replaces `weight` by one with these bytes.
  void replace(WeightOp weight, LayoutAttr layout, std::vector<char> bytes,
               ElementsAttr scales);

  std::optional<WeightDataReleaser> releaser;
  /// Layouts of the weights of linear layers.
  DenseMap<WeightOp, LayoutAttr> layouts;
};
} // namespace

FailureOr<const LinearKernel *>
PackWeightsPass::getForcedKernel(InstructionSet level) {
  if (kernel.empty())
    return nullptr;
  const LinearKernel *row = lookupLinearKernel(kernel);
  if (!row) {
    std::string names = llvm::join(
        llvm::map_range(getLinearKernels(),
                        [](const auto &entry) { return entry.name.str(); }),
        ", ");
    return emitError(getOperation().getLoc(), "expects one of the kernels ")
           << names << ", found '" << kernel << "'";
  }
  if (!includes(level, row->level))
    return emitError(getOperation().getLoc(), "expects a target of level ")
           << stringifyInstructionSet(row->level) << " for kernel " << row->name
           << ", found " << stringifyInstructionSet(level);
  return row;
}

Value PackWeightsPass::getTables(QuantizedLinearOp op, ElementKind element) {
  Value values = op.getValues();
  for (Operation *user : values.getUsers())
    if (auto tables = dyn_cast<LookupTablesOp>(user);
        tables && tables.getElement() == element)
      return tables.getTables();
  auto type = cast<RankedTensorType>(values.getType());
  OpBuilder b(op.getContext());
  b.setInsertionPointAfterValue(values);
  return LookupTablesOp::create(
      b, op.getLoc(),
      type.clone({type.getDimSize(0),
                  getLookupTableBytes(element, type.getDimSize(1))}),
      values, element);
}

LogicalResult PackWeightsPass::assignKernel(QuantizedLinearOp op,
                                            const LinearKernel &row) {
  int64_t columns = op.getWeight().getType().getColumns();
  if (columns > maximumColumns)
    return op.emitOpError("expects at most ")
           << maximumColumns << " columns, found " << columns;
  LayoutAttr layout = row.getLayout(op.getContext());
  int64_t padded = layout.getPaddedColumns(columns);
  RankedTensorType values = op.getValues().getType();
  if (values.getDimSize(1) < padded) {
    auto quantize = op.getValues().getDefiningOp<QuantizeActivationsOp>();
    if (!quantize)
      return op.emitOpError("expects values of ")
             << padded << " columns or made by bitnet.quantize_activations, "
             << "found " << values;
    quantize.getValues().setType(RankedTensorType::get(
        {values.getDimSize(0), padded}, values.getElementType()));
  }
  if (row.family == KernelFamily::LookupTable)
    op.getValuesMutable().assign(getTables(op, row.element));
  op.setKernelAttr(StringAttr::get(op.getContext(), row.name));
  if (auto weight = op.getWeight().getDefiningOp<WeightOp>())
    layouts[weight] = layout;
  return success();
}

void PackWeightsPass::replace(WeightOp weight, LayoutAttr layout,
                              std::vector<char> bytes, ElementsAttr scales) {
  OpBuilder b(weight);
  MatrixType type = weight.getResult().getType();
  std::string name = "weight";
  if (auto location = dyn_cast<NameLoc>(weight.getLoc()))
    name = location.getName().str();
  packedBytes += bytes.size();
  auto dataType = RankedTensorType::get({int64_t(bytes.size())}, b.getI8Type());
  auto packed = WeightOp::create(
      b, weight.getLoc(),
      MatrixType::get(b.getContext(), type.getRows(), type.getColumns(),
                      layout),
      makeConstant(dataType, name + ".packed", std::move(bytes)), scales);
  ElementsAttr old = weight.getData();
  weight.replaceAllUsesWith(packed.getResult());
  weight.erase();
  releaser->release(old);
}

LogicalResult PackWeightsPass::packLinear(WeightOp weight, LayoutAttr layout) {
  MatrixType type = weight.getResult().getType();
  std::vector<char> scratch;
  std::optional<ArrayRef<char>> bytes =
      getConstantBytes(weight.getData(), scratch);
  if (!bytes)
    return weight.emitOpError("expects data; it was printed without");
  if (type.isBinary()) {
    replace(weight, layout,
            packBits({type.getRows(), type.getColumns(), *bytes}, layout),
            *weight.getScales());
    return success();
  }
  TernaryView view{type.getRows(), type.getColumns(), *bytes};
  if (auto invalid = view.findInvalidCode())
    return weight.emitOpError("expects trit codes 0, 1 and 2 and padding of "
                              "code 1, found another in row ")
           << invalid->first << ", column " << invalid->second;
  replace(weight, layout, packTrits(view, layout), *weight.getScales());
  return success();
}

LogicalResult PackWeightsPass::packTable(WeightOp weight,
                                         InstructionSet level) {
  MatrixType type = weight.getResult().getType();
  auto stored = dyn_cast<StoredAttr>(type.getEncoding());
  if (!stored)
    return success();
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

  ElementKind element =
      head == HeadFormat::Int8 ? ElementKind::Int8 : ElementKind::F16;
  bool isHead = llvm::any_of(weight->getUsers(), [](Operation *user) {
    return isa<OutputHeadOp>(user);
  });
  // A table that is only looked up in keeps its rows together.
  LayoutAttr layout =
      isHead ? findHeadKernel(element, level)->getLayout(weight.getContext())
             : LayoutAttr::get(weight.getContext(), element, 1, 1);
  llvm::Expected<PackedData> packed = bitnet::packTable(*matrix, layout);
  if (!packed)
    return weight.emitOpError(llvm::toString(packed.takeError()));
  ElementsAttr scales;
  if (!packed->scales.empty())
    scales = DenseElementsAttr::get(
        RankedTensorType::get({type.getRows()},
                              Float32Type::get(weight.getContext())),
        ArrayRef<float>(packed->scales));
  replace(weight, layout, std::move(packed->bytes), scales);
  return success();
}

void PackWeightsPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto target = module->getAttrOfType<TargetAttr>(targetAttrName);
  InstructionSet level = target ? target.getLevel() : InstructionSet::Portable;
  FailureOr<const LinearKernel *> forced = getForcedKernel(level);
  if (failed(forced))
    return signalPassFailure();

  int64_t headBytes = 0;
  module.walk([&](OutputHeadOp op) {
    MatrixType table = op.getTable().getType();
    headBytes += table.getRows() * table.getColumns() *
                 (head == HeadFormat::Int8 ? 1 : 2);
  });
  CostModel costs(module, level, headBytes);
  llvm::SetVector<StringRef> names;
  WalkResult assigned = module.walk([&](QuantizedLinearOp op) -> WalkResult {
    MatrixType weight = op.getWeight().getType();
    const LinearKernel *row = *forced;
    if (!row || isTrit(row->element) != weight.isTernary()) {
      SmallVector<KernelEstimate> ranked = costs.rank(getLayer(op));
      if (ranked.empty())
        return op.emitOpError("expects a weight that a kernel of level ")
               << stringifyInstructionSet(level) << " reads, found " << weight;
      row = ranked.front().kernel;
    }
    names.insert(row->name);
    return assignKernel(op, *row);
  });
  if (assigned.wasInterrupted())
    return signalPassFailure();

  // A module that comes back after this stage keeps its names.
  if (!names.empty())
    module->setAttr(kernelAttrName,
                    StringAttr::get(&getContext(), llvm::join(names, ",")));
  releaser.emplace(module);
  SmallVector<WeightOp> weights;
  module.walk([&](WeightOp weight) { weights.push_back(weight); });
  for (WeightOp weight : weights) {
    if (weight->use_empty()) {
      releaser->release(weight.getData());
      weight.erase();
      continue;
    }
    LayoutAttr layout = layouts.lookup(weight);
    LogicalResult packed =
        layout ? packLinear(weight, layout) : packTable(weight, level);
    if (failed(packed))
      return signalPassFailure();
  }
  layouts.clear();
}
