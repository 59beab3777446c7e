//===- bitnet-bench.cpp - Measures models, kernels and the machine --------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "Report.h"
#include "bitnet/Target/TargetResolver.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace mlir::bitnet;

static int fail(llvm::Error error) {
  llvm::WithColor::error(llvm::errs(), "bitnet-bench")
      << llvm::toString(std::move(error)) << '\n';
  return 1;
}

/// The command of the command line, as a function.
static auto getCommand() -> llvm::Error (*)(TargetAttr, Report &) {
  if (options::limitsCommand)
    return runLimits;
  if (options::kernelsCommand)
    return runKernels;
  if (options::modelCommand)
    return runModel;
  if (options::compareCommand)
    return runCompare;
  if (options::tokenizerCommand)
    return runTokenizer;
  return nullptr;
}

int main(int argc, char **argv) {
  llvm::InitLLVM initialize(argc, argv);
  llvm::cl::SetVersionPrinter([](llvm::raw_ostream &stream) {
    stream << "bitnet-bench " BITNET_VERSION " (LLVM " LLVM_VERSION_STRING
              ")\n";
  });
  options::parse(argc, argv);
  auto command = getCommand();
  if (!command)
    return fail(llvm::createStringError(
        "expects a command: limits, kernels, model, compare or tokenizer; "
        "--help tells more"));
  if (!options::compileOptions.empty() && !options::modelCommand &&
      !options::compareCommand)
    return fail(llvm::createStringError(
        "expects options behind -- with model or compare only"));

  StringRef suffix = llvm::sys::path::extension(options::plotPath);
  if (!options::plotPath.empty() && suffix != ".svg" && suffix != ".png")
    return fail(llvm::createStringError(
        "expects --plot to end in .svg or .png, found '" + options::plotPath +
        "'"));

  MLIRContext context(MLIRContext::Threading::DISABLED);
  loadKernelDialects(context);
  llvm::Expected<TargetAttr> host =
      resolveTarget(&context, /*triple=*/"", "native");
  if (!host)
    return fail(host.takeError());
  Report report(*host);
  if (llvm::Error error = command(*host, report)) {
    report.progress.clear();
    return fail(std::move(error));
  }
  if (llvm::Error error = report.write()) {
    report.progress.clear();
    return fail(std::move(error));
  }
  return 0;
}
