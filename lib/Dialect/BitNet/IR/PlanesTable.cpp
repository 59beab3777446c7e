//===- PlanesTable.cpp - Tables in two planes of bits ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/PlanesTable.h"

using namespace mlir::bitnet;

unsigned mlir::bitnet::getDither(int64_t column) {
  uint64_t z = (uint64_t(column) + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return static_cast<unsigned>((z ^ (z >> 31)) >> 61);
}
