//===- WeightsSearchNone.c - Weights without files ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Stands in for WeightsSearch.c in objects compiled with --threads=none.
//
//===----------------------------------------------------------------------===//
#include "Weights.h"

bitnet_status bitnetMapWeights(const struct bitnet_weights_file *file,
                               const bitnet_evaluator_options *options,
                               struct bitnet_open_weights *opened, char *path,
                               WeightsMessage *message) {
  (void)options;
  (void)opened;
  (void)path;
  bitnetAppendText(message, "expects the contents of '");
  bitnetAppendText(message, file->name);
  bitnetAppendText(message, "' in the option weights: the object cannot read "
                            "files");
  return BITNET_WEIGHTS_NOT_FOUND;
}
