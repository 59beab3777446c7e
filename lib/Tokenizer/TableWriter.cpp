//===- TableWriter.cpp - Laying out a tokenizer's tables ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TableWriter.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

#include <array>
#include <cstring>

using namespace llvm;
using namespace mlir::bitnet;

/// A hash table of indices, three quarters full.
static std::vector<uint32_t>
makeSlots(ArrayRef<std::pair<uint32_t, uint32_t>> hashesAndIndices,
          uint32_t indexBits) {
  std::vector<uint32_t> slots(hashesAndIndices.size() * 4 / 3 + 1,
                              BITNET_TOKENIZER_EMPTY_SLOT);
  for (auto [hash, index] : hashesAndIndices) {
    uint32_t slot = bitnetHashSlot(hash, slots.size());
    while (slots[slot] != BITNET_TOKENIZER_EMPTY_SLOT)
      slot = slot + 1 == slots.size() ? 0 : slot + 1;
    slots[slot] = bitnetMakeSlot(hash, index, indexBits);
  }
  return slots;
}

void TableWriter::write(size_t offset, ArrayRef<uint32_t> words) {
  for (uint32_t word : words) {
    support::endian::write32le(bytes.data() + offset, word);
    offset += 4;
  }
}

uint32_t TableWriter::append(ArrayRef<uint32_t> words, uint32_t alignment) {
  uint32_t offset = alignTo(bytes.size(), alignment);
  bytes.resize(offset + 4 * words.size());
  write(offset, words);
  return offset;
}

uint32_t TableWriter::appendNumbers(ArrayRef<double> numbers) {
  std::vector<uint32_t> words;
  for (double number : numbers) {
    uint64_t bits = llvm::bit_cast<uint64_t>(number);
    words.insert(words.end(), {uint32_t(bits), uint32_t(bits >> 32)});
  }
  return append(words, 8);
}

uint32_t TableWriter::appendShort(ArrayRef<uint16_t> words) {
  uint32_t offset = bytes.size();
  bytes.resize(alignTo(offset + 2 * words.size(), 4));
  for (auto [index, word] : enumerate(words))
    support::endian::write16le(bytes.data() + offset + 2 * index, word);
  return offset;
}

uint32_t TableWriter::appendBytes(ArrayRef<uint8_t> added) {
  uint32_t offset = bytes.size();
  bytes.insert(bytes.end(), added.begin(), added.end());
  bytes.resize(alignTo(bytes.size(), 4));
  return offset;
}

uint32_t TableWriter::appendText(StringRef text) {
  return appendBytes(arrayRefFromStringRef(text));
}

void TableWriter::appendMerges(ArrayRef<BitNetTokenizerMerge> merges,
                               BitNetTokenizerHeader &header) {
  std::vector<uint32_t> words;
  std::vector<std::pair<uint32_t, uint32_t>> entries;
  for (auto [index, merge] : enumerate(merges)) {
    words.insert(words.end(), {merge.left, merge.right, merge.result});
    entries.emplace_back(bitnetPairHash(merge.left, merge.right), index);
  }
  header.merge_count = merges.size();
  header.merges_offset = append(words);
  std::vector<uint32_t> slots = makeSlots(entries, header.slot_index_bits);
  header.pair_slot_count = slots.size();
  header.pair_slots_offset = append(slots);
}

void TableWriter::appendTextSlots(
    ArrayRef<std::pair<StringRef, uint32_t>> texts,
    BitNetTokenizerHeader &header) {
  std::vector<std::pair<uint32_t, uint32_t>> entries;
  for (auto [text, number] : texts) {
    uint32_t hash = 0;
    for (char byte : text)
      hash = bitnetExtendTextHash(hash, static_cast<uint8_t>(byte));
    entries.emplace_back(bitnetFinishTextHash(hash), number);
  }
  std::vector<uint32_t> slots = makeSlots(entries, header.slot_index_bits);
  header.text_slot_count = slots.size();
  header.text_slots_offset = append(slots);
}

std::vector<char> TableWriter::take(const BitNetTokenizerHeader &header) {
  std::array<uint32_t, sizeof(header) / 4> words;
  std::memcpy(words.data(), &header, sizeof(header));
  write(0, words);
  return std::move(bytes);
}
