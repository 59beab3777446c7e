//===- AttentionPlan.c - How a pass attends -------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The positions that a token attends to fall into partitions, each of which is
// computed by itself, before they are merged in order. Their size depends on
// the token's position alone, so that results do not depend on the plan:
//
//   position p    size of partitions S: the smallest 512 * 2^k with
//                 16 S >= p + 1
//
// A plan has items of work, each for one or several tokens of a sequence with
// the same S. An item does all partitions, or, for a single token, one of them,
// whose result goes to a slot. Every item is done once for each head of the
// cache, and that is what threads share. So partitions are done separately
// where there are too few items for the threads otherwise: one token of a long
// sequence among none or few others.
//
//===----------------------------------------------------------------------===//
#include "AttentionPlan.h"

enum { SmallestPartition = 512, MostPartitions = 16 };

static uint64_t getPartitionSize(uint64_t position) {
  uint64_t size = SmallestPartition;
  while (size * MostPartitions < position + 1)
    size *= 2;
  return size;
}

static int32_t countPartitions(uint64_t position) {
  uint64_t size = getPartitionSize(position);
  return (int32_t)((position + size) / size);
}

/// Rows from `first` on that can be one item: of the same sequence, with
/// partitions of the same size.
static int32_t countItemRows(const Pass *pass, int64_t first, uint32_t most) {
  uint64_t size = getPartitionSize((uint64_t)pass->positions[first]);
  int64_t last = first + 1;
  while (last < pass->tokenCount && last - first < most &&
         pass->rowSequences[last] == pass->rowSequences[first] &&
         getPartitionSize((uint64_t)pass->positions[last]) == size)
    ++last;
  return (int32_t)(last - first);
}

/// Whether one item for one token is so long that threads would wait for who
/// does it: longer than a quarter of a thread's share. `total` is the sum of
/// the positions that all tokens attend to.
static int isLong(const Evaluator *evaluator, uint64_t length, uint64_t total) {
  return 4 * length * evaluator->threadCount >
         total * evaluator->descriptor->cache.heads;
}

void bitnetPlanAttention(Evaluator *evaluator) {
  Pass *pass = &evaluator->pass;
  const struct bitnet_cache_descriptor *cache = &evaluator->descriptor->cache;
  uint64_t total = 0;
  for (int64_t row = 0; row < pass->tokenCount; ++row)
    total += (uint64_t)pass->positions[row] + 1;
  pass->workCount = 0;
  pass->mergeCount = 0;
  int32_t slot = 0;
  for (int64_t row = 0; row < pass->tokenCount;) {
    int32_t rows = countItemRows(pass, row, cache->attention_rows);
    uint64_t position = (uint64_t)pass->positions[row];
    struct bitnet_attention_work item = {
        .sequence = pass->rowSequences[row],
        .first_row = (int32_t)row,
        .row_count = rows,
        .first_position = pass->positions[row],
        .partition = -1,
    };
    int32_t parts = countPartitions(position);
    if (rows == 1 && parts > 1 &&
        (uint32_t)(slot + parts) <= cache->most_slots &&
        evaluator->threadCount > 1 && isLong(evaluator, position + 1, total)) {
      pass->merges[pass->mergeCount++] = (struct bitnet_attention_merge){
          .row = (int32_t)row, .first_slot = slot, .slot_count = parts};
      for (int32_t part = 0; part < parts; ++part) {
        item.partition = part;
        item.slot = slot++;
        pass->work[pass->workCount++] = item;
      }
    } else {
      pass->work[pass->workCount++] = item;
    }
    row += rows;
  }
}
