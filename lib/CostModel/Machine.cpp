//===- Machine.cpp - Machines that kernels are chosen for -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/CostModel/CostModel.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Threading.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::bitnet;

static constexpr int64_t mebibyte = 1 << 20;

MachineAttr mlir::bitnet::getDefaultMachine(MLIRContext *context,
                                            InstructionSet level) {
  // AVX-512: Zen 4 and 5, Ice Lake and later. Bandwidths as bitnet-bench
  // measures them on Zen 5, two channels of DDR5.
  if (getVectorBits(level) == 512)
    return MachineAttr::get(context, /*threads=*/4, /*clock=*/3700,
                            /*l2Bytes=*/mebibyte, /*l3Bytes=*/32 * mebibyte,
                            /*l2Bandwidth=*/180000, /*l3Bandwidth=*/110000,
                            /*memoryBandwidthOne=*/36000,
                            /*memoryBandwidth=*/44000);
  // Desktop and server CPUs of the last ten years with 128- or 256-bit vectors,
  // and Neoverse.
  return MachineAttr::get(context, 4, 3000, mebibyte / 2, 16 * mebibyte, 80000,
                          40000, 15000, 30000);
}

/// Bytes of a cache that this thread's processor uses, or `otherwise` where the
/// system does not tell.
static int64_t getCacheBytes(unsigned level, int64_t otherwise) {
  // Not sysconf: it may tell the sum of all caches of the machine.
  for (unsigned index = 0; index < 8; ++index) {
    std::string folder =
        fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", index);
    auto read = [&](StringRef name) -> std::string {
      auto buffer = llvm::MemoryBuffer::getFileAsStream(folder + name);
      return buffer ? (*buffer)->getBuffer().trim().str() : "";
    };
    StringRef text;
    std::string size = read("size");
    text = size;
    int64_t kibibytes;
    if (read("level") == llvm::utostr(level) && read("type") != "Instruction" &&
        text.consume_back("K") && !text.getAsInteger(10, kibibytes))
      return kibibytes * 1024;
  }
  return otherwise;
}

MachineAttr mlir::bitnet::getHostMachine(MLIRContext *context,
                                         InstructionSet level) {
  MachineAttr usual = getDefaultMachine(context, level);
  int64_t threads = llvm::hardware_concurrency().compute_thread_count();
  return MachineAttr::get(
      context, threads, usual.getClock(), getCacheBytes(2, usual.getL2Bytes()),
      getCacheBytes(3, usual.getL3Bytes()), usual.getL2Bandwidth(),
      usual.getL3Bandwidth(), usual.getMemoryBandwidthOne(),
      usual.getMemoryBandwidth());
}
