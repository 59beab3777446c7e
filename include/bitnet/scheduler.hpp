//===- scheduler.hpp - Many requests to one model at once -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Continuous batching on top of the C interface; optional, and all of it is in
// this header and scheduler_impl.hpp (C++17).
//
// One thread drives a fixed number of sessions of one evaluator, step by step.
// A step is one call of bitnet_evaluate_batch: one token of every request that
// is generating, and pieces of the prompts of those that are not yet. Requests
// join and leave between steps, so none waits for another to end as long as
// there is a free session; beyond that they wait in a queue, first come, first
// served. Batches give the same bits as sessions alone: what a request
// generates does not depend on the others.
//
// A session keeps its tokens after its request. The next request gets the
// session that shares the longest beginning with its prompt, and evaluates the
// rest only; if a session in use shares more, that beginning is copied.
//
//   std::unique_ptr<bitnet::Scheduler> scheduler;
//   bitnet_status status = bitnet::Scheduler::create(&model, {}, scheduler);
//   ...
//   bitnet::Request request;
//   request.prompt = tokens;
//   request.generation.max_tokens = 100;
//   request.onText = [](std::string_view text) { ...; return true; };
//   request.onEnd = [](const bitnet::Outcome &outcome) { ... };
//   status = scheduler->submit(std::move(request), &id);
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_SCHEDULER_HPP
#define BITNET_SCHEDULER_HPP

#include "runtime.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace bitnet {

/// How a request ended.
struct Outcome {
  /// BITNET_OK: see `finish`. BITNET_CANCELLED: by Scheduler::cancel or the end
  /// of the scheduler. Otherwise what an evaluation answered.
  bitnet_status status = BITNET_OK;
  bitnet_finish finish = BITNET_FINISH_NONE;
  uint32_t promptTokens = 0;
  /// Tokens of the prompt that lay in a session already.
  uint32_t cachedTokens = 0;
  uint32_t generatedTokens = 0;
  /// Seconds in the queue, until the prompt was evaluated, and after that.
  double queueSeconds = 0;
  double promptSeconds = 0;
  double generateSeconds = 0;
};

/// A prompt to go on with. The functions are called from threads of the
/// scheduler, one at a time for each request, and nothing is evaluated
/// meanwhile: they should only hand things over. They may call cancel and
/// statistics, but must not end the scheduler.
struct Request {
  /// At least one token.
  std::vector<int32_t> prompt;
  /// Everything but what the fields below say: stops, stop_tokens, biases,
  /// callback and memory are set from them, draft_tokens must be 0.
  bitnet_generation_options generation = BITNET_GENERATION_OPTIONS_DEFAULT;
  std::vector<std::string> stops;
  std::vector<int32_t> stopTokens;
  std::vector<bitnet_logit_bias> biases;
  /// Receives text in whole UTF-8 characters; false ends the request with
  /// BITNET_FINISH_CALLBACK. May be empty.
  std::function<bool(std::string_view text)> onText;
  /// Receives each token of the text after it was chosen, and after the call of
  /// onText that it led to. May be empty.
  std::function<void(int32_t token)> onToken;
  /// Called once for every request that was accepted, last of all. May be
  /// empty.
  std::function<void(const Outcome &outcome)> onEnd;
};

struct SchedulerOptions {
  /// Requests that advance together, each with a session; 1 to 1024.
  uint32_t sessions = 8;
  /// Positions of a session; 0: the model's context length.
  uint32_t contextSize = 0;
  /// Requests that wait for a session, at most.
  uint32_t queueCapacity = 64;
  /// Tokens of prompts in a step; 0: as many as fill one pass together with the
  /// tokens of the requests that are generating. Smaller numbers make these
  /// more even, and prompts slower.
  uint32_t promptTokens = 0;
  /// Of the evaluator: see bitnet_evaluator_options. As many threads choose the
  /// tokens of different requests.
  uint32_t threads = 0;
  bitnet_threads *sharedThreads = nullptr;
  const char *variant = nullptr;
  const char *weightsPath = nullptr;
  char *message = nullptr;
  size_t messageSize = 0;
};

/// What a scheduler has done since it was made, and does now.
struct Statistics {
  uint64_t accepted = 0; ///< Requests.
  uint64_t refused = 0;  ///< Because the queue was full.
  uint64_t finished = 0; ///< With BITNET_OK.
  uint64_t cancelled = 0;
  uint64_t failed = 0;       ///< With another status.
  uint64_t promptTokens = 0; ///< Of requests that ended.
  uint64_t cachedTokens = 0; ///< Of promptTokens, not evaluated again.
  uint64_t generatedTokens = 0;
  uint64_t steps = 0;
  double stepSeconds = 0;
  uint32_t running = 0; ///< Requests that have a session.
  uint32_t queued = 0;
};

/// Threads that divide tasks among themselves and the caller. They sleep when
/// there are none.
class TaskThreads {
public:
  /// `count`: the caller's own included.
  explicit TaskThreads(uint32_t count);
  ~TaskThreads();
  TaskThreads(const TaskThreads &) = delete;
  TaskThreads &operator=(const TaskThreads &) = delete;

  /// Calls task(i) for every i below `count` and returns after all. One caller
  /// at a time.
  void run(size_t count, const std::function<void(size_t)> &task);

private:
  void work();
  void takeTasks();

  // Constant while tasks are run.
  const std::function<void(size_t)> *task = nullptr;
  size_t taskCount = 0;
  std::atomic<size_t> nextTask{0};

  std::mutex mutex; ///< Of what follows.
  std::condition_variable wake;
  std::condition_variable done;
  uint64_t round = 0; ///< How many times there were tasks.
  size_t working = 0; ///< Threads that are not yet done with this round.
  bool isEnding = false;

  std::vector<std::thread> threads;
};

class Scheduler {
public:
  /// Makes an evaluator, its sessions and the thread. Errors are those of
  /// bitnet_evaluator_create and bitnet_session_create, and
  /// BITNET_UNSUPPORTED for embedding models.
  static bitnet_status create(const bitnet_model *model,
                              const SchedulerOptions &options,
                              std::unique_ptr<Scheduler> &scheduler);

  /// Cancels all requests; their onEnd is called before this returns.
  ~Scheduler();

  Scheduler(const Scheduler &) = delete;
  Scheduler &operator=(const Scheduler &) = delete;

  /// Accepts a request and writes what cancel needs to *id (may be null).
  /// BITNET_BUSY: the queue is full. BITNET_CONTEXT_FULL: the prompt has more
  /// tokens than a session has positions. BITNET_INVALID_TOKEN,
  /// BITNET_INVALID_ARGUMENT: the prompt, or draft_tokens. BITNET_CANCELLED:
  /// the scheduler is closed. The other options are looked at when the request
  /// gets a session; what is wrong with them is its outcome.
  bitnet_status submit(Request request, uint64_t *id = nullptr);

  /// Ends a request before the next step, wherever it is. Its onEnd is called
  /// from the scheduler's thread. One that has ended is none of its concern.
  void cancel(uint64_t id);

  /// Accepts no more requests; those that were accepted go on.
  void close();

  /// Waits until no request is left; false: not in that time.
  bool waitUntilIdle(std::chrono::milliseconds most);

  Statistics statistics() const;

  /// Positions of a session.
  uint32_t contextSize() const { return context; }

private:
  using Clock = std::chrono::steady_clock;

  /// A request that was accepted.
  struct Job {
    uint64_t id = 0;
    Request request;
    Outcome outcome;
    std::vector<bitnet_stop_string> stops;
    bitnet_generation *generation = nullptr;
    /// Tokens of the prompt that lie in the session.
    size_t done = 0;
    /// The token that was chosen last, whether it is a part of the text, and
    /// whether it is the last.
    int32_t token = -1;
    bool isText = false;
    bitnet_status status = BITNET_OK;
    bitnet_finish finish = BITNET_FINISH_NONE;
    bool isCancelled = false;
    Clock::time_point submitted, started, generating;
  };

  struct Slot {
    bitnet_session *session = nullptr;
    std::unique_ptr<Job> job; ///< Null: the session is free.
    uint64_t lastUse = 0;     ///< Number of the step.
  };

  Scheduler() = default;
  bitnet_status makeSessions(const bitnet_model *model,
                             const SchedulerOptions &options);
  void run();
  bool takeJobs(std::vector<std::unique_ptr<Job>> &ended);
  void start(std::unique_ptr<Job> job);
  Slot &chooseSlot(const Job &job, uint32_t &common, bitnet_session *&source);
  bitnet_status prepare(Slot &slot, uint32_t common, bitnet_session *source);
  void step();
  void chooseTokens();
  static void chooseToken(Job &job);
  void collectItems();
  void evaluateItems();
  void finish(Slot &slot, bitnet_status status, bitnet_finish finish);
  void end(std::unique_ptr<Job> job, bitnet_status status,
           bitnet_finish finish);
  static int passText(void *user, const char *text, size_t length);

  static double secondsBetween(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  }

  uint32_t vocabulary = 0;
  uint32_t context = 0;
  uint32_t chunk = 0;
  uint32_t mostPromptTokens = 0;
  uint32_t capacity = 0;

  // The thread's own; items[i] is of slots[itemSlots[i]].
  bitnet_evaluator *evaluator = nullptr;
  std::vector<Slot> slots;
  std::vector<bitnet_batch_item> items;
  std::vector<size_t> itemSlots;
  std::vector<size_t> prompts;
  std::vector<size_t> choosing;
  std::unique_ptr<TaskThreads> helpers;
  uint64_t stepNumber = 0;
  double stepSeconds = 0;
  uint64_t newTokens = 0;

  mutable std::mutex mutex; ///< Of everything below.
  std::condition_variable wake;
  std::condition_variable idle;
  std::deque<std::unique_ptr<Job>> queue;
  std::vector<uint64_t> cancelled;
  std::vector<uint64_t> runningIds;
  Statistics counts;
  uint64_t nextId = 1;
  uint32_t unfinished = 0; ///< Requests that were accepted and not ended.
  bool isClosed = false;
  bool isEnding = false;

  std::thread thread;
};

} // namespace bitnet

#include "scheduler_impl.hpp"

#endif // BITNET_SCHEDULER_HPP
