//===- PackTable.cpp - Embeddings and output heads into packed layouts ----===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/PlanesTable.h"
#include "bitnet/Packing/Packing.h"

#include <array>
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

/// Eight numbers of three bits as a byte of each of three parts.
static void packFields(const std::array<unsigned, PlanesTable::fields> &fields,
                       char *first, int64_t partBytes) {
  unsigned bytes[PlanesTable::parts];
  for (size_t part = 0; part < PlanesTable::parts; ++part)
    bytes[part] = fields[2 * part] | fields[2 * part + 1] << 3;
  bytes[0] |= (fields[6] & 6) << 5;
  bytes[1] |= (fields[7] & 6) << 5;
  bytes[2] |= (fields[6] & 1) << 6 | (fields[7] & 1) << 7;
  for (size_t part = 0; part < PlanesTable::parts; ++part)
    first[part * partBytes] = char(bytes[part]);
}

/// The coarse plane of a row into its lane, the fine one to `fine`; `codes`
/// fill whole steps. `fine` is null for rows that only pad the last tile.
static void packPlanes(ArrayRef<uint16_t> codes, Lane lane, char *fine,
                       int64_t finePartBytes) {
  auto size = static_cast<int64_t>(codes.size());
  auto getNumber = [&](int64_t k) -> unsigned {
    return (k < size ? codes[k] : PlanesTable::offset) + getDither(k);
  };
  std::array<unsigned, PlanesTable::fields> fields;
  char *target = lane.first;
  for (int64_t k = 0; k < size; k += 4 * PlanesTable::fields) {
    for (int64_t j = 0; j < 4; ++j) {
      for (int64_t f = 0; f < PlanesTable::fields; ++f)
        fields[f] = getNumber(k + 4 * f + j) >> 3;
      packFields(fields, target + j, lane.planeBytes);
    }
    target += lane.stepBytes;
  }
  for (int64_t b = 0; fine && b < finePartBytes; ++b) {
    for (int64_t f = 0; f < PlanesTable::fields; ++f)
      fields[f] = getNumber(f * finePartBytes + b) & 7;
    packFields(fields, fine + b, finePartBytes);
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
  bool isPlanes = element == ElementKind::Planes;
  PlanesTable planes(layout, rows, columns);
  PackedTable packed;
  packed.bytes.resize(layout.getByteSize(rows, columns));
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
      if (isPlanes)
        packPlanes(zeros, lane, nullptr, 0);
      else
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
    if (isPlanes)
      packPlanes(padded, lane,
                 packed.bytes.data() + planes.getFineOffset() +
                     row * planes.getFineRowBytes(),
                 planes.getFinePartBytes());
    else
      packRow(element, padded, lane);
  }
  for (int64_t k = 0; isPlanes && k < columns; ++k)
    packed.bytes[planes.getDitherOffset() + k] = char(getDither(k));
  packed.error = errors.get();
  return packed;
}
