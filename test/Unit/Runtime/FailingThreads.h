//===- FailingThreads.h - Threads that cannot be started --------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_RUNTIME_FAILINGTHREADS_H
#define BITNET_TEST_UNIT_RUNTIME_FAILINGTHREADS_H

#include <atomic>
#include <cstdint>

namespace mlir::bitnet::test {

/// How many more threads may be started; the linker leads the runtime's calls
/// of pthread_create to ThreadsTest.cpp.
extern std::atomic<int> threadsLeft;

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_RUNTIME_FAILINGTHREADS_H
