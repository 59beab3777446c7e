//===- MachineTable.cpp - Machines that speed is predicted for ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/CostModel/MachineTable.h"
#include "bitnet/CostModel/CostModel.h"
#include "bitnet/Target/TargetResolver.h"
#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::bitnet;

static constexpr llvm::StringLiteral x86Linux = "x86_64-unknown-linux-gnu";
static constexpr llvm::StringLiteral armLinux = "aarch64-unknown-linux-gnu";

/// Bandwidths are what reading reaches, about three quarters of what memory
/// modules are sold by.
static const MachineClass classes[] = {
    {"raspberry-pi-5", "4 Cortex-A76, LPDDR4X-4267", armLinux, "cortex-a76", 4,
     2.4, 12, 8, 512, 2, 8},
    {"phone", "the fast cores of a phone of 2023, LPDDR5X", armLinux,
     "cortex-x3", 4, 2.8, 45, 25, 1024, 8, 12},
    {"old-pc", "4 cores with AVX2 of 2015, two channels of DDR4-2133", x86Linux,
     "haswell", 4, 3.4, 24, 14, 256, 8, 16},
    {"laptop", "8 cores with AVX-VNNI of 2023, LPDDR5-6400", x86Linux,
     "alderlake", 8, 3.5, 70, 30, 1280, 18, 16},
    {"desktop", "8 cores with AVX-512 of 2024, two channels of DDR5-6000",
     x86Linux, "znver5", 8, 4.8, 70, 45, 1024, 32, 64},
    {"workstation", "32 cores with AVX-512, eight channels of DDR5-5200",
     x86Linux, "znver4", 32, 4.0, 240, 40, 1024, 128, 256},
    {"server", "96 cores with AVX-512, twelve channels of DDR5-4800", x86Linux,
     "znver4", 96, 3.2, 350, 30, 1024, 384, 768},
    {"arm-server", "64 Neoverse V2, LPDDR5X", armLinux, "neoverse-v2", 64,
     3.1, 380, 40, 1024, 114, 240},
};

llvm::ArrayRef<MachineClass> mlir::bitnet::getMachineClasses() {
  return classes;
}

namespace {
/// What a text says about a machine; absent: nothing.
struct Values {
  std::optional<double> cores, ghz, gbps, ram, l2, l3;
  std::optional<StringRef> cpu;
};
} // namespace

static llvm::Error parseValue(StringRef key, StringRef text, Values &values) {
  struct Row {
    StringLiteral key;
    std::optional<double> *value;
    double least, most;
  };
  const Row rows[] = {
      {"cores", &values.cores, 1, 256},    {"ghz", &values.ghz, 0.1, 20},
      {"gbps", &values.gbps, 0.1, 100000}, {"ram", &values.ram, 0.001, 1 << 20},
      {"l2", &values.l2, 1, 1 << 20},      {"l3", &values.l3, 0, 1 << 16}};
  if (key == "cpu") {
    values.cpu = text;
    return llvm::Error::success();
  }
  for (const Row &row : rows) {
    if (row.key != key)
      continue;
    double number;
    if (text.getAsDouble(number) || !(number >= row.least) ||
        !(number <= row.most))
      return llvm::createStringError(
          fmt::format("expects --machine with {} from {:g} to {:g}, found '{}'",
                      key.str(), row.least, row.most, text.str()));
    *row.value = number;
    return llvm::Error::success();
  }
  return llvm::createStringError(
      "expects --machine with cores, ghz, gbps, cpu, ram, l2 or l3, found '" +
      key + "'");
}

/// The target of a CPU of either architecture.
static llvm::Expected<TargetAttr> findTarget(MLIRContext *context,
                                             StringRef cpu) {
  for (StringRef triple : {x86Linux, armLinux}) {
    llvm::Expected<TargetAttr> target = resolveTarget(context, triple, cpu);
    if (target)
      return target;
    llvm::consumeError(target.takeError());
  }
  return llvm::createStringError(
      "expects --machine with the LLVM name of a CPU, found '" + cpu + "'");
}

llvm::Expected<Machine> mlir::bitnet::parseMachine(MLIRContext *context,
                                                   StringRef text) {
  SmallVector<StringRef> parts;
  text.split(parts, ',');
  const MachineClass *found = nullptr;
  bool isNative = parts.front() == "native";
  if (!isNative && !parts.front().contains('=')) {
    found = llvm::find_if(classes, [&](const MachineClass &row) {
      return row.name == parts.front();
    });
    if (found == std::end(classes)) {
      std::string names = llvm::join(
          llvm::map_range(classes,
                          [](const auto &row) { return row.name.str(); }),
          ", ");
      return llvm::createStringError("expects --machine=native, " + names +
                                     " or values, found '" + parts.front() +
                                     "'");
    }
  }
  Values values;
  for (StringRef part : ArrayRef(parts).drop_front(isNative || found ? 1 : 0)) {
    auto [key, value] = part.split('=');
    if (llvm::Error error = parseValue(key, value, values))
      return std::move(error);
  }

  llvm::Expected<TargetAttr> target =
      values.cpu ? findTarget(context, *values.cpu)
      : found    ? resolveTarget(context, found->triple, found->cpu)
      : isNative ? resolveTarget(context, "", "native")
                 : findTarget(context, "x86-64-v3");
  if (!target)
    return target.takeError();
  MachineAttr usual = isNative ? getHostMachine(context, target->getLevel())
                               : getDefaultMachine(context, target->getLevel());
  Machine machine;
  machine.name = text.str();
  machine.target = *target;
  int64_t threads = usual.getThreads(), clock = usual.getClock();
  int64_t l2 = usual.getL2Bytes(), l3 = usual.getL3Bytes();
  double all = usual.getMemoryBandwidth(), one = usual.getMemoryBandwidthOne();
  if (found) {
    threads = found->cores;
    clock = int64_t(found->gigahertz * 1000);
    l2 = found->l2 << 10;
    l3 = found->l3 << 20;
    all = found->bandwidth * 1000;
    one = found->bandwidthOne * 1000;
    machine.memory = found->memory << 30;
  } else if (isNative) {
    machine.memory = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
  }
  if (values.cores)
    threads = int64_t(*values.cores);
  if (values.ghz)
    clock = int64_t(*values.ghz * 1000);
  if (values.l2)
    l2 = int64_t(*values.l2 * 1024);
  if (values.l3)
    l3 = int64_t(*values.l3 * (1 << 20));
  if (values.ram)
    machine.memory = int64_t(*values.ram * (1 << 30));
  if (values.gbps) {
    // One core reads as large a part of it as before.
    one = std::min(one / all, 1.0) * *values.gbps * 1000;
    all = *values.gbps * 1000;
    // But nothing keeps many cores from reading all of it.
    one = std::max(one, all / threads);
  }
  machine.attribute =
      MachineAttr::get(context, threads, clock, l2, l3, usual.getL2Bandwidth(),
                       usual.getL3Bandwidth(), int64_t(one), int64_t(all));
  return machine;
}
