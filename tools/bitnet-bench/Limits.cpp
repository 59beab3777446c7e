//===- Limits.cpp - The machine's own limits ------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Limits.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Workloads
//===----------------------------------------------------------------------===//

/// How far ahead the reading loop asks for memory: as the kernels do.
static constexpr int64_t prefetchBytes = 4096;

/// Compiles a kernel of one buffer in and one out on first use.
llvm::Expected<JitKernel *>
LimitWorkloads::getKernel(StringRef name, JitKernel::BodyEmitter emit) {
  if (auto found = kernels.find(name); found != kernels.end())
    return &found->second;
  // As large as any address: the code does not depend on it.
  auto buffer = MemRefType::get({int64_t(1) << 46},
                                IntegerType::get(target.getContext(), 8));
  llvm::Expected<JitKernel> kernel =
      JitKernel::compile(target, buffer, buffer, emit);
  if (!kernel)
    return kernel.takeError();
  if (!operands) {
    llvm::Expected<AlignedBuffer> made = AlignedBuffer::create(
        peakOperandBytes * (1 + int64_t(ThreadTeam::mostThreads)));
    if (!made)
      return made.takeError();
    operands = std::move(*made);
    // All different, so that no two chains are the same.
    for (int64_t i = 0; i < peakOperandBytes; ++i)
      operands->data()[i] = static_cast<char>(i * 37 + i / 64);
  }
  return &kernels.emplace(name.str(), std::move(*kernel)).first->second;
}

llvm::Expected<Workload> LimitWorkloads::makeClock() {
  llvm::Expected<JitKernel *> kernel = getKernel("clock", emitClockLoop);
  if (!kernel)
    return kernel.takeError();
  constexpr int64_t iterations = 64;
  const JitKernel &loop = **kernel;
  auto run = [this, &loop](int64_t calls) {
    char *data = operands->data();
    loop(0, 0, iterations * calls, {data, data + peakOperandBytes});
  };
  return Workload{run, double(iterations * clockChainLength)};
}

llvm::Expected<Workload>
LimitWorkloads::makePeak(ThreadTeam &team, const PeakInstruction &instruction) {
  llvm::Expected<JitKernel *> kernel =
      getKernel(instruction.name, instruction.emit);
  if (!kernel)
    return kernel.takeError();
  constexpr int64_t iterations = 256;
  const JitKernel &loop = **kernel;
  auto run = [this, &team, &loop](int64_t calls) {
    char *data = operands->data();
    team.run([&](ThreadTeam::Member member) {
      loop(0, 0, iterations * calls,
           {data, data + (1 + member.thread) * peakOperandBytes});
    });
  };
  return Workload{run, double(iterations * PeakInstruction::perIteration *
                              instruction.work * team.getThreadCount())};
}

/// Bytes that a thread reads in one call, at most: a pass over all of a large
/// buffer would take longer than a sample shall.
static constexpr int64_t readPieceBytes = int64_t(1) << 21;

llvm::Expected<std::vector<Workload>>
LimitWorkloads::makeReads(ThreadTeam &team, int64_t bytes) {
  int64_t piece = std::min(
      readPieceBytes, static_cast<int64_t>(llvm::alignTo(
                          bytes / team.getThreadCount() + 1, readStepBytes)));
  int64_t pieces = llvm::divideCeilSigned(bytes, piece * team.getThreadCount());
  // Not a power of two apart, where all threads would wait for the same banks.
  int64_t share = piece * pieces + 17 * 4096;
  int64_t total = share * team.getThreadCount();
  auto found = readBuffers.find(total);
  if (found == readBuffers.end()) {
    llvm::Expected<AlignedBuffer> made = AlignedBuffer::create(total);
    if (!made)
      return made.takeError();
    found = readBuffers.emplace(total, std::move(*made)).first;
  }
  char *data = found->second.data();
  int64_t vectorBytes =
      std::max(int64_t(16), getVectorBits(target.getLevel()) / 8);
  // Where the next call goes on. Shared: what one way has just read would be in
  // the caches for the other.
  auto next = std::make_shared<int64_t>(0);
  std::vector<Workload> workloads;
  for (int64_t distance : {int64_t(0), prefetchBytes}) {
    llvm::Expected<JitKernel *> kernel =
        getKernel(distance ? "read ahead" : "read",
                  [&](Emitter &e, const KernelArguments &a) {
                    emitReadLoop(e, a, vectorBytes, distance);
                  });
    if (!kernel)
      return kernel.takeError();
    const JitKernel &loop = **kernel;
    auto run = [=, this, &team, &loop](int64_t calls) {
      team.run([&](ThreadTeam::Member member) {
        char *output =
            operands->data() + (1 + member.thread) * peakOperandBytes;
        auto read = [&](int64_t which, int64_t times) {
          int64_t begin = share * member.thread + piece * which;
          loop(begin, begin + piece, times, {data, output});
        };
        if (pieces == 1)
          return read(0, calls);
        for (int64_t call = 0; call < calls; ++call)
          read((*next + call) % pieces, 1);
      });
      *next = (*next + calls) % pieces;
    };
    workloads.push_back({run, double(piece * team.getThreadCount())});
  }
  return workloads;
}

const PeakInstruction *mlir::bitnet::findDotInstruction(InstructionSet level) {
  const PeakInstruction *best = nullptr;
  for (const PeakInstruction &row : getDotInstructions())
    if (includes(level, row.level) && (!best || row.work >= best->work))
      best = &row;
  return best;
}

//===----------------------------------------------------------------------===//
// The memory hierarchy
//===----------------------------------------------------------------------===//

std::vector<MemoryLevel> mlir::bitnet::getMemoryLevels(unsigned threads) {
  std::vector<MemoryLevel> levels;
  int64_t smaller = 0;
  for (const HostCache &cache : getHostCaches()) {
    int64_t capacity = cache.getCapacity(threads);
    // Small enough to stay, too large for the level below.
    int64_t bytes =
        std::min(capacity / 4 * 3, std::max(capacity / 2, 2 * smaller));
    levels.push_back({"L" + std::to_string(cache.level), capacity, bytes});
    smaller = capacity;
  }
  levels.push_back(
      {"memory", std::numeric_limits<int64_t>::max(), getStreamBytes()});
  return levels;
}

std::string mlir::bitnet::findMemoryLevel(int64_t bytes, unsigned threads) {
  for (const MemoryLevel &level : getMemoryLevels(threads))
    if (bytes <= level.capacity)
      return level.name;
  llvm_unreachable("memory has no limit");
}
