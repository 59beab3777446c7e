//===- Targets.cpp - The machines that a module is compiled for -----------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

llvm::SmallVector<TargetAttr> mlir::bitnet::getTargets(Operation *module) {
  llvm::SmallVector<TargetAttr> targets;
  if (auto array = module->getAttrOfType<ArrayAttr>(targetsAttrName))
    llvm::append_range(targets, array.getAsRange<TargetAttr>());
  return targets;
}

llvm::SmallVector<InstructionSet>
mlir::bitnet::getTargetLevels(Operation *module) {
  llvm::SmallVector<InstructionSet> levels;
  for (TargetAttr target : getTargets(module))
    levels.push_back(target.getLevel());
  if (levels.empty())
    levels.push_back(InstructionSet::Portable);
  return levels;
}

std::string mlir::bitnet::describeTargets(Operation *module) {
  llvm::SmallVector<TargetAttr> targets = getTargets(module);
  if (targets.size() == 1)
    return targets.front().getCpu().str();
  return llvm::join(
      llvm::map_range(getTargetLevels(module), stringifyInstructionSet), ", ");
}

std::string mlir::bitnet::getTargetSymbol(StringRef name, TargetAttr target,
                                          size_t count) {
  if (count <= 1)
    return name.str();
  return (name + "_" + stringifyInstructionSet(target.getLevel())).str();
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

LogicalResult TargetAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 StringRef, StringRef, StringRef features,
                                 InstructionSet) {
  SmallVector<StringRef> names;
  features.split(names, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/!features.empty());
  for (StringRef name : names)
    if (name.size() < 2 || !StringRef("+-").contains(name.front()))
      return emitError() << "expects features of the form +name or -name, "
                            "separated by commas, found '"
                         << features << "'";
  return success();
}

static LogicalResult verifyTargets(Operation *op, Attribute value) {
  auto array = dyn_cast<ArrayAttr>(value);
  if (!array || array.empty() ||
      !llvm::all_of(array, llvm::IsaPred<TargetAttr>))
    return op->emitOpError("expects ")
           << targetsAttrName << " to be an array of #bitnet.target, found "
           << value;
  SmallVector<TargetAttr> targets(array.getAsRange<TargetAttr>());
  for (auto [i, target] : llvm::enumerate(targets)) {
    if (target.getTriple() != targets[0].getTriple())
      return op->emitOpError("expects ")
             << targetsAttrName << " of one triple, found "
             << targets[0].getTriple() << " and " << target.getTriple();
    for (TargetAttr preferred : ArrayRef(targets).take_front(i)) {
      StringRef level = stringifyInstructionSet(target.getLevel());
      if (target.getLevel() == preferred.getLevel())
        return op->emitOpError("expects ")
               << targetsAttrName << " of different levels, found " << level
               << " twice";
      if (includes(target.getLevel(), preferred.getLevel()))
        return op->emitOpError("expects ")
               << targetsAttrName << " to have " << level << " before "
               << stringifyInstructionSet(preferred.getLevel())
               << ", which it includes";
    }
  }
  return success();
}

LogicalResult
BitNetDialect::verifyOperationAttribute(Operation *op,
                                        NamedAttribute attribute) {
  StringRef name = attribute.getName();
  Attribute value = attribute.getValue();
  if (name == targetsAttrName || name == modelAttrName ||
      name == graphAttrName) {
    if (!isa<ModuleOp>(op))
      return op->emitOpError("expects ") << name << " on a module";
    if (name == targetsAttrName)
      return verifyTargets(op, value);
    if (name == modelAttrName ? !isa<ModelAttr>(value) : !isa<GraphAttr>(value))
      return op->emitOpError("expects ")
             << name << " to be a #" << name << ", found " << value;
    return success();
  }
  if (name == targetAttrName || name == kernelAttrName) {
    if (!isa<FunctionOpInterface>(op))
      return op->emitOpError("expects ") << name << " on a function";
    if (name == targetAttrName ? !isa<TargetAttr>(value)
                               : !isa<StringAttr>(value))
      return op->emitOpError("expects ")
             << name << " to be a "
             << (name == targetAttrName ? "#bitnet.target" : "string")
             << ", found " << value;
    return success();
  }
  return success();
}
