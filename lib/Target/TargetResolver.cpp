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

/// The triple of that name; empty: this machine's.
static llvm::Expected<llvm::Triple> resolveTriple(StringRef name) {
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargetMCs();
  llvm::Triple triple(name.empty() ? llvm::sys::getDefaultTargetTriple()
                                   : llvm::Triple::normalize(name));
  std::string message;
  // The runtime speaks to Linux; the object writer patches ELF.
  if (!llvm::TargetRegistry::lookupTarget(triple, message) ||
      (!triple.isX86() && !triple.isAArch64()) || !triple.isArch64Bit() ||
      !triple.isOSLinux() || !triple.isOSBinFormatELF() || triple.isX32())
    return llvm::createStringError(
        "expects a triple of 64-bit Linux on x86_64 or aarch64, found '" +
        name + "'");
  return triple;
}

llvm::Expected<TargetAttr> mlir::bitnet::resolveTarget(MLIRContext *context,
                                                       StringRef tripleName,
                                                       StringRef cpu) {
  llvm::Expected<llvm::Triple> found = resolveTriple(tripleName);
  if (!found)
    return found.takeError();
  const llvm::Triple &triple = *found;
  std::string name = cpu.str();
  SmallVector<std::string> spelled;
  if (cpu == "native") {
    llvm::Triple host(llvm::sys::getDefaultTargetTriple());
    if (triple.getArch() != host.getArch())
      return llvm::createStringError(
          "expects the name of a CPU for " + triple.str() +
          ": 'native' is the CPU of this machine, " + host.str());
    name = llvm::sys::getHostCPUName().str();
    for (const auto &feature : llvm::sys::getHostCPUFeatures())
      spelled.push_back((feature.second ? "+" : "-") + feature.first().str());
    llvm::sort(spelled);
  } else {
    std::string message;
    std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
        llvm::TargetRegistry::lookupTarget(triple, message)
            ->createMCSubtargetInfo(triple, "", ""));
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

llvm::Error mlir::bitnet::checkTarget(TargetAttr target) {
  StringRef triple = target.getTriple();
  llvm::Expected<TargetAttr> known =
      resolveTarget(target.getContext(), triple, target.getCpu());
  if (!known)
    return known.takeError();
  InstructionSet level = selectLevel(
      llvm::Triple(triple),
      getTargetFeatures(triple, target.getCpu(), target.getFeatures()));
  if (!includes(level, target.getLevel()))
    return llvm::createStringError(
        "expects a CPU of level " + stringifyInstructionSet(target.getLevel()) +
        " on " + triple + ", found '" + target.getCpu() + "' with features '" +
        target.getFeatures() + "' of level " + stringifyInstructionSet(level));
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Several targets
//===----------------------------------------------------------------------===//

namespace {
/// The least CPU of a level: LLVM's name and what that lacks.
struct LevelTarget {
  InstructionSet level;
  StringLiteral cpu, features;
};
} // namespace

// Oldest first. What every CPU of an architecture has comes first; NEON is that
// of AArch64, whose portable level only stands in for it.
static constexpr LevelTarget x86Targets[] = {
    {InstructionSet::Portable, "x86-64", ""},
    {InstructionSet::SSSE3, "x86-64", "+ssse3"},
    {InstructionSet::AVX2, "x86-64-v3", ""},
    {InstructionSet::AVXVNNI, "x86-64-v3", "+avxvnni"},
    {InstructionSet::AVX512BW, "x86-64-v4", ""},
    {InstructionSet::AVX512VNNI, "x86-64-v4", "+avx512vnni"},
    {InstructionSet::AVX512VBMI, "x86-64-v4", "+avx512vnni,+avx512vbmi"},
};
static constexpr LevelTarget aarch64Targets[] = {
    {InstructionSet::Portable, "generic", ""},
    {InstructionSet::NEON, "generic", ""},
    {InstructionSet::DotProd, "generic", "+dotprod"},
    {InstructionSet::I8MM, "generic", "+dotprod,+i8mm"},
};

static SmallVector<TargetAttr>
listLevels(MLIRContext *context, const llvm::Triple &triple,
           function_ref<bool(InstructionSet)> hasKernels) {
  ArrayRef<LevelTarget> rows = x86Targets;
  if (triple.isAArch64())
    rows = aarch64Targets;
  SmallVector<TargetAttr> targets;
  for (const LevelTarget &row : rows) {
    if (row.level != InstructionSet::Portable && !hasKernels(row.level))
      continue;
    auto target = TargetAttr::get(context, triple.str(), row.cpu, row.features,
                                  row.level);
    bool needsNoMore = !targets.empty() && targets.back().getCpu() == row.cpu &&
                       targets.back().getFeatures() == row.features;
    if (needsNoMore)
      targets.back() = target;
    else
      targets.push_back(target);
  }
  return targets;
}

llvm::Expected<SmallVector<TargetAttr>>
mlir::bitnet::resolveTargets(MLIRContext *context, StringRef tripleName,
                             StringRef cpus,
                             function_ref<bool(InstructionSet)> hasKernels) {
  SmallVector<TargetAttr> targets;
  if (cpus == "multi") {
    llvm::Expected<llvm::Triple> triple = resolveTriple(tripleName);
    if (!triple)
      return triple.takeError();
    targets = listLevels(context, *triple, hasKernels);
  } else {
    SmallVector<StringRef> names;
    cpus.split(names, ',');
    for (StringRef name : names) {
      llvm::Expected<TargetAttr> target =
          resolveTarget(context, tripleName, name);
      if (!target)
        return target.takeError();
      for (TargetAttr other : targets)
        if (other.getLevel() == target->getLevel())
          return llvm::createStringError(
              "expects CPUs of different levels, found '" + other.getCpu() +
              "' and '" + target->getCpu() + "' of level " +
              stringifyInstructionSet(other.getLevel()));
      targets.push_back(*target);
    }
  }
  // A level has a larger number than those that it includes.
  llvm::sort(targets, [](TargetAttr lhs, TargetAttr rhs) {
    return lhs.getLevel() > rhs.getLevel();
  });
  return targets;
}
