//===- ModelCommand.cpp - bitnet-bench model ------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelRuns.h"
#include "Options.h"
#include "Report.h"
#include "ResidentMemory.h"
#include "Table.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// What starting costs: everything up to the first token, with the file in the
/// page cache.
struct StartTimes {
  Timing load, session, firstToken;
  std::optional<int64_t> peakBytes;
};

/// The limits of one number of threads, as places in the list of candidates.
struct LimitPlaces {
  struct Place {
    size_t place;
    double work;
  };
  SmallVector<Place> reads;
  std::optional<Place> dot;
};

/// One model.
class ModelBench {
public:
  ModelBench(TargetAttr host, Report &report, const ModelLibrary &library)
      : host(host), report(report), library(library), limits(host) {}

  llvm::Error run(const LoadedModel &model, ModelRuns &runs,
                  ArrayRef<unsigned> threads, const TimingOptions &timing);

private:
  llvm::Expected<LimitPlaces>
  addLimits(ThreadTeam &team, int64_t bytes,
            std::vector<std::function<void(int64_t)>> &candidates);
  void reportTest(const ModelTest &test, const bitnet_model_info &info,
                  const LimitPlaces &places, const Timing &time,
                  ArrayRef<Timing> timings, Table &table);

  TargetAttr host;
  Report &report;
  const ModelLibrary &library;
  LimitWorkloads limits;
};
} // namespace

//===----------------------------------------------------------------------===//
// Starting
//===----------------------------------------------------------------------===//

/// Loads the model and reads a prompt, `rounds` times.
static llvm::Expected<StartTimes> measureStart(const ModelLibrary &library,
                                               unsigned threads,
                                               unsigned promptTokens,
                                               unsigned rounds) {
  std::vector<double> load, create, first;
  StartTimes times;
  for (unsigned round = 0; round < rounds; ++round) {
    PeakMemory memory;
    double start = readClock();
    llvm::Expected<LoadedModel> model = LoadedModel::load(library);
    if (!model)
      return model.takeError();
    double loaded = readClock();
    // The whole run is about one session, so this one ends before the others
    // are made.
    llvm::Expected<ModelRuns> runs =
        ModelRuns::create(*model, threads, promptTokens, {});
    if (!runs)
      return runs.takeError();
    double created = readClock();
    runs->run(runs->getTests().front());
    double end = readClock();
    if (llvm::Error error = runs->takeError())
      return std::move(error);
    load.push_back(loaded - start);
    create.push_back(created - loaded);
    first.push_back(end - start);
    std::optional<int64_t> peak = memory.getBytes();
    if (peak)
      times.peakBytes = std::max(times.peakBytes.value_or(0), *peak);
  }
  times.load = summarize(std::move(load));
  times.session = summarize(std::move(create));
  times.firstToken = summarize(std::move(first));
  return times;
}

static llvm::Error reportStart(const ModelLibrary &library,
                               ArrayRef<unsigned> threads,
                               ArrayRef<unsigned> prefill, unsigned rounds,
                               Report &report) {
  Table table(
      {"threads", "prompt", "load", "session", "first token", "resident"});
  llvm::json::Array rows;
  for (unsigned count : threads)
    for (unsigned tokens : prefill) {
      report.progress.step("starting with " + std::to_string(count) +
                           " threads and a prompt of " +
                           std::to_string(tokens) + " tokens");
      llvm::Expected<StartTimes> times =
          measureStart(library, count, tokens, rounds);
      if (!times)
        return times.takeError();
      llvm::json::Object row{{"threads", count},
                             {"prompt_tokens", tokens},
                             {"load_seconds", toJSON(times->load)},
                             {"session_seconds", toJSON(times->session)},
                             {"first_token_seconds", toJSON(times->firstToken)},
                             {"resident_bytes", nullptr}};
      if (times->peakBytes)
        row["resident_bytes"] = *times->peakBytes;
      rows.push_back(std::move(row));
      table.addRow({std::to_string(count), std::to_string(tokens),
                    formatSeconds(times->load.median),
                    formatSeconds(times->session.median),
                    formatSeconds(times->firstToken.median),
                    times->peakBytes
                        ? formatBytes(static_cast<double>(*times->peakBytes))
                        : "-"});
    }
  report.json.getObject("model")->try_emplace("start", std::move(rows));
  if (!table.isEmpty()) {
    table.print(report.text());
    report.text() << '\n';
  }
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Prompts and tokens
//===----------------------------------------------------------------------===//

llvm::Expected<LimitPlaces>
ModelBench::addLimits(ThreadTeam &team, int64_t bytes,
                      std::vector<std::function<void(int64_t)>> &candidates) {
  LimitPlaces places;
  llvm::Expected<std::vector<Workload>> reads = limits.makeReads(team, bytes);
  if (!reads)
    return reads.takeError();
  for (Workload &read : *reads) {
    places.reads.push_back({candidates.size(), read.work});
    candidates.push_back(std::move(read.run));
  }
  if (const PeakInstruction *row = findDotInstruction(host.getLevel())) {
    llvm::Expected<Workload> peak = limits.makePeak(team, *row);
    if (!peak)
      return peak.takeError();
    places.dot = {candidates.size(), peak->work};
    candidates.push_back(std::move(peak->run));
  }
  return places;
}

void ModelBench::reportTest(const ModelTest &test,
                            const bitnet_model_info &info,
                            const LimitPlaces &places, const Timing &time,
                            ArrayRef<Timing> timings, Table &table) {
  bool isDecode = test.kind == ModelTest::Kind::Decode;
  // Every pass reads all weights once.
  double passes = isDecode
                      ? test.tokens
                      : (test.tokens + info.chunk_size - 1) / info.chunk_size;
  double bytes = passes * static_cast<double>(info.weight_bytes);
  Rate tokens = Rate::of(test.tokens, time), readRate = Rate::of(bytes, time);
  Rate readLimit;
  for (LimitPlaces::Place read : places.reads)
    readLimit.raise(Rate::of(read.work, timings[read.place]));
  Rate ofRead = readRate / readLimit, ofDot, ofLimit = ofRead;
  llvm::json::Object row{{"test", test.getName()},
                         {"tokens", test.tokens},
                         {"threads", test.threads},
                         {"seconds", toJSON(time)},
                         {"tokens_per_second", toJSON(tokens)},
                         {"bytes", bytes},
                         {"read_limit", toJSON(readLimit)},
                         {"of_read", toJSON(ofRead)}};
  if (places.dot && library.getProducts()) {
    const ModelProducts &products = *library.getProducts();
    double count =
        products.layers * test.tokens + products.head * (isDecode ? passes : 1);
    Rate dotLimit = Rate::of(places.dot->work, timings[places.dot->place]);
    ofDot = Rate::of(count, time) / dotLimit;
    ofLimit.raise(ofDot);
    row["multiply_adds"] = count;
    row["dot_limit"] = toJSON(dotLimit);
    row["of_dot"] = toJSON(ofDot);
  }
  row["of_limit"] = toJSON(ofLimit);
  report.json.getObject("model")->getArray("tests")->push_back(std::move(row));
  table.addRow({test.getName().str(), std::to_string(test.tokens),
                std::to_string(test.threads), formatSeconds(time.median),
                formatNumber(tokens.median), formatNumber(tokens.best),
                formatGiga(readRate.median), formatRatio(ofDot.median),
                formatRatio(ofRead.median), formatRatio(ofLimit.median),
                formatRatio(ofLimit.best)});
}

llvm::Error ModelBench::run(const LoadedModel &model, ModelRuns &runs,
                            ArrayRef<unsigned> threads,
                            const TimingOptions &timing) {
  std::vector<std::function<void(int64_t)>> candidates;
  for (const ModelTest &test : runs.getTests())
    candidates.push_back([&](int64_t calls) {
      for (int64_t i = 0; i < calls; ++i)
        runs.run(test);
    });
  std::vector<ThreadTeam> teams;
  teams.reserve(threads.size());
  std::map<unsigned, LimitPlaces> places;
  auto bytes = static_cast<int64_t>(model.getInfo().weight_bytes);
  for (unsigned count : threads) {
    llvm::Expected<ThreadTeam> team = ThreadTeam::create(count);
    if (!team)
      return team.takeError();
    teams.push_back(std::move(*team));
    llvm::Expected<LimitPlaces> added =
        addLimits(teams.back(), std::min(bytes, getStreamBytes()), candidates);
    if (!added)
      return added.takeError();
    places[count] = *added;
  }
  std::vector<Timing> timings =
      measureInTurn(candidates, timing, [&](unsigned round, unsigned rounds) {
        report.progress.step("round " + std::to_string(round + 1) + " of " +
                             std::to_string(rounds));
      });
  if (llvm::Error error = runs.takeError())
    return error;
  Table table({"<test", "tokens", "threads", "time", "tokens/s", "best", "GB/s",
               "of dot", "of read", "of limit", "best"});
  for (auto [test, time] : llvm::zip(runs.getTests(), timings))
    reportTest(test, model.getInfo(), places.at(test.threads), time, timings,
               table);
  table.print(report.text());
  return llvm::Error::success();
}

static void reportModel(const ModelLibrary &library,
                        const bitnet_model_info &info,
                        const bitnet_variant_info &variant, Report &report) {
  // Copies: the names end when the library is unloaded.
  llvm::json::Object object{
      {"file", std::string(options::modelPath)},
      {"name", std::string(info.name)},
      {"variant", std::string(variant.name)},
      {"cpu", std::string(variant.cpu)},
      {"kernel", std::string(variant.kernel)},
      {"chunk_tokens", info.chunk_size},
      {"weight_bytes", static_cast<int64_t>(info.weight_bytes)},
      {"options", llvm::json::Array(options::compileOptions)},
      {"tests", llvm::json::Array()}};
  report.text() << info.name << ", " << variant.name << " (" << variant.cpu
                << "), " << variant.kernel << ", "
                << formatBytes(static_cast<double>(info.weight_bytes))
                << " of weights\n";
  if (const std::optional<CompileCost> &cost = library.getCompileCost()) {
    object["compile"] = llvm::json::Object{{"seconds", cost->seconds},
                                           {"peak_bytes", cost->peakBytes}};
    report.text() << "compiled in " << formatSeconds(cost->seconds) << " with "
                  << formatBytes(static_cast<double>(cost->peakBytes))
                  << " at most\n";
  }
  report.text() << '\n';
  report.json["model"] = std::move(object);
}

llvm::Error mlir::bitnet::runModel(TargetAttr host, Report &report) {
  auto measurements = options::getModelMeasurements();
  if (!measurements)
    return measurements.takeError();
  const auto &[threads, timing, prefill, decode] = *measurements;
  auto library = ModelLibrary::create(options::modelPath,
                                      options::compileOptions, report.progress);
  if (!library)
    return library.takeError();
  {
    // Unloaded again: starting shall load it.
    llvm::Expected<LoadedModel> model = LoadedModel::load(*library);
    if (!model)
      return model.takeError();
    llvm::Expected<bitnet_variant_info> variant = getVariant(model->get());
    if (!variant)
      return variant.takeError();
    reportModel(*library, model->getInfo(), *variant, report);
  }
  if (llvm::Error error =
          reportStart(*library, threads, prefill, timing.rounds, report))
    return error;
  llvm::Expected<LoadedModel> model = LoadedModel::load(*library);
  if (!model)
    return model.takeError();
  llvm::Expected<ModelRuns> runs =
      ModelRuns::create(*model, threads, prefill, decode);
  if (!runs)
    return runs.takeError();
  return ModelBench(host, report, *library)
      .run(*model, *runs, threads, timing);
}
