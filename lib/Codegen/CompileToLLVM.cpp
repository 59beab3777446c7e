//===- CompileToLLVM.cpp - LLVM dialect to optimised LLVM IR --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeBitcode.h"
#include "bitnet/Codegen/Codegen.h"
#include "bitnet/Codegen/Optimize.h"
#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "bitnet/Target/CpuRequirements.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/IPO/Internalize.h"

using namespace mlir;
using namespace mlir::bitnet;

CompiledModel::CompiledModel() = default;
CompiledModel::CompiledModel(CompiledModel &&) = default;
CompiledModel::~CompiledModel() {
  // The module refers to its context.
  module.reset();
}

namespace {
/// The code for one of the module's targets.
struct Variant {
  TargetAttr target;
  /// Its entry function.
  std::string function;
  /// Kernels of its linear layers.
  std::string kernel;
};

/// Steps of one compilation.
class ModelCompiler {
public:
  ModelCompiler(ModuleOp source, const CodegenOptions &options)
      : source(source), options(options) {}

  llvm::Expected<CompiledModel> run();

private:
  llvm::Error findVariants();
  llvm::Error collectBlobs();
  llvm::Error translate();
  llvm::Error linkRuntime();
  void defineWeights();
  void defineModel();
  /// struct bitnet_variant_descriptor[].
  llvm::Constant *makeVariants();
  void internalize();

  int64_t getSize(StringRef attribute) {
    return source->getAttrOfType<IntegerAttr>(attribute).getInt();
  }
  /// A constant NUL-terminated string.
  llvm::Constant *makeString(StringRef text);

  ModuleOp source;
  const CodegenOptions &options;
  CompiledModel result;
  SmallVector<Variant> variants;
  ModelAttr model;
  std::optional<SectionBlob> tokenizer;
  int64_t kvBytesPerPosition = 0;
};
} // namespace

llvm::Error ModelCompiler::findVariants() {
  SmallVector<TargetAttr> targets = getTargets(source);
  for (TargetAttr target : targets) {
    std::string name =
        getTargetSymbol(bitnet_runtime::entryName, target, targets.size());
    auto function = source.lookupSymbol<LLVM::LLVMFuncOp>(name);
    if (!function || function.isExternal())
      return llvm::createStringError("expects a module with a function @" +
                                     name);
    auto kernel = function->getAttrOfType<StringAttr>(kernelAttrName);
    variants.push_back({target, name, kernel ? kernel.str() : "none"});
  }
  return llvm::Error::success();
}

llvm::Error ModelCompiler::collectBlobs() {
  SmallVector<bitnet_runtime::BlobOp> blobs(
      source.getOps<bitnet_runtime::BlobOp>());
  for (bitnet_runtime::BlobOp blob : blobs) {
    auto scratch = std::make_unique<std::vector<char>>();
    std::optional<ArrayRef<char>> bytes =
        getConstantBytes(blob.getData(), *scratch);
    if (!bytes)
      return llvm::createStringError("blob @" + blob.getSymName() +
                                     " expects data; it was printed without");
    SectionBlob entry{int64_t(*blob.getOffset()), *bytes};
    if (blob.getSymName() == "bitnet_tokenizer")
      tokenizer = entry;
    result.blobs.push_back(entry);
    result.scratch.push_back(std::move(scratch));
    blob.erase();
  }
  return llvm::Error::success();
}

llvm::Error ModelCompiler::translate() {
  registerBuiltinDialectTranslation(*source->getContext());
  registerLLVMDialectTranslation(*source->getContext());
  result.context = std::make_unique<llvm::LLVMContext>();
  result.module =
      translateModuleToLLVMIR(source, *result.context, options.symbol);
  if (!result.module)
    return llvm::createStringError("translation to LLVM IR failed");
  return llvm::Error::success();
}

llvm::Error ModelCompiler::linkRuntime() {
  const llvm::Triple &triple = result.module->getTargetTriple();
  SmallVector<llvm::StringRef, 2> parts;
  parts.push_back(
      getRuntimeBitcode(triple.getArchName(), options.withoutThreads));
  if (options.withProgram)
    parts.push_back(getProgramBitcode(triple.getArchName()));
  for (llvm::StringRef bitcode : parts) {
    if (bitcode.empty())
      return llvm::createStringError(
          options.withProgram
              ? "a program can only be made for the architecture that the "
                "compiler runs on; --emit=obj can be linked for " +
                    triple.str()
              : "this compiler was built without the runtime for " +
                    triple.str());
    llvm::Expected<std::unique_ptr<llvm::Module>> part = llvm::parseBitcodeFile(
        llvm::MemoryBufferRef(bitcode, "runtime"), *result.context);
    if (!part)
      return part.takeError();
    (*part)->setDataLayout(result.module->getDataLayout());
    (*part)->setTargetTriple(result.module->getTargetTriple());
    if (llvm::Linker::linkModules(*result.module, std::move(*part)))
      return llvm::createStringError("linking the runtime failed");
  }
  return llvm::Error::success();
}

void ModelCompiler::defineWeights() {
  // Zeros that the object writer overwrites: "externally initialised" keeps
  // the optimiser from reading them, "constant" makes the section read-only.
  llvm::Module &module = *result.module;
  llvm::GlobalVariable *declaration =
      module.getGlobalVariable("bitnet_runtime_weights");
  int64_t size = getSize(bitnet_runtime::weightsSizeAttrName);
  auto *type =
      llvm::ArrayType::get(llvm::Type::getInt8Ty(*result.context), size);
  auto *weights = new llvm::GlobalVariable(
      module, type, /*isConstant=*/true, llvm::GlobalValue::InternalLinkage,
      llvm::ConstantAggregateZero::get(type), "weights");
  weights->setExternallyInitialized(true);
  weights->setSection(".bitnet.weights");
  weights->setAlignment(llvm::Align(64));
  weights->setDSOLocal(true);
  declaration->replaceAllUsesWith(weights);
  declaration->eraseFromParent();
}

llvm::Constant *ModelCompiler::makeString(StringRef text) {
  llvm::Constant *data =
      llvm::ConstantDataArray::getString(*result.context, text);
  auto *string = new llvm::GlobalVariable(
      *result.module, data->getType(), /*isConstant=*/true,
      llvm::GlobalValue::PrivateLinkage, data, "string");
  string->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  return string;
}

llvm::Constant *ModelCompiler::makeVariants() {
  llvm::LLVMContext &context = *result.context;
  SmallVector<llvm::Constant *> rows;
  for (const Variant &variant : variants)
    rows.push_back(llvm::ConstantStruct::getAnon(
        {makeString(stringifyInstructionSet(variant.target.getLevel())),
         makeString(variant.target.getCpu()), makeString(variant.kernel),
         result.module->getFunction(variant.function),
         llvm::ConstantDataArray::get(
             context, llvm::ArrayRef(getCpuRequirements(variant.target)))}));
  llvm::Constant *array = llvm::ConstantArray::get(
      llvm::ArrayType::get(rows.front()->getType(), rows.size()), rows);
  return new llvm::GlobalVariable(*result.module, array->getType(),
                                  /*isConstant=*/true,
                                  llvm::GlobalValue::InternalLinkage, array,
                                  "variants");
}

void ModelCompiler::defineModel() {
  // struct bitnet_model_descriptor; see lib/Runtime/ModelDescriptor.h.
  llvm::Module &module = *result.module;
  llvm::LLVMContext &context = *result.context;
  auto *i32 = llvm::Type::getInt32Ty(context);
  auto *i64 = llvm::Type::getInt64Ty(context);
  auto *pointer = llvm::PointerType::getUnqual(context);
  llvm::Constant *none = llvm::ConstantPointerNull::get(pointer);
  llvm::Constant *tokenizerData = none;
  if (tokenizer)
    tokenizerData = llvm::ConstantExpr::getGetElementPtr(
        llvm::Type::getInt8Ty(context), module.getNamedGlobal("weights"),
        llvm::ConstantInt::get(i64, tokenizer->offset));
  auto number = [&](llvm::Type *type, int64_t value) {
    return llvm::ConstantInt::get(type, value);
  };
  // What is not used is dropped, and with it the reference to getenv.
  llvm::Constant *forced = module.getFunction("bitnet_runtime_forced_variant");
  llvm::Constant *descriptorValue = llvm::ConstantStruct::getAnon(
      {makeString(model.getName()), makeVariants(),
       variants.size() > 1 && forced ? forced : none,
       number(i32, variants.size()), number(i32, model.getVocabularySize()),
       number(i32, model.getContextLength()),
       number(i32, model.getEmbeddingLength()),
       number(i32, model.getLayerCount()), number(i32, model.getChunkSize()),
       number(i32, KVCacheType::positionGranule),
       number(i64, kvBytesPerPosition),
       number(i64, getSize(bitnet_runtime::arenaSizeAttrName)),
       number(i64, getSize(bitnet_runtime::weightsSizeAttrName)), tokenizerData,
       number(i64, tokenizer ? int64_t(tokenizer->bytes.size()) : 0)});
  auto *descriptor = new llvm::GlobalVariable(
      module, descriptorValue->getType(), /*isConstant=*/true,
      llvm::GlobalValue::InternalLinkage, descriptorValue, "descriptor");

  llvm::Constant *modelValue = llvm::ConstantStruct::getAnon(
      {module.getNamedGlobal("bitnet_runtime_functions"), descriptor});
  auto *symbol = new llvm::GlobalVariable(
      module, modelValue->getType(), /*isConstant=*/true,
      llvm::GlobalValue::ExternalLinkage, modelValue, options.symbol);
  // The program refers to its model by a name of its own.
  if (llvm::GlobalVariable *reference =
          module.getNamedGlobal("bitnet_program_model")) {
    reference->replaceAllUsesWith(symbol);
    reference->eraseFromParent();
  }
}

void ModelCompiler::internalize() {
  llvm::internalizeModule(*result.module, [&](const llvm::GlobalValue &value) {
    return value.getName() == options.symbol || value.getName() == "main";
  });
}

llvm::Expected<CompiledModel> ModelCompiler::run() {
  model = source->getAttrOfType<ModelAttr>(modelAttrName);
  auto cacheBytes = source->getAttrOfType<IntegerAttr>(
      bitnet_runtime::kvBytesPerPositionAttrName);
  if (llvm::Error error = findVariants())
    return std::move(error);
  if (!model || variants.empty() || !cacheBytes)
    return llvm::createStringError(
        "expects a planned module with bitnet.model and bitnet.targets");
  kvBytesPerPosition = cacheBytes.getInt();
  // The small code model reaches 2 GiB; leave room for code.
  if (getSize(bitnet_runtime::weightsSizeAttrName) > (int64_t(2047) << 20))
    return llvm::createStringError(
        "expects at most 2047 MiB of weights in an object, found " +
        llvm::Twine(getSize(bitnet_runtime::weightsSizeAttrName) >> 20) +
        " MiB");
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine =
      createTargetMachine(variants.front().target.getTriple(), /*cpu=*/"",
                          /*features=*/"", options.optimizationLevel);
  if (!machine)
    return machine.takeError();
  if (llvm::Error error = collectBlobs())
    return std::move(error);
  if (llvm::Error error = translate())
    return std::move(error);
  result.module->setDataLayout((*machine)->createDataLayout());
  result.module->setTargetTriple((*machine)->getTargetTriple());
  if (llvm::Error error = linkRuntime())
    return std::move(error);
  defineWeights();
  defineModel();
  std::string message;
  llvm::raw_string_ostream stream(message);
  if (llvm::verifyModule(*result.module, &stream))
    return llvm::createStringError("invalid LLVM IR: " + message);
  internalize();
  optimizeModule(*result.module, **machine, options.optimizationLevel);
  return std::move(result);
}

llvm::Expected<CompiledModel>
mlir::bitnet::compileToLLVM(ModuleOp module, const CodegenOptions &options) {
  return ModelCompiler(module, options).run();
}
