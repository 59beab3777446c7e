//===- EmulatedKernelTest.cpp - Kernels of another architecture -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// That kernels under the emulator are tested as those of this machine are:
// results come back, and a stray access does not go unnoticed.
//
//===----------------------------------------------------------------------===//

#include "Buffer.h"
#include "KernelJit.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
/// Copies elements [begin, end) of the input, `offset` elements further on.
Kernel makeCopy(const Machine &machine, int64_t size) {
  return Kernel(machine, {floatBuffer({size}), indexType()},
                {floatBuffer({size})},
                [](Emitter &e, const KernelArguments &a) {
                  e.loop(a.begin, a.end, 1, [&](Value i) {
                    Value target = e.add(i, a.inputs[1]);
                    e.store(e.load(a.inputs[0], {i}), a.outputs[0], {target});
                  });
                });
}

std::vector<Machine> getEmulatedMachines() {
  std::vector<Machine> machines = getMachines();
  llvm::erase_if(machines,
                 [](const Machine &row) { return row.emulated.empty(); });
  return machines;
}

using EmulatedKernelTest = MachineTest;

TEST_P(EmulatedKernelTest, CopiesBuffersInAndOut) {
  for (int64_t size : {1, 16, 100000}) {
    Kernel copy = makeCopy(machine(), size);
    Buffer<float> input(Random(1).reals(size)), output(size);
    copy(0, size, 0, {input, 0, output});
    EXPECT_TRUE(haveSameBits(input, output, size));
    output.clear();
    copy(0, size / 2, 0, {input, size - size / 2, output});
    EXPECT_TRUE(output.isUntouched(0));
    EXPECT_TRUE(haveSameBits(
        input, static_cast<const float *>(output.end() - size / 2), size / 2));
  }
}

TEST_P(EmulatedKernelTest, NoticesStrayAccesses) {
  constexpr int64_t size = 40;
  Buffer<float> input(std::vector<float>(size, 1)), output(size);
  auto run = [&](int64_t begin, int64_t end, int64_t offset) {
    Kernel copy = makeCopy(machine(), size);
    copy(begin, end, 0, {input, offset, output});
  };
  EXPECT_DEATH(run(0, 1, -1), "exit status 4");
  EXPECT_DEATH(run(0, 1, size), "signal 11");
  EXPECT_DEATH(run(size, size + 1, -1), "signal 11");
}

INSTANTIATE_TEST_SUITE_P(Emulated, EmulatedKernelTest,
                         ::testing::ValuesIn(getEmulatedMachines()),
                         [](const auto &row) { return row.param.name; });
} // namespace
