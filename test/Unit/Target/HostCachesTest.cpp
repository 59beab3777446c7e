//===- HostCachesTest.cpp - What Linux tells of caches --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/HostCaches.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace mlir::bitnet;

namespace {
/// A folder that looks like /sys/devices/system/cpu.
class HostCachesTest : public ::testing::Test {
protected:
  HostCachesTest() {
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("host-caches", folder));
  }
  ~HostCachesTest() override {
    EXPECT_FALSE(llvm::sys::fs::remove_directories(folder));
  }

  /// Describes one more cache.
  void add(llvm::StringRef level, llvm::StringRef type, llvm::StringRef size,
           llvm::StringRef sharedBy) {
    std::string cache =
        (folder + "/cpu0/cache/index" + llvm::Twine(count++)).str();
    EXPECT_FALSE(llvm::sys::fs::create_directories(cache));
    write(cache + "/level", level);
    write(cache + "/type", type);
    write(cache + "/size", size);
    write(cache + "/shared_cpu_list", sharedBy);
  }

  llvm::SmallString<128> folder;

private:
  static void write(const std::string &path, llvm::StringRef text) {
    std::error_code error;
    llvm::raw_fd_ostream(path, error) << text << '\n';
    EXPECT_FALSE(error);
  }

  unsigned count = 0;
};

TEST_F(HostCachesTest, ReadsDataAndUnifiedCaches) {
  add("1", "Data", "48K", "0,64");
  add("1", "Instruction", "32K", "0,64");
  add("2", "Unified", "1024K", "0,64");
  add("3", "Unified", "32M", "0-7,64-71");
  auto caches = getHostCaches(folder);
  ASSERT_EQ(caches.size(), 3u);
  EXPECT_EQ(caches[0].level, 1u);
  EXPECT_EQ(caches[0].bytes, 48 << 10);
  EXPECT_EQ(caches[0].processors, 2u);
  EXPECT_EQ(caches[1].bytes, 1 << 20);
  EXPECT_EQ(caches[2].bytes, 32 << 20);
  EXPECT_EQ(caches[2].processors, 16u);
}

TEST_F(HostCachesTest, OrdersLevels) {
  add("2", "Unified", "512K", "0");
  add("1", "Data", "32K", "0");
  auto caches = getHostCaches(folder);
  ASSERT_EQ(caches.size(), 2u);
  EXPECT_EQ(caches[0].level, 1u);
  EXPECT_EQ(caches[1].level, 2u);
}

TEST_F(HostCachesTest, LeavesOutWhatIsMalformed) {
  add("1", "Data", "32K", "0");
  add("2", "Unified", "many", "0");
  add("3", "Unified", "-8K", "0");
  add("x", "Unified", "8K", "0");
  EXPECT_EQ(getHostCaches(folder).size(), 1u);
}

TEST_F(HostCachesTest, AlwaysKnowsSome) {
  // Nothing there: what the C library says, or two levels.
  auto caches = getHostCaches(folder);
  ASSERT_GE(caches.size(), 1u);
  for (const HostCache &cache : caches) {
    EXPECT_GT(cache.bytes, 0);
    EXPECT_GT(cache.processors, 0u);
  }
  EXPECT_GE(getStreamBytes(), 4 * getHostCaches().back().bytes);
}

TEST(CountProcessorsTest, ReadsLists) {
  EXPECT_EQ(countProcessors("0"), 1u);
  EXPECT_EQ(countProcessors("0-3"), 4u);
  EXPECT_EQ(countProcessors("0-3,8,10-11"), 7u);
  for (const char *malformed : {"", "a", "3-1", "1-", "1 2", "0;1"})
    EXPECT_EQ(countProcessors(malformed), 0u) << malformed;
}

TEST(HostCacheTest, CountsCachesThatThreadsFill) {
  HostCache cache{3, 100, 4};
  EXPECT_EQ(cache.getCapacity(1), 100);
  EXPECT_EQ(cache.getCapacity(4), 100);
  EXPECT_EQ(cache.getCapacity(5), 200);
}
} // namespace
