//===- CostModel.cpp - Which kernel is fastest for a layer ----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/CostModel/CostModel.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Other data needs room beside weights.
static constexpr double usableCache = 0.8;

StringRef mlir::bitnet::getName(Residency residency) {
  switch (residency) {
  case Residency::L2:
    return "L2";
  case Residency::L3:
    return "L3";
  case Residency::Memory:
    return "memory";
  }
  llvm_unreachable("unknown residency");
}

CostModel::Layer mlir::bitnet::getLayer(QuantizedLinearOp op) {
  MatrixType weight = op.getWeight().getType();
  auto constant = op.getWeight().getDefiningOp<WeightOp>();
  Value values = op.getValues();
  // Kernels that look up read tables of the activations.
  if (auto tables = values.getDefiningOp<LookupTablesOp>())
    values = tables.getValues();
  int64_t readers = 0;
  for (Operation *user : values.getUsers()) {
    if (auto tables = dyn_cast<LookupTablesOp>(user))
      readers += llvm::range_size(tables->getUsers());
    else
      ++readers;
  }
  return {weight.getRows(),        weight.getColumns(),
          *weight.getWeightKind(), constant ? constant.getBlockColumns() : 0,
          op.getPartCount(),       readers};
}

int64_t mlir::bitnet::countHeadBytes(ModuleOp module) {
  int64_t bytes = 0;
  module.walk([&](OutputHeadOp head) {
    MatrixType table = head.getTable().getType();
    bytes += isa<LayoutAttr>(table.getEncoding())
                 ? table.getByteSize()
                 : table.getRows() * table.getColumns() * 2;
  });
  return bytes;
}

CostModel::CostModel(ModuleOp module, InstructionSet level, int64_t headBytes)
    : level(level),
      machine(module->getAttrOfType<MachineAttr>(machineAttrName)),
      timings(module->getAttrOfType<ArrayAttr>(timingsAttrName)),
      headBytes(headBytes) {
  if (!machine)
    machine = getDefaultMachine(module.getContext(), level);
  if (auto model = module->getAttrOfType<ModelAttr>(modelAttrName))
    passTokens = model.getChunkSize();
  module.walk([&](QuantizedLinearOp op) {
    MatrixType weight = op.getWeight().getType();
    weightCount += weight.getRows() * weight.getColumns();
  });
}

CostModel::CostModel(MachineAttr machine, InstructionSet level,
                     int64_t weightCount, int64_t headBytes, int64_t passTokens)
    : level(level), machine(machine), headBytes(headBytes),
      weightCount(weightCount), passTokens(passTokens) {}

Residency CostModel::getResidency(double bitsPerWeight) const {
  double bytes = weightCount * bitsPerWeight / 8 + headBytes;
  if (bytes <= usableCache * machine.getL2Bytes() * machine.getThreads())
    return Residency::L2;
  if (bytes <= usableCache * machine.getL3Bytes())
    return Residency::L3;
  return Residency::Memory;
}

double CostModel::getBandwidth(Residency residency) const {
  switch (residency) {
  case Residency::L2:
    return machine.getL2Bandwidth() * machine.getThreads();
  case Residency::L3:
    return machine.getL3Bandwidth() * machine.getThreads();
  case Residency::Memory:
    return std::min(machine.getMemoryBandwidth(),
                    machine.getMemoryBandwidthOne() * machine.getThreads());
  }
  llvm_unreachable("unknown residency");
}

KernelEstimate CostModel::estimate(const LinearKernel &kernel,
                                   const Layer &layer,
                                   LayoutAttr layout) const {
  if (!layout)
    layout = kernel.getLayout(machine.getContext());
  KernelEstimate result;
  result.kernel = &kernel;
  result.bytes = layout.getByteSize(layer.rows, layer.columns);
  result.residency = getResidency(getBitsPerWeight(kernel.element));

  double threads = machine.getThreads();
  double nanosecondsPerCycle = 1000.0 / machine.getClock();
  // Padding rows cost what others do, and the thread with most tiles decides.
  int64_t tiles = layout.getTileCount(layer.rows);
  int64_t share = llvm::divideCeil(tiles, machine.getThreads());
  result.balance = double(tiles) / (share * machine.getThreads());
  double groups = share * layout.getTileRows() * double(layer.columns) / 256;
  // Kernels that multiply read the weights once for all parts of activations,
  // which cost as much as tokens; others compute part after part.
  bool looksUp = kernel.family == KernelFamily::LookupTable;
  double tables = layer.parts * kernel.cost.tableCycles * layer.columns / 256 *
                  nanosecondsPerCycle / threads / layer.readers;
  auto compute = [&](double cycles) {
    return layer.parts * groups * cycles * nanosecondsPerCycle;
  };
  // 1 MB/s is a byte per microsecond.
  double read = result.bytes / getBandwidth(result.residency) * 1000 *
                (looksUp ? layer.parts : 1);
  double decode = compute(looksUp || layer.parts == 1 ? kernel.cost.gemvCycles
                                                      : kernel.cost.gemmCycles);
  result.bound = decode < read ? Bound::Bandwidth : Bound::Compute;
  result.decode = std::max(decode, read) + tables;
  result.prefill =
      std::max(compute(kernel.cost.gemmCycles), read / passTokens) + tables;

  if (timings)
    for (auto timing : timings.getAsRange<TimingAttr>())
      if (timing.getKernel() == kernel.name && timing.getRows() == layer.rows &&
          timing.getColumns() == layer.columns) {
        result.prefill = layer.parts * double(timing.getPrefill());
        result.decode =
            looksUp || layer.parts == 1
                ? layer.parts * double(timing.getDecode())
                : std::max(double(timing.getDecode()), result.prefill);
        result.bound = Bound::Measured;
      }
  return result;
}

SmallVector<KernelEstimate> CostModel::rank(const Layer &layer) const {
  SmallVector<KernelEstimate> estimates;
  for (const LinearKernel &kernel : getLinearKernels())
    if (includes(level, kernel.level) &&
        kernel.computes(layer.kind, layer.blockColumns))
      estimates.push_back(estimate(kernel, layer));
  // Where the model sees no difference, the later row of the table wins: that
  // of the newer level.
  llvm::sort(estimates, [](const auto &lhs, const auto &rhs) {
    if (lhs.getTotal() != rhs.getTotal())
      return lhs.getTotal() < rhs.getTotal();
    return lhs.kernel > rhs.kernel;
  });
  return estimates;
}
