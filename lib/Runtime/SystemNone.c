//===- SystemNone.c - The runtime without an operating system -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Stands in for System.c in objects compiled with --threads=none.
//
//===----------------------------------------------------------------------===//
#include "System.h"

void *bitnetSystemAllocate(uint64_t size) {
  (void)size;
  return (void *)0;
}

void bitnetSystemFree(void *memory) { (void)memory; }

double bitnetSystemSeconds(void) { return 0; }

uint32_t bitnetSystemProcessors(void) { return 1; }

void bitnetSystemUnmap(const void *address, uint64_t size) {
  (void)address;
  (void)size;
}
