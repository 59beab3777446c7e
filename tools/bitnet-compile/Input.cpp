//===- Input.cpp - Reading models and settling their target ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Input.h"
#include "Options.h"
#include "bitnet/CostModel/CostModel.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/ONNX/Operators/OperatorTable.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"
#include "bitnet/Kernels/KernelTable.h"
#include "bitnet/Target/TargetResolver.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::options;

namespace {
enum class InputKind { GGUF, HuggingFace, MLIR, ONNX };
} // namespace

/// What the input is, by the bytes that it begins with or else its name;
/// standard input is MLIR.
static InputKind getInputKind() {
  if (inputPath == "-")
    return InputKind::MLIR;
  if (isModelFolder(inputPath))
    return InputKind::HuggingFace;
  // A path that is no file gets its message from the reader.
  if (llvm::sys::fs::is_regular_file(inputPath)) {
    auto start = llvm::MemoryBuffer::getFileSlice(inputPath, 4, 0);
    if (start && (*start)->getBuffer() == "GGUF")
      return InputKind::GGUF;
    // ir_version, the first field of a model in protobuf's encoding.
    if (start && (*start)->getBuffer().starts_with("\b"))
      return InputKind::ONNX;
  }
  StringRef extension = llvm::sys::path::extension(inputPath);
  return extension == ".mlir"   ? InputKind::MLIR
         : extension == ".onnx" ? InputKind::ONNX
                                : InputKind::GGUF;
}

static StringRef describe(InputKind kind) {
  return kind == InputKind::GGUF          ? "a GGUF file"
         : kind == InputKind::HuggingFace ? "a folder of Hugging Face"
         : kind == InputKind::ONNX        ? "an ONNX file"
                                          : "MLIR";
}

/// Options that only some kinds of input have.
static llvm::Error checkInputOptions(InputKind kind) {
  struct InputOption {
    const llvm::cl::Option &option;
    InputKind kind;
    /// Whether language models of other kinds have it, too.
    bool isForLanguageModels = false;
  };
  const InputOption inputOptions[] = {
      {i2sLayout, InputKind::GGUF},
      {activation, InputKind::GGUF, /*isForLanguageModels=*/true},
      {activations, InputKind::GGUF, /*isForLanguageModels=*/true},
      {kvCache, InputKind::GGUF, /*isForLanguageModels=*/true},
      {contextLength, InputKind::GGUF, /*isForLanguageModels=*/true},
      {chunkSize, InputKind::GGUF, /*isForLanguageModels=*/true},
      {dimensions, InputKind::ONNX},
      {constantInputs, InputKind::ONNX},
      {samples, InputKind::ONNX}};
  for (const InputOption &row : inputOptions) {
    bool isModel = kind == InputKind::GGUF || kind == InputKind::HuggingFace;
    if (row.kind == kind || (row.isForLanguageModels && isModel) ||
        !row.option.getNumOccurrences())
      continue;
    std::string message =
        ("expects --" + row.option.ArgStr + " with " + describe(row.kind))
            .str();
    if (kind == InputKind::MLIR)
      return llvm::createStringError(message + ": it is settled in '" +
                                     inputPath + "'");
    return llvm::createStringError(message + ", found '" + inputPath + "', " +
                                   describe(kind));
  }
  return llvm::Error::success();
}

static llvm::Expected<OwningOpRef<ModuleOp>>
parseMLIR(MLIRContext &context, llvm::SourceMgr &sources) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(inputPath,
                                                   /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot read '" + inputPath +
                                   "': " + buffer.getError().message());
  sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  if (!module)
    return llvm::createStringError("'" + inputPath + "' is not valid MLIR");
  return module;
}

static llvm::Expected<OwningOpRef<ModuleOp>>
importONNXFile(MLIRContext &context, std::unique_ptr<ONNXFile> &file) {
  ONNXImportOptions options;
  for (StringRef text : dimensions) {
    // The number is last: a name may be an expression.
    auto [name, number] = text.rsplit('=');
    int64_t size = 0;
    if (name.empty() || number.getAsInteger(10, size))
      return llvm::createStringError("expects --dim=name=size, found '" + text +
                                     "'");
    options.dimensions.push_back({name.str(), size});
  }
  for (StringRef text : constantInputs) {
    auto [name, path] = text.split('=');
    if (name.empty() || path.empty())
      return llvm::createStringError("expects --constant=name=file, found '" +
                                     text + "'");
    options.constants.push_back({name.str(), path.str()});
  }
  options.isSupported = [](StringRef domain, StringRef type, int64_t version) {
    return onnx::lookupOperator(domain, type, version) != nullptr;
  };
  if (llvm::Error error = ONNXFile::open(inputPath).moveInto(file))
    return error;
  return importONNX(context, *file, options);
}

/// What the command line says of a language model.
static void setModelOptions(LanguageModelOptions &options) {
  options.chunkSize = chunkSize;
  if (activation.getNumOccurrences())
    options.activation = activation;
  options.activations = activations;
  options.hasMasterWeights = quantizer.getNumOccurrences() != 0;
  if (contextLength.getNumOccurrences())
    options.contextLength = contextLength;
  switch (kvCache) {
  case CacheChoice::Auto:
    break;
  case CacheChoice::F32:
    options.cacheElement = CacheElement::F32;
    break;
  case CacheChoice::F16:
    options.cacheElement = CacheElement::F16;
    break;
  case CacheChoice::BF16:
    options.cacheElement = CacheElement::BF16;
    break;
  case CacheChoice::Int8:
    options.cacheElement = CacheElement::Int8;
    break;
  }
}

static llvm::Expected<OwningOpRef<ModuleOp>>
importGGUFFile(MLIRContext &context, std::unique_ptr<GGUFFile> &file) {
  if (llvm::Error error = GGUFFile::open(inputPath).moveInto(file))
    return error;
  GGUFImportOptions options;
  options.i2sLayout = i2sLayout;
  setModelOptions(options);
  return importGGUF(context, *file, options);
}

static llvm::Expected<OwningOpRef<ModuleOp>>
importFolder(MLIRContext &context, std::unique_ptr<ModelFolder> &folder) {
  if (llvm::Error error = ModelFolder::open(inputPath).moveInto(folder))
    return error;
  LanguageModelOptions options;
  setModelOptions(options);
  return importHuggingFace(context, *folder, options);
}

llvm::Expected<OwningOpRef<ModuleOp>>
bitnet::importModel(MLIRContext &context, llvm::SourceMgr &sources,
                    ModelFile &file) {
  InputKind kind = getInputKind();
  if (llvm::Error error = checkInputOptions(kind))
    return error;
  switch (kind) {
  case InputKind::GGUF:
    return importGGUFFile(context, file.gguf);
  case InputKind::HuggingFace:
    return importFolder(context, file.folder);
  case InputKind::MLIR:
    return parseMLIR(context, sources);
  case InputKind::ONNX:
    return importONNXFile(context, file.onnx);
  }
  llvm_unreachable("unknown kind of input");
}

/// Whether weights have been packed, or kernels generated, for a target.
static bool isForTarget(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    auto weight = dyn_cast<WeightOp>(op);
    bool isPacked =
        weight && isa<LayoutAttr>(weight.getResult().getType().getEncoding());
    return isPacked || isa<bitnet_runtime::BlobOp>(op) ? WalkResult::interrupt()
                                                       : WalkResult::advance();
  });
  return result.wasInterrupted();
}

/// Options of stages that the module has passed.
static llvm::Error checkPackedOptions(ModuleOp module) {
  if (!isForTarget(module))
    return llvm::Error::success();
  for (const llvm::cl::Option *option :
       {static_cast<const llvm::cl::Option *>(&kernelName),
        static_cast<const llvm::cl::Option *>(&headFormat),
        static_cast<const llvm::cl::Option *>(&headError),
        static_cast<const llvm::cl::Option *>(&quantizer),
        static_cast<const llvm::cl::Option *>(&assumedThreads),
        static_cast<const llvm::cl::Option *>(&tune)})
    if (option->getNumOccurrences())
      return llvm::createStringError("expects no --" + option->ArgStr + ": '" +
                                     inputPath + "' has been packed for " +
                                     describeTargets(module));
  return llvm::Error::success();
}

llvm::Error bitnet::checkQuantizer(ModuleOp module) {
  if (module.lookupSymbol<func::FuncOp>(onnx::graphFunctionName))
    return llvm::Error::success();
  if (quantizer != onnx::LinearQuantizer::AbsMean &&
      quantizer != onnx::LinearQuantizer::Sign)
    return llvm::createStringError("expects --quantize=absmean or sign for '" +
                                   inputPath + "', a language model, found " +
                                   onnx::getQuantizerName(quantizer));
  for (const llvm::cl::Option *option :
       {static_cast<const llvm::cl::Option *>(&quantizeGranularity),
        static_cast<const llvm::cl::Option *>(&quantizeLayers)})
    if (option->getNumOccurrences())
      return llvm::createStringError("expects --" + option->ArgStr +
                                     " with an ONNX file, found '" + inputPath +
                                     "', a language model");
  return llvm::Error::success();
}

llvm::Error bitnet::setTargets(ModuleOp module) {
  if (llvm::Error error = checkPackedOptions(module))
    return error;
  MLIRContext *context = module.getContext();
  SmallVector<TargetAttr> present = getTargets(module);
  for (TargetAttr target : present)
    if (llvm::Error error = checkTarget(target))
      return error;
  bool isAsked = cpuName.getNumOccurrences() || tripleName.getNumOccurrences();
  if (!present.empty() && !isAsked && !kernelName.getNumOccurrences())
    return llvm::Error::success();
  SmallVector<TargetAttr> targets = present;
  if (present.empty() || isAsked) {
    llvm::Expected<SmallVector<TargetAttr>> asked =
        resolveTargets(context, tripleName, cpuName, [&](InstructionSet level) {
          return hasSharedKernel(context, level);
        });
    if (!asked)
      return asked.takeError();
    targets = *asked;
  }
  // A kernel that is asked for sets the level of the only target; of several,
  // those that can run it use it.
  const LinearKernel *kernel = lookupLinearKernel(kernelName);
  if (TargetAttr only = targets.front();
      kernel && targets.size() == 1 && includes(only.getLevel(), kernel->level))
    targets = {TargetAttr::get(context, only.getTriple(), only.getCpu(),
                               only.getFeatures(), kernel->level)};
  if (!present.empty() && targets != present && isForTarget(module))
    return llvm::createStringError("expects no --cpu and no --target: '" +
                                   inputPath + "' has been packed for " +
                                   describeTargets(module));
  SmallVector<Attribute> attributes(targets.begin(), targets.end());
  module->setAttr(targetsAttrName, ArrayAttr::get(context, attributes));
  return llvm::Error::success();
}

void bitnet::setMachine(ModuleOp module) {
  MLIRContext *context = module.getContext();
  InstructionSet level = getTargetLevels(module).front();
  auto machine = module->getAttrOfType<MachineAttr>(machineAttrName);
  if (!machine)
    machine = cpuName == "native" ? getHostMachine(context, level)
                                  : getDefaultMachine(context, level);
  if (assumedThreads.getNumOccurrences())
    machine = MachineAttr::get(
        context, assumedThreads, machine.getClock(), machine.getL2Bytes(),
        machine.getL3Bytes(), machine.getL2Bandwidth(),
        machine.getL3Bandwidth(), machine.getMemoryBandwidthOne(),
        machine.getMemoryBandwidth());
  module->setAttr(machineAttrName, machine);
}
