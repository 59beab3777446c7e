//===- Output.cpp - Writing what was asked for ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Output.h"
#include "Options.h"
#include "Support/OutputFile.h"
#include "bitnet/Codegen/Codegen.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::options;

/// The input's file name, or its folder's.
static std::string getInputName() {
  StringRef path = inputPath;
  if (!llvm::sys::fs::is_directory(path)) {
    if (llvm::sys::path::filename(path) != "config.json")
      return llvm::sys::path::filename(path).str();
    path = llvm::sys::path::parent_path(path);
  }
  // Links keep their names; "", "." and ".." are none.
  SmallString<128> folder = path;
  llvm::sys::fs::make_absolute(folder);
  llvm::sys::path::remove_dots(folder, /*remove_dot_dot=*/true);
  return llvm::sys::path::filename(folder).str();
}

/// That name without what only says how a file is stored.
static std::string getModelStem() {
  std::string name = getInputName();
  StringRef stem = name;
  for (StringRef extension : {".gguf", ".onnx", ".mlir"})
    if (stem.consume_back(extension))
      break;
  // Every part of a model in several files stands for the model.
  if (llvm::Regex("-[0-9]{5}-of-[0-9]{5}$").match(stem))
    stem = stem.drop_back(StringRef("-00001-of-00001").size());
  for (StringRef suffix : {".i2_s", ".tq1_0", ".tq2_0", ".q1_0", ".q8_0",
                           ".q6_k", ".bf16", ".f16", ".f32"})
    if (stem.consume_back_insensitive(suffix))
      break;
  return stem.empty() || stem == "-" ? "model" : stem.str();
}

/// The name of the output if none is given.
static std::string getDefaultOutput() {
  static const char *const suffixes[] = {".o", ".s", ".ll", ".mlir", "", ".so"};
  return getModelStem() + suffixes[unsigned(emitKind.getValue())];
}

/// The symbol that the object defines if no name is given.
static std::string getDefaultSymbol(StringRef output) {
  std::string name =
      output == "-" ? getModelStem() : llvm::sys::path::stem(output).str();
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

llvm::Error
bitnet::writeText(StringRef path,
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

/// The file of weights that goes with an output.
static std::string getWeightsPath(StringRef output) {
  SmallString<128> path(output);
  llvm::sys::path::replace_extension(path, ".weights");
  return path.str().str();
}

/// Whether the weights of a planned module go to a file.
static bool isWeightsFileWanted(ModuleOp module) {
  if (weightsPlace != WeightsPlace::Auto)
    return weightsPlace == WeightsPlace::File;
  return module->hasAttr(modelAttrName) &&
         getWeightsSize(module) > mostObjectWeights;
}

/// Whether --emit makes something that a program is made of, or that is one.
static bool writesProgramCode() {
  return emitKind == EmitKind::Object || emitKind == EmitKind::Executable ||
         emitKind == EmitKind::Shared;
}

/// Writes an object, an executable or a shared library, and its header.
static llvm::Error writeBinary(ModuleOp module, CompiledModel &model,
                               StringRef path, StringRef symbol,
                               Progress &progress) {
  llvm::Expected<OutputFile> output = OutputFile::create(path);
  if (!output)
    return output.takeError();
  int64_t size = getWeightsSize(module);
  auto showBytes = [&](int64_t done) {
    progress.showBytes("writing " + path.str(), done, size);
  };
  if (emitKind == EmitKind::Object) {
    if (llvm::Error error =
            emitObject(model, output->getTemporaryPath(), showBytes))
      return error;
  } else {
    llvm::Expected<OutputFile> object = OutputFile::create(path.str() + ".o");
    if (!object)
      return object.takeError();
    if (llvm::Error error =
            emitObject(model, object->getTemporaryPath(), showBytes))
      return error;
    progress.step("linking " + path.str());
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

static std::string getOutputPath() {
  return outputPath.empty() ? getDefaultOutput() : outputPath;
}

llvm::Error bitnet::checkOutputs() {
  // What is written, and the option that names it.
  std::vector<std::pair<std::string, StringRef>> files = {
      {getOutputPath(), "-o"}};
  if (emitKind == EmitKind::Object || emitKind == EmitKind::Shared)
    files.emplace_back(getHeaderPath(getOutputPath()), "-o");
  if (writesProgramCode() && weightsPlace != WeightsPlace::Object)
    files.emplace_back(getWeightsPath(getOutputPath()), "-o");
  if (!reportPath.empty())
    files.emplace_back(reportPath, "--report");
  for (size_t i = 0; i < files.size(); ++i) {
    const auto &[path, option] = files[i];
    if (llvm::sys::fs::equivalent(path, inputPath))
      return llvm::createStringError("expects " + option +
                                     " to name another file: '" + path +
                                     "' is the input");
    for (StringRef constant : constantInputs)
      if (llvm::sys::fs::equivalent(path, constant.split('=').second))
        return llvm::createStringError("expects " + option +
                                       " to name another file: '" + path +
                                       "' is read by --constant");
    if (path == "-")
      continue;
    for (size_t other = 0; other < i; ++other)
      if (path == files[other].first ||
          llvm::sys::fs::equivalent(path, files[other].first))
        return llvm::createStringError(
            "expects " + option + " to name another file: '" + path +
            (option != "-o" ? "' is written, too"
             : i == 1 && files[1].first == getHeaderPath(getOutputPath())
                 ? "' is the header"
                 : "' is the file of weights"));
  }
  return llvm::Error::success();
}

llvm::Error bitnet::writeOutput(ModuleOp module, Progress &progress) {
  std::string path = getOutputPath();
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
  options.withoutThreads = threadSupport == ThreadSupport::None;
  options.withProgram = emitKind == EmitKind::Executable;
  options.optimizationLevel = optimizationLevel;
  // The object has the hash of the file, which is renamed into place before it.
  std::optional<OutputFile> weights;
  if (isWeightsFileWanted(module)) {
    std::string weightsPath = getWeightsPath(path);
    if (writesProgramCode() && path != "-") {
      llvm::Expected<OutputFile> file = OutputFile::create(weightsPath);
      if (!file)
        return file.takeError();
      weights.emplace(std::move(*file));
    }
    int64_t size = getWeightsSize(module);
    if (llvm::Error error =
            emitWeightsFile(module, weights ? weights->getTemporaryPath() : "",
                            llvm::sys::path::filename(weightsPath),
                            [&](int64_t done) {
                              progress.showBytes("writing " + weightsPath, done,
                                                 size);
                            })
                .moveInto(options.weightsFile))
      return error;
  }
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
    if (weights)
      if (llvm::Error error = weights->keep())
        return error;
    return writeBinary(module, *model, path, options.symbol, progress);
  }
}
