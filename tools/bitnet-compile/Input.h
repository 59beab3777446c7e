//===- Input.h - Reading models and settling their target -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TOOLS_BITNET_COMPILE_INPUT_H
#define BITNET_TOOLS_BITNET_COMPILE_INPUT_H

#include "bitnet/Import/GGUF/GGUFImporter.h"
#include "bitnet/Import/HuggingFace/HuggingFaceImporter.h"
#include "bitnet/Import/ONNX/ONNXImporter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/SourceMgr.h"

namespace mlir::bitnet {

/// The file that a module was imported from and has views of; it must outlive
/// the module. All are null for MLIR.
struct ModelFile {
  std::unique_ptr<GGUFFile> gguf;
  std::unique_ptr<ModelFolder> folder;
  std::unique_ptr<ONNXFile> onnx;
};

/// Reads the input: a GGUF or ONNX file, a folder of Hugging Face, or MLIR.
llvm::Expected<OwningOpRef<ModuleOp>>
importModel(MLIRContext &context, llvm::SourceMgr &sources, ModelFile &file);

/// Checks that --quantize and what goes with it are for such a module: graphs
/// have float layers that may become 8 bits, language models only masters.
llvm::Error checkQuantizer(ModuleOp module);

/// Sets the module's targets: what the command line says, or else the module,
/// or else this machine; a single one at the level of the kernel if one is
/// asked for. Errors: an unknown CPU or triple, and another target than that
/// which weights have been packed for.
llvm::Error setTargets(ModuleOp module);

/// Says what machine kernels are chosen for, unless the module does.
void setMachine(ModuleOp module);

} // namespace mlir::bitnet

#endif // BITNET_TOOLS_BITNET_COMPILE_INPUT_H
