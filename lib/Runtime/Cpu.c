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

#elif defined(__aarch64__)

// Since version 4.11, Linux answers reads of these registers with what every
// core has and the system saves: the facts of AT_HWCAP without getauxval, which
// objects would need of a C library. The first has no name without SVE.
#define ID_AA64ZFR0_EL1 "S3_0_C0_C4_4"
#define READ(name, value) __asm__("mrs %0, " name : "=r"(value))

enum Register { PFR0, ISAR0, ISAR1, ISAR2, ZFR0, RegisterCount };

/// A bit of bitnet_variant_descriptor.required_cpu and the four bits of a
/// register that are at least `minimum` on processors that have it.
static const struct Feature {
  uint8_t word, bit, field, minimum, id;
} features[] = {
    {0, 8, 20, 2, ISAR0},  // FEAT_LSE
    {0, 9, 16, 1, PFR0},   // FEAT_FP16, scalars
    {0, 10, 20, 1, PFR0},  // FEAT_FP16, vectors
    {0, 12, 28, 1, ISAR0}, // FEAT_RDM
    {0, 13, 12, 1, ISAR1}, // FEAT_JSCVT
    {0, 14, 16, 1, ISAR1}, // FEAT_FCMA
    {0, 15, 20, 1, ISAR1}, // FEAT_LRCPC
    {0, 17, 32, 1, ISAR0}, // FEAT_SHA3
    {0, 20, 44, 1, ISAR0}, // FEAT_DotProd
    {0, 22, 32, 1, PFR0},  // FEAT_SVE
    {0, 23, 48, 1, ISAR0}, // FEAT_FHM
    {0, 26, 20, 2, ISAR1}, // FEAT_LRCPC2
    {0, 27, 52, 1, ISAR0}, // FEAT_FlagM
    {1, 1, 0, 1, ZFR0},    // FEAT_SVE2
    {1, 4, 16, 1, ZFR0},   // FEAT_SVE_BitPerm
    {1, 7, 52, 2, ISAR0},  // FEAT_FlagM2
    {1, 8, 32, 1, ISAR1},  // FEAT_FRINTTS
    {1, 10, 52, 1, ZFR0},  // FEAT_F32MM
    {1, 11, 56, 1, ZFR0},  // FEAT_F64MM
    {1, 13, 52, 1, ISAR1}, // FEAT_I8MM
    {1, 14, 44, 1, ISAR1}, // FEAT_BF16
    {2, 2, 52, 1, ISAR2},  // FEAT_CSSC
    {2, 4, 0, 2, ZFR0},    // FEAT_SVE2p1
    {2, 11, 16, 1, ISAR2}, // FEAT_MOPS
};

int bitnetCpuHas(const uint32_t required[6]) {
  uint32_t missing[6], any = 0;
  for (int i = 0; i < 6; ++i)
    any |= missing[i] = required[i];
  if (any == 0)
    return 1;
  uint64_t registers[RegisterCount];
  READ("ID_AA64PFR0_EL1", registers[PFR0]);
  READ("ID_AA64ISAR0_EL1", registers[ISAR0]);
  READ("ID_AA64ISAR1_EL1", registers[ISAR1]);
  READ("ID_AA64ISAR2_EL1", registers[ISAR2]);
  READ(ID_AA64ZFR0_EL1, registers[ZFR0]);
  for (const struct Feature *f = features;
       f != features + sizeof(features) / sizeof(features[0]); ++f)
    if ((registers[f->id] >> f->field & 15) >= f->minimum)
      missing[f->word] &= ~(UINT32_C(1) << f->bit);
  any = 0;
  for (int i = 0; i < 6; ++i)
    any |= missing[i];
  return any == 0;
}

#else

int bitnetCpuHas(const uint32_t required[6]) {
  uint32_t all = 0;
  for (int i = 0; i < 6; ++i)
    all |= required[i];
  return all == 0;
}

#endif
