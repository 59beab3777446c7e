//===- AttentionPlanTest.cpp - How passes attend --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FakeModel.h"
#include "Threads.h"

#include "llvm/ADT/ArrayRef.h"

#include <gtest/gtest.h>

#include <deque>

using namespace mlir::bitnet::test;

static constexpr uint32_t chunk = 64, positions = 20000, rows = 8, slots = 40;

/// What thread 0 saw in the last pass.
static struct {
  std::vector<int32_t> positions, sequences;
  std::vector<bitnet_attention_work> work;
  std::vector<bitnet_attention_merge> merges;
} seen;

static void evaluate(int64_t thread, int64_t, bitnet_member *member,
                     const int32_t *, const int32_t *rowPositions,
                     const int32_t *rowSequences, int64_t tokenCount,
                     const int32_t *, const int32_t *, int64_t outputCount,
                     const bitnet_pass_sequence *,
                     const bitnet_attention_work *work, int64_t workCount,
                     const bitnet_attention_merge *merges, int64_t mergeCount,
                     void *, float *logits, const void *) {
  if (thread == 0) {
    seen.positions.assign(rowPositions, rowPositions + tokenCount);
    seen.sequences.assign(rowSequences, rowSequences + tokenCount);
    seen.work.assign(work, work + workCount);
    seen.merges.assign(merges, merges + mergeCount);
    std::fill_n(logits, outputCount * FakeModel::vocabularySize, 0.0f);
  }
  bitnet_runtime_barrier(member);
}

static int64_t getPartitionSize(int64_t position) {
  int64_t size = 512;
  while (16 * size < position + 1)
    size *= 2;
  return size;
}

/// Every row is in one item with all partitions, or in as many items as it has
/// partitions, whose slots one merge puts together. Returns how many rows are
/// of the second kind.
static size_t checkPlan() {
  size_t count = seen.positions.size();
  std::vector<std::vector<int32_t>> slotsOf(count);
  std::vector<int> whole(count);
  std::vector<bool> usedSlots(slots);
  for (const bitnet_attention_work &item : seen.work) {
    EXPECT_GE(item.row_count, 1);
    EXPECT_LE(item.row_count, int32_t(rows));
    for (int32_t i = 0; i < item.row_count; ++i) {
      size_t row = item.first_row + i;
      EXPECT_LT(row, count);
      EXPECT_EQ(seen.sequences[row], item.sequence);
      EXPECT_EQ(seen.positions[row], item.first_position + i);
      EXPECT_EQ(getPartitionSize(seen.positions[row]),
                getPartitionSize(item.first_position));
      if (item.partition == -1) {
        ++whole[row];
        continue;
      }
      EXPECT_EQ(item.row_count, 1);
      EXPECT_EQ(item.partition, int32_t(slotsOf[row].size()));
      EXPECT_LT(uint32_t(item.slot), slots);
      EXPECT_FALSE(usedSlots[item.slot]);
      usedSlots[item.slot] = true;
      slotsOf[row].push_back(item.slot);
    }
  }
  for (const bitnet_attention_merge &merge : seen.merges) {
    std::vector<int32_t> &used = slotsOf[merge.row];
    int64_t size = getPartitionSize(seen.positions[merge.row]);
    EXPECT_EQ(merge.slot_count, (seen.positions[merge.row] + size) / size);
    EXPECT_EQ(size_t(merge.slot_count), used.size());
    for (size_t i = 0; i < used.size(); ++i)
      EXPECT_EQ(used[i], merge.first_slot + int32_t(i));
    EXPECT_EQ(whole[merge.row]++, 0);
  }
  EXPECT_EQ(whole, std::vector<int>(count, 1));
  return seen.merges.size();
}

namespace {
class LongModel : public FakeModel {
public:
  explicit LongModel(uint32_t heads) {
    descriptor.context_length = positions;
    descriptor.chunk_size = chunk;
    descriptor.cache.heads = heads;
    descriptor.cache.attention_rows = rows;
    descriptor.cache.most_slots = slots;
    descriptor.kv_bytes_per_position = 8 * heads;
    bitnet_variant_descriptor variant = makeVariant("plan");
    variant.evaluate = evaluate;
    setVariants({variant});
  }
};
} // namespace

/// How many of `count` sequences of `length` tokens, which all get one more,
/// are attended to by partitions.
static size_t countDivided(uint32_t heads, uint32_t threads, uint32_t count,
                           uint32_t length) {
  LongModel model(heads);
  TestEvaluator evaluator(model, threads, 64);
  std::deque<TestSession> sessions;
  std::vector<int32_t> tokens(length);
  std::vector<bitnet_batch_item> items;
  for (uint32_t i = 0; i < count; ++i) {
    TestSession &session = sessions.emplace_back(model, evaluator);
    EXPECT_EQ(session.evaluate(tokens), BITNET_OK);
    items.push_back({session, tokens.data(), 1, nullptr, BITNET_OK, 0});
  }
  EXPECT_EQ(bitnet_evaluate_batch(items.data(), items.size()), BITNET_OK);
  EXPECT_EQ(seen.positions.size(), count);
  return checkPlan();
}

TEST(AttentionPlan, EveryTokenOnce) {
  LongModel model(3);
  TestEvaluator evaluator(model, 2, 8);
  TestSession first(model, evaluator), second(model, evaluator);
  std::vector<int32_t> tokens(positions);
  // Across all sizes of partitions, in chunks that end anywhere.
  for (uint32_t done = 0; done < positions;) {
    uint32_t count = std::min(1 + done * 7 % 61, positions - done);
    bitnet_batch_item items[] = {
        {first, tokens.data(), count, nullptr, BITNET_OK, 0},
        {second, tokens.data(), 1 + done % 3, nullptr, BITNET_OK, 0}};
    ASSERT_EQ(bitnet_evaluate_batch(items, 2), BITNET_OK);
    checkPlan();
    done += count;
  }
}

TEST(AttentionPlan, LongSequencesAreDividedAmongThreads) {
  // One thread has nobody to share with, and short sequences one partition.
  EXPECT_EQ(countDivided(5, 1, 1, 5000), 0u);
  EXPECT_EQ(countDivided(5, 8, 1, 511), 0u);
  EXPECT_EQ(countDivided(5, 2, 1, 512), 1u);
  EXPECT_EQ(countDivided(5, 8, 1, 5000), 1u);
  EXPECT_EQ(countDivided(1, 2, 1, 19000), 1u);
  // With many sequences there is enough for all threads.
  EXPECT_EQ(countDivided(5, 2, 8, 5000), 0u);
  // No more than there are slots for: ten for each sequence.
  EXPECT_EQ(countDivided(1, 64, 6, 5000), 4u);
}
