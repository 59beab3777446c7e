//===- BitNetToKernels.cpp - Operations to launches of kernels ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionFacts.h"
#include "KernelModule.h"
#include "bitnet/Conversion/Passes.h"
#include "bitnet/Dialect/BitNet/IR/PlanesTable.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "bitnet/Kernels/KernelTable.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_CONVERTBITNETTOKERNELSPASS
#include "bitnet/Conversion/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// More rows than a graph ever has. Addresses do not depend on it.
constexpr int64_t graphRowCapacity = int64_t(1) << 32;

/// A tensor of token rows: the buffer that holds it and its first column there.
/// `bitnet.columns` is a view and never becomes a kernel of its own.
struct RowsView {
  explicit RowsView(Value value) : buffer(value) {
    while (auto columns = buffer.getDefiningOp<ColumnsOp>()) {
      buffer = columns.getInput();
      offset += columns.getOffset();
    }
  }
  Value buffer;
  int64_t offset = 0;
};

int64_t getColumns(Value value) {
  return cast<RankedTensorType>(value.getType()).getDimSize(1);
}

/// A number as part of a kernel's name: equal text means equal value.
std::string spell(double value) {
  return llvm::utohexstr(llvm::bit_cast<uint64_t>(value), /*LowerCase=*/true);
}

/// The tiles of a layout as part of a kernel's name.
std::string spellTiles(LayoutAttr layout) {
  return (Twine(layout.getLanes()) + "x" + Twine(layout.getGroups())).str();
}

/// The scales of a weight as part of a kernel's name.
std::string spellScales(const QuantizedLinearSpec &spec) {
  switch (spec.scales) {
  case WeightScales::Matrix:
    return "";
  case WeightScales::Rows:
    return "_row_scales";
  case WeightScales::Blocks:
    return ((spec.hasHalfScales ? "_halves_of_" : "_scales_of_") +
            Twine(spec.blockColumns) + (spec.hasOffsets ? "_offsets" : ""))
        .str();
  }
  llvm_unreachable("unknown scales");
}

/// A layer with a weight, without parts and residual.
QuantizedLinearSpec getLinearSpec(const WeightBuffers &weight) {
  QuantizedLinearSpec spec{weight.matrix, WeightScales::Matrix,
                           /*blockColumns=*/0, /*hasResidual=*/false,
                           /*residualOffset=*/0};
  auto scales = cast<MemRefType>(weight.scales.getType());
  if (scales.getRank() == 3) {
    spec.scales = WeightScales::Blocks;
    spec.blockColumns = weight.matrix.columns / scales.getDimSize(1);
    spec.hasOffsets = static_cast<bool>(weight.offsets);
    spec.hasHalfScales = !scales.getElementType().isF32();
  } else if (scales.getNumElements() > 1) {
    spec.scales = WeightScales::Rows;
  }
  return spec;
}

/// Converts the operations of one function for its target, which may be null.
class FunctionLowering {
public:
  FunctionLowering(KernelModule &kernels, func::FuncOp function)
      : kernels(kernels), function(function),
        target(function->getAttrOfType<TargetAttr>(targetAttrName)),
        level(target ? target.getLevel() : InstructionSet::Portable),
        b(function.getContext()) {}

  LogicalResult run();

private:
  bool isPortable() const { return level == InstructionSet::Portable; }

  /// The dynamic dimension of a tensor of token rows.
  Value getRows(Value tensor);
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, b.getUnknownLoc(), value);
  }
  std::string name(const Twine &text) { return text.str(); }

  /// Creates the launch of a kernel and remembers the rows of its results.
  bitnet_runtime::LaunchOp launch(Operation *op, StringRef kernelName,
                                  Value tiles, Value rows, ValueRange inputs,
                                  TypeRange results,
                                  KernelModule::BodyEmitter emit);
  void replace(Operation *op, bitnet_runtime::LaunchOp launchOp) {
    op->replaceAllUsesWith(launchOp.getResults());
  }

  LogicalResult lower(EmbeddingOp op);
  LogicalResult lower(OutputHeadOp op);
  /// The activations of a head with a table of integers: high and low parts,
  /// scales, sums.
  ValueRange quantizeHeadInput(OutputHeadOp op, const HeadInputSpec &spec,
                               int64_t paddedColumns);
  void lowerPlanes(OutputHeadOp op, const WeightBuffers &table,
                   const HeadKernel &row);
  LogicalResult lower(SelectRowsOp op);
  LogicalResult lower(RMSNormOp op);
  LogicalResult lower(QuantizeActivationsOp op);
  LogicalResult lower(QuantizationErrorOp op);
  LogicalResult lower(QuantizedLinearOp op);
  LogicalResult lower(LookupTablesOp op);
  LogicalResult lower(GateOp op);
  LogicalResult lower(AddOp op);
  LogicalResult lower(AddBiasOp op);
  LogicalResult lower(RotationTableOp op);
  LogicalResult lower(RopeOp op);
  LogicalResult lower(AttentionOp op);
  LogicalResult lowerColumnsThatEscape(ColumnsOp op);

  KernelModule &kernels;
  func::FuncOp function;
  TargetAttr target;
  InstructionSet level;
  OpBuilder b;
  DenseMap<Value, Value> rowsOf;
  /// Kernels of linear layers.
  llvm::SetVector<StringRef> kernelNames;
};

Value FunctionLowering::getRows(Value tensor) {
  Value &rows = rowsOf[tensor];
  if (!rows) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointAfterValue(tensor);
    rows = tensor::DimOp::create(b, tensor.getLoc(), tensor, 0);
  }
  return rows;
}

bitnet_runtime::LaunchOp
FunctionLowering::launch(Operation *op, StringRef kernelName, Value tiles,
                         Value rows, ValueRange inputs, TypeRange results,
                         KernelModule::BodyEmitter emit) {
  func::FuncOp kernel =
      kernels.getKernel(kernelName, target, inputs.getTypes(), results, emit);
  auto launchOp = bitnet_runtime::LaunchOp::create(
      b, op->getLoc(), results, kernel.getSymName(), tiles, rows, inputs,
      /*outputs=*/ValueRange());
  for (Value result : launchOp.getResults())
    rowsOf[result] = rows;
  return launchOp;
}

LogicalResult FunctionLowering::lower(EmbeddingOp op) {
  FailureOr<WeightBuffers> table = kernels.getWeight(b, op, op.getTable());
  if (failed(table))
    return failure();
  SmallVector<Value> inputs = {op.getTokens(), table->data};
  if (table->scales)
    inputs.push_back(table->scales);
  Value rows = getRows(op.getTokens());
  TableSpec spec{table->matrix, 0};
  std::string kernelName =
      name("embedding_" + Twine(table->matrix.rows) + "x" +
           Twine(table->matrix.columns) + "_" +
           stringifyElementKind(table->matrix.layout.getElement()) + "_" +
           spellTiles(table->matrix.layout));
  if (op.getScale()) {
    spec.scale = op.getScale()->convertToFloat();
    kernelName += "_times_" + spell(*spec.scale);
  }
  HalfConversion conversion = getHalfConversion(level);
  MatrixType type = op.getTable().getType();
  if (type.isTernary() || type.isBinary()) {
    // Rows of the weight of a linear layer, such as the output head.
    if (ElementKind element = table->matrix.layout.getElement();
        element != ElementKind::Trit && element != ElementKind::Bit)
      return op.emitOpError("expects a table of trit or bit elements, found ")
             << table->matrix.layout;
    QuantizedLinearSpec weight = getLinearSpec(*table);
    kernelName += spellScales(weight);
    replace(op, launch(op, kernelName, rows, rows, inputs, op->getResultTypes(),
                       [=](Emitter &e, const KernelArguments &a) {
                         portable::emitQuantizedEmbedding(
                             e, a, weight, spec.scale, conversion);
                       }));
    return success();
  }
  replace(op, launch(op, kernelName, rows, rows, inputs, op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       portable::emitEmbedding(e, a, spec, conversion);
                     }));
  return success();
}

ValueRange FunctionLowering::quantizeHeadInput(OutputHeadOp op,
                                               const HeadInputSpec &spec,
                                               int64_t paddedColumns) {
  Value rows = getRows(op.getInput());
  auto plane = RankedTensorType::get({ShapedType::kDynamic, paddedColumns},
                                     b.getI8Type());
  auto scales = RankedTensorType::get({ShapedType::kDynamic}, b.getF32Type());
  auto sums = RankedTensorType::get({ShapedType::kDynamic, 2}, b.getI32Type());
  std::string kernelName = name("quantize_head_input_" + Twine(spec.columns) +
                                "_at_" + Twine(spec.offset));
  if (spec.limit != HeadInputSpec().limit)
    kernelName += name("_to_" + Twine(spec.limit));
  auto emit = isPortable() ? portable::emitQuantizeHeadInput
                           : vectorized::emitQuantizeHeadInput;
  return launch(op, kernelName, rows, rows, RowsView(op.getInput()).buffer,
                {plane, plane, scales, sums},
                [=](Emitter &e, const KernelArguments &a) { emit(e, a, spec); })
      .getResults();
}

void FunctionLowering::lowerPlanes(OutputHeadOp op, const WeightBuffers &table,
                                   const HeadKernel &row) {
  const PackedMatrix &matrix = table.matrix;
  PlanesTable planes(matrix.layout, matrix.rows, matrix.columns);
  PlanesHeadSpec spec{matrix, static_cast<bool>(op.getLimits())};
  Value rows = getRows(op.getInput());
  auto rowsType = [&](Type element, ArrayRef<int64_t> columns) {
    SmallVector<int64_t> shape = {ShapedType::kDynamic};
    llvm::append_range(shape, columns);
    return RankedTensorType::get(shape, element);
  };
  ValueRange input =
      quantizeHeadInput(op,
                        {matrix.columns, RowsView(op.getInput()).offset,
                         planes.getActivationLimit()},
                        planes.getFineColumns());
  std::string shape = name(Twine(matrix.rows) + "x" + Twine(matrix.columns) +
                           "_" + spellTiles(matrix.layout));
  auto terms = launch(
      op, "planes_terms_" + shape, rows, rows, {input[0], input[1], table.data},
      {rowsType(b.getI32Type(), {2}), rowsType(b.getF32Type(), {2})},
      [=](Emitter &e, const KernelArguments &a) {
        portable::emitPlanesTerms(e, a, spec);
      });
  SmallVector<Value> buffers = {
      input[0],           input[1],   input[2],    terms.getResult(0),
      terms.getResult(1), table.data, table.scales};
  if (spec.hasLimits)
    shape += "_limited";
  auto launchStage = [&](StringRef what, Value tiles, ValueRange inputs,
                         TypeRange results, PlanesStage stage) {
    return launch(op, ("output_head_planes_" + what + "_" + shape).str(), tiles,
                  rows, inputs, results,
                  [&](Emitter &e, const KernelArguments &a) {
                    row.emitPlanes(e, a, spec, stage);
                  });
  };
  Value tiles = index(matrix.getTileCount());
  SmallVector<Type> coarseTypes(op->getResultTypes());
  if (spec.hasLimits)
    coarseTypes.push_back(rowsType(b.getF32Type(), {matrix.getTileCount()}));
  auto coarse =
      launchStage("coarse", tiles, buffers, coarseTypes, PlanesStage::Coarse);
  Value sums = coarse.getResult(0);
  SmallVector<Value> inputs = {sums};
  llvm::append_range(inputs, buffers);
  if (spec.hasLimits) {
    llvm::append_values(buffers, sums, op.getLimits(), coarse.getResult(1));
    inputs.push_back(launchStage("thresholds", rows, buffers,
                                 rowsType(b.getF32Type(), {}),
                                 PlanesStage::Thresholds)
                         .getResult(0));
  }
  // The sums become the logits in place.
  launchStage("logits", tiles, inputs, {}, PlanesStage::Logits);
  op->replaceAllUsesWith(ValueRange{sums});
}

LogicalResult FunctionLowering::lower(OutputHeadOp op) {
  FailureOr<WeightBuffers> table = kernels.getWeight(b, op, op.getTable());
  if (failed(table))
    return failure();
  RowsView input(op.getInput());
  const PackedMatrix &matrix = table->matrix;
  ElementKind element = matrix.layout.getElement();
  const HeadKernel *row = findHeadKernel(matrix.layout, level);
  if (!row)
    return op.emitOpError("expects a table that a kernel of level ")
           << stringifyInstructionSet(level) << " reads, found "
           << matrix.layout;
  if (row->emitPlanes) {
    lowerPlanes(op, *table, *row);
    return success();
  }
  Value rows = getRows(op.getInput());
  TableSpec spec{matrix, input.offset};
  SmallVector<Value> inputs = {input.buffer};
  if (getIntegerElement(element))
    inputs = llvm::to_vector_of<Value>(
        quantizeHeadInput(op, {matrix.columns, input.offset},
                          matrix.layout.getPaddedColumns(matrix.columns)));
  inputs.push_back(table->data);
  if (table->scales)
    inputs.push_back(table->scales);
  replace(
      op,
      launch(op,
             name("output_head_" + stringifyElementKind(element) + "_" +
                  Twine(matrix.rows) + "x" + Twine(matrix.columns) + "_at_" +
                  Twine(spec.inputOffset) + "_" + spellTiles(matrix.layout)),
             index(matrix.getTileCount()), rows, inputs, op->getResultTypes(),
             [=](Emitter &e, const KernelArguments &a) {
               row->emit(e, a, spec);
             }));
  return success();
}

LogicalResult FunctionLowering::lower(SelectRowsOp op) {
  RowsView input(op.getInput());
  int64_t columns = getColumns(op.getInput());
  ColumnsSpec spec{columns, input.offset};
  Value rows = getRows(op.getRows());
  replace(op,
          launch(op,
                 name("select_rows_" + Twine(columns) + "_at_" +
                      Twine(spec.offset)),
                 rows, rows, {input.buffer, op.getRows()}, op->getResultTypes(),
                 [=](Emitter &e, const KernelArguments &a) {
                   portable::emitSelectRows(e, a, spec);
                 }));
  return success();
}

LogicalResult FunctionLowering::lower(RMSNormOp op) {
  FailureOr<Value> weight = kernels.getConstant(b, op, op.getWeight());
  if (failed(weight))
    return failure();
  RowsView input(op.getInput());
  RMSNormSpec spec{getColumns(op.getInput()), input.offset,
                   op.getEps().convertToFloat(),
                   static_cast<int64_t>(op.getHeadSize().value_or(0))};
  std::string kernelName =
      name("rms_norm_" + Twine(spec.columns) + "_at_" +
           Twine(spec.inputOffset) + "_" + spell(spec.eps));
  if (spec.headSize)
    kernelName += name("_heads_of_" + Twine(spec.headSize));
  Value rows = getRows(op.getInput());
  auto emit = isPortable() ? portable::emitRMSNorm : vectorized::emitRMSNorm;
  replace(op, launch(op, kernelName, rows, rows, {input.buffer, *weight},
                     op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       emit(e, a, spec);
                     }));
  return success();
}

LogicalResult FunctionLowering::lower(QuantizeActivationsOp op) {
  RowsView input(op.getInput());
  SmallVector<Value> inputs = {input.buffer};
  QuantizeActivationsSpec spec{getColumns(op.getInput()),
                               getColumns(op.getValues()),
                               input.offset,
                               0,
                               op.getActivation(),
                               std::nullopt,
                               op.getFloor().convertToFloat(),
                               op.getReciprocal()};
  std::string kernelName = name("quantize_activations_" + Twine(spec.columns) +
                                "_at_" + Twine(spec.inputOffset));
  if (op.getGate()) {
    RowsView gate(op.getGate());
    spec.gateOffset = gate.offset;
    inputs.push_back(gate.buffer);
    kernelName += name("_" + stringifyActivation(*op.getActivation()) + "_at_" +
                       Twine(gate.offset));
  }
  if (op.getNorm()) {
    FailureOr<Value> norm = kernels.getConstant(b, op, op.getNorm());
    if (failed(norm))
      return failure();
    inputs.push_back(*norm);
    spec.eps = op.getEps()->convertToFloat();
    kernelName += "_norm_" + spell(*spec.eps);
  }
  if (spec.floor != QuantizeActivationsSpec().floor)
    kernelName += "_floor_" + spell(spec.floor);
  if (spec.reciprocal)
    kernelName += "_reciprocal";
  Value rows = getRows(op.getInput());
  auto emit = isPortable() ? portable::emitQuantizeActivations
                           : vectorized::emitQuantizeActivations;
  replace(op, launch(op, kernelName, rows, rows, inputs, op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       emit(e, a, spec);
                     }));
  return success();
}

LogicalResult FunctionLowering::lower(QuantizationErrorOp op) {
  RowsView input(op.getInput());
  ColumnsSpec spec{getColumns(op.getInput()), input.offset};
  Value rows = getRows(op.getInput());
  replace(op, launch(op,
                     name("quantization_error_" + Twine(spec.columns) + "_at_" +
                          Twine(spec.offset)),
                     rows, rows, {input.buffer, op.getValues(), op.getScales()},
                     op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       portable::emitQuantizationError(e, a, spec);
                     }));
  return success();
}

LogicalResult FunctionLowering::lower(QuantizedLinearOp op) {
  FailureOr<WeightBuffers> weight = kernels.getWeight(b, op, op.getWeight());
  if (failed(weight))
    return failure();
  const PackedMatrix &matrix = weight->matrix;
  const LinearKernel *row = lookupLinearKernel(op.getKernel().value_or("none"));
  if (!row)
    return op.emitOpError("expects the name of a kernel, found ")
           << op.getKernelAttr();
  if (!row->accepts(matrix.layout))
    return op.emitOpError("expects a weight in layout ")
           << row->getLayout(op.getContext()) << " for kernel " << row->name
           << ", found " << matrix.layout;
  // Several targets share a weight, not a kernel.
  if (target)
    row = findLinearKernel(*row, matrix.layout, level);
  if (!row)
    return op.emitOpError("expects a weight that a kernel of level ")
           << stringifyInstructionSet(level) << " reads, found "
           << matrix.layout;
  kernelNames.insert(row->name);
  int64_t padded = matrix.layout.getPaddedColumns(matrix.columns);
  if (row->family == KernelFamily::LookupTable) {
    if (op.getPartCount() > 1)
      return op.emitOpError("expects a kernel that takes parts of activations, "
                            "found ")
             << row->name;
    auto tables = op.getValues().getDefiningOp<bitnet_runtime::LaunchOp>();
    int64_t bytes = getLookupTableBytes(row->element, padded);
    if (!tables || getColumns(op.getValues()) != bytes)
      return op.emitOpError("expects ")
             << bytes << " bytes of lookup tables for kernel " << row->name
             << ", found " << op.getValues().getType();
  } else if (getColumns(op.getValues()) < padded) {
    return op.emitOpError("expects values padded to ")
           << padded << " columns, found " << op.getValues().getType();
  }
  QuantizedLinearSpec spec = getLinearSpec(*weight);
  spec.parts = op.getPartCount();
  if (!row->computes(*getWeightKind(row->element), spec.blockColumns))
    return op.emitOpError("expects scales that kernel ")
           << row->name << " takes, found those of " << spec.blockColumns
           << " columns";
  SmallVector<Value> inputs = {op.getValues(), op.getScales(), op.getSums(),
                               weight->data, weight->scales};
  if (weight->offsets)
    inputs.push_back(weight->offsets);
  std::string kernelName = name("quantized_linear_" + Twine(matrix.rows) + "x" +
                                Twine(matrix.columns) + spellScales(spec));
  if (op.getResidual()) {
    RowsView residual(op.getResidual());
    spec.hasResidual = true;
    spec.residualOffset = residual.offset;
    inputs.push_back(residual.buffer);
    kernelName += name("_residual_at_" + Twine(residual.offset));
  }
  llvm::append_range(inputs, op.getRemainders());
  if (spec.parts > 1)
    kernelName += name("_" + Twine(spec.parts) + "_parts");
  kernelName += name("_" + row->name);
  if (matrix.layout != row->getLayout(op.getContext()))
    kernelName += "_" + (stringifyElementKind(matrix.layout.getElement()) +
                         "_" + spellTiles(matrix.layout))
                            .str();
  replace(op, launch(op, kernelName, index(matrix.getTileCount()),
                     getRows(op.getValues()), inputs, op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       row->emit(e, a, spec);
                     }));
  return success();
}

LogicalResult FunctionLowering::lower(LookupTablesOp op) {
  ElementKind element = op.getElement();
  const auto *row =
      llvm::find_if(llvm::reverse(getLinearKernels()), [&](const auto &kernel) {
        return kernel.element == element && kernel.emitTables &&
               includes(level, kernel.level);
      }).base();
  if (row == getLinearKernels().begin())
    return op.emitOpError("expects a CPU with a kernel for ")
           << stringifyElementKind(element);
  --row;
  int64_t stepColumns = getLaneFormat(element).columns;
  int64_t steps =
      getColumns(op.getTables()) / getLookupTableBytes(element, stepColumns);
  LookupTablesSpec spec{element, steps * stepColumns};
  Value rows = getRows(op.getValues());
  Value tiles = arith::MulIOp::create(b, op.getLoc(), rows,
                                      index(LookupTablesSpec::parts));
  replace(op, launch(op,
                     name("lookup_tables_" + stringifyElementKind(element) +
                          "_" + Twine(spec.columns)),
                     tiles, rows, {op.getValues()}, op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       row->emitTables(e, a, spec);
                     }));
  return success();
}

LogicalResult FunctionLowering::lower(GateOp op) {
  RowsView gate(op.getGate()), up(op.getUp());
  int64_t columns = getColumns(op.getGate());
  ColumnsSpec gateSpec{columns, gate.offset}, upSpec{columns, up.offset};
  Activation activation = op.getActivation();
  Value rows = getRows(op.getGate());
  replace(op, launch(op,
                     name("gate_" + stringifyActivation(activation) + "_" +
                          Twine(columns) + "_at_" + Twine(gate.offset) + "_" +
                          Twine(up.offset)),
                     rows, rows, {gate.buffer, up.buffer}, op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       portable::emitGate(e, a, gateSpec, upSpec, activation);
                     }));
  return success();
}

LogicalResult FunctionLowering::lower(AddOp op) {
  RowsView lhs(op.getLhs()), rhs(op.getRhs());
  int64_t columns = getColumns(op.getLhs());
  ColumnsSpec lhsSpec{columns, lhs.offset}, rhsSpec{columns, rhs.offset};
  Value rows = getRows(op.getLhs());
  replace(op, launch(op,
                     name("add_" + Twine(columns) + "_at_" + Twine(lhs.offset) +
                          "_" + Twine(rhs.offset)),
                     rows, rows, {lhs.buffer, rhs.buffer}, op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       portable::emitAdd(e, a, lhsSpec, rhsSpec);
                     }));
  return success();
}

LogicalResult FunctionLowering::lower(AddBiasOp op) {
  FailureOr<Value> bias = kernels.getConstant(b, op, op.getBias(), "biases");
  if (failed(bias))
    return failure();
  RowsView input(op.getInput());
  ColumnsSpec spec{getColumns(op.getInput()), input.offset};
  Value rows = getRows(op.getInput());
  replace(op, launch(op,
                     name("add_bias_" + Twine(spec.columns) + "_at_" +
                          Twine(spec.offset)),
                     rows, rows, {input.buffer, *bias}, op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       portable::emitAddBias(e, a, spec);
                     }));
  return success();
}

LogicalResult FunctionLowering::lower(RotationTableOp op) {
  int64_t pairs = op.getType().getDimSize(1);
  double amplitude = op.getAmplitude().convertToDouble();
  Value frequencies = kernels.getConstant(
      b,
      DenseElementsAttr::get(RankedTensorType::get({pairs}, b.getF64Type()),
                             op.getFrequencies()),
      op.getLoc());
  std::string kernelName = name("rotation_table_" + Twine(pairs));
  if (amplitude != 1.0)
    kernelName += "_times_" + spell(amplitude);
  Value rows = getRows(op.getPositions());
  replace(op, launch(op, kernelName, rows, rows,
                     {frequencies, op.getPositions()}, op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       portable::emitRotationTable(e, a, pairs, amplitude);
                     }));
  return success();
}

LogicalResult FunctionLowering::lower(RopeOp op) {
  RowsView input(op.getInput());
  ColumnsSpec spec{getColumns(op.getInput()), input.offset};
  RotationSpec rotation{static_cast<int64_t>(op.getHeadSize()),
                        op.getTable().getType().getDimSize(1),
                        op.getInterleaved()};
  std::string kernelName =
      name("rope_" + Twine(spec.columns) + "_at_" + Twine(spec.offset) +
           "_heads_of_" + Twine(rotation.headSize) +
           (rotation.interleaved ? "_interleaved" : ""));
  Value rows = getRows(op.getInput());
  replace(op, launch(op, kernelName, rows, rows, {input.buffer, op.getTable()},
                     op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       portable::emitRope(e, a, spec, rotation);
                     }));
  return success();
}

LogicalResult FunctionLowering::lower(AttentionOp op) {
  KVCacheType cache = op.getCache().getType();
  RowsView query(op.getQuery()), key(op.getKey()), value(op.getValue());
  AttentionSpec spec{getColumns(op.getQuery()) / cache.getHeadSize(),
                     cache.getHeads(),
                     cache.getHeadSize(),
                     op.getTable() ? op.getTable().getType().getDimSize(1) : 0,
                     query.offset,
                     key.offset,
                     value.offset,
                     op.getInterleaved(),
                     static_cast<int64_t>(op.getWindow().value_or(0))};
  if (op.getScale())
    spec.scale = op.getScale()->convertToFloat();
  spec.element = cache.getElement();
  spec.layers = cache.getLayers();
  spec.conversion = getHalfConversion(level);
  spec.slots =
      getAttentionSlots(cache.getContextLength(), kernels.getRowCapacity());
  Value rows = getRows(op.getQuery());
  Value items = bitnet_runtime::WorkCountOp::create(
      b, op.getLoc(), b.getIndexType(), op.getCache());
  auto countTiles = [&](Value count) -> Value {
    return arith::MulIOp::create(b, op.getLoc(), count, index(spec.cacheHeads));
  };
  SmallVector<Value> appendInputs = {key.buffer, value.buffer};
  SmallVector<Value> inputs = {query.buffer};
  if (op.getTable()) {
    appendInputs.push_back(op.getTable());
    inputs.push_back(op.getTable());
  }
  Value layer = index(op.getLayer());
  appendInputs.append({op.getPositions(), op.getCache(), layer});
  inputs.append({op.getCache(), items, layer});
  std::string shape =
      name(Twine(spec.heads) + "x" + Twine(spec.cacheHeads) + "x" +
           Twine(spec.headSize) + (spec.interleaved ? "_interleaved" : "") +
           "_" + stringifyCacheElement(spec.element));
  bool isVectorized = !isPortable() && spec.headSize >= Emitter::laneCount;
  launch(op,
         name("attention_append_" + shape + "_at_" + Twine(key.offset) + "_" +
              Twine(value.offset)),
         countTiles(rows), rows, appendInputs, {},
         [=](Emitter &e, const KernelArguments &a) {
           if (isVectorized)
             vectorized::emitAttentionAppend(e, a, spec);
           else
             portable::emitAttentionAppend(e, a, spec);
         });
  // 16 lanes of f32 are two of the 16 registers of AVX2, one of the 32 of
  // AVX-512.
  int64_t accumulators = getVectorBits(level) == 512 ? 16 : 4;
  std::string kernelName =
      name("attention_" + shape + "_at_" + Twine(query.offset));
  if (spec.window)
    kernelName += name("_window_" + Twine(spec.window));
  if (spec.scale)
    kernelName += "_times_" + spell(*spec.scale);
  SmallVector<Type> results(op->getResultTypes());
  if (spec.slots)
    results.push_back(RankedTensorType::get(
        {spec.slots, spec.heads, spec.getSlotElements()}, b.getF32Type()));
  bitnet_runtime::LaunchOp attention =
      launch(op, kernelName, countTiles(items), rows, inputs, results,
             [=](Emitter &e, const KernelArguments &a) {
               if (isVectorized)
                 vectorized::emitAttention(e, a, spec, accumulators);
               else
                 portable::emitAttention(e, a, spec);
             });
  if (spec.slots) {
    auto merges = bitnet_runtime::MergesOp::create(
        b, op.getLoc(),
        MemRefType::get({kernels.getRowCapacity(), 4}, b.getI32Type()),
        b.getIndexType(), op.getCache());
    Value tiles = arith::MulIOp::create(b, op.getLoc(), merges.getCount(),
                                        index(spec.heads));
    auto merge = launch(
        op,
        name("attention_merge_" + Twine(spec.heads) + "x" +
             Twine(spec.headSize)),
        tiles, rows,
        {attention.getResult(0), attention.getResult(1), merges.getMerges()},
        {}, [=](Emitter &e, const KernelArguments &a) {
          if (isVectorized)
            vectorized::emitAttentionMerge(e, a, spec);
          else
            portable::emitAttentionMerge(e, a, spec);
        });
    merge.setRare(true);
  }
  op->replaceAllUsesWith(ValueRange(attention.getResult(0)));
  return success();
}

LogicalResult FunctionLowering::lowerColumnsThatEscape(ColumnsOp op) {
  // A view that something other than a kernel reads: copy it.
  bool escapes = llvm::any_of(op->getUsers(), [](Operation *user) {
    return !isa<BitNetDialect>(user->getDialect());
  });
  if (!escapes)
    return success();
  RowsView view(op.getResult());
  ColumnsSpec spec{getColumns(op.getResult()), view.offset};
  Value rows = getRows(op.getInput());
  replace(op, launch(op,
                     name("columns_" + Twine(spec.columns) + "_at_" +
                          Twine(spec.offset)),
                     rows, rows, {view.buffer}, op->getResultTypes(),
                     [=](Emitter &e, const KernelArguments &a) {
                       portable::emitCopyRows(e, a, spec);
                     }));
  return success();
}

LogicalResult FunctionLowering::run() {
  SmallVector<Operation *> operations;
  function.walk([&](Operation *op) {
    if (isa<BitNetDialect>(op->getDialect()))
      operations.push_back(op);
  });
  // Values of columns stay until their users are converted.
  SmallVector<Operation *> views;
  for (Operation *op : operations) {
    b.setInsertionPoint(op);
    LogicalResult result =
        llvm::TypeSwitch<Operation *, LogicalResult>(op)
            .Case<EmbeddingOp, OutputHeadOp, SelectRowsOp, RMSNormOp,
                  QuantizeActivationsOp, QuantizationErrorOp, QuantizedLinearOp,
                  LookupTablesOp, GateOp, AddOp, AddBiasOp, RotationTableOp,
                  RopeOp, AttentionOp>([&](auto typed) { return lower(typed); })
            .Case([&](ColumnsOp columns) {
              if (failed(lowerColumnsThatEscape(columns)))
                return failure();
              rowsOf[columns.getResult()] = getRows(columns.getInput());
              views.push_back(op);
              return success();
            })
            .Case([&](WeightOp) {
              views.push_back(op);
              return success();
            })
            .Default([](Operation *unknown) {
              return unknown->emitOpError(
                  "expects to have been folded away before kernels are made");
            });
    if (failed(result))
      return failure();
    if (views.empty() || views.back() != op)
      op->erase();
  }
  for (Operation *op : llvm::reverse(views))
    op->erase();
  if (!kernelNames.empty())
    function->setAttr(kernelAttrName,
                      b.getStringAttr(llvm::join(kernelNames, ",")));
  return success();
}

/// Makes `function` one function for each of several targets, or marks it as
/// code for the only one. What is code for a target already stays that.
LogicalResult specialize(func::FuncOp function, ArrayRef<TargetAttr> targets) {
  if (targets.empty() || function.isExternal() ||
      function->hasAttr(targetAttrName))
    return success();
  if (targets.size() == 1) {
    function->setAttr(targetAttrName, targets.front());
    return success();
  }
  auto module = cast<ModuleOp>(function->getParentOp());
  OpBuilder b(function);
  for (TargetAttr target : targets) {
    std::string name =
        getTargetSymbol(function.getSymName(), target, targets.size());
    if (module.lookupSymbol(name))
      return function.emitOpError("expects no symbol @")
             << name << ", which it becomes";
    auto clone = cast<func::FuncOp>(b.clone(*function));
    clone.setSymName(name);
    clone->setAttr(targetAttrName, target);
  }
  function->erase();
  return success();
}

class ConvertBitNetToKernelsPass
    : public bitnet::impl::ConvertBitNetToKernelsPassBase<
          ConvertBitNetToKernelsPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto model = module->getAttrOfType<ModelAttr>(modelAttrName);
    // A module that has passed has functions of its targets.
    bool isGraph =
        module.lookupSymbol(onnx::graphFunctionName) ||
        llvm::any_of(module.getOps<func::FuncOp>(), [](func::FuncOp function) {
          return function->hasAttr(targetAttrName);
        });
    if (!model && !isGraph) {
      module.emitError("expects the module to have a ")
          << modelAttrName << " or a function @" << onnx::graphFunctionName;
      return signalPassFailure();
    }
    if (model)
      recordAttentionFacts(module, model.getChunkSize());
    SmallVector<TargetAttr> targets = getTargets(module);
    for (func::FuncOp function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (failed(specialize(function, targets)))
        return signalPassFailure();

    KernelModule kernels(module,
                         model ? model.getChunkSize() : graphRowCapacity);
    if (failed(kernels.lowerTextData()))
      return signalPassFailure();
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      if (failed(FunctionLowering(kernels, function).run()))
        return signalPassFailure();
      function.walk([](Operation *op) {
        // Weights of norms are blobs now.
        if (isa<arith::ConstantOp>(op) && op->use_empty())
          op->erase();
      });
      function.walk([&](bitnet_runtime::LaunchOp) { ++numLaunches; });
    }
    numKernels += kernels.getKernelCount();
  }
};
} // namespace
