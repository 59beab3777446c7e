//===- Tuner.cpp - Kernels measured on this machine -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Tuning/Tuner.h"
#include "bitnet/CostModel/CostModel.h"
#include "bitnet/Execution/LinearWorkload.h"
#include "bitnet/Tuning/TimingCache.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/xxhash.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Tokens of a pass over a long prompt. More tell the same.
constexpr int64_t prefillTokens = 64;
/// A kernel that is estimated to take longer than this many times the best one
/// is not measured.
constexpr double hopeless = 4;

/// Measures the kernels of one module's layers.
class Tuner {
public:
  Tuner(ModuleOp module, TargetAttr target, const TuningOptions &options,
        TimingCache &cache, llvm::raw_ostream &table)
      : module(module), target(target), options(options), cache(cache),
        table(table), costs(module, target.getLevel(), countHeadBytes(module)) {
  }

  llvm::Error run();

private:
  llvm::Error tune(const CostModel::Layer &layer);
  llvm::Expected<MeasuredTime> measure(const KernelEstimate &candidate,
                                       const CostModel::Layer &layer);
  /// What times in the cache depend on.
  std::string describeMachine(Residency residency) const;

  ModuleOp module;
  TargetAttr target;
  const TuningOptions &options;
  TimingCache &cache;
  llvm::raw_ostream &table;
  CostModel costs;
  SmallVector<Attribute> timings;
};
} // namespace

std::string Tuner::describeMachine(Residency residency) const {
  return fmt::format("{} {:016x}, {} threads, weights in {}, bitnet-compile {} "
                     "(LLVM {})",
                     target.getCpu().str(),
                     llvm::xxh3_64bits(target.getFeatures()),
                     costs.getMachine().getThreads(), getName(residency).str(),
                     BITNET_VERSION, LLVM_VERSION_STRING);
}

llvm::Expected<MeasuredTime> Tuner::measure(const KernelEstimate &candidate,
                                            const CostModel::Layer &layer) {
  if (options.progress)
    options.progress(fmt::format("measuring {} on {}x{}",
                                 candidate.kernel->name.str(), layer.rows,
                                 layer.columns));
  auto time = [&](int64_t tokens, WeightsFrom from) -> llvm::Expected<double> {
    LinearCase shape{layer.rows, layer.columns, tokens,
                     unsigned(costs.getMachine().getThreads()), from};
    llvm::Expected<std::vector<LinearTiming>> result =
        measureLinearKernels(target, {candidate.kernel}, shape);
    if (!result)
      return result.takeError();
    const LinearTiming &timing = result->front();
    double seconds = timing.call.median;
    if (timing.tables)
      seconds += timing.tables->median / layer.readers;
    return 1e9 * seconds / tokens;
  };
  llvm::Expected<double> decode =
      time(1, candidate.residency == Residency::Memory ? WeightsFrom::Memory
                                                       : WeightsFrom::Cache);
  if (!decode)
    return decode.takeError();
  llvm::Expected<double> prefill = time(prefillTokens, WeightsFrom::Cache);
  if (!prefill)
    return prefill.takeError();
  return MeasuredTime{std::max<int64_t>(1, std::llround(*decode)),
                      std::max<int64_t>(1, std::llround(*prefill))};
}

llvm::Error Tuner::tune(const CostModel::Layer &layer) {
  SmallVector<KernelEstimate> ranked = costs.rank(layer);
  struct Entry {
    KernelEstimate candidate;
    MeasuredTime time;
  };
  SmallVector<Entry> entries;
  for (const KernelEstimate &candidate : ranked) {
    if (candidate.getTotal() > hopeless * ranked.front().getTotal())
      break;
    std::string machine = describeMachine(candidate.residency);
    StringRef name = candidate.kernel->name;
    std::optional<MeasuredTime> known =
        cache.find(machine, name, layer.rows, layer.columns);
    if (!known) {
      llvm::Expected<MeasuredTime> measured = measure(candidate, layer);
      if (!measured)
        return measured.takeError();
      known = *measured;
      cache.add(machine, name, layer.rows, layer.columns, *known);
    }
    entries.push_back({candidate, *known});
    timings.push_back(TimingAttr::get(module.getContext(), name, layer.rows,
                                      layer.columns, known->decode,
                                      known->prefill));
  }
  if (options.progress)
    options.progress("");
  llvm::sort(entries, [](const Entry &lhs, const Entry &rhs) {
    return lhs.time.decode + lhs.time.prefill <
           rhs.time.decode + rhs.time.prefill;
  });
  for (const Entry &entry : entries)
    table << fmt::format(
        "{:>13} {:<16} {:>10.1f} {:>10.1f} {:>11.2f} {:>11.2f}{}\n",
        fmt::format("{}x{}", layer.rows, layer.columns),
        entry.candidate.kernel->name.str(), entry.candidate.decode / 1e3,
        entry.time.decode / 1e3, entry.candidate.prefill / 1e3,
        entry.time.prefill / 1e3, &entry == &entries.front() ? "  best" : "");
  return llvm::Error::success();
}

llvm::Error Tuner::run() {
  llvm::MapVector<std::tuple<int64_t, int64_t, int, int64_t>, CostModel::Layer>
      layers;
  module.walk([&](QuantizedLinearOp op) {
    CostModel::Layer layer = getLayer(op);
    layers.insert({{layer.rows, layer.columns, static_cast<int>(layer.kind),
                    layer.blockColumns},
                   layer});
  });
  table << fmt::format("{:>13} {:<16} {:>21} {:>23}\n", "", "", "decode us",
                       "prefill us")
        << fmt::format("{:>13} {:<16} {:>10} {:>10} {:>11} {:>11}\n", "shape",
                       "kernel", "estimated", "measured", "estimated",
                       "measured");
  for (const auto &[key, layer] : layers)
    if (llvm::Error error = tune(layer))
      return error;
  module->setAttr(timingsAttrName,
                  ArrayAttr::get(module.getContext(), timings));
  return llvm::Error::success();
}

llvm::Error mlir::bitnet::tuneKernels(ModuleOp module, TargetAttr target,
                                      const TuningOptions &options,
                                      llvm::raw_ostream &table) {
  loadKernelDialects(*module.getContext());
  TimingCache cache;
  if (!options.cachePath.empty()) {
    llvm::Expected<TimingCache> loaded = TimingCache::load(options.cachePath);
    if (!loaded)
      return loaded.takeError();
    cache = std::move(*loaded);
  }
  if (llvm::Error error = Tuner(module, target, options, cache, table).run())
    return error;
  return options.cachePath.empty() ? llvm::Error::success() : cache.save();
}
