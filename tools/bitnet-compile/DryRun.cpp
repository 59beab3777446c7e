//===- DryRun.cpp - What a compilation would give -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DryRun.h"
#include "Options.h"
#include "bitnet/Codegen/Codegen.h"
#include "bitnet/CostModel/Prediction.h"
#include "llvm/Support/JSON.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::options;

namespace {
/// All predictions for one machine.
struct MachineReport {
  Machine machine;
  CompiledSizes sizes;
  std::vector<SpeedPrediction> speeds;
};
} // namespace

void bitnet::listMachines() {
  llvm::outs() << fmt::format("{:<15} {:>5} {:>5} {:>6} {:>7} {:<12} {}\n",
                              "name", "cores", "GHz", "GB/s", "RAM GiB", "cpu",
                              "what it is");
  for (const MachineClass &row : getMachineClasses())
    llvm::outs() << fmt::format(
        "{:<15} {:>5} {:>5.1f} {:>6.0f} {:>7} {:<12} {}\n", row.name.str(),
        row.cores, row.gigahertz, row.bandwidth, row.memory, row.cpu.str(),
        row.summary.str());
  llvm::outs() << "native: this machine. Values behind a name, or without one, "
                  "replace its own:\ncores, ghz, gbps, cpu, ram, l2 (KiB of a "
                  "core), l3 (MiB).\n";
}

/// Bits of an element of the embedding and the head. --head=auto finds F16 for
/// trained tables, whose errors it only knows when it reads them.
static unsigned getTableBits() {
  switch (headFormat) {
  case HeadFormat::Int8:
    return 8;
  case HeadFormat::Int6:
  case HeadFormat::Planes:
    return 6;
  default:
    return 16;
  }
}

static llvm::Expected<std::vector<MachineReport>>
predict(MLIRContext *context, const ModelSizes &model) {
  std::vector<std::string> names(machines.begin(), machines.end());
  if (names.empty())
    names.push_back("native");
  if (names.size() == 1 && names.front() == "all") {
    names.clear();
    for (const MachineClass &row : getMachineClasses())
      names.push_back(row.name.str());
  }
  std::vector<int64_t> positions(contexts.begin(), contexts.end());
  if (positions.empty()) {
    positions = {1};
    for (int64_t usual : {1024, 4096})
      if (usual < model.contextLength)
        positions.push_back(usual);
    positions.push_back(model.contextLength);
  }
  for (int64_t count : positions)
    if (count < 1 || count > model.contextLength)
      return llvm::createStringError(
          "expects --contexts from 1 to " + llvm::Twine(model.contextLength) +
          ", the model's context length, found " + llvm::Twine(count));
  std::vector<MachineReport> reports;
  for (const std::string &name : names) {
    MachineReport &report = reports.emplace_back();
    if (llvm::Error error =
            parseMachine(context, name).moveInto(report.machine))
      return std::move(error);
    if (llvm::Error error = predictSizes(model, report.machine, getTableBits())
                                .moveInto(report.sizes))
      return std::move(error);
    for (int64_t count : positions)
      report.speeds.push_back(
          predictSpeed(model, report.sizes, report.machine, count));
  }
  return reports;
}

static bool needsFile(const CompiledSizes &sizes) {
  return weightsPlace == WeightsPlace::Auto
             ? sizes.getWeights() > mostObjectWeights
             : weightsPlace == WeightsPlace::File;
}

//===----------------------------------------------------------------------===//
// As text
//===----------------------------------------------------------------------===//

static std::string spellBytes(int64_t bytes) {
  if (bytes >= 10'000'000'000)
    return fmt::format("{:.1f} GB", double(bytes) * 1e-9);
  if (bytes >= 1'000'000'000)
    return fmt::format("{:.2f} GB", double(bytes) * 1e-9);
  return fmt::format("{:.{}f} MB", double(bytes) * 1e-6,
                     bytes >= 100'000'000 ? 0 : 2);
}

static std::string spellCount(int64_t count) {
  return count >= 1'000'000'000
             ? fmt::format("{:.2f} thousand million", double(count) * 1e-9)
             : fmt::format("{:.2f} million", double(count) * 1e-6);
}

/// The sizes of one machine's weights; those of others may be in another
/// layout, but differ little.
static void printSizes(const ModelSizes &model, const MachineReport &report) {
  const CompiledSizes &sizes = report.sizes;
  auto line = [](StringRef what, const std::string &value) {
    llvm::outs() << fmt::format("{:<17} {}\n", what.str(), value);
  };
  line("model", fmt::format("{}: {} layers of {} channels, {} tokens, context "
                            "of {}",
                            model.name, model.layerCount, model.embeddingLength,
                            model.vocabulary, model.contextLength));
  line("parameters", spellCount(model.getParameters()));
  line("weights",
       fmt::format("{} for {} ({})", spellBytes(sizes.getWeights()),
                   report.machine.name, report.machine.target.getCpu().str()));
  for (const CompiledSizes::Layer &layer : sizes.layers)
    line("", fmt::format("{:>10}  {} x {}, {} x {}, {}",
                         spellBytes(layer.bytes * layer.kind->count),
                         layer.kind->count, layer.kind->name, layer.kind->rows,
                         layer.kind->columns, layer.kernel->name.str()));
  std::string table =
      fmt::format("{} tokens, {} bits{}", model.vocabulary, getTableBits(),
                  headFormat == HeadFormat::Auto ? " at most (--head)" : "");
  line("", fmt::format("{:>10}  embedding{}: {}", spellBytes(sizes.embedding),
                       sizes.hasOwnHead ? "" : " and output head", table));
  if (sizes.hasOwnHead)
    line("",
         fmt::format("{:>10}  output head: {}", spellBytes(sizes.head), table));
  line("", fmt::format("{:>10}  norms and biases", spellBytes(sizes.vectors)));
  line("", fmt::format("{:>10}  tokenizer", spellBytes(sizes.tokenizer)));
  line("where", needsFile(sizes) ? "in a file beside the object (--weights)"
                                 : "in the object (--weights)");
  line("compiling", fmt::format("about {} of memory at most",
                                spellBytes(sizes.compilePeak)));
  line("a session",
       fmt::format("{} a position ({}, --kv-cache) and about {}",
                   spellBytes(model.cacheBytesPerPosition),
                   model.cacheElement.str(), spellBytes(sizes.arena)));
}

static void printSpeeds(const MachineReport &report) {
  const Machine &machine = report.machine;
  MachineAttr attribute = machine.attribute;
  llvm::outs() << fmt::format(
      "\n{}: {} cores of {}, {:.1f} GHz, {:.0f} GB/s{}\n", machine.name,
      attribute.getThreads(), machine.target.getCpu().str(),
      double(attribute.getClock()) * 1e-3,
      double(std::min(attribute.getMemoryBandwidth(),
                      attribute.getMemoryBandwidthOne() *
                          attribute.getThreads())) *
          1e-3,
      machine.memory ? fmt::format(", {:.0f} GiB of memory",
                                   double(machine.memory) / double(1 << 30))
                     : "");
  llvm::outs() << fmt::format("{:>10} {:>10} {:>10} {:>10} {:>12} {:>12}  {}\n",
                              "positions", "KV cache", "memory", "a token",
                              "decode t/s", "prompt t/s", "bound by");
  for (const SpeedPrediction &speed : report.speeds)
    llvm::outs() << fmt::format(
        "{:>10} {:>10} {:>10} {:>10} {:>12.3g} {:>12.3g}  {}{}\n",
        speed.positions, spellBytes(speed.cacheBytes), spellBytes(speed.memory),
        spellBytes(speed.bytesPerToken), speed.decode, speed.prompt,
        speed.bound == Bound::Compute ? "compute" : "bandwidth",
        speed.fits.value_or(true) ? "" : "; DOES NOT FIT");
}

//===----------------------------------------------------------------------===//
// As JSON
//===----------------------------------------------------------------------===//

static void writeMachine(llvm::json::OStream &json, const ModelSizes &model,
                         const MachineReport &report) {
  const Machine &machine = report.machine;
  const CompiledSizes &sizes = report.sizes;
  json.attribute("name", machine.name);
  json.attribute("cpu", machine.target.getCpu());
  json.attribute("triple", machine.target.getTriple());
  json.attribute("cores", machine.attribute.getThreads());
  json.attribute("clock_mhz", machine.attribute.getClock());
  json.attribute("bandwidth_mbps", machine.attribute.getMemoryBandwidth());
  json.attribute("memory_bytes", machine.memory);
  json.attribute("weight_bytes", sizes.getWeights());
  json.attribute("linear_bytes", sizes.linear);
  json.attribute("embedding_bytes", sizes.embedding);
  json.attribute("head_bytes", sizes.hasOwnHead ? sizes.head : 0);
  json.attribute("vector_bytes", sizes.vectors);
  json.attribute("tokenizer_bytes", sizes.tokenizer);
  json.attribute("weights_file", needsFile(sizes));
  json.attribute("arena_bytes", sizes.arena);
  json.attribute("compile_bytes", sizes.compilePeak);
  json.attributeArray("layers", [&] {
    for (const CompiledSizes::Layer &layer : sizes.layers)
      json.object([&] {
        json.attribute("name", layer.kind->name);
        json.attribute("count", layer.kind->count);
        json.attribute("rows", layer.kind->rows);
        json.attribute("columns", layer.kind->columns);
        json.attribute("kernel", layer.kernel->name);
        json.attribute("bytes", layer.bytes);
      });
  });
  json.attributeArray("contexts", [&] {
    for (const SpeedPrediction &speed : report.speeds)
      json.object([&] {
        json.attribute("positions", speed.positions);
        json.attribute("cache_bytes", speed.cacheBytes);
        json.attribute("session_bytes", speed.cacheBytes + sizes.arena);
        json.attribute("total_bytes", speed.memory);
        if (speed.fits)
          json.attribute("fits", *speed.fits);
        json.attribute("bytes_per_token", speed.bytesPerToken);
        json.attribute("decode_tokens_per_second", speed.decode);
        json.attribute("prompt_tokens_per_second", speed.prompt);
        json.attribute("bound",
                       speed.bound == Bound::Compute ? "compute" : "bandwidth");
      });
  });
}

static void writeJSON(const ModelSizes &model,
                      ArrayRef<MachineReport> reports) {
  llvm::json::OStream json(llvm::outs(), 2);
  json.object([&] {
    json.attribute("model", model.name);
    json.attribute("parameters", model.getParameters());
    json.attribute("linear_parameters", model.getLinearWeights());
    json.attribute("embedding_parameters", model.embedding);
    json.attribute("head_parameters", model.head);
    json.attribute("layers", model.layerCount);
    json.attribute("context_length", model.contextLength);
    json.attribute("cache_bytes_per_position", model.cacheBytesPerPosition);
    json.attribute("cache_element", model.cacheElement);
    json.attributeArray("machines", [&] {
      for (const MachineReport &report : reports)
        json.object([&] { writeMachine(json, model, report); });
    });
  });
  llvm::outs() << '\n';
}

llvm::Error bitnet::printDryRun(ModuleOp module) {
  llvm::Expected<ModelSizes> model = measureModel(module);
  if (!model)
    return model.takeError();
  llvm::Expected<std::vector<MachineReport>> reports =
      predict(module.getContext(), *model);
  if (!reports)
    return reports.takeError();
  if (printsJSON) {
    writeJSON(*model, *reports);
    return llvm::Error::success();
  }
  printSizes(*model, reports->front());
  for (const MachineReport &report : *reports)
    printSpeeds(report);
  return llvm::Error::success();
}
