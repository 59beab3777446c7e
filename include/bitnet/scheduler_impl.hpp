//===- scheduler_impl.hpp - How requests are scheduled ----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The second half of scheduler.hpp, which includes it.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_SCHEDULER_IMPL_HPP
#define BITNET_SCHEDULER_IMPL_HPP

#include "scheduler.hpp"

namespace bitnet {

//===----------------------------------------------------------------------===//
// Tasks
//===----------------------------------------------------------------------===//

inline TaskThreads::TaskThreads(uint32_t count) {
  for (uint32_t i = 1; i < count; ++i)
    threads.emplace_back([this] { work(); });
}

inline TaskThreads::~TaskThreads() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    isEnding = true;
  }
  wake.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

inline void TaskThreads::run(size_t count,
                             const std::function<void(size_t)> &function) {
  if (count < 2 || threads.empty()) {
    for (size_t i = 0; i < count; ++i)
      function(i);
    return;
  }
  {
    std::lock_guard<std::mutex> lock(mutex);
    task = &function;
    taskCount = count;
    nextTask = 0;
    working = threads.size();
    ++round;
  }
  wake.notify_all();
  takeTasks();
  std::unique_lock<std::mutex> lock(mutex);
  done.wait(lock, [&] { return working == 0; });
}

inline void TaskThreads::takeTasks() {
  for (size_t i; (i = nextTask.fetch_add(1)) < taskCount;)
    (*task)(i);
}

inline void TaskThreads::work() {
  uint64_t seen = 0;
  std::unique_lock<std::mutex> lock(mutex);
  for (;;) {
    wake.wait(lock, [&] { return isEnding || round != seen; });
    if (isEnding)
      return;
    seen = round;
    lock.unlock();
    takeTasks();
    lock.lock();
    if (--working == 0)
      done.notify_one();
  }
}

//===----------------------------------------------------------------------===//
// Making and ending
//===----------------------------------------------------------------------===//

inline bitnet_status Scheduler::create(const bitnet_model *model,
                                       const SchedulerOptions &options,
                                       std::unique_ptr<Scheduler> &scheduler) {
  std::unique_ptr<Scheduler> made(new Scheduler);
  bitnet_status status = made->makeSessions(model, options);
  if (status != BITNET_OK)
    return status;
  made->thread = std::thread([self = made.get()] { self->run(); });
  scheduler = std::move(made);
  return BITNET_OK;
}

inline bitnet_status Scheduler::makeSessions(const bitnet_model *model,
                                             const SchedulerOptions &options) {
  bitnet_model_info info;
  bitnet_status status = bitnet_get_model_info(model, &info);
  if (status != BITNET_OK)
    return status;
  if (info.pooling != BITNET_POOLING_NONE)
    return BITNET_UNSUPPORTED;
  if (options.sessions == 0)
    return BITNET_INVALID_ARGUMENT;
  vocabulary = info.vocabulary_size;
  context = options.contextSize ? options.contextSize : info.context_length;
  chunk = info.chunk_size;
  mostPromptTokens = options.promptTokens;
  capacity = options.queueCapacity;

  bitnet_evaluator_options evaluatorOptions = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  evaluatorOptions.threads = options.threads;
  evaluatorOptions.most_sequences = options.sessions;
  evaluatorOptions.shared_threads = options.sharedThreads;
  evaluatorOptions.variant = options.variant;
  evaluatorOptions.weights_path = options.weightsPath;
  evaluatorOptions.message = options.message;
  evaluatorOptions.message_size = options.messageSize;
  status = bitnet_evaluator_create(model, &evaluatorOptions, &evaluator);
  bitnet_session_options sessionOptions = BITNET_SESSION_OPTIONS_DEFAULT;
  sessionOptions.evaluator = evaluator;
  sessionOptions.context_size = context;
  slots.resize(options.sessions);
  for (Slot &slot : slots)
    if (status == BITNET_OK)
      status = bitnet_session_create(model, &sessionOptions, &slot.session);
  items.reserve(slots.size());
  itemSlots.reserve(slots.size());
  prompts.reserve(slots.size());
  choosing.reserve(slots.size());
  if (status != BITNET_OK)
    return status;
  uint32_t threads =
      options.threads ? options.threads : std::thread::hardware_concurrency();
  helpers = std::make_unique<TaskThreads>(std::min(threads, options.sessions));
  return status;
}

inline Scheduler::~Scheduler() {
  if (thread.joinable()) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      isClosed = true;
      isEnding = true;
    }
    wake.notify_one();
    thread.join();
  }
  for (Slot &slot : slots)
    bitnet_session_destroy(slot.session);
  bitnet_evaluator_destroy(evaluator);
}

//===----------------------------------------------------------------------===//
// For any thread
//===----------------------------------------------------------------------===//

inline bitnet_status Scheduler::submit(Request request, uint64_t *id) {
  if (request.prompt.empty() || request.generation.draft_tokens != 0)
    return BITNET_INVALID_ARGUMENT;
  if (request.prompt.size() > context)
    return BITNET_CONTEXT_FULL;
  for (int32_t token : request.prompt)
    if (token < 0 || (uint32_t)token >= vocabulary)
      return BITNET_INVALID_TOKEN;
  auto job = std::make_unique<Job>();
  job->outcome.promptTokens = (uint32_t)request.prompt.size();
  job->request = std::move(request);
  job->submitted = Clock::now();
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (isClosed)
      return BITNET_CANCELLED;
    // Those that will be given a session before the next step do not wait.
    if (unfinished >= slots.size() + capacity) {
      ++counts.refused;
      return BITNET_BUSY;
    }
    job->id = nextId++;
    if (id)
      *id = job->id;
    queue.push_back(std::move(job));
    ++unfinished;
    ++counts.accepted;
  }
  wake.notify_one();
  return BITNET_OK;
}

inline void Scheduler::cancel(uint64_t id) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    bool isRunning =
        std::find(runningIds.begin(), runningIds.end(), id) != runningIds.end();
    bool isQueued = std::any_of(queue.begin(), queue.end(),
                                [&](auto &job) { return job->id == id; });
    if (!isRunning && !isQueued)
      return;
    cancelled.push_back(id);
  }
  wake.notify_one();
}

inline void Scheduler::close() {
  std::lock_guard<std::mutex> lock(mutex);
  isClosed = true;
}

inline bool Scheduler::waitUntilIdle(std::chrono::milliseconds most) {
  std::unique_lock<std::mutex> lock(mutex);
  return idle.wait_for(lock, most, [&] { return unfinished == 0; });
}

inline Statistics Scheduler::statistics() const {
  std::lock_guard<std::mutex> lock(mutex);
  Statistics now = counts;
  now.running = (uint32_t)runningIds.size();
  now.queued = (uint32_t)queue.size();
  return now;
}

//===----------------------------------------------------------------------===//
// The scheduler's thread
//===----------------------------------------------------------------------===//

inline void Scheduler::run() {
  std::vector<std::unique_ptr<Job>> jobs;
  while (takeJobs(jobs)) {
    for (std::unique_ptr<Job> &job : jobs) {
      if (job->isCancelled)
        end(std::move(job), BITNET_CANCELLED, BITNET_FINISH_NONE);
      else
        start(std::move(job));
    }
    jobs.clear();
    step();
  }
  for (std::unique_ptr<Job> &job : jobs)
    end(std::move(job), BITNET_CANCELLED, BITNET_FINISH_NONE);
  for (Slot &slot : slots)
    if (slot.job)
      finish(slot, BITNET_CANCELLED, BITNET_FINISH_NONE);
}

/// Waits for something to do. Takes requests out of the queue: those that were
/// cancelled, and as many others as there are free sessions. False: the
/// scheduler ends; then `jobs` is all that was left in the queue.
inline bool Scheduler::takeJobs(std::vector<std::unique_ptr<Job>> &jobs) {
  std::unique_lock<std::mutex> lock(mutex);
  wake.wait(lock,
            [&] { return isEnding || !queue.empty() || !runningIds.empty(); });
  for (uint64_t id : cancelled) {
    for (Slot &slot : slots)
      if (slot.job && slot.job->id == id)
        slot.job->isCancelled = true;
    for (std::unique_ptr<Job> &job : queue)
      if (job->id == id)
        job->isCancelled = true;
  }
  cancelled.clear();
  size_t freeSlots = 0;
  for (const Slot &slot : slots)
    // Those that are cancelled become free at the beginning of the next step.
    freeSlots += !slot.job;
  std::deque<std::unique_ptr<Job>> rest;
  for (std::unique_ptr<Job> &job : queue) {
    if (isEnding || job->isCancelled) {
      jobs.push_back(std::move(job));
    } else if (freeSlots != 0) {
      --freeSlots;
      runningIds.push_back(job->id);
      jobs.push_back(std::move(job));
    } else {
      rest.push_back(std::move(job));
    }
  }
  queue = std::move(rest);
  return !isEnding;
}

/// The free session with the longest common beginning, otherwise the one that
/// was not used for the longest time. *source: a session in use that shares so
/// much more that copying is worth it; null: none.
inline Scheduler::Slot &Scheduler::chooseSlot(const Job &job, uint32_t &common,
                                              bitnet_session *&source) {
  Slot *best = nullptr;
  uint32_t mostInUse = 0;
  bitnet_session *inUse = nullptr;
  for (Slot &slot : slots) {
    uint32_t shared = 0;
    bitnet_session_match(slot.session, job.request.prompt.data(),
                         job.request.prompt.size(), &shared);
    if (slot.job) {
      if (shared > mostInUse) {
        mostInUse = shared;
        inUse = slot.session;
      }
    } else if (!best || shared > common ||
               (shared == common && slot.lastUse < best->lastUse)) {
      best = &slot;
      common = shared;
    }
  }
  // Less than half a pass is evaluated about as soon as it is copied.
  source = nullptr;
  if (mostInUse > common + chunk / 2) {
    source = inUse;
    common = mostInUse;
  }
  return *best;
}

/// Fills a session with the first `common` tokens of its job's prompt, and
/// makes the generation.
inline bitnet_status Scheduler::prepare(Slot &slot, uint32_t common,
                                        bitnet_session *source) {
  Job &job = *slot.job;
  bitnet_status status = source
                             ? bitnet_session_copy(slot.session, source, common)
                             : bitnet_session_truncate(slot.session, common);
  if (status != BITNET_OK)
    return status;
  job.done = common;
  job.outcome.cachedTokens = common;
  bitnet_generation_options &options = job.request.generation;
  for (const std::string &stop : job.request.stops)
    job.stops.push_back({stop.data(), stop.size()});
  options.stops = job.stops.data();
  options.stop_count = job.stops.size();
  options.stop_tokens = job.request.stopTokens.data();
  options.stop_token_count = job.request.stopTokens.size();
  options.sampling.biases = job.request.biases.data();
  options.sampling.bias_count = job.request.biases.size();
  options.callback = job.request.onText ? passText : nullptr;
  options.user = &job;
  options.memory = nullptr;
  options.memory_size = 0;
  // A generation that did not come to its end may have left a limit.
  status = bitnet_session_limit_logits(slot.session, 0);
  if (status != BITNET_OK)
    return status;
  return bitnet_generation_create(slot.session, &options, &job.generation);
}

inline void Scheduler::start(std::unique_ptr<Job> job) {
  uint32_t common = 0;
  bitnet_session *source = nullptr;
  Slot &slot = chooseSlot(*job, common, source);
  // The last token is evaluated in any case: its logits are needed.
  common = std::min(common, job->outcome.promptTokens - 1);
  job->started = Clock::now();
  job->generating = job->started;
  job->outcome.queueSeconds = secondsBetween(job->submitted, job->started);
  slot.job = std::move(job);
  bitnet_status status = prepare(slot, common, source);
  if (status != BITNET_OK)
    finish(slot, status, BITNET_FINISH_NONE);
}

inline int Scheduler::passText(void *user, const char *text, size_t length) {
  Job *job = static_cast<Job *>(user);
  return !job->request.onText(std::string_view(text, length));
}

inline void Scheduler::chooseToken(Job &job) {
  job.token = -1;
  job.finish = BITNET_FINISH_NONE;
  job.status = bitnet_generation_next(job.generation, &job.token, &job.finish);
  job.isText = job.status == BITNET_OK && job.token >= 0 &&
               job.finish != BITNET_FINISH_EOS;
  job.outcome.generatedTokens += job.isText;
  if (job.isText && job.request.onToken)
    job.request.onToken(job.token);
}

/// Asks every request whose prompt is evaluated for its next token. Those that
/// end leave.
inline void Scheduler::chooseTokens() {
  choosing.clear();
  for (size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i].job)
      continue;
    Job &job = *slots[i].job;
    if (job.isCancelled)
      finish(slots[i], BITNET_CANCELLED, BITNET_FINISH_NONE);
    else if (job.done == job.request.prompt.size())
      choosing.push_back(i);
  }
  // A draw from a large vocabulary takes a millisecond.
  helpers->run(choosing.size(),
               [this](size_t i) { chooseToken(*slots[choosing[i]].job); });
  for (size_t i : choosing) {
    Job &job = *slots[i].job;
    newTokens += job.isText;
    if (job.status != BITNET_OK || job.finish != BITNET_FINISH_NONE)
      finish(slots[i], job.status, job.finish);
  }
}

/// What the next pass evaluates.
inline void Scheduler::collectItems() {
  // Every item is told its own; this is what stays if it is not.
  const bitnet_status unknown = BITNET_INVALID_ARGUMENT;
  items.clear();
  itemSlots.clear();
  prompts.clear();
  for (size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i].job)
      continue;
    Job &job = *slots[i].job;
    if (job.done < job.request.prompt.size()) {
      prompts.push_back(i);
      continue;
    }
    items.push_back({slots[i].session, &job.token, 1, nullptr, unknown, 0});
    itemSlots.push_back(i);
  }
  // Prompts share what is left of a pass, and get something in any case.
  size_t most = items.size() < chunk ? chunk - items.size() : 0;
  if (mostPromptTokens)
    most = std::min<size_t>(most, mostPromptTokens);
  most = std::max(most, prompts.size());
  // The oldest first, to which what cannot be divided goes.
  std::sort(prompts.begin(), prompts.end(), [&](size_t a, size_t b) {
    return slots[a].job->id < slots[b].job->id;
  });
  for (size_t i = 0; i < prompts.size(); ++i) {
    Job &job = *slots[prompts[i]].job;
    size_t left = prompts.size() - i;
    size_t count = std::min((most + left - 1) / left,
                            job.request.prompt.size() - job.done);
    most -= count;
    items.push_back({slots[prompts[i]].session,
                     job.request.prompt.data() + job.done, count, nullptr,
                     unknown, 0});
    itemSlots.push_back(prompts[i]);
  }
}

inline void Scheduler::step() {
  chooseTokens();
  collectItems();
  if (!items.empty())
    evaluateItems();
  std::lock_guard<std::mutex> lock(mutex);
  counts.steps = stepNumber;
  counts.stepSeconds = stepSeconds;
  counts.generatedTokens = newTokens;
}

inline void Scheduler::evaluateItems() {
  ++stepNumber;
  Clock::time_point begin = Clock::now();
  bitnet_evaluate_batch(items.data(), items.size());
  Clock::time_point now = Clock::now();
  stepSeconds += secondsBetween(begin, now);
  for (size_t i = 0; i < items.size(); ++i) {
    Slot &slot = slots[itemSlots[i]];
    Job &job = *slot.job;
    slot.lastUse = stepNumber;
    bitnet_status answer = items[i].status;
    if (answer != BITNET_OK) {
      finish(slot, answer, BITNET_FINISH_NONE);
      continue;
    }
    if (job.done == job.request.prompt.size())
      continue;
    job.done += items[i].count;
    if (job.done == job.request.prompt.size()) {
      job.generating = now;
      job.outcome.promptSeconds = secondsBetween(job.started, now);
    }
  }
}

/// Ends a slot's request and makes its session free.
inline void Scheduler::finish(Slot &slot, bitnet_status status,
                              bitnet_finish reason) {
  std::unique_ptr<Job> job = std::move(slot.job);
  slot.lastUse = stepNumber;
  bitnet_generation_destroy(job->generation);
  if (job->done == job->request.prompt.size())
    job->outcome.generateSeconds =
        secondsBetween(job->generating, Clock::now());
  end(std::move(job), status, reason);
}

inline void Scheduler::end(std::unique_ptr<Job> job, bitnet_status status,
                           bitnet_finish reason) {
  job->outcome.status = status;
  job->outcome.finish = reason;
  {
    std::lock_guard<std::mutex> lock(mutex);
    runningIds.erase(std::remove(runningIds.begin(), runningIds.end(), job->id),
                     runningIds.end());
    counts.finished += status == BITNET_OK;
    counts.cancelled += status == BITNET_CANCELLED;
    counts.failed += status != BITNET_OK && status != BITNET_CANCELLED;
    counts.promptTokens += job->done;
    counts.cachedTokens += job->outcome.cachedTokens;
  }
  if (job->request.onEnd)
    job->request.onEnd(job->outcome);
  job.reset();
  std::lock_guard<std::mutex> lock(mutex);
  if (--unfinished == 0)
    idle.notify_all();
}

} // namespace bitnet

#endif // BITNET_SCHEDULER_IMPL_HPP
