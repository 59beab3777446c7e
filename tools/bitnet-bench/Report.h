//===- Report.h - What a command of bitnet-bench found ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_BENCH_REPORT_H
#define BITNET_TOOLS_BITNET_BENCH_REPORT_H

#include "Limits.h"
#include "Support/Progress.h"
#include "llvm/Support/JSON.h"

namespace mlir::bitnet {

/// The results of one command: text for people as they come, and an object for
/// --json and --plot at the end.
class Report {
public:
  explicit Report(TargetAttr host);

  /// Where text goes: standard output, or nowhere if JSON goes there.
  llvm::raw_ostream &text();

  /// Members of the JSON object.
  llvm::json::Object json;

  /// The line on the terminal that says what is being done.
  Progress progress;

  /// Writes the files that the options ask for.
  llvm::Error write();

private:
  llvm::Error plot();
};

/// {"median": ..., "best": ...}, both per second.
llvm::json::Object toJSON(const Rate &rate);

/// {"median": ..., "best": ..., "rounds": ...}, in seconds.
llvm::json::Object toJSON(const Timing &timing);

//===--- Commands -------------------------------------------------------===//

/// Each measures what the options say and reports it.
llvm::Error runLimits(TargetAttr host, Report &report);
llvm::Error runKernels(TargetAttr host, Report &report);
llvm::Error runModel(TargetAttr host, Report &report);
llvm::Error runCompare(TargetAttr host, Report &report);
/// Measures tokenizing and what it takes to turn tokens into text. Errors: a
/// file that has no tokenizer, a text that cannot be read or is empty.
llvm::Error runTokenizer(TargetAttr host, Report &report);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_BENCH_REPORT_H
