//===- Cpu.c - What this processor can run --------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The runtime itself is compiled for the architecture's baseline, so that this
// is asked before the first instruction that may be missing.
//
//===----------------------------------------------------------------------===//
#include "Cpu.h"

#if defined(__x86_64__)

typedef struct Registers {
  uint32_t eax, ebx, ecx, edx;
} Registers;

static Registers cpuid(uint32_t leaf, uint32_t subleaf) {
  Registers r = {leaf, 0, subleaf, 0};
  __asm__("cpuid" : "+a"(r.eax), "=b"(r.ebx), "+c"(r.ecx), "=d"(r.edx));
  return r;
}

/// Registers that the operating system saves: XCR0.
static uint32_t savedState(void) {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

// Bits of leaf 1 ECX and leaf 7 EBX, and of XCR0: SSE and AVX registers; those
// and mask and 512-bit registers.
enum { XSave = 1 << 27, AVX = 1 << 28, AVX512F = 1 << 16 };
enum { StateAVX = 0x06, StateAVX512 = 0xe6 };

int bitnetCpuHas(const uint32_t required[6]) {
  uint32_t present[6] = {0};
  uint32_t lastLeaf = cpuid(0, 0).eax;
  present[0] = cpuid(1, 0).ecx;
  if (lastLeaf >= 7) {
    Registers leaf7 = cpuid(7, 0);
    present[1] = leaf7.ebx;
    present[2] = leaf7.ecx;
    present[3] = leaf7.edx;
    if (leaf7.eax >= 1)
      present[4] = cpuid(7, 1).eax;
  }
  if (cpuid(0x80000000u, 0).eax >= 0x80000001u)
    present[5] = cpuid(0x80000001u, 0).ecx;
  for (int i = 0; i < 6; ++i)
    if ((required[i] & ~present[i]) != 0)
      return 0;
  uint32_t state = required[1] & AVX512F ? StateAVX512
                   : required[0] & AVX   ? StateAVX
                                         : 0;
  if (state == 0)
    return 1;
  return (present[0] & XSave) && (savedState() & state) == state;
}

#else

int bitnetCpuHas(const uint32_t required[6]) {
  uint32_t all = 0;
  for (int i = 0; i < 6; ++i)
    all |= required[i];
  return all == 0;
}

#endif
