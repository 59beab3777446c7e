//===- LaneFormat.h - How a lane of a layout holds columns ------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_DIALECT_BITNET_IR_LANEFORMAT_H
#define BITNET_DIALECT_BITNET_IR_LANEFORMAT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <array>
#include <cstdint>
#include <optional>

namespace mlir::bitnet {

enum class ElementKind : uint32_t;

/// How a number of columns becomes the bits of a field.
enum class FieldCode {
  /// One element: a trit plus 1, a bit, or a byte of an offset number.
  Plain,
  /// Several trits plus 1 as digits in base 3, the first column lowest.
  Base3,
  /// The same for five trits, in the code of `trit5` that decodes with one
  /// table; see `#bitnet.layout`.
  Base3Windows,
  /// Three trits as the magnitude of t0 + 3 t1 + 9 t2, t in {-1, 0, 1}; the
  /// sign has a field of its own.
  Magnitude,
  /// That sign: 1 is negative.
  Sign,
};

/// A range of bits of a lane and the columns that it holds.
struct LaneField {
  FieldCode code;
  /// Plane, byte of the plane's word, lowest bit in the byte (8 and more: of
  /// the following byte) and number of bits.
  uint8_t plane, byte, shift, bits;
  /// First column and distance to the next one, and their number.
  uint8_t column, stride, count;
};

/// The words of a lane in one step.
struct LaneFormat {
  /// Words of a lane, each in a plane of its own, and the bytes of one.
  int64_t planes, wordBytes;
  /// Columns of a step.
  int64_t columns;
  /// All fields of ternary and binary elements; empty for others.
  llvm::SmallVector<LaneField, 0> fields;
};

/// The format of an element kind.
const LaneFormat &getLaneFormat(ElementKind element);

/// Whether elements are trits, in whatever code.
bool isTrit(ElementKind element);

/// What the weights of a linear layer are.
enum class WeightKind { Ternary, Binary, Int8 };

/// The kind of weights with such elements; nothing: layers have none of them.
std::optional<WeightKind> getWeightKind(ElementKind element);

/// What integer elements of a table are stored as: value + offset, the value in
/// [-maximum, maximum].
struct IntegerElement {
  int32_t maximum, offset;
};

/// The range of int8, int6 and planes elements; nothing for others. Those of
/// planes are stored with a number for each column added besides.
std::optional<IntegerElement> getIntegerElement(ElementKind element);

/// Most columns of a table of integers: up to here the products of 8-bit
/// activations and stored elements, up to 255, add up to less than 2^31.
inline constexpr int64_t maximumIntegerColumns = 1 << 16;

/// Bits of a weight in memory, without padding.
double getBitsPerWeight(ElementKind element);

/// The tables that `bitnet.lookup_tables` makes for an element kind: one for
/// each group of columns that a field of a lane holds.
struct LookupFormat {
  /// Columns of a group, and entries of its table, of two bytes each.
  int64_t columns, entries;
  /// 0: an entry is a sum of 16 bits. Otherwise `entries` bytes of low parts
  /// precede as many of high parts, with
  /// sum + offset = (low - leastLow) + radix * (high - leastHigh).
  int64_t radix, offset, leastLow, leastHigh;
  /// The largest magnitude of a part.
  int64_t largestPart;

  bool isSigned() const { return leastLow < 0; }
  int64_t getTableBytes() const { return entries * 2; }
  /// low + radix * high - sum.
  int64_t getExcess() const { return offset + leastLow + radix * leastHigh; }
  /// How many parts a byte can add.
  int64_t getMostAdds() const { return (isSigned() ? 127 : 255) / largestPart; }
};

/// The tables for an element kind; null: no kernel looks it up.
const LookupFormat *getLookupFormat(ElementKind element);

/// The trits, -1 to 1, of a group whose field has the value `entry`, the first
/// column first; none if no field has.
std::optional<std::array<int, 4>> getLookupTrits(ElementKind element,
                                                 int64_t entry);

/// Bytes of the tables of `columns` columns, whole steps; 0: no kernel looks
/// this kind up.
int64_t getLookupTableBytes(ElementKind element, int64_t columns);

} // namespace mlir::bitnet

#endif // BITNET_DIALECT_BITNET_IR_LANEFORMAT_H
