//===- Report.cpp - What a command of bitnet-bench found ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"

#include "Options.h"
#include "Support/OutputFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace mlir::bitnet;

llvm::json::Object mlir::bitnet::toJSON(const Rate &rate) {
  return llvm::json::Object{{"median", rate.median}, {"best", rate.best}};
}

llvm::json::Object mlir::bitnet::toJSON(const Timing &timing) {
  return llvm::json::Object{{"median", timing.median},
                            {"best", timing.best},
                            {"rounds", timing.rounds}};
}

Report::Report(TargetAttr host) {
  llvm::json::Array caches;
  for (const HostCache &cache : getHostCaches())
    caches.push_back(llvm::json::Object{{"level", cache.level},
                                        {"bytes", cache.bytes},
                                        {"processors", cache.processors}});
  json["machine"] =
      llvm::json::Object{{"cpu", host.getCpu()},
                         {"level", stringifyInstructionSet(host.getLevel())},
                         {"processors", ThreadTeam::getProcessors()},
                         {"caches", std::move(caches)}};
}

llvm::raw_ostream &Report::text() {
  progress.clear();
  return options::jsonPath == "-" ? llvm::nulls() : llvm::outs();
}

/// Writes `text` to a file that appears whole or not at all.
static llvm::Error writeFile(StringRef path, StringRef text) {
  llvm::Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  std::error_code error;
  llvm::raw_fd_ostream stream(file->getTemporaryPath(), error);
  if (error)
    return llvm::createFileError(path, error);
  stream << text;
  stream.close();
  if (stream.has_error()) {
    error = stream.error();
    stream.clear_error();
    return llvm::createFileError(path, error);
  }
  return file->keep();
}

llvm::Error Report::write() {
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::formatv("{0:2}\n", llvm::json::Value(llvm::json::Object(json)));
  if (options::jsonPath == "-")
    llvm::outs() << text;
  else if (!options::jsonPath.empty())
    if (llvm::Error error = writeFile(options::jsonPath, text))
      return error;
  return options::plotPath.empty() ? llvm::Error::success() : plot();
}

/// Runs python/bitnet_roofline.py, which the build puts beside this program,
/// on the results.
llvm::Error Report::plot() {
  progress.step("plotting");
  llvm::SmallString<128> script(llvm::sys::path::parent_path(
      llvm::sys::fs::getMainExecutable(nullptr, nullptr)));
  llvm::sys::path::append(script, "bitnet_roofline.py");
  const char *chosen = std::getenv("PYTHON");
  llvm::ErrorOr<std::string> python =
      llvm::sys::findProgramByName(chosen && *chosen ? chosen : "python3");
  if (!python)
    return llvm::createStringError(
        "expects python3 in PATH, or PYTHON to name it, for --plot");
  llvm::SmallString<128> results;
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile("bitnet-bench", "json", results))
    return llvm::createStringError(error, "cannot write a temporary file");
  llvm::FileRemover remover(results);
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(llvm::json::Object(json));
  if (llvm::Error error = writeFile(results, text))
    return error;
  std::string message;
  int status = llvm::sys::ExecuteAndWait(
      *python, {*python, "-B", script, results, "-o", options::plotPath},
      /*Env=*/std::nullopt, /*Redirects=*/{}, /*SecondsToWait=*/0,
      /*MemoryLimit=*/0, &message);
  if (status != 0)
    return llvm::createStringError(
        "cannot write '" + options::plotPath +
        "': " + (message.empty() ? "the script failed" : message));
  return llvm::Error::success();
}
