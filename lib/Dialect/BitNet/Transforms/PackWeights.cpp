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
#include "bitnet/Dialect/BitNet/Transforms/WeightAction.h"
#include "bitnet/Kernels/KernelTable.h"
#include "bitnet/Packing/Packing.h"
#include "bitnet/Weights/HalfFloat.h"
#include "mlir/IR/Builders.h"
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
  FailureOr<const LinearKernel *> getForcedKernel();
  /// Chooses the kernel of a layer and the layout of its weight.
  LogicalResult assignKernel(QuantizedLinearOp op, const LinearKernel *forced);
  /// Gives a layer its kernel and the activations or tables that it reads.
  LogicalResult setKernel(QuantizedLinearOp op, const LinearKernel &row,
                          LayoutAttr layout);
  /// The same for each part of the activations by itself, for kernels that take
  /// one: the smallest is added first.
  LogicalResult splitParts(QuantizedLinearOp op, const LinearKernel &row,
                           LayoutAttr layout);
  /// The first level without a kernel for a layer whose weight, in `layout`,
  /// was packed for `row`.
  std::optional<InstructionSet> findLevelWithout(const LinearKernel &row,
                                                 LayoutAttr layout);
  /// Times of all targets, each relative to that of its best kernel, added.
  /// Every level must have a kernel.
  double getSlowdown(const CostModel::Layer &layer, const LinearKernel &row,
                     LayoutAttr layout);
  /// The layout of output heads.
  FailureOr<LayoutAttr> getHeadLayout(WeightOp table, ElementKind element);
  /// The tables of the first `columns` values for `element`, made once.
  Value getTables(QuantizedLinearOp op, ElementKind element, int64_t columns);
  /// The scales or offsets of a linear layer's weight as `layout` wants them:
  /// those of blocks in halves if `inHalves`.
  FailureOr<ElementsAttr> packScales(WeightOp weight, ElementsAttr scales,
                                     LayoutAttr layout, bool inHalves);
  LogicalResult packLinear(WeightOp weight, LayoutAttr layout);
  LogicalResult packTable(WeightOp weight);
  /// What a table's elements become.
  FailureOr<ElementKind> selectElement(WeightOp weight,
                                       const StoredMatrix &matrix);
  /// Notes how a table is stored, for `bitnet.tables`.
  void report(WeightOp weight, ElementKind element, const RoundingError &error);
  /// Replaces `weight` by one with these bytes.
  void replace(WeightOp weight, LayoutAttr layout, std::vector<char> bytes,
               ElementsAttr scales, ElementsAttr offsets = {});

  /// Levels of the targets, all of which read the same weights, and what
  /// kernels cost there.
  SmallVector<InstructionSet> levels;
  SmallVector<CostModel> costs;
  std::optional<WeightDataReleaser> releaser;
  /// Layouts of the weights of linear layers.
  DenseMap<WeightOp, LayoutAttr> layouts;
  /// Entries of `bitnet.tables`.
  NamedAttrList tables;
};
} // namespace

/// The names of levels, separated by commas.
static std::string spell(ArrayRef<InstructionSet> levels) {
  return llvm::join(llvm::map_range(levels, stringifyInstructionSet), ", ");
}

/// The name of a weight, which its location holds.
static StringRef getWeightName(WeightOp weight) {
  auto location = dyn_cast<NameLoc>(weight.getLoc());
  return location ? location.getName().getValue() : "weight";
}

FailureOr<const LinearKernel *> PackWeightsPass::getForcedKernel() {
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
  if (llvm::none_of(levels, [&](InstructionSet level) {
        return includes(level, row->level);
      }))
    return emitError(getOperation().getLoc(), "expects a target of level ")
           << stringifyInstructionSet(row->level) << " for kernel " << row->name
           << ", found " << spell(levels);
  return row;
}

std::optional<InstructionSet>
PackWeightsPass::findLevelWithout(const LinearKernel &row, LayoutAttr layout) {
  for (InstructionSet level : levels)
    if (!findLinearKernel(row, layout, level))
      return level;
  return std::nullopt;
}

double PackWeightsPass::getSlowdown(const CostModel::Layer &layer,
                                    const LinearKernel &row,
                                    LayoutAttr layout) {
  double sum = 0;
  for (auto [level, model] : llvm::zip(levels, costs))
    sum += model.estimate(*findLinearKernel(row, layout, level), layer, layout)
               .getTotal() /
           model.rank(layer).front().getTotal();
  return sum;
}

/// Whether `bitnet.embedding` finds rows of the layer's weight in `layout`, if
/// it has to.
static bool canLookUpRows(QuantizedLinearOp op, LayoutAttr layout) {
  return layout.getElement() == ElementKind::Trit ||
         layout.getElement() == ElementKind::Bit ||
         llvm::none_of(op.getWeight().getUsers(), llvm::IsaPred<EmbeddingOp>);
}

LogicalResult PackWeightsPass::assignKernel(QuantizedLinearOp op,
                                            const LinearKernel *forced) {
  MatrixType weight = op.getWeight().getType();
  // Packed before: what this pass has made may come back.
  if (isa<LayoutAttr>(weight.getEncoding()))
    return success();
  CostModel::Layer layer = getLayer(op);
  if (forced && !forced->computes(layer.kind, layer.blockColumns)) {
    // Only the portable level has a kernel of the same kind for the others.
    if (forced->level != InstructionSet::Portable) {
      InFlightDiagnostic diagnostic =
          op.emitOpError("expects a kernel that reads ") << weight;
      if (layer.blockColumns)
        diagnostic << " with scales of " << layer.blockColumns << " columns";
      return diagnostic << ", found " << forced->name << ", which reads "
                        << stringifyElementKind(forced->element);
    }
    forced = llvm::find_if(getLinearKernels(), [&](const LinearKernel &row) {
      return row.level == InstructionSet::Portable &&
             row.computes(layer.kind, layer.blockColumns);
    });
  }
  // A forced kernel that shares weights with others reads them in the layout
  // that serves the others best, if it can. Among equals, the first target
  // decides.
  const LinearKernel *best = nullptr;
  LayoutAttr layout;
  double least = 0;
  if (!forced || levels.size() > 1)
    for (const KernelEstimate &estimate : costs.front().rank(layer)) {
      const LinearKernel &row = forced ? *forced : *estimate.kernel;
      LayoutAttr candidate = estimate.kernel->getLayout(op.getContext());
      if (!row.accepts(candidate) || findLevelWithout(row, candidate) ||
          !canLookUpRows(op, candidate))
        continue;
      double slowdown = getSlowdown(layer, row, candidate);
      if (!best || slowdown < least) {
        best = &row;
        layout = candidate;
        least = slowdown;
      }
    }
  if (best)
    return setKernel(op, *best, layout);
  if (!forced)
    return op.emitOpError("expects a weight that kernels of level ")
           << spell(levels) << " read, found " << weight;
  layout = forced->getLayout(op.getContext());
  if (!canLookUpRows(op, layout))
    return op.emitOpError(
               "expects a kernel that reads trit or bit elements for "
               "a table of bitnet.embedding, found ")
           << forced->name;
  if (std::optional<InstructionSet> level = findLevelWithout(*forced, layout))
    return op.emitOpError("expects a kernel whose weights all targets read: "
                          "level ")
           << stringifyInstructionSet(*level) << " has none for " << layout
           << " of " << forced->name;
  return setKernel(op, *forced, layout);
}

LogicalResult PackWeightsPass::splitParts(QuantizedLinearOp op,
                                          const LinearKernel &row,
                                          LayoutAttr layout) {
  OpBuilder b(op);
  Value result;
  for (int64_t part = op.getPartCount(); part-- > 0;) {
    Value values = op.getPartValues(part), scales = op.getScales(),
          sums = op.getSums();
    if (part > 0) {
      scales = op.getRemainders()[3 * part - 2];
      sums = op.getRemainders()[3 * part - 1];
    }
    auto product = QuantizedLinearOp::create(
        b, op.getLoc(), op.getType(), values, scales, sums, op.getWeight(),
        /*residual=*/result, /*kernel=*/StringAttr());
    if (failed(setKernel(product, row, layout)))
      return failure();
    result = product;
  }
  if (op.getResidual())
    result = AddOp::create(b, op.getLoc(), result, op.getResidual());
  op.replaceAllUsesWith(result);
  op.erase();
  return success();
}

Value PackWeightsPass::getTables(QuantizedLinearOp op, ElementKind element,
                                 int64_t columns) {
  Value values = op.getValues();
  auto type = cast<RankedTensorType>(values.getType());
  int64_t bytes = getLookupTableBytes(element, columns);
  for (Operation *user : values.getUsers())
    if (auto tables = dyn_cast<LookupTablesOp>(user);
        tables && tables.getElement() == element &&
        tables.getTables().getType().getDimSize(1) == bytes)
      return tables.getTables();
  OpBuilder b(op.getContext());
  b.setInsertionPointAfterValue(values);
  return LookupTablesOp::create(
      b, op.getLoc(), type.clone({type.getDimSize(0), bytes}), values, element);
}

LogicalResult PackWeightsPass::setKernel(QuantizedLinearOp op,
                                         const LinearKernel &row,
                                         LayoutAttr layout) {
  int64_t columns = op.getWeight().getType().getColumns();
  int64_t most = row.element == ElementKind::Int8 ? maximumIntegerColumns
                                                  : maximumColumns;
  if (columns > most)
    return op.emitOpError("expects at most ")
           << most << " columns, found " << columns;
  int64_t padded = layout.getPaddedColumns(columns);
  for (int64_t part = 0; part < op.getPartCount(); ++part) {
    Value operand = op.getPartValues(part);
    auto values = cast<RankedTensorType>(operand.getType());
    if (values.getDimSize(1) >= padded)
      continue;
    auto quantize = operand.getDefiningOp<QuantizeActivationsOp>();
    if (!quantize)
      return op.emitOpError("expects values of ")
             << padded << " columns or made by bitnet.quantize_activations, "
             << "found " << values;
    quantize.getValues().setType(RankedTensorType::get(
        {values.getDimSize(0), padded}, values.getElementType()));
  }
  if (row.family == KernelFamily::LookupTable) {
    if (op.getPartCount() > 1)
      return splitParts(op, row, layout);
    op.getValuesMutable().assign(getTables(op, row.element, padded));
  }
  op.setKernelAttr(StringAttr::get(op.getContext(), row.name));
  if (auto weight = op.getWeight().getDefiningOp<WeightOp>())
    layouts[weight] = layout;
  return success();
}

void PackWeightsPass::replace(WeightOp weight, LayoutAttr layout,
                              std::vector<char> bytes, ElementsAttr scales,
                              ElementsAttr offsets) {
  OpBuilder b(weight);
  MatrixType type = weight.getResult().getType();
  std::string name = getWeightName(weight).str();
  packedBytes += bytes.size();
  auto dataType = RankedTensorType::get({int64_t(bytes.size())}, b.getI8Type());
  auto packed = WeightOp::create(
      b, weight.getLoc(),
      MatrixType::get(b.getContext(), type.getRows(), type.getColumns(),
                      layout),
      makeConstant(dataType, name + ".packed", std::move(bytes)), scales,
      offsets);
  ElementsAttr old = weight.getData();
  weight.replaceAllUsesWith(packed.getResult());
  weight.erase();
  releaser->release(old);
}

/// The numbers of an attribute of f32; nothing: it was printed without. The
/// bytes stay with the attribute or are kept in `scratch`.
static std::optional<ArrayRef<float>> getFloats(ElementsAttr attribute,
                                                std::vector<char> &scratch) {
  std::optional<ArrayRef<char>> bytes = getConstantBytes(attribute, scratch);
  if (!bytes)
    return std::nullopt;
  return ArrayRef<float>(reinterpret_cast<const float *>(bytes->data()),
                         bytes->size() / sizeof(float));
}

/// Whether scales of blocks are halves as they are, so that they can be stored
/// so. Absent ones are.
static bool areHalves(std::optional<ElementsAttr> scales) {
  if (!scales)
    return true;
  std::vector<char> scratch;
  std::optional<ArrayRef<float>> values = getFloats(*scales, scratch);
  return values && llvm::all_of(*values, [](float value) {
           return std::abs(value) <= 65504 &&
                  decodeF16(encodeF16(value)) == value;
         });
}

FailureOr<ElementsAttr> PackWeightsPass::packScales(WeightOp weight,
                                                    ElementsAttr scales,
                                                    LayoutAttr layout,
                                                    bool inHalves) {
  auto type = cast<ShapedType>(scales.getType());
  if (type.getRank() == 1)
    return scales;
  std::vector<char> scratch;
  std::optional<ArrayRef<float>> values = getFloats(scales, scratch);
  if (!values)
    return weight.emitOpError("expects scales; they were printed without");
  int64_t rows = type.getDimSize(0);
  std::vector<float> packed = packBlockScales(*values, rows, layout);
  SmallVector<int64_t> shape = {layout.getTileCount(rows), type.getDimSize(1),
                                layout.getTileRows()};
  if (!inHalves)
    return cast<ElementsAttr>(DenseElementsAttr::get(
        RankedTensorType::get(shape, type.getElementType()),
        ArrayRef<float>(packed)));
  auto halves =
      llvm::to_vector_of<uint16_t>(llvm::map_range(packed, encodeF16));
  return cast<ElementsAttr>(DenseElementsAttr::getFromRawBuffer(
      RankedTensorType::get(shape, Float16Type::get(weight.getContext())),
      ArrayRef(reinterpret_cast<const char *>(halves.data()),
               halves.size() * sizeof(uint16_t))));
}

LogicalResult PackWeightsPass::packLinear(WeightOp weight, LayoutAttr layout) {
  MatrixType type = weight.getResult().getType();
  std::vector<char> scratch;
  std::optional<ArrayRef<char>> bytes =
      getConstantBytes(weight.getData(), scratch);
  if (!bytes)
    return weight.emitOpError("expects data; it was printed without");
  // A file has f16 scales; they are an eighth of what a token reads with blocks
  // of 128 bits.
  bool inHalves =
      areHalves(weight.getScales()) && areHalves(weight.getOffsets());
  FailureOr<ElementsAttr> scales =
      packScales(weight, *weight.getScales(), layout, inHalves);
  FailureOr<ElementsAttr> offsets = ElementsAttr();
  if (weight.getOffsets())
    offsets = packScales(weight, *weight.getOffsets(), layout, inHalves);
  if (failed(scales) || failed(offsets))
    return failure();
  int64_t rows = type.getRows(), columns = type.getColumns();
  std::vector<char> packed;
  switch (*type.getWeightKind()) {
  case WeightKind::Binary:
    packed = packBits({rows, columns, *bytes}, layout);
    break;
  case WeightKind::Int8:
    packed = packInt8(*bytes, rows, columns, layout);
    break;
  case WeightKind::Ternary:
    TernaryView view{rows, columns, *bytes};
    if (auto invalid = view.findInvalidCode())
      return weight.emitOpError("expects trit codes 0, 1 and 2 and padding of "
                                "code 1, found another in row ")
             << invalid->first << ", column " << invalid->second;
    packed = packTrits(view, layout);
    break;
  }
  replace(weight, layout, std::move(packed), *scales, *offsets);
  return success();
}

FailureOr<LayoutAttr> PackWeightsPass::getHeadLayout(WeightOp table,
                                                     ElementKind element) {
  for (InstructionSet level : levels) {
    const HeadKernel *row = findHeadKernel(element, level);
    if (!row)
      break;
    LayoutAttr layout = row->getLayout(&getContext());
    if (llvm::all_of(levels, [&](InstructionSet other) {
          return findHeadKernel(layout, other);
        }))
      return layout;
  }
  return table.emitOpError("expects a format of the output head that kernels "
                           "of level ")
         << spell(levels) << " read, found " << stringifyElementKind(element);
}

FailureOr<ElementKind>
PackWeightsPass::selectElement(WeightOp weight, const StoredMatrix &matrix) {
  static constexpr ElementKind kinds[] = {ElementKind::F16, ElementKind::BF16,
                                          ElementKind::Int8, ElementKind::Int6,
                                          ElementKind::Planes};
  if (head == HeadFormat::Auto) {
    llvm::Expected<ElementKind> element = selectTableElement(matrix, headError);
    if (!element)
      return weight.emitOpError(llvm::toString(element.takeError()));
    return *element;
  }
  ElementKind element = kinds[unsigned(head.getValue()) - 1];
  if (getIntegerElement(element) && matrix.getColumns() > maximumIntegerColumns)
    return weight.emitOpError("expects at most ")
           << maximumIntegerColumns << " columns for "
           << stringifyElementKind(element) << ", found "
           << matrix.getColumns();
  return element;
}

void PackWeightsPass::report(WeightOp weight, ElementKind element,
                             const RoundingError &error) {
  Builder b(weight.getContext());
  tables.set(
      getWeightName(weight),
      b.getDictionaryAttr(
          {b.getNamedAttr("element",
                          ElementKindAttr::get(b.getContext(), element)),
           b.getNamedAttr("error", b.getF64FloatAttr(error.table)),
           b.getNamedAttr("row_error", b.getF64FloatAttr(error.worstRow))}));
}

LogicalResult PackWeightsPass::packTable(WeightOp weight) {
  MatrixType type = weight.getResult().getType();
  auto stored = dyn_cast<StoredAttr>(type.getEncoding());
  if (!stored)
    return success();
  if (weight.getScales())
    return weight.emitOpError("expects a table without a factor");
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

  // Half a gigabyte of an embedding need not stay in memory.
  matrix->setDiscard([&](ArrayRef<char> done) {
    getContext().getLoadedDialect<BitNetDialect>()->discardPages(done);
  });

  FailureOr<ElementKind> element = selectElement(weight, *matrix);
  if (failed(element))
    return failure();
  bool isHead = llvm::any_of(weight->getUsers(), [](Operation *user) {
    return isa<OutputHeadOp>(user);
  });
  // A table that is only looked up in keeps its rows together.
  FailureOr<LayoutAttr> layout =
      isHead ? getHeadLayout(weight, *element)
             : LayoutAttr::get(weight.getContext(), *element, 1, 1);
  if (failed(layout))
    return failure();
  llvm::Expected<PackedTable> packed = bitnet::packTable(*matrix, *layout);
  if (!packed)
    return weight.emitOpError(llvm::toString(packed.takeError()));
  report(weight, *element, packed->error);
  ElementsAttr scales;
  if (!packed->scales.empty())
    scales = DenseElementsAttr::get(
        RankedTensorType::get({type.getRows()},
                              Float32Type::get(weight.getContext())),
        ArrayRef<float>(packed->scales));
  replace(weight, *layout, std::move(packed->bytes), scales);
  return success();
}

void PackWeightsPass::runOnOperation() {
  ModuleOp module = getOperation();
  levels = getTargetLevels(module);
  FailureOr<const LinearKernel *> forced = getForcedKernel();
  if (failed(forced))
    return signalPassFailure();

  // The format of tables that are packed for their error comes out later.
  int64_t headBytes = countHeadBytes(module);
  if (head == HeadFormat::Int8)
    headBytes /= 2;
  else if (head == HeadFormat::Int6 || head == HeadFormat::Planes)
    headBytes = headBytes * 3 / 8;
  costs.clear();
  for (InstructionSet level : levels)
    costs.emplace_back(module, level, headBytes);
  WalkResult assigned = module.walk([&](QuantizedLinearOp op) -> WalkResult {
    return assignKernel(op, *forced);
  });
  if (assigned.wasInterrupted())
    return signalPassFailure();

  // Tables that no layer reads keep their rows together.
  module.walk([&](EmbeddingOp op) {
    auto weight = op.getTable().getDefiningOp<WeightOp>();
    if (!weight || layouts.contains(weight))
      return;
    Attribute encoding = weight.getResult().getType().getEncoding();
    if (isa<TritsAttr>(encoding))
      layouts[weight] = LayoutAttr::get(&getContext(), ElementKind::Trit, 1, 1);
    else if (isa<BitsAttr>(encoding))
      layouts[weight] = LayoutAttr::get(&getContext(), ElementKind::Bit, 1, 1);
  });

  releaser.emplace(module);
  // Packed layers are no larger than what they replace; tables, which come from
  // a mapped file, are packed after them.
  SmallVector<WeightOp> weights, others;
  module.walk([&](WeightOp weight) {
    (layouts.contains(weight) ? weights : others).push_back(weight);
  });
  llvm::append_range(weights, others);
  IRUnit unit(module.getOperation());
  for (auto [index, weight] : llvm::enumerate(weights)) {
    if (weight->use_empty()) {
      releaser->release(weight.getData());
      weight.erase();
      continue;
    }
    LayoutAttr layout = layouts.lookup(weight);
    LogicalResult packed = success();
    getContext().executeAction<WeightAction>(
        [&, weight = weight] {
          packed = layout ? packLinear(weight, layout) : packTable(weight);
        },
        unit, static_cast<int64_t>(index),
        static_cast<int64_t>(weights.size()));
    if (failed(packed))
      return signalPassFailure();
  }
  layouts.clear();
  if (!tables.empty())
    module->setAttr(tablesAttrName, tables.getDictionary(&getContext()));
  tables.clear();
}
