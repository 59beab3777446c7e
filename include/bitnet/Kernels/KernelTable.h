//===- KernelTable.h - The kernels and what they need -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One row for each kernel of the two operations that read weight matrices.
// Adding a kernel is adding a generator and a row.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_KERNELS_KERNELTABLE_H
#define BITNET_KERNELS_KERNELTABLE_H

#include "bitnet/Kernels/Kernels.h"

namespace mlir::bitnet {

/// A kernel of `bitnet.ternary_linear`.
struct TernaryKernel {
  /// Name on command lines and in IR.
  StringLiteral name;
  /// The level that the CPU must reach.
  InstructionSet level;
  /// Layout of the weight that it reads.
  int64_t lanes, groups;
  /// Tokens that it computes at a time, besides one.
  int64_t tokenTile;
  StringLiteral summary;
  void (*emit)(Emitter &, const KernelArguments &, const TernaryLinearSpec &);

  LayoutAttr getLayout(MLIRContext *context) const {
    return LayoutAttr::get(context, ElementKind::Trit, lanes, groups);
  }
};

/// A kernel of `bitnet.output_head`.
struct HeadKernel {
  ElementKind element;
  InstructionSet level;
  int64_t lanes, groups;
  void (*emit)(Emitter &, const KernelArguments &, const TableSpec &);

  LayoutAttr getLayout(MLIRContext *context) const {
    return LayoutAttr::get(context, element, lanes, groups);
  }
};

/// All kernels of ternary linear layers, oldest level first.
ArrayRef<TernaryKernel> getTernaryKernels();

/// The kernel of that name; null: there is none.
const TernaryKernel *lookupTernaryKernel(StringRef name);

/// The kernel for `level`: that of the newest level up to it.
const TernaryKernel &selectTernaryKernel(InstructionSet level);

/// The kernel for tables of `element` at `level`.
const HeadKernel &selectHeadKernel(ElementKind element, InstructionSet level);

} // namespace mlir::bitnet

#endif // BITNET_KERNELS_KERNELTABLE_H
