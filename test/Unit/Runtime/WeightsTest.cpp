//===- WeightsTest.cpp - Weights in a file of their own -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Weights.h"
#include "ContentHash.h"
#include "FakeModel.h"
#include "WeightsFormat.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>

using namespace mlir::bitnet::test;
using testing::HasSubstr;

namespace {
constexpr size_t contentsSize = 3 * BITNET_WEIGHTS_PAGE;
constexpr size_t fileSize = BITNET_WEIGHTS_PAGE + contentsSize;

struct FreeMemory {
  void operator()(char *memory) const { std::free(memory); }
};

/// A model with a file of weights, in memory and in a temporary folder.
class WeightsTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("weights", folder));
    image.reset(static_cast<char *>(std::aligned_alloc(64, fileSize)));
    std::memset(image.get(), 0, fileSize);
    char *contents = image.get() + BITNET_WEIGHTS_PAGE;
    std::memcpy(contents, FakeModel::weights, sizeof(FakeModel::weights));
    file = {"fake.weights", contentsSize,
            llvm::xxh3_64bits(llvm::StringRef(contents, contentsSize)),
            &bitnet_runtime_weights_functions};
    header() = {BITNET_WEIGHTS_MAGIC, BITNET_WEIGHTS_VERSION,
                BITNET_WEIGHTS_PAGE, contentsSize, file.hash};
    model.descriptor.weights = nullptr;
    model.descriptor.weights_file = &file;
    options.message = message;
    options.message_size = sizeof(message);
    unsetenv("BITNET_WEIGHTS");
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  bitnet_weights_header &header() {
    return *reinterpret_cast<bitnet_weights_header *>(image.get());
  }

  /// Writes the first `size` bytes of the file; its path.
  std::string write(llvm::StringRef name, size_t size = fileSize) {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    std::error_code error;
    llvm::raw_fd_ostream stream(path, error);
    EXPECT_FALSE(error);
    stream.write(image.get(), size);
    return path.str().str();
  }

  /// The status of a session, which is used and verified if there is one.
  bitnet_status create() {
    std::memset(message, 'x', sizeof(message));
    bitnet_session *session = nullptr;
    bitnet_status status =
        bitnet_session_create(&model.model, &options, &session);
    if (status != BITNET_OK) {
      EXPECT_EQ(session, nullptr);
      return status;
    }
    EXPECT_STREQ(message, "");
    const int32_t token = 3;
    EXPECT_EQ(bitnet_evaluate(session, &token, 1), BITNET_OK);
    status = bitnet_verify_weights(session);
    bitnet_session_destroy(session);
    return status;
  }

  llvm::SmallString<128> folder;
  std::unique_ptr<char, FreeMemory> image;
  bitnet_weights_file file;
  FakeModel model;
  bitnet_session_options options = BITNET_SESSION_OPTIONS_DEFAULT;
  char message[10000];
};
} // namespace

TEST(ContentHashTest, IsThatOfLLVM) {
  std::mt19937 random(1);
  std::vector<uint8_t> bytes(1 << 20);
  for (uint8_t &byte : bytes)
    byte = random();
  for (size_t size : {size_t(1024), size_t(2048), size_t(4096), size_t(5120),
                      bytes.size() - 1024, bytes.size()}) {
    for (size_t most :
         {size_t(1), size_t(1000), size_t(1024), size_t(70000), bytes.size()}) {
      bitnet_content_hash hash;
      bitnetHashBegin(&hash);
      for (size_t done = 0; done < size;) {
        size_t piece = std::min<size_t>(1 + random() % most, size - done);
        bitnetHashAppend(&hash, bytes.data() + done, piece);
        done += piece;
      }
      EXPECT_EQ(bitnetHashEnd(&hash),
                llvm::xxh3_64bits(llvm::ArrayRef(bytes).take_front(size)));
    }
  }
}

TEST_F(WeightsTest, FindsThemWhereItIsTold) {
  std::string path = write("other");
  options.weights_path = path.c_str();
  EXPECT_EQ(create(), BITNET_OK);
  // A folder, with and without a separator.
  write("fake.weights");
  std::string named = folder.str().str();
  options.weights_path = named.c_str();
  EXPECT_EQ(create(), BITNET_OK);
  named += "/";
  options.weights_path = named.c_str();
  EXPECT_EQ(create(), BITNET_OK);
  // The environment, which the option overrules.
  options.weights_path = nullptr;
  setenv("BITNET_WEIGHTS", path.c_str(), 1);
  EXPECT_EQ(create(), BITNET_OK);
  setenv("BITNET_WEIGHTS", "/no/where", 1);
  EXPECT_EQ(create(), BITNET_WEIGHTS_NOT_FOUND);
  EXPECT_THAT(message, HasSubstr("'/no/where', which the environment variable "
                                 "BITNET_WEIGHTS names: there is none"));
  options.weights_path = path.c_str();
  EXPECT_EQ(create(), BITNET_OK);
}

TEST_F(WeightsTest, LooksBesideTheProgramAndInTheCurrentFolder) {
  EXPECT_EQ(create(), BITNET_WEIGHTS_NOT_FOUND);
  EXPECT_THAT(message,
              HasSubstr("expects the file of weights 'fake.weights' in '"));
  EXPECT_THAT(message, HasSubstr("' or the current folder: there is none"));
  llvm::SmallString<128> before;
  ASSERT_FALSE(llvm::sys::fs::current_path(before));
  write("fake.weights");
  ASSERT_FALSE(llvm::sys::fs::set_current_path(folder));
  EXPECT_EQ(create(), BITNET_OK);
  ASSERT_FALSE(llvm::sys::fs::set_current_path(before));
}

TEST_F(WeightsTest, TakesMemoryOfTheCaller) {
  options.weights = image.get();
  options.weights_size = fileSize;
  EXPECT_EQ(create(), BITNET_OK);
  options.weights_size = fileSize - 1;
  EXPECT_EQ(create(), BITNET_WEIGHTS_MISMATCH);
  EXPECT_STREQ(message, "'the option weights' has a size of 16383, the model "
                        "expects 16384");
  options.weights_size = 3;
  EXPECT_EQ(create(), BITNET_WEIGHTS_MISMATCH);
  options.weights = image.get() + 32;
  EXPECT_EQ(create(), BITNET_INVALID_ARGUMENT);
  EXPECT_THAT(message, HasSubstr("not aligned to 64 bytes"));
}

TEST_F(WeightsTest, RefusesOtherFiles) {
  struct Change {
    std::function<void()> apply;
    const char *text;
  };
  const bitnet_weights_header right = header();
  const Change changes[] = {
      {[&] { header().magic ^= 1; },
       "is not a file of weights, the model expects 'fake.weights'"},
      {[&] { header().version = 7; }, "has version 7, the model expects 1"},
      {[&] { header().contents_size -= BITNET_WEIGHTS_PAGE; },
       "has weights of the size 8192, the model expects 12288"},
      {[&] { header().hash = 0xabc; },
       "has weights of the hash 0000000000000abc, the model expects "}};
  for (const Change &change : changes) {
    header() = right;
    change.apply();
    std::string path = write("other");
    options.weights_path = path.c_str();
    EXPECT_EQ(create(), BITNET_WEIGHTS_MISMATCH);
    EXPECT_THAT(message, HasSubstr(path));
    EXPECT_THAT(message, HasSubstr(change.text));
  }
  header() = right;
  for (size_t size : {size_t(1), size_t(31), size_t(32), fileSize - 1}) {
    std::string path = write("short", size);
    options.weights_path = path.c_str();
    EXPECT_EQ(create(), BITNET_WEIGHTS_MISMATCH) << size;
  }
  std::string empty = write("empty", 0);
  options.weights_path = empty.c_str();
  EXPECT_EQ(create(), BITNET_WEIGHTS_NOT_FOUND);
  EXPECT_THAT(message, HasSubstr("cannot read the file of weights '"));
}

TEST_F(WeightsTest, FindsDamageWhenAsked) {
  image.get()[fileSize - 1] = 1;
  std::string path = write("damaged");
  options.weights_path = path.c_str();
  EXPECT_EQ(create(), BITNET_WEIGHTS_DAMAGED);
}

TEST_F(WeightsTest, CutsMessagesOff) {
  char small[9] = "xxxxxxxx";
  options.message = small;
  options.message_size = 8;
  bitnet_session *session = nullptr;
  EXPECT_EQ(bitnet_session_create(&model.model, &options, &session),
            BITNET_WEIGHTS_NOT_FOUND);
  EXPECT_STREQ(small, "expects");
  options.message_size = 0;
  EXPECT_EQ(bitnet_session_create(&model.model, &options, &session),
            BITNET_WEIGHTS_NOT_FOUND);
  options.message = nullptr;
  EXPECT_EQ(bitnet_session_create(&model.model, &options, &session),
            BITNET_WEIGHTS_NOT_FOUND);
}

TEST_F(WeightsTest, NeedsNoFileForWeightsInTheObject) {
  FakeModel inside;
  bitnet_session *session = nullptr;
  ASSERT_EQ(bitnet_session_create(&inside.model, nullptr, &session), BITNET_OK);
  EXPECT_EQ(bitnet_verify_weights(session), BITNET_OK);
  bitnet_session_destroy(session);
  bitnet_model_info info;
  ASSERT_EQ(bitnet_get_model_info(&inside.model, &info), BITNET_OK);
  EXPECT_EQ(info.weights_file, nullptr);
  ASSERT_EQ(bitnet_get_model_info(&model.model, &info), BITNET_OK);
  EXPECT_STREQ(info.weights_file, "fake.weights");
}
