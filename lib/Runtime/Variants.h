//===- Variants.h - The code that is run --------------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_VARIANTS_H
#define BITNET_LIB_RUNTIME_VARIANTS_H

#include "VariantDescriptor.h"
#include "bitnet/common.h"

/// The best variant that this processor can run, or the last, which needs the
/// least, if it can run none.
const struct bitnet_variant_descriptor *
bitnetPreferredVariant(const struct bitnet_variant_set *set);

/// Finds the variant called `name`, or if that is null, the one that the user
/// wants, or else the best. Returns BITNET_UNKNOWN_VARIANT if there is none of
/// that name and BITNET_UNSUPPORTED_CPU if this processor cannot run it.
bitnet_status
bitnetSelectVariant(const struct bitnet_variant_set *set, const char *name,
                    const struct bitnet_variant_descriptor **variant);

/// Writes facts about variant `index`. Returns BITNET_INVALID_ARGUMENT if there
/// is none, or no `info`.
bitnet_status bitnetDescribeVariant(const struct bitnet_variant_set *set,
                                    uint32_t index, bitnet_variant_info *info);

#endif // BITNET_LIB_RUNTIME_VARIANTS_H
