//===- LimitKernels.h - Kernels that reach limits ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loops that do one thing as fast as the processor can: read memory, multiply
// and add bytes, look values up, wait for the result before. They are made with
// the same emitter and compiled by the same pipeline as the kernels that they
// are compared with.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_BENCH_LIMITKERNELS_H
#define BITNET_TOOLS_BITNET_BENCH_LIMITKERNELS_H

#include "bitnet/Kernels/Kernels.h"

namespace mlir::bitnet {

/// Bytes of the input and of the output of every loop but the reading one: 16
/// vectors of 512 bits.
inline constexpr int64_t peakOperandBytes = 16 * 64;

/// Bytes that one iteration of the reading loop reads; ranges are multiples.
inline constexpr int64_t readStepBytes = 1024;

/// Reads bytes [begin, end) of the input `rows` times, in vectors of
/// `vectorBytes`, asking for bytes `prefetchBytes` ahead (0: not at all).
/// Output: 64 bytes that depend on all that was read.
void emitReadLoop(Emitter &e, const KernelArguments &a, int64_t vectorBytes,
                  int64_t prefetchBytes);

/// Operations of one cycle, each of which needs the one before, in one
/// iteration of the clock loop.
inline constexpr int64_t clockChainLength = 128;

/// `rows` iterations of a chain of such operations.
void emitClockLoop(Emitter &e, const KernelArguments &a);

/// An instruction whose throughput is a limit of kernels.
struct PeakInstruction {
  StringLiteral name;
  /// The level that has it.
  InstructionSet level;
  /// What one execution does: multiply-adds of bytes, or look-ups.
  int64_t work;
  /// `rows` iterations of that many independent executions.
  static constexpr int64_t perIteration = 48;
  void (*emit)(Emitter &, const KernelArguments &);
};

/// Instructions that multiply and add bytes; of those that a CPU has, the last
/// does the most.
ArrayRef<PeakInstruction> getDotInstructions();

/// Instructions that look values up in registers.
ArrayRef<PeakInstruction> getLookupInstructions();

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_BENCH_LIMITKERNELS_H
