//===- bitnet-compile.cpp - Compiles a model file to an object file -------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OutputFile.h"
#include "Progress.h"
#include "bitnet/Codegen/Codegen.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "bitnet/Import/GGUF/GGUFImporter.h"
#include "bitnet/Kernels/KernelTable.h"
#include "bitnet/Pipelines/Pipelines.h"
#include "bitnet/Target/TargetResolver.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/Timing.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace mlir::bitnet;
namespace cl = llvm::cl;

//===----------------------------------------------------------------------===//
// Command line
//===----------------------------------------------------------------------===//

namespace {
enum class EmitKind { Object, Assembly, LLVMIR, MLIR, Executable, Shared };
enum class LastStage {
  Import,
  Quantize,
  Fold,
  Pack,
  LowerKernels,
  Plan,
  ToLLVM
};
enum class ThreadSupport { Pthreads, None };

cl::OptionCategory category("bitnet-compile options");

/// The LLVM library registers an option of this name, for link-time
/// optimisation; it must make room before ours is registered.
const bool madeRoom = cl::getRegisteredOptions().erase("threads");

cl::opt<std::string>
    inputPath(cl::Positional, cl::Required,
              cl::desc("<model.gguf, graph.mlir or - for MLIR>"),
              cl::cat(category));
cl::opt<std::string>
    outputPath("o", cl::value_desc("file"), cl::cat(category),
               cl::desc("Output; - is standard output for text (default: the "
                        "input's name with the suffix of --emit)"));
cl::opt<EmitKind> emitKind(
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
cl::opt<LastStage> lastStage(
    "until", cl::desc("Stop after a stage and print MLIR:"),
    cl::init(LastStage::ToLLVM), cl::cat(category),
    cl::values(
        clEnumValN(LastStage::Import, "import", "the graph as imported"),
        clEnumValN(LastStage::Quantize, "quantize",
                   "weights are trits and scales"),
        clEnumValN(LastStage::Fold, "fold", "operations fused and merged"),
        clEnumValN(LastStage::Pack, "pack", "kernels chosen, weights packed"),
        clEnumValN(LastStage::LowerKernels, "lower-kernels",
                   "kernels generated"),
        clEnumValN(LastStage::Plan, "plan", "memory and threads planned"),
        clEnumValN(LastStage::ToLLVM, "to-llvm", "LLVM dialect")));
cl::opt<std::string>
    cpuName("cpu", cl::init("native"), cl::value_desc("name"),
            cl::cat(category),
            cl::desc("CPU to compile for, by its LLVM name; native (default): "
                     "this machine's"));
cl::opt<std::string> tripleName(
    "target", cl::value_desc("triple"), cl::cat(category),
    cl::desc("64-bit Linux on x86_64 or aarch64, as an LLVM triple (default: "
             "this machine's)"));
cl::opt<std::string> kernelName(
    "kernel", cl::value_desc("name"), cl::cat(category),
    cl::desc("Kernel of the quantised linear layers; list: print all (default: "
             "the best for the CPU)"));
cl::opt<HeadFormat> headFormat(
    "head", cl::desc("Elements of the output head and embedding:"),
    cl::init(HeadFormat::F16), cl::cat(category),
    cl::values(clEnumValN(HeadFormat::F16, "f16",
                          "half precision, exact for F16 files (default)"),
               clEnumValN(HeadFormat::Int8, "int8",
                          "8 bits with a scale for each row")));
cl::opt<ThreadSupport> threadSupport(
    "threads", cl::desc("Threads of sessions:"),
    cl::init(ThreadSupport::Pthreads), cl::cat(category),
    cl::values(clEnumValN(ThreadSupport::Pthreads, "pthread",
                          "as many as the session's options say (default)"),
               clEnumValN(ThreadSupport::None, "none",
                          "one; the object needs memcpy and memset only")));
cl::opt<std::string>
    symbolName("name", cl::value_desc("identifier"), cl::cat(category),
               cl::desc("Symbol that the object defines (default: from the "
                        "output's name)"));
cl::opt<unsigned>
    optimizationLevel("O", cl::Prefix, cl::init(3), cl::value_desc("0-3"),
                      cl::cat(category),
                      cl::desc("Optimisation of LLVM IR (default: 3)"));
cl::opt<I2SLayout> i2sLayout(
    "i2s-layout", cl::desc("Layout of I2_S tensors, which no file tells:"),
    cl::init(I2SLayout::Groups128), cl::cat(category),
    cl::values(
        clEnumValN(I2SLayout::Groups128, "128",
                   "128 elements in 32 bytes: published files (default)"),
        clEnumValN(I2SLayout::Groups64, "64",
                   "64 elements in 16 bytes: written on ARM")));
cl::opt<Activation> activation(
    "activation",
    cl::desc("Activation of the feed-forward layers (default: "
             "what the file or its architecture says):"),
    cl::cat(category),
    cl::values(clEnumValN(Activation::SquaredReLU, "squared_relu",
                          "max(x, 0)²"),
               clEnumValN(Activation::SiLU, "silu", "x / (1 + exp(-x))")));
cl::opt<int64_t> contextLength(
    "context-length", cl::value_desc("positions"), cl::cat(category),
    cl::desc("Most positions of a session (default: what the file says)"));
cl::opt<int64_t>
    chunkSize("chunk-size", cl::value_desc("tokens"), cl::init(64),
              cl::cat(category),
              cl::desc("Most tokens of one pass, 1 to 4096 (default: 64)"));
} // namespace

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "bitnet-compile") << message << '\n';
  return 1;
}

static int fail(llvm::Error error) {
  return fail(llvm::toString(std::move(error)));
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

/// The input's file name without what only says how it is stored.
static StringRef getModelStem() {
  StringRef stem = llvm::sys::path::filename(inputPath);
  if (!stem.consume_back(".gguf"))
    stem.consume_back(".mlir");
  for (StringRef suffix :
       {".i2_s", ".tq1_0", ".tq2_0", ".q8_0", ".q6_k", ".bf16", ".f16", ".f32"})
    if (stem.consume_back_insensitive(suffix))
      break;
  return stem.empty() || stem == "-" ? "model" : stem;
}

/// The name of the output if none is given.
static std::string getDefaultOutput() {
  static const char *const suffixes[] = {".o", ".s", ".ll", ".mlir", "", ".so"};
  return getModelStem().str() + suffixes[unsigned(emitKind.getValue())];
}

/// The symbol that the object defines if no name is given.
static std::string getDefaultSymbol(StringRef output) {
  std::string name =
      (output == "-" ? getModelStem() : llvm::sys::path::stem(output)).str();
  for (char &c : name)
    if (!llvm::isAlnum(c))
      c = '_';
  return isIdentifier(name) ? name : "model_" + name;
}

/// The C header that goes with an output.
static std::string getHeaderPath(StringRef output) {
  SmallString<128> path(output);
  llvm::sys::path::replace_extension(path, ".h");
  return path.str().str();
}

/// Whether the input is MLIR: standard input, or a file of that name that does
/// not begin as GGUF files do.
static bool isMLIR() {
  if (inputPath == "-")
    return true;
  if (llvm::sys::path::extension(inputPath) != ".mlir")
    return false;
  auto start = llvm::MemoryBuffer::getFileSlice(inputPath, 4, 0);
  return !start || (*start)->getBuffer() != "GGUF";
}

/// Reads the input: a GGUF file, which must outlive the module, or MLIR.
static llvm::Expected<OwningOpRef<ModuleOp>>
importModel(MLIRContext &context, llvm::SourceMgr &sources,
            std::unique_ptr<GGUFFile> &file) {
  if (isMLIR()) {
    for (const cl::Option *option :
         {static_cast<const cl::Option *>(&i2sLayout),
          static_cast<const cl::Option *>(&activation),
          static_cast<const cl::Option *>(&contextLength),
          static_cast<const cl::Option *>(&chunkSize)})
      if (option->getNumOccurrences())
        return llvm::createStringError("expects --" + option->ArgStr +
                                       " with a GGUF file: it is settled in '" +
                                       inputPath + "'");
    auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(inputPath,
                                                     /*IsText=*/true);
    if (!buffer)
      return llvm::createStringError("cannot read '" + inputPath +
                                     "': " + buffer.getError().message());
    sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
    OwningOpRef<ModuleOp> module =
        parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
    if (!module)
      return llvm::createStringError("'" + inputPath + "' is not valid MLIR");
    return module;
  }
  llvm::Expected<std::unique_ptr<GGUFFile>> opened = GGUFFile::open(inputPath);
  if (!opened)
    return opened.takeError();
  file = std::move(*opened);
  GGUFImportOptions options;
  options.i2sLayout = i2sLayout;
  options.chunkSize = chunkSize;
  if (activation.getNumOccurrences())
    options.activation = activation;
  if (contextLength.getNumOccurrences())
    options.contextLength = contextLength;
  return importGGUF(context, *file, options);
}

/// Whether weights have been packed, or kernels generated, for a target.
static bool isForTarget(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    auto weight = dyn_cast<WeightOp>(op);
    bool isPacked =
        weight && isa<LayoutAttr>(weight.getResult().getType().getEncoding());
    return isPacked || isa<bitnet_runtime::BlobOp>(op) ? WalkResult::interrupt()
                                                       : WalkResult::advance();
  });
  return result.wasInterrupted();
}

/// The target: what the command line says, or else the module, or else this
/// machine; at the level of the kernel if one is asked for.
static llvm::Expected<TargetAttr> getTarget(ModuleOp module) {
  MLIRContext *context = module.getContext();
  auto present = module->getAttrOfType<TargetAttr>(targetAttrName);
  bool isAsked = cpuName.getNumOccurrences() || tripleName.getNumOccurrences();
  if (present && !isAsked && !kernelName.getNumOccurrences())
    return present;
  llvm::Expected<TargetAttr> target =
      present && !isAsked ? present
                          : resolveTarget(context, tripleName, cpuName);
  if (!target)
    return target;
  if (const LinearKernel *kernel = lookupLinearKernel(kernelName);
      kernel && includes(target->getLevel(), kernel->level))
    target = TargetAttr::get(context, target->getTriple(), target->getCpu(),
                             target->getFeatures(), kernel->level);
  if (present && *target != present && isForTarget(module))
    return llvm::createStringError("expects no --cpu, --target or --kernel: '" +
                                   inputPath + "' has been packed for " +
                                   present.getCpu());
  return target;
}

/// Prints errors about tensors and layers of a model file as other errors are
/// printed: their location is NameLoc(name, NameLoc(path)). Leaves others,
/// which have a line of an .mlir file, to the next handler.
static LogicalResult reportNamed(Diagnostic &diagnostic, Progress &progress) {
  auto name = dyn_cast<NameLoc>(diagnostic.getLocation());
  if (!name)
    return failure();
  auto path = dyn_cast<NameLoc>(name.getChildLoc());
  if (!path && !isa<UnknownLoc>(name.getChildLoc()))
    return failure();
  progress.clear();
  llvm::raw_ostream &stream =
      diagnostic.getSeverity() == DiagnosticSeverity::Error
          ? llvm::WithColor::error(llvm::errs(), "bitnet-compile")
          : llvm::WithColor::warning(llvm::errs(), "bitnet-compile");
  if (path)
    stream << path.getName().getValue() << ": ";
  stream << '\'' << name.getName().getValue() << "': " << diagnostic << '\n';
  return success();
}

/// Runs the stages up to --until.
static LogicalResult runStages(ModuleOp module, Progress &progress,
                               TimingScope &timing) {
  struct Stage {
    LastStage stage;
    StringRef what;
    std::function<void(OpPassManager &)> build;
  };
  PackPipelineOptions packOptions;
  packOptions.kernel = kernelName;
  packOptions.head = headFormat;
  const Stage stages[] = {
      {LastStage::Quantize, "quantizing weights", buildQuantizePipeline},
      {LastStage::Fold, "folding", buildFoldPipeline},
      {LastStage::Pack, "packing weights",
       [&](OpPassManager &manager) {
         buildPackPipeline(manager, packOptions);
       }},
      {LastStage::LowerKernels, "generating kernels",
       buildLowerKernelsPipeline},
      {LastStage::Plan, "planning", buildPlanPipeline},
      {LastStage::ToLLVM, "lowering to LLVM", buildToLLVMPipeline}};
  // What stages leave re-enters where it was left.
  bool isPlanned = module->hasAttr(bitnet_runtime::arenaSizeAttrName);
  bool isLLVM = isPlanned && module.getOps<func::FuncOp>().empty();
  for (const Stage &stage : stages) {
    if (stage.stage > lastStage)
      break;
    if (isLLVM || (isPlanned && stage.stage <= LastStage::Plan))
      continue;
    progress.step(stage.what);
    PassManager manager(module->getName());
    if (failed(applyPassManagerCLOptions(manager)))
      return failure();
    manager.enableTiming(timing);
    stage.build(manager);
    if (failed(manager.run(module)))
      return failure();
  }
  progress.clear();
  return success();
}

/// Kernel of the ternary layers, as bitnet_model_info reports it.
static std::string findKernelName(ModuleOp module) {
  auto kernel = module->getAttrOfType<StringAttr>(kernelAttrName);
  return kernel ? kernel.str() : "none";
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

/// Writes text to standard output or a file.
static llvm::Error
writeText(StringRef path,
          function_ref<llvm::Error(llvm::raw_pwrite_stream &)> write) {
  if (path == "-") {
    SmallString<0> text;
    llvm::raw_svector_ostream stream(text);
    if (llvm::Error error = write(stream))
      return error;
    llvm::outs() << text;
    return llvm::Error::success();
  }
  llvm::Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  std::error_code code;
  llvm::raw_fd_ostream stream(file->getTemporaryPath(), code);
  if (code)
    return llvm::createFileError(path, code);
  if (llvm::Error error = write(stream))
    return error;
  stream.close();
  if (stream.has_error()) {
    code = stream.error();
    stream.clear_error();
    return llvm::createFileError(path, code);
  }
  return file->keep();
}

/// Writes an object, an executable or a shared library, and its header.
static llvm::Error writeBinary(ModuleOp module, CompiledModel &model,
                               StringRef path, StringRef symbol) {
  llvm::Expected<OutputFile> output = OutputFile::create(path);
  if (!output)
    return output.takeError();
  if (emitKind == EmitKind::Object) {
    if (llvm::Error error = emitObject(model, output->getTemporaryPath()))
      return error;
  } else {
    llvm::Expected<OutputFile> object = OutputFile::create(path.str() + ".o");
    if (!object)
      return object.takeError();
    if (llvm::Error error = emitObject(model, object->getTemporaryPath()))
      return error;
    if (llvm::Error error =
            linkObject(object->getTemporaryPath(), output->getTemporaryPath(),
                       emitKind == EmitKind::Shared))
      return error;
  }
  if (emitKind != EmitKind::Executable) {
    SmallString<128> headerPath(path);
    llvm::sys::path::replace_extension(headerPath, ".h");
    if (llvm::Error error =
            writeText(headerPath, [&](llvm::raw_pwrite_stream &stream) {
              emitHeader(module, symbol, stream);
              return llvm::Error::success();
            }))
      return error;
  }
  return output->keep(/*isExecutable=*/emitKind != EmitKind::Object);
}

static llvm::Error writeOutput(ModuleOp module, Progress &progress) {
  std::string path = outputPath.empty() ? getDefaultOutput() : outputPath;
  bool hasHeader = emitKind == EmitKind::Object || emitKind == EmitKind::Shared;
  for (const std::string &output :
       {path, hasHeader ? getHeaderPath(path) : path})
    if (llvm::sys::fs::equivalent(output, inputPath))
      return llvm::createStringError("expects -o to name another file: '" +
                                     output + "' is the input");
  if (emitKind == EmitKind::MLIR)
    return writeText(path, [&](llvm::raw_pwrite_stream &stream) {
      module->print(stream);
      stream << '\n';
      return llvm::Error::success();
    });

  CodegenOptions options;
  options.symbol = symbolName.empty() ? getDefaultSymbol(path) : symbolName;
  if (!isIdentifier(options.symbol))
    return llvm::createStringError(
        "expects --name to be an identifier of C and C++, found '" +
        options.symbol + "'");
  options.kernel = findKernelName(module);
  options.withoutThreads = threadSupport == ThreadSupport::None;
  options.withProgram = emitKind == EmitKind::Executable;
  options.optimizationLevel = optimizationLevel;
  progress.step("optimising");
  llvm::Expected<CompiledModel> model = compileToLLVM(module, options);
  if (!model)
    return model.takeError();
  progress.step("writing " + path);
  switch (emitKind) {
  case EmitKind::Assembly:
    return writeText(path, [&](llvm::raw_pwrite_stream &stream) {
      return emitAssembly(*model, stream);
    });
  case EmitKind::LLVMIR:
    return writeText(path, [&](llvm::raw_pwrite_stream &stream) {
      model->module->print(stream, nullptr);
      return llvm::Error::success();
    });
  default:
    if (path == "-")
      return llvm::createStringError(
          "expects -o to name a file: only text goes to standard output");
    return writeBinary(module, *model, path, options.symbol);
  }
}

/// Prints the kernel table.
static void listKernels() {
  for (const LinearKernel &kernel : getLinearKernels())
    llvm::outs() << llvm::left_justify(kernel.name, 18)
                 << llvm::left_justify(stringifyInstructionSet(kernel.level),
                                       14)
                 << kernel.summary << '\n';
}

int main(int argc, char **argv) {
  llvm::InitLLVM initialize(argc, argv);
  registerAsmPrinterCLOptions();
  registerMLIRContextCLOptions();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  cl::SetVersionPrinter([](llvm::raw_ostream &stream) {
    stream << "bitnet-compile " BITNET_VERSION " (LLVM " LLVM_VERSION_STRING
              ")\n";
  });
  cl::HideUnrelatedOptions(category);
  // A listing needs no input.
  for (int i = 1; i < argc; ++i)
    if (StringRef(argv[i]) == "--kernel=list") {
      listKernels();
      return 0;
    }
  cl::ParseCommandLineOptions(argc, argv,
                              "Compiles a BitNet model to an object file\n");
  if (lastStage.getNumOccurrences()) {
    if (emitKind.getNumOccurrences() && emitKind != EmitKind::MLIR)
      return fail("expects --emit=mlir with --until");
    emitKind = EmitKind::MLIR;
  }
  if (chunkSize < 1 || chunkSize > 4096)
    return fail("expects --chunk-size in [1, 4096], found " +
                llvm::Twine(chunkSize));
  if (optimizationLevel > 3)
    return fail("expects -O0 to -O3, found -O" +
                llvm::Twine(optimizationLevel));
  if (threadSupport == ThreadSupport::None && emitKind == EmitKind::Executable)
    return fail("expects threads in a program: --threads=none leaves out "
                "malloc and the clock");

  DialectRegistry registry;
  registry.insert<BitNetDialect, bitnet_isa::BitNetISADialect,
                  bitnet_runtime::BitNetRuntimeDialect, arith::ArithDialect,
                  cf::ControlFlowDialect, func::FuncDialect, LLVM::LLVMDialect,
                  math::MathDialect, memref::MemRefDialect, scf::SCFDialect,
                  tensor::TensorDialect, vector::VectorDialect>();
  MLIRContext context(registry);
  // Attributes of these are made even if the input has none of their kind.
  context.loadDialect<BitNetDialect, bitnet_runtime::BitNetRuntimeDialect>();
  // A whole model after an error message helps nobody.
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  Progress progress;
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  ScopedDiagnosticHandler namedDiagnostics(
      &context, [&](Diagnostic &d) { return reportNamed(d, progress); });

  progress.step("reading " + inputPath);
  std::unique_ptr<GGUFFile> file;
  llvm::Expected<OwningOpRef<ModuleOp>> module =
      importModel(context, sources, file);
  if (!module)
    return fail(module.takeError());
  llvm::Expected<TargetAttr> target = getTarget(**module);
  if (!target)
    return fail(target.takeError());
  (*module)->getOperation()->setAttr(targetAttrName, *target);
  DefaultTimingManager timingManager;
  applyDefaultTimingManagerCLOptions(timingManager);
  TimingScope timing = timingManager.getRootScope();
  if (failed(runStages(**module, progress, timing)))
    return 1;
  timing.stop();
  if (llvm::Error error = writeOutput(**module, progress))
    return fail(std::move(error));
  return 0;
}
