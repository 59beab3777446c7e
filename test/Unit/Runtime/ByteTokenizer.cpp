//===- ByteTokenizer.cpp - A tokenizer whose tokens are bytes -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ByteTokenizer.h"
#include "bitnet/Tokenizer/PreTokenizers.h"
#include "bitnet/Tokenizer/TokenizerTables.h"

#include <string>

using namespace llvm;
using namespace mlir::bitnet;

std::vector<char> test::makeByteTokenizer(bool addBos) {
  std::vector<std::string> texts;
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    bool isPrintable =
        (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte != 0xad);
    uint32_t character = isPrintable ? byte : next++;
    if (character < 0x80)
      texts.push_back(std::string(1, char(character)));
    else
      texts.push_back(
          {char(0xc0 | character >> 6), char(0x80 | (character & 0x3f))});
  }
  texts.insert(texts.end(), {"<bos>", "<eos>", "<|eot_id|>"});
  std::vector<StringRef> tokens(texts.begin(), texts.end());
  std::vector<int32_t> types(ByteTokenCount, 1);
  types[Bos] = types[Eos] = types[Eot] = 3;
  TokenizerDescription description;
  const PreTokenizer *preTokenizer = findPreTokenizer("llama-bpe");
  description.splitPatterns.assign(preTokenizer->splitPatterns.begin(),
                                   preTokenizer->splitPatterns.end());
  description.ignoreMerges = preTokenizer->ignoreMerges;
  description.tokens = tokens;
  description.types = types;
  description.bosToken = Bos;
  description.eosToken = Eos;
  description.addBos = addBos;
  return cantFail(buildTokenizerTables(description));
}
