//===- Options.h - Command line of bitnet-bench -----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_BENCH_OPTIONS_H
#define BITNET_TOOLS_BITNET_BENCH_OPTIONS_H

#include "bitnet/Execution/Timing.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir::bitnet::options {

//===--- Commands -------------------------------------------------------===//

extern llvm::cl::SubCommand limitsCommand, kernelsCommand, modelCommand,
    compareCommand, tokenizerCommand;

//===--- Every command --------------------------------------------------===//

extern llvm::cl::opt<std::string> jsonPath, plotPath;

/// --threads: by default 1, 2, 4, ... and all processors. Errors: a number
/// outside [1, 256].
llvm::Expected<std::vector<unsigned>> getThreadCounts();

/// --rounds and --sample-ms. Errors: no round, a sample of no time.
llvm::Expected<TimingOptions> getTimingOptions();

//===--- kernels --------------------------------------------------------===//

/// A matrix of --shape.
struct MatrixShape {
  int64_t rows, columns;
};

enum class WeightsPlace { Both, Cache, Memory };
extern llvm::cl::opt<WeightsPlace> weightsPlace;

/// --kernel: names, or none for all.
std::vector<std::string> getKernelNames();

/// --scale-columns: columns that share a scale; 0: the matrix has one.
extern llvm::cl::opt<unsigned> blockColumns;
/// --parts: parts of activations, 1 or 3.
extern llvm::cl::opt<unsigned> activationParts;

/// Errors: text that is no shape, a matrix that is empty or of more than 2^31
/// elements, blocks that do not divide it, other numbers of parts than 1 and 3.
llvm::Expected<std::vector<MatrixShape>> getShapes();

/// --n. Errors: a number outside [1, 4096].
llvm::Expected<std::vector<int64_t>> getTokenCounts();

//===--- model and compare ----------------------------------------------===//

/// Of tokenizer too.
extern llvm::cl::opt<std::string> modelPath;
extern llvm::cl::list<std::string> peerCommands;
extern llvm::cl::opt<unsigned> peerTimeout;

/// What is measured of a model.
struct ModelMeasurements {
  std::vector<unsigned> threads;
  TimingOptions timing;
  /// --prefill and --decode, without those of 0 tokens.
  std::vector<unsigned> prefill, decode;
};

/// Errors: those of threads and timing, a number of tokens above 2^20.
llvm::Expected<ModelMeasurements> getModelMeasurements();

/// What follows `--`: options of bitnet-compile.
extern std::vector<std::string> compileOptions;

//===--- tokenizer ------------------------------------------------------===//

extern llvm::cl::opt<std::string> textPath;

//===--- Parsing --------------------------------------------------------===//

/// Parses the command line. A mistake that needs no further look ends the
/// program with a message and status 1.
void parse(int argc, char **argv);

} // namespace mlir::bitnet::options

#endif // BITNET_TOOLS_BITNET_BENCH_OPTIONS_H
