//===- DescribeGraph.cpp - A graph's signature and sizes ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphFunctions.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::bitnet {
#define GEN_PASS_DEF_DESCRIBEGRAPHPASS
#include "bitnet/Graph/Passes.h.inc"
} // namespace mlir::bitnet

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet_runtime;

namespace {
/// Reads the signature of `@main`.
class SignatureReader {
public:
  explicit SignatureReader(func::FuncOp entry)
      : entry(entry), b(entry.getContext()) {}

  /// Emits an error at the function if it has no signature of a graph.
  FailureOr<GraphAttr> read();

private:
  /// `what` names the tensor in messages.
  FailureOr<GraphTensorAttr> readTensor(Type type, DictionaryAttr attributes,
                                        const Twine &what, bool isInput);

  func::FuncOp entry;
  Builder b;
  SmallVector<Attribute> symbols;
};
} // namespace

FailureOr<GraphTensorAttr> SignatureReader::readTensor(
    Type type, DictionaryAttr attributes, const Twine &what, bool isInput) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !isa<IntegerType, FloatType>(tensor.getElementType()))
    return entry.emitOpError("expects ")
           << what << " to be a tensor of numbers, found " << type;
  auto name = dyn_cast_or_null<StringAttr>(attributes.get("onnx.name"));
  auto element = dyn_cast_or_null<TypeAttr>(attributes.get("onnx.type"));
  auto dims = dyn_cast_or_null<ArrayAttr>(attributes.get("onnx.dims"));
  if (dims && dims.size() != static_cast<size_t>(tensor.getRank()))
    return entry.emitOpError("expects ")
           << tensor.getRank() << " onnx.dims of " << what << ", found "
           << dims;
  SmallVector<Attribute> dimensions;
  for (auto [i, size] : llvm::enumerate(tensor.getShape())) {
    Attribute dimension = dims ? dims[i] : Attribute();
    if (!ShapedType::isDynamic(size))
      dimension = b.getI64IntegerAttr(size);
    else if (isInput && !llvm::is_contained(symbols, dimension))
      return entry.emitOpError("expects the symbol of dimension ")
             << i << " of " << what << " in onnx.dims";
    else if (!isa_and_nonnull<StringAttr>(dimension))
      dimension = b.getStringAttr("?");
    dimensions.push_back(dimension);
  }
  return GraphTensorAttr::get(
      b.getContext(), name ? name.getValue() : StringRef(what.str()),
      element ? element.getValue() : tensor.getElementType(),
      b.getArrayAttr(dimensions));
}

FailureOr<GraphAttr> SignatureReader::read() {
  if (!entry.getBody().hasOneBlock())
    return entry.emitOpError("expects one block");
  unsigned first = 0;
  for (Type type : entry.getArgumentTypes()) {
    if (!type.isIndex())
      break;
    auto name = entry.getArgAttrOfType<StringAttr>(first, "onnx.symbol");
    symbols.push_back(name ? name : b.getStringAttr("s" + Twine(first)));
    ++first;
  }
  SmallVector<Attribute> inputs, outputs;
  auto attributesOf = [&](ArrayAttr all, unsigned i) {
    return all ? cast<DictionaryAttr>(all[i]) : b.getDictionaryAttr({});
  };
  for (unsigned i = first; i < entry.getNumArguments(); ++i) {
    auto tensor = readTensor(entry.getArgument(i).getType(),
                             attributesOf(entry.getArgAttrsAttr(), i),
                             "input" + Twine(i - first), /*isInput=*/true);
    if (failed(tensor))
      return failure();
    inputs.push_back(*tensor);
  }
  for (unsigned i = 0; i < entry.getNumResults(); ++i) {
    auto tensor = readTensor(entry.getResultTypes()[i],
                             attributesOf(entry.getResAttrsAttr(), i),
                             "output" + Twine(i), /*isInput=*/false);
    if (failed(tensor))
      return failure();
    outputs.push_back(*tensor);
  }
  return GraphAttr::get(b.getContext(), b.getArrayAttr(symbols),
                        b.getArrayAttr(inputs), b.getArrayAttr(outputs));
}

namespace {
/// The size of an input is a symbol.
struct SizeOfInput : OpRewritePattern<tensor::DimOp> {
  SizeOfInput(func::FuncOp function, GraphAttr graph)
      : OpRewritePattern(function.getContext()), function(function),
        graph(graph) {}

  LogicalResult matchAndRewrite(tensor::DimOp dim,
                                PatternRewriter &rewriter) const override {
    auto argument = dyn_cast<BlockArgument>(dim.getSource());
    std::optional<int64_t> index = dim.getConstantIndex();
    if (!argument || argument.getOwner() != &function.getBody().front() ||
        !index || *index >= cast<RankedTensorType>(argument.getType()).getRank())
      return failure();
    auto tensor = cast<GraphTensorAttr>(
        graph.getInputs()[argument.getArgNumber() -
                          graph.getSymbols().size()]);
    std::optional<unsigned> symbol = graph.findSymbol(tensor.getDims()[*index]);
    if (!symbol)
      return failure();
    rewriter.replaceOp(dim, argument.getOwner()->getArgument(*symbol));
    return success();
  }

  mutable func::FuncOp function;
  GraphAttr graph;
};
} // namespace

/// Replaces sizes of inputs by symbols and sizes of results by what their
/// operations say.
static LogicalResult resolveSizes(func::FuncOp function, GraphAttr graph) {
  MLIRContext *context = function.getContext();
  RewritePatternSet patterns(context);
  patterns.add(std::make_unique<SizeOfInput>(function, graph));
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
  memref::populateResolveShapedTypeResultDimsPatterns(patterns);
  for (RegisteredOperationName name : context->getRegisteredOperations())
    if (isa<tensor::TensorDialect, affine::AffineDialect>(name.getDialect()))
      name.getCanonicalizationPatterns(patterns, context);
  return applyPatternsGreedily(function, std::move(patterns));
}

/// Makes @output_sizes of `entry`: all sizes of its results.
static LogicalResult makeOutputSizes(func::FuncOp entry, GraphAttr graph) {
  OpBuilder b(entry);
  auto sizes = cast<func::FuncOp>(b.clone(*entry));
  sizes.setSymName(outputSizesFunctionName);
  sizes.removeArgAttrsAttr();
  sizes.removeResAttrsAttr();
  sizes->removeDiscardableAttr(targetAttrName);
  sizes->removeDiscardableAttr(kernelAttrName);
  Block &body = sizes.getBody().front();
  Operation *terminator = body.getTerminator();
  b.setInsertionPoint(terminator);
  SmallVector<Value> results;
  for (Value output : terminator->getOperands())
    for (int64_t i = 0, rank = cast<RankedTensorType>(output.getType()).getRank();
         i < rank; ++i)
      results.push_back(
          b.createOrFold<tensor::DimOp>(terminator->getLoc(), output, i));
  func::ReturnOp::create(b, terminator->getLoc(), results);
  terminator->erase();
  unsigned symbolCount = graph.getSymbols().size();
  SmallVector<Type> indices(results.size(), b.getIndexType());
  sizes.setFunctionType(b.getFunctionType(sizes.getArgumentTypes(), indices));
  if (failed(resolveSizes(sizes, graph)))
    return failure();
  // What is left of the graph computes no size.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (!op.hasTrait<OpTrait::IsTerminator>() && op.use_empty())
      op.erase();
  for (Operation &op : body)
    if (!llvm::all_of(op.getResultTypes(), [](Type type) {
          return type.isIntOrIndex();
        }) || op.getNumRegions() > 0)
      return op.emitOpError(
          "expects sizes of outputs to follow from the symbolic dimensions");
  BitVector tensors(sizes.getNumArguments());
  tensors.set(symbolCount, sizes.getNumArguments());
  for (unsigned i : tensors.set_bits())
    if (!sizes.getArgument(i).use_empty())
      return entry.emitOpError(
          "expects sizes of outputs to follow from the symbolic dimensions");
  return sizes.eraseArguments(tensors);
}

namespace {
class DescribeGraphPass
    : public bitnet::impl::DescribeGraphPassBase<DescribeGraphPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<func::FuncOp> entries =
        getTargetFunctions(module, onnx::graphFunctionName);
    if (entries.empty()) {
      module.emitError("expects a function @") << onnx::graphFunctionName;
      return signalPassFailure();
    }
    FailureOr<GraphAttr> graph = SignatureReader(entries.front()).read();
    if (failed(graph))
      return signalPassFailure();
    module->setAttr(graphAttrName, *graph);
    for (func::FuncOp entry : entries)
      if (failed(resolveSizes(entry, *graph)))
        return signalPassFailure();
    if (failed(makeOutputSizes(entries.front(), *graph)))
      return signalPassFailure();
  }
};
} // namespace
