//===- KernelJit.h - Kernels for tests --------------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_KERNELS_KERNELJIT_H
#define BITNET_TEST_UNIT_KERNELS_KERNELJIT_H

#include "EmulatedKernel.h"

#include "bitnet/Execution/JitKernel.h"
#include "mlir/IR/BuiltinTypes.h"

#include <gtest/gtest.h>
#include <string>
#include <variant>
#include <vector>

namespace mlir::bitnet::test {

/// The context of all kernels, with the dialects that kernels are made of.
MLIRContext &getContext();

//===----------------------------------------------------------------------===//
// Machines
//===----------------------------------------------------------------------===//

/// A CPU that kernels are compiled for.
struct Machine {
  std::string name;
  /// The newest level of kernels that it can run.
  InstructionSet level;
  /// LLVM's CPU name and features.
  std::string cpu, features;
  /// What this host lacks to run the code; empty: nothing.
  std::string missing = {};
  /// The emulator's processor that runs it; empty: this host's does.
  std::string emulated = {};
  /// Whether this is the CPU of the host with everything it offers.
  bool isHost = false;

  /// Whether kernels of `kernelLevel` shall be tested on it: those of its own
  /// level, and on the host all that it can run.
  bool tests(InstructionSet kernelLevel) const {
    return kernelLevel == level || (isHost && includes(level, kernelLevel));
  }

  TargetAttr getTarget() const;

  /// How GoogleTest prints it.
  friend void PrintTo(const Machine &machine, std::ostream *stream) {
    *stream << machine.name;
  }
};

/// For each level of this architecture, the least CPU that has it, and CPUs of
/// each level of AArch64 under an emulator; then the CPU of this host with
/// everything it offers, such as fused multiply-add, which the results must not
/// depend on.
const std::vector<Machine> &getMachines();

/// A test that runs once for each machine, unless the host cannot.
class MachineTest : public ::testing::TestWithParam<Machine> {
protected:
  void SetUp() override {
    if (!GetParam().missing.empty())
      GTEST_SKIP() << "this machine has no " << GetParam().missing;
  }
  const Machine &machine() const { return GetParam(); }
};

#define BITNET_FOR_EACH_MACHINE(suite)                                         \
  INSTANTIATE_TEST_SUITE_P(Machines, suite,                                    \
                           ::testing::ValuesIn(getMachines()),                 \
                           [](const auto &row) { return row.param.name; })

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// A kernel whose failure to compile ends the program with a message.
class Kernel {
public:
  using BodyEmitter = KernelBodyEmitter;

  Kernel(const Machine &machine, TypeRange inputs, TypeRange outputs,
         BodyEmitter emit, unsigned optimizationLevel = 3);

  /// Computes tiles [begin, end) for `rows` token rows. `arguments`: the
  /// inputs, then the outputs.
  void operator()(int64_t begin, int64_t end, int64_t rows,
                  std::initializer_list<Argument> arguments) const;
  void operator()(int64_t begin, int64_t end, int64_t rows,
                  llvm::ArrayRef<Argument> arguments) const;

private:
  std::variant<JitKernel, EmulatedKernel> kernel;
};

/// The type of a buffer of f32, i8, i16, i32 or f64 elements, and of an index.
MemRefType floatBuffer(std::initializer_list<int64_t> shape);
MemRefType doubleBuffer(std::initializer_list<int64_t> shape);
MemRefType byteBuffer(std::initializer_list<int64_t> shape);
MemRefType wordBuffer(std::initializer_list<int64_t> shape);
MemRefType integerBuffer(std::initializer_list<int64_t> shape);
Type indexType();

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_KERNELS_KERNELJIT_H
