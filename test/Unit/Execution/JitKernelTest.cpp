//===- JitKernelTest.cpp - Compiling kernels to run them here -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/JitKernel.h"

#include "bitnet/Target/TargetResolver.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
class JitKernelTest : public ::testing::Test {
protected:
  JitKernelTest() : context(MLIRContext::Threading::DISABLED) {
    loadKernelDialects(context);
    llvm::Expected<TargetAttr> host =
        resolveTarget(&context, /*triple=*/"", "native");
    EXPECT_TRUE(bool(host));
    target = *host;
    buffer = MemRefType::get({8}, Float32Type::get(&context));
  }

  /// Compiles a kernel of one buffer in and one out; its error, if any.
  std::string findError(TargetAttr machine, JitKernel::BodyEmitter emit) {
    llvm::Expected<JitKernel> kernel =
        JitKernel::compile(machine, buffer, buffer, emit);
    return kernel ? "" : llvm::toString(kernel.takeError());
  }

  MLIRContext context;
  TargetAttr target;
  MemRefType buffer;
};

/// output[i] = input[i] + input[i] for i in [begin, end).
void emitDouble(Emitter &e, const KernelArguments &a) {
  e.loop(a.begin, a.end, 1, [&](Value i) {
    Value value = e.load(a.inputs[0], i);
    e.store(e.add(value, value), a.outputs[0], i);
  });
}

TEST_F(JitKernelTest, RunsAtEveryOptimizationLevel) {
  for (unsigned level : {0u, 1u, 2u, 3u}) {
    llvm::Expected<JitKernel> kernel =
        JitKernel::compile(target, buffer, buffer, emitDouble, level);
    ASSERT_TRUE(bool(kernel)) << llvm::toString(kernel.takeError());
    std::vector<float> input = {0, 1, 2, 3, 4, 5, 6, 7}, output(8, -1.0f);
    (*kernel)(2, 5, /*rows=*/1, {input, output});
    EXPECT_EQ(output, (std::vector<float>{-1, -1, 4, 6, 8, -1, -1, -1}));
  }
}

TEST_F(JitKernelTest, ReportsAnotherArchitecture) {
  bool isX86 = llvm::Triple(target.getTriple()).isX86();
  StringRef triple = isX86 ? "aarch64-unknown-linux-gnu" : "x86_64-linux-gnu";
  auto other = TargetAttr::get(&context, triple, "generic", "",
                               InstructionSet::Portable);
  EXPECT_EQ(findError(other, emitDouble),
            "expects a target of this machine, " +
                llvm::sys::getDefaultTargetTriple() + ", found " +
                triple.str());
}

TEST_F(JitKernelTest, ReportsAnInvalidKernel) {
  std::string error =
      findError(target, [](Emitter &e, const KernelArguments &a) {
        OperationState state(e.location(), "arith.addf");
        state.addOperands({a.begin, a.end});
        state.addTypes(a.begin.getType());
        e.builder().create(state);
      });
  EXPECT_TRUE(StringRef(error).starts_with(
      "the generator made an invalid kernel: 'arith.addf' op"))
      << error;
}

TEST_F(JitKernelTest, ReportsAReferenceToTheOutside) {
  // There is no instruction for the remainder of floats: it calls libm.
  std::string error =
      findError(target, [](Emitter &e, const KernelArguments &a) {
        Value zero = e.index(0), one = e.index(1);
        Value remainder = arith::RemFOp::create(e.builder(), e.location(),
                                                e.load(a.inputs[0], zero),
                                                e.load(a.inputs[0], one));
        e.store(remainder, a.outputs[0], zero);
      });
  EXPECT_EQ(error, "the kernel does not link: Symbols not found: [ fmodf ]");
}
} // namespace
