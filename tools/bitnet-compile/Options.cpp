//===- Options.cpp - The command line of bitnet-compile -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::options;
namespace cl = llvm::cl;

cl::OptionCategory options::category("bitnet-compile options");

/// The LLVM library registers an option of this name, for link-time
/// optimisation; it must make room before ours is registered.
static const bool madeRoom = cl::getRegisteredOptions().erase("threads");

cl::opt<std::string> options::inputPath(
    cl::Positional, cl::Required,
    cl::desc("<model.gguf, folder of Hugging Face, model.onnx, "
             "graph.mlir or - for MLIR>"),
    cl::cat(category));
cl::opt<std::string> options::outputPath(
    "o", cl::value_desc("file"), cl::cat(category),
    cl::desc("Output; - is standard output for text (default: the "
             "input's name with the suffix of --emit)"));
cl::opt<EmitKind> options::emitKind(
    "emit", cl::desc("What to write:"), cl::init(EmitKind::Object),
    cl::cat(category),
    cl::values(
        clEnumValN(EmitKind::Object, "obj",
                   "relocatable object and C header (default)"),
        clEnumValN(EmitKind::Assembly, "asm",
                   "assembly; the weights are zeros in it"),
        clEnumValN(EmitKind::LLVMIR, "llvm-ir",
                   "optimised LLVM IR; the weights are zeros in it"),
        clEnumValN(EmitKind::MLIR, "mlir", "MLIR after --until"),
        clEnumValN(EmitKind::Executable, "exe", "program that writes text"),
        clEnumValN(EmitKind::Shared, "shared", "shared library and C header")));
cl::opt<LastStage> options::lastStage(
    "until", cl::desc("Stop after a stage and print MLIR:"),
    cl::init(LastStage::ToLLVM), cl::cat(category),
    cl::values(
        clEnumValN(LastStage::Import, "import", "the graph as imported"),
        clEnumValN(LastStage::Quantize, "quantize",
                   "weights are trits or bits and scales"),
        clEnumValN(LastStage::Fold, "fold", "operations fused and merged"),
        clEnumValN(LastStage::Pack, "pack", "kernels chosen, weights packed"),
        clEnumValN(LastStage::LowerKernels, "lower-kernels",
                   "kernels generated"),
        clEnumValN(LastStage::Plan, "plan", "memory and threads planned"),
        clEnumValN(LastStage::ToLLVM, "to-llvm", "LLVM dialect")));
cl::opt<std::string> options::cpuName(
    "cpu", cl::init("native"), cl::value_desc("name,..."), cl::cat(category),
    cl::desc("CPU to compile for, by its LLVM name, or several, from which the "
             "object chooses; native (default): this machine's; multi: one "
             "for each level of instruction sets that reads the same packed "
             "weights"));
cl::opt<std::string> options::tripleName(
    "target", cl::value_desc("triple"), cl::cat(category),
    cl::desc("64-bit Linux on x86_64 or aarch64, as an LLVM triple (default: "
             "this machine's)"));
cl::opt<std::string> options::kernelName(
    "kernel", cl::value_desc("name"), cl::cat(category),
    cl::desc("Kernel of the quantised linear layers; list: print all (default: "
             "the best for the CPU)"));
cl::opt<onnx::LinearQuantizer> options::quantizer(
    "quantize",
    cl::desc("Float weights of linear layers become (default: absmean; in ONNX "
             "files they stay float, but for those of BitLinear layers):"),
    cl::init(onnx::LinearQuantizer::AbsMean), cl::cat(category),
    cl::values(
        clEnumValN(onnx::LinearQuantizer::AbsMean, "absmean",
                   "trits, as BitNet b1.58; activations become 8 bits"),
        clEnumValN(onnx::LinearQuantizer::Sign, "sign",
                   "signs, 1 bit each, as BitNet; activations become 8 bits"),
        clEnumValN(onnx::LinearQuantizer::AbsMaxInt8, "absmax-int8",
                   "8 bits in [-127, 127] (ONNX files only, as what follows)"),
        clEnumValN(onnx::LinearQuantizer::ZeroPointInt8, "zeropoint-int8",
                   "8 bits with a zero point"),
        clEnumValN(onnx::LinearQuantizer::Int8Outliers, "int8-outliers",
                   "8 bits, as activations but for columns with outliers, "
                   "which are multiplied in half precision")));
cl::opt<onnx::QuantizationGranularity> options::quantizeGranularity(
    "quantize-granularity",
    cl::desc("Weights of a float layer of an ONNX file that --quantize gives "
             "one scale:"),
    cl::init(onnx::QuantizationGranularity::Auto), cl::cat(category),
    cl::values(clEnumValN(onnx::QuantizationGranularity::Tensor, "tensor",
                          "all (default, but for int8-outliers)"),
               clEnumValN(onnx::QuantizationGranularity::Row, "row",
                          "those of one output (default for int8-outliers)")));
cl::opt<std::string> options::quantizeLayers(
    "quantize-layers", cl::value_desc("expression"), cl::cat(category),
    cl::desc("Float layers of an ONNX file that --quantize is for: a regular "
             "expression that matches a part of the node's name (default: "
             "all)"));
cl::opt<double> options::outlierThreshold(
    "outlier-threshold", cl::value_desc("magnitude"),
    cl::init(onnx::defaultOutlierThreshold), cl::cat(category),
    cl::desc("Magnitude above which --quantize=int8-outliers calls activations "
             "outliers (default: 6)"));
cl::list<std::string> options::samples(
    "sample", cl::value_desc("name=file"), cl::cat(category),
    cl::desc("Input of an ONNX file, from a file with a serialized tensor, on "
             "which --report compares layers with what --quantize makes of "
             "them"));
cl::opt<HeadFormat> options::headFormat(
    "head", cl::desc("Elements of the output head and embedding:"),
    cl::init(HeadFormat::Auto), cl::cat(category),
    cl::values(clEnumValN(HeadFormat::Auto, "auto",
                          "the smallest that --head-error allows (default)"),
               clEnumValN(HeadFormat::F16, "f16",
                          "half precision, exact for F16 files"),
               clEnumValN(HeadFormat::BF16, "bf16",
                          "bfloat16, exact for BF16 files"),
               clEnumValN(HeadFormat::Int8, "int8",
                          "8 bits with a scale for each row"),
               clEnumValN(HeadFormat::Int6, "int6",
                          "6 bits with a scale for each row"),
               clEnumValN(HeadFormat::Planes, "planes",
                          "6 bits in two planes; sampling of the likeliest "
                          "tokens reads little more than one of them")));
cl::opt<double> options::headError(
    "head-error", cl::value_desc("bound"), cl::init(defaultHeadError),
    cl::cat(category),
    cl::desc("Most |w - w'| / |w| that --head=auto accepts for a table w, and "
             "half of what it accepts for a row (default: 2^-11, half "
             "precision)"));
cl::opt<ThreadSupport> options::threadSupport(
    "threads", cl::desc("Threads of sessions:"),
    cl::init(ThreadSupport::Pthreads), cl::cat(category),
    cl::values(clEnumValN(ThreadSupport::Pthreads, "pthread",
                          "as many as the session's options say (default)"),
               clEnumValN(ThreadSupport::None, "none",
                          "one; the object needs memcpy, memmove and memset only")));
cl::opt<WeightsPlace> options::weightsPlace(
    "weights", cl::desc("Where the packed weights go:"),
    cl::init(WeightsPlace::Auto), cl::cat(category),
    cl::values(
        clEnumValN(WeightsPlace::Auto, "auto",
                   "into the object up to 2047 MiB, otherwise into a file "
                   "(default)"),
        clEnumValN(WeightsPlace::Object, "object", "into the object"),
        clEnumValN(WeightsPlace::File, "file",
                   "into a file beside the object, of its name with the suffix "
                   ".weights, which sessions map")));
cl::opt<bool> options::isDryRun(
    "dry-run", cl::cat(category),
    cl::desc("Print the sizes of the compiled language model and its speed on "
             "some machines, from the file's metadata alone; compile nothing"));
cl::list<std::string> options::machines(
    "machine", cl::value_desc("name,key=value,..."), cl::cat(category),
    cl::desc("Machine of --dry-run: native (default), a class or all of them, "
             "and values such as cores=8,ghz=3,gbps=80,cpu=x86-64-v4,ram=64; "
             "list: print all classes"));
cl::list<int64_t> options::contexts(
    "contexts", cl::CommaSeparated, cl::value_desc("positions,..."),
    cl::cat(category),
    cl::desc("Positions in the context that --dry-run predicts for (default: "
             "1, 1024, 4096 and all)"));
cl::opt<std::string> options::symbolName(
    "name", cl::value_desc("identifier"), cl::cat(category),
    cl::desc("Symbol that the object defines (default: from the "
             "output's name)"));
/// Only for --help: main looks for it before options are parsed.
static cl::opt<bool> listsOperators(
    "operators", cl::cat(category),
    cl::desc("Print the ONNX operators that can be compiled, with the versions "
             "since which they can"));
cl::opt<unsigned> options::optimizationLevel(
    "O", cl::Prefix, cl::init(3), cl::value_desc("0-3"), cl::cat(category),
    cl::desc("Optimisation of LLVM IR (default: 3)"));
cl::opt<int64_t> options::assumedThreads(
    "assume-threads", cl::value_desc("count"), cl::cat(category),
    cl::desc("Threads of a session that kernels are chosen for (default: this "
             "machine's, or 4 for another CPU)"));
cl::opt<std::string> options::reportPath(
    "report", cl::ValueOptional, cl::value_desc("file"), cl::cat(category),
    cl::desc("Say for each layer which kernel was chosen and why, on standard "
             "error or in a file"));
cl::opt<bool> options::tune(
    "tune", cl::cat(category),
    cl::desc("Choose kernels by measuring them on this machine, print the "
             "times on standard error and keep them"));
cl::opt<std::string> options::tuneCachePath(
    "tune-cache", cl::value_desc("file"), cl::cat(category),
    cl::desc("Where --tune keeps times (default: bitnet-compiler/timings.json "
             "in the user's folder for caches)"));
cl::opt<I2SLayout> options::i2sLayout(
    "i2s-layout", cl::desc("Layout of I2_S tensors, which no file tells:"),
    cl::init(I2SLayout::Groups128), cl::cat(category),
    cl::values(
        clEnumValN(I2SLayout::Groups128, "128",
                   "128 elements in 32 bytes: published files (default)"),
        clEnumValN(I2SLayout::Groups64, "64",
                   "64 elements in 16 bytes: written on ARM")));
cl::opt<Activation> options::activation(
    "activation",
    cl::desc("Activation of the feed-forward layers (default: "
             "what the file or its architecture says):"),
    cl::cat(category),
    cl::values(clEnumValN(Activation::SquaredReLU, "squared_relu",
                          "max(x, 0)²"),
               clEnumValN(Activation::SiLU, "silu", "x / (1 + exp(-x))")));
cl::opt<ActivationNumerics> options::activations(
    "activations", cl::desc("Inputs of linear layers of a language model:"),
    cl::init(ActivationNumerics::Auto), cl::cat(category),
    cl::values(
        clEnumValN(ActivationNumerics::Auto, "auto",
                   "int8 if the model was trained with that, which weights "
                   "with one scale for each matrix tell, else float (default)"),
        clEnumValN(ActivationNumerics::Int8, "int8",
                   "8 bits for each token, as BitNet b1.58 is trained"),
        clEnumValN(ActivationNumerics::Float, "float",
                   "24 bits, in three products of 8 bits")));
cl::opt<CacheChoice> options::kvCache(
    "kv-cache", cl::desc("Keys and values of a language model:"),
    cl::init(CacheChoice::Auto), cl::cat(category),
    cl::values(clEnumValN(CacheChoice::Auto, "auto",
                          "f16, or f32 for models of embeddings (default)"),
               clEnumValN(CacheChoice::F32, "f32", "exact"),
               clEnumValN(CacheChoice::F16, "f16", "half precision"),
               clEnumValN(CacheChoice::BF16, "bf16",
                          "8 bits of precision, the range of f32"),
               clEnumValN(CacheChoice::Int8, "int8",
                          "8 bits and a scale for each head of a position")));
cl::opt<int64_t> options::contextLength(
    "context-length", cl::value_desc("positions"), cl::cat(category),
    cl::desc("Most positions of a session (default: what the file says)"));
cl::opt<int64_t> options::chunkSize(
    "chunk-size", cl::value_desc("tokens"), cl::init(64), cl::cat(category),
    cl::desc("Most tokens of one pass, 1 to 4096 (default: 64)"));
cl::list<std::string> options::dimensions(
    "dim", cl::value_desc("name=size"), cl::cat(category),
    cl::desc("Size of a symbolic dimension of an ONNX file's inputs"));
cl::list<std::string> options::constantInputs(
    "constant", cl::value_desc("name=file"), cl::cat(category),
    cl::desc("Constant instead of an input of an ONNX file, from a file with a "
             "serialized tensor"));

cl::opt<bool> options::inspects(
    "inspect", cl::cat(category),
    cl::desc("Compile nothing; print the metadata and the tensors of a GGUF "
             "file and its other parts, a folder of Hugging Face, or a "
             "safetensors file"));
cl::opt<bool> options::printsJSON(
    "json", cl::cat(category),
    cl::desc("Print JSON: with --inspect, with the whole values of all keys, "
             "or with --dry-run"));

/// Checks --quantize and what goes with it.
static llvm::Error checkQuantizeOptions() {
  const cl::Option *const dependents[] = {&quantizeGranularity, &quantizeLayers,
                                          std::addressof(samples)};
  for (const cl::Option *option : dependents)
    if (option->getNumOccurrences() && !quantizer.getNumOccurrences())
      return llvm::createStringError("expects --quantize with --" +
                                     option->ArgStr);
  if (!samples.empty() && !reportPath.getNumOccurrences())
    return llvm::createStringError("expects --report with --sample");
  std::string message;
  if (quantizeLayers.getNumOccurrences() &&
      !llvm::Regex(quantizeLayers).isValid(message))
    return llvm::createStringError(
        "expects --quantize-layers to be a regular expression, found '" +
        quantizeLayers + "': " + message);
  if (outlierThreshold.getNumOccurrences() &&
      quantizer != onnx::LinearQuantizer::Int8Outliers)
    return llvm::createStringError(
        "expects --quantize=int8-outliers with --outlier-threshold");
  if (!(outlierThreshold >= 0))
    return llvm::createStringError(
        "expects --outlier-threshold to be at least 0, found " +
        std::to_string(outlierThreshold));
  return llvm::Error::success();
}

/// Checks --dry-run and what goes with it.
static llvm::Error checkDryRunOptions() {
  const cl::Option *const dependents[] = {std::addressof(machines),
                                          std::addressof(contexts)};
  for (const cl::Option *option : dependents)
    if (option->getNumOccurrences() && !isDryRun)
      return llvm::createStringError("expects --dry-run with --" +
                                     option->ArgStr);
  const cl::Option *const others[] = {&outputPath, &emitKind, &lastStage,
                                      &reportPath, &tune};
  for (const cl::Option *option : others)
    if (option->getNumOccurrences() && isDryRun)
      return llvm::createStringError("expects no --" + option->ArgStr +
                                     " with --dry-run");
  return llvm::Error::success();
}

llvm::Error options::checkOptions() {
  if (llvm::Error error = checkDryRunOptions())
    return error;
  if (llvm::Error error = checkQuantizeOptions())
    return error;
  if (lastStage.getNumOccurrences()) {
    if (emitKind.getNumOccurrences() && emitKind != EmitKind::MLIR)
      return llvm::createStringError("expects --emit=mlir with --until");
    emitKind = EmitKind::MLIR;
  }
  if (chunkSize < 1 || chunkSize > 4096)
    return llvm::createStringError("expects --chunk-size in [1, 4096], found " +
                                   llvm::Twine(chunkSize));
  if (!(headError >= 0 && headError <= 1))
    return llvm::createStringError("expects --head-error in [0, 1], found " +
                                   std::to_string(headError));
  if (headError.getNumOccurrences() && headFormat != HeadFormat::Auto)
    return llvm::createStringError("expects --head-error with --head=auto");
  if (assumedThreads.getNumOccurrences() &&
      (assumedThreads < 1 || assumedThreads > 1024))
    return llvm::createStringError(
        "expects --assume-threads in [1, 1024], found " +
        llvm::Twine(assumedThreads));
  if (reportPath.getNumOccurrences() && lastStage < LastStage::Pack)
    return llvm::createStringError(
        "expects --until=pack or a later stage with --report");
  if (tune && (cpuName != "native" || tripleName.getNumOccurrences()))
    return llvm::createStringError("expects no --cpu and no --target with "
                                   "--tune, which measures on this machine");
  if (tune && lastStage < LastStage::Pack)
    return llvm::createStringError(
        "expects --until=pack or a later stage with --tune");
  if (tuneCachePath.getNumOccurrences() && !tune)
    return llvm::createStringError("expects --tune with --tune-cache");
  if (weightsPlace.getNumOccurrences() && emitKind == EmitKind::MLIR)
    return llvm::createStringError(
        "expects no --weights with MLIR, which has them inside");
  if (printsJSON && !inspects && !isDryRun)
    return llvm::createStringError("expects --inspect or --dry-run with "
                                   "--json");
  if (inspects && isDryRun)
    return llvm::createStringError("expects no --dry-run with --inspect");
  if (optimizationLevel > 3)
    return llvm::createStringError("expects -O0 to -O3, found -O" +
                                   llvm::Twine(optimizationLevel));
  if (threadSupport == ThreadSupport::None && emitKind == EmitKind::Executable)
    return llvm::createStringError(
        "expects threads in a program: --threads=none leaves out "
        "malloc and the clock");
  return llvm::Error::success();
}
