//===- LockTest.cpp - Locks whose waiters sleep ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Lock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

TEST(Lock, OneAtATime) {
  // More than there are bits that tell sleepers apart.
  for (uint32_t threads : {1, 2, 5, 70}) {
    bitnet_lock lock = {};
    // Not atomic: the lock guards it.
    uint64_t count = 0;
    std::vector<std::thread> users;
    for (uint32_t user = 0; user < threads; ++user)
      users.emplace_back([&] {
        for (int i = 0; i < 200; ++i) {
          EXPECT_EQ(bitnetLock(&lock), BITNET_OK);
          ++count;
          bitnetUnlock(&lock);
        }
      });
    for (std::thread &user : users)
      user.join();
    EXPECT_EQ(count, 200u * threads);
  }
}

TEST(Lock, TryDoesNotWait) {
  bitnet_lock lock = {};
  EXPECT_EQ(bitnetTryLock(&lock), BITNET_OK);
  EXPECT_EQ(bitnetTryLock(&lock), BITNET_BUSY);
  bitnetUnlock(&lock);
  EXPECT_EQ(bitnetLock(&lock), BITNET_OK);
  EXPECT_EQ(bitnetTryLock(&lock), BITNET_BUSY);
  bitnetUnlock(&lock);
  EXPECT_EQ(bitnetTryLock(&lock), BITNET_OK);
  bitnetUnlock(&lock);
}

TEST(Lock, NumbersWrapAround) {
  bitnet_lock lock = {UINT32_MAX - 1, UINT32_MAX - 1, 0};
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&] {
      EXPECT_EQ(bitnetLock(&lock), BITNET_OK);
      bitnetUnlock(&lock);
    });
  for (std::thread &user : users)
    user.join();
  EXPECT_EQ(lock.serving, 2u);
}

/// The number of threads that have the lock or wait for it.
static uint32_t countUsers(const bitnet_lock &lock) {
  return __atomic_load_n(&lock.next, __ATOMIC_SEQ_CST) -
         __atomic_load_n(&lock.serving, __ATOMIC_SEQ_CST);
}

TEST(Lock, ServesInOrder) {
  bitnet_lock lock = {};
  ASSERT_EQ(bitnetLock(&lock), BITNET_OK);
  std::vector<uint32_t> order;
  std::vector<std::thread> users;
  for (uint32_t user = 0; user < 40; ++user) {
    users.emplace_back([&, user] {
      EXPECT_EQ(bitnetLock(&lock), BITNET_OK);
      order.push_back(user);
      bitnetUnlock(&lock);
    });
    while (countUsers(lock) != user + 2)
      std::this_thread::yield();
  }
  bitnetUnlock(&lock);
  for (std::thread &user : users)
    user.join();
  ASSERT_EQ(order.size(), 40u);
  for (uint32_t user = 0; user < 40; ++user)
    EXPECT_EQ(order[user], user);
}

TEST(Lock, WaitersSleep) {
  bitnet_lock lock = {};
  ASSERT_EQ(bitnetLock(&lock), BITNET_OK);
  std::vector<std::thread> users;
  for (uint32_t user = 0; user < 4; ++user) {
    users.emplace_back([&] {
      EXPECT_EQ(bitnetLock(&lock), BITNET_OK);
      bitnetUnlock(&lock);
    });
    while (countUsers(lock) != user + 2)
      std::this_thread::yield();
  }
  std::clock_t before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LT(double(std::clock() - before) / CLOCKS_PER_SEC, 0.02);
  bitnetUnlock(&lock);
  for (std::thread &user : users)
    user.join();
}
