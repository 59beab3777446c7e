//===- TokenizerCommand.cpp - bitnet-bench tokenizer ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelDescriptor.h"
#include "ModelLibrary.h"
#include "Options.h"
#include "Report.h"
#include "Table.h"
#include "bitnet/Import/GGUF/GGUFTokenizer.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/WithColor.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::bitnet;

extern "C" const bitnet_model_functions bitnet_runtime_functions;

namespace {
/// The tokenizer of a GGUF file, which may have nothing else.
class FileTokenizer {
public:
  static llvm::Expected<std::unique_ptr<FileTokenizer>> read(StringRef path);

  const bitnet_model *get() const { return &model; }

private:
  std::vector<char> tables;
  bitnet_model_descriptor descriptor = {};
  bitnet_model model = {};
};

/// A text and its tokens.
class TokenizerRuns {
public:
  TokenizerRuns(const bitnet_model *model, StringRef text)
      : model(model), text(text), copy(text.size()) {}

  /// Errors: a model without a tokenizer, a text that it refuses.
  llvm::Error prepare();
  void tokenize();
  void detokenize();
  size_t getTokenCount() const { return tokens.size(); }

private:
  const bitnet_model *model;
  StringRef text;
  std::vector<int32_t> tokens;
  std::vector<char> copy;
};
} // namespace

llvm::Expected<std::unique_ptr<FileTokenizer>>
FileTokenizer::read(StringRef path) {
  auto file = GGUFFile::open(path);
  if (!file)
    return file.takeError();
  auto texts = (*file)->getStringArray("tokenizer.ggml.tokens");
  if (!texts)
    return texts.takeError();
  auto warn = [&](StringRef key, StringRef text) {
    llvm::WithColor::warning(llvm::errs(), "bitnet-bench")
        << path << ": '" << key << "': " << text << '\n';
  };
  auto tables = readTokenizer(**file, texts->size(), warn);
  if (!tables)
    return tables.takeError();
  if (!*tables)
    return llvm::createStringError(path + ": expects a tokenizer, found none");
  auto tokenizer = std::make_unique<FileTokenizer>();
  tokenizer->tables = std::move(**tables);
  tokenizer->descriptor.vocabulary_size = texts->size();
  tokenizer->descriptor.tokenizer = tokenizer->tables.data();
  tokenizer->descriptor.tokenizer_size = tokenizer->tables.size();
  tokenizer->model = {&bitnet_runtime_functions, &tokenizer->descriptor};
  return tokenizer;
}

llvm::Error TokenizerRuns::prepare() {
  size_t count = 0;
  bitnet_status status =
      bitnet_tokenize(model, text.data(), text.size(), 0, nullptr, 0, &count);
  if (status != BITNET_BUFFER_TOO_SMALL)
    return llvm::createStringError(
        "expects a text and a model that can tokenize it, found status " +
        llvm::Twine(int(status)));
  tokens.resize(count);
  tokenize();
  size_t length = 0;
  bitnet_detokenize(model, tokens.data(), count, 0, nullptr, 0, &length);
  copy.resize(length);
  return llvm::Error::success();
}

void TokenizerRuns::tokenize() {
  size_t count;
  bitnet_tokenize(model, text.data(), text.size(), 0, tokens.data(),
                  tokens.size(), &count);
}

void TokenizerRuns::detokenize() {
  size_t length;
  bitnet_detokenize(model, tokens.data(), tokens.size(), 0, copy.data(),
                    copy.size(), &length);
}

static llvm::Error measure(const bitnet_model *model, StringRef text,
                           const TimingOptions &timing, Report &report) {
  TokenizerRuns runs(model, text);
  if (llvm::Error error = runs.prepare())
    return error;

  auto repeat = [](auto function) {
    return [=](int64_t calls) {
      for (int64_t i = 0; i < calls; ++i)
        function();
    };
  };
  std::vector<Timing> times = measureInTurn(
      {repeat([&] { runs.tokenize(); }), repeat([&] { runs.detokenize(); })},
      timing);
  Table table({"test", "bytes", "tokens", "MB/s", "best MB/s"});
  llvm::json::Array rows;
  constexpr StringRef names[] = {"tokenize", "detokenize"};
  for (auto [name, time] : llvm::zip_equal(names, times)) {
    auto size = static_cast<double>(text.size());
    table.addRow({name.str(), std::to_string(text.size()),
                  std::to_string(runs.getTokenCount()),
                  fmt::format("{:.1f}", size / time.median * 1e-6),
                  fmt::format("{:.1f}", size / time.best * 1e-6)});
    rows.push_back(llvm::json::Object{{"test", name},
                                      {"bytes", text.size()},
                                      {"tokens", runs.getTokenCount()},
                                      {"seconds", toJSON(time)}});
  }
  report.json["tokenizer"] = std::move(rows);
  table.print(report.text());
  return llvm::Error::success();
}

llvm::Error mlir::bitnet::runTokenizer(TargetAttr, Report &report) {
  auto timing = options::getTimingOptions();
  if (!timing)
    return timing.takeError();
  auto buffer = llvm::MemoryBuffer::getFile(options::textPath);
  if (!buffer)
    return llvm::createStringError("cannot read '" + options::textPath +
                                   "': " + buffer.getError().message());
  StringRef text = (*buffer)->getBuffer();
  // Files of models are not compiled, for they may have nothing else.
  if (StringRef(options::modelPath).ends_with(".gguf")) {
    auto tokenizer = FileTokenizer::read(options::modelPath);
    if (!tokenizer)
      return tokenizer.takeError();
    return measure((*tokenizer)->get(), text, *timing, report);
  }
  auto library = ModelLibrary::create(options::modelPath, {}, report.progress);
  if (!library)
    return library.takeError();
  auto model = LoadedModel::load(*library);
  if (!model)
    return model.takeError();
  return measure(model->get(), text, *timing, report);
}
