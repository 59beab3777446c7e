//===- SplitTables.h - Cutting text, for the runtime ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_TOKENIZER_SPLITTABLES_H
#define BITNET_LIB_TOKENIZER_SPLITTABLES_H

#include "SplitAutomaton.h"
#include "TableWriter.h"

namespace mlir::bitnet {

/// The automata of patterns that are applied one after another. Errors: those
/// of SplitAutomaton::build, more than the runtime has room for.
llvm::Expected<SplitAutomaton>
buildSplits(llvm::ArrayRef<std::string> patterns);

/// Writes automata that buildSplits made.
void appendSplits(const SplitAutomaton &automaton, TableWriter &writer,
                  BitNetTokenizerHeader &header);

} // namespace mlir::bitnet

#endif // BITNET_LIB_TOKENIZER_SPLITTABLES_H
