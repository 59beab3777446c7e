//===- EmulatedKernel.h - Kernels of another architecture -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_KERNELS_EMULATEDKERNEL_H
#define BITNET_TEST_UNIT_KERNELS_EMULATEDKERNEL_H

#include "bitnet/Execution/JitKernel.h"

#include <memory>
#include <string>

namespace mlir::bitnet::test {

/// An argument of a kernel, and how large its buffer is.
class Argument : public KernelArgument {
public:
  Argument(int64_t index) : KernelArgument(index) {}
  Argument(int index) : KernelArgument(index) {}
  template <typename BufferT>
    requires requires(BufferT &buffer) { buffer.data(); }
  Argument(BufferT &buffer)
      : KernelArgument(buffer), bytes(buffer.size() * sizeof(*buffer.data())) {}

  /// Bytes of the buffer; 0: an index.
  int64_t getBytes() const { return bytes; }

private:
  int64_t bytes = 0;
};

/// The emulator of a user program of AArch64; empty: this machine has none.
std::string findEmulator();

/// A kernel of AArch64, linked with EmulatorHarness.c, in a process of the
/// emulator that lives as long as it. What goes wrong ends the test program
/// with a message.
class EmulatedKernel {
public:
  /// `object` is what compileKernelObject() makes; `processor`, a name of the
  /// emulator's, what runs it.
  EmulatedKernel(llvm::StringRef object, llvm::StringRef processor);
  EmulatedKernel(EmulatedKernel &&);
  ~EmulatedKernel();

  /// Calls the kernel with copies of all buffers, which are copied back.
  void operator()(int64_t begin, int64_t end, int64_t rows,
                  llvm::ArrayRef<Argument> arguments) const;

private:
  struct Process;
  std::unique_ptr<Process> process;
};

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_KERNELS_EMULATEDKERNEL_H
