//===- QuantizeInt8.cpp - Float weights to 8 bits -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Weights/QuantizeInt8.h"
#include "MasterWeights.h"

#include <algorithm>
#include <cmath>

using namespace mlir::bitnet;

namespace {
struct Range {
  float minimum, maximum;
};

/// How weights of one group become codes.
struct Mapping {
  float factor, zeroPoint;
  int lowest;
};
} // namespace

/// The least and the largest weight of each group.
static std::vector<Range> findRanges(const StoredMatrix &matrix,
                                     ScaleGroups groups) {
  std::vector<Range> ranges;
  std::vector<float> weights(matrix.getColumns());
  for (int64_t row = 0; row < matrix.getRows(); ++row) {
    matrix.decodeRow(row, weights);
    auto [minimum, maximum] =
        std::minmax_element(weights.begin(), weights.end());
    if (ranges.empty() || groups == ScaleGroups::Rows)
      ranges.push_back({*minimum, *maximum});
    ranges.back().minimum = std::min(ranges.back().minimum, *minimum);
    ranges.back().maximum = std::max(ranges.back().maximum, *maximum);
  }
  return ranges;
}

/// The factor that makes `extent` fill `steps`; 1 if that is infinite: nothing
/// in the group counts.
static float getFactor(float steps, float extent) {
  float factor = steps / extent;
  return std::isfinite(factor) ? factor : 1;
}

/// nearbyint rounds half to even: nothing changes the rounding mode.
static void quantizeRow(llvm::ArrayRef<float> weights, Mapping mapping,
                        int8_t *codes) {
  auto lowest = static_cast<float>(mapping.lowest);
  for (size_t index = 0; index < weights.size(); ++index) {
    float scaled = weights[index] * mapping.factor;
    float code = std::nearbyint(scaled + mapping.zeroPoint);
    codes[index] = static_cast<int8_t>(std::clamp(code, lowest, 127.0f));
  }
}

/// The codes with one mapping for the matrix or each row.
static Int8Matrix quantize(const StoredMatrix &matrix,
                           llvm::ArrayRef<Mapping> mappings) {
  Int8Matrix result;
  result.rows = matrix.getRows();
  result.columns = matrix.getColumns();
  result.codes.resize(result.rows * result.columns);
  std::vector<float> weights(result.columns);
  for (int64_t row = 0; row < result.rows; ++row) {
    matrix.decodeRow(row, weights);
    quantizeRow(weights, mappings[mappings.size() == 1 ? 0 : row],
                result.codes.data() + row * result.columns);
  }
  for (const Mapping &mapping : mappings)
    result.scales.push_back(1 / mapping.factor);
  return result;
}

llvm::Expected<Int8Matrix>
mlir::bitnet::quantizeAbsMax(const StoredMatrix &matrix, ScaleGroups groups) {
  if (auto statistics = collectStatistics(matrix, "absmax"); !statistics)
    return statistics.takeError();
  std::vector<Mapping> mappings;
  for (Range range : findRanges(matrix, groups)) {
    float largest = std::max(range.maximum, -range.minimum);
    mappings.push_back(
        {getFactor(127, largest), /*zeroPoint=*/0, /*lowest=*/-127});
  }
  return quantize(matrix, mappings);
}

llvm::Expected<Int8Matrix>
mlir::bitnet::quantizeZeroPoint(const StoredMatrix &matrix,
                                ScaleGroups groups) {
  if (auto statistics = collectStatistics(matrix, "zeropoint"); !statistics)
    return statistics.takeError();
  std::vector<Mapping> mappings;
  std::vector<float> zeroPoints;
  for (Range range : findRanges(matrix, groups)) {
    float extent = range.maximum - range.minimum;
    if (!std::isfinite(extent))
      return llvm::createStringError("zeropoint: expects the difference of the "
                                     "largest and the least weight to be "
                                     "finite in f32");
    float factor = getFactor(255, extent);
    float scaled = -factor * range.minimum;
    float zeroPoint = std::nearbyint(scaled - 128);
    mappings.push_back({factor, zeroPoint, /*lowest=*/-128});
    zeroPoints.push_back(zeroPoint);
  }
  Int8Matrix result = quantize(matrix, mappings);
  result.zeroPoints = std::move(zeroPoints);
  return result;
}
