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
#include "bitnet/Kernels/KernelTable.h"
#include "bitnet/Target/TargetResolver.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::options;

/// Whether the input is MLIR: standard input, or a file of that name that does
/// not begin as GGUF files do.
static bool isMLIR() {
  if (inputPath == "-")
    return true;
  if (llvm::sys::path::extension(inputPath) != ".mlir")
    return false;
  auto start = llvm::MemoryBuffer::getFileSlice(inputPath, 4, 0);
  return !start || (*start)->getBuffer() != "GGUF";
}

/// Reads the input: a GGUF file, which must outlive the module, or MLIR.
llvm::Expected<OwningOpRef<ModuleOp>>
bitnet::importModel(MLIRContext &context, llvm::SourceMgr &sources,
                    std::unique_ptr<GGUFFile> &file) {
  if (isMLIR()) {
    for (const llvm::cl::Option *option :
         {static_cast<const llvm::cl::Option *>(&i2sLayout),
          static_cast<const llvm::cl::Option *>(&activation),
          static_cast<const llvm::cl::Option *>(&contextLength),
          static_cast<const llvm::cl::Option *>(&chunkSize)})
      if (option->getNumOccurrences())
        return llvm::createStringError("expects --" + option->ArgStr +
                                       " with a GGUF file: it is settled in '" +
                                       inputPath + "'");
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
  llvm::Expected<std::unique_ptr<GGUFFile>> opened = GGUFFile::open(inputPath);
  if (!opened)
    return opened.takeError();
  file = std::move(*opened);
  GGUFImportOptions options;
  options.i2sLayout = i2sLayout;
  options.chunkSize = chunkSize;
  if (activation.getNumOccurrences())
    options.activation = activation;
  if (contextLength.getNumOccurrences())
    options.contextLength = contextLength;
  return importGGUF(context, *file, options);
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
        static_cast<const llvm::cl::Option *>(&masterQuantizer),
        static_cast<const llvm::cl::Option *>(&assumedThreads),
        static_cast<const llvm::cl::Option *>(&tune)})
    if (option->getNumOccurrences())
      return llvm::createStringError("expects no --" + option->ArgStr + ": '" +
                                     inputPath + "' has been packed for " +
                                     describeTargets(module));
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
