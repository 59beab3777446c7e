//===- PackTable.cpp - Embeddings and output heads into packed layouts ----===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Packing/Packing.h"

#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;
using llvm::ArrayRef;

namespace {
/// Where the lane of a row is in the bytes of its tile.
struct Lane {
  char *first;
  /// From one step, and one plane, to the next.
  int64_t stepBytes, planeBytes;
};
} // namespace

/// One word for each step.
static void packWords(ArrayRef<uint16_t> codes, Lane lane) {
  char *target = lane.first;
  for (uint16_t code : codes) {
    std::memcpy(target, &code, sizeof(code));
    target += lane.stepBytes;
  }
}

/// Four bytes for each step; `codes` fill whole steps.
static void packBytes(ArrayRef<uint16_t> codes, Lane lane) {
  char *target = lane.first;
  for (size_t k = 0; k < codes.size(); k += 4) {
    for (size_t j = 0; j < 4; ++j)
      target[j] = char(codes[k + j]);
    target += lane.stepBytes;
  }
}

/// Four bytes in each of three planes for each step; `codes` fill whole steps.
static void packSixBits(ArrayRef<uint16_t> codes, Lane lane) {
  char *target = lane.first;
  for (size_t k = 0; k < codes.size(); k += 16) {
    for (size_t plane = 0; plane < 3; ++plane)
      for (size_t j = 0; j < 4; ++j) {
        unsigned own = codes[k + 4 * plane + j];
        unsigned shared = codes[k + 12 + j] >> (2 * plane) & 3;
        target[plane * lane.planeBytes + j] = char(own | shared << 6);
      }
    target += lane.stepBytes;
  }
}

static void packRow(ElementKind element, ArrayRef<uint16_t> codes, Lane lane) {
  switch (element) {
  case ElementKind::Int8:
    return packBytes(codes, lane);
  case ElementKind::Int6:
    return packSixBits(codes, lane);
  default:
    return packWords(codes, lane);
  }
}

llvm::Expected<PackedTable> mlir::bitnet::packTable(const StoredMatrix &matrix,
                                                    LayoutAttr layout) {
  ElementKind element = layout.getElement();
  int64_t rows = matrix.getRows(), columns = matrix.getColumns();
  int64_t tiles = layout.getTileCount(rows), tileRows = layout.getTileRows();
  int64_t tileBytes = layout.getStepCount(columns) * layout.getStepBytes();
  std::optional<IntegerElement> integer = getIntegerElement(element);
  PackedTable packed;
  packed.bytes.resize(tiles * tileBytes);
  if (integer)
    packed.scales.resize(rows);

  std::vector<float> values(columns);
  std::vector<uint16_t> padded(layout.getPaddedColumns(columns),
                               integer ? integer->offset : 0);
  const std::vector<uint16_t> zeros = padded;
  RowRounder rounder(element, columns);
  RoundingErrorSum errors;
  int64_t wordBytes = layout.getFormat().wordBytes;
  for (int64_t row = 0; row < tiles * tileRows; ++row) {
    Lane lane{packed.bytes.data() + row / tileRows * tileBytes +
                  row % tileRows * wordBytes,
              layout.getStepBytes(), tileRows * wordBytes};
    if (row >= rows) {
      packRow(element, zeros, lane);
      continue;
    }
    matrix.decodeRow(row, values);
    if (llvm::Error error = rounder.round(row, values))
      return error;
    errors.add(rounder);
    if (integer)
      packed.scales[row] = rounder.getScale();
    llvm::copy(rounder.getCodes(), padded.begin());
    packRow(element, padded, lane);
  }
  packed.error = errors.get();
  return packed;
}
