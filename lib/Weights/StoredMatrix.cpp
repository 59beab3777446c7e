//===- StoredMatrix.cpp - Weights as a file holds them --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Weights/StoredMatrix.h"

#include "CodeBlocks.h"
#include "Codecs.h"
#include "bitnet/Weights/Binarize.h"
#include "bitnet/Weights/Ternarize.h"

#include "llvm/ADT/Twine.h"

#include <cassert>

using namespace mlir::bitnet;
using llvm::Twine;

llvm::Expected<StoredMatrix> StoredMatrix::get(WeightFormat format,
                                               int64_t rows, int64_t columns,
                                               llvm::ArrayRef<char> bytes) {
  std::optional<int64_t> wanted = getMatrixBytes(format, rows, columns);
  if (!wanted)
    return llvm::createStringError(
        "expects a shape that whole blocks of " + getWeightFormatName(format) +
        " fill, found " + Twine(rows) + "x" + Twine(columns));
  if (static_cast<uint64_t>(*wanted) != bytes.size())
    return llvm::createStringError("expects " + Twine(*wanted) + " bytes of " +
                                   getWeightFormatName(format) + " for " +
                                   Twine(rows) + "x" + Twine(columns) +
                                   ", found " + Twine(bytes.size()));
  return StoredMatrix(format, rows, columns, bytes);
}

/// Rows between two calls of a discard function.
static constexpr int64_t rowsToDiscard = 1024;

void StoredMatrix::decodeRow(int64_t row, FloatRow output) const {
  assert(row >= 0 && row < rows && "no such row");
  assert(output.size() == static_cast<uint64_t>(columns) && "wrong size");
  switch (format) {
  case WeightFormat::I2_S:
  case WeightFormat::I2_S64:
    return decodeRowI2S(*this, row, output);
  case WeightFormat::IQ2_BN_R4:
    return decodeRowIQ2BNR4(*this, row, output);
  case WeightFormat::PackedRows:
    return decodeRowPackedRows(*this, row, output);
  default:
    break;
  }
  // Rows of every other format begin at a byte.
  int64_t rowBytes = static_cast<int64_t>(bytes.size()) / rows;
  const char *data = bytes.data() + rowBytes * row;
  if (discard && row > 0 && row % rowsToDiscard == 0)
    discard(bytes.slice(rowBytes * (row - rowsToDiscard),
                        rowBytes * rowsToDiscard));
  switch (format) {
  case WeightFormat::F32:
    return decodeRowF32(data, output);
  case WeightFormat::F16:
    return decodeRowF16(data, output);
  case WeightFormat::BF16:
    return decodeRowBF16(data, output);
  case WeightFormat::F64:
    return decodeRowF64(data, output);
  case WeightFormat::I8:
    return decodeRowI8(data, output);
  case WeightFormat::I16:
    return decodeRowI16(data, output);
  case WeightFormat::I32:
    return decodeRowI32(data, output);
  case WeightFormat::I64:
    return decodeRowI64(data, output);
  case WeightFormat::TQ1_0:
    return decodeRowTQ10(data, output);
  case WeightFormat::TQ2_0:
    return decodeRowTQ20(data, output);
  case WeightFormat::Q1_0:
    return decodeRowQ10(data, output);
  case WeightFormat::IQ1_BN:
    return decodeRowIQ1BN(data, output);
  case WeightFormat::IQ2_BN:
    return decodeRowIQ2BN(data, output);
  case WeightFormat::Q2_0:
    return decodeRowQ20(data, output);
  case WeightFormat::PQ2_0:
    return decodeRowPQ20(data, output);
  case WeightFormat::PTQ1_0:
    return decodeRowPTQ10(data, output);
  default:
    return decodeCodeBlocks(format, data, output);
  }
}

llvm::Error mlir::bitnet::makeInvalidCodeError(int64_t row, int64_t column) {
  return llvm::createStringError("row " + Twine(row) + ", column " +
                                 Twine(column) +
                                 ": expects code 0, 1 or 2, found 3");
}

llvm::Expected<TernaryMatrix>
mlir::bitnet::readTernary(const StoredMatrix &matrix) {
  switch (matrix.getFormat()) {
  case WeightFormat::I2_S:
  case WeightFormat::I2_S64:
    return readI2S(matrix);
  case WeightFormat::TQ1_0:
    return readTQ10(matrix);
  case WeightFormat::TQ2_0:
    return readTQ20(matrix);
  case WeightFormat::IQ1_BN:
    return readIQ1BN(matrix);
  case WeightFormat::IQ2_BN:
    return readIQ2BN(matrix);
  case WeightFormat::IQ2_BN_R4:
    return readIQ2BNR4(matrix);
  case WeightFormat::Q2_0:
    return readQ20(matrix);
  case WeightFormat::PQ2_0:
    return readPQ20(matrix);
  case WeightFormat::PTQ1_0:
    return readPTQ10(matrix);
  case WeightFormat::PackedRows:
    return readPackedRows(matrix);
  default:
    return llvm::createStringError(
        "expects weights in a ternary format, found " +
        getWeightFormatName(matrix.getFormat()));
  }
}

llvm::Expected<BinaryMatrix>
mlir::bitnet::readBinary(const StoredMatrix &matrix) {
  if (matrix.getFormat() == WeightFormat::Q1_0)
    return readQ10(matrix);
  return llvm::createStringError("expects weights in a binary format, found " +
                                 getWeightFormatName(matrix.getFormat()));
}
