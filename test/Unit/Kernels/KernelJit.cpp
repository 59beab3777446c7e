//===- KernelJit.cpp - Kernels for tests ----------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelJit.h"

#include "bitnet/Target/TargetResolver.h"
#include "llvm/Support/Error.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

static const llvm::ExitOnError exitOnError("compiling a kernel failed: ");

MLIRContext &test::getContext() {
  static MLIRContext *context = [] {
    auto *made = new MLIRContext(MLIRContext::Threading::DISABLED);
    loadKernelDialects(*made);
    return made;
  }();
  return *context;
}

//===----------------------------------------------------------------------===//
// Machines
//===----------------------------------------------------------------------===//

/// The first of `needed` that the host lacks.
static std::string findMissing(ArrayRef<StringRef> needed) {
  const llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  for (StringRef feature : needed)
    if (!features.lookup(feature))
      return feature.str();
  return "";
}

const std::vector<Machine> &test::getMachines() {
  static const std::vector<Machine> machines = [] {
    TargetAttr host =
        exitOnError(resolveTarget(&getContext(), /*triple=*/"", "native"));
    std::vector<Machine> rows;
    if (llvm::Triple(host.getTriple()).isX86()) {
      auto add = [&](StringRef name, InstructionSet level, StringRef cpu,
                     StringRef features, ArrayRef<StringRef> needed) {
        rows.push_back({name.str(), level, cpu.str(), features.str(),
                        findMissing(needed)});
      };
      // What the CPU names stand for, as far as code is made of it.
      SmallVector<StringRef> v3 = {"avx2", "bmi2",  "f16c",
                                   "fma",  "lzcnt", "movbe"};
      SmallVector<StringRef> v4 = {"avx512f", "avx512bw", "avx512cd",
                                   "avx512dq", "avx512vl"};
      v4.append(v3);
      auto with = [](ArrayRef<StringRef> features,
                     std::initializer_list<StringRef> more) {
        SmallVector<StringRef> all(features);
        all.append(more);
        return all;
      };
      add("baseline", InstructionSet::Portable, "x86-64", "", {});
      add("ssse3", InstructionSet::SSSE3, "x86-64", "+ssse3", {"ssse3"});
      add("avx2", InstructionSet::AVX2, "x86-64-v3", "", v3);
      add("avxvnni", InstructionSet::AVXVNNI, "x86-64-v3", "+avxvnni",
          with(v3, {"avxvnni"}));
      add("avx512bw", InstructionSet::AVX512BW, "x86-64-v4", "", v4);
      add("avx512vnni", InstructionSet::AVX512VNNI, "x86-64-v4", "+avx512vnni",
          with(v4, {"avx512vnni"}));
      add("avx512vbmi", InstructionSet::AVX512VBMI, "x86-64-v4",
          "+avx512vnni,+avx512vbmi", with(v4, {"avx512vnni", "avx512vbmi"}));
    } else {
      rows.push_back({"baseline", InstructionSet::Portable, "generic", ""});
    }
    // The emulator knows no processor with the instructions of I8MM by name.
    std::string missing = findEmulator().empty() ? "qemu-aarch64" : "";
    rows.push_back({"neon", InstructionSet::NEON, "cortex-a72", "", missing,
                    "cortex-a72"});
    rows.push_back({"dotprod", InstructionSet::DotProd, "neoverse-n1", "",
                    missing, "neoverse-n1"});
    rows.push_back(
        {"i8mm", InstructionSet::I8MM, "neoverse-v1", "", missing, "max"});
    rows.push_back({"host", host.getLevel(), host.getCpu().str(),
                    host.getFeatures().str(), "", "", /*isHost=*/true});
    return rows;
  }();
  return machines;
}

TargetAttr Machine::getTarget() const {
  std::string triple = emulated.empty() ? llvm::sys::getDefaultTargetTriple()
                                        : "aarch64-unknown-linux-gnu";
  return TargetAttr::get(&getContext(), triple, cpu, features, level);
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// Compiles a kernel for this machine or for an emulated one.
static std::variant<JitKernel, EmulatedKernel>
compile(const Machine &machine, TypeRange inputs, TypeRange outputs,
        KernelBodyEmitter emit, unsigned optimizationLevel) {
  TargetAttr target = machine.getTarget();
  if (machine.emulated.empty())
    return exitOnError(
        JitKernel::compile(target, inputs, outputs, emit, optimizationLevel));
  SmallVector<char, 0> object = exitOnError(
      compileKernelObject(target, inputs, outputs, emit, optimizationLevel));
  return EmulatedKernel(StringRef(object.data(), object.size()),
                        machine.emulated);
}

Kernel::Kernel(const Machine &machine, TypeRange inputs, TypeRange outputs,
               BodyEmitter emit, unsigned optimizationLevel)
    : kernel(compile(machine, inputs, outputs, emit, optimizationLevel)) {}

void Kernel::operator()(int64_t begin, int64_t end, int64_t rows,
                        llvm::ArrayRef<Argument> arguments) const {
  if (const auto *emulated = std::get_if<EmulatedKernel>(&kernel))
    return (*emulated)(begin, end, rows, arguments);
  SmallVector<KernelArgument> words(arguments.begin(), arguments.end());
  std::get<JitKernel>(kernel)(begin, end, rows, words);
}

void Kernel::operator()(int64_t begin, int64_t end, int64_t rows,
                        std::initializer_list<Argument> arguments) const {
  (*this)(begin, end, rows,
          llvm::ArrayRef(arguments.begin(), arguments.size()));
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static MemRefType bufferType(std::initializer_list<int64_t> shape,
                             Type element) {
  return MemRefType::get(llvm::ArrayRef(shape.begin(), shape.size()), element);
}

MemRefType test::floatBuffer(std::initializer_list<int64_t> shape) {
  return bufferType(shape, Float32Type::get(&getContext()));
}
MemRefType test::doubleBuffer(std::initializer_list<int64_t> shape) {
  return bufferType(shape, Float64Type::get(&getContext()));
}
MemRefType test::byteBuffer(std::initializer_list<int64_t> shape) {
  return bufferType(shape, IntegerType::get(&getContext(), 8));
}
MemRefType test::wordBuffer(std::initializer_list<int64_t> shape) {
  return bufferType(shape, IntegerType::get(&getContext(), 16));
}
MemRefType test::integerBuffer(std::initializer_list<int64_t> shape) {
  return bufferType(shape, IntegerType::get(&getContext(), 32));
}
Type test::indexType() { return IndexType::get(&getContext()); }
