//===- TableOperands.h - Tables for kernels of heads and embeddings -------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_KERNELS_TABLEOPERANDS_H
#define BITNET_TEST_UNIT_KERNELS_TABLEOPERANDS_H

#include "Buffer.h"
#include "KernelJit.h"

#include "bitnet/Kernels/KernelTable.h"
#include "bitnet/Packing/Packing.h"
#include "bitnet/Weights/HalfFloat.h"

namespace mlir::bitnet::test {

/// A table in a layout, and the numbers that it holds.
struct PackedTableOperand {
  PackedTableOperand(int64_t rows, int64_t columns, LayoutAttr layout)
      : PackedTableOperand(rows, columns, layout, makeWeights(rows, columns)) {}

  PackedTableOperand(int64_t rows, int64_t columns, LayoutAttr layout,
                     const std::vector<float> &weights)
      : rows(rows), columns(columns), layout(layout) {
    auto *bytes = reinterpret_cast<const char *>(weights.data());
    packed =
        llvm::cantFail(packTable(llvm::cantFail(StoredMatrix::get(
                                     WeightFormat::F32, rows, columns,
                                     {bytes, weights.size() * sizeof(float)})),
                                 layout));
    RowRounder rounder(layout.getElement(), columns);
    for (int64_t m = 0; m < rows; ++m) {
      llvm::cantFail(
          rounder.round(m, {weights.data() + m * columns, size_t(columns)}));
      llvm::append_range(codes, rounder.getCodes());
    }
  }

  static std::vector<float> makeWeights(int64_t rows, int64_t columns) {
    std::vector<float> weights = Random(7).reals(rows * columns, 0.5f);
    // A row of zeros, two whose elements are all as large as they get, with
    // alternating and with equal signs.
    for (int64_t k = 0; k < columns; ++k) {
      weights[rows / 2 * columns + k] = 0;
      weights[(rows - 1) * columns + k] = k % 2 ? -2 : 2;
      weights[rows / 3 * columns + k] = rows % 2 ? -3 : 3;
    }
    return weights;
  }

  /// Element (m, k) of a table of floats.
  float getFloat(int64_t m, int64_t k) const {
    uint16_t code = codes[m * columns + k];
    return layout.getElement() == ElementKind::BF16 ? decodeBF16(code)
                                                    : decodeF16(code);
  }
  /// Element (m, k) of a table of integers, without its scale.
  int getInteger(int64_t m, int64_t k) const {
    return codes[m * columns + k] -
           getIntegerElement(layout.getElement())->offset;
  }
  PackedMatrix getMatrix() const { return {layout, rows, columns}; }

  int64_t rows, columns;
  LayoutAttr layout;
  PackedTable packed;

private:
  std::vector<uint16_t> codes;
};

/// A kernel and a layout that it reads.
struct HeadCase {
  const HeadKernel *kernel;
  LayoutAttr layout;
};

/// The kernels for tables of `element` to test on a machine, each with its own
/// layout and with the largest tiles of all, which objects for several levels
/// have.
inline std::vector<HeadCase> getHeadCases(ElementKind element,
                                          const Machine &machine) {
  LayoutAttr largest;
  for (const HeadKernel &kernel : getHeadKernels()) {
    LayoutAttr layout = kernel.getLayout(&getContext());
    if (kernel.element == element &&
        (!largest || layout.getTileRows() > largest.getTileRows()))
      largest = layout;
  }
  std::vector<HeadCase> cases;
  for (const HeadKernel &kernel : getHeadKernels()) {
    if (kernel.element != element || !machine.tests(kernel.level))
      continue;
    LayoutAttr own = kernel.getLayout(&getContext());
    cases.push_back({&kernel, own});
    if (own != largest && kernel.accepts(largest))
      cases.push_back({&kernel, largest});
  }
  return cases;
}

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_KERNELS_TABLEOPERANDS_H
