//===- ProgressTest.cpp - The progress line on a terminal -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support/Progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <pty.h>
#include <thread>
#include <unistd.h>

using namespace mlir::bitnet;
using testing::EndsWith;
using testing::StartsWith;

namespace {
/// Standard error, as one end of a terminal or of a pipe.
class ErrorOutput {
public:
  explicit ErrorOutput(bool isTerminal, unsigned short columns = 80) {
    int ends[2];
    if (isTerminal) {
      winsize size = {24, columns, 0, 0};
      EXPECT_EQ(openpty(&ends[0], &ends[1], nullptr, nullptr, &size), 0);
    } else {
      EXPECT_EQ(pipe(ends), 0);
    }
    reading = ends[0];
    fcntl(reading, F_SETFL, O_NONBLOCK);
    before = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
  }
  ~ErrorOutput() {
    dup2(before, STDERR_FILENO);
    close(before);
    close(reading);
  }

  /// What was written since the last time.
  std::string read() {
    std::string text;
    char bytes[4096];
    for (;;) {
      ssize_t count = ::read(reading, bytes, sizeof(bytes));
      if (count <= 0)
        return text;
      text.append(bytes, count);
    }
  }

private:
  int reading, before;
};

void waitForInterval() {
  std::this_thread::sleep_for(std::chrono::milliseconds(120));
}
} // namespace

TEST(ProgressTest, OverwritesItsLine) {
  ErrorOutput output(/*isTerminal=*/true);
  Progress progress;
  progress.step("reading a");
  EXPECT_EQ(output.read(), "\r\033[Kreading a ...");
  progress.step("writing b");
  EXPECT_EQ(output.read(), "\r\033[Kwriting b ...");
  progress.clear();
  EXPECT_EQ(output.read(), "\r\033[K");
  progress.clear();
  EXPECT_EQ(output.read(), "");
}

TEST(ProgressTest, ShowsHowFarAStepIs) {
  ErrorOutput output(/*isTerminal=*/true);
  Progress progress;
  progress.showBytes("writing a", 1 << 20, 10 << 20);
  EXPECT_EQ(output.read(), "\r\033[Kwriting a ...");
  progress.showBytes("writing a", 2 << 20, 10 << 20);
  EXPECT_EQ(output.read(), "");
  waitForInterval();
  progress.showBytes("writing a", 3 << 20, 10 << 20);
  EXPECT_THAT(output.read(),
              StartsWith("\r\033[Kwriting a: 3 of 10 MiB, 30%, 0."));
  progress.showCount("packing", 0, 210);
  EXPECT_EQ(output.read(), "\r\033[Kpacking ...");
  waitForInterval();
  progress.showCount("packing", 21, 210);
  EXPECT_EQ(output.read(), "\r\033[Kpacking: 21 of 210, 10%");
  // Nothing known.
  waitForInterval();
  progress.showCount("packing", 0, 0);
  EXPECT_EQ(output.read(), "");
}

TEST(ProgressTest, KeepsToOneLine) {
  ErrorOutput output(/*isTerminal=*/true, /*columns=*/20);
  Progress progress;
  progress.step("reading a file of a long name");
  EXPECT_EQ(output.read(), "\r\033[K... a long name ...");
}

TEST(ProgressTest, ErasesItsLineAtTheEnd) {
  ErrorOutput output(/*isTerminal=*/true);
  {
    Progress progress;
    progress.step("reading");
  }
  EXPECT_THAT(output.read(), EndsWith("\r\033[K"));
}

TEST(ProgressTest, IsSilentWithoutATerminal) {
  ErrorOutput output(/*isTerminal=*/false);
  {
    Progress progress;
    progress.step("reading");
    waitForInterval();
    progress.showBytes("reading", 1, 2);
    progress.clear();
  }
  EXPECT_EQ(output.read(), "");
}
