//===- Report.cpp - Which kernels were chosen and why ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/CostModel/CostModel.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Layers of one shape with one kernel: blocks repeat.
struct Row {
  QuantizedLinearOp first;
  int64_t count = 0;
};
} // namespace

/// The tensors that a weight was made of, in short: of
/// `blk.0.attn_q.weight+blk.0.attn_k.weight`, `blk.0.attn_q+attn_k`.
static std::string getWeightName(Value weight) {
  auto name = dyn_cast<NameLoc>(weight.getLoc());
  if (!name)
    return "?";
  SmallVector<StringRef> parts;
  name.getName().strref().split(parts, '+');
  std::string text;
  for (StringRef part : parts) {
    part.consume_back(".weight");
    text += text.empty() ? part.str() : "+" + part.rsplit('.').second.str();
  }
  return text;
}

/// Bytes of the heads that a token multiplies with, and their description.
static std::pair<int64_t, std::string> describeHead(ModuleOp module) {
  int64_t bytes = 0;
  std::string text;
  module.walk([&](OutputHeadOp head) {
    MatrixType table = head.getTable().getType();
    bytes += table.getByteSize();
    if (auto layout = dyn_cast<LayoutAttr>(table.getEncoding()))
      text = fmt::format("{}x{} {}", table.getRows(), table.getColumns(),
                         stringifyElementKind(layout.getElement()).str());
  });
  return {bytes, text};
}

/// What decided between the chosen kernel and the others.
static std::string explain(const KernelEstimate &chosen,
                           ArrayRef<KernelEstimate> ranked) {
  std::string why;
  switch (chosen.bound) {
  case Bound::Compute:
    why = "bound by compute";
    break;
  case Bound::Bandwidth:
    why = "bound by " + getName(chosen.residency).str();
    break;
  case Bound::Measured:
    why = "measured";
    break;
  }
  for (const KernelEstimate &other : ranked) {
    if (other.kernel == chosen.kernel)
      continue;
    double ratio = other.getTotal() / chosen.getTotal();
    return why + fmt::format("; {} x{:.2f}", other.kernel->name.str(), ratio);
  }
  return why + "; no other kernel";
}

void mlir::bitnet::printReport(ModuleOp module, llvm::raw_ostream &stream) {
  InstructionSet level = getTargetLevels(module).front();
  auto [headBytes, head] = describeHead(module);
  CostModel costs(module, level, headBytes);
  MachineAttr machine = costs.getMachine();
  stream << fmt::format(
      "target {} ({}), {} threads, {} MHz, L2 {} KiB, L3 {} KiB, memory "
      "{:.1f} GB/s\n",
      describeTargets(module), stringifyInstructionSet(level).str(),
      machine.getThreads(), machine.getClock(), machine.getL2Bytes() >> 10,
      machine.getL3Bytes() >> 10, machine.getMemoryBandwidth() / 1000.0);
  stream << fmt::format("{:>5} {:<28} {:>13} {:<16} {:>5} {:>11} {:>7} "
                        "{:>10} {:>11}  {}\n",
                        "count", "layer", "shape", "kernel", "bits", "bytes",
                        "balance", "decode us", "prefill us",
                        "why (next best kernel)");

  llvm::MapVector<std::tuple<int64_t, int64_t, StringRef>, Row> rows;
  module.walk([&](QuantizedLinearOp op) {
    MatrixType weight = op.getWeight().getType();
    Row &row = rows[{weight.getRows(), weight.getColumns(),
                     op.getKernel().value_or("")}];
    if (row.count++ == 0)
      row.first = op;
  });
  double decode = 0, prefill = 0;
  Residency residency = Residency::Memory;
  int64_t bytes = 0;
  for (auto &[key, row] : rows) {
    const LinearKernel *kernel = lookupLinearKernel(std::get<2>(key));
    if (!kernel)
      continue;
    CostModel::Layer layer = getLayer(row.first);
    KernelEstimate chosen = costs.estimate(
        *kernel, layer,
        dyn_cast<LayoutAttr>(row.first.getWeight().getType().getEncoding()));
    stream << fmt::format(
        "{:>5} {:<28} {:>13} {:<16} {:>5.2f} {:>11} {:>6.0f}% {:>10.1f} "
        "{:>11.2f}  {}\n",
        row.count, getWeightName(row.first.getWeight()),
        fmt::format("{}x{}", layer.rows, layer.columns), kernel->name.str(),
        getBitsPerWeight(kernel->element), chosen.bytes, 100 * chosen.balance,
        chosen.decode / 1000, chosen.prefill / 1000,
        explain(chosen, costs.rank(layer)));
    decode += row.count * chosen.decode;
    prefill += row.count * chosen.prefill;
    bytes += row.count * chosen.bytes;
    residency = chosen.residency;
  }
  if (headBytes) {
    // A head is read once a pass; prompts need it for one token only.
    double read = headBytes / costs.getBandwidth(residency) * 1000;
    stream << fmt::format(
        "{:>5} {:<28} {:>13} {:<16} {:>5} {:>11} {:>7} {:>10.1f} {:>11}  {}\n",
        1, "output head", head, "", "", headBytes, "", read / 1000, "",
        "bound by " + getName(residency).str());
    decode += read;
    bytes += headBytes;
  }
  // Graphs may have no layer of these.
  if (rows.empty() && headBytes == 0)
    return;
  stream << fmt::format("predicted: {:.0f} tokens/s of decoding, {:.0f} of "
                        "prompt; {} bytes a token\n",
                        1e9 / decode, 1e9 / prefill, bytes);
}
