//===- TimingCacheTest.cpp - Measured times that are kept -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Tuning/TimingCache.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace mlir::bitnet;

namespace {
class TimingCacheTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("timings", folder));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string path(llvm::StringRef name) {
    llvm::SmallString<128> result = folder;
    llvm::sys::path::append(result, name);
    return result.str().str();
  }
  void write(llvm::StringRef file, llvm::StringRef text) {
    std::error_code code;
    llvm::raw_fd_ostream(path(file), code) << text;
    ASSERT_FALSE(code);
  }

private:
  llvm::SmallString<128> folder;
};
} // namespace

TEST_F(TimingCacheTest, KeepsTimes) {
  std::string file = path("new/folder/timings.json");
  {
    llvm::Expected<TimingCache> cache = TimingCache::load(file);
    ASSERT_TRUE(bool(cache)) << llvm::toString(cache.takeError());
    EXPECT_FALSE(cache->find("this machine", "mad", 3, 4));
    // The text of a key may be gone before the cache is.
    cache->add(std::string("this ") + "machine", "mad", 3, 4, {500, 20});
    cache->add("this machine", "lut", 3, 4, {400, 30});
    cache->add("another", "mad", 3, 4, {1, 2});
    ASSERT_FALSE(bool(cache->save()));
  }
  llvm::Expected<TimingCache> cache = TimingCache::load(file);
  ASSERT_TRUE(bool(cache)) << llvm::toString(cache.takeError());
  std::optional<MeasuredTime> time = cache->find("this machine", "mad", 3, 4);
  ASSERT_TRUE(time);
  EXPECT_EQ(time->decode, 500);
  EXPECT_EQ(time->prefill, 20);
  EXPECT_FALSE(cache->find("this machine", "mad", 4, 3));
  EXPECT_FALSE(cache->find("no machine", "mad", 3, 4));
  EXPECT_EQ(cache->find("another", "mad", 3, 4)->decode, 1);
}

TEST_F(TimingCacheTest, RejectsOtherFiles) {
  for (llvm::StringRef text :
       {"", "{", "[]", R"({"m": 1})", R"({"m": {"k 1x1": [1]}})",
        R"({"m": {"k 1x1": [1, "2"]}})", R"({"m": {"k 1x1": [0, 2]}})"}) {
    write("bad.json", text);
    llvm::Expected<TimingCache> cache = TimingCache::load(path("bad.json"));
    ASSERT_FALSE(bool(cache)) << text.str();
    std::string message = llvm::toString(cache.takeError());
    EXPECT_NE(message.find("bad.json: expects "), std::string::npos) << message;
  }
}
