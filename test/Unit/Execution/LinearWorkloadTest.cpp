//===- LinearWorkloadTest.cpp - Linear layers on random data --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/LinearWorkload.h"

#include "bitnet/Target/TargetResolver.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
class LinearWorkloadTest : public ::testing::Test {
protected:
  LinearWorkloadTest() : context(MLIRContext::Threading::DISABLED) {
    loadKernelDialects(context);
    llvm::Expected<TargetAttr> host =
        resolveTarget(&context, /*triple=*/"", "native");
    EXPECT_TRUE(bool(host));
    target = *host;
  }

  std::vector<const LinearKernel *> getHostKernels() const {
    std::vector<const LinearKernel *> kernels;
    for (const LinearKernel &kernel : getLinearKernels())
      if (includes(target.getLevel(), kernel.level))
        kernels.push_back(&kernel);
    return kernels;
  }

  MLIRContext context;
  TargetAttr target;
};

/// [tokens][rows] by the definition.
std::vector<float> computeLayer(const LinearOperands &operands) {
  const TernaryMatrix &weight = operands.weight;
  std::vector<float> results;
  for (int64_t t = 0; t < operands.getTokens(); ++t)
    for (int64_t m = 0; m < weight.rows; ++m) {
      int32_t dot = 0;
      for (int64_t k = 0; k < weight.columns; ++k)
        dot += weight.getTrit(m, k) * operands.values[t * weight.columns + k];
      float scale = weight.getScale(0, 0) * operands.scales[t];
      results.push_back(static_cast<float>(dot) * scale);
    }
  return results;
}

TEST_F(LinearWorkloadTest, EveryKernelComputesTheLayer) {
  constexpr int64_t rows = 133, columns = 77, tokens = 6;
  llvm::Expected<ThreadTeam> team = ThreadTeam::create(2);
  ASSERT_TRUE(bool(team));
  for (const LinearKernel *kernel : getHostKernels()) {
    LinearOperands operands(rows, columns, tokens, isBinary(*kernel));
    std::vector<float> expected = computeLayer(operands);
    // Several copies of the weight.
    llvm::Expected<LinearWorkload> workload = LinearWorkload::create(
        target, *kernel, operands, /*streamBytes=*/10000);
    ASSERT_TRUE(bool(workload)) << kernel->name.str();
    for (int64_t count : {tokens, int64_t(1)})
      for (bool streams : {false, true})
        for (int64_t calls : {1, 3}) {
          if (workload->hasTables())
            workload->runTables(*team, count, calls);
          workload->run(*team, count, streams, calls);
          EXPECT_EQ(workload->getResults(count),
                    ArrayRef(expected).take_front(count * rows))
              << kernel->name.str();
        }
  }
}

TEST_F(LinearWorkloadTest, OperandsAreWhatTheyShouldBe) {
  LinearOperands ternary(64, 99, 3, /*isBinary=*/false);
  EXPECT_FALSE(ternary.weight.getView().findInvalidCode());
  TritCounts counts = ternary.weight.getView().countTrits();
  EXPECT_GT(counts.negative, 64 * 99 / 4);
  EXPECT_GT(counts.zero, 64 * 99 / 4);
  EXPECT_GT(counts.positive, 64 * 99 / 4);
  for (int64_t t = 0; t < 3; ++t) {
    int32_t sum = 0;
    for (int64_t k = 0; k < 99; ++k)
      sum += ternary.values[t * 99 + k];
    EXPECT_EQ(ternary.sums[t], sum);
  }
  LinearOperands binary(64, 99, 3, /*isBinary=*/true);
  EXPECT_FALSE(binary.weight.getView().findInvalidCode());
  EXPECT_EQ(binary.weight.getView().countTrits().zero, 0);
  LinearOperands again(64, 99, 3, /*isBinary=*/false);
  EXPECT_EQ(again.weight.codes, ternary.weight.codes);
  EXPECT_EQ(again.values, ternary.values);
}

TEST_F(LinearWorkloadTest, MeasuresKernelsInTurn) {
  std::vector<const LinearKernel *> kernels = getHostKernels();
  TimingOptions quick{/*rounds=*/2, /*sampleSeconds=*/1e-4};
  llvm::Expected<std::vector<LinearTiming>> timings = measureLinearKernels(
      target, kernels, {64, 128, 2, 2, WeightsFrom::Cache}, quick);
  ASSERT_TRUE(bool(timings));
  ASSERT_EQ(timings->size(), kernels.size());
  for (auto [kernel, timing] : llvm::zip_equal(kernels, *timings)) {
    EXPECT_GT(timing.call.best, 0);
    EXPECT_EQ(timing.tables.has_value(),
              kernel->family == KernelFamily::LookupTable);
  }
  llvm::Expected<double> seconds = measureLinearKernel(
      target, *kernels.front(), {64, 128, 1, 1, WeightsFrom::Cache}, quick);
  ASSERT_TRUE(bool(seconds));
  EXPECT_GT(*seconds, 0);
}

TEST_F(LinearWorkloadTest, ReportsTooManyThreads) {
  llvm::Expected<double> seconds =
      measureLinearKernel(target, *getHostKernels().front(),
                          {64, 128, 1, 1000, WeightsFrom::Cache});
  ASSERT_FALSE(bool(seconds));
  EXPECT_EQ(llvm::toString(seconds.takeError()),
            "expects 1 to 256 threads, found 1000");
}

TEST(AlignedBufferTest, BeginsAtPagesAndIsZero) {
  llvm::Expected<AlignedBuffer> buffer = AlignedBuffer::create(5000);
  ASSERT_TRUE(bool(buffer));
  EXPECT_EQ(buffer->size(), 5000);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % 4096, 0u);
  EXPECT_TRUE(llvm::all_of(ArrayRef(buffer->data(), 5000),
                           [](char byte) { return byte == 0; }));
}

TEST(AlignedBufferTest, ReportsWhatDoesNotFit) {
  llvm::Expected<AlignedBuffer> buffer =
      AlignedBuffer::create(int64_t(1) << 50);
  ASSERT_FALSE(bool(buffer));
  EXPECT_EQ(llvm::toString(buffer.takeError()),
            "out of memory: expects 1073741824 MiB more");
}
} // namespace
