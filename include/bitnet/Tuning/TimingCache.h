//===- TimingCache.h - Measured times that are kept -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A JSON file:
//
//   { "<machine>": { "<kernel> <rows>x<columns>": [decode, prefill] } }
//
// in nanoseconds. What is measured depends on the CPU, the threads, where the
// weights are and the version of the kernels: all that is the machine's text.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TUNING_TIMINGCACHE_H
#define BITNET_TUNING_TIMINGCACHE_H

#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <optional>
#include <string>
#include <utility>

namespace mlir::bitnet {

/// Nanoseconds of one token by itself, and of one of many.
struct MeasuredTime {
  int64_t decode, prefill;
};

class TimingCache {
public:
  /// Reads the file at `path`; a file that does not exist is empty. Error: the
  /// file cannot be read or is not as above.
  static llvm::Expected<TimingCache> load(llvm::StringRef path);

  /// The time of `kernel` on a matrix, if it has been measured.
  std::optional<MeasuredTime> find(llvm::StringRef machine,
                                   llvm::StringRef kernel, int64_t rows,
                                   int64_t columns) const;
  void add(llvm::StringRef machine, llvm::StringRef kernel, int64_t rows,
           int64_t columns, MeasuredTime time);

  /// Writes the file, with its folder if there is none, and renames it into
  /// place.
  llvm::Error save() const;

private:
  std::string path;
  llvm::json::Object machines;
};

/// Where the cache lies unless the user says otherwise: the folder for caches
/// of this user. Empty: the system knows none.
std::string getDefaultTimingCachePath();

} // namespace mlir::bitnet

#endif // BITNET_TUNING_TIMINGCACHE_H
