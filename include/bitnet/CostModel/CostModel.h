//===- CostModel.h - Which kernel is fastest for a layer --------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's scheduling models are wrong by up to four times for the instructions
// that matter here, and know no memory. So a kernel's row in the table has a
// few measured cycle counts, and a layer's time is
//
//   decode  = max(cycles of one token / threads, bytes / bandwidth) + tables
//   prefill = max(cycles of a token in a tile / threads,
//                 bytes / tokens of a pass / bandwidth) + tables
//
// where the bandwidth is that of the memory that holds all weights which one
// token reads. The choice is the least decode + prefill: as many tokens are
// read as are written.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_COSTMODEL_COSTMODEL_H
#define BITNET_COSTMODEL_COSTMODEL_H

#include "bitnet/Kernels/KernelTable.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::bitnet {

/// Where the weights of a model are when a token needs them.
enum class Residency { L2, L3, Memory };

/// How it is called in reports.
StringRef getName(Residency residency);

/// What decides the time of a layer.
enum class Bound { Compute, Bandwidth, Measured };

/// A kernel for a layer and what it would cost.
struct KernelEstimate {
  const LinearKernel *kernel;
  /// Bytes of the packed weight.
  int64_t bytes;
  /// Nanoseconds of one token by itself, and of one of many.
  double decode, prefill;
  Residency residency;
  /// Row tiles of the average thread to those of the one with most.
  double balance;
  /// What decides `decode`.
  Bound bound;

  double getTotal() const { return decode + prefill; }
};

/// Estimates kernels for the layers of one module.
class CostModel {
public:
  /// A layer as far as its cost goes.
  struct Layer {
    int64_t rows, columns;
    WeightKind kind;
    /// Columns that share a scale; 0: scales are of rows or the matrix.
    int64_t blockColumns = 0;
    /// Parts of the activations.
    int64_t parts = 1;
    /// Layers that share its lookup tables, itself included.
    int64_t readers = 1;
  };

  /// For the linear layers and output heads of `module`, with its
  /// `bitnet.machine` (absent: the usual one of the level), `bitnet.timings`
  /// and the size of a pass of `bitnet.model`. `headBytes`: those of the output
  /// head that every token reads.
  CostModel(ModuleOp module, InstructionSet level, int64_t headBytes);

  /// For linear layers of `weightCount` weights altogether on `machine`, in
  /// passes of `passTokens`.
  CostModel(MachineAttr machine, InstructionSet level, int64_t weightCount,
            int64_t headBytes, int64_t passTokens);

  /// The cost of one kernel for a weight in `layout`; null: its own.
  KernelEstimate estimate(const LinearKernel &kernel, const Layer &layer,
                          LayoutAttr layout = {}) const;

  /// All kernels that the level can run, best first. Empty: there is none.
  SmallVector<KernelEstimate> rank(const Layer &layer) const;

  MachineAttr getMachine() const { return machine; }
  /// Bytes per microsecond that one token can read from there, all threads
  /// together.
  double getBandwidth(Residency residency) const;
  /// Where weights of so many bits are.
  Residency getResidency(double bitsPerWeight) const;

private:
  InstructionSet level;
  MachineAttr machine;
  ArrayAttr timings;
  int64_t headBytes;
  int64_t weightCount = 0;
  int64_t passTokens = 64;
};

/// The layer of an operation.
CostModel::Layer getLayer(QuantizedLinearOp op);

/// Bytes that the output heads of `module` take, two an element before they are
/// packed.
int64_t countHeadBytes(ModuleOp module);

/// The machine that code for `level` is chosen for if nothing else is known:
/// figures of common machines with that level.
MachineAttr getDefaultMachine(MLIRContext *context, InstructionSet level);

/// This machine: caches and threads as the system tells them, the rest as
/// `getDefaultMachine`.
MachineAttr getHostMachine(MLIRContext *context, InstructionSet level);

/// Prints which kernel each layer of a packed module has, its layout and bytes,
/// what it is predicted to cost, and why it was chosen; then the sums.
void printReport(ModuleOp module, llvm::raw_ostream &stream);

} // namespace mlir::bitnet

#endif // BITNET_COSTMODEL_COSTMODEL_H
