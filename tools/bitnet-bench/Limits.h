//===- Limits.h - The machine's own limits ----------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_BENCH_LIMITS_H
#define BITNET_TOOLS_BITNET_BENCH_LIMITS_H

#include "LimitKernels.h"
#include "bitnet/Execution/AlignedBuffer.h"
#include "bitnet/Execution/JitKernel.h"
#include "bitnet/Execution/ThreadTeam.h"
#include "bitnet/Execution/Timing.h"
#include "bitnet/Target/HostCaches.h"

#include <algorithm>
#include <map>
#include <optional>

namespace mlir::bitnet {

/// Something that is done again and again, and how much of it one call does:
/// bytes, multiply-adds, look-ups or cycles.
struct Workload {
  std::function<void(int64_t calls)> run;
  double work;
};

/// Work per second, or a fraction of such: of the median and of the best round.
/// Other programs can only slow a round down, so where they run too, the best
/// rounds tell more.
struct Rate {
  double median = 0, best = 0;

  /// Takes over what is more in `other`.
  void raise(const Rate &other) {
    median = std::max(median, other.median);
    best = std::max(best, other.best);
  }
  Rate operator/(const Rate &limit) const {
    return {median / limit.median, best / limit.best};
  }

  static Rate of(double work, const Timing &timing) {
    return {work / timing.median, work / timing.best};
  }
};

/// Makes the workloads that reach the limits of this machine. Those made for a
/// team are for as long as both live.
class LimitWorkloads {
public:
  explicit LimitWorkloads(TargetAttr target) : target(target) {}

  /// A chain of operations of one cycle. Work: cycles.
  llvm::Expected<Workload> makeClock();
  /// Every thread executes an instruction. Work: multiply-adds or look-ups.
  llvm::Expected<Workload> makePeak(ThreadTeam &team,
                                    const PeakInstruction &instruction);
  /// The threads read `bytes` bytes together, each its own part, again and
  /// again, without and with prefetching: which is faster depends on the
  /// machine and on where the bytes are. Work: the bytes of a call, which is
  /// all of them or, if they are many, goes on where the last one ended.
  llvm::Expected<std::vector<Workload>> makeReads(ThreadTeam &team,
                                                  int64_t bytes);

private:
  llvm::Expected<JitKernel *> getKernel(StringRef name,
                                        JitKernel::BodyEmitter emit);

  TargetAttr target;
  std::map<std::string, JitKernel, std::less<>> kernels;
  /// By their sizes: what is read as one size must not be in the caches because
  /// it was read as another.
  std::map<int64_t, AlignedBuffer> readBuffers;
  /// peakOperandBytes of input, then as much of output for each thread.
  std::optional<AlignedBuffer> operands;
};

/// A level of the memory hierarchy: its name, and how many bytes a number of
/// threads read together to measure it.
struct MemoryLevel {
  std::string name;
  /// Most bytes that `threads` threads keep in it; those of memory are no
  /// limit.
  int64_t capacity;
  int64_t measuredBytes;
};

/// The levels for `threads` threads, from L1 to memory.
std::vector<MemoryLevel> getMemoryLevels(unsigned threads);

/// The name of the level that keeps `bytes` bytes which `threads` threads share
/// out.
std::string findMemoryLevel(int64_t bytes, unsigned threads);

/// The instruction with the most multiply-adds that kernels of `level` can use;
/// null: there is none.
const PeakInstruction *findDotInstruction(InstructionSet level);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_BENCH_LIMITS_H
