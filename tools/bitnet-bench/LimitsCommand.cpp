//===- LimitsCommand.cpp - bitnet-bench limits ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "Report.h"
#include "Table.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// One limit, measured: a row of the table and an object of the report.
struct LimitRow {
  /// Member of "limits", and the facts about the limit.
  StringRef kind;
  llvm::json::Object facts;
  std::vector<std::string> cells;
  /// The same done in several ways: the fastest counts.
  std::vector<Workload> workloads;
};

/// The limits of one number of threads.
class LimitRows {
public:
  LimitRows(TargetAttr host, ThreadTeam &team) : team(team), workloads(host) {}

  llvm::Error addClock();
  llvm::Error addReads();
  llvm::Error addPeaks(StringRef kind, ArrayRef<PeakInstruction> instructions,
                       InstructionSet level);
  /// Measures all in turn.
  void measure(const TimingOptions &options, Report &report);

private:
  ThreadTeam &team;
  LimitWorkloads workloads;
  std::vector<LimitRow> rows;
};
} // namespace

llvm::Error LimitRows::addClock() {
  llvm::Expected<Workload> clock = workloads.makeClock();
  if (!clock)
    return clock.takeError();
  rows.push_back({"clock", {}, {"clock", "cycles", "1", ""}, {*clock}});
  return llvm::Error::success();
}

llvm::Error LimitRows::addReads() {
  for (const MemoryLevel &level : getMemoryLevels(team.getThreadCount())) {
    llvm::Expected<std::vector<Workload>> reads =
        workloads.makeReads(team, level.measuredBytes);
    if (!reads)
      return reads.takeError();
    rows.push_back(
        {"read",
         llvm::json::Object{{"level", level.name},
                            {"bytes", level.measuredBytes}},
         {"read " + level.name, "bytes", std::to_string(team.getThreadCount()),
          formatBytes(static_cast<double>(level.measuredBytes))},
         std::move(*reads)});
  }
  return llvm::Error::success();
}

llvm::Error LimitRows::addPeaks(StringRef kind,
                                ArrayRef<PeakInstruction> instructions,
                                InstructionSet level) {
  for (const PeakInstruction &row : instructions) {
    if (!includes(level, row.level))
      continue;
    llvm::Expected<Workload> peak = workloads.makePeak(team, row);
    if (!peak)
      return peak.takeError();
    rows.push_back(
        {kind,
         llvm::json::Object{{"instruction", row.name},
                            {"level", stringifyInstructionSet(row.level)},
                            {"work", row.work}},
         {row.name.str(), kind == "dot" ? "multiply-adds" : "look-ups",
          std::to_string(team.getThreadCount()), ""},
         {*peak}});
  }
  return llvm::Error::success();
}

void LimitRows::measure(const TimingOptions &options, Report &report) {
  std::vector<std::function<void(int64_t)>> candidates;
  for (const LimitRow &row : rows)
    for (const Workload &workload : row.workloads)
      candidates.push_back(workload.run);
  std::vector<Timing> timings =
      measureInTurn(candidates, options, [&](unsigned round, unsigned rounds) {
        report.progress.step("limits, " +
                             std::to_string(team.getThreadCount()) +
                             " threads, round " + std::to_string(round + 1) +
                             " of " + std::to_string(rounds));
      });
  Table table({"<limit", "<unit", "threads", "of", "median G/s", "best G/s"});
  llvm::json::Object *limits = report.json.getObject("limits");
  const Timing *timing = timings.data();
  for (LimitRow &row : rows) {
    Rate rate;
    for (const Workload &workload : row.workloads)
      rate.raise(Rate::of(workload.work, *timing++));
    row.cells.push_back(formatGiga(rate.median));
    row.cells.push_back(formatGiga(rate.best));
    table.addRow(std::move(row.cells));
    row.facts["threads"] = team.getThreadCount();
    row.facts["per_second"] = toJSON(rate);
    llvm::json::Value &list =
        limits->try_emplace(row.kind, llvm::json::Array()).first->second;
    list.getAsArray()->push_back(std::move(row.facts));
  }
  table.print(report.text());
}

llvm::Error mlir::bitnet::runLimits(TargetAttr host, Report &report) {
  llvm::Expected<std::vector<unsigned>> threads = options::getThreadCounts();
  if (!threads)
    return threads.takeError();
  llvm::Expected<TimingOptions> timing = options::getTimingOptions();
  if (!timing)
    return timing.takeError();
  report.json["limits"] = llvm::json::Object();
  bool isFirst = true;
  for (unsigned count : *threads) {
    llvm::Expected<ThreadTeam> team = ThreadTeam::create(count);
    if (!team)
      return team.takeError();
    LimitRows rows(host, *team);
    if (isFirst)
      if (llvm::Error error = rows.addClock())
        return error;
    if (llvm::Error error = rows.addReads())
      return error;
    if (llvm::Error error =
            rows.addPeaks("dot", getDotInstructions(), host.getLevel()))
      return error;
    if (llvm::Error error =
            rows.addPeaks("lookup", getLookupInstructions(), host.getLevel()))
      return error;
    if (!isFirst)
      report.text() << '\n';
    isFirst = false;
    rows.measure(*timing, report);
  }
  return llvm::Error::success();
}
