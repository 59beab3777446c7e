//===- PartsTest.cpp - Models in several files ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestFiles.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
class Parts : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("bitnet-parts", folder));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  /// A part with the keys of splits and, but for the first, tensor `name`.
  static GGUFBuilder makePart(uint16_t number, uint16_t count, uint32_t tensors,
                              llvm::StringRef name) {
    using Type = GGUFValueType;
    GGUFBuilder builder;
    builder.entry(Bytes().key("split.no", Type::U16).number(number))
        .entry(Bytes().key("split.count", Type::U16).number(count))
        .entry(Bytes().key("split.tensors.count", Type::I32).u32(tensors));
    if (number == 0)
      builder.entry(Bytes().key("general.name", Type::String).string("model"));
    else
      builder.tensor(name, {4}, GGUFTensorType::F32, 16);
    return builder;
  }

  std::string getPath(llvm::StringRef name) {
    llvm::SmallString<128> path = folder;
    llvm::sys::path::append(path, name);
    return path.str().str();
  }
  std::string getPartPath(int number) {
    return getPath(llvm::formatv("m-{0:D5}-of-00003.gguf", number + 1).str());
  }
  void write(const std::string &path, const GGUFBuilder &builder) {
    std::error_code code;
    llvm::raw_fd_ostream(path, code) << builder.build();
    ASSERT_FALSE(code);
  }
  /// Three parts of a model of two tensors.
  void writeAll() {
    write(getPartPath(0), makePart(0, 3, 2, ""));
    write(getPartPath(1), makePart(1, 3, 2, "second"));
    write(getPartPath(2), makePart(2, 3, 2, "first"));
  }
  std::string getError(const std::string &path) {
    llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(path);
    return file ? "no error" : toString(file.takeError());
  }

  llvm::SmallString<128> folder;
};
} // namespace

TEST_F(Parts, EveryPartOpensTheModel) {
  writeAll();
  for (int number = 0; number < 3; ++number) {
    llvm::Expected<std::unique_ptr<GGUFFile>> opened =
        GGUFFile::open(getPartPath(number));
    ASSERT_TRUE(static_cast<bool>(opened)) << toString(opened.takeError());
    const GGUFFile &file = **opened;
    EXPECT_EQ(file.getPath(), getPartPath(0));
    EXPECT_EQ(llvm::cantFail(file.getString("general.name")), "model");
    EXPECT_EQ(file.getOtherParts().size(), 2u);
    ASSERT_EQ(file.getTensors().size(), 2u);
    std::vector<llvm::ArrayRef<char>> mappings = file.getMappings();
    ASSERT_EQ(mappings.size(), 3u);
    const GGUFTensor *first = file.findTensor("first");
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->data.data(), mappings[2].data() + first->fileOffset);
    EXPECT_EQ(first->data.size(), 16u);
    EXPECT_EQ(toString(file.makeError(*first, "wrong"))
                  .substr(0, getPartPath(2).size() + 2),
              getPartPath(2) + ": ");
    EXPECT_NE(file.findTensor("second"), nullptr);
    EXPECT_EQ(file.findTensor("third"), nullptr);
  }
}

TEST_F(Parts, OnePartIsAWhole) {
  GGUFBuilder builder = makeSample();
  builder.entry(
      Bytes().key("split.count", GGUFValueType::U16).number<uint16_t>(1));
  write(getPath("whole.gguf"), builder);
  EXPECT_EQ(getError(getPath("whole.gguf")), "no error");
}

TEST_F(Parts, MissingPart) {
  writeAll();
  llvm::sys::fs::remove(getPartPath(2));
  for (int number : {0, 1})
    EXPECT_EQ(getError(getPartPath(number)),
              getPartPath(2) +
                  ": expects part 3 of 3 of the model, found no such file");
}

TEST_F(Parts, NameWithoutNumber) {
  std::string path = getPath("part.gguf");
  write(path, makePart(1, 3, 2, "second"));
  EXPECT_EQ(getError(path),
            path + ": expects a name that ends in -00002-of-00003.gguf, since "
                   "it is part 2 of 3 of a model, whose other parts are found "
                   "by their names");
}

TEST_F(Parts, NumberOfThePartIsTooLarge) {
  write(getPartPath(2), makePart(3, 3, 2, "first"));
  EXPECT_NE(getError(getPartPath(2))
                .find("key 'split.no': expects an integer in [0, 2], found 3"),
            std::string::npos)
      << getError(getPartPath(2));
}

TEST_F(Parts, PartOfAnotherPlace) {
  writeAll();
  write(getPartPath(2), makePart(1, 3, 2, "first"));
  EXPECT_NE(getError(getPartPath(0))
                .find("key 'split.no': expects an integer in [2, 2], found 1"),
            std::string::npos)
      << getError(getPartPath(0));
}

TEST_F(Parts, PartOfAnotherModel) {
  writeAll();
  write(getPartPath(2), makePart(2, 4, 2, "first"));
  EXPECT_NE(
      getError(getPartPath(0))
          .find("key 'split.count': expects an integer in [3, 3], found 4"),
      std::string::npos)
      << getError(getPartPath(0));
  write(getPartPath(2), makeSample());
  EXPECT_NE(getError(getPartPath(0)).find("key 'split.count': expects a value"),
            std::string::npos)
      << getError(getPartPath(0));
}

TEST_F(Parts, TensorInTwoParts) {
  writeAll();
  write(getPartPath(2), makePart(2, 3, 2, "second"));
  std::string error = getError(getPartPath(0));
  EXPECT_TRUE(llvm::StringRef(error).starts_with(getPartPath(2) + ": offset"))
      << error;
  EXPECT_TRUE(llvm::StringRef(error).ends_with(
      "tensor 'second': expects to be in one part, found it in " +
      getPartPath(1) + ", too"))
      << error;
}

TEST_F(Parts, NumberOfTensors) {
  writeAll();
  write(getPartPath(0), makePart(0, 3, 5, ""));
  EXPECT_EQ(getError(getPartPath(1)),
            getPartPath(0) + ": key 'split.tensors.count': expects 2, the "
                             "number of tensors of all parts, found 5");
}

TEST_F(Parts, DamagedPart) {
  writeAll();
  GGUFBuilder builder = makePart(2, 3, 2, "first");
  builder.version = 9;
  write(getPartPath(2), builder);
  EXPECT_EQ(getError(getPartPath(0)),
            getPartPath(2) + ": offset 0x4: version: expects 2 or 3, found 9");
}
