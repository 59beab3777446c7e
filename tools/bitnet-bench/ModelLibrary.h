//===- ModelLibrary.h - A model as a shared library -------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_BENCH_MODELLIBRARY_H
#define BITNET_TOOLS_BITNET_BENCH_MODELLIBRARY_H

#include "Support/Progress.h"
#include "bitnet/runtime.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <optional>
#include <string>

namespace mlir::bitnet {

/// Products of one pass over a model, from the shapes in its file.
struct ModelProducts {
  /// Of the layers, for each token, and of the output head, for each token
  /// whose logits are wanted.
  double layers, head;
};

/// What compiling a model took.
struct CompileCost {
  double seconds;
  /// Of all that the compiler's process had in memory; 0: not known.
  int64_t peakBytes;
};

/// A shared library that defines one model. One that was compiled here is in a
/// temporary folder and goes with this object.
class ModelLibrary {
public:
  /// `path`: a GGUF file, compiled with `options` by the bitnet-compile beside
  /// this program, or a shared library that bitnet-compile made. Errors:
  /// neither of both, options for a shared library, a compilation that fails
  /// (it has said why), a library with no model or several.
  static llvm::Expected<ModelLibrary>
  create(llvm::StringRef path, llvm::ArrayRef<std::string> options,
         Progress &progress);
  ModelLibrary(ModelLibrary &&other);
  ~ModelLibrary();

  /// Only if it was compiled here.
  const std::optional<CompileCost> &getCompileCost() const { return cost; }
  /// Only of GGUF files.
  const std::optional<ModelProducts> &getProducts() const { return products; }

private:
  friend class LoadedModel;
  ModelLibrary() = default;
  llvm::Error compile(llvm::StringRef path, llvm::ArrayRef<std::string> options,
                      Progress &progress);
  llvm::Error countProducts(llvm::StringRef path);
  llvm::Error findSymbol();

  std::string path, symbol;
  /// The folder to remove; empty: none.
  std::string folder;
  std::optional<CompileCost> cost;
  std::optional<ModelProducts> products;
};

/// A library in this process.
class LoadedModel {
public:
  /// Errors: what the system's loader says, another version of runtime.h.
  static llvm::Expected<LoadedModel> load(const ModelLibrary &library);

  const bitnet_model *get() const { return model; }
  const bitnet_model_info &getInfo() const { return info; }

private:
  LoadedModel() = default;

  struct Close {
    void operator()(void *handle) const;
  };
  std::unique_ptr<void, Close> handle;
  const bitnet_model *model = nullptr;
  bitnet_model_info info;
};

/// A session that ends with this object.
using SessionPointer =
    std::unique_ptr<bitnet_session, decltype(&bitnet_session_destroy)>;

/// Makes a session of `threads` threads for `positions` positions.
llvm::Expected<SessionPointer>
createSession(const bitnet_model *model, unsigned threads, uint32_t positions);

/// The code that sessions of the model run.
llvm::Expected<bitnet_variant_info> getVariant(const bitnet_model *model);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_BENCH_MODELLIBRARY_H
