//===- HostCaches.h - The data caches of this machine -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TARGET_HOSTCACHES_H
#define BITNET_TARGET_HOSTCACHES_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace mlir::bitnet {

/// One level of data or unified caches.
struct HostCache {
  /// 1 for L1 and so on.
  unsigned level;
  /// Bytes of one cache, and the processors that share it.
  int64_t bytes;
  unsigned processors;

  /// Bytes that `threads` threads find in caches of this level if they fill one
  /// after the other.
  int64_t getCapacity(unsigned threads) const {
    return bytes * static_cast<int64_t>((threads - 1) / processors + 1);
  }
};

/// The caches of the first processor, from the smallest level up. From
/// `systemFolder`/cpu0/cache; what Linux does not tell there comes from the C
/// library, and if that does not know either, it is 32 KiB of L1 and 1 MiB of
/// L2.
llvm::SmallVector<HostCache>
getHostCaches(llvm::StringRef systemFolder = "/sys/devices/system/cpu");

/// Bytes that exceed the last-level caches of this machine four times, so that
/// reading them again and again comes from memory.
int64_t getStreamBytes();

/// The processors that a list such as "0-3,8" names; 0 if it is malformed.
unsigned countProcessors(llvm::StringRef list);

} // namespace mlir::bitnet

#endif // BITNET_TARGET_HOSTCACHES_H
