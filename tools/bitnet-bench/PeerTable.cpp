//===- PeerTable.cpp - Results that other engines print -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PeerTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace mlir::bitnet;
using llvm::StringRef;

/// The cells of a line, or none if it is no row.
static std::vector<StringRef> splitRow(StringRef line) {
  line = line.trim();
  if (!line.consume_front("|") || !line.consume_back("|"))
    return {};
  llvm::SmallVector<StringRef> cells;
  line.split(cells, '|');
  for (StringRef &cell : cells)
    cell = cell.trim();
  return {cells.begin(), cells.end()};
}

/// Whether a row only separates the head from the others.
static bool isRule(llvm::ArrayRef<StringRef> cells) {
  return llvm::all_of(cells, [](StringRef cell) {
    return !cell.empty() && cell.find_first_not_of("-:") == StringRef::npos;
  });
}

namespace {
/// Where the columns of a table are.
struct Columns {
  size_t count, test, speed;
  std::optional<size_t> threads;
};
} // namespace

/// Nothing if the row is not the head of such a table.
static std::optional<Columns> findColumns(llvm::ArrayRef<StringRef> cells) {
  Columns columns{cells.size(), cells.size(), cells.size(), std::nullopt};
  for (auto [i, name] : llvm::enumerate(cells)) {
    if (name == "test")
      columns.test = i;
    else if (name == "t/s")
      columns.speed = i;
    else if (name == "threads")
      columns.threads = i;
  }
  if (columns.test == cells.size() || columns.speed == cells.size())
    return std::nullopt;
  return columns;
}

/// A row with a test that is compared; nothing for other tests.
static llvm::Expected<std::optional<PeerResult>>
parseRow(llvm::ArrayRef<StringRef> cells, const Columns &columns) {
  StringRef test = cells[columns.test];
  PeerResult result;
  if (test.consume_front("pp"))
    result.kind = ModelTest::Kind::Prefill;
  else if (test.consume_front("tg"))
    result.kind = ModelTest::Kind::Decode;
  else
    return std::nullopt;
  if (test.getAsInteger(10, result.tokens))
    return std::nullopt;
  if (columns.threads) {
    unsigned threads;
    if (cells[*columns.threads].getAsInteger(10, threads))
      return llvm::createStringError("expects a number of threads, found '" +
                                     cells[*columns.threads] + "'");
    result.threads = threads;
  }
  StringRef speed = cells[columns.speed].split("±").first.trim();
  if (speed.getAsDouble(result.tokensPerSecond) ||
      !std::isfinite(result.tokensPerSecond) || result.tokensPerSecond <= 0)
    return llvm::createStringError(
        "expects tokens per second, 26.10 ± 0.10 for example, found '" +
        cells[columns.speed] + "'");
  return result;
}

llvm::Expected<std::vector<PeerResult>>
mlir::bitnet::parsePeerTables(StringRef text) {
  std::vector<PeerResult> results;
  std::optional<Columns> columns;
  bool foundTable = false;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    text = rest;
    std::vector<StringRef> cells = splitRow(line);
    if (cells.empty()) {
      columns.reset();
      continue;
    }
    if (!columns) {
      columns = findColumns(cells);
      foundTable |= columns.has_value();
      continue;
    }
    if (isRule(cells) || cells.size() != columns->count)
      continue;
    llvm::Expected<std::optional<PeerResult>> row = parseRow(cells, *columns);
    if (!row)
      return row.takeError();
    if (*row)
      results.push_back(**row);
  }
  if (!foundTable)
    return llvm::createStringError(
        "expects a table with the columns 'test' and 't/s'");
  return results;
}
