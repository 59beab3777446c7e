//===- Codegen.h - From the LLVM dialect to files ---------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_CODEGEN_CODEGEN_H
#define BITNET_CODEGEN_CODEGEN_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <optional>
#include <string>

namespace llvm {
class LLVMContext;
class Module;
} // namespace llvm

namespace mlir::bitnet {

/// A file of weights; see lib/Runtime/WeightsFormat.h.
struct WeightsFile {
  /// The name that the runtime looks for, without a folder.
  std::string name;
  /// Bytes of its contents, and their hash.
  uint64_t contentsSize = 0;
  uint64_t hash = 0;
};

/// How a model's object is built.
struct CodegenOptions {
  /// The symbol that the object defines, a C identifier.
  std::string symbol;
  /// Leave out threads, malloc and the clock: see --threads=none.
  bool withoutThreads = false;
  /// Add the main function of --emit=exe.
  bool withProgram = false;
  /// 0 to 3, as for clang.
  unsigned optimizationLevel = 3;
  /// Where the weights are if they are not in the object, which
  /// `emitWeightsFile` returned for the same module.
  std::optional<WeightsFile> weightsFile;
};

/// Most bytes of weights in an object: the small code model reaches 2 GiB, and
/// code needs room, too.
constexpr int64_t mostObjectWeights = int64_t(2047) << 20;

/// Bytes of the weights of a planned module; 0: it is not planned.
int64_t getWeightsSize(ModuleOp module);

/// Writes the weights of a planned module, but for those that the runtime needs
/// without a session, to `path`, which must be a regular file that the caller
/// will rename into place; to no file if it is empty. They go from the blobs
/// straight to the file. `progress` is told the bytes done, now and then.
llvm::Expected<WeightsFile>
emitWeightsFile(ModuleOp module, StringRef path, StringRef name,
                function_ref<void(int64_t)> progress);

/// A blob's bytes and their place in the weights section. Point into the MLIR
/// context's resources.
struct SectionBlob {
  int64_t offset;
  ArrayRef<char> bytes;
};

/// A model as LLVM IR: its code with the runtime linked in and optimised, and
/// the blobs of its weights section, which are no part of the IR.
struct CompiledModel {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  std::vector<SectionBlob> blobs;
  /// Backing of blobs that are splats in IR.
  std::vector<std::unique_ptr<std::vector<char>>> scratch;

  CompiledModel();
  CompiledModel(CompiledModel &&);
  ~CompiledModel();
};

/// Translates a module of the LLVM dialect and blobs, as `bitnet-to-llvm`
/// leaves it, links the runtime and optimises. The blobs are erased from
/// `module`.
llvm::Expected<CompiledModel> compileToLLVM(ModuleOp module,
                                            const CodegenOptions &options);

/// Writes assembly. The weights section is zeros there.
llvm::Error emitAssembly(CompiledModel &model, llvm::raw_pwrite_stream &stream);

/// Writes a relocatable object to `path`, which must be a regular file that
/// the caller will rename into place. Weights go from the blobs straight to
/// their section in the file. `progress` is told the bytes of them done, now
/// and then.
llvm::Error emitObject(CompiledModel &model, StringRef path,
                       function_ref<void(int64_t)> progress = {});

/// Writes the C header of a model: runtime.h or graph.h, the declaration of
/// `symbol` and, for a graph, functions with typed arguments.
void emitHeader(ModuleOp module, StringRef symbol, llvm::raw_ostream &stream);

/// Whether `name` can be the symbol of a model in C and C++: an identifier that
/// neither language, nor the header, nor the C library uses.
bool isIdentifier(StringRef name);

/// Links an object into an executable, or a shared library, at `output` with
/// the system's C compiler.
llvm::Error linkObject(StringRef object, StringRef output, bool isShared);

} // namespace mlir::bitnet

#endif // BITNET_CODEGEN_CODEGEN_H
