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

/// How a kernel computes integer dot products.
enum class KernelFamily {
  /// Unpacked codes times activations, added.
  MultiplyAdd,
  /// Sums of activations, looked up by packed weights; the layer's `values` are
  /// what `bitnet.lookup_tables` made.
  LookupTable,
};

/// What a kernel costs in cycles of one core, operands in cache; measured, see
/// docs/Performance.md. Only ratios within a level matter to the choice.
struct KernelCost {
  /// 256 weights and one token.
  float gemvCycles;
  /// 256 weights and one token of a full token tile.
  float gemmCycles;
  /// Building tables for 256 activations; 0 for multiply-add.
  float tableCycles;
};

/// A kernel of `bitnet.quantized_linear`.
struct LinearKernel {
  /// Name on command lines and in IR.
  StringLiteral name;
  KernelFamily family;
  /// The level that the CPU must include.
  InstructionSet level;
  /// Layout of the weight that it prefers; see #bitnet.layout.
  ElementKind element;
  int64_t lanes, groups, block;
  /// Tokens that it computes at a time, besides one.
  int64_t tokenTile;
  KernelCost cost;
  StringLiteral summary;
  void (*emit)(Emitter &, const KernelArguments &, const QuantizedLinearSpec &);
  /// Builds the tables that it looks up in; null for multiply-add.
  void (*emitTables)(Emitter &, const KernelArguments &,
                     const LookupTablesSpec &);

  LayoutAttr getLayout(MLIRContext *context) const {
    return LayoutAttr::get(context, element, lanes, groups, block);
  }
  /// Whether it computes layers with weights of `kind` and a scale for each
  /// `blockColumns` columns; 0: scales are of rows or the matrix.
  bool computes(WeightKind kind, int64_t blockColumns) const {
    return getWeightKind(element) == kind &&
           (blockColumns == 0 ||
            (family == KernelFamily::MultiplyAdd &&
             blockColumns % getLaneFormat(element).columns == 0));
  }
  /// Whether it reads weights in `layout`: its own, or one of larger tiles.
  bool accepts(LayoutAttr layout) const {
    return layout.getElement() == element && layout.getBlock() == block &&
           layout.hasTilesOf(lanes, groups);
  }
};

/// A kernel of `bitnet.output_head`, or the kernels of one with a table of
/// planes.
struct HeadKernel {
  ElementKind element;
  InstructionSet level;
  int64_t lanes, groups;
  /// Null for tables of planes.
  void (*emit)(Emitter &, const KernelArguments &, const TableSpec &);
  /// Null for other tables.
  void (*emitPlanes)(Emitter &, const KernelArguments &, const PlanesHeadSpec &,
                     PlanesStage) = nullptr;

  LayoutAttr getLayout(MLIRContext *context) const {
    return LayoutAttr::get(context, element, lanes, groups);
  }
  /// Whether it reads tables in `layout`: its own, or one of larger tiles,
  /// whose planes are the same bytes with more groups.
  bool accepts(LayoutAttr layout) const {
    return layout.getElement() == element && layout.getBlock() == 0 &&
           layout.getTileRows() % (lanes * groups) == 0;
  }
};

/// All kernels of quantised linear layers. Of those that a CPU runs for the
/// same elements, the last is the fastest.
ArrayRef<LinearKernel> getLinearKernels();

/// The kernel of that name; null: there is none.
const LinearKernel *lookupLinearKernel(StringRef name);

/// Whether there are kernels made for `level` that read weights which every CPU
/// has a kernel for.
bool hasSharedKernel(MLIRContext *context, InstructionSet level);

/// What a CPU of `level` runs for a layer whose weight, in `layout`, was packed
/// for `kernel`: `kernel` itself, or else the fastest kernel of its family that
/// reads the layout; null: there is none.
const LinearKernel *findLinearKernel(const LinearKernel &kernel,
                                     LayoutAttr layout, InstructionSet level);

/// How a CPU of `level` converts halves.
HalfConversion getHalfConversion(InstructionSet level);

/// All kernels of output heads. Of those that a CPU runs for the same elements,
/// the last is the fastest.
ArrayRef<HeadKernel> getHeadKernels();

/// The fastest kernel of a CPU of `level` for tables of `element`; null: there
/// is none.
const HeadKernel *findHeadKernel(ElementKind element, InstructionSet level);

/// The same for tables in `layout`.
const HeadKernel *findHeadKernel(LayoutAttr layout, InstructionSet level);

} // namespace mlir::bitnet

#endif // BITNET_KERNELS_KERNELTABLE_H
