//===- KernelsCommand.cpp - bitnet-bench kernels --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "Report.h"
#include "Table.h"
#include "bitnet/Execution/LinearWorkload.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The kernels that --kernel names, or all but the portable ones that the host
/// runs.
static llvm::Expected<std::vector<const LinearKernel *>>
selectKernels(InstructionSet level) {
  std::vector<const LinearKernel *> kernels;
  for (StringRef name : options::getKernelNames()) {
    const LinearKernel *kernel = lookupLinearKernel(name);
    if (!kernel)
      return llvm::createStringError(
          "expects --kernel to name kernels (bitnet-compile --kernel=list "
          "prints them), found '" +
          name + "'");
    if (!includes(level, kernel->level))
      return llvm::createStringError(
          "expects kernels that this CPU, of level " +
          stringifyInstructionSet(level) + ", can run, found '" + name +
          "' of level " + stringifyInstructionSet(kernel->level));
    kernels.push_back(kernel);
  }
  if (!kernels.empty())
    return kernels;
  std::vector<const LinearKernel *> portable;
  for (const LinearKernel &kernel : getLinearKernels())
    if (kernel.level == InstructionSet::Portable)
      portable.push_back(&kernel);
    else if (includes(level, kernel.level))
      kernels.push_back(&kernel);
  return kernels.empty() ? portable : kernels;
}

namespace {
/// What is measured in turn: each addition returns the place of its timing.
class Candidates {
public:
  size_t add(std::function<void(int64_t)> run) {
    list.push_back(std::move(run));
    return list.size() - 1;
  }
  void measure(const TimingOptions &options,
               const std::function<void(unsigned, unsigned)> &progress) {
    timings = measureInTurn(list, options, progress);
  }
  const Timing &operator[](size_t place) const { return timings[place]; }

private:
  std::vector<std::function<void(int64_t)>> list;
  std::vector<Timing> timings;
};

/// A kernel on one matrix.
struct BenchedKernel {
  const LinearKernel *row;
  LinearWorkload workload;
  /// Places among the candidates; `tables` only of kernels that look up.
  size_t call = 0, tables = 0;
};

/// All kernels on one matrix.
class ShapeBench {
public:
  ShapeBench(TargetAttr host, const TimingOptions &timing, Report &report,
             options::MatrixShape shape)
      : host(host), timing(timing), report(report), shape(shape), limits(host),
        table({"<kernel", "<weights", "threads", "n", "median", "best",
               "GMAC/s", "GB/s", "of dot", "of read", "of limit", "best",
               "tables"}) {}

  /// Compiles the kernels for up to `mostTokens` tokens and holds each against
  /// the portable one.
  llvm::Error prepare(ArrayRef<const LinearKernel *> rows, int64_t mostTokens);
  /// Measures all kernels in turn, and their limits with them.
  llvm::Error measure(ThreadTeam &team, int64_t tokens, WeightsFrom from);
  void printTable() { table.print(report.text()); }

private:
  /// The limits of the same rounds: reading as many bytes from the same place,
  /// and the best instruction of a level.
  struct Limits {
    Rate read;
    std::map<const PeakInstruction *, Rate> dot;
  };

  llvm::Error prepare(ArrayRef<const LinearKernel *> rows, int64_t mostTokens,
                      bool binary, ThreadTeam &team);
  llvm::Expected<Limits> measureInTurn(ThreadTeam &team, int64_t tokens,
                                       bool streams, Candidates &candidates);
  void reportKernel(const BenchedKernel &kernel, ThreadTeam &team,
                    int64_t tokens, StringRef weights, const Limits &limits,
                    const Candidates &candidates);

  TargetAttr host;
  const TimingOptions &timing;
  Report &report;
  options::MatrixShape shape;
  LimitWorkloads limits;
  Table table;
  std::vector<BenchedKernel> kernels;
};
} // namespace

/// Whether a kernel computes layers of the form that options ask for.
static bool computesForm(const LinearKernel &row) {
  return row.computes(*getWeightKind(row.element), options::blockColumns) &&
         (options::activationParts == 1 || !row.emitTables);
}

llvm::Error ShapeBench::prepare(ArrayRef<const LinearKernel *> rows,
                                int64_t mostTokens) {
  if (llvm::none_of(rows, [](const auto *row) { return computesForm(*row); }))
    return llvm::createStringError(
        "expects kernels that take parts and scales of blocks as the options "
        "ask for");
  llvm::Expected<ThreadTeam> team =
      ThreadTeam::create(std::min(ThreadTeam::getProcessors(), 16u));
  if (!team)
    return team.takeError();
  for (bool binary : {false, true}) {
    SmallVector<const LinearKernel *> chosen;
    llvm::copy_if(rows, std::back_inserter(chosen), [&](const auto *row) {
      return isBinary(*row) == binary && computesForm(*row);
    });
    if (chosen.empty())
      continue;
    if (llvm::Error error = prepare(chosen, mostTokens, binary, *team))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error ShapeBench::prepare(ArrayRef<const LinearKernel *> rows,
                                int64_t mostTokens, bool binary,
                                ThreadTeam &team) {
  // Enough for a tile of tokens and one left over: the oracle is slow.
  int64_t checkedTokens = std::min(mostTokens, int64_t(5));
  bool streams = options::weightsPlace != options::WeightsPlace::Cache;
  report.progress.step("preparing " + std::to_string(shape.rows) + "x" +
                       std::to_string(shape.columns));
  LinearForm form{options::blockColumns, options::activationParts};
  LinearOperands operands(shape.rows, shape.columns, mostTokens, binary, form);
  llvm::Expected<LinearWorkload> oracle =
      LinearWorkload::create(host, *lookupLinearKernel("portable"), operands);
  if (!oracle)
    return oracle.takeError();
  oracle->run(team, checkedTokens, /*streams=*/false, /*calls=*/1);
  for (const LinearKernel *row : rows) {
    report.progress.step("preparing " + row->name.str());
    llvm::Expected<LinearWorkload> workload = LinearWorkload::create(
        host, *row, operands, streams ? getStreamBytes() : 0);
    if (!workload)
      return workload.takeError();
    if (workload->hasTables())
      workload->runTables(team, checkedTokens, /*calls=*/1);
    workload->run(team, checkedTokens, /*streams=*/false, /*calls=*/1);
    if (workload->getResults(checkedTokens) !=
        oracle->getResults(checkedTokens))
      return llvm::createStringError("kernel " + row->name +
                                     " differs from the portable one");
    kernels.push_back({row, std::move(*workload)});
  }
  return llvm::Error::success();
}

llvm::Expected<ShapeBench::Limits>
ShapeBench::measureInTurn(ThreadTeam &team, int64_t tokens, bool streams,
                          Candidates &candidates) {
  int64_t mostBytes = 0;
  for (BenchedKernel &kernel : kernels) {
    LinearWorkload &workload = kernel.workload;
    mostBytes = std::max(mostBytes, workload.getWeightBytes());
    kernel.call = candidates.add([=, &workload, &team](int64_t calls) {
      workload.run(team, tokens, streams, calls);
    });
    if (workload.hasTables())
      kernel.tables = candidates.add([=, &workload, &team](int64_t calls) {
        workload.runTables(team, tokens, calls);
      });
  }
  llvm::Expected<std::vector<Workload>> reads =
      limits.makeReads(team, streams ? getStreamBytes() : mostBytes);
  if (!reads)
    return reads.takeError();
  SmallVector<size_t> readPlaces;
  for (const Workload &read : *reads)
    readPlaces.push_back(candidates.add(read.run));
  std::map<const PeakInstruction *, std::pair<size_t, double>> dotPlaces;
  for (const BenchedKernel &kernel : kernels) {
    const PeakInstruction *instruction = findDotInstruction(kernel.row->level);
    if (!instruction || dotPlaces.contains(instruction))
      continue;
    llvm::Expected<Workload> peak = limits.makePeak(team, *instruction);
    if (!peak)
      return peak.takeError();
    dotPlaces[instruction] = {candidates.add(peak->run), peak->work};
  }

  candidates.measure(timing, [&](unsigned round, unsigned rounds) {
    report.progress.step(
        std::to_string(shape.rows) + "x" + std::to_string(shape.columns) +
        ", n " + std::to_string(tokens) + ", " +
        std::to_string(team.getThreadCount()) + " threads, round " +
        std::to_string(round + 1) + " of " + std::to_string(rounds));
  });
  Limits result;
  for (auto [read, place] : llvm::zip_equal(*reads, readPlaces))
    result.read.raise(Rate::of(read.work, candidates[place]));
  for (auto [instruction, place] : dotPlaces)
    result.dot[instruction] = Rate::of(place.second, candidates[place.first]);
  return result;
}

void ShapeBench::reportKernel(const BenchedKernel &kernel, ThreadTeam &team,
                              int64_t tokens, StringRef weights,
                              const Limits &limits,
                              const Candidates &candidates) {
  const Timing &time = candidates[kernel.call];
  auto bytes = static_cast<double>(kernel.workload.getWeightBytes());
  double products = double(shape.rows) * double(shape.columns) *
                    double(tokens) * options::activationParts;
  Rate readRate = Rate::of(bytes, time), dotRate = Rate::of(products, time);
  Rate ofRead = readRate / limits.read, ofDot, ofLimit = ofRead;
  llvm::json::Object object{
      {"kernel", kernel.row->name},
      {"level", stringifyInstructionSet(kernel.row->level)},
      {"rows", shape.rows},
      {"columns", shape.columns},
      {"tokens", tokens},
      {"scale_columns", int64_t(options::blockColumns)},
      {"parts", int64_t(options::activationParts)},
      {"threads", team.getThreadCount()},
      {"weights", weights},
      {"weight_bytes", kernel.workload.getWeightBytes()},
      {"multiply_adds", products},
      {"seconds", toJSON(time)},
      {"read_limit", toJSON(limits.read)},
      {"of_read", toJSON(ofRead)}};
  if (const PeakInstruction *peak = findDotInstruction(kernel.row->level)) {
    const Rate &limit = limits.dot.at(peak);
    ofDot = dotRate / limit;
    // No call can take less than the longer of the two.
    ofLimit.raise(ofDot);
    object["dot_instruction"] = peak->name;
    object["dot_limit"] = toJSON(limit);
    object["of_dot"] = toJSON(ofDot);
  }
  object["of_limit"] = toJSON(ofLimit);
  std::string tables = "-";
  if (kernel.workload.hasTables()) {
    tables = formatSeconds(candidates[kernel.tables].median);
    object["table_seconds"] = toJSON(candidates[kernel.tables]);
  }
  report.json.getArray("kernels")->push_back(std::move(object));
  table.addRow({kernel.row->name.str(), weights.str(),
                std::to_string(team.getThreadCount()), std::to_string(tokens),
                formatSeconds(time.median), formatSeconds(time.best),
                formatGiga(dotRate.median), formatGiga(readRate.median),
                formatRatio(ofDot.median), formatRatio(ofRead.median),
                formatRatio(ofLimit.median), formatRatio(ofLimit.best),
                tables});
}

llvm::Error ShapeBench::measure(ThreadTeam &team, int64_t tokens,
                                WeightsFrom from) {
  bool streams = from == WeightsFrom::Memory;
  Candidates candidates;
  llvm::Expected<Limits> limits =
      measureInTurn(team, tokens, streams, candidates);
  if (!limits)
    return limits.takeError();
  for (const BenchedKernel &kernel : kernels)
    reportKernel(kernel, team, tokens, streams ? "memory" : "cache", *limits,
                 candidates);
  return llvm::Error::success();
}

llvm::Error mlir::bitnet::runKernels(TargetAttr host, Report &report) {
  auto threads = options::getThreadCounts();
  if (!threads)
    return threads.takeError();
  auto timing = options::getTimingOptions();
  if (!timing)
    return timing.takeError();
  auto shapes = options::getShapes();
  if (!shapes)
    return shapes.takeError();
  auto tokenCounts = options::getTokenCounts();
  if (!tokenCounts)
    return tokenCounts.takeError();
  auto kernels = selectKernels(host.getLevel());
  if (!kernels)
    return kernels.takeError();

  std::vector<WeightsFrom> places;
  if (options::weightsPlace != options::WeightsPlace::Memory)
    places.push_back(WeightsFrom::Cache);
  if (options::weightsPlace != options::WeightsPlace::Cache)
    places.push_back(WeightsFrom::Memory);

  int64_t mostTokens = *llvm::max_element(*tokenCounts);
  for (options::MatrixShape shape : *shapes)
    if (std::max(shape.rows, shape.columns) > (int64_t(1) << 31) / mostTokens)
      return llvm::createStringError(
          "expects up to 2^31 activations and results each, found " +
          llvm::Twine(mostTokens) + " tokens of " + llvm::Twine(shape.rows) +
          "x" + llvm::Twine(shape.columns));
  report.json["kernels"] = llvm::json::Array();
  for (const options::MatrixShape &shape : *shapes) {
    ShapeBench bench(host, *timing, report, shape);
    if (llvm::Error error = bench.prepare(*kernels, mostTokens))
      return error;
    for (WeightsFrom place : places)
      for (unsigned count : *threads) {
        llvm::Expected<ThreadTeam> team = ThreadTeam::create(count);
        if (!team)
          return team.takeError();
        for (int64_t tokens : *tokenCounts)
          if (llvm::Error error = bench.measure(*team, tokens, place))
            return error;
      }
    if (&shape != &shapes->front())
      report.text() << '\n';
    report.text() << shape.rows << " rows x " << shape.columns
                  << " columns\n\n";
    bench.printTable();
  }
  return llvm::Error::success();
}
