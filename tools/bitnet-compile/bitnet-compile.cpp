//===- bitnet-compile.cpp - Compiles a model file to an object file -------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DryRun.h"
#include "Input.h"
#include "Inspect.h"
#include "Options.h"
#include "Output.h"
#include "Samples.h"
#include "Stages.h"
#include "bitnet/CostModel/CostModel.h"
#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "bitnet/Dialect/BitNetRuntime/IR/BitNetRuntime.h"
#include "bitnet/Dialect/ONNX/IR/ONNX.h"
#include "bitnet/Dialect/ONNX/Operators/OperatorTable.h"
#include "bitnet/Kernels/KernelTable.h"
#include "bitnet/Tuning/TimingCache.h"
#include "bitnet/Tuning/Tuner.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <set>
#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::options;
namespace cl = llvm::cl;

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "bitnet-compile") << message << '\n';
  return 1;
}

static int fail(llvm::Error error) {
  return fail(llvm::toString(std::move(error)));
}

/// Prints errors about tensors and layers of a model file as other errors are
/// printed: their location is NameLoc(name, NameLoc(path)). Leaves others,
/// which have a line of an .mlir file, to the next handler.
static LogicalResult reportNamed(Diagnostic &diagnostic, Progress &progress) {
  auto name = dyn_cast<NameLoc>(diagnostic.getLocation());
  if (!name)
    return failure();
  // What was merged from several tensors is where the first is.
  Location child = name.getChildLoc();
  if (auto fused = dyn_cast<FusedLoc>(child))
    if (auto first = dyn_cast<NameLoc>(fused.getLocations().front()))
      child = first.getChildLoc();
  auto path = dyn_cast<NameLoc>(child);
  if (!path && !isa<UnknownLoc>(child))
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

/// Measures kernels for the packing stage.
static llvm::Error chooseByMeasuring(ModuleOp module, Progress &progress) {
  TuningOptions tuning;
  tuning.cachePath = tuneCachePath.getNumOccurrences()
                         ? tuneCachePath
                         : getDefaultTimingCachePath();
  tuning.progress = [&](StringRef what) {
    if (what.empty())
      progress.clear();
    else
      progress.step(what);
  };
  return tuneKernels(module, getTargets(module).front(), tuning, llvm::errs());
}

/// Says what the layers of a graph became and what the packing stage chose.
static llvm::Error writeReport(ModuleOp module) {
  auto print = [&](llvm::raw_ostream &stream) {
    onnx::printRecognition(module, stream);
    onnx::printQuantization(module, stream);
    printReport(module, stream);
  };
  if (reportPath.empty()) {
    print(llvm::errs());
    return llvm::Error::success();
  }
  return writeText(reportPath, [&](llvm::raw_pwrite_stream &stream) {
    print(stream);
    return llvm::Error::success();
  });
}

/// Prints the kernel table.
static void listKernels() {
  llvm::outs() << fmt::format(
      "{:<20} {:<11} {:>4} {:>5} {:>6} {:>6} {:>6}  {}\n", "name", "level",
      "bits", "tile", "GEMV", "GEMM", "tables", "what it does");
  for (const LinearKernel &kernel : getLinearKernels())
    llvm::outs() << fmt::format(
        "{:<20} {:<11} {:>4.2f} {:>5} {:>6} {:>6} {:>6}  {}\n",
        kernel.name.str(), stringifyInstructionSet(kernel.level).str(),
        getBitsPerWeight(kernel.element),
        fmt::format("{}x{}", kernel.lanes * kernel.groups, kernel.tokenTile),
        kernel.cost.gemvCycles, kernel.cost.gemmCycles, kernel.cost.tableCycles,
        kernel.summary.str());
  llvm::outs()
      << "\nbits: of a weight. tile: rows x tokens computed at a time. "
         "GEMV, GEMM: cycles for 256\nweights and one token, alone and "
         "in a tile. tables: cycles for those of 256 activations.\n";
}

/// Prints the ONNX operators of the table: a line for each, with the versions
/// of the operator sets that rows begin at.
static void listOperators() {
  std::map<std::pair<StringRef, StringRef>, std::set<int64_t>> operators;
  for (const onnx::Operator &row : onnx::getOperators())
    operators[{row.domain.empty() ? "ai.onnx" : row.domain, row.type}].insert(
        row.sinceVersion);
  for (const auto &[name, versions] : operators)
    llvm::outs() << fmt::format("{:<14} {:<30} {}\n", name.first.str(),
                                name.second.str(), fmt::join(versions, ", "));
}

int main(int argc, char **argv) {
  llvm::InitLLVM initialize(argc, argv);
#ifdef __GLIBC__
  // The data of a weight goes back to the system when it is freed: its place on
  // the heap would be too small for the merged ones that come next, 200 MB of a
  // model with 2 billion weights.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
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
  for (StringRef argument : ArrayRef(argv, argc)) {
    if (argument == "--kernel=list") {
      listKernels();
      return 0;
    }
    if (argument == "--machine=list") {
      listMachines();
      return 0;
    }
    if (argument == "--operators") {
      listOperators();
      return 0;
    }
  }
  cl::ParseCommandLineOptions(argc, argv,
                              "Compiles a BitNet model to an object file\n");
  if (llvm::Error error = checkOptions())
    return fail(std::move(error));
  if (inspects) {
    if (llvm::Error error = inspectModel())
      return fail(std::move(error));
    return 0;
  }
  if (!isDryRun)
    if (llvm::Error error = checkOutputs())
      return fail(std::move(error));

  DialectRegistry registry;
  registry
      .insert<BitNetDialect, bitnet_isa::BitNetISADialect,
              bitnet_runtime::BitNetRuntimeDialect, arith::ArithDialect,
              cf::ControlFlowDialect, func::FuncDialect, linalg::LinalgDialect,
              LLVM::LLVMDialect, math::MathDialect, memref::MemRefDialect,
              onnx::ONNXDialect, scf::SCFDialect, tensor::TensorDialect,
              vector::VectorDialect>();
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
  ModelFile file;
  llvm::Expected<OwningOpRef<ModuleOp>> module =
      importModel(context, sources, file);
  if (!module)
    return fail(module.takeError());
  if (isDryRun) {
    progress.clear();
    if (llvm::Error error = printDryRun(**module))
      return fail(std::move(error));
    return 0;
  }
  if (emitKind == EmitKind::Executable && !(**module)->hasAttr(modelAttrName))
    return fail("expects a language model for --emit=exe: a graph has no text "
                "to read and write; --emit=obj can be linked into a program");
  if (llvm::Error error = checkQuantizer(**module))
    return fail(std::move(error));
  if (llvm::Error error = setTargets(**module))
    return fail(std::move(error));
  setMachine(**module);
  DefaultTimingManager timingManager;
  applyDefaultTimingManagerCLOptions(timingManager);
  TimingScope timing = timingManager.getRootScope();
  auto report = [](llvm::Error error) {
    if (!error)
      return success();
    fail(std::move(error));
    return failure();
  };
  auto afterStage = [&](LastStage stage) -> LogicalResult {
    if (stage == LastStage::Quantize && !samples.empty()) {
      progress.step("comparing layers on samples");
      return report(measureSamples(**module, registry));
    }
    if (stage == LastStage::Fold && tune)
      return report(chooseByMeasuring(**module, progress));
    if (stage == LastStage::Pack && reportPath.getNumOccurrences()) {
      progress.clear();
      return report(writeReport(**module));
    }
    return success();
  };
  if (failed(runStages(**module, progress, timing, afterStage)))
    return 1;
  timing.stop();
  if (llvm::Error error = writeOutput(**module, progress))
    return fail(std::move(error));
  return 0;
}
