//===- ReadTest.cpp - Right GGUF files ------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestFiles.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
class Read : public testing::Test {
protected:
  void parse(const GGUFBuilder &builder) {
    bytes = builder.build();
    llvm::Expected<std::unique_ptr<GGUFFile>> parsed =
        GGUFFile::parse(bytes, "test.gguf");
    ASSERT_TRUE(static_cast<bool>(parsed)) << toString(parsed.takeError());
    file = std::move(*parsed);
  }

  /// The value, or a failed test.
  template <typename T> T get(llvm::Expected<T> value) {
    if (value)
      return std::move(*value);
    ADD_FAILURE() << toString(value.takeError());
    return T();
  }
  template <typename T> std::string getError(llvm::Expected<T> value) {
    return value ? "no error" : toString(value.takeError());
  }

  std::string bytes;
  std::unique_ptr<GGUFFile> file;
};
} // namespace

TEST_F(Read, Header) {
  parse(makeSample());
  EXPECT_EQ(file->getVersion(), 3u);
  EXPECT_EQ(file->getAlignment(), 32u);
  EXPECT_EQ(file->getEntries().size(), 17u);
  EXPECT_EQ(file->getEntries()[1].key, "u8");
  EXPECT_EQ(file->getTensors().size(), 3u);
}

TEST_F(Read, Version2IsTheSame) {
  GGUFBuilder builder = makeSample();
  builder.version = 2;
  parse(builder);
  EXPECT_EQ(file->getVersion(), 2u);
  EXPECT_EQ(get(file->getUnsigned("u8")), 200u);
}

TEST_F(Read, IntegersOfAllWidths) {
  parse(makeSample());
  EXPECT_EQ(get(file->getUnsigned("u8")), 200u);
  EXPECT_EQ(get(file->getUnsigned("u16")), 65535u);
  EXPECT_EQ(get(file->getUnsigned("u32")), 4000000000u);
  EXPECT_EQ(get(file->getUnsigned("u64")), ~uint64_t(0));
  EXPECT_EQ(file->find("i8")->asSigned(), -1);
  EXPECT_EQ(file->find("i16")->asSigned(), -300);
  EXPECT_EQ(file->find("i32")->asSigned(), -70000);
  EXPECT_EQ(file->find("i64")->asSigned(), -5);
  EXPECT_EQ(file->find("u64")->asSigned(), std::nullopt);
  EXPECT_EQ(file->find("i64")->asUnsigned(), std::nullopt);
}

TEST_F(Read, OtherScalars) {
  parse(makeSample());
  EXPECT_EQ(get(file->getFloat("f32")), 1.5);
  EXPECT_EQ(get(file->getFloat("f64")), 0.1);
  EXPECT_TRUE(get(file->getBool("bool")));
  EXPECT_EQ(get(file->getString("general.architecture")), "a");
}

TEST_F(Read, Arrays) {
  parse(makeSample());
  EXPECT_EQ(get(file->getStringArray("strings")),
            (std::vector<llvm::StringRef>{"one", "", "\xff three"}));
  EXPECT_TRUE(get(file->getStringArray("empty")).empty());
  EXPECT_EQ(get(file->getIntegerArray("integers")),
            (std::vector<int64_t>{7, -1}));
  EXPECT_EQ(get(file->getFloatArray("floats")),
            (std::vector<float>{-2, 0.25f}));
  EXPECT_EQ(file->find("bools")->getBytes(), llvm::StringRef("\0\1\1", 3));
}

TEST_F(Read, AbsentKeys) {
  parse(makeSample());
  EXPECT_EQ(get(file->findUnsigned("absent")), std::nullopt);
  EXPECT_EQ(get(file->findStringArray("absent")), std::nullopt);
  EXPECT_EQ(getError(file->getUnsigned("absent")),
            "test.gguf: key 'absent': expects a value, found no such key");
}

TEST_F(Read, ValuesOfTheWrongKind) {
  parse(makeSample());
  EXPECT_EQ(getError(file->findUnsigned("f32")),
            "test.gguf: offset 0xe4: key 'f32': expects an unsigned integer, "
            "found f32");
  EXPECT_NE(getError(file->findUnsigned("i8")).find("found -1"),
            std::string::npos);
  EXPECT_NE(getError(file->findUnsigned("u8", 1, 199))
                .find("expects an integer in [1, 199], found 200"),
            std::string::npos);
  EXPECT_NE(getError(file->findString("strings")).find("array of string"),
            std::string::npos);
  EXPECT_NE(getError(file->getFloatArray("integers")).find("array of i32"),
            std::string::npos);
  EXPECT_NE(getError(file->getIntegerArray("floats")).find("array of f32"),
            std::string::npos);
  EXPECT_NE(getError(file->getBool("u8")).find("expects bool, found u8"),
            std::string::npos);
}

TEST_F(Read, FloatsMustBeFinite) {
  GGUFBuilder builder;
  builder.entry(Bytes().key("nan", GGUFValueType::F32).u32(0x7fc00000));
  parse(builder);
  EXPECT_NE(getError(file->getFloat("nan")).find("found not-a-number"),
            std::string::npos);
}

TEST_F(Read, Tensors) {
  parse(makeSample());
  const GGUFTensor *linear = file->findTensor("linear");
  ASSERT_NE(linear, nullptr);
  EXPECT_EQ(linear->type, GGUFTensorType::I2_S);
  EXPECT_EQ(linear->shape, (llvm::SmallVector<uint64_t, 4>{64, 4}));
  EXPECT_EQ(linear->getElementCount(), 256u);
  EXPECT_EQ(linear->data.size(), 96u);
  EXPECT_EQ(linear->data.data(), bytes.data() + linear->fileOffset);
  EXPECT_EQ(linear->fileOffset % 32, 0u);
  EXPECT_EQ(file->findTensor("norm")->data.size(), 20u);
  EXPECT_EQ(file->findTensor("head")->data.size(), 102u);
  EXPECT_EQ(file->findTensor("lin"), nullptr);
}

TEST_F(Read, TensorsInAnyOrderOfOffsets) {
  GGUFBuilder builder;
  builder.tensor("second", {8}, GGUFTensorType::F32, 32)
      .tensor("first", {4}, GGUFTensorType::F32, 32);
  builder.tensors[0].offset = 32;
  builder.tensors[1].offset = 0;
  parse(builder);
  EXPECT_EQ(file->findTensor("first")->data.size(), 16u);
  EXPECT_EQ(file->findTensor("second")->data.data(),
            file->findTensor("first")->data.data() + 32);
}

TEST_F(Read, TypesWithoutCertainSizeTakeTheirExtent) {
  GGUFBuilder builder;
  builder.tensor("tiles", {64}, GGUFTensorType::TL1, 18)
      .tensor("unknown", {64}, static_cast<GGUFTensorType>(99), 50);
  parse(builder);
  EXPECT_EQ(file->findTensor("tiles")->data.size(), 32u);
  EXPECT_EQ(file->findTensor("tiles")->getTypeName(), "TL1");
  EXPECT_EQ(file->findTensor("unknown")->data.size(), 50u);
  EXPECT_EQ(file->findTensor("unknown")->getTypeName(), "99");
}

TEST_F(Read, SizesTellWhatForksMeanByAType) {
  struct Case {
    uint32_t id;
    const char *name;
    size_t bytes;
  };
  for (Case fork :
       {Case{42, "Q2_0", 8 * 4 * 18}, Case{42, "PQ2_0", 8 * 2 * 34},
        Case{42, "TL2", 8 * 256 / 16 * 3 + 64}, Case{39, "MXFP4", 8 * 8 * 17},
        Case{39, "TL2", 8 * 256 / 16 * 3 + 64}, Case{40, "NVFP4", 8 * 4 * 36},
        Case{40, "Q1_0 in blocks of 32", 8 * 8 * 6}}) {
    GGUFBuilder builder;
    auto type = static_cast<GGUFTensorType>(fork.id);
    builder.tensor("a", {256, 8}, type, fork.bytes)
        .tensor("b", {4}, GGUFTensorType::F32, 16);
    parse(builder);
    EXPECT_EQ(file->findTensor("a")->getTypeName(), fork.name);
  }
}

TEST_F(Read, AllTensorsOfATypeMeanTheSame) {
  // Two rows of 128 take 72 bytes of Q2_0 or 68 of PQ2_0, and 96 with padding.
  // The last tensor has bytes behind it. The first alone tells.
  GGUFBuilder builder;
  builder.tensor("a", {128, 64}, GGUFTensorType::Q2_0, 64 * 34)
      .tensor("b", {128, 2}, GGUFTensorType::Q2_0, 68)
      .tensor("c", {128, 2}, GGUFTensorType::Q2_0, 1000);
  parse(builder);
  for (const char *name : {"a", "b", "c"})
    EXPECT_EQ(file->findTensor(name)->getTypeName(), "PQ2_0");
  EXPECT_EQ(file->findTensor("b")->data.size(), 68u);
  EXPECT_EQ(file->findTensor("c")->data.size(), 68u);
}

TEST_F(Read, AlignmentOfTheFile) {
  GGUFBuilder builder;
  builder.alignment = 256;
  builder.entry(Bytes().key("general.alignment", GGUFValueType::U32).u32(256));
  builder.tensor("a", {1}, GGUFTensorType::F32, 4)
      .tensor("b", {1}, GGUFTensorType::F32, 4);
  parse(builder);
  EXPECT_EQ(file->findTensor("a")->fileOffset, 256u);
  EXPECT_EQ(file->findTensor("b")->fileOffset, 512u);
}

TEST_F(Read, FileWithoutTensors) {
  GGUFBuilder builder;
  builder.entry(Bytes().key("x", GGUFValueType::Bool).u8(0));
  parse(builder);
  EXPECT_TRUE(file->getTensors().empty());
}

TEST_F(Read, BytesBehindTheLastTensor) {
  bytes = makeSample().build() + std::string(1000, '\0');
  EXPECT_EQ(getParseError(bytes), "");
}

TEST(Open, MapsTheFile) {
  llvm::SmallString<128> path;
  int handle = 0;
  ASSERT_FALSE(
      llvm::sys::fs::createTemporaryFile("bitnet", "gguf", handle, path));
  {
    llvm::raw_fd_ostream stream(handle, /*shouldClose=*/true);
    stream << makeSample().build();
  }
  llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(path);
  llvm::sys::fs::remove(path);
  ASSERT_TRUE(static_cast<bool>(file)) << toString(file.takeError());
  EXPECT_EQ((*file)->findTensor("norm")->data.size(), 20u);
  EXPECT_EQ((*file)->findTensor("norm")->data.front(), '\x11');
}

TEST(Open, RejectsWhatIsNoFile) {
  auto getError = [](llvm::StringRef path) {
    llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(path);
    return file ? "no error" : toString(file.takeError());
  };
  EXPECT_EQ(getError("absent.gguf"), "absent.gguf: No such file or directory");
  EXPECT_EQ(getError("."), ".: expects a regular file");
  EXPECT_EQ(getError("/dev/zero"), "/dev/zero: expects a regular file");
}

TEST(Open, RejectsAnEmptyFile) {
  llvm::SmallString<128> path;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("bitnet", "gguf", path));
  llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(path);
  llvm::sys::fs::remove(path);
  ASSERT_FALSE(static_cast<bool>(file));
  EXPECT_EQ(toString(file.takeError()),
            (path + ": expects a GGUF file, found an empty file").str());
}
