//===- AttentionPlan.h - How a pass attends -----------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_ATTENTIONPLAN_H
#define BITNET_LIB_RUNTIME_ATTENTIONPLAN_H

#include "Evaluator.h"

/// Fills `work` and `merges` of the evaluator's pass from its tokens.
void bitnetPlanAttention(Evaluator *evaluator);

#endif // BITNET_LIB_RUNTIME_ATTENTIONPLAN_H
