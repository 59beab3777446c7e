//===- KeepWeights.cpp - Weights of few bits as they are ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Weights/KeepWeights.h"
#include "BlockScales.h"
#include "bitnet/Weights/Binarize.h"
#include "bitnet/Weights/BlockCodes.h"
#include "bitnet/Weights/Ternarize.h"

#include "llvm/ADT/STLExtras.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

using namespace mlir::bitnet;

namespace {
/// How magnitudes of a matrix of floats depend on columns.
struct Magnitudes {
  /// The fewest blocks of columns within which every row has one magnitude
  /// besides 0.
  int64_t blocks;
  bool hasZeros;
};
} // namespace

/// The numbers of blocks that scales can have, the fewest first.
static std::vector<int64_t> getBlockCounts(int64_t columns) {
  std::vector<int64_t> counts = {1};
  for (int64_t blocks = 2; blocks <= columns / 32; ++blocks)
    if (columns % (32 * blocks) == 0)
      counts.push_back(blocks);
  return counts;
}

/// Nothing: the floats are neither ternary nor binary. The first rows of others
/// tell, so that it takes no time.
static std::optional<Magnitudes> findMagnitudes(const StoredMatrix &matrix) {
  int64_t columns = matrix.getColumns();
  std::vector<int64_t> counts = getBlockCounts(columns);
  std::vector<float> weights(columns);
  bool hasZeros = false;
  for (int64_t row = 0; row < matrix.getRows(); ++row) {
    matrix.decodeRow(row, weights);
    int64_t last = -1;
    for (int64_t k = 0; k < columns; ++k) {
      if (weights[k] == 0) {
        hasZeros = true;
        continue;
      }
      if (!std::isfinite(weights[k]))
        return std::nullopt;
      // A change of magnitude has to fall between two blocks.
      if (last >= 0 && std::abs(weights[k]) != std::abs(weights[last])) {
        llvm::erase_if(counts, [&](int64_t blocks) {
          int64_t size = columns / blocks;
          return last / size == k / size;
        });
        if (counts.empty())
          return std::nullopt;
      }
      last = k;
    }
  }
  return Magnitudes{counts.front(), hasZeros};
}

/// The signs of floats with magnitudes as `magnitudes` says. `set` makes an
/// element of a matrix of zeros, or of -1, what its sign says.
template <typename Matrix>
static llvm::Expected<KeptMatrix>
keepSigns(const StoredMatrix &matrix, const Magnitudes &magnitudes,
          void (*set)(Matrix &, int64_t row, int64_t column, bool isPositive)) {
  int64_t rows = matrix.getRows(), columns = matrix.getColumns();
  int64_t blockColumns = columns / magnitudes.blocks;
  Matrix result(rows, columns);
  BlockScales scales(rows, columns, blockColumns);
  std::vector<float> weights(columns);
  for (int64_t row = 0; row < rows; ++row) {
    matrix.decodeRow(row, weights);
    for (int64_t k = 0; k < columns; ++k) {
      if (weights[k] == 0)
        continue;
      set(result, row, k, weights[k] > 0);
      if (llvm::Error error = scales.add(row, k / blockColumns * blockColumns,
                                         std::abs(weights[k])))
        return std::move(error);
    }
  }
  std::move(scales).fold(result);
  return result;
}

static void setTrit(TernaryMatrix &matrix, int64_t row, int64_t column,
                    bool isPositive) {
  matrix.setTrit(row, column, isPositive ? 1 : -1);
}

static void setBit(BinaryMatrix &matrix, int64_t row, int64_t column,
                   bool isPositive) {
  if (isPositive)
    matrix.setPositive(row, column);
}

/// A matrix without codes and scales.
static CodeMatrix makeCodeMatrix(const StoredMatrix &matrix, int64_t blocks) {
  CodeMatrix result;
  result.rows = matrix.getRows();
  result.columns = matrix.getColumns();
  result.blocks = blocks;
  result.codes.resize(result.rows * result.columns);
  result.scales.resize(result.rows * std::max<int64_t>(blocks, 1));
  return result;
}

static llvm::Expected<KeptMatrix> keepCodes(const StoredMatrix &matrix,
                                            CodeGroups groups) {
  int64_t blocks = matrix.getColumns() / groups.columns;
  CodeMatrix result = makeCodeMatrix(matrix, blocks);
  if (groups.hasOffsets)
    result.offsets.resize(result.scales.size());
  for (int64_t row = 0; row < result.rows; ++row) {
    auto slice = [&](std::vector<float> &values) {
      return llvm::MutableArrayRef(values).slice(row * blocks, blocks);
    };
    llvm::MutableArrayRef<float> scales = slice(result.scales), offsets;
    if (groups.hasOffsets)
      offsets = slice(result.offsets);
    auto *codes =
        reinterpret_cast<int8_t *>(result.codes.data() + row * result.columns);
    readRowCodes(matrix, row, {codes, size_t(result.columns)}, scales, offsets);
    for (auto values : {scales, offsets})
      for (auto [block, value] : llvm::enumerate(values))
        if (!std::isfinite(value))
          return llvm::createStringError(fmt::format(
              "row {}, block at column {}: expects a finite scale, found {}",
              row, block * groups.columns, value));
  }
  return result;
}

/// The scale of finite weights: the least magnitude, if all are multiples of it
/// up to 127, which codes hold exactly, or else what the largest is 127 times.
static float chooseScale(llvm::ArrayRef<float> weights) {
  float largest = 0, least = std::numeric_limits<float>::infinity();
  for (float weight : weights) {
    largest = std::max(largest, std::abs(weight));
    if (weight != 0)
      least = std::min(least, std::abs(weight));
  }
  // Weights below the normal numbers become 0.
  if (largest < 0x1p-120f)
    return 1;
  bool areMultiples = llvm::all_of(weights, [&](float weight) {
    float code = std::nearbyint(weight / least);
    return std::abs(code) <= 127 && code * least == weight;
  });
  return areMultiples ? least : largest / 127;
}

static llvm::Expected<KeptMatrix> roundToCodes(const StoredMatrix &matrix) {
  int64_t columns = matrix.getColumns();
  int64_t size = columns;
  for (int64_t candidate : {16, 32})
    if (columns % candidate == 0)
      size = candidate;
  CodeMatrix result =
      makeCodeMatrix(matrix, size < columns ? columns / size : 0);
  std::vector<float> weights(columns);
  for (int64_t row = 0; row < result.rows; ++row) {
    matrix.decodeRow(row, weights);
    for (auto [k, weight] : llvm::enumerate(weights))
      if (!std::isfinite(weight))
        return llvm::createStringError(
            fmt::format("row {}, column {}: expects a finite weight, found {}",
                        row, k, weight));
    for (int64_t first = 0; first < columns; first += size) {
      float scale = chooseScale(llvm::ArrayRef(weights).slice(first, size));
      result.scales[(row * columns + first) / size] = scale;
      for (int64_t k = first; k < first + size; ++k)
        result.codes[row * columns + k] =
            static_cast<char>(std::nearbyint(weights[k] / scale));
    }
  }
  return result;
}

/// Whether a format of trits has a code that is none.
static bool hasOtherCodes(WeightFormat format) {
  return format == WeightFormat::Q2_0 || format == WeightFormat::PQ2_0;
}

llvm::Expected<KeptMatrix>
mlir::bitnet::keepWeights(const StoredMatrix &matrix) {
  WeightFormat format = matrix.getFormat();
  if (isBinary(format)) {
    llvm::Expected<BinaryMatrix> bits = readBinary(matrix);
    if (!bits)
      return bits.takeError();
    return std::move(*bits);
  }
  if (isTernary(format)) {
    llvm::Expected<TernaryMatrix> trits = readTernary(matrix);
    if (trits)
      return std::move(*trits);
    if (!hasOtherCodes(format))
      return trits.takeError();
    llvm::consumeError(trits.takeError());
  }
  if (std::optional<CodeGroups> groups = getCodeGroups(format))
    return keepCodes(matrix, *groups);
  if (std::optional<Magnitudes> magnitudes = findMagnitudes(matrix))
    return magnitudes->hasZeros
               ? keepSigns<TernaryMatrix>(matrix, *magnitudes, setTrit)
               : keepSigns<BinaryMatrix>(matrix, *magnitudes, setBit);
  return roundToCodes(matrix);
}
