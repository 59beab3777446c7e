//===- SafetensorsTest.cpp - Right and wrong safetensors ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/HuggingFace/SafetensorsReader.h"

#include "llvm/Support/Endian.h"

#include <gtest/gtest.h>

#include <random>

using namespace mlir::bitnet;

/// A file of `header` and `dataBytes` bytes 0, 1, 2, ...
static std::vector<char> makeFile(llvm::StringRef header, size_t dataBytes) {
  std::vector<char> bytes(8 + header.size() + dataBytes);
  llvm::support::endian::write64le(bytes.data(), header.size());
  llvm::copy(header, bytes.begin() + 8);
  for (size_t index = 0; index < dataBytes; ++index)
    bytes[8 + header.size() + index] = static_cast<char>(index);
  return bytes;
}

/// The error of parsing such a file, "none" if there is none.
static std::string getError(llvm::ArrayRef<char> bytes) {
  auto file = SafetensorsFile::parse(bytes, "a.safetensors");
  return file ? "none" : toString(file.takeError());
}
static std::string getError(llvm::StringRef header, size_t dataBytes) {
  return getError(makeFile(header, dataBytes));
}
/// The same for one tensor `t` with these fields.
static std::string getTensorError(llvm::StringRef fields, size_t dataBytes) {
  std::string error = getError(("{\"t\":{" + fields + "}}").str(), dataBytes);
  llvm::StringRef message = error;
  message.consume_front("a.safetensors: tensor 't': ");
  return message.str();
}

TEST(Safetensors, Read) {
  std::vector<char> bytes = makeFile(
      R"({"__metadata__":{"format":"pt"},)"
      R"("b\u002eweight":{"dtype":"BF16","shape":[2,3],"data_offsets":[4,16]},)"
      R"("a":{"shape":[],"dtype":"F32","data_offsets":[0,4]},)"
      R"("none":{"dtype":"I64","shape":[0,7],"data_offsets":[4,4]}}   )",
      16);
  auto file = SafetensorsFile::parse(bytes, "a.safetensors");
  ASSERT_TRUE(static_cast<bool>(file)) << toString(file.takeError());
  ASSERT_EQ((*file)->getTensors().size(), 3u);
  const SafetensorsTensor *matrix = (*file)->findTensor("b.weight");
  ASSERT_NE(matrix, nullptr);
  EXPECT_EQ(matrix->type, SafetensorsType::BF16);
  EXPECT_EQ(llvm::ArrayRef<uint64_t>(matrix->shape),
            llvm::ArrayRef<uint64_t>({2, 3}));
  EXPECT_EQ(matrix->data.size(), 12u);
  EXPECT_EQ(matrix->data.front(), 4);
  EXPECT_EQ(bytes.data() + matrix->fileOffset, matrix->data.data());
  EXPECT_TRUE((*file)->findTensor("a")->shape.empty());
  EXPECT_TRUE((*file)->findTensor("none")->data.empty());
  EXPECT_EQ((*file)->findTensor("b"), nullptr);
  ASSERT_EQ((*file)->getMetadata().size(), 1u);
  EXPECT_EQ((*file)->getMetadata().front().second, "pt");
}

TEST(Safetensors, EmptyFilesHaveNoTensors) {
  EXPECT_EQ(getError("{}", 0), "none");
}

TEST(Safetensors, Types) {
  EXPECT_EQ(getSafetensorsBytes(SafetensorsType::F32, {}), 4u);
  EXPECT_EQ(getSafetensorsBytes(SafetensorsType::U8, {3, 5}), 15u);
  EXPECT_EQ(getSafetensorsBytes(SafetensorsType::F4, {2, 3}), 3u);
  EXPECT_EQ(getSafetensorsBytes(SafetensorsType::F4, {3}), std::nullopt);
  EXPECT_EQ(getSafetensorsBytes(SafetensorsType::C64, {1 << 30, 1 << 30, 16}),
            std::nullopt);
  EXPECT_EQ(getSafetensorsBytes(SafetensorsType::F64, {~0ull, ~0ull, 0}), 0u);
  for (int type = 0; type <= static_cast<int>(SafetensorsType::U64); ++type)
    EXPECT_EQ(findSafetensorsType(
                  getSafetensorsTypeName(static_cast<SafetensorsType>(type))),
              static_cast<SafetensorsType>(type));
  EXPECT_EQ(findSafetensorsType("float"), std::nullopt);
}

TEST(Safetensors, RejectLengths) {
  EXPECT_EQ(getError(llvm::ArrayRef<char>()),
            "a.safetensors: expects a safetensors file of at least 8 bytes, "
            "found 0");
  std::vector<char> bytes = makeFile("{}", 0);
  for (uint64_t size : {uint64_t(3), uint64_t(1) << 40, ~uint64_t(0)}) {
    llvm::support::endian::write64le(bytes.data(), size);
    EXPECT_EQ(getError(bytes),
              "a.safetensors: length of the header: expects at most 2 bytes, "
              "found " +
                  std::to_string(size));
  }
  EXPECT_EQ(getError("", 4),
            "a.safetensors: header: expects '{' first, found ''");
  EXPECT_EQ(getError(" {}", 0),
            "a.safetensors: header: expects '{' first, found ' '");
}

TEST(Safetensors, RejectJSON) {
  auto expectPart = [](const std::string &error, llvm::StringRef part) {
    EXPECT_TRUE(llvm::StringRef(error).contains(part)) << error;
  };
  expectPart(getError("{", 0), "a.safetensors: header: expects JSON: ");
  expectPart(getError("{\"a\":{\"dtype\":\"F32", 0), "header: expects JSON: ");
  expectPart(getError("{\"\xff\":1}", 0), "header: expects JSON: ");
  expectPart(getError("{\"a\":{}}}", 0), "header: expects JSON: ");
  // Recursion for each bracket would exhaust the stack.
  expectPart(getError("{\"a\":" + std::string(10000000, '['), 0),
             "header: expects at most 64 nested brackets");
  std::string deep;
  for (int level = 0; level < 1000000; ++level)
    deep += "{\"a\":";
  expectPart(getError(deep, 0), "header: expects at most 64 nested brackets");
}

TEST(Safetensors, RejectDuplicates) {
  llvm::StringRef body = R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  EXPECT_EQ(getError(("{\"a\":" + body + ",\"b\":" + body + "}").str(), 1),
            getError(("{\"b\":" + body + ",\"a\":" + body + "}").str(), 1));
  EXPECT_EQ(getError(("{\"a\":" + body + ", \"a\" : " + body + "}").str(), 1),
            "a.safetensors: header: 'a': expects unique names, found a second "
            "one");
  // One name in two spellings.
  EXPECT_EQ(
      getError(("{\"a\":" + body + ",\"\\u0061\":" + body + "}").str(), 1),
      "a.safetensors: header: 'a': expects unique names, found a second "
      "one");
  EXPECT_EQ(getTensorError(R"("dtype":"U8","dtype":"I8","shape":[1],)"
                           R"("data_offsets":[0,1])",
                           1),
            "a.safetensors: header: 'dtype': expects unique names, found a "
            "second one");
}

TEST(Safetensors, RejectFields) {
  EXPECT_EQ(getError("{\"t\":[]}", 0),
            "a.safetensors: tensor 't': expects an object, found an array");
  EXPECT_EQ(getError("{\"__metadata__\":3}", 0),
            "a.safetensors: __metadata__: expects an object, found 3");
  EXPECT_EQ(getError("{\"__metadata__\":{\"a\":null}}", 0),
            "a.safetensors: __metadata__: 'a': expects a string, found null");
  EXPECT_EQ(getTensorError(R"("type":"F32")", 0),
            "expects dtype, shape and data_offsets, found 'type'");
  EXPECT_EQ(getTensorError(R"("shape":[1],"data_offsets":[0,1])", 1),
            "dtype: expects the name of a type such as 'BF16', found none");
  EXPECT_EQ(
      getTensorError(R"("dtype":"Q8","shape":[1],"data_offsets":[0,1])", 1),
      "dtype: expects the name of a type such as 'BF16', found 'Q8'");
  EXPECT_EQ(getTensorError(R"("dtype":"U8","shape":1,"data_offsets":[0,1])", 1),
            "shape: expects an array of sizes, found 1");
  for (llvm::StringRef wrong : {"-1", "1.5", "1e30", "\"1\"", "[1]", "null"})
    EXPECT_EQ(getTensorError(("\"dtype\":\"U8\",\"shape\":[" + wrong +
                              "],\"data_offsets\":[0,1]")
                                 .str(),
                             1),
              "shape: expects an array of sizes, found another element");
  EXPECT_EQ(getTensorError(R"("dtype":"U8","shape":[1])", 1),
            "data_offsets: expects two offsets, found none");
  for (llvm::StringRef wrong : {"[0]", "[0,1,1]", "[-1,1]", "[0,\"1\"]"})
    EXPECT_EQ(
        getTensorError(
            ("\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":" + wrong).str(),
            1),
        "data_offsets: expects two offsets, found another array");
}

TEST(Safetensors, RejectPlaces) {
  auto getPlaceError = [](llvm::StringRef shape, llvm::StringRef offsets) {
    return getTensorError(("\"dtype\":\"F32\",\"shape\":" + shape +
                           ",\"data_offsets\":" + offsets)
                              .str(),
                          16);
  };
  EXPECT_EQ(getPlaceError("[4]", "[0,16]"), "none");
  EXPECT_EQ(getPlaceError("[4]", "[16,0]"),
            "data_offsets: expects an interval in [0, 16], found [16, 0]");
  EXPECT_EQ(getPlaceError("[4]", "[4,20]"),
            "data_offsets: expects an interval in [0, 16], found [4, 20]");
  EXPECT_EQ(getPlaceError("[4]", "[18446744073709551612,12]"),
            "data_offsets: expects an interval in [0, 16], found "
            "[18446744073709551612, 12]");
  EXPECT_EQ(getPlaceError("[3]", "[0,16]"),
            "expects 12 bytes for F32 of shape [3], found 16");
  EXPECT_EQ(getPlaceError("[4611686018427387905]", "[0,4]"),
            "expects whole, countable bytes for F32 of shape "
            "[4611686018427387905], found 4");
  EXPECT_EQ(getPlaceError("[3]", "[4,16]"),
            "data_offsets: expects to begin at 0, where another ends, found 4");
  EXPECT_EQ(getPlaceError("[3]", "[0,12]"),
            "a.safetensors: expects the end of the file behind the last "
            "tensor, found 4 more bytes");

  auto getTwoError = [](llvm::StringRef first, llvm::StringRef second) {
    return getError(
        ("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":" + first +
         "},\"b\":{\"dtype\":\"U8\",\"shape\":[4],"
         "\"data_offsets\":" +
         second + "}}")
            .str(),
        8);
  };
  EXPECT_EQ(getTwoError("[4,8]", "[0,4]"), "none");
  EXPECT_EQ(getTwoError("[0,4]", "[3,7]"),
            "a.safetensors: tensor 'b': data_offsets: expects to begin at 4, "
            "where another ends, found 3");
  EXPECT_EQ(getTwoError("[0,4]", "[0,4]").substr(0, 34),
            "a.safetensors: tensor 'b': data_of");
}

/// Whatever a bit flips to, tensors stay inside the file.
TEST(Safetensors, DamageDoesNoHarm) {
  std::vector<char> whole =
      makeFile(R"({"__metadata__":{"format":"pt"},)"
               R"("a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
               R"("b":{"dtype":"BF16","shape":[8],"data_offsets":[16,32]}})",
               32);
  int rejected = 0;
  for (size_t bit = 0; bit < 8 * (whole.size() - 32); ++bit) {
    std::vector<char> damaged = whole;
    damaged[bit / 8] ^= 1 << (bit % 8);
    auto file = SafetensorsFile::parse(damaged, "a.safetensors");
    if (!file) {
      consumeError(file.takeError());
      ++rejected;
      continue;
    }
    for (const SafetensorsTensor &tensor : (*file)->getTensors()) {
      EXPECT_GE(tensor.data.begin(), damaged.data());
      EXPECT_LE(tensor.data.end(), damaged.data() + damaged.size());
    }
  }
  EXPECT_GT(rejected, 100);
}
