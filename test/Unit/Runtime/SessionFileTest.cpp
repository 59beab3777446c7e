//===- SessionFileTest.cpp - Saved sessions -------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeModel.h"
#include "StateFormat.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace mlir::bitnet::test;

using Tokens = std::vector<int32_t>;

static std::vector<char> save(const bitnet_session *session) {
  size_t size = 0;
  EXPECT_EQ(bitnet_session_save(session, nullptr, 0, &size),
            BITNET_BUFFER_TOO_SMALL);
  std::vector<char> state(size + 1, 0x5a);
  EXPECT_EQ(bitnet_session_save(session, state.data(), size - 1, &size),
            BITNET_BUFFER_TOO_SMALL);
  EXPECT_EQ(state.front(), 0x5a);
  EXPECT_EQ(bitnet_session_save(session, state.data(), state.size(), &size),
            BITNET_OK);
  EXPECT_EQ(state.back(), 0x5a);
  EXPECT_EQ(state.size(), size + 1);
  state.resize(size);
  return state;
}

static bitnet_status restore(bitnet_session *session,
                             const std::vector<char> &state) {
  return bitnet_session_restore(session, state.data(), state.size());
}

static void expectTokens(const TestSession &session, const Tokens &tokens) {
  const int32_t *ids = nullptr;
  uint32_t count = 0;
  EXPECT_EQ(bitnet_session_tokens(session, &ids, &count), BITNET_OK);
  EXPECT_EQ(Tokens(ids, ids + count), tokens);
  if (!tokens.empty())
    EXPECT_EQ(session.getLogits(), FakeModel::expectedLogits(tokens));
}

TEST(SessionFile, RestoresWhatWasSaved) {
  FakeModel model;
  for (uint32_t count : {0, 1, 16, 33, 50}) {
    TestSession source(model, 2);
    Tokens tokens = makeTokens(count, 1);
    if (count != 0) {
      ASSERT_EQ(source.evaluate(tokens), BITNET_OK);
    }
    std::vector<char> state = save(source);
    // The same session gives the same bytes.
    EXPECT_EQ(save(source), state);
    for (uint32_t contextSize : {count ? count : 1, 50u}) {
      TestSession target(model, 1, contextSize);
      ASSERT_EQ(target.evaluate({9}), BITNET_OK);
      ASSERT_EQ(restore(target, state), BITNET_OK);
      expectTokens(target, tokens);
      EXPECT_EQ(save(target), state);
      if (count < contextSize) {
        Tokens more = tokens;
        more.push_back(5);
        EXPECT_EQ(target.evaluate({5}), BITNET_OK);
        expectTokens(target, more);
      }
    }
    // At any address.
    std::vector<char> shifted(state.size() + 1);
    std::memcpy(shifted.data() + 1, state.data(), state.size());
    TestSession target(model);
    EXPECT_EQ(bitnet_session_restore(target, shifted.data() + 1, state.size()),
              BITNET_OK);
    expectTokens(target, tokens);
  }
}

TEST(SessionFile, SessionsWithoutLogits) {
  FakeModel model;
  TestSession source(model), target(model);
  Tokens tokens = makeTokens(20, 1);
  ASSERT_EQ(source.evaluate(tokens), BITNET_OK);
  ASSERT_EQ(bitnet_session_truncate(source, 10), BITNET_OK);
  ASSERT_EQ(target.evaluate(tokens), BITNET_OK);
  ASSERT_EQ(restore(target, save(source)), BITNET_OK);
  const float *logits;
  EXPECT_EQ(bitnet_logits(target, &logits), BITNET_NO_LOGITS);
  ASSERT_EQ(target.evaluate({tokens[10]}), BITNET_OK);
  expectTokens(target, {tokens.begin(), tokens.begin() + 11});
}

TEST(SessionFile, DamageIsFound) {
  FakeModel model;
  TestSession source(model), target(model);
  Tokens tokens = makeTokens(20, 1), others = makeTokens(12, 2);
  ASSERT_EQ(source.evaluate(tokens), BITNET_OK);
  ASSERT_EQ(target.evaluate(others), BITNET_OK);
  const std::vector<char> state = save(source);
  for (size_t i = 0; i < state.size(); ++i) {
    std::vector<char> damaged = state;
    damaged[i] ^= 1 << i % 8;
    bitnet_status status = restore(target, damaged);
    EXPECT_TRUE(
        status == BITNET_STATE_DAMAGED ||
        (i < sizeof(bitnet_state_header) && status == BITNET_STATE_MISMATCH))
        << "byte " << i << ": " << bitnet_status_text(status);
  }
  for (size_t size = 0; size < state.size(); size += 1 + size / 9) {
    std::vector<char> cut(state.begin(), state.begin() + size);
    cut.reserve(1);
    bitnet_status status =
        bitnet_session_restore(target, cut.data(), cut.size());
    EXPECT_TRUE(status ==
                (size < 8 ? BITNET_STATE_MISMATCH : BITNET_STATE_DAMAGED))
        << size << " bytes";
  }
  std::vector<char> longer = state;
  longer.push_back(0);
  EXPECT_EQ(restore(target, longer), BITNET_STATE_DAMAGED);
  expectTokens(target, others);
}

/// Headers that lie, with the right hash.
TEST(SessionFile, NumbersAreChecked) {
  FakeModel model;
  TestSession source(model), target(model), small(model, 1, 19);
  Tokens tokens = makeTokens(20, 1), others = makeTokens(12, 2);
  ASSERT_EQ(source.evaluate(tokens), BITNET_OK);
  ASSERT_EQ(target.evaluate(others), BITNET_OK);
  ASSERT_EQ(small.evaluate(others), BITNET_OK);
  const std::vector<char> state = save(source);
  auto expectRefused = [&](bitnet_status status, auto change) {
    std::vector<char> changed = state;
    bitnet_state_header header;
    std::memcpy(&header, changed.data(), sizeof(header));
    change(header);
    std::memcpy(changed.data(), &header, sizeof(header));
    size_t size = changed.size() - sizeof(uint64_t);
    uint64_t hash = llvm::xxh3_64bits(llvm::ArrayRef(
        reinterpret_cast<const uint8_t *>(changed.data()), size));
    std::memcpy(changed.data() + size, &hash, sizeof(hash));
    EXPECT_EQ(restore(target, changed), status);
  };
  using Header = bitnet_state_header;
  expectRefused(BITNET_STATE_MISMATCH, [](Header &header) { ++header.magic; });
  expectRefused(BITNET_STATE_MISMATCH,
                [](Header &header) { ++header.version; });
  expectRefused(BITNET_STATE_MISMATCH,
                [](Header &header) { ++header.identity; });
  expectRefused(BITNET_STATE_MISMATCH,
                [](Header &header) { ++header.output_width; });
  expectRefused(BITNET_STATE_MISMATCH, [](Header &header) { ++header.layers; });
  expectRefused(BITNET_STATE_MISMATCH, [](Header &header) { ++header.heads; });
  expectRefused(BITNET_STATE_MISMATCH,
                [](Header &header) { ++header.head_size; });
  expectRefused(BITNET_STATE_MISMATCH,
                [](Header &header) { ++header.element; });
  expectRefused(BITNET_STATE_DAMAGED,
                [](Header &header) { header.position = UINT32_MAX; });
  expectRefused(BITNET_STATE_DAMAGED,
                [](Header &header) { header.position = 51; });
  expectRefused(BITNET_STATE_DAMAGED,
                [](Header &header) { header.has_outputs = 2; });
  expectRefused(BITNET_STATE_DAMAGED,
                [](Header &header) { header.size = UINT64_MAX; });
  expectTokens(target, others);
  EXPECT_EQ(restore(small, state), BITNET_CONTEXT_FULL);
  expectTokens(small, others);
  // Another model with the same shapes.
  FakeModel other;
  other.descriptor.identity = 1;
  TestSession alien(other);
  EXPECT_EQ(restore(alien, state), BITNET_STATE_MISMATCH);
}

TEST(SessionFile, NullPointers) {
  FakeModel model;
  TestSession session(model);
  size_t size;
  char bytes[8] = {};
  EXPECT_EQ(bitnet_session_save(nullptr, bytes, 8, &size),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_save(session, nullptr, 8, &size),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_save(session, bytes, 8, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_restore(nullptr, bytes, 8), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_restore(session, nullptr, 8),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_save_file(nullptr, "a"), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_save_file(session, nullptr),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_restore_file(nullptr, "a"), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(bitnet_session_restore_file(session, nullptr),
            BITNET_INVALID_ARGUMENT);
}

TEST(SessionFile, Files) {
  llvm::SmallString<128> folder;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("bitnet-state", folder));
  llvm::SmallString<128> path = folder;
  llvm::sys::path::append(path, "session.state");
  FakeModel model;
  TestSession source(model), target(model);
  Tokens tokens = makeTokens(30, 1);
  ASSERT_EQ(source.evaluate(tokens), BITNET_OK);
  EXPECT_EQ(bitnet_session_restore_file(target, path.c_str()),
            BITNET_FILE_FAILURE);
  ASSERT_EQ(bitnet_session_save_file(source, path.c_str()), BITNET_OK);
  // The same bytes as in memory, and nothing else in the folder.
  auto written = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                             /*RequiresNullTerminator=*/false);
  ASSERT_TRUE(bool(written));
  std::vector<char> state = save(source);
  EXPECT_EQ((*written)->getBuffer(),
            llvm::StringRef(state.data(), state.size()));
  EXPECT_FALSE(llvm::sys::fs::exists(path + ".part"));
  ASSERT_EQ(bitnet_session_restore_file(target, path.c_str()), BITNET_OK);
  expectTokens(target, tokens);
  // In place of what is there.
  ASSERT_EQ(source.evaluate({1}), BITNET_OK);
  ASSERT_EQ(bitnet_session_save_file(source, path.c_str()), BITNET_OK);
  ASSERT_EQ(bitnet_session_restore_file(target, path.c_str()), BITNET_OK);
  tokens.push_back(1);
  expectTokens(target, tokens);
  // A folder is no file, and a file no folder.
  EXPECT_EQ(bitnet_session_save_file(source, folder.c_str()),
            BITNET_FILE_FAILURE);
  EXPECT_EQ(bitnet_session_restore_file(target, folder.c_str()),
            BITNET_FILE_FAILURE);
  llvm::SmallString<128> inside = path;
  llvm::sys::path::append(inside, "a");
  EXPECT_EQ(bitnet_session_save_file(source, inside.c_str()),
            BITNET_FILE_FAILURE);
  std::string lengthy(5000, 'a');
  EXPECT_EQ(bitnet_session_save_file(source, lengthy.c_str()),
            BITNET_FILE_FAILURE);
  EXPECT_EQ(bitnet_session_save_file(source, ""), BITNET_FILE_FAILURE);
  {
    std::error_code error;
    llvm::raw_fd_ostream stream(path, error);
    stream << "no state";
  }
  EXPECT_EQ(bitnet_session_restore_file(target, path.c_str()),
            BITNET_STATE_MISMATCH);
  expectTokens(target, tokens);
  EXPECT_FALSE(llvm::sys::fs::remove_directories(folder));
}
