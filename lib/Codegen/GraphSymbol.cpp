//===- GraphSymbol.cpp - The descriptor of a graph ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphSymbol.h"
#include "ConstantBuilder.h"
#include "DimensionText.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Intrinsics.h"

using namespace mlir;
using namespace mlir::bitnet;

static llvm::Error makeSignatureError(const llvm::Twine &name,
                                      const llvm::Twine &what) {
  return llvm::createStringError("expects a function @" + name + " " + what);
}

static bool areAll(ArrayRef<llvm::Type *> types, bool (*test)(llvm::Type *)) {
  return llvm::all_of(types, test);
}
static bool isIndex(llvm::Type *type) { return type->isIntegerTy(64); }
static bool isPointer(llvm::Type *type) { return type->isPointerTy(); }

/// An internal function that ends where `builder` begins.
static llvm::Function *makeFunction(llvm::Module &module,
                                    llvm::FunctionType *type,
                                    const llvm::Twine &name,
                                    llvm::IRBuilder<> &builder) {
  auto *function = llvm::Function::Create(
      type, llvm::GlobalValue::InternalLinkage, name, module);
  function->setDoesNotThrow();
  builder.SetInsertPoint(
      llvm::BasicBlock::Create(module.getContext(), "", function));
  return function;
}

/// Appends the values of `count` symbols that lie at `symbols`.
static void loadSymbols(llvm::IRBuilder<> &b, llvm::Value *symbols,
                        size_t count, SmallVectorImpl<llvm::Value *> &values) {
  for (size_t i = 0; i < count; ++i)
    values.push_back(b.CreateLoad(
        b.getInt64Ty(), b.CreateConstGEP1_64(b.getInt64Ty(), symbols, i)));
}

/// Appends `count` pointers that lie `stride` bytes apart.
static void loadPointers(llvm::IRBuilder<> &b, llvm::Value *first,
                         llvm::Value *stride, size_t count,
                         SmallVectorImpl<llvm::Value *> &values) {
  for (size_t i = 0; i < count; ++i)
    values.push_back(b.CreateLoad(
        b.getPtrTy(),
        b.CreateGEP(b.getInt8Ty(), first, b.CreateMul(stride, b.getInt64(i)))));
}

llvm::Expected<llvm::Function *>
mlir::bitnet::makeGraphEntry(llvm::Function *function, GraphAttr graph) {
  size_t symbols = graph.getSymbols().size();
  size_t inputs = graph.getInputs().size();
  size_t outputs = graph.getOutputs().size();
  ArrayRef<llvm::Type *> types = function->getFunctionType()->params();
  size_t pointers = inputs + outputs + 1;
  if (!function->getReturnType()->isVoidTy() ||
      types.size() != 3 + symbols + pointers ||
      !areAll(types.take_front(2), isIndex) || !isPointer(types[2]) ||
      !areAll(types.slice(3, symbols), isIndex) ||
      !areAll(types.take_back(pointers), isPointer))
    return makeSignatureError(
        function->getName(),
        "of the thread, the threads, their team, " + llvm::Twine(symbols) +
            " symbols, " + llvm::Twine(inputs) + " inputs, " +
            llvm::Twine(outputs) + " outputs and the arena");

  llvm::IRBuilder<> b(function->getContext());
  llvm::Type *i64 = b.getInt64Ty(), *pointer = b.getPtrTy();
  llvm::Function *entry = makeFunction(
      *function->getParent(),
      llvm::FunctionType::get(b.getVoidTy(), {i64, i64, pointer, pointer},
                              /*isVarArg=*/false),
      function->getName() + "_entry", b);
  // struct bitnet_graph_call: six words.
  auto load = [&](llvm::Type *type, unsigned word) {
    return b.CreateLoad(type,
                        b.CreateConstGEP1_64(i64, entry->getArg(3), word));
  };
  SmallVector<llvm::Value *> arguments = {entry->getArg(0), entry->getArg(1),
                                          entry->getArg(2)};
  loadSymbols(b, load(pointer, 0), symbols, arguments);
  loadPointers(b, load(pointer, 1), load(i64, 2), inputs, arguments);
  loadPointers(b, load(pointer, 3), load(i64, 4), outputs, arguments);
  arguments.push_back(load(pointer, 5));
  b.CreateCall(function, arguments);
  b.CreateRetVoid();
  return entry;
}

/// Replaces sums, differences and products of 64 bits by ones that stay at the
/// largest or smallest number instead of starting over: sizes come from symbols
/// that a program may choose badly.
static void saturate(llvm::Function &function) {
  SmallVector<llvm::BinaryOperator *> operations;
  for (llvm::Instruction &instruction : llvm::instructions(function))
    if (auto *binary = dyn_cast<llvm::BinaryOperator>(&instruction))
      if (isIndex(binary->getType()))
        operations.push_back(binary);
  for (llvm::BinaryOperator *operation : operations) {
    llvm::IRBuilder<> b(operation);
    llvm::Value *lhs = operation->getOperand(0);
    llvm::Value *rhs = operation->getOperand(1);
    llvm::Value *result;
    switch (operation->getOpcode()) {
    case llvm::Instruction::Add:
      result = b.CreateBinaryIntrinsic(llvm::Intrinsic::sadd_sat, lhs, rhs);
      break;
    case llvm::Instruction::Sub:
      result = b.CreateBinaryIntrinsic(llvm::Intrinsic::ssub_sat, lhs, rhs);
      break;
    case llvm::Instruction::Mul: {
      llvm::Value *pair = b.CreateBinaryIntrinsic(
          llvm::Intrinsic::smul_with_overflow, lhs, rhs);
      // Of sizes only positive products are too large.
      result =
          b.CreateSelect(b.CreateExtractValue(pair, 1), b.getInt64(INT64_MAX),
                         b.CreateExtractValue(pair, 0));
      break;
    }
    default:
      continue;
    }
    operation->replaceAllUsesWith(result);
    operation->eraseFromParent();
  }
}

/// Finds a function of the symbols and makes it one that runs on any processor
/// of the architecture: sizes are asked for before it is known that the code
/// can run.
static llvm::Expected<llvm::Function *>
findSizeFunction(llvm::Module &module, llvm::StringRef name, GraphAttr graph) {
  llvm::Function *function = module.getFunction(name);
  size_t symbols = graph.getSymbols().size();
  if (!function || function->isDeclaration() ||
      function->arg_size() != symbols ||
      !areAll(function->getFunctionType()->params(), isIndex))
    return makeSignatureError(name, "of " + llvm::Twine(symbols) + " symbols");
  function->removeFnAttr("target-cpu");
  function->removeFnAttr("target-features");
  saturate(*function);
  return function;
}

/// int64_t (*)(const size_t *symbols)
static llvm::Expected<llvm::Function *> makeArenaSize(llvm::Module &module,
                                                      GraphAttr graph) {
  llvm::StringRef name = bitnet_runtime::arenaSizeFunctionName;
  llvm::Expected<llvm::Function *> size = findSizeFunction(module, name, graph);
  if (!size)
    return size.takeError();
  if (!isIndex((*size)->getReturnType()))
    return makeSignatureError(name, "that returns an index");
  llvm::IRBuilder<> b(module.getContext());
  llvm::Function *entry =
      makeFunction(module,
                   llvm::FunctionType::get(b.getInt64Ty(), {b.getPtrTy()},
                                           /*isVarArg=*/false),
                   name + "_entry", b);
  SmallVector<llvm::Value *> symbols;
  loadSymbols(b, entry->getArg(0), graph.getSymbols().size(), symbols);
  llvm::Value *bytes = b.CreateCall(*size, symbols);
  // The largest number that rounding to a multiple of 64 leaves is below it.
  llvm::Value *isPossible =
      b.CreateICmpULT(bytes, b.getInt64(uint64_t(1) << 62));
  b.CreateRet(b.CreateSelect(isPossible, bytes, b.getInt64(-1)));
  return entry;
}

/// void (*)(const size_t *symbols, uint32_t index, size_t *dims)
static llvm::Expected<llvm::Function *> makeOutputDims(llvm::Module &module,
                                                       GraphAttr graph) {
  llvm::StringRef name = bitnet_runtime::outputSizesFunctionName;
  llvm::Expected<llvm::Function *> sizes =
      findSizeFunction(module, name, graph);
  if (!sizes)
    return sizes.takeError();
  size_t count = 0;
  for (GraphTensorAttr output : graph.getOutputTensors())
    count += output.getRank();
  llvm::Type *type = (*sizes)->getReturnType();
  auto *many = dyn_cast<llvm::StructType>(type);
  bool isRight = count == 0   ? type->isVoidTy()
                 : count == 1 ? isIndex(type)
                              : many && many->getNumElements() == count &&
                                    areAll(many->elements(), isIndex);
  if (!isRight)
    return makeSignatureError(name, "that returns " + llvm::Twine(count) +
                                        " dimensions");

  llvm::IRBuilder<> b(module.getContext());
  llvm::Function *entry = makeFunction(
      module,
      llvm::FunctionType::get(b.getVoidTy(),
                              {b.getPtrTy(), b.getInt32Ty(), b.getPtrTy()},
                              /*isVarArg=*/false),
      name + "_entry", b);
  SmallVector<llvm::Value *> symbols;
  loadSymbols(b, entry->getArg(0), graph.getSymbols().size(), symbols);
  llvm::Value *all = b.CreateCall(*sizes, symbols);
  auto *end = llvm::BasicBlock::Create(module.getContext(), "", entry);
  llvm::SwitchInst *choice = b.CreateSwitch(entry->getArg(1), end);
  unsigned next = 0;
  for (auto [index, output] : llvm::enumerate(graph.getOutputTensors())) {
    auto *block = llvm::BasicBlock::Create(module.getContext(), "", entry, end);
    choice->addCase(b.getInt32(index), block);
    b.SetInsertPoint(block);
    for (unsigned dim = 0; dim < output.getRank(); ++dim, ++next)
      b.CreateStore(
          count == 1 ? all : b.CreateExtractValue(all, next),
          b.CreateConstGEP1_64(b.getInt64Ty(), entry->getArg(2), dim));
    b.CreateBr(end);
  }
  b.SetInsertPoint(end);
  b.CreateRetVoid();
  return entry;
}

/// struct bitnet_graph_tensor
static llvm::Constant *makeTensor(ConstantBuilder &b, GraphTensorAttr tensor,
                                  ArrayAttr symbolNames) {
  SmallVector<llvm::Constant *> dims, texts, symbols;
  for (AffineExpr dim : tensor.getDims().getResults()) {
    auto constant = dyn_cast<AffineConstantExpr>(dim);
    auto symbol = dyn_cast<AffineSymbolExpr>(dim);
    dims.push_back(b.makeInt64(constant ? constant.getValue() : -1));
    texts.push_back(b.makeString(getDimensionText(dim, symbolNames)));
    symbols.push_back(b.makeInt32(symbol ? int(symbol.getPosition()) : -1));
  }
  const TensorElement &element = tensor.getElement();
  llvm::Constant *info =
      b.makeStruct({b.makeString(tensor.getName()), b.makeArray(dims, "dims"),
                    b.makeArray(texts, "dim_texts"),
                    b.makeInt32(element.number), b.makeInt32(element.bytes),
                    b.makeInt32(tensor.getRank()), b.makeInt32(0)});
  return b.makeStruct({info, b.makeArray(symbols, "dim_symbols")});
}

llvm::Expected<llvm::Constant *>
mlir::bitnet::makeGraphDescriptor(llvm::Module &module, GraphAttr graph,
                                  llvm::Constant *variants,
                                  int64_t weightBytes) {
  llvm::Expected<llvm::Function *> arenaSize = makeArenaSize(module, graph);
  if (!arenaSize)
    return arenaSize.takeError();
  llvm::Expected<llvm::Function *> outputDims = makeOutputDims(module, graph);
  if (!outputDims)
    return outputDims.takeError();
  ConstantBuilder b(module);
  SmallVector<llvm::Constant *> symbols, inputs, outputs;
  for (auto symbol : graph.getSymbols().getAsRange<StringAttr>())
    symbols.push_back(b.makeString(symbol));
  for (GraphTensorAttr input : graph.getInputTensors())
    inputs.push_back(makeTensor(b, input, graph.getSymbols()));
  for (GraphTensorAttr output : graph.getOutputTensors())
    outputs.push_back(makeTensor(b, output, graph.getSymbols()));
  llvm::Constant *none = b.makeInt32(0);
  auto *chosen = new llvm::GlobalVariable(
      module, none->getType(), /*isConstant=*/false,
      llvm::GlobalValue::InternalLinkage, none, "chosen_variant");
  return b.makeGlobal(
      b.makeStruct({b.makeString(graph.getName()), variants, chosen,
                    b.makeArray(symbols, "symbols"),
                    b.makeArray(inputs, "inputs"),
                    b.makeArray(outputs, "outputs"), *arenaSize, *outputDims,
                    b.makeInt32(symbols.size()), b.makeInt32(inputs.size()),
                    b.makeInt32(outputs.size()), b.makeInt64(weightBytes)}),
      "descriptor");
}
