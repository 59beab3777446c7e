//===- CompileToLLVM.cpp - LLVM dialect to optimised LLVM IR --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Blobs.h"
#include "CacheDescriptor.h"
#include "ConstantBuilder.h"
#include "GraphSymbol.h"
#include "ModelEntry.h"
#include "RuntimeBitcode.h"
#include "bitnet/Codegen/Codegen.h"
#include "bitnet/Codegen/Optimize.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Places.h"
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
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"
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
  llvm::Error defineWeights();
  /// struct bitnet_variant_set.
  llvm::Expected<llvm::Constant *> makeVariants();
  /// What bitnet_model_descriptor::identity says.
  uint64_t hashWeights();
  /// struct bitnet_model_descriptor; see lib/Runtime/ModelDescriptor.h.
  llvm::Constant *makeModelDescriptor(llvm::Constant *variantSet);
  /// bitnet_model or bitnet_graph.
  llvm::Error defineSymbol();
  void internalize();

  int64_t getSize(StringRef attribute) {
    return source->getAttrOfType<IntegerAttr>(attribute).getInt();
  }

  ModuleOp source;
  const CodegenOptions &options;
  CompiledModel result;
  SmallVector<Variant> variants;
  /// One of them is null.
  ModelAttr model;
  GraphAttr graph;
  std::optional<SectionBlob> tokenizer;
  std::optional<SectionBlob> chatTemplate;
  /// Bytes of the object's section.
  int64_t sectionSize = 0;
  int64_t kvBytesPerPosition = 0;
};
} // namespace

llvm::Error ModelCompiler::findVariants() {
  SmallVector<TargetAttr> targets = getTargets(source);
  for (TargetAttr target : targets) {
    std::string name = getTargetSymbol(graph ? bitnet_runtime::graphEntryName
                                             : bitnet_runtime::entryName,
                                       target, targets.size());
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
  sectionSize = getSize(bitnet_runtime::weightsSizeAttrName);
  if (options.weightsFile)
    sectionSize = 0;
  SmallVector<bitnet_runtime::BlobOp> blobs(
      source.getOps<bitnet_runtime::BlobOp>());
  for (bitnet_runtime::BlobOp blob : blobs) {
    if (!options.weightsFile || isReadByRuntime(blob)) {
      auto scratch = std::make_unique<std::vector<char>>();
      llvm::Expected<SectionBlob> entry = getSectionBlob(blob, *scratch);
      if (!entry)
        return entry.takeError();
      if (options.weightsFile) {
        entry->offset = sectionSize;
        sectionSize = llvm::alignTo(sectionSize + entry->bytes.size(),
                                    bitnet_runtime::placeAlignment);
      }
      if (blob.getSymName() == tokenizerBlobName)
        tokenizer = *entry;
      if (blob.getSymName() == chatTemplateBlobName)
        chatTemplate = *entry;
      result.blobs.push_back(*entry);
      result.scratch.push_back(std::move(scratch));
    }
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
  parts.push_back((graph ? getGraphBitcode : getRuntimeBitcode)(
      triple.getArchName(), options.withoutThreads));
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

llvm::Error ModelCompiler::defineWeights() {
  // Zeros that the object writer overwrites: "externally initialised" keeps
  // the optimiser from reading them, "constant" makes the section read-only.
  llvm::Module &module = *result.module;
  auto *type =
      llvm::ArrayType::get(llvm::Type::getInt8Ty(*result.context), sectionSize);
  auto *weights = new llvm::GlobalVariable(
      module, type, /*isConstant=*/true, llvm::GlobalValue::InternalLinkage,
      llvm::ConstantAggregateZero::get(type), "weights");
  weights->setExternallyInitialized(true);
  weights->setSection(".bitnet.weights");
  weights->setAlignment(llvm::Align(64));
  weights->setDSOLocal(true);
  // The entry functions of language models get the address as an argument.
  if (llvm::GlobalVariable *declaration =
          module.getGlobalVariable(weightsSymbolName)) {
    if (options.weightsFile && !declaration->use_empty())
      return llvm::createStringError(
          "expects only entry functions to refer to weights in a file");
    declaration->replaceAllUsesWith(weights);
    declaration->eraseFromParent();
  }
  return llvm::Error::success();
}

llvm::Expected<llvm::Constant *> ModelCompiler::makeVariants() {
  llvm::Module &module = *result.module;
  ConstantBuilder b(module);
  SmallVector<llvm::Constant *> rows;
  for (const Variant &variant : variants) {
    llvm::Function *function = module.getFunction(variant.function);
    if (graph) {
      llvm::Expected<llvm::Function *> entry = makeGraphEntry(function, graph);
      if (!entry)
        return entry.takeError();
      function = *entry;
    } else {
      llvm::Expected<llvm::Function *> entry = makeModelEntry(function);
      if (!entry)
        return entry.takeError();
      function = *entry;
    }
    rows.push_back(b.makeStruct(
        {b.makeString(stringifyInstructionSet(variant.target.getLevel())),
         b.makeString(variant.target.getCpu()), b.makeString(variant.kernel),
         function,
         llvm::ConstantDataArray::get(
             *result.context,
             llvm::ArrayRef(getCpuRequirements(variant.target)))}));
  }
  // What is not used is dropped, and with it the reference to getenv.
  llvm::Constant *forced = module.getFunction("bitnet_runtime_forced_variant");
  return b.makeStruct({b.makeArray(rows, "variants"),
                       variants.size() > 1 && forced ? forced : b.makeNull(),
                       b.makeInt32(variants.size())});
}

uint64_t ModelCompiler::hashWeights() {
  SmallVector<uint64_t> words;
  if (options.weightsFile)
    words.push_back(options.weightsFile->hash);
  for (const SectionBlob &blob : result.blobs) {
    words.push_back(blob.offset);
    words.push_back(llvm::xxh3_64bits(
        ArrayRef(reinterpret_cast<const uint8_t *>(blob.bytes.data()),
                 blob.bytes.size())));
  }
  return llvm::xxh3_64bits(
      ArrayRef(reinterpret_cast<const uint8_t *>(words.data()),
               words.size() * sizeof(uint64_t)));
}

llvm::Constant *ModelCompiler::makeModelDescriptor(llvm::Constant *variantSet) {
  llvm::Module &module = *result.module;
  ConstantBuilder b(module);
  llvm::Constant *section = module.getNamedGlobal("weights");
  auto getAddress = [&](const std::optional<SectionBlob> &blob) {
    return blob ? llvm::ConstantExpr::getGetElementPtr(
                      llvm::Type::getInt8Ty(*result.context), section,
                      b.makeInt64(blob->offset))
                : b.makeNull();
  };
  llvm::Constant *file = b.makeNull();
  if (const std::optional<WeightsFile> &weights = options.weightsFile)
    file = b.makeGlobal(
        b.makeStruct(
            {b.makeString(weights->name), b.makeInt64(weights->contentsSize),
             b.makeInt64(static_cast<int64_t>(weights->hash)),
             module.getNamedGlobal("bitnet_runtime_weights_functions")}),
        "weights_file");
  return b.makeGlobal(
      b.makeStruct(
          {b.makeString(model.getName()), variantSet,
           b.makeInt32(model.getVocabularySize()),
           b.makeInt32(model.getContextLength()),
           b.makeInt32(model.getEmbeddingLength()),
           b.makeInt32(model.getLayerCount()),
           b.makeInt32(model.getChunkSize()),
           b.makeInt32(KVCacheType::positionGranule),
           b.makeInt64(kvBytesPerPosition),
           b.makeInt64(getSize(bitnet_runtime::arenaSizeAttrName)),
           b.makeInt64(getSize(bitnet_runtime::weightsSizeAttrName)),
           getAddress(tokenizer),
           b.makeInt64(tokenizer ? int64_t(tokenizer->bytes.size()) : 0),
           options.weightsFile ? b.makeNull() : section, file,
           b.makeInt32(static_cast<int64_t>(model.getPooling())),
           /*reserved=*/b.makeInt32(0), getAddress(chatTemplate),
           makeCacheDescriptor(module, source),
           b.makeInt64(static_cast<int64_t>(hashWeights()))}),
      "descriptor");
}

llvm::Error ModelCompiler::defineSymbol() {
  llvm::Module &module = *result.module;
  llvm::Expected<llvm::Constant *> variantSet = makeVariants();
  if (!variantSet)
    return variantSet.takeError();
  if (llvm::Error error = defineWeights())
    return error;
  llvm::Constant *descriptor;
  if (graph) {
    llvm::Expected<llvm::Constant *> made =
        makeGraphDescriptor(module, graph, *variantSet,
                            getSize(bitnet_runtime::weightsSizeAttrName));
    if (!made)
      return made.takeError();
    descriptor = *made;
  } else {
    descriptor = makeModelDescriptor(*variantSet);
  }
  llvm::Constant *value = llvm::ConstantStruct::getAnon(
      {module.getNamedGlobal(graph ? "bitnet_runtime_graph_functions"
                                   : "bitnet_runtime_functions"),
       descriptor});
  auto *symbol = new llvm::GlobalVariable(
      module, value->getType(), /*isConstant=*/true,
      llvm::GlobalValue::ExternalLinkage, value, options.symbol);
  // The program refers to its model by a name of its own.
  if (llvm::GlobalVariable *reference =
          module.getNamedGlobal("bitnet_program_model")) {
    reference->replaceAllUsesWith(symbol);
    reference->eraseFromParent();
  }
  return llvm::Error::success();
}

void ModelCompiler::internalize() {
  llvm::internalizeModule(*result.module, [&](const llvm::GlobalValue &value) {
    return value.getName() == options.symbol || value.getName() == "main";
  });
}

llvm::Expected<CompiledModel> ModelCompiler::run() {
  model = source->getAttrOfType<ModelAttr>(modelAttrName);
  graph = source->getAttrOfType<GraphAttr>(graphAttrName);
  auto cacheBytes = source->getAttrOfType<IntegerAttr>(
      bitnet_runtime::kvBytesPerPositionAttrName);
  if (llvm::Error error = findVariants())
    return std::move(error);
  bool isPlanned =
      source->hasAttrOfType<IntegerAttr>(bitnet_runtime::weightsSizeAttrName);
  bool isModel =
      model && cacheBytes &&
      source->hasAttrOfType<IntegerAttr>(bitnet_runtime::arenaSizeAttrName);
  if (variants.empty() || !isPlanned || !(graph || isModel))
    return llvm::createStringError("expects a planned module with bitnet.model "
                                   "or bitnet.graph, and bitnet.targets");
  if (graph && options.withProgram)
    return llvm::createStringError("expects a language model for a program: a "
                                   "graph has no text to read and write");
  kvBytesPerPosition = cacheBytes ? cacheBytes.getInt() : 0;
  if (graph && options.weightsFile)
    return llvm::createStringError("expects the weights of a graph in its "
                                   "object: graphs read no files");
  if (!options.weightsFile && getWeightsSize(source) > mostObjectWeights)
    return llvm::createStringError(
        "expects at most " + llvm::Twine(mostObjectWeights >> 20) +
        " MiB of weights in an object, found " +
        llvm::Twine(getWeightsSize(source) >> 20) + " MiB");
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
  if (llvm::Error error = defineSymbol())
    return std::move(error);
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
