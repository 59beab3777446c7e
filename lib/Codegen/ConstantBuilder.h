//===- ConstantBuilder.h - Constants that the runtime reads -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_CODEGEN_CONSTANTBUILDER_H
#define BITNET_LIB_CODEGEN_CONSTANTBUILDER_H

#include "mlir/Support/LLVM.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"

namespace mlir::bitnet {

/// Makes the descriptors of a module, as lib/Runtime declares them.
class ConstantBuilder {
public:
  explicit ConstantBuilder(llvm::Module &module) : module(module) {}

  llvm::Constant *makeInt32(int64_t value);
  llvm::Constant *makeInt64(int64_t value);
  llvm::Constant *makeNull();
  /// Members lie where C has them.
  llvm::Constant *makeStruct(ArrayRef<llvm::Constant *> members);

  // Pointers to internal constants.
  /// A NUL-terminated string.
  llvm::Constant *makeString(llvm::StringRef text);
  /// Elements are of one type; null if there are none.
  llvm::Constant *makeArray(ArrayRef<llvm::Constant *> elements,
                            llvm::StringRef name);
  llvm::Constant *makeGlobal(llvm::Constant *value, llvm::StringRef name);

private:
  llvm::Module &module;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_CODEGEN_CONSTANTBUILDER_H
