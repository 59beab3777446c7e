//===- Variants.c - The code that is run ----------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Variants.h"
#include "Cpu.h"

const struct bitnet_variant_descriptor *
bitnetPreferredVariant(const struct bitnet_variant_set *set) {
  const struct bitnet_variant_descriptor *variant = set->variants;
  const struct bitnet_variant_descriptor *last = variant + set->count - 1;
  while (variant != last && !bitnetCpuHas(variant->required_cpu))
    ++variant;
  return variant;
}

static int isEqual(const char *lhs, const char *rhs) {
  while (*lhs && *lhs == *rhs) {
    ++lhs;
    ++rhs;
  }
  return *lhs == *rhs;
}

bitnet_status
bitnetSelectVariant(const struct bitnet_variant_set *set, const char *name,
                    const struct bitnet_variant_descriptor **variant) {
  if (!name && set->forced_variant)
    name = set->forced_variant();
  const struct bitnet_variant_descriptor *found = (void *)0;
  if (name) {
    for (uint32_t i = 0; i < set->count && !found; ++i)
      if (isEqual(set->variants[i].name, name))
        found = &set->variants[i];
  } else {
    found = bitnetPreferredVariant(set);
  }
  if (!found)
    return BITNET_UNKNOWN_VARIANT;
  if (!bitnetCpuHas(found->required_cpu))
    return BITNET_UNSUPPORTED_CPU;
  *variant = found;
  return BITNET_OK;
}

bitnet_status bitnetDescribeVariant(const struct bitnet_variant_set *set,
                                    uint32_t index, bitnet_variant_info *info) {
  if (!info || index >= set->count)
    return BITNET_INVALID_ARGUMENT;
  const struct bitnet_variant_descriptor *variant = &set->variants[index];
  *info = (bitnet_variant_info){
      .name = variant->name,
      .cpu = variant->cpu,
      .kernel = variant->kernel,
      .is_supported = (uint32_t)bitnetCpuHas(variant->required_cpu),
  };
  return BITNET_OK;
}
