//===- LinearWorkload.h - Linear layers on random data ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What it takes to run and to measure a row of the kernel table outside a
// model: operands of a shape, the kernel compiled for them, and its calls on
// the threads of a team, one after the other with a barrier behind each, as
// models make them.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXECUTION_LINEARWORKLOAD_H
#define BITNET_EXECUTION_LINEARWORKLOAD_H

#include "bitnet/Execution/AlignedBuffer.h"
#include "bitnet/Execution/JitKernel.h"
#include "bitnet/Execution/ThreadTeam.h"
#include "bitnet/Execution/Timing.h"
#include "bitnet/Kernels/KernelTable.h"
#include "bitnet/Weights/TernaryMatrix.h"

#include <optional>

namespace mlir::bitnet {

/// What a layer is besides its sizes.
struct LinearForm {
  /// Columns that share a scale; 0: the matrix has one.
  int64_t blockColumns = 0;
  /// Parts of the activations; all have the same values here.
  int64_t parts = 1;
};

/// Random operands of a quantised linear layer, which kernels of all layouts
/// can have: weights in {-1, 0, 1}, or {-1, 1} if it is binary, activations in
/// [-127, 127], one weight scale.
struct LinearOperands {
  /// The same sizes give the same operands. All sizes are at least 1.
  LinearOperands(int64_t rows, int64_t columns, int64_t tokens, bool isBinary,
                 LinearForm form = {});

  TernaryMatrix weight;
  /// [tokens][columns]
  std::vector<int8_t> values;
  /// [tokens]: scales and sums of the activations.
  std::vector<float> scales;
  std::vector<int32_t> sums;
  LinearForm form;

  int64_t getTokens() const { return static_cast<int64_t>(scales.size()); }
};

/// Whether `kernel` needs binary operands.
bool isBinary(const LinearKernel &kernel);

/// A kernel compiled for operands, with all buffers.
class LinearWorkload {
public:
  /// `streamBytes`: the least that the copies of the packed weight take
  /// together; 0: there is one copy. Errors: no memory, no kernel.
  static llvm::Expected<LinearWorkload> create(TargetAttr target,
                                               const LinearKernel &kernel,
                                               const LinearOperands &operands,
                                               int64_t streamBytes = 0);

  /// Bytes of one copy of the packed weight.
  int64_t getWeightBytes() const { return weightBytes; }
  /// Whether the kernel looks up in tables, which runTables() makes.
  bool hasTables() const { return tableKernel.has_value(); }

  /// Computes the layer `calls` times for `tokens` tokens. `streams`: with each
  /// copy of the weight in turn; otherwise always with the first.
  void run(ThreadTeam &team, int64_t tokens, bool streams, int64_t calls);
  /// Makes the lookup tables of `tokens` tokens `calls` times.
  void runTables(ThreadTeam &team, int64_t tokens, int64_t calls);

  /// [tokens][rows] of the last run.
  ArrayRef<float> getResults(int64_t tokens) {
    return {output.as<float>(), static_cast<size_t>(tokens * rows)};
  }

private:
  LinearWorkload(JitKernel kernel, std::optional<JitKernel> tableKernel)
      : kernel(std::move(kernel)), tableKernel(std::move(tableKernel)) {}
  llvm::Error allocate(const LinearOperands &operands, LayoutAttr layout,
                       int64_t streamBytes);

  JitKernel kernel;
  std::optional<JitKernel> tableKernel;
  int64_t rows = 0, tiles = 0, weightBytes = 0;
  /// Copies of the weight, how far apart they are, and the next to read.
  int64_t copies = 1, copyStride = 0, nextCopy = 0;
  float weightScale = 1;
  /// Scales of blocks, as halves.
  AlignedBuffer blockScales;
  LinearForm form;
  AlignedBuffer values, tables, scales, sums, weight, output;
};

/// Where a measurement finds the weights: in the caches, as far as they fit, or
/// in memory, because copies of them exceed the last-level cache four times.
enum class WeightsFrom { Cache, Memory };

/// What to measure kernels on.
struct LinearCase {
  int64_t rows, columns, tokens;
  unsigned threads;
  WeightsFrom from;
  LinearForm form = {};
};

/// Seconds of one call, without and only the making of lookup tables.
struct LinearTiming {
  Timing call;
  /// Nothing for kernels that multiply.
  std::optional<Timing> tables;
};

/// Measures kernels in turn. All must be of levels that `target`, this machine,
/// includes. Errors: no memory, a kernel that does not compile.
llvm::Expected<std::vector<LinearTiming>>
measureLinearKernels(TargetAttr target, ArrayRef<const LinearKernel *> kernels,
                     const LinearCase &shape,
                     const TimingOptions &options = {});

/// The median seconds of one call of one kernel, without the making of tables.
llvm::Expected<double> measureLinearKernel(TargetAttr target,
                                           const LinearKernel &kernel,
                                           const LinearCase &shape,
                                           const TimingOptions &options = {});

} // namespace mlir::bitnet

#endif // BITNET_EXECUTION_LINEARWORKLOAD_H
