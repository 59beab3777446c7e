//===- ONNXImporter.h - From an ONNX file to the onnx dialect ---*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_ONNX_ONNXIMPORTER_H
#define BITNET_IMPORT_ONNX_ONNXIMPORTER_H

#include "bitnet/Import/ONNX/ONNXReader.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mlir::bitnet {

/// What is settled at import beyond what the file says.
struct ONNXImportOptions {
  /// A symbolic dimension of the inputs that becomes a number.
  struct Dimension {
    std::string name;
    /// In [1, 2^31).
    int64_t size;
  };
  /// An input that becomes a constant.
  struct Constant {
    std::string name;
    /// A file with a serialized tensor.
    std::string path;
  };
  std::vector<Dimension> dimensions;
  std::vector<Constant> constants;
  /// Whether there is an operator `type` of `domain` in `version` of the
  /// domain's set. Empty: any operator may be used.
  std::function<bool(llvm::StringRef domain, llvm::StringRef type,
                     int64_t version)>
      isSupported;
};

/// Imports a graph as a module with the function `@main` as the onnx dialect
/// describes it. Functions of the file are inlined, initializers and `Constant`
/// nodes become `onnx.constant`, and nodes that no output needs are left out.
///
/// `file` must outlive the module: constants of more than 2 KiB are views
/// of what it holds, if they are aligned there. BOOL and elements of less than
/// a byte are dense attributes of any size, because MLIR's resources do not say
/// how such elements are stored.
///
/// Every dynamic dimension of an input is a symbol: called by the name that the
/// file has for it, or else `<input>_dim<index>`.
///
/// Errors name the node or tensor at fault; operators that are not supported
/// are all listed in one.
llvm::Expected<OwningOpRef<ModuleOp>>
importONNX(MLIRContext &context, ONNXFile &file,
           const ONNXImportOptions &options = {});

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_ONNX_ONNXIMPORTER_H
