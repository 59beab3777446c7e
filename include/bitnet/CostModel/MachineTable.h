//===- MachineTable.h - Machines that speed is predicted for ----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_COSTMODEL_MACHINETABLE_H
#define BITNET_COSTMODEL_MACHINETABLE_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "llvm/Support/Error.h"

#include <string>

namespace mlir::bitnet {

/// A class of machines, with figures of common ones.
struct MachineClass {
  llvm::StringLiteral name;
  llvm::StringLiteral summary;
  llvm::StringLiteral triple;
  llvm::StringLiteral cpu;
  int64_t cores;
  double gigahertz;
  /// Of memory, all cores together and one alone, in GB/s.
  double bandwidth, bandwidthOne;
  /// L2 of a core, in KiB, and L3 of all, in MiB.
  int64_t l2, l3;
  /// In GiB.
  int64_t memory;
};

llvm::ArrayRef<MachineClass> getMachineClasses();

/// A machine that speed is predicted for.
struct Machine {
  std::string name;
  TargetAttr target;
  MachineAttr attribute;
  /// Bytes of memory; 0: not known.
  int64_t memory = 0;
};

/// The machine that a text describes: "native", which is this machine, or the
/// name of a class, or neither, and values that replace or complete theirs,
/// separated by commas: cores, ghz, gbps (of memory), cpu (LLVM's name), ram
/// (in GiB), l2 (KiB of a core), l3 (MiB). Errors: an unknown name, a value out
/// of its range.
llvm::Expected<Machine> parseMachine(MLIRContext *context, StringRef text);

} // namespace mlir::bitnet

#endif // BITNET_COSTMODEL_MACHINETABLE_H
