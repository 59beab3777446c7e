//===- BlockScales.cpp - Scales of blocks to scales of rows ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "BlockScales.h"

#include "llvm/ADT/ArrayRef.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

using namespace mlir::bitnet;

llvm::Error BlockScales::add(int64_t row, int64_t firstColumn, float scale) {
  if (!std::isfinite(scale))
    return llvm::createStringError(fmt::format(
        "row {}, block at column {}: expects a finite scale, found {}", row,
        firstColumn, scale));
  scales[row * blocks + firstColumn / blockColumns] = scale;
  return llvm::Error::success();
}

/// What all of `scales` are, 1 if none was added. Nothing: they differ.
static std::optional<float> findCommonScale(llvm::ArrayRef<float> scales) {
  std::optional<float> common;
  for (float scale : scales) {
    if (std::isnan(scale))
      continue;
    if (!common)
      common = scale;
    else if (std::bit_cast<uint32_t>(*common) != std::bit_cast<uint32_t>(scale))
      return std::nullopt;
  }
  return common.value_or(1.0f);
}

bool BlockScales::foldToFewest() {
  if (std::optional<float> common = findCommonScale(scales)) {
    scales = {*common};
    return true;
  }
  llvm::ArrayRef<float> rest = scales;
  std::vector<float> rowScales;
  for (; !rest.empty(); rest = rest.drop_front(blocks)) {
    std::optional<float> common = findCommonScale(rest.take_front(blocks));
    if (!common)
      break;
    rowScales.push_back(*common);
  }
  if (rest.empty()) {
    scales = std::move(rowScales);
    return true;
  }
  std::replace_if(
      scales.begin(), scales.end(),
      [](float scale) { return std::isnan(scale); }, 1.0f);
  return false;
}
