//===- JitKernel.cpp - Compiles a kernel and runs it here -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/JitKernel.h"

#include "bitnet/Codegen/Optimize.h"
#include "bitnet/Conversion/Passes.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
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
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;

static constexpr StringLiteral kernelName = "kernel", entryName = "entry";

void mlir::bitnet::loadKernelDialects(MLIRContext &context) {
  context.loadDialect<arith::ArithDialect, BitNetDialect,
                      bitnet_isa::BitNetISADialect,
                      bitnet_runtime::BitNetRuntimeDialect, func::FuncDialect,
                      math::MathDialect, memref::MemRefDialect, scf::SCFDialect,
                      vector::VectorDialect>();
  registerBuiltinDialectTranslation(context);
  registerLLVMDialectTranslation(context);
}

/// A module with the kernel as a function, as the compiler makes it.
static OwningOpRef<ModuleOp> makeModule(MLIRContext *context, TypeRange inputs,
                                        TypeRange outputs,
                                        JitKernel::BodyEmitter emit) {
  OpBuilder b(context);
  Location location = b.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  b.setInsertionPointToStart(module->getBody());
  SmallVector<Type> types(3, b.getIndexType());
  llvm::append_range(types, inputs);
  llvm::append_range(types, outputs);
  auto function = func::FuncOp::create(b, location, kernelName,
                                       FunctionType::get(context, types, {}));
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
                                       entryName, module);
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

/// An empty process: only what generated code may call.
static llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> makeJit() {
  auto jit = llvm::orc::LLJITBuilder()
                 .setLinkProcessSymbolsByDefault(false)
                 .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                 .create();
  if (!jit)
    return jit.takeError();
  llvm::orc::SymbolMap symbols;
  auto define = [&](StringRef name, auto *function) {
    symbols[(*jit)->mangleAndIntern(name)] = {
        llvm::orc::ExecutorAddr::fromPtr(function),
        llvm::JITSymbolFlags::Exported};
  };
  define("memcpy",
         static_cast<void *(*)(void *, const void *, size_t)>(&std::memcpy));
  define("memmove",
         static_cast<void *(*)(void *, const void *, size_t)>(&std::memmove));
  define("memset", static_cast<void *(*)(void *, int, size_t)>(&std::memset));
  if (llvm::Error error = (*jit)->getMainJITDylib().define(
          llvm::orc::absoluteSymbols(std::move(symbols))))
    return std::move(error);
  return jit;
}

llvm::Expected<JitKernel>
JitKernel::compile(TargetAttr target, TypeRange inputs, TypeRange outputs,
                   BodyEmitter emit, unsigned optimizationLevel) {
  llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  if (llvm::Triple(target.getTriple()).getArch() != host.getArch())
    return llvm::createStringError("expects a target of this machine, " +
                                   host.str() + ", found " +
                                   target.getTriple());
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine =
      createTargetMachine(target.getTriple(), target.getCpu(),
                          target.getFeatures(), optimizationLevel);
  if (!machine)
    return machine.takeError();
  OwningOpRef<ModuleOp> source =
      makeModule(target.getContext(), inputs, outputs, emit);
  llvm::LLVMContext context;
  llvm::Expected<std::unique_ptr<llvm::Module>> module =
      lower(*source, context);
  if (!module)
    return module.takeError();
  (*module)->setDataLayout((*machine)->createDataLayout());
  (*module)->setTargetTriple((*machine)->getTargetTriple());
  addEntry(**module);
  setFunctionAttributes(**module, target, entryName);
  optimizeModule(**module, **machine, optimizationLevel);
  SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  if (llvm::Error error = emitMachineCode(**module, **machine, stream,
                                          llvm::CodeGenFileType::ObjectFile))
    return std::move(error);

  llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit = makeJit();
  if (!jit)
    return jit.takeError();
  // What the linker finds is reported there; lookup() only says that it failed.
  auto cause = std::make_shared<std::string>();
  (*jit)->getExecutionSession().setErrorReporter([cause](llvm::Error error) {
    *cause = llvm::toString(std::move(error));
  });
  if (llvm::Error error =
          (*jit)->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(
              StringRef(object.data(), object.size()), kernelName)))
    return std::move(error);
  llvm::Expected<llvm::orc::ExecutorAddr> entry = (*jit)->lookup(entryName);
  if (!entry) {
    std::string failure = llvm::toString(entry.takeError());
    return llvm::createStringError("the kernel does not link: " +
                                   (cause->empty() ? failure : *cause));
  }
  return JitKernel(std::move(*jit), entry->toPtr<Entry>(),
                   inputs.size() + outputs.size());
}

JitKernel::JitKernel(std::unique_ptr<llvm::orc::LLJIT> jit, Entry entry,
                     size_t argumentCount)
    : jit(std::move(jit)), entry(entry), argumentCount(argumentCount) {}
JitKernel::JitKernel(JitKernel &&) = default;
JitKernel &JitKernel::operator=(JitKernel &&) = default;
JitKernel::~JitKernel() = default;

void JitKernel::operator()(int64_t begin, int64_t end, int64_t rows,
                           ArrayRef<KernelArgument> arguments) const {
  if (arguments.size() != argumentCount)
    llvm::report_fatal_error("wrong number of arguments of a kernel");
  SmallVector<uint64_t> words;
  for (int64_t argument : {begin, end, rows})
    words.push_back(static_cast<uint64_t>(argument));
  for (const KernelArgument &argument : arguments)
    words.push_back(argument.getWord());
  entry(words.data());
}
