//===- SchedulerTest.cpp - Many requests to one model at once -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/scheduler.hpp"
#include "FakeModel.h"

#include <gtest/gtest.h>

#include <future>

using namespace mlir::bitnet::test;
using bitnet::Outcome;
using bitnet::Scheduler;
using bitnet::SchedulerOptions;

namespace {

/// A request, what it generated, and how it ended.
class TestRequest {
public:
  TestRequest(std::vector<int32_t> prompt, uint32_t mostTokens) {
    request.prompt = std::move(prompt);
    request.generation.max_tokens = mostTokens;
    request.onToken = [this](int32_t token) {
      tokens.push_back(token);
      if (onToken)
        onToken();
    };
    request.onEnd = [this](const Outcome &outcome) { end.set_value(outcome); };
  }

  bitnet_status submit(Scheduler &scheduler) {
    return scheduler.submit(std::move(request), &id);
  }

  /// Waits for the end.
  const Outcome &outcome() {
    if (!ended)
      ended = end.get_future().get();
    return *ended;
  }

  bitnet::Request request;
  std::function<void()> onToken;
  std::vector<int32_t> tokens;
  uint64_t id = 0;

private:
  std::promise<Outcome> end;
  std::optional<Outcome> ended;
};

/// Something that one thread waits for until another lets it go on.
class Gate {
public:
  void open() { promise.set_value(); }
  void wait() const { future.wait(); }

private:
  std::promise<void> promise;
  std::shared_future<void> future = promise.get_future().share();
};

} // namespace

static std::unique_ptr<Scheduler> makeScheduler(const FakeModel &model,
                                                uint32_t sessions,
                                                uint32_t queue = 64,
                                                uint32_t promptTokens = 0) {
  SchedulerOptions options;
  options.sessions = sessions;
  options.queueCapacity = queue;
  options.promptTokens = promptTokens;
  options.threads = 2;
  std::unique_ptr<Scheduler> scheduler;
  EXPECT_EQ(Scheduler::create(&model.model, options, scheduler), BITNET_OK);
  return scheduler;
}

/// The most likely continuation.
static std::vector<int32_t> continueGreedily(std::vector<int32_t> tokens,
                                             size_t count) {
  size_t begin = tokens.size();
  while (tokens.size() < begin + count) {
    std::vector<float> logits = FakeModel::expectedLogits(tokens);
    tokens.push_back(int32_t(std::max_element(logits.begin(), logits.end()) -
                             logits.begin()));
  }
  return {tokens.begin() + begin, tokens.end()};
}

TEST(SchedulerTest, ManyRequestsAreAsAlone) {
  FakeModel model;
  for (uint32_t sessions : {1, 3, 20}) {
    for (uint32_t promptTokens : {0, 2}) {
      auto scheduler = makeScheduler(model, sessions, 64, promptTokens);
      std::vector<std::unique_ptr<TestRequest>> requests;
      for (uint32_t i = 0; i < 12; ++i) {
        requests.push_back(std::make_unique<TestRequest>(
            makeTokens(1 + 3 * i % 23, i), 1 + 5 * i % 17));
        EXPECT_EQ(requests.back()->submit(*scheduler), BITNET_OK);
      }
      for (uint32_t i = 0; i < requests.size(); ++i) {
        const Outcome &outcome = requests[i]->outcome();
        EXPECT_EQ(outcome.status, BITNET_OK);
        EXPECT_EQ(outcome.finish, BITNET_FINISH_LENGTH);
        EXPECT_EQ(outcome.promptTokens, 1 + 3 * i % 23);
        EXPECT_EQ(outcome.generatedTokens, 1 + 5 * i % 17);
        EXPECT_EQ(
            requests[i]->tokens,
            continueGreedily(makeTokens(1 + 3 * i % 23, i), 1 + 5 * i % 17));
      }
      EXPECT_TRUE(scheduler->waitUntilIdle(std::chrono::seconds(10)));
      bitnet::Statistics now = scheduler->statistics();
      EXPECT_EQ(now.accepted, 12u);
      EXPECT_EQ(now.finished, 12u);
      EXPECT_EQ(now.running + now.queued, 0u);
    }
  }
}

TEST(SchedulerTest, FullContextEndsARequest) {
  FakeModel model;
  auto scheduler = makeScheduler(model, 2);
  TestRequest request(makeTokens(45, 1), 100);
  ASSERT_EQ(request.submit(*scheduler), BITNET_OK);
  EXPECT_EQ(request.outcome().status, BITNET_OK);
  EXPECT_EQ(request.outcome().finish, BITNET_FINISH_CONTEXT);
  EXPECT_EQ(request.tokens,
            continueGreedily(makeTokens(45, 1), request.tokens.size()));
}

TEST(SchedulerTest, BeginningsAreNotEvaluatedAgain) {
  FakeModel model;
  auto scheduler = makeScheduler(model, 2);
  std::vector<int32_t> prompt = makeTokens(20, 1);
  TestRequest first(prompt, 3);
  ASSERT_EQ(first.submit(*scheduler), BITNET_OK);
  EXPECT_EQ(first.outcome().cachedTokens, 0u);

  // The same again: the last token is evaluated for its logits.
  TestRequest same(prompt, 3);
  ASSERT_EQ(same.submit(*scheduler), BITNET_OK);
  EXPECT_EQ(same.outcome().cachedTokens, 19u);
  EXPECT_EQ(same.tokens, first.tokens);

  // The prompt, its answer, of which the last token was not evaluated, and
  // more; another one takes the other session.
  std::vector<int32_t> longer = prompt;
  longer.insert(longer.end(), first.tokens.begin(), first.tokens.end());
  longer.push_back(7);
  TestRequest other(makeTokens(5, 9), 1);
  ASSERT_EQ(other.submit(*scheduler), BITNET_OK);
  EXPECT_EQ(other.outcome().cachedTokens, 0u);
  TestRequest more(longer, 2);
  ASSERT_EQ(more.submit(*scheduler), BITNET_OK);
  EXPECT_GE(more.outcome().cachedTokens, 22u);
  EXPECT_EQ(more.tokens, continueGreedily(longer, 2));
  EXPECT_GE(scheduler->statistics().cachedTokens, 41u);
}

TEST(SchedulerTest, BeginningsOfRunningRequestsAreCopied) {
  FakeModel model;
  auto scheduler = makeScheduler(model, 2);
  std::vector<int32_t> prompt = makeTokens(20, 1);
  TestRequest first(prompt, 5);
  Gate begun, goOn;
  bool isFirst = true;
  first.onToken = [&] {
    if (std::exchange(isFirst, false)) {
      begun.open();
      goOn.wait();
    }
  };
  ASSERT_EQ(first.submit(*scheduler), BITNET_OK);
  begun.wait();
  prompt.push_back(3);
  TestRequest second(prompt, 5);
  ASSERT_EQ(second.submit(*scheduler), BITNET_OK);
  goOn.open();
  EXPECT_EQ(second.outcome().cachedTokens, 20u);
  EXPECT_EQ(second.tokens, continueGreedily(prompt, 5));
  EXPECT_EQ(first.outcome().status, BITNET_OK);
  EXPECT_EQ(first.tokens, continueGreedily(makeTokens(20, 1), 5));
}

TEST(SchedulerTest, RefusesWhatItCannotDo) {
  FakeModel model;
  auto scheduler = makeScheduler(model, 1);
  EXPECT_EQ(scheduler->submit({}), BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(TestRequest({FakeModel::vocabularySize}, 1).submit(*scheduler),
            BITNET_INVALID_TOKEN);
  EXPECT_EQ(TestRequest({-1}, 1).submit(*scheduler), BITNET_INVALID_TOKEN);
  EXPECT_EQ(TestRequest(makeTokens(51, 0), 1).submit(*scheduler),
            BITNET_CONTEXT_FULL);
  TestRequest draft({1}, 1);
  draft.request.generation.draft_tokens = 4;
  EXPECT_EQ(draft.submit(*scheduler), BITNET_INVALID_ARGUMENT);

  // What only the generation sees is the outcome, and the session is free
  // again.
  TestRequest cold({1}, 1);
  cold.request.generation.sampling.temperature = -1;
  ASSERT_EQ(cold.submit(*scheduler), BITNET_OK);
  EXPECT_EQ(cold.outcome().status, BITNET_INVALID_ARGUMENT);
  TestRequest text({1}, 1);
  text.request.onText = [](std::string_view) { return true; };
  ASSERT_EQ(text.submit(*scheduler), BITNET_OK);
  EXPECT_EQ(text.outcome().status, BITNET_NO_TOKENIZER);
  TestRequest good({1}, 1);
  ASSERT_EQ(good.submit(*scheduler), BITNET_OK);
  EXPECT_EQ(good.outcome().status, BITNET_OK);
  EXPECT_EQ(scheduler->statistics().failed, 2u);

  SchedulerOptions none;
  none.sessions = 0;
  std::unique_ptr<Scheduler> made;
  EXPECT_EQ(Scheduler::create(&model.model, none, made),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(Scheduler::create(nullptr, {}, made), BITNET_INVALID_ARGUMENT);
  SchedulerOptions large;
  large.contextSize = 51;
  EXPECT_EQ(Scheduler::create(&model.model, large, made),
            BITNET_INVALID_ARGUMENT);
  EXPECT_EQ(made, nullptr);
}

TEST(SchedulerTest, QueueIsBoundedAndFair) {
  FakeModel model;
  auto scheduler = makeScheduler(model, 1, 2);
  Gate begun, goOn;
  bool isFirst = true;
  TestRequest first({1}, 3);
  first.onToken = [&] {
    if (std::exchange(isFirst, false)) {
      begun.open();
      goOn.wait();
    }
  };
  ASSERT_EQ(first.submit(*scheduler), BITNET_OK);
  begun.wait();
  std::vector<uint64_t> order;
  TestRequest second({2}, 1), third({3}, 1), fourth({4}, 1);
  second.onToken = [&] { order.push_back(second.id); };
  third.onToken = [&] { order.push_back(third.id); };
  EXPECT_EQ(second.submit(*scheduler), BITNET_OK);
  EXPECT_EQ(third.submit(*scheduler), BITNET_OK);
  EXPECT_EQ(fourth.submit(*scheduler), BITNET_BUSY);
  bitnet::Statistics now = scheduler->statistics();
  EXPECT_EQ(now.running, 1u);
  EXPECT_EQ(now.queued, 2u);
  EXPECT_EQ(now.refused, 1u);
  EXPECT_FALSE(scheduler->waitUntilIdle(std::chrono::milliseconds(1)));
  goOn.open();
  EXPECT_EQ(third.outcome().status, BITNET_OK);
  EXPECT_EQ(order, (std::vector<uint64_t>{second.id, third.id}));
  EXPECT_GT(third.outcome().queueSeconds, 0);
}

TEST(SchedulerTest, CancelsRequestsThatRunOrWait) {
  FakeModel model;
  auto scheduler = makeScheduler(model, 1);
  Gate begun, goOn;
  TestRequest first({1}, 40);
  bool isFirst = true;
  first.onToken = [&] {
    if (std::exchange(isFirst, false)) {
      begun.open();
      goOn.wait();
    }
  };
  TestRequest second({2}, 1), third({3}, 1);
  ASSERT_EQ(first.submit(*scheduler), BITNET_OK);
  ASSERT_EQ(second.submit(*scheduler), BITNET_OK);
  ASSERT_EQ(third.submit(*scheduler), BITNET_OK);
  begun.wait();
  scheduler->cancel(second.id);
  scheduler->cancel(first.id);
  scheduler->cancel(12345);
  goOn.open();
  EXPECT_EQ(first.outcome().status, BITNET_CANCELLED);
  EXPECT_EQ(first.tokens.size(), 1u);
  EXPECT_EQ(second.outcome().status, BITNET_CANCELLED);
  EXPECT_TRUE(second.tokens.empty());
  EXPECT_EQ(third.outcome().status, BITNET_OK);
  scheduler->cancel(third.id);
  EXPECT_EQ(scheduler->statistics().cancelled, 2u);
}

TEST(SchedulerTest, GoesOnAfterItWasClosed) {
  FakeModel model;
  auto scheduler = makeScheduler(model, 1);
  TestRequest first({1}, 20), second({2}, 20), third({3}, 1);
  ASSERT_EQ(first.submit(*scheduler), BITNET_OK);
  ASSERT_EQ(second.submit(*scheduler), BITNET_OK);
  scheduler->close();
  EXPECT_EQ(third.submit(*scheduler), BITNET_CANCELLED);
  EXPECT_EQ(first.outcome().status, BITNET_OK);
  EXPECT_EQ(second.outcome().status, BITNET_OK);
}

TEST(SchedulerTest, EndCancelsEverything) {
  FakeModel model;
  auto scheduler = makeScheduler(model, 1);
  Gate begun;
  TestRequest first({1}, 40), second({2}, 1);
  // The end says so before it waits for the thread.
  first.onToken = [&begun, self = scheduler.get()] {
    begun.open();
    bitnet_status status;
    do {
      bitnet::Request other;
      other.prompt = {1};
      status = self->submit(std::move(other));
    } while (status != BITNET_CANCELLED);
  };
  ASSERT_EQ(first.submit(*scheduler), BITNET_OK);
  ASSERT_EQ(second.submit(*scheduler), BITNET_OK);
  begun.wait();
  scheduler.reset();
  EXPECT_EQ(first.outcome().status, BITNET_CANCELLED);
  EXPECT_EQ(first.tokens.size(), 1u);
  EXPECT_EQ(second.outcome().status, BITNET_CANCELLED);
}

TEST(SchedulerTest, ManyThreadsSubmitAndCancel) {
  FakeModel model;
  auto scheduler = makeScheduler(model, 3, 8);
  std::atomic<uint32_t> accepted{0}, finished{0};
  std::vector<std::thread> clients;
  for (uint32_t client = 0; client < 4; ++client)
    clients.emplace_back([&, client] {
      for (uint32_t i = 0; i < 25; ++i) {
        std::vector<int32_t> prompt = makeTokens(1 + i % 9, 100 * client + i);
        TestRequest request(prompt, 1 + i % 5);
        bitnet_status status = request.submit(*scheduler);
        if (status == BITNET_BUSY)
          continue;
        ASSERT_EQ(status, BITNET_OK);
        ++accepted;
        if (i % 3 == 0)
          scheduler->cancel(request.id);
        status = request.outcome().status;
        ASSERT_TRUE(status == BITNET_OK ||
                    (status == BITNET_CANCELLED && i % 3 == 0));
        if (status != BITNET_OK)
          continue;
        ++finished;
        EXPECT_EQ(request.tokens, continueGreedily(prompt, 1 + i % 5));
      }
    });
  for (std::thread &client : clients)
    client.join();
  EXPECT_TRUE(scheduler->waitUntilIdle(std::chrono::seconds(10)));
  bitnet::Statistics now = scheduler->statistics();
  EXPECT_EQ(now.accepted, accepted);
  EXPECT_EQ(now.finished, finished);
  EXPECT_EQ(now.finished + now.cancelled, now.accepted);
}
