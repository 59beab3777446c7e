//===- InputDimensions.h - Symbolic dimensions of a graph -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_ONNX_INPUTDIMENSIONS_H
#define BITNET_LIB_IMPORT_ONNX_INPUTDIMENSIONS_H

#include "FlatGraph.h"
#include "bitnet/Import/ONNX/ONNXImporter.h"
#include "llvm/ADT/StringMap.h"

#include <variant>

namespace mlir::bitnet {

/// The sizes of the graph's inputs once some symbols have become numbers.
class InputDimensions {
public:
  /// A number, or the name of a symbol.
  using Size = std::variant<int64_t, std::string>;

  /// Checks the inputs of `file` that are neither initializers nor in
  /// `constants`, and that constants fit the inputs they replace; the sizes of
  /// these settle symbols, as `options` does.
  static llvm::Expected<InputDimensions>
  create(const ONNXFile &file, llvm::ArrayRef<InputConstant> constants,
         const ONNXImportOptions &options);

  /// The sizes of an input of the graph.
  const std::vector<Size> &get(llvm::StringRef input) const {
    return sizes.at(input);
  }
  /// The symbols in the order of their first use.
  llvm::ArrayRef<std::string> getSymbols() const { return symbols; }

private:
  llvm::StringMap<std::vector<Size>> sizes;
  std::vector<std::string> symbols;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_ONNX_INPUTDIMENSIONS_H
