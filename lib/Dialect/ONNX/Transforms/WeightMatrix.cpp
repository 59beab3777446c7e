//===- WeightMatrix.cpp - Values of weights to trits or bits --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "WeightMatrix.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Weights/BinaryMatrix.h"
#include "bitnet/Weights/TernaryMatrix.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::onnx;

/// Columns that scales of blocks go by.
static constexpr int64_t blockGranule = 32;

/// How far apart roundings put equal magnitudes: 3e-7 where an exporter folded
/// w + (q - w).
static constexpr float tolerance = 1e-5f;

namespace {
/// The magnitudes of some weights but the zeros.
class Magnitudes {
public:
  void add(float weight) {
    float magnitude = std::fabs(weight);
    if (magnitude == 0) {
      foundZero = true;
      return;
    }
    areFinite &= std::isfinite(magnitude);
    least = std::min(least, magnitude);
    largest = std::max(largest, magnitude);
    sum += static_cast<double>(magnitude);
    ++count;
  }
  void add(const Magnitudes &other) {
    least = std::min(least, other.least);
    largest = std::max(largest, other.largest);
    sum += other.sum;
    count += other.count;
    foundZero |= other.foundZero;
    areFinite &= other.areFinite;
  }
  bool isOne() const {
    return count == 0 || (areFinite && largest - least <= tolerance * largest);
  }
  bool hasZeros() const { return foundZero; }
  /// The one magnitude; `absent` if there are only zeros.
  float get(float absent) const {
    if (count == 0)
      return absent;
    return least == largest
               ? least
               : static_cast<float>(sum / static_cast<double>(count));
  }

private:
  float least = std::numeric_limits<float>::infinity(), largest = 0;
  double sum = 0;
  int64_t count = 0;
  bool foundZero = false, areFinite = true;
};

/// Magnitudes of the granules of a matrix, and what they add up to.
struct MatrixMagnitudes {
  /// Granules of a row.
  int64_t granules;
  /// [row][granule]
  std::vector<Magnitudes> parts;
  std::vector<Magnitudes> rows;
  Magnitudes all;

  /// Nothing if a granule has several magnitudes.
  static std::optional<MatrixMagnitudes> get(const MatrixView &matrix);
  /// Scales of `blocks` blocks of each row. Nothing if one has several.
  std::optional<std::vector<float>> getBlockScales(int64_t blocks) const;
};
} // namespace

std::optional<MatrixMagnitudes>
MatrixMagnitudes::get(const MatrixView &matrix) {
  MatrixMagnitudes result;
  result.granules =
      matrix.columns % blockGranule == 0 ? matrix.columns / blockGranule : 1;
  int64_t width = matrix.columns / result.granules;
  for (int64_t row = 0; row < matrix.rows; ++row) {
    Magnitudes ofRow;
    for (int64_t granule = 0; granule < result.granules; ++granule) {
      Magnitudes part;
      for (int64_t k = granule * width; k < (granule + 1) * width; ++k)
        part.add(matrix(row, k));
      if (!part.isOne())
        return std::nullopt;
      result.parts.push_back(part);
      ofRow.add(part);
    }
    result.rows.push_back(ofRow);
    result.all.add(ofRow);
  }
  return result;
}

std::optional<std::vector<float>>
MatrixMagnitudes::getBlockScales(int64_t blocks) const {
  std::vector<float> scales;
  int64_t length = granules / blocks;
  for (size_t first = 0; first < parts.size(); first += length) {
    Magnitudes block;
    for (int64_t part = 0; part < length; ++part)
      block.add(parts[first + part]);
    if (!block.isOne())
      return std::nullopt;
    scales.push_back(block.get(0));
  }
  return scales;
}

static QuantizedWeight::Part makeTrits(const MatrixView &matrix,
                                       std::vector<float> scales,
                                       MLIRContext *context) {
  bitnet::TernaryMatrix trits(matrix.rows, matrix.columns);
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t column = 0; column < matrix.columns; ++column)
      if (float weight = matrix(row, column); weight != 0)
        trits.setTrit(row, column, weight > 0 ? 1 : -1);
  return {bitnet::TritsAttr::get(context),
          std::move(trits.codes),
          {int64_t(scales.size())},
          std::move(scales)};
}

/// Zeros become +1 or -1 as `zerosArePositive` says.
static QuantizedWeight::Part makeBits(const MatrixView &matrix,
                                      bool zerosArePositive,
                                      ArrayRef<int64_t> scalesShape,
                                      std::vector<float> scales,
                                      MLIRContext *context) {
  bitnet::BinaryMatrix bits(matrix.rows, matrix.columns);
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t column = 0; column < matrix.columns; ++column) {
      float weight = matrix(row, column);
      if (weight > 0 || (weight == 0 && zerosArePositive))
        bits.setPositive(row, column);
    }
  return {bitnet::BitsAttr::get(context), std::move(bits.bytes),
          SmallVector<int64_t>(scalesShape), std::move(scales)};
}

/// The largest blocks that have scales of their own.
static std::optional<std::pair<int64_t, std::vector<float>>>
findBlockScales(const MatrixMagnitudes &magnitudes) {
  for (int64_t blocks = 2; blocks <= magnitudes.granules; ++blocks)
    if (magnitudes.granules % blocks == 0)
      if (auto scales = magnitudes.getBlockScales(blocks))
        return std::pair(blocks, std::move(*scales));
  return std::nullopt;
}

std::optional<QuantizedWeight> onnx::quantizeWeight(const MatrixView &matrix,
                                                    MLIRContext *context) {
  std::optional<MatrixMagnitudes> magnitudes = MatrixMagnitudes::get(matrix);
  if (!magnitudes)
    return std::nullopt;
  bool isBinary = !magnitudes->all.hasZeros();
  QuantizedWeight result{
      matrix.rows, matrix.columns, isBinary, ScaleGranularity::Matrix, {}};
  std::vector<float> scales;
  if (magnitudes->all.isOne()) {
    scales = {magnitudes->all.get(1)};
  } else if (llvm::all_of(magnitudes->rows,
                          [](const Magnitudes &row) { return row.isOne(); })) {
    result.granularity = ScaleGranularity::Rows;
    for (const Magnitudes &row : magnitudes->rows)
      scales.push_back(row.get(1));
  } else {
    auto found = findBlockScales(*magnitudes);
    if (!found)
      return std::nullopt;
    result.granularity = ScaleGranularity::Blocks;
    SmallVector<int64_t> shape = {matrix.rows, found->first};
    if (isBinary) {
      result.parts.push_back(
          makeBits(matrix, false, shape, std::move(found->second), context));
      return result;
    }
    for (float &scale : found->second)
      scale /= 2;
    for (bool zerosArePositive : {true, false})
      result.parts.push_back(
          makeBits(matrix, zerosArePositive, shape, found->second, context));
    return result;
  }
  if (isBinary)
    result.parts.push_back(makeBits(matrix, false, {int64_t(scales.size())},
                                    std::move(scales), context));
  else
    result.parts.push_back(makeTrits(matrix, std::move(scales), context));
  return result;
}

void QuantizedWeight::scaleRows(ArrayRef<float> factors) {
  if (factors.size() == 1 && factors.front() == 1)
    return;
  for (Part &part : parts) {
    if (factors.size() > 1 && part.scales.size() == 1) {
      part.scales.assign(rows, part.scales.front());
      part.scalesShape = {rows};
      granularity = ScaleGranularity::Rows;
    }
    size_t ofRow = part.scales.size() / rows;
    for (auto [index, scale] : llvm::enumerate(part.scales))
      scale *= factors.size() > 1 ? factors[index / ofRow] : factors.front();
  }
}
