//===- Hyperparameters.cpp - The numbers that shape a model ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/LanguageModel/Hyperparameters.h"

using namespace mlir::bitnet;

int64_t Hyperparameters::getWidth(Width width) const {
  switch (width) {
  case Width::Embedding:
    return embeddingLength;
  case Width::Query:
    return heads * headSize;
  case Width::KeyValue:
    return keyValueHeads * headSize;
  case Width::Head:
    return headSize;
  case Width::FeedForward:
    return feedForwardLength;
  }
  llvm_unreachable("unknown width");
}
