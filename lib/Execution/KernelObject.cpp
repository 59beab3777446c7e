//===- KernelObject.cpp - Compiles a kernel to an object ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/KernelObject.h"

#include "bitnet/Codegen/Optimize.h"
#include "bitnet/Conversion/Passes.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

using namespace mlir;
using namespace mlir::bitnet;

static constexpr StringLiteral kernelName = "kernel";

void mlir::bitnet::loadKernelDialects(MLIRContext &context) {
  context.loadDialect<
      arith::ArithDialect, BitNetDialect, bitnet_isa::BitNetISADialect,
      bitnet_runtime::BitNetRuntimeDialect, func::FuncDialect,
      LLVM::LLVMDialect, math::MathDialect, memref::MemRefDialect,
      scf::SCFDialect, vector::VectorDialect>();
  registerBuiltinDialectTranslation(context);
  registerLLVMDialectTranslation(context);
}

/// A module with the kernel as a function, as the compiler makes it.
static OwningOpRef<ModuleOp> makeModule(TargetAttr target, TypeRange inputs,
                                        TypeRange outputs,
                                        KernelBodyEmitter emit) {
  MLIRContext *context = target.getContext();
  OpBuilder b(context);
  Location location = b.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  b.setInsertionPointToStart(module->getBody());
  SmallVector<Type> types(3, b.getIndexType());
  llvm::append_range(types, inputs);
  llvm::append_range(types, outputs);
  auto function = func::FuncOp::create(b, location, kernelName,
                                       FunctionType::get(context, types, {}));
  function->setAttr(targetAttrName, target);
  Block *body = function.addEntryBlock();
  b.setInsertionPointToStart(body);
  Emitter emitter(b, location);
  KernelArguments a;
  a.begin = body->getArgument(0);
  a.end = body->getArgument(1);
  a.rows = body->getArgument(2);
  auto buffers = body->getArguments().drop_front(3);
  llvm::append_range(a.inputs, buffers.take_front(inputs.size()));
  llvm::append_range(a.outputs, buffers.drop_front(inputs.size()));
  emit(emitter, a);
  func::ReturnOp::create(b, location);
  return module;
}

/// To LLVM IR. What MLIR says on failure is the error's message.
static llvm::Expected<std::unique_ptr<llvm::Module>>
lower(ModuleOp source, llvm::LLVMContext &context) {
  std::string message;
  ScopedDiagnosticHandler handler(
      source->getContext(), [&](Diagnostic &diagnostic) {
        if (message.empty() &&
            diagnostic.getSeverity() == DiagnosticSeverity::Error)
          message = diagnostic.str();
        return success();
      });
  auto fail = [&](StringRef what) {
    return llvm::createStringError(what + ": " + message);
  };
  if (failed(verify(source)))
    return fail("the generator made an invalid kernel");
  PassManager passes(source->getContext());
  passes.addPass(createConvertBitNetToLLVMPass());
  if (failed(passes.run(source)))
    return fail("the kernel does not convert to LLVM");
  std::unique_ptr<llvm::Module> module =
      translateModuleToLLVMIR(source, context);
  if (!module)
    return fail("the kernel does not translate to LLVM IR");
  return module;
}

/// Adds `void entry(ptr words)`, which loads the arguments of the kernel from
/// an array of 8-byte words and calls it.
static void addEntry(llvm::Module &module) {
  llvm::LLVMContext &context = module.getContext();
  llvm::Function *kernel = module.getFunction(kernelName);
  auto *type = llvm::FunctionType::get(llvm::Type::getVoidTy(context),
                                       llvm::PointerType::getUnqual(context),
                                       /*isVarArg=*/false);
  auto *entry = llvm::Function::Create(type, llvm::Function::ExternalLinkage,
                                       kernelEntryName, module);
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(context, "", entry));
  SmallVector<llvm::Value *> arguments;
  for (llvm::Argument &argument : kernel->args())
    arguments.push_back(
        b.CreateLoad(argument.getType(),
                     b.CreateConstGEP1_64(b.getInt64Ty(), entry->getArg(0),
                                          argument.getArgNo())));
  b.CreateCall(kernel, arguments);
  b.CreateRetVoid();
}

llvm::Expected<llvm::SmallVector<char, 0>>
mlir::bitnet::compileKernelObject(TargetAttr target, TypeRange inputs,
                                  TypeRange outputs, KernelBodyEmitter emit,
                                  unsigned optimizationLevel) {
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine =
      createTargetMachine(target.getTriple(), target.getCpu(),
                          target.getFeatures(), optimizationLevel);
  if (!machine)
    return machine.takeError();
  OwningOpRef<ModuleOp> source = makeModule(target, inputs, outputs, emit);
  llvm::LLVMContext context;
  llvm::Expected<std::unique_ptr<llvm::Module>> module =
      lower(*source, context);
  if (!module)
    return module.takeError();
  (*module)->setDataLayout((*machine)->createDataLayout());
  (*module)->setTargetTriple((*machine)->getTargetTriple());
  addEntry(**module);
  optimizeModule(**module, **machine, optimizationLevel);
  SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  if (llvm::Error error = emitMachineCode(**module, **machine, stream,
                                          llvm::CodeGenFileType::ObjectFile))
    return std::move(error);
  return object;
}
