//===- Table.h - Tables of text ---------------------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_BENCH_TABLE_H
#define BITNET_TOOLS_BITNET_BENCH_TABLE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace mlir::bitnet {

/// Columns of text, as wide as what they hold. Columns whose name begins with
/// '<' are aligned to the left, the others to the right.
class Table {
public:
  explicit Table(std::vector<std::string> names) : names(std::move(names)) {}

  /// As many cells as there are columns.
  void addRow(std::vector<std::string> cells) {
    rows.push_back(std::move(cells));
  }
  bool isEmpty() const { return rows.empty(); }

  void print(llvm::raw_ostream &stream) const;

private:
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> rows;
};

/// A rate in units of 10^9, with three significant digits or more.
std::string formatGiga(double perSecond);
/// A time with its unit, s to ns.
std::string formatSeconds(double seconds);
/// A size with its unit, KiB to GiB.
std::string formatBytes(double bytes);
/// Two digits after the point; "-" for a number that is not positive.
std::string formatRatio(double ratio);
/// Three significant digits or more.
std::string formatNumber(double number);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_BENCH_TABLE_H
