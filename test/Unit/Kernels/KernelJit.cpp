//===- KernelJit.cpp - Compiles kernels and runs them ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelJit.h"

#include "bitnet/Conversion/Passes.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Target/TargetResolver.h"
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
#include "llvm/ExecutionEngine/Orc/CompileUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"

#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static constexpr llvm::StringLiteral kernelName = "kernel", entryName = "entry";

static const llvm::ExitOnError exitOnError("compiling a kernel failed: ");

MLIRContext &test::getContext() {
  static MLIRContext *context = [] {
    auto *made = new MLIRContext(MLIRContext::Threading::DISABLED);
    made->loadDialect<arith::ArithDialect, bitnet::BitNetDialect,
                      bitnet_isa::BitNetISADialect,
                      bitnet_runtime::BitNetRuntimeDialect, func::FuncDialect,
                      math::MathDialect, memref::MemRefDialect, scf::SCFDialect,
                      vector::VectorDialect>();
    registerBuiltinDialectTranslation(*made);
    registerLLVMDialectTranslation(*made);
    return made;
  }();
  return *context;
}

//===----------------------------------------------------------------------===//
// Machines
//===----------------------------------------------------------------------===//

/// The first of `needed` that the host lacks.
static std::string findMissing(std::initializer_list<StringRef> needed) {
  const llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  for (StringRef feature : needed)
    if (!features.lookup(feature))
      return feature.str();
  return "";
}

const std::vector<Machine> &test::getMachines() {
  static const std::vector<Machine> machines = [] {
    TargetAttr host =
        exitOnError(resolveTarget(&getContext(), /*triple=*/"", "native"));
    std::vector<Machine> rows;
    if (llvm::Triple(host.getTriple()).isX86()) {
      rows.push_back(
          {"baseline", InstructionSet::Portable, "x86-64", "", "", false});
      rows.push_back(
          {"avx2", InstructionSet::AVX2, "x86-64-v3", "",
           findMissing({"avx2", "bmi2", "f16c", "fma", "lzcnt", "movbe"})});
      rows.push_back({"avx512vnni", InstructionSet::AVX512VNNI, "x86-64-v4",
                      "+avx512vnni",
                      findMissing({"avx2", "bmi2", "f16c", "fma", "lzcnt",
                                   "movbe", "avx512f", "avx512bw", "avx512cd",
                                   "avx512dq", "avx512vl", "avx512vnni"})});
    } else {
      rows.push_back(
          {"baseline", InstructionSet::Portable, "generic", "", "", false});
    }
    rows.push_back({"host", host.getLevel(), host.getCpu().str(),
                    host.getFeatures().str(), "", /*isHost=*/true});
    return rows;
  }();
  return machines;
}

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

/// A module with the kernel as a function, as the compiler makes it.
static OwningOpRef<ModuleOp> makeModule(TypeRange inputs, TypeRange outputs,
                                        Kernel::BodyEmitter emit) {
  OpBuilder b(&getContext());
  Location location = b.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  b.setInsertionPointToStart(module->getBody());
  SmallVector<Type> types(3, b.getIndexType());
  llvm::append_range(types, inputs);
  llvm::append_range(types, outputs);
  auto function = func::FuncOp::create(
      b, location, kernelName, FunctionType::get(&getContext(), types, {}));
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

/// The compiler's own pipeline; see lib/Codegen/CompileToLLVM.cpp.
static void optimize(llvm::Module &module, llvm::TargetMachine &target,
                     unsigned level) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&target);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  llvm::ModulePassManager passes =
      level == 0
          ? builder.buildO0DefaultPipeline(llvm::OptimizationLevel::O0)
          : builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3);
  passes.run(module, modules);
}

/// An empty process: only what generated code may call.
static std::unique_ptr<llvm::orc::LLJIT>
makeJit(llvm::orc::JITTargetMachineBuilder target) {
  auto jit = exitOnError(llvm::orc::LLJITBuilder()
                             .setJITTargetMachineBuilder(std::move(target))
                             .setLinkProcessSymbolsByDefault(false)
                             .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                             .create());
  llvm::orc::SymbolMap symbols;
  auto define = [&](StringRef name, auto *function) {
    symbols[jit->mangleAndIntern(name)] = {
        llvm::orc::ExecutorAddr::fromPtr(function),
        llvm::JITSymbolFlags::Exported};
  };
  define("memcpy",
         static_cast<void *(*)(void *, const void *, size_t)>(&std::memcpy));
  define("memmove",
         static_cast<void *(*)(void *, const void *, size_t)>(&std::memmove));
  define("memset", static_cast<void *(*)(void *, int, size_t)>(&std::memset));
  exitOnError(jit->getMainJITDylib().define(
      llvm::orc::absoluteSymbols(std::move(symbols))));
  return jit;
}

Kernel::Kernel(const Machine &machine, TypeRange inputs, TypeRange outputs,
               BodyEmitter emit, unsigned optimizationLevel)
    : argumentCount(inputs.size() + outputs.size()) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  OwningOpRef<ModuleOp> source = makeModule(inputs, outputs, emit);
  if (failed(verify(*source)))
    llvm::report_fatal_error("the generator made an invalid kernel");
  PassManager passes(&getContext());
  passes.addPass(createConvertBitNetToLLVMPass());
  if (failed(passes.run(*source)))
    llvm::report_fatal_error("the kernel does not convert to LLVM");

  llvm::orc::JITTargetMachineBuilder target(
      (llvm::Triple(llvm::sys::getDefaultTargetTriple())));
  target.setCPU(machine.cpu);
  target.addFeatures(llvm::SubtargetFeatures(machine.features).getFeatures());
  target.getOptions().AllowFPOpFusion = llvm::FPOpFusion::Strict;
  target.setCodeGenOptLevel(optimizationLevel == 0
                                ? llvm::CodeGenOptLevel::None
                                : llvm::CodeGenOptLevel::Aggressive);
  auto targetMachine = exitOnError(target.createTargetMachine());

  auto context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> module =
      translateModuleToLLVMIR(*source, *context);
  if (!module)
    llvm::report_fatal_error("the kernel does not translate to LLVM IR");
  module->setDataLayout(targetMachine->createDataLayout());
  module->setTargetTriple(targetMachine->getTargetTriple());
  addEntry(*module);
  for (llvm::Function &function : *module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", machine.cpu);
    if (!machine.features.empty())
      function.addFnAttr("target-features", machine.features);
    if (getVectorBits(machine.level) == 512)
      function.addFnAttr("prefer-vector-width", "512");
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  optimize(*module, *targetMachine, optimizationLevel);

  jit = makeJit(std::move(target));
  exitOnError(jit->addIRModule(
      llvm::orc::ThreadSafeModule(std::move(module), std::move(context))));
  entry =
      exitOnError(jit->lookup(entryName)).toPtr<void (*)(const uint64_t *)>();
}

Kernel::Kernel(Kernel &&) = default;
Kernel::~Kernel() = default;

void Kernel::operator()(int64_t begin, int64_t end, int64_t rows,
                        llvm::ArrayRef<Argument> arguments) const {
  if (arguments.size() != argumentCount)
    llvm::report_fatal_error("wrong number of arguments of a kernel");
  SmallVector<uint64_t> words;
  for (int64_t argument : {begin, end, rows})
    words.push_back(static_cast<uint64_t>(argument));
  for (const Argument &argument : arguments)
    words.push_back(argument.getWord());
  entry(words.data());
}

void Kernel::operator()(int64_t begin, int64_t end, int64_t rows,
                        std::initializer_list<Argument> arguments) const {
  (*this)(begin, end, rows,
          llvm::ArrayRef(arguments.begin(), arguments.size()));
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static MemRefType bufferType(std::initializer_list<int64_t> shape,
                             Type element) {
  return MemRefType::get(llvm::ArrayRef(shape.begin(), shape.size()), element);
}

MemRefType test::floatBuffer(std::initializer_list<int64_t> shape) {
  return bufferType(shape, Float32Type::get(&getContext()));
}
MemRefType test::doubleBuffer(std::initializer_list<int64_t> shape) {
  return bufferType(shape, Float64Type::get(&getContext()));
}
MemRefType test::byteBuffer(std::initializer_list<int64_t> shape) {
  return bufferType(shape, IntegerType::get(&getContext(), 8));
}
MemRefType test::wordBuffer(std::initializer_list<int64_t> shape) {
  return bufferType(shape, IntegerType::get(&getContext(), 16));
}
MemRefType test::integerBuffer(std::initializer_list<int64_t> shape) {
  return bufferType(shape, IntegerType::get(&getContext(), 32));
}
Type test::indexType() { return IndexType::get(&getContext()); }
