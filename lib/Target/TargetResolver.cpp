//===- TargetResolver.cpp - CPU names to targets --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/TargetResolver.h"
#include "bitnet/Target/TargetFeatures.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace mlir;
using namespace mlir::bitnet;

/// The last of the architecture's levels whose features the CPU has.
static InstructionSet selectLevel(const llvm::Triple &triple,
                                  const llvm::StringSet<> &features) {
  InstructionSet level = InstructionSet::Portable;
  for (InstructionSet candidate :
       triple.isX86() ? getX86Levels() : getAArch64Levels())
    if (llvm::all_of(getLevelFeatures(candidate), [&](StringLiteral name) {
          return features.contains(name);
        }))
      level = candidate;
  return level;
}

llvm::Expected<TargetAttr> mlir::bitnet::resolveTarget(MLIRContext *context,
                                                       StringRef tripleName,
                                                       StringRef cpu) {
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargetMCs();
  llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  llvm::Triple triple(tripleName.empty() ? host.str()
                                         : llvm::Triple::normalize(tripleName));
  std::string message;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, message);
  // The runtime speaks to Linux; the object writer patches ELF.
  if (!target || (!triple.isX86() && !triple.isAArch64()) ||
      !triple.isArch64Bit() || !triple.isOSLinux() ||
      !triple.isOSBinFormatELF() || triple.isX32())
    return llvm::createStringError(
        "expects a triple of 64-bit Linux on x86_64 or aarch64, found '" +
        tripleName + "'");

  std::string name = cpu.str();
  SmallVector<std::string> spelled;
  if (cpu == "native") {
    if (triple.getArch() != host.getArch())
      return llvm::createStringError(
          "expects the name of a CPU for " + triple.str() +
          ": 'native' is the CPU of this machine, " + host.str());
    name = llvm::sys::getHostCPUName().str();
    for (const auto &feature : llvm::sys::getHostCPUFeatures())
      spelled.push_back((feature.second ? "+" : "-") + feature.first().str());
    llvm::sort(spelled);
  } else {
    std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
        target->createMCSubtargetInfo(triple, "", ""));
    if (!subtarget->isCPUStringValid(name))
      return llvm::createStringError(
          "expects 'native' or a CPU of " + triple.str() +
          " (llc -mcpu=help lists them), found '" + cpu + "'");
    if (triple.isX86() &&
        llvm::X86::parseArchX86(name, /*Only64Bit=*/true) == llvm::X86::CK_None)
      return llvm::createStringError("expects a 64-bit CPU, found '" + cpu +
                                     "'");
  }
  std::string features = llvm::join(spelled, ",");
  InstructionSet level =
      selectLevel(triple, getTargetFeatures(triple.str(), name, features));
  return TargetAttr::get(context, triple.str(), name, features, level);
}
