//===- CompareCommand.cpp - bitnet-bench compare --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "PeerTable.h"
#include "Report.h"
#include "Table.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// A test of ours and of the peers: tokens per second, round by round.
struct ComparedTest {
  ModelTest test;
  std::vector<double> ours;
  /// One list for each peer; empty if it does not print the test.
  std::vector<std::vector<double>> theirs;
};
} // namespace

/// A temporary file for what a program prints.
static llvm::Expected<llvm::SmallString<128>> makeOutputFile() {
  llvm::SmallString<128> path;
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile("bitnet-bench", "txt", path))
    return llvm::createStringError("cannot make a temporary file: " +
                                   error.message());
  return path;
}

/// Runs a shell command. Returns what it wrote to standard output. Errors: it
/// cannot run, takes longer than --timeout, or fails.
static llvm::Expected<std::string> runCommand(StringRef command) {
  llvm::Expected<llvm::SmallString<128>> output = makeOutputFile();
  if (!output)
    return output.takeError();
  llvm::FileRemover removeOutput(*output);
  llvm::Expected<llvm::SmallString<128>> errors = makeOutputFile();
  if (!errors)
    return errors.takeError();
  llvm::FileRemover removeErrors(*errors);
  // `timeout` also ends what the command has started.
  llvm::ErrorOr<std::string> timeout = llvm::sys::findProgramByName("timeout");
  if (!timeout)
    return llvm::createStringError("expects the program timeout in PATH");
  constexpr int timedOut = 124;
  std::string seconds = std::to_string(options::peerTimeout);
  std::string message;
  int status = llvm::sys::ExecuteAndWait(
      *timeout, {"timeout", seconds, "/bin/sh", "-c", command},
      /*Env=*/std::nullopt,
      {StringRef(""), StringRef(*output), StringRef(*errors)},
      /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  if (status == timedOut)
    return llvm::createStringError("peer '" + command +
                                   "' failed: it took more "
                                   "than " +
                                   seconds + " seconds");
  auto read = [](StringRef path) {
    auto file = llvm::MemoryBuffer::getFile(path);
    return file ? (*file)->getBuffer().str() : std::string();
  };
  if (status == 0)
    return read(*output);
  if (message.empty()) {
    std::string said = read(*errors);
    message = "status " + std::to_string(status);
    if (StringRef last = StringRef(said).rtrim(); !last.empty())
      message += ", " + last.substr(last.rfind('\n') + 1).str();
  }
  return llvm::createStringError("peer '" + command +
                                 "' failed: " + StringRef(message).rtrim(": "));
}

/// The number of threads of a result; `ours` are those that we measure.
static llvm::Expected<unsigned> findThreads(const PeerResult &result,
                                            ArrayRef<unsigned> ours) {
  if (result.threads)
    return *result.threads;
  if (ours.size() == 1)
    return ours.front();
  return llvm::createStringError(
      "expects a column 'threads', or one number of --threads");
}

/// Adds what the peer printed in one round to its tests.
static llvm::Error addResults(StringRef text, size_t peer,
                              ArrayRef<unsigned> threads, unsigned round,
                              std::vector<ComparedTest> &tests) {
  llvm::Expected<std::vector<PeerResult>> results = parsePeerTables(text);
  if (!results)
    return results.takeError();
  bool isCompared = false;
  for (const PeerResult &result : *results) {
    llvm::Expected<unsigned> count = findThreads(result, threads);
    if (!count)
      return count.takeError();
    for (ComparedTest &row : tests) {
      if (row.test.kind != result.kind || row.test.tokens != result.tokens ||
          row.test.threads != *count)
        continue;
      if (row.theirs[peer].size() > round)
        return llvm::createStringError(
            "expects one result of " + row.test.getName() + " " +
            llvm::Twine(row.test.tokens) + " with " + llvm::Twine(*count) +
            " threads, found several");
      row.theirs[peer].push_back(result.tokensPerSecond);
      isCompared = true;
    }
  }
  if (!isCompared)
    return llvm::createStringError(
        "expects a result that is measured here too; see --prefill, --decode "
        "and --threads");
  return llvm::Error::success();
}

/// The median and the most of speeds.
static Rate summarizeSpeeds(std::vector<double> speeds) {
  for (double &speed : speeds)
    speed = 1 / speed;
  return Rate::of(1, summarize(std::move(speeds)));
}

static llvm::Error measureRounds(ModelRuns &runs, ArrayRef<unsigned> threads,
                                 unsigned rounds, Report &report,
                                 std::vector<ComparedTest> &tests) {
  // The first run of each reads the weights from disk.
  for (ComparedTest &row : tests)
    runs.run(row.test);
  for (unsigned round = 0; round < rounds; ++round) {
    std::string where = "round " + std::to_string(round + 1) + " of " +
                        std::to_string(rounds) + ": ";
    report.progress.step(where + "ours");
    for (ComparedTest &row : tests) {
      double start = readClock();
      runs.run(row.test);
      row.ours.push_back(row.test.tokens / (readClock() - start));
    }
    if (llvm::Error error = runs.takeError())
      return error;
    for (auto [peer, command] : llvm::enumerate(options::peerCommands)) {
      report.progress.step(where + command);
      llvm::Expected<std::string> text = runCommand(command);
      if (!text)
        return text.takeError();
      if (llvm::Error error = addResults(*text, peer, threads, round, tests))
        return llvm::createStringError(
            "peer '" + command + "': " + llvm::toString(std::move(error)));
    }
  }
  return llvm::Error::success();
}

/// The ratios of our speeds to those of the peers.
static void reportTests(ArrayRef<ComparedTest> tests, Report &report) {
  Table table({"<test", "tokens", "threads", "peer", "ours", "best", "theirs",
               "best", "ratio", "of bests"});
  llvm::json::Array rows;
  for (const ComparedTest &row : tests) {
    Rate ours = summarizeSpeeds(row.ours);
    llvm::json::Array peers;
    for (auto [peer, speeds] : llvm::enumerate(row.theirs)) {
      std::vector<std::string> cells = {
          row.test.getName().str(),         std::to_string(row.test.tokens),
          std::to_string(row.test.threads), std::to_string(peer + 1),
          formatNumber(ours.median),        formatNumber(ours.best)};
      if (speeds.empty()) {
        peers.push_back(nullptr);
        cells.insert(cells.end(), 4, "-");
      } else {
        Rate theirs = summarizeSpeeds(speeds), ratio = ours / theirs;
        peers.push_back(llvm::json::Object{
            {"tokens_per_second", toJSON(theirs)}, {"ratio", toJSON(ratio)}});
        for (const std::string &cell :
             {formatNumber(theirs.median), formatNumber(theirs.best),
              formatRatio(ratio.median), formatRatio(ratio.best)})
          cells.push_back(cell);
      }
      table.addRow(std::move(cells));
    }
    rows.push_back(llvm::json::Object{{"test", row.test.getName()},
                                      {"tokens", row.test.tokens},
                                      {"threads", row.test.threads},
                                      {"tokens_per_second", toJSON(ours)},
                                      {"peers", std::move(peers)}});
  }
  table.print(report.text());
  report.text() << "\ntokens per second: medians and best of "
                << tests.front().ours.size() << " rounds\n";
  report.json["comparison"] = llvm::json::Object{
      {"file", std::string(options::modelPath)},
      {"options", llvm::json::Array(options::compileOptions)},
      {"rounds", static_cast<int64_t>(tests.front().ours.size())},
      {"peers", llvm::json::Array(options::peerCommands)},
      {"tests", std::move(rows)}};
}

llvm::Error mlir::bitnet::runCompare(TargetAttr, Report &report) {
  auto measurements = options::getModelMeasurements();
  if (!measurements)
    return measurements.takeError();
  const auto &[threads, timing, prefill, decode] = *measurements;
  if (prefill.empty() && decode.empty())
    return llvm::createStringError("expects --prefill or --decode above 0");
  auto library = ModelLibrary::create(options::modelPath,
                                      options::compileOptions, report.progress);
  if (!library)
    return library.takeError();
  llvm::Expected<LoadedModel> model = LoadedModel::load(*library);
  if (!model)
    return model.takeError();
  llvm::Expected<ModelRuns> runs =
      ModelRuns::create(*model, threads, prefill, decode);
  if (!runs)
    return runs.takeError();
  std::vector<ComparedTest> tests;
  for (const ModelTest &test : runs->getTests())
    tests.push_back(
        {test,
         {},
         std::vector<std::vector<double>>(options::peerCommands.size())});
  if (llvm::Error error =
          measureRounds(*runs, threads, timing.rounds, report, tests))
    return error;
  for (auto [peer, command] : llvm::enumerate(options::peerCommands))
    report.text() << "peer " << peer + 1 << ": " << command << '\n';
  report.text() << '\n';
  reportTests(tests, report);
  return llvm::Error::success();
}
