//===- Machine.cpp - Machines that kernels are chosen for -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/CostModel/CostModel.h"
#include "bitnet/Target/HostCaches.h"
#include "llvm/Support/Threading.h"

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

MachineAttr mlir::bitnet::getHostMachine(MLIRContext *context,
                                         InstructionSet level) {
  MachineAttr usual = getDefaultMachine(context, level);
  int64_t threads = llvm::hardware_concurrency().compute_thread_count();
  int64_t l2 = usual.getL2Bytes(), l3 = 0;
  for (const HostCache &cache : getHostCaches()) {
    if (cache.level == 2)
      l2 = cache.bytes / cache.processors;
    else if (cache.level > 2)
      l3 = cache.bytes;
  }
  return MachineAttr::get(context, threads, usual.getClock(), l2, l3,
                          usual.getL2Bandwidth(), usual.getL3Bandwidth(),
                          usual.getMemoryBandwidthOne(),
                          usual.getMemoryBandwidth());
}
