//===- Cpu.h - What this processor can run ------------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CPU_H
#define BITNET_LIB_RUNTIME_CPU_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Whether this processor has all of bitnet_variant_descriptor.required_cpu and
/// the operating system saves the registers they need.
int bitnetCpuHas(const uint32_t required[6]);

#ifdef __cplusplus
}
#endif

#endif // BITNET_LIB_RUNTIME_CPU_H
