//===- ByteTokenizer.h - A tokenizer whose tokens are bytes -----*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_RUNTIME_BYTETOKENIZER_H
#define BITNET_TEST_UNIT_RUNTIME_BYTETOKENIZER_H

#include "FakeModel.h"

namespace mlir::bitnet::test {

/// Ids 0 to 255 are bytes; these control tokens follow. Eos and Eot end a text.
enum : int32_t { Bos = 256, Eos = 257, Eot = 258, ByteTokenCount = 259 };

/// The tables of a tokenizer without merges. `addBos`: it begins texts with
/// Bos.
std::vector<char> makeByteTokenizer(bool addBos);

/// A model with that tokenizer.
class ByteModel : public FakeModel {
public:
  explicit ByteModel(bool addBos = true) : tables(makeByteTokenizer(addBos)) {
    descriptor.tokenizer = tables.data();
    descriptor.tokenizer_size = tables.size();
  }

private:
  std::vector<char> tables;
};

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_RUNTIME_BYTETOKENIZER_H
