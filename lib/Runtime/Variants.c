//===- Variants.c - The code that a session runs --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Variants.h"
#include "Cpu.h"
#include "Session.h"

const struct bitnet_variant_descriptor *
bitnetPreferredVariant(const struct bitnet_model_descriptor *descriptor) {
  const struct bitnet_variant_descriptor *variant = descriptor->variants;
  const struct bitnet_variant_descriptor *last =
      variant + descriptor->variant_count - 1;
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
bitnetSelectVariant(const struct bitnet_model_descriptor *descriptor,
                    const char *name,
                    const struct bitnet_variant_descriptor **variant) {
  if (!name && descriptor->forced_variant)
    name = descriptor->forced_variant();
  const struct bitnet_variant_descriptor *found = (void *)0;
  if (name) {
    for (uint32_t i = 0; i < descriptor->variant_count && !found; ++i)
      if (isEqual(descriptor->variants[i].name, name))
        found = &descriptor->variants[i];
  } else {
    found = bitnetPreferredVariant(descriptor);
  }
  if (!found)
    return BITNET_UNKNOWN_VARIANT;
  if (!bitnetCpuHas(found->required_cpu))
    return BITNET_UNSUPPORTED_CPU;
  *variant = found;
  return BITNET_OK;
}

bitnet_status bitnetVariantInfo(const bitnet_model *model, uint32_t index,
                                bitnet_variant_info *info) {
  const struct bitnet_model_descriptor *descriptor = bitnetDescriptor(model);
  if (!info || index >= descriptor->variant_count)
    return BITNET_INVALID_ARGUMENT;
  const struct bitnet_variant_descriptor *variant =
      &descriptor->variants[index];
  *info = (bitnet_variant_info){
      .name = variant->name,
      .cpu = variant->cpu,
      .kernel = variant->kernel,
      .is_supported = (uint32_t)bitnetCpuHas(variant->required_cpu),
  };
  return BITNET_OK;
}

bitnet_status bitnetSessionVariant(const bitnet_session *session,
                                   uint32_t *index) {
  const Session *self = (const Session *)session;
  if (!index)
    return BITNET_INVALID_ARGUMENT;
  *index = (uint32_t)(self->variant - self->descriptor->variants);
  return BITNET_OK;
}
