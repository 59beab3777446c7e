//===- Table.cpp - Tables of text -----------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Table.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Unicode.h"

#include <algorithm>
#include <fmt/core.h>

using namespace mlir::bitnet;
using llvm::StringRef;

/// Columns that a terminal needs for `text`.
static size_t getWidth(StringRef text) {
  int width = llvm::sys::unicode::columnWidthUTF8(text);
  return width < 0 ? text.size() : static_cast<size_t>(width);
}

void Table::print(llvm::raw_ostream &stream) const {
  std::vector<std::string> head;
  std::vector<bool> isLeft;
  std::vector<size_t> widths;
  for (StringRef name : names) {
    isLeft.push_back(name.consume_front("<"));
    head.push_back(name.str());
    widths.push_back(getWidth(name));
  }
  for (const auto &row : rows)
    for (auto [width, cell] : llvm::zip_equal(widths, row))
      width = std::max(width, getWidth(cell));
  auto printRow = [&](const std::vector<std::string> &cells) {
    std::string line;
    for (auto [cell, width, left] : llvm::zip_equal(cells, widths, isLeft)) {
      std::string padding(width - getWidth(cell), ' ');
      line +=
          (line.empty() ? "" : "  ") + (left ? cell + padding : padding + cell);
    }
    stream << StringRef(line).rtrim() << '\n';
  };
  printRow(head);
  for (const auto &row : rows)
    printRow(row);
}

std::string mlir::bitnet::formatNumber(double number) {
  if (number >= 100)
    return fmt::format("{:.0f}", number);
  if (number >= 10)
    return fmt::format("{:.1f}", number);
  return fmt::format("{:.2f}", number);
}

std::string mlir::bitnet::formatGiga(double perSecond) {
  return formatNumber(perSecond / 1e9);
}

std::string mlir::bitnet::formatSeconds(double seconds) {
  if (seconds >= 1)
    return formatNumber(seconds) + " s";
  if (seconds >= 1e-3)
    return formatNumber(seconds * 1e3) + " ms";
  if (seconds >= 1e-6)
    return formatNumber(seconds * 1e6) + " us";
  return formatNumber(seconds * 1e9) + " ns";
}

std::string mlir::bitnet::formatBytes(double bytes) {
  if (bytes >= 1 << 30)
    return formatNumber(bytes / (1 << 30)) + " GiB";
  if (bytes >= 1 << 20)
    return formatNumber(bytes / (1 << 20)) + " MiB";
  return formatNumber(bytes / (1 << 10)) + " KiB";
}

std::string mlir::bitnet::formatRatio(double ratio) {
  return ratio > 0 ? fmt::format("{:.2f}", ratio) : "-";
}
