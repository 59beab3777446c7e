//===- ModelEntry.cpp - The function that sessions run --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelEntry.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/ReplaceConstant.h"

using namespace mlir;
using namespace mlir::bitnet;

llvm::Expected<llvm::Function *>
mlir::bitnet::makeModelEntry(llvm::Function *function) {
  llvm::Module &module = *function->getParent();
  llvm::FunctionType *type = function->getFunctionType();
  llvm::Type *pointer = llvm::PointerType::getUnqual(module.getContext());
  // As bitnet_evaluate_function has them, but for the weights.
  constexpr llvm::StringLiteral signature = "iippppippippipipp";
  bool matches = type->getReturnType()->isVoidTy() &&
                 type->getNumParams() == signature.size();
  for (size_t i = 0; matches && i < signature.size(); ++i)
    matches = signature[i] == 'i' ? type->getParamType(i)->isIntegerTy(64)
                                  : type->getParamType(i)->isPointerTy();
  if (!matches)
    return llvm::createStringError("expects @" + function->getName() +
                                   " to be a planned entry function");

  SmallVector<llvm::Type *> parameters(type->params());
  parameters.push_back(pointer);
  auto *entry = llvm::Function::Create(
      llvm::FunctionType::get(type->getReturnType(), parameters, false),
      function->getLinkage(), function->getAddressSpace());
  module.getFunctionList().insert(function->getIterator(), entry);
  entry->copyAttributesFrom(function);
  entry->takeName(function);
  entry->splice(entry->begin(), function);
  for (auto [from, to] : llvm::zip(function->args(), entry->args()))
    from.replaceAllUsesWith(&to);
  function->eraseFromParent();

  llvm::Argument *weights = entry->getArg(type->getNumParams());
  weights->setName("weights");
  weights->addAttr(
      llvm::Attribute::getWithAlignment(module.getContext(), llvm::Align(64)));
  llvm::GlobalVariable *symbol = module.getNamedGlobal(weightsSymbolName);
  if (!symbol)
    return entry;
  llvm::convertUsersOfConstantsToInstructions({symbol}, entry);
  symbol->replaceUsesWithIf(weights, [&](llvm::Use &use) {
    auto *user = llvm::dyn_cast<llvm::Instruction>(use.getUser());
    return user && user->getFunction() == entry;
  });
  return entry;
}
