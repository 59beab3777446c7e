//===- TextStreamTest.cpp - Text on its way to the reader -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TextStream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace {

using Texts = std::vector<std::string>;

/// A stream with its memory and what it passed on.
class TestStream {
public:
  explicit TestStream(Texts stops) : stops(std::move(stops)) {
    bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
    for (const std::string &stop : this->stops)
      given.push_back({stop.data(), stop.size()});
    options.stops = given.data();
    options.stop_count = given.size();
    options.callback = receive;
    options.user = this;
    memory.resize(bitnetTextStreamSize(&options) / 8);
    bitnetOpenTextStream(&stream, &options, memory.data());
  }
  TestStream(const TestStream &) = delete;

  TextResult write(const std::string &text) {
    return bitnetWriteText(
        &stream, reinterpret_cast<const uint8_t *>(text.data()), text.size());
  }
  TextResult flush() { return bitnetFlushText(&stream); }

  Texts pieces;
  size_t refuseAt = SIZE_MAX;

private:
  static int receive(void *user, const char *text, size_t length) {
    auto *self = static_cast<TestStream *>(user);
    self->pieces.emplace_back(text, length);
    return self->pieces.size() == self->refuseAt;
  }

  Texts stops;
  std::vector<bitnet_stop_string> given;
  std::vector<uint64_t> memory;
  TextStream stream;
};

} // namespace

static std::string join(const Texts &texts) {
  std::string joined;
  for (const std::string &text : texts)
    joined += text;
  return joined;
}

/// Where the text ends, its first stop string cut off; npos: nowhere.
static size_t findEnd(const std::string &text, const Texts &stops) {
  for (size_t end = 1; end <= text.size(); ++end) {
    size_t longest = 0;
    for (const std::string &stop : stops)
      if (stop.size() <= end &&
          text.compare(end - stop.size(), stop.size(), stop) == 0)
        longest = std::max(longest, stop.size());
    if (longest)
      return end - longest;
  }
  return std::string::npos;
}

/// Bytes at the end of a text that a stop string begins with, the most of them.
static size_t countHeld(const std::string &text, const Texts &stops) {
  size_t held = 0;
  for (const std::string &stop : stops)
    for (size_t size = 1; size < stop.size() && size <= text.size(); ++size)
      if (text.compare(text.size() - size, size, stop, 0, size) == 0)
        held = std::max(held, size);
  return held;
}

/// Whether more bytes can make the end of a text into a character of the tests'
/// alphabet: of those there are of two and of four bytes.
static bool endsWithin(const std::string &text) {
  const std::string character = "\xf0\x9f\x98\x80";
  if (!text.empty() && text.back() == '\xc3')
    return true;
  for (size_t size = 1; size < character.size() && size <= text.size(); ++size)
    if (text.compare(text.size() - size, size, character, 0, size) == 0)
      return true;
  return false;
}

TEST(TextStream, AgreesWithTheDefinition) {
  const Texts alphabet = {"a", "b", "a", "b", "\xc3\xa9", "\xf0\x9f\x98\x80"};
  std::mt19937 random(1);
  size_t letters = 0;
  auto makeText = [&](size_t most) {
    std::string text;
    for (size_t i = 1 + random() % most; i-- > 0;)
      text += alphabet[random() % letters];
    return text;
  };
  int stopped = 0;
  for (int i = 0; i < 5000; ++i) {
    // Those of only two letters repeat themselves.
    letters = i % 2 ? 2 : alphabet.size();
    Texts stops;
    for (size_t k = random() % 4; k-- > 0;)
      stops.push_back(makeText(i % 2 ? 12 : 6));
    TestStream stream(stops);
    // Now and then longer than what is passed on at once.
    std::string text = makeText(i % 50 ? 60 : 2000), written;
    size_t end = findEnd(text, stops);
    TextResult result = TextGoesOn;
    while (written.size() < text.size() && result == TextGoesOn) {
      std::string token =
          text.substr(written.size(), 1 + random() % (i % 9 ? 4 : 700));
      result = stream.write(token);
      written += token;
      std::string passed = join(stream.pieces);
      ASSERT_EQ(written.compare(0, passed.size(), passed), 0);
      if (result != TextGoesOn)
        break;
      // Neither more nor less than needed is held back.
      size_t decided = written.size() - countHeld(written, stops);
      ASSERT_LE(passed.size(), decided);
      while (decided > passed.size() && endsWithin(written.substr(0, decided)))
        --decided;
      ASSERT_EQ(passed.size(), decided) << written;
    }
    if (result == TextGoesOn) {
      ASSERT_EQ(end, std::string::npos);
      ASSERT_EQ(stream.flush(), TextGoesOn);
      ASSERT_EQ(join(stream.pieces), text);
    } else {
      ++stopped;
      ASSERT_EQ(result, TextStopped);
      ASSERT_EQ(join(stream.pieces), text.substr(0, end));
    }
    for (const std::string &piece : stream.pieces)
      ASSERT_FALSE(endsWithin(piece) && &piece != &stream.pieces.back());
  }
  EXPECT_GT(stopped, 1000);
  EXPECT_LT(stopped, 4000);
}

TEST(TextStream, StopStringsThatRepeatThemselves) {
  TestStream stream({"aab", "abaabaaab"});
  EXPECT_EQ(stream.write("a"), TextGoesOn);
  EXPECT_EQ(stream.write("aa"), TextGoesOn);
  EXPECT_EQ(stream.pieces, Texts({"a"}));
  EXPECT_EQ(stream.write("cab"), TextGoesOn);
  EXPECT_EQ(join(stream.pieces), "aaac");
  EXPECT_EQ(stream.write("aabx"), TextStopped);
  EXPECT_EQ(join(stream.pieces), "aaacab");
}

TEST(TextStream, TheLongestOfThoseThatEndTogether) {
  TestStream stream({"b", "aab", "ab"});
  EXPECT_EQ(stream.write("xaaab"), TextStopped);
  EXPECT_EQ(join(stream.pieces), "xa");
}

TEST(TextStream, TheFirstThatIsComplete) {
  TestStream stream({"abcd", "bc"});
  EXPECT_EQ(stream.write("abc"), TextStopped);
  EXPECT_EQ(join(stream.pieces), "a");
}

TEST(TextStream, BytesThatAreNoUtf8) {
  TestStream stream({});
  EXPECT_EQ(stream.write("\xff\xe4\xb8"), TextGoesOn);
  EXPECT_EQ(stream.pieces, Texts({"\xff"}));
  EXPECT_EQ(stream.write("y\x80"), TextGoesOn);
  EXPECT_EQ(stream.pieces, Texts({"\xff", "\xe4\xb8y\x80"}));
  EXPECT_EQ(stream.write("\xe4\xb8"), TextGoesOn);
  EXPECT_EQ(stream.flush(), TextGoesOn);
  EXPECT_EQ(stream.pieces.back(), "\xe4\xb8");
}

TEST(TextStream, ReadersThatRefuse) {
  TestStream stream({"xyz"});
  stream.refuseAt = 1;
  EXPECT_EQ(stream.write("xy"), TextGoesOn);
  EXPECT_EQ(stream.write("a"), TextRefused);
  TestStream flushed({"xyz"});
  flushed.refuseAt = 1;
  EXPECT_EQ(flushed.write("xy"), TextGoesOn);
  EXPECT_EQ(flushed.flush(), TextRefused);
  TestStream last({"xyz"});
  last.refuseAt = 1;
  EXPECT_EQ(last.write("axyz"), TextRefused);
}
