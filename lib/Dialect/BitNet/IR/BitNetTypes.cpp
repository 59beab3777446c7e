//===- BitNetTypes.cpp - Matrices and the KV cache ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Matrix
//===----------------------------------------------------------------------===//

// `<` rows `x` columns `,` encoding `>`
Type MatrixType::parse(AsmParser &parser) {
  SmallVector<int64_t, 2> shape;
  Attribute encoding;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseLess() ||
      parser.parseDimensionList(shape, /*allowDynamic=*/false,
                                /*withTrailingX=*/false) ||
      parser.parseComma() || parser.parseAttribute(encoding) ||
      parser.parseGreater())
    return {};
  if (shape.size() != 2) {
    parser.emitError(location, "expects rows x columns, found ")
        << shape.size() << " dimensions";
    return {};
  }
  return parser.getChecked<MatrixType>(location, parser.getContext(), shape[0],
                                       shape[1], encoding);
}

void MatrixType::print(AsmPrinter &printer) const {
  printer << '<' << getRows() << 'x' << getColumns() << ", " << getEncoding()
          << '>';
}

LogicalResult MatrixType::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t rows, int64_t columns,
                                 Attribute encoding) {
  // 2^24 rows and columns keep every byte size below 2^63.
  if (rows < 1 || rows > (1 << 24) || columns < 1 || columns > (1 << 24))
    return emitError() << "expects rows and columns in [1, " << (1 << 24)
                       << "], found " << rows << 'x' << columns;
  auto matrixEncoding = dyn_cast_if_present<MatrixEncoding>(encoding);
  if (!matrixEncoding)
    return emitError() << "expects an encoding such as #bitnet.trits, found "
                       << encoding;
  if (matrixEncoding.getByteSize(rows, columns) < 0)
    return emitError() << "expects columns in whole blocks of " << encoding
                       << ", found " << columns;
  return success();
}

int64_t MatrixType::getByteSize() const {
  return cast<MatrixEncoding>(getEncoding())
      .getByteSize(getRows(), getColumns());
}

std::optional<WeightKind> MatrixType::getWeightKind() const {
  if (auto layout = dyn_cast<LayoutAttr>(getEncoding()))
    return bitnet::getWeightKind(layout.getElement());
  if (isa<TritsAttr>(getEncoding()))
    return WeightKind::Ternary;
  if (isa<BitsAttr>(getEncoding()))
    return WeightKind::Binary;
  if (isa<Int8Attr>(getEncoding()))
    return WeightKind::Int8;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// KVCache
//===----------------------------------------------------------------------===//

LogicalResult KVCacheType::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t layers, int64_t heads,
                                  int64_t headSize, int64_t context,
                                  CacheElement) {
  if (layers < 1 || layers > (1 << 12) || heads < 1 || heads > (1 << 12) ||
      headSize < 1 || headSize > (1 << 12) || context < 1 ||
      context > (1 << 24))
    return emitError() << "expects layers, heads and head_size in [1, 4096] "
                          "and context_length in [1, 16777216]";
  return success();
}

int64_t KVCacheType::getBytesPerPosition() const {
  int64_t head = 0;
  switch (getElement()) {
  case CacheElement::F32:
    head = 4 * getHeadSize();
    break;
  case CacheElement::F16:
  case CacheElement::BF16:
    head = 2 * getHeadSize();
    break;
  case CacheElement::Int8:
    // Codes and a scale.
    head = getHeadSize() + 4;
    break;
  }
  return getLayers() * 2 * getHeads() * head;
}
