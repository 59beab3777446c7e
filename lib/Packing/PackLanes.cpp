//===- PackLanes.cpp - Trits and bits into packed layouts -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Packing/Packing.h"
#include "llvm/Support/Endian.h"

#include <array>
#include <cstring>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Row-major elements of `bits` bits each, lowest bits first.
struct ElementRows {
  int64_t rows, columns;
  ArrayRef<char> bytes;
  unsigned bits;
  /// The element that pads rows and columns.
  uint8_t padding;

  /// Writes the elements of a row, one a byte, and padding up to the end of
  /// `elements`. Rows past the last one are padding.
  void expandRow(int64_t row, llvm::MutableArrayRef<uint8_t> elements) const {
    int64_t perByte = 8 / bits;
    int64_t rowBytes = (columns + perByte - 1) / perByte;
    int64_t count = row < rows ? columns : 0;
    const char *source = bytes.data() + row * rowBytes;
    for (int64_t k = 0; k < count; ++k)
      elements[k] = uint8_t(source[k / perByte]) >> (k % perByte * bits) &
                    ((1 << bits) - 1);
    std::fill(elements.begin() + count, elements.end(), padding);
  }
};
} // namespace

/// The byte of `trit5` for each number in base 3 of five digits.
static std::array<uint8_t, 243> makeWindowCodes() {
  std::array<uint8_t, 243> codes = {};
  for (unsigned last = 0; last < 3; ++last)
    for (unsigned q = 85 * last; q < 85 * (last + 1); ++q)
      if (unsigned low = (q + 64 * last) % 128 % 85; low < 81)
        codes[81 * last + low] = static_cast<uint8_t>(q);
  return codes;
}

/// The bits of a field that holds `elements`, those of one step.
static unsigned encodeField(const LaneField &field, const uint8_t *elements) {
  static const std::array<uint8_t, 243> windowCodes = makeWindowCodes();
  const uint8_t *first = elements + field.column;
  if (field.code == FieldCode::Plain)
    return *first;
  unsigned number = 0;
  for (unsigned i = field.count; i-- > 0;)
    number = 3 * number + first[i * field.stride];
  // All trits zero are the middle of the numbers of three.
  constexpr unsigned zero = 13;
  switch (field.code) {
  case FieldCode::Plain:
  case FieldCode::Base3:
    return number;
  case FieldCode::Base3Windows:
    return windowCodes[number];
  case FieldCode::Magnitude:
    return number < zero ? zero - number : number - zero;
  case FieldCode::Sign:
    return number < zero;
  }
  llvm_unreachable("unknown field code");
}

/// Writes the words of a lane. Planes are `planeBytes` apart.
static void encodeLane(const LaneFormat &format, const uint8_t *elements,
                       char *lane, int64_t planeBytes) {
  for (const LaneField &field : format.fields) {
    unsigned bits = encodeField(field, elements) << field.shift;
    char *byte = lane + field.plane * planeBytes + field.byte;
    byte[0] = char(byte[0] | bits);
    if (bits > 0xFF)
      byte[1] = char(byte[1] | bits >> 8);
  }
}

static std::vector<char> pack(const ElementRows &matrix, LayoutAttr layout) {
  const LaneFormat &format = layout.getFormat();
  int64_t tiles = layout.getTileCount(matrix.rows);
  int64_t steps = layout.getStepCount(matrix.columns);
  int64_t blockSteps = layout.getBlockSteps(matrix.columns);
  int64_t tileRows = layout.getTileRows();
  int64_t stepBytes = layout.getStepBytes();
  int64_t planeBytes = tileRows * format.wordBytes;
  std::vector<char> packed(tiles * steps * stepBytes);
  std::vector<uint8_t> elements(steps * format.columns);
  for (int64_t row = 0; row < tiles * tileRows; ++row) {
    matrix.expandRow(row, elements);
    int64_t lane = row % tileRows * format.wordBytes;
    for (int64_t step = 0; step < steps; ++step) {
      int64_t block = step / blockSteps;
      // Blocks before this one are whole.
      int64_t stepsHere = std::min(blockSteps, steps - block * blockSteps);
      int64_t position = block * blockSteps * tiles +
                         row / tileRows * stepsHere + step % blockSteps;
      encodeLane(format, &elements[step * format.columns],
                 &packed[position * stepBytes + lane], planeBytes);
    }
  }
  return packed;
}

//===----------------------------------------------------------------------===//
// Two bits a trit
//===----------------------------------------------------------------------===//

/// Row-major trits keep column 4 f + j of 16 in bits 2 j of byte f; a layout
/// keeps it in bits 2 f of byte j: a transposed 4 x 4 matrix of 2-bit fields,
/// by two rounds of swaps.
static uint32_t transposeFields(uint32_t fields) {
  uint32_t swap = ((fields >> 6) ^ fields) & 0x00CC00CC;
  fields ^= swap ^ (swap << 6);
  swap = ((fields >> 12) ^ fields) & 0x0000F0F0;
  return fields ^ swap ^ (swap << 12);
}

/// The same bytes as `pack` writes, several times as fast.
static std::vector<char> packTransposed(const TernaryView &matrix,
                                        LayoutAttr layout) {
  constexpr int64_t laneBytes = 4;
  int64_t tiles = layout.getTileCount(matrix.rows);
  int64_t steps = layout.getStepCount(matrix.columns);
  int64_t tileRows = layout.getTileRows();
  int64_t rowBytes = matrix.getRowBytes();
  std::vector<char> packed(tiles * steps * layout.getStepBytes(), zeroTritByte);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    const char *source = matrix.getRow(row).data();
    char *target = packed.data() +
                   (row / tileRows) * steps * tileRows * laneBytes +
                   (row % tileRows) * laneBytes;
    for (int64_t step = 0; step < steps; ++step) {
      // The last step of a row may have fewer bytes.
      char fields[laneBytes] = {zeroTritByte, zeroTritByte, zeroTritByte,
                                zeroTritByte};
      int64_t bytes = std::min(laneBytes, rowBytes - step * laneBytes);
      std::memcpy(fields, source + step * laneBytes, bytes);
      llvm::support::endian::write32le(
          target + step * tileRows * laneBytes,
          transposeFields(llvm::support::endian::read32le(fields)));
    }
  }
  return packed;
}

std::vector<char> mlir::bitnet::packTrits(const TernaryView &matrix,
                                          LayoutAttr layout) {
  if (layout.getElement() == ElementKind::Trit && layout.getBlock() == 0)
    return packTransposed(matrix, layout);
  return pack({matrix.rows, matrix.columns, matrix.codes, 2, 1}, layout);
}

std::vector<char> mlir::bitnet::packBits(const BinaryView &matrix,
                                         LayoutAttr layout) {
  return pack({matrix.rows, matrix.columns, matrix.bytes, 1, 0}, layout);
}

std::vector<char> mlir::bitnet::packInt8(ArrayRef<char> codes, int64_t rows,
                                         int64_t columns, LayoutAttr layout) {
  constexpr int64_t laneBytes = 4;
  constexpr char zero = static_cast<char>(0x80);
  int64_t steps = layout.getStepCount(columns);
  int64_t tileRows = layout.getTileRows();
  std::vector<char> packed(
      layout.getTileCount(rows) * steps * layout.getStepBytes(), zero);
  for (int64_t row = 0; row < rows; ++row) {
    const char *source = codes.data() + row * columns;
    char *target = packed.data() +
                   (row / tileRows) * steps * tileRows * laneBytes +
                   (row % tileRows) * laneBytes;
    for (int64_t k = 0; k < columns; ++k)
      target[k / laneBytes * tileRows * laneBytes + k % laneBytes] =
          static_cast<char>(source[k] ^ zero);
  }
  return packed;
}

std::vector<float> mlir::bitnet::packBlockScales(ArrayRef<float> scales,
                                                 int64_t rows,
                                                 LayoutAttr layout) {
  int64_t tileRows = layout.getTileRows();
  int64_t blocks = static_cast<int64_t>(scales.size()) / rows;
  std::vector<float> packed(layout.getTileCount(rows) * blocks * tileRows);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t block = 0; block < blocks; ++block)
      packed[(row / tileRows * blocks + block) * tileRows + row % tileRows] =
          scales[row * blocks + block];
  return packed;
}
