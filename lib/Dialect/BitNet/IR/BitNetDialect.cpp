//===- BitNetDialect.cpp - Registration of the bitnet dialect -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include <sys/mman.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::bitnet;

#include "bitnet/Dialect/BitNet/IR/BitNetDialect.cpp.inc"
#include "bitnet/Dialect/BitNet/IR/BitNetEnums.cpp.inc"

#include "bitnet/Dialect/BitNet/IR/BitNetAttrInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "bitnet/Dialect/BitNet/IR/BitNetAttrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "bitnet/Dialect/BitNet/IR/BitNetTypes.cpp.inc"

void BitNetDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "bitnet/Dialect/BitNet/IR/BitNetAttrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "bitnet/Dialect/BitNet/IR/BitNetTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "bitnet/Dialect/BitNet/IR/BitNetOps.cpp.inc"
      >();
}

void BitNetDialect::addMappedFile(ArrayRef<char> bytes) {
  mappedFiles.push_back(bytes);
}

void BitNetDialect::discardPages(ArrayRef<char> bytes) const {
  bool isMapped = llvm::any_of(mappedFiles, [&](ArrayRef<char> file) {
    return bytes.begin() >= file.begin() && bytes.end() <= file.end();
  });
  if (!isMapped)
    return;
  auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  uintptr_t begin =
      llvm::alignTo(reinterpret_cast<uintptr_t>(bytes.begin()), page);
  uintptr_t end =
      llvm::alignDown(reinterpret_cast<uintptr_t>(bytes.end()), page);
  // Advice: what goes wrong costs memory only.
  if (begin < end)
    madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
}
