//===- Codecs.h - Readers of the single formats -----------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// decodeRow* write one row of floats; `output` has as many elements as the
// matrix has columns. read* give the trits or signs; see readTernary and
// readBinary. Both trust the size of the matrix, which StoredMatrix has
// checked.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_WEIGHTS_CODECS_H
#define BITNET_LIB_WEIGHTS_CODECS_H

#include "bitnet/Weights/BinaryMatrix.h"
#include "bitnet/Weights/StoredMatrix.h"
#include "bitnet/Weights/TernaryMatrix.h"

namespace mlir::bitnet {

using FloatRow = llvm::MutableArrayRef<float>;

// `row` points at the first byte of the row.
void decodeRowF32(const char *row, FloatRow output);
void decodeRowF16(const char *row, FloatRow output);
void decodeRowBF16(const char *row, FloatRow output);
void decodeRowF64(const char *row, FloatRow output);
void decodeRowI8(const char *row, FloatRow output);
void decodeRowI16(const char *row, FloatRow output);
void decodeRowI32(const char *row, FloatRow output);
void decodeRowI64(const char *row, FloatRow output);
void decodeRowTQ10(const char *row, FloatRow output);
void decodeRowTQ20(const char *row, FloatRow output);
void decodeRowQ10(const char *row, FloatRow output);
void decodeRowIQ1BN(const char *row, FloatRow output);
void decodeRowIQ2BN(const char *row, FloatRow output);
void decodeRowQ20(const char *row, FloatRow output);
void decodeRowPQ20(const char *row, FloatRow output);
void decodeRowPTQ10(const char *row, FloatRow output);

// Rows that need not begin at a byte, or that are interleaved.
void decodeRowI2S(const StoredMatrix &matrix, int64_t row, FloatRow output);
void decodeRowIQ2BNR4(const StoredMatrix &matrix, int64_t row, FloatRow output);
void decodeRowPackedRows(const StoredMatrix &matrix, int64_t row,
                         FloatRow output);

llvm::Expected<TernaryMatrix> readI2S(const StoredMatrix &matrix);
llvm::Expected<TernaryMatrix> readTQ10(const StoredMatrix &matrix);
llvm::Expected<TernaryMatrix> readTQ20(const StoredMatrix &matrix);
llvm::Expected<TernaryMatrix> readIQ1BN(const StoredMatrix &matrix);
llvm::Expected<TernaryMatrix> readIQ2BN(const StoredMatrix &matrix);
llvm::Expected<TernaryMatrix> readIQ2BNR4(const StoredMatrix &matrix);
llvm::Expected<TernaryMatrix> readQ20(const StoredMatrix &matrix);
llvm::Expected<TernaryMatrix> readPQ20(const StoredMatrix &matrix);
llvm::Expected<TernaryMatrix> readPTQ10(const StoredMatrix &matrix);
llvm::Expected<TernaryMatrix> readPackedRows(const StoredMatrix &matrix);
llvm::Expected<BinaryMatrix> readQ10(const StoredMatrix &matrix);

/// The error of code 3 at an element.
llvm::Error makeInvalidCodeError(int64_t row, int64_t column);

} // namespace mlir::bitnet

#endif // BITNET_LIB_WEIGHTS_CODECS_H
