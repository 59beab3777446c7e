//===- JitKernel.h - Compiles a kernel and runs it here ---------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One kernel body from a generator through the compiler's own lowering and
// LLVM pipeline into this process, for tests and measurements.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_EXECUTION_JITKERNEL_H
#define BITNET_EXECUTION_JITKERNEL_H

#include "bitnet/Execution/KernelObject.h"

#include <memory>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace mlir::bitnet {

/// An index or the address of a buffer: what a kernel takes as one argument.
class KernelArgument {
public:
  KernelArgument(int64_t index) : word(static_cast<uint64_t>(index)) {}
  KernelArgument(int index) : KernelArgument(int64_t(index)) {}
  template <typename T>
  KernelArgument(T *address) : word(reinterpret_cast<uintptr_t>(address)) {}
  /// The elements of a container, which must outlive the call.
  template <typename BufferT>
    requires requires(BufferT &buffer) { buffer.data(); }
  KernelArgument(BufferT &buffer) : KernelArgument(buffer.data()) {}

  uint64_t getWord() const { return word; }

private:
  uint64_t word;
};

/// A kernel in memory. Its code may call memcpy, memmove and memset; any other
/// reference to the outside is an error of `compile`. It can be called from
/// several threads at once.
class JitKernel {
public:
  using BodyEmitter = KernelBodyEmitter;

  /// Compiles the body that `emit` makes for arguments of these types: memrefs
  /// of static shape, and indices. `target`, whose context must have had its
  /// dialects loaded by loadKernelDialects(), must be of this machine's
  /// architecture; whether the CPU can run the code is the caller's concern.
  /// `optimizationLevel`: 0 to 3. Errors: a target of another architecture, a
  /// body that is invalid or has no lowering, a reference to the outside.
  static llvm::Expected<JitKernel> compile(TargetAttr target, TypeRange inputs,
                                           TypeRange outputs, BodyEmitter emit,
                                           unsigned optimizationLevel = 3);
  JitKernel(JitKernel &&);
  JitKernel &operator=(JitKernel &&);
  ~JitKernel();

  /// Computes tiles [begin, end) for `rows` token rows. `arguments`: the
  /// inputs, then the outputs, as many as the kernel was compiled with.
  void operator()(int64_t begin, int64_t end, int64_t rows,
                  ArrayRef<KernelArgument> arguments) const;

private:
  /// Takes the arguments as an array of 8-byte words.
  using Entry = void (*)(const uint64_t *words);
  JitKernel(std::unique_ptr<llvm::orc::LLJIT> jit, Entry entry,
            size_t argumentCount);

  std::unique_ptr<llvm::orc::LLJIT> jit;
  Entry entry;
  size_t argumentCount;
};

} // namespace mlir::bitnet

#endif // BITNET_EXECUTION_JITKERNEL_H
