//===- DeadOperations.cpp - Erases what nobody needs ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DeadOperations.h"
#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::onnx;

void DeadOperations::erase(Operation *op) {
  SmallVector<Operation *> candidates = {op};
  while (!candidates.empty()) {
    Operation *candidate = candidates.pop_back_val();
    if (erased.contains(candidate) || !isOpTriviallyDead(candidate))
      continue;
    for (Value operand : candidate->getOperands())
      if (Operation *producer = operand.getDefiningOp())
        candidates.push_back(producer);
    if (auto constant = dyn_cast<ConstantOp>(candidate))
      release(constant.getValue());
    erased.insert(candidate);
    candidate->erase();
  }
}

void DeadOperations::release(ElementsAttr value) {
  auto resource = dyn_cast<DenseResourceElementsAttr>(value);
  if (--holders[value] > 0 || !resource)
    return;
  if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
    value.getContext()->getLoadedDialect<bitnet::BitNetDialect>()->discardPages(
        blob->getData());
  resource.getRawHandle().getResource()->setBlob(AsmResourceBlob());
}
