//===- KernelJit.h - Compiles kernels and runs them -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_KERNELS_KERNELJIT_H
#define BITNET_TEST_UNIT_KERNELS_KERNELJIT_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Kernels/Kernels.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

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
  /// The feature that this host lacks to run the code; empty: it has them all.
  std::string missingFeature;
  /// Whether this is the CPU of the host with everything it offers.
  bool isHost = false;

  /// Whether kernels of `kernelLevel` shall be tested on it: those of its own
  /// level, and on the host all that it can run.
  bool tests(InstructionSet kernelLevel) const {
    return kernelLevel == level || (isHost && includes(level, kernelLevel));
  }

  /// How GoogleTest prints it.
  friend void PrintTo(const Machine &machine, std::ostream *stream) {
    *stream << machine.name;
  }
};

/// For each level of this architecture, the least CPU that has it; then the CPU
/// of this host with everything it offers, such as fused multiply-add, which
/// the results must not depend on.
const std::vector<Machine> &getMachines();

/// A test that runs once for each machine, unless the host cannot.
class MachineTest : public ::testing::TestWithParam<Machine> {
protected:
  void SetUp() override {
    if (!GetParam().missingFeature.empty())
      GTEST_SKIP() << "this CPU has no " << GetParam().missingFeature;
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

/// An index or the address of a buffer: what a kernel takes as one argument.
class Argument {
public:
  Argument(int64_t index) : word(static_cast<uint64_t>(index)) {}
  Argument(int index) : Argument(int64_t(index)) {}
  template <typename T>
  Argument(T *address) : word(reinterpret_cast<uintptr_t>(address)) {}
  template <typename BufferT>
    requires requires(BufferT &buffer) { buffer.data(); }
  Argument(BufferT &buffer) : Argument(buffer.data()) {}

  uint64_t getWord() const { return word; }

private:
  uint64_t word;
};

/// A kernel in memory: MLIR from a generator, through the compiler's lowering
/// to LLVM, LLVM's optimiser and code generator. The code may call memcpy,
/// memmove and memset; any other reference to the outside fails the test.
class Kernel {
public:
  using BodyEmitter =
      llvm::function_ref<void(Emitter &, const KernelArguments &)>;

  /// Compiles the body that `emit` makes for arguments of these types (memrefs
  /// of static shape, indices). Ends the program with a message if that fails.
  Kernel(const Machine &machine, TypeRange inputs, TypeRange outputs,
         BodyEmitter emit, unsigned optimizationLevel = 3);
  Kernel(Kernel &&);
  ~Kernel();

  /// Computes tiles [begin, end) for `rows` token rows. `arguments`: the
  /// inputs, then the outputs.
  void operator()(int64_t begin, int64_t end, int64_t rows,
                  std::initializer_list<Argument> arguments) const;
  void operator()(int64_t begin, int64_t end, int64_t rows,
                  llvm::ArrayRef<Argument> arguments) const;

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
  void (*entry)(const uint64_t *words) = nullptr;
  size_t argumentCount;
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
