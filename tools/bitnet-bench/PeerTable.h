//===- PeerTable.h - Results that other engines print -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_BENCH_PEERTABLE_H
#define BITNET_TOOLS_BITNET_BENCH_PEERTABLE_H

#include "ModelRuns.h"

namespace mlir::bitnet {

/// A row of a table that another engine prints.
struct PeerResult {
  ModelTest::Kind kind;
  unsigned tokens;
  /// Nothing if the table does not tell.
  std::optional<unsigned> threads;
  double tokensPerSecond;
};

/// Reads the tables that llama-bench and programs like it print:
///
///   | model    |      size | threads |  test |          t/s |
///   | -------- | --------: | ------: | ----: | -----------: |
///   | 2B I2_S  |  1.10 GiB |       2 | pp512 | 98.76 ± 0.54 |
///   | 2B I2_S  |  1.10 GiB |       2 |  tg64 | 26.10 ± 0.10 |
///
/// Only the columns `test`, `t/s` and `threads` matter, and only tests of the
/// forms `ppN` (a prompt of N tokens) and `tgN` (N tokens one by one). Other
/// text is skipped. Errors: no such table, a cell that is no number.
llvm::Expected<std::vector<PeerResult>> parsePeerTables(llvm::StringRef text);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_BENCH_PEERTABLE_H
