//===- Options.cpp - Command line of bitnet-bench -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"

#include "bitnet/Execution/ThreadTeam.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <optional>

using namespace mlir::bitnet;
namespace cl = llvm::cl;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

namespace mlir::bitnet::options {

cl::SubCommand limitsCommand("limits", "The machine's own limits");
cl::SubCommand kernelsCommand("kernels",
                              "Kernels of matrix products, one by one");
cl::SubCommand
    modelCommand("model", "A whole model, compiled with the options behind --");
cl::SubCommand compareCommand(
    "compare",
    "A model, compiled with the options behind --, and other engines, in turn");
cl::SubCommand tokenizerCommand("tokenizer",
                                "The tokenizer of a model, by one thread");

static cl::OptionCategory category("bitnet-bench options");

#define BITNET_EVERY_COMMAND                                                   \
  cl::cat(category), cl::sub(limitsCommand), cl::sub(kernelsCommand),          \
      cl::sub(modelCommand), cl::sub(compareCommand),                          \
      cl::sub(tokenizerCommand)
#define BITNET_MODEL_COMMANDS                                                  \
  cl::cat(category), cl::sub(modelCommand), cl::sub(compareCommand)

cl::opt<std::string>
    jsonPath("json", cl::value_desc("file"), BITNET_EVERY_COMMAND,
             cl::desc("Write the results as JSON too; - is standard output "
                      "instead of the text"));
cl::opt<std::string>
    plotPath("plot", cl::value_desc("file"), cl::cat(category),
             cl::sub(limitsCommand), cl::sub(kernelsCommand),
             cl::sub(modelCommand),
             cl::desc("Draw a roofline plot too, as .svg or .png, by python3 "
                      "(or what the variable PYTHON names) with matplotlib"));
static cl::list<unsigned>
    threads("threads", cl::CommaSeparated, cl::value_desc("numbers"),
            BITNET_EVERY_COMMAND,
            cl::desc("Threads, separated by commas (default: 1, 2, 4, ... and "
                     "all processors)"));
static cl::opt<unsigned>
    rounds("rounds", cl::init(0), cl::value_desc("number"),
           BITNET_EVERY_COMMAND,
           cl::desc("Rounds in which everything is measured in turn (default: "
                    "25; 5 for whole models)"));
static cl::opt<double>
    sampleMilliseconds("sample-ms", cl::init(1), cl::value_desc("milliseconds"),
                       BITNET_EVERY_COMMAND,
                       cl::desc("Time of a kernel in one round (default: 1)"));

static cl::list<std::string>
    shapes("shape", cl::CommaSeparated, cl::value_desc("MxK"),
           cl::cat(category), cl::sub(kernelsCommand),
           cl::desc("Matrices of M rows (outputs) and K columns (inputs), "
                    "separated by commas (default: 2560x6912)"));
static cl::list<unsigned>
    tokenCounts("n", cl::CommaSeparated, cl::value_desc("numbers"),
                cl::cat(category), cl::sub(kernelsCommand),
                cl::desc("Tokens at a time, separated by commas (default: "
                         "1,2,4,8,16,64,512)"));
static cl::list<std::string>
    kernelNames("kernel", cl::CommaSeparated, cl::value_desc("names"),
                cl::cat(category), cl::sub(kernelsCommand),
                cl::desc("Kernels by name, separated by commas; all (default): "
                         "those that this CPU runs, without the portable one, "
                         "which is not made to be fast"));
cl::opt<unsigned> blockColumns(
    "scale-columns", cl::init(0), cl::value_desc("number"), cl::cat(category),
    cl::sub(kernelsCommand),
    cl::desc("Columns that share a scale, a multiple of 32 (default: one scale "
             "for the matrix)"));
cl::opt<unsigned> activationParts(
    "parts", cl::init(1), cl::value_desc("number"), cl::cat(category),
    cl::sub(kernelsCommand),
    cl::desc("8-bit parts of each activation: 1 (default), or 3 as layers with "
             "float activations have"));
cl::opt<WeightsPlace> weightsPlace(
    cl::desc("Where the weights come from:"), cl::init(WeightsPlace::Both),
    cl::cat(category), cl::sub(kernelsCommand),
    cl::values(
        clEnumValN(WeightsPlace::Both, "both", "each in turn (default)"),
        clEnumValN(WeightsPlace::Cache, "cache",
                   "the same matrix again and again"),
        clEnumValN(WeightsPlace::Memory, "memory",
                   "copies that exceed the last-level cache four times")));

cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                               cl::desc("<model.gguf or model.so>"),
                               BITNET_MODEL_COMMANDS,
                               cl::sub(tokenizerCommand));
cl::opt<std::string> textPath(cl::Positional, cl::Required,
                              cl::desc("<text file>"), cl::cat(category),
                              cl::sub(tokenizerCommand));
static cl::list<unsigned>
    prefillSizes("prefill", cl::CommaSeparated, cl::value_desc("numbers"),
                 BITNET_MODEL_COMMANDS,
                 cl::desc("Tokens of prompts, separated by commas; 0: none "
                          "(default: 64,512)"));
static cl::list<unsigned>
    decodeSizes("decode", cl::CommaSeparated, cl::value_desc("numbers"),
                BITNET_MODEL_COMMANDS,
                cl::desc("Tokens to generate, one at a time, separated by "
                         "commas; 0: none (default: 64)"));
cl::list<std::string>
    peerCommands("peer", cl::value_desc("command"), cl::cat(category),
                 cl::sub(compareCommand), cl::OneOrMore,
                 cl::desc("Shell command of another engine that prints a table "
                          "as llama-bench does; can be repeated"));
cl::opt<unsigned>
    peerTimeout("timeout", cl::init(3600), cl::value_desc("seconds"),
                cl::cat(category), cl::sub(compareCommand),
                cl::desc("Most that one run of a peer may take (default: "
                         "3600)"));

#undef BITNET_EVERY_COMMAND
#undef BITNET_MODEL_COMMANDS

std::vector<std::string> compileOptions;

} // namespace mlir::bitnet::options

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// The numbers of a list option, all in [least, most].
template <typename T>
static llvm::Expected<std::vector<T>>
getNumbers(const cl::list<unsigned> &option, std::vector<T> otherwise,
           unsigned least, unsigned most) {
  if (!option.getNumOccurrences())
    return otherwise;
  std::vector<T> numbers;
  for (unsigned number : option) {
    if (number < least || number > most)
      return llvm::createStringError(
          "expects --" + option.ArgStr + " in [" + llvm::Twine(least) + ", " +
          llvm::Twine(most) + "], found " + llvm::Twine(number));
    if (!llvm::is_contained(numbers, static_cast<T>(number)))
      numbers.push_back(number);
  }
  return numbers;
}

llvm::Expected<std::vector<unsigned>> options::getThreadCounts() {
  std::vector<unsigned> all;
  unsigned processors =
      std::min(ThreadTeam::getProcessors(), ThreadTeam::mostThreads);
  for (unsigned count = 1; count < processors; count *= 2)
    all.push_back(count);
  all.push_back(processors);
  return getNumbers(threads, std::move(all), 1, ThreadTeam::mostThreads);
}

llvm::Expected<TimingOptions> options::getTimingOptions() {
  TimingOptions timing;
  if (modelCommand || compareCommand) {
    timing.rounds = 5;
    timing.mostSeconds = 1e9;
  }
  if (rounds.getNumOccurrences()) {
    if (rounds < 1 || rounds > 100000)
      return llvm::createStringError("expects --rounds in [1, 100000], found " +
                                     llvm::Twine(rounds));
    timing.rounds = rounds;
  }
  if (!(sampleMilliseconds > 0 && sampleMilliseconds <= 10000))
    return llvm::createStringError(
        "expects --sample-ms above 0 and up to 10000, found " +
        llvm::Twine(std::to_string(sampleMilliseconds)));
  timing.sampleSeconds = sampleMilliseconds / 1000;
  return timing;
}

std::vector<std::string> options::getKernelNames() {
  if (llvm::is_contained(kernelNames, "all"))
    return {};
  return {kernelNames.begin(), kernelNames.end()};
}

/// `shapes`, if --scale-columns and --parts go with them.
static llvm::Expected<std::vector<options::MatrixShape>>
checkForm(std::vector<options::MatrixShape> shapes) {
  using namespace options;
  if (activationParts != 1 && activationParts != 3)
    return llvm::createStringError("expects --parts to be 1 or 3, found " +
                                   llvm::Twine(activationParts));
  for (const MatrixShape &shape : shapes)
    if (blockColumns % 32 != 0 ||
        (blockColumns != 0 && shape.columns % blockColumns != 0))
      return llvm::createStringError(
          "expects --scale-columns to be a multiple of 32 that divides " +
          llvm::Twine(shape.columns) + " columns, found " +
          llvm::Twine(blockColumns));
  return shapes;
}

llvm::Expected<std::vector<options::MatrixShape>> options::getShapes() {
  if (shapes.empty())
    return checkForm({{2560, 6912}});
  std::vector<MatrixShape> result;
  for (StringRef text : shapes) {
    auto [left, right] = text.split('x');
    MatrixShape shape;
    if (left.getAsInteger(10, shape.rows) ||
        right.getAsInteger(10, shape.columns) || shape.rows < 1 ||
        shape.columns < 1 || shape.rows > (int64_t(1) << 31) / shape.columns)
      return llvm::createStringError(
          "expects --shape to be rows x columns, 2560x6912 for example, of up "
          "to 2^31 elements, found '" +
          text + "'");
    result.push_back(shape);
  }
  return checkForm(std::move(result));
}

llvm::Expected<std::vector<int64_t>> options::getTokenCounts() {
  return getNumbers<int64_t>(tokenCounts, {1, 2, 4, 8, 16, 64, 512}, 1, 4096);
}

/// Without 0, which means none.
static llvm::Expected<std::vector<unsigned>>
getTokenNumbers(const cl::list<unsigned> &option,
                std::vector<unsigned> otherwise) {
  llvm::Expected<std::vector<unsigned>> numbers =
      getNumbers(option, std::move(otherwise), 0, 1u << 20);
  if (numbers)
    llvm::erase(*numbers, 0u);
  return numbers;
}

llvm::Expected<options::ModelMeasurements> options::getModelMeasurements() {
  auto threads = getThreadCounts();
  if (!threads)
    return threads.takeError();
  auto timing = getTimingOptions();
  if (!timing)
    return timing.takeError();
  auto prefill = getTokenNumbers(prefillSizes, {64, 512});
  if (!prefill)
    return prefill.takeError();
  auto decode = getTokenNumbers(decodeSizes, {64});
  if (!decode)
    return decode.takeError();
  return ModelMeasurements{*threads, *timing, *prefill, *decode};
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

void options::parse(int argc, char **argv) {
  // LLVM's parser has no list that begins behind `--`.
  for (int i = 1; i < argc; ++i)
    if (StringRef(argv[i]) == "--") {
      compileOptions.assign(argv + i + 1, argv + argc);
      argc = i;
    }
  for (cl::SubCommand *command :
       {&cl::SubCommand::getTopLevel(), &limitsCommand, &kernelsCommand,
        &modelCommand, &compareCommand, &tokenizerCommand})
    cl::HideUnrelatedOptions(category, *command);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Measures compiled BitNet models, their kernels and this machine\n");
}
