//===- ConstantBuilder.cpp - Constants that the runtime reads -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantBuilder.h"

using namespace mlir;
using namespace mlir::bitnet;

llvm::Constant *ConstantBuilder::makeInt32(int64_t value) {
  return llvm::ConstantInt::getSigned(
      llvm::Type::getInt32Ty(module.getContext()), value);
}

llvm::Constant *ConstantBuilder::makeInt64(int64_t value) {
  return llvm::ConstantInt::getSigned(
      llvm::Type::getInt64Ty(module.getContext()), value);
}

llvm::Constant *ConstantBuilder::makeNull() {
  return llvm::ConstantPointerNull::get(
      llvm::PointerType::getUnqual(module.getContext()));
}

llvm::Constant *
ConstantBuilder::makeStruct(ArrayRef<llvm::Constant *> members) {
  return llvm::ConstantStruct::getAnon(module.getContext(), members);
}

llvm::Constant *ConstantBuilder::makeString(llvm::StringRef text) {
  llvm::Constant *data =
      llvm::ConstantDataArray::getString(module.getContext(), text);
  auto *string = new llvm::GlobalVariable(
      module, data->getType(),
      /*isConstant=*/true, llvm::GlobalValue::PrivateLinkage, data, "string");
  string->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  return string;
}

llvm::Constant *ConstantBuilder::makeArray(ArrayRef<llvm::Constant *> elements,
                                           llvm::StringRef name) {
  if (elements.empty())
    return makeNull();
  return makeGlobal(
      llvm::ConstantArray::get(
          llvm::ArrayType::get(elements.front()->getType(), elements.size()),
          elements),
      name);
}

llvm::Constant *ConstantBuilder::makeGlobal(llvm::Constant *value,
                                            llvm::StringRef name) {
  return new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                  llvm::GlobalValue::InternalLinkage, value,
                                  name);
}
