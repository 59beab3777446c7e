//===- Options.h - The command line of bitnet-compile -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_COMPILE_OPTIONS_H
#define BITNET_TOOLS_BITNET_COMPILE_OPTIONS_H

#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Dialect/ONNX/Transforms/Passes.h"
#include "bitnet/Import/GGUF/GGUFImporter.h"
#include "llvm/Support/CommandLine.h"

namespace mlir::bitnet::options {

enum class EmitKind { Object, Assembly, LLVMIR, MLIR, Executable, Shared };
enum class LastStage {
  Import,
  Quantize,
  Fold,
  Pack,
  LowerKernels,
  Plan,
  ToLLVM
};
enum class CacheChoice { Auto, F32, F16, BF16, Int8 };
enum class ThreadSupport { Pthreads, None };
enum class WeightsPlace { Auto, Object, File };

/// The options, as --help describes them.
extern llvm::cl::OptionCategory category;
extern llvm::cl::opt<std::string> inputPath;
extern llvm::cl::opt<std::string> outputPath;
extern llvm::cl::opt<EmitKind> emitKind;
extern llvm::cl::opt<LastStage> lastStage;
extern llvm::cl::opt<std::string> cpuName;
extern llvm::cl::opt<std::string> tripleName;
extern llvm::cl::opt<std::string> kernelName;
extern llvm::cl::opt<onnx::LinearQuantizer> quantizer;
extern llvm::cl::opt<onnx::QuantizationGranularity> quantizeGranularity;
extern llvm::cl::opt<std::string> quantizeLayers;
extern llvm::cl::opt<double> outlierThreshold;
extern llvm::cl::list<std::string> samples;
extern llvm::cl::opt<HeadFormat> headFormat;
extern llvm::cl::opt<double> headError;
extern llvm::cl::opt<ThreadSupport> threadSupport;
extern llvm::cl::opt<WeightsPlace> weightsPlace;
extern llvm::cl::opt<bool> isDryRun;
extern llvm::cl::list<std::string> machines;
extern llvm::cl::list<int64_t> contexts;
extern llvm::cl::opt<std::string> symbolName;
extern llvm::cl::opt<unsigned> optimizationLevel;
extern llvm::cl::opt<int64_t> assumedThreads;
extern llvm::cl::opt<std::string> reportPath;
extern llvm::cl::opt<bool> tune;
extern llvm::cl::opt<std::string> tuneCachePath;
extern llvm::cl::opt<I2SLayout> i2sLayout;
extern llvm::cl::opt<Activation> activation;
extern llvm::cl::opt<ActivationNumerics> activations;
extern llvm::cl::opt<CacheChoice> kvCache;
extern llvm::cl::opt<int64_t> contextLength;
extern llvm::cl::opt<int64_t> chunkSize;
extern llvm::cl::list<std::string> dimensions;
extern llvm::cl::list<std::string> constantInputs;
extern llvm::cl::opt<bool> inspects;
extern llvm::cl::opt<bool> printsJSON;

/// Checks what the parser of the command line cannot: ranges, and options that
/// exclude each other. Settles --emit for --until.
llvm::Error checkOptions();

} // namespace mlir::bitnet::options

#endif // BITNET_TOOLS_BITNET_COMPILE_OPTIONS_H
