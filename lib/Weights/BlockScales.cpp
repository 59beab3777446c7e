//===- BlockScales.cpp - Scales of blocks to scales of rows ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "BlockScales.h"

#include "llvm/ADT/STLExtras.h"

#include <fmt/format.h>

#include <cmath>

using namespace mlir::bitnet;

llvm::Error BlockScales::add(int64_t row, int64_t firstColumn, float scale) {
  auto fail = [&](const char *wanted) {
    return llvm::createStringError(
        fmt::format("row {}, block at column {}: expects {}, found scale {}",
                    row, firstColumn, wanted, scale));
  };
  if (!std::isfinite(scale))
    return fail("a finite scale");
  if (found.empty() || found.back().row != row) {
    found.push_back({row, scale});
    return llvm::Error::success();
  }
  if (found.back().scale != scale)
    return fail("the scale of the other blocks of the row, since scales that "
                "differ within a row are not supported");
  return llvm::Error::success();
}

std::vector<float> BlockScales::fold(int64_t rows) const {
  if (found.empty())
    return {1.0f};
  float first = found.front().scale;
  if (llvm::all_of(found, [&](RowScale entry) { return entry.scale == first; }))
    return {first};
  std::vector<float> scales(rows, 1.0f);
  for (RowScale entry : found)
    scales[entry.row] = entry.scale;
  return scales;
}
