//===- DescribeGraph.cpp - A graph's signature and sizes ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/IR/TensorInferTypeOpInterfaceImpl.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Path.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_DESCRIBEGRAPHPASS
#include "bitnet/Graph/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet_runtime;

/// What a graph is called: its module, or the file that it comes from.
static std::string getGraphName(ModuleOp module) {
  if (std::optional<StringRef> name = module.getSymName())
    return name->str();
  if (auto file = dyn_cast<NameLoc>(module.getLoc()))
    return llvm::sys::path::stem(file.getName()).str();
  return "graph";
}

namespace {
/// The size of an input is a symbol.
struct SizeOfInput : OpRewritePattern<tensor::DimOp> {
  SizeOfInput(MLIRContext *context, ArrayRef<GraphTensorAttr> inputs)
      : OpRewritePattern(context), inputs(inputs) {}

  LogicalResult matchAndRewrite(tensor::DimOp dim,
                                PatternRewriter &rewriter) const override {
    auto argument = dyn_cast<BlockArgument>(dim.getSource());
    std::optional<int64_t> index = dim.getConstantIndex();
    if (!argument || !index ||
        !isa<func::FuncOp>(argument.getOwner()->getParentOp()))
      return failure();
    size_t symbolCount = argument.getOwner()->getNumArguments() - inputs.size();
    AffineMap dims = inputs[argument.getArgNumber() - symbolCount].getDims();
    if (*index >= dims.getNumResults())
      return failure();
    auto symbol = dyn_cast<AffineSymbolExpr>(dims.getResult(*index));
    if (!symbol)
      return failure();
    rewriter.replaceOp(dim,
                       argument.getOwner()->getArgument(symbol.getPosition()));
    return success();
  }

  ArrayRef<GraphTensorAttr> inputs;
};

/// Reads the signature of `@main` and resolves its sizes.
class GraphReader {
public:
  explicit GraphReader(func::FuncOp entry)
      : entry(entry), b(entry.getContext()) {}

  /// Emits an error at the function if it is no graph.
  FailureOr<GraphAttr> read(StringRef name);

private:
  LogicalResult readSymbols();
  LogicalResult readInputs();
  /// Replaces sizes of inputs by symbols and sizes of results by what their
  /// operations say; returns the sizes of all results.
  FailureOr<SmallVector<Value>> resolveSizes();
  LogicalResult readOutputs(ArrayRef<Value> sizes);
  FailureOr<GraphTensorAttr> makeTensor(Type type, DictionaryAttr attributes,
                                        const std::string &what,
                                        ArrayRef<AffineExpr> dims);
  /// A size as an expression of the symbols, or null.
  AffineExpr getExpression(Value size);
  DictionaryAttr getAttributes(ArrayAttr all, unsigned i) {
    return all ? cast<DictionaryAttr>(all[i]) : b.getDictionaryAttr({});
  }

  func::FuncOp entry;
  Builder b;
  SmallVector<Attribute> symbols;
  SmallVector<GraphTensorAttr> inputs, outputs;
};
} // namespace

FailureOr<GraphTensorAttr> GraphReader::makeTensor(Type type,
                                                   DictionaryAttr attributes,
                                                   const std::string &what,
                                                   ArrayRef<AffineExpr> dims) {
  auto name = dyn_cast_or_null<StringAttr>(attributes.get(onnx::nameAttrName));
  auto sign = dyn_cast_or_null<TypeAttr>(attributes.get(onnx::typeAttrName));
  return GraphTensorAttr::getChecked(
      [&] { return entry.emitOpError(); }, b.getContext(),
      name ? name.getValue() : StringRef(what),
      sign ? sign.getValue() : getElementTypeOrSelf(type),
      AffineMap::get(0, symbols.size(), dims, b.getContext()));
}

LogicalResult GraphReader::readSymbols() {
  if (!entry.getBody().hasOneBlock())
    return entry.emitOpError("expects one block");
  for (auto [i, type] : llvm::enumerate(entry.getArgumentTypes())) {
    if (!type.isIndex())
      break;
    auto name = entry.getArgAttrOfType<StringAttr>(i, onnx::symbolAttrName);
    symbols.push_back(name ? name : b.getStringAttr("s" + Twine(i)));
  }
  return success();
}

LogicalResult GraphReader::readInputs() {
  for (unsigned i = symbols.size(); i < entry.getNumArguments(); ++i) {
    std::string what = "input" + std::to_string(i - symbols.size());
    auto type = dyn_cast<RankedTensorType>(entry.getArgument(i).getType());
    if (!type)
      return entry.emitOpError("expects ") << what << " to be a tensor, found "
                                           << entry.getArgument(i).getType();
    DictionaryAttr attributes = getAttributes(entry.getArgAttrsAttr(), i);
    auto names =
        dyn_cast_or_null<ArrayAttr>(attributes.get(onnx::dimsAttrName));
    SmallVector<AffineExpr> dims;
    for (auto [d, size] : llvm::enumerate(type.getShape())) {
      if (!ShapedType::isDynamic(size)) {
        dims.push_back(b.getAffineConstantExpr(size));
        continue;
      }
      auto *symbol = names && d < names.size() ? llvm::find(symbols, names[d])
                                               : symbols.end();
      if (symbol == symbols.end())
        return entry.emitOpError("expects the symbol of dimension ")
               << d << " of " << what << " in " << onnx::dimsAttrName;
      dims.push_back(b.getAffineSymbolExpr(symbol - symbols.begin()));
    }
    FailureOr<GraphTensorAttr> tensor =
        makeTensor(type, attributes, what, dims);
    if (failed(tensor) || !*tensor)
      return failure();
    inputs.push_back(*tensor);
  }
  return success();
}

FailureOr<SmallVector<Value>> GraphReader::resolveSizes() {
  MLIRContext *context = entry.getContext();
  Operation *terminator = entry.getBody().front().getTerminator();
  OpBuilder builder(terminator);
  unsigned resultCount = terminator->getNumOperands();
  SmallVector<Value> sizes;
  for (Value output : terminator->getOperands())
    for (int64_t i = 0, end = cast<ShapedType>(output.getType()).getRank();
         i < end; ++i)
      sizes.push_back(
          builder.createOrFold<tensor::DimOp>(terminator->getLoc(), output, i));
  // For the patterns, sizes are results too.
  terminator->insertOperands(resultCount, sizes);
  RewritePatternSet patterns(context);
  patterns.add<SizeOfInput>(context, inputs);
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
  memref::populateResolveShapedTypeResultDimsPatterns(patterns);
  scf::populateSCFForLoopCanonicalizationPatterns(patterns);
  for (RegisteredOperationName name : context->getRegisteredOperations())
    if (isa<tensor::TensorDialect, affine::AffineDialect>(name.getDialect()))
      name.getCanonicalizationPatterns(patterns, context);
  LogicalResult result = applyPatternsGreedily(entry, std::move(patterns));
  sizes.assign(terminator->operand_begin() + resultCount,
               terminator->operand_end());
  terminator->eraseOperands(resultCount, sizes.size());
  if (failed(result))
    return failure();
  return sizes;
}

AffineExpr GraphReader::getExpression(Value size) {
  if (auto argument = dyn_cast<BlockArgument>(size))
    return argument.getOwner() == &entry.getBody().front() &&
                   argument.getArgNumber() < symbols.size()
               ? b.getAffineSymbolExpr(argument.getArgNumber())
               : AffineExpr();
  Operation *op = size.getDefiningOp();
  APInt constant;
  if (matchPattern(size, m_ConstantInt(&constant)))
    return b.getAffineConstantExpr(constant.getSExtValue());
  SmallVector<AffineExpr> operands;
  for (Value operand : op->getOperands()) {
    if (!operand.getType().isIndex())
      return AffineExpr();
    AffineExpr expression = getExpression(operand);
    if (!expression)
      return AffineExpr();
    operands.push_back(expression);
  }
  return llvm::TypeSwitch<Operation *, AffineExpr>(op)
      .Case([&](arith::AddIOp) { return operands[0] + operands[1]; })
      .Case([&](arith::SubIOp) { return operands[0] - operands[1]; })
      .Case([&](arith::MulIOp) { return operands[0] * operands[1]; })
      .Case<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp>(
          [&](auto) { return operands[0].floorDiv(operands[1]); })
      .Case<arith::CeilDivUIOp, arith::CeilDivSIOp>(
          [&](auto) { return operands[0].ceilDiv(operands[1]); })
      .Case([&](affine::AffineApplyOp apply) {
        AffineMap map = apply.getAffineMap();
        return map.getResult(0).replaceDimsAndSymbols(
            ArrayRef(operands).take_front(map.getNumDims()),
            ArrayRef(operands).drop_front(map.getNumDims()));
      })
      .Default(AffineExpr());
}

LogicalResult GraphReader::readOutputs(ArrayRef<Value> sizes) {
  for (auto [i, type] : llvm::enumerate(entry.getResultTypes())) {
    std::string what = "output" + std::to_string(i);
    SmallVector<AffineExpr> dims;
    for (int64_t d = 0, end = cast<ShapedType>(type).getRank(); d < end; ++d) {
      AffineExpr size = getExpression(sizes.front());
      sizes = sizes.drop_front();
      if (!size)
        return entry.emitOpError("expects size ")
               << d << " of " << what
               << " to follow from the symbolic dimensions";
      dims.push_back(simplifyAffineExpr(size, /*numDims=*/0, symbols.size()));
    }
    FailureOr<GraphTensorAttr> tensor =
        makeTensor(type, getAttributes(entry.getResAttrsAttr(), i), what, dims);
    if (failed(tensor) || !*tensor)
      return failure();
    outputs.push_back(*tensor);
  }
  return success();
}

FailureOr<GraphAttr> GraphReader::read(StringRef name) {
  if (failed(readSymbols()) || failed(readInputs()))
    return failure();
  for (Type type : entry.getResultTypes())
    if (!isa<RankedTensorType>(type))
      return entry.emitOpError("expects results that are tensors, found ")
             << type;
  FailureOr<SmallVector<Value>> sizes = resolveSizes();
  if (failed(sizes) || failed(readOutputs(*sizes)))
    return failure();
  auto arrayOf = [&](ArrayRef<GraphTensorAttr> tensors) {
    return b.getArrayAttr(llvm::to_vector_of<Attribute>(tensors));
  };
  GraphAttr graph = GraphAttr::getChecked(
      [&] { return entry.emitOpError(); }, b.getContext(), name,
      b.getArrayAttr(symbols), arrayOf(inputs), arrayOf(outputs));
  if (!graph)
    return failure();
  return graph;
}

/// Makes @output_sizes before `entry`.
static void makeOutputSizes(func::FuncOp entry, GraphAttr graph) {
  OpBuilder b(entry);
  Location location = entry.getLoc();
  size_t count = 0;
  for (GraphTensorAttr output : graph.getOutputTensors())
    count += output.getRank();
  SmallVector<Type> symbols(graph.getSymbols().size(), b.getIndexType());
  SmallVector<Type> sizes(count, b.getIndexType());
  auto function = func::FuncOp::create(b, location, outputSizesFunctionName,
                                       b.getFunctionType(symbols, sizes));
  b.setInsertionPointToStart(function.addEntryBlock());
  SmallVector<Value> results;
  for (GraphTensorAttr output : graph.getOutputTensors())
    for (AffineExpr dim : output.getDims().getResults())
      results.push_back(affine::expandAffineExpr(b, location, dim, {},
                                                 function.getArguments()));
  func::ReturnOp::create(b, location, results);
}

namespace {
class DescribeGraphPass
    : public bitnet::impl::DescribeGraphPassBase<DescribeGraphPass> {
  void getDependentDialects(DialectRegistry &registry) const override {
    DescribeGraphPassBase::getDependentDialects(registry);
    // They say what the sizes of results are.
    tensor::registerInferTypeOpInterfaceExternalModels(registry);
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<func::FuncOp> entries =
        getTargetFunctions(module, onnx::graphFunctionName);
    if (entries.empty()) {
      module.emitError("expects a function @") << onnx::graphFunctionName;
      return signalPassFailure();
    }
    GraphAttr graph;
    for (func::FuncOp entry : entries) {
      FailureOr<GraphAttr> read = GraphReader(entry).read(getGraphName(module));
      if (failed(read))
        return signalPassFailure();
      graph = *read;
    }
    module->setAttr(graphAttrName, graph);
    makeOutputSizes(entries.front(), graph);
  }
};
} // namespace
