//===- RejectTest.cpp - Wrong GGUF files ----------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestFiles.h"

#include <gtest/gtest.h>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;
using Type = GGUFValueType;

/// Parsing `builder` must fail with a message that contains `message`.
#define EXPECT_REJECTED(builder, message)                                      \
  EXPECT_PRED2(contains, getParseError((builder).build()), message)

static bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

/// A file with one entry.
static GGUFBuilder withEntry(const Bytes &entry) {
  GGUFBuilder builder;
  builder.entry(entry);
  return builder;
}

/// A file with one tensor of four floats called "t".
static GGUFBuilder withTensor() {
  GGUFBuilder builder;
  builder.tensor("t", {4}, GGUFTensorType::F32, 16);
  return builder;
}

TEST(Reject, Magic) {
  GGUFBuilder builder;
  builder.magic = "GGML";
  EXPECT_REJECTED(builder, "test.gguf: offset 0x0: magic: expects 'GGUF', "
                           "found 'GGML'");
}

TEST(Reject, Version) {
  GGUFBuilder builder;
  for (uint32_t version : {0, 1, 4}) {
    builder.version = version;
    EXPECT_REJECTED(builder, "offset 0x4: version: expects 2 or 3, found " +
                                 std::to_string(version));
  }
  builder.version = 1;
  EXPECT_REJECTED(builder, "which has no 64-bit numbers");
  builder.version = 0x03000000;
  EXPECT_REJECTED(builder, "found a big-endian one (gguf-convert-endian");
}

TEST(Reject, CountsThatTheFileCannotHold) {
  GGUFBuilder builder = makeSample();
  builder.tensorCount = uint64_t(1) << 60;
  EXPECT_REJECTED(builder, "offset 0x8: number of tensors: expects at most");
  builder = makeSample();
  builder.entryCount = ~uint64_t(0);
  EXPECT_REJECTED(builder,
                  "offset 0x10: number of metadata entries: expects at most");
}

TEST(Reject, Keys) {
  EXPECT_REJECTED(withEntry(Bytes().key("", Type::U64).u64(0)),
                  "key 0: expects 1 to 65535 bytes, found 0");
  EXPECT_REJECTED(
      withEntry(Bytes().key(std::string(65536, 'k'), Type::U8).u8(0)),
      "found 65536");
  EXPECT_REJECTED(withEntry(Bytes().key("a\xff", Type::U8).u8(0)),
                  "expects UTF-8 without NUL, found 'a\\FF'");
  EXPECT_REJECTED(
      withEntry(Bytes().key(llvm::StringRef("a\0b", 3), Type::U8).u8(0)),
      "expects UTF-8 without NUL, found 'a\\00b'");
  EXPECT_REJECTED(withEntry(Bytes().u64(uint64_t(1) << 62).raw("abcdefgh")),
                  "key 0: expects 4611686018427387904 bytes, found the end of "
                  "the file after 8");
}

TEST(Reject, DuplicateKeys) {
  GGUFBuilder builder = withEntry(Bytes().key("twice", Type::U8).u8(0));
  builder.entry(Bytes().key("once", Type::U8).u8(0));
  builder.entry(Bytes().key("twice", Type::Bool).u8(0));
  EXPECT_REJECTED(builder, "offset 0x3b: key 'twice': expects unique names");
}

TEST(Reject, ValueTypes) {
  EXPECT_REJECTED(
      withEntry(Bytes().key("k", static_cast<Type>(13)).u64(0).u64(0)),
      "key 'k': expects a type of 0 to 12, found 13");
  EXPECT_REJECTED(
      withEntry(Bytes().arrayKey("k", static_cast<Type>(77), 0).u64(0)),
      "found 77");
  EXPECT_REJECTED(withEntry(Bytes().arrayKey("k", Type::Array, 1).u64(0)),
                  "found nested arrays");
}

TEST(Reject, Bools) {
  EXPECT_REJECTED(withEntry(Bytes().key("k", Type::Bool).u8(2)),
                  "expects a bool of 0 or 1, found 2");
  EXPECT_REJECTED(
      withEntry(Bytes().arrayKey("k", Type::Bool, 3).u8(1).u8(0).u8(255)),
      "offset 0x33: key 'k': expects a bool of 0 or 1, found 255");
}

TEST(Reject, ArraysThatTheFileCannotHold) {
  // 2^61 elements of 8 bytes would wrap around to 0 bytes.
  for (Type type : {Type::U8, Type::U64, Type::F64, Type::Bool, Type::String})
    EXPECT_REJECTED(
        withEntry(Bytes().arrayKey("k", type, uint64_t(1) << 61).u64(0)),
        "key 'k': expects 2305843009213693952 ");
  EXPECT_REJECTED(
      withEntry(Bytes().arrayKey("k", Type::String, 2).string("one").u64(9)),
      "key 'k': string 1: expects 9 bytes, found the end of the file after 0");
}

TEST(Reject, Alignment) {
  auto withAlignment = [](uint32_t alignment) {
    return withEntry(
        Bytes().key("general.alignment", Type::U32).u32(alignment));
  };
  for (uint32_t alignment : {0u, 24u, 1u << 21, 0x80000000u})
    EXPECT_REJECTED(withAlignment(alignment),
                    "key 'general.alignment': expects a power of two up to "
                    "1048576, found " +
                        std::to_string(alignment));
  EXPECT_REJECTED(
      withEntry(Bytes().key("general.alignment", Type::U64).u64(32)),
      "expects u32, found u64");
}

TEST(Reject, TensorNames) {
  GGUFBuilder builder = withTensor();
  builder.tensors[0].name = std::string(64, 'n');
  EXPECT_REJECTED(builder, "tensor 0: expects 1 to 63 bytes, found 64");
  builder.tensors[0].name = "";
  EXPECT_REJECTED(builder, "tensor 0: expects 1 to 63 bytes, found 0");
  builder.tensors[0].name = "\xc0\x80";
  EXPECT_REJECTED(builder, "tensor 0: expects UTF-8 without NUL");
  builder = withTensor();
  builder.tensor("t", {4}, GGUFTensorType::F32, 16);
  EXPECT_REJECTED(builder, "tensor 't': expects unique names, found it again");
}

TEST(Reject, TensorShapes) {
  GGUFBuilder builder = withTensor();
  builder.tensors[0].shape = {};
  EXPECT_REJECTED(builder, "tensor 't': expects 1 to 4 dimensions, found 0");
  builder.tensors[0].shape = {1, 1, 1, 1, 4};
  EXPECT_REJECTED(builder, "tensor 't': expects 1 to 4 dimensions, found 5");
  builder.tensors[0].shape = {4, 0};
  EXPECT_REJECTED(builder,
                  "expects positive extents with a product below 2^63, "
                  "found 0 as extent 1");
  builder.tensors[0].shape = {~uint64_t(0)};
  EXPECT_REJECTED(builder, "found 18446744073709551615 as extent 0");
  builder.tensors[0].shape = {uint64_t(1) << 32, uint64_t(1) << 31};
  EXPECT_REJECTED(builder, "found 2147483648 as extent 1");
  // The number of elements fits, the number of bytes does not.
  builder.tensors[0].shape = {uint64_t(1) << 62};
  EXPECT_REJECTED(builder, "tensor 't': expects");
}

TEST(Reject, BlocksThatDoNotFillARow) {
  GGUFBuilder builder;
  builder.tensor("t", {48, 2}, GGUFTensorType::Q8_0, 102);
  EXPECT_REJECTED(builder,
                  "expects extents for Q8_0 in blocks of 32, found 48");
}

TEST(Reject, Offsets) {
  GGUFBuilder builder = withTensor();
  builder.tensors[0].offset = 4;
  EXPECT_REJECTED(builder, "tensor 't': offset: expects a multiple of 32, "
                           "found 4");
  builder.tensors[0].offset = 32;
  EXPECT_REJECTED(builder, "tensor 't': expects data inside the file of 80 "
                           "bytes, found offset 32");
  builder.tensors[0].offset = ~uint64_t(31);
  EXPECT_REJECTED(builder, "tensor 't': expects data inside the file");
}

TEST(Reject, DataPastTheEndOfTheFile) {
  GGUFBuilder builder = withTensor();
  builder.tensors[0].data.resize(15);
  EXPECT_REJECTED(builder, "tensor 't': expects 16 bytes of F32, found 15 up "
                           "to the end of the file");
  builder.tensors[0].data.resize(0);
  EXPECT_REJECTED(builder, "tensor 't': expects data inside the file");
}

TEST(Reject, Overlaps) {
  GGUFBuilder builder;
  builder.tensor("one", {16}, GGUFTensorType::F32, 64)
      .tensor("two", {8}, GGUFTensorType::F32, 32);
  builder.tensors[1].offset = 32;
  EXPECT_REJECTED(builder, "tensor 'one': expects 64 bytes of F32, found 32 up "
                           "to the next tensor");
  builder.tensors[1].offset = 0;
  EXPECT_REJECTED(builder, "tensor 'two': expects data of its own, found the "
                           "offset of tensor 'one'");
}

TEST(Reject, SizesThatContradictTheType) {
  // What a file looks like whose writer means another type by the id.
  GGUFBuilder builder;
  builder.tensor("one", {256}, GGUFTensorType::TQ2_0, 128)
      .tensor("two", {8}, GGUFTensorType::F32, 32);
  EXPECT_REJECTED(builder, "tensor 'one': expects 66 bytes of TQ2_0, found 128 "
                           "up to the next tensor");
}

TEST(Reject, SizesThatNoMeaningOfATypeHas) {
  GGUFBuilder builder;
  builder.tensor("one", {128, 64}, GGUFTensorType::Q2_0, 64 * 35)
      .tensor("two", {8}, GGUFTensorType::F32, 32);
  EXPECT_REJECTED(builder, "tensor 'one': expects 2304 bytes of Q2_0 or 2176 "
                           "bytes of PQ2_0, found 2240 up to the next tensor");
}

TEST(Reject, PartsOfBlocksOfSigns) {
  GGUFBuilder builder;
  builder.tensor("one", {256}, GGUFTensorType::Q1_0, 18)
      .tensor("two", {8}, GGUFTensorType::F32, 32);
  EXPECT_REJECTED(builder, "tensor 'one': expects 36 bytes of Q1_0, found 32 "
                           "up to the next tensor");
}

TEST(Reject, EveryTruncation) {
  std::string whole = makeSample().build();
  ASSERT_EQ(getParseError(whole), "");
  for (size_t size = 0; size < whole.size(); ++size)
    ASSERT_NE(getParseError(whole.substr(0, size)), "") << size;
}
