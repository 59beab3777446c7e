//===- ModelFolderTest.cpp - Right and wrong folders ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/HuggingFace/ModelFolder.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace mlir::bitnet;

namespace {
/// An empty folder that lasts as long as the test.
class ModelFolderTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("bitnet-folder", folder));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string getPath(llvm::StringRef name) {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    return path.str().str();
  }
  void write(llvm::StringRef name, llvm::StringRef bytes) {
    std::error_code code;
    llvm::raw_fd_ostream stream(getPath(name), code);
    ASSERT_FALSE(code);
    stream << bytes;
  }
  /// A file of tensors of `bytes` bytes each.
  void writeTensors(llvm::StringRef name,
                    llvm::ArrayRef<llvm::StringRef> tensors, size_t bytes = 1) {
    std::string header = "{", data;
    for (llvm::StringRef tensor : tensors) {
      std::string begin = std::to_string(data.size());
      data.append(bytes, 'x');
      header += (header.size() > 1 ? ",\"" : "\"") + tensor.str() +
                "\":{\"dtype\":\"U8\",\"shape\":[" + std::to_string(bytes) +
                "],\"data_offsets\":[" + begin + "," +
                std::to_string(data.size()) + "]}";
    }
    header += "}";
    char length[8];
    llvm::support::endian::write64le(length, header.size());
    write(name, std::string(length, 8) + header + data);
  }
  void writeIndex(llvm::StringRef map) {
    write("model.safetensors.index.json",
          ("{\"metadata\":{},\"weight_map\":{" + map + "}}").str());
  }
  /// The error of opening the folder without the folder's path; "none".
  std::string getError() {
    auto model = ModelFolder::open(folder);
    if (model)
      return "none";
    std::string error = toString(model.takeError());
    for (size_t at; (at = error.find(folder.c_str())) != std::string::npos;)
      error.replace(at, folder.size(), "F");
    return error;
  }

  llvm::SmallString<128> folder;
};
} // namespace

TEST_F(ModelFolderTest, OneFile) {
  write("config.json", R"({"model_type": "bitnet"})");
  // Large enough to be mapped.
  writeTensors("model.safetensors", {"b", "a"}, 20000);
  for (const std::string &path : {folder.str().str(), getPath("config.json")}) {
    auto model = ModelFolder::open(path);
    ASSERT_TRUE(static_cast<bool>(model)) << toString(model.takeError());
    EXPECT_EQ((*model)->getConfig().getString("model_type"), "bitnet");
    EXPECT_EQ((*model)->getName(), llvm::sys::path::filename(folder).str());
    ASSERT_EQ((*model)->getFiles().size(), 1u);
    llvm::ArrayRef<char> map = (*model)->getFiles().front()->getMapping();
    const FolderTensor *tensor = (*model)->findTensor("a");
    ASSERT_NE(tensor, nullptr);
    EXPECT_EQ(tensor->tensor->data.data(),
              map.data() + tensor->tensor->fileOffset);
  }
}

/// Pages of small files that were copied must never be given back.
TEST_F(ModelFolderTest, SmallFilesHaveNoMapping) {
  write("config.json", "{}");
  writeTensors("model.safetensors", {"a"});
  auto model = ModelFolder::open(folder);
  ASSERT_TRUE(static_cast<bool>(model)) << toString(model.takeError());
  EXPECT_TRUE((*model)->getFiles().front()->getMapping().empty());
}

TEST_F(ModelFolderTest, Shards) {
  write("config.json", "{}");
  writeTensors("model-1.safetensors", {"c", "a"});
  writeTensors("model-2.safetensors", {"b"});
  writeIndex(R"("a":"model-1.safetensors","b":"model-2.safetensors",)"
             R"("c":"model-1.safetensors")");
  auto model = ModelFolder::open(folder);
  ASSERT_TRUE(static_cast<bool>(model)) << toString(model.takeError());
  EXPECT_EQ((*model)->getFiles().size(), 2u);
  std::string names;
  for (const FolderTensor &entry : (*model)->getTensors())
    names += entry.tensor->name;
  EXPECT_EQ(names, "abc");
  EXPECT_EQ((*model)->findTensor("b")->file->getPath(),
            getPath("model-2.safetensors"));
  EXPECT_EQ((*model)->findTensor("d"), nullptr);
}

TEST_F(ModelFolderTest, MissingFiles) {
  EXPECT_EQ(getError(), "F: expects a file, or a folder with config.json");
  write("config.json", "[]");
  EXPECT_EQ(getError(), "F/config.json: expects an object, found an array");
  write("config.json", "{}");
  EXPECT_EQ(getError(),
            "F: expects model.safetensors or model.safetensors.index.json in "
            "the folder, found neither");
  writeTensors("model-1.safetensors", {"a"});
  writeIndex(R"("a":"model-1.safetensors","b":"model-2.safetensors")");
  EXPECT_EQ(getError(), "F/model-2.safetensors: No such file or directory");
}

TEST_F(ModelFolderTest, WrongIndex) {
  write("config.json", "{}");
  writeTensors("model-1.safetensors", {"a", "b"});
  write("model.safetensors.index.json", "{}");
  EXPECT_EQ(getError(),
            "F/model.safetensors.index.json: weight_map: expects an object "
            "that gives the files of tensors, found no such");
  writeIndex("");
  EXPECT_EQ(getError(),
            "F/model.safetensors.index.json: weight_map: expects an object "
            "that gives the files of tensors, found none");
  for (llvm::StringRef wrong :
       {"\"../model-1.safetensors\"", "\"/dev/zero\"", "\"..\"", "\"\"",
        "\"a/b\"", "1", "\"a\\u0000\""}) {
    writeIndex(("\"a\":" + wrong).str());
    std::string error = getError();
    EXPECT_TRUE(llvm::StringRef(error).starts_with(
        "F/model.safetensors.index.json: weight_map: tensor 'a': expects the "
        "name of a file in the folder, found "))
        << error;
  }
  writeIndex(R"("a":"model-1.safetensors","b":"model-1.safetensors",)"
             R"("c":"model-1.safetensors")");
  EXPECT_EQ(getError(),
            "F/model-1.safetensors: tensor 'c': expects it in this file, as "
            "'model.safetensors.index.json' says, found no such tensor");
  writeIndex(R"("a":"model-1.safetensors")");
  EXPECT_EQ(getError(),
            "F/model-1.safetensors: tensor 'b': expects no tensor that "
            "'model.safetensors.index.json' does not name");
  writeTensors("model-2.safetensors", {"b", "c"});
  writeIndex(R"("a":"model-1.safetensors","b":"model-1.safetensors",)"
             R"("c":"model-2.safetensors")");
  EXPECT_EQ(getError(), "F/model-2.safetensors: tensor 'b': expects each "
                        "tensor in one file, found it in "
                        "'F/model-1.safetensors', too");
}
