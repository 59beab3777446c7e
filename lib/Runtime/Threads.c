//===- Threads.c - Fork/join threads with a fast barrier ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Both waits, for the next pass (`command`) and for the others at a barrier
// (`epoch`), are for a change of a 32-bit word:
//
//   waiter                              waker
//   spin a while on the word            write the word            (1)
//   sleepers += 1               (2)     if sleepers != 0          (3)
//   while the word is the old one (4)     wake all
//     sleep unless it changed
//   sleepers -= 1
//
// (1) to (4) are sequentially consistent: if the waker reads 0 at (3), then (2)
// comes after (3) and so after (1), and (4) sees the new word. If the word is
// written between (4) and falling asleep, the kernel compares the word again
// under its own lock. So no wake-up is lost, and while nobody sleeps nobody
// pays for a system call.
//
// A thread that waits longer than a spin sleeps, so that more threads than
// processors still get on, and a session at rest takes no processor time.
//
// The last thread to come to a barrier looks whether the pass is cancelled, and
// the new epoch tells the others: all of them know the same.
//
// With an executor the threads are the application's, and a pass begins and
// ends by its means instead of `command`.
//
//===----------------------------------------------------------------------===//
#include "Threads.h"
#include "System.h"

#include <stdatomic.h>

/// One word per cache line, so that spinning on one is not disturbed by writes
/// to another.
typedef struct Line {
  _Alignas(BITNET_ALIGNMENT) _Atomic uint32_t value;
} Line;

/// Threads that arrive at a barrier by one counter. More would wait for each
/// other's cache line: a contended addition takes some 50 nanoseconds.
enum { GroupThreads = 8 };

typedef struct Group {
  /// Threads that have arrived at the barrier.
  Line arrived;
  uint32_t threadCount;
} Group;

struct bitnet_member {
  struct bitnet_team *team;
  Group *group;
  uint64_t handle;
  uint32_t index;
};

struct bitnet_team {
  /// Constant after creation. `spins`: the most of any wait. `process`: where
  /// the threads are; 0: this team started none.
  uint32_t threadCount;
  uint32_t spins;
  uint32_t process;
  /// `run` is null: this team started its threads.
  bitnet_executor executor;
  /// Written by thread 0 before it changes `command`, read by the others after
  /// they have seen the change.
  bitnet_team_function function;
  const void *argument;
  const uint32_t *cancel;
  uint32_t stop;

  /// Counts passes; a change starts one.
  Line command;
  Line commandSleepers;
  /// Groups of which all threads have arrived at the barrier.
  Line arrived;
  /// Counts barriers, above the bit Cancelled; a change releases the threads.
  Line epoch;
  Line epochSleepers;
  /// Spins of the next wait at a barrier, at most `spins`.
  Line barrierSpins;
  /// Tasks of the executor that have ended in this pass.
  Line ended;

  /// [ceil(threadCount / GroupThreads)]
  Group *groups;
  uint32_t groupCount;
  /// [threadCount]; the groups follow.
  struct bitnet_member members[];
};

/// The bit of an epoch that says that the pass is to end.
enum { Cancelled = 1 };

/// How long tasks of an executor wait for each other at its first use.
enum { SecondsToMeet = 5 };

/// How often a waiting thread looks before it sleeps. 50 microseconds where
/// `pause` takes 25 nanoseconds: longer than the threads of generated code get
/// out of step and than choosing a token takes, and about as long as a sleep
/// delays the waker and the woken together.
enum { Spins = 2000 };
/// The same with more threads than processors, where the awaited thread may
/// need this one's processor.
enum { SpinsWhenCrowded = 50 };

/// Tells the processor that this is a spin loop.
static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  // `yield` does nothing on most cores; `isb` waits about as long as x86's
  // `pause`.
  __asm__ volatile("isb" ::: "memory");
#else
  __asm__ volatile("" ::: "memory");
#endif
}

/// Spins up to `spins` times, then sleeps. Returns whether it had to sleep.
static int waitForChange(Line *word, uint32_t old, Line *sleepers,
                         uint32_t spins) {
  for (uint32_t i = 0; i < spins; ++i) {
    if (atomic_load_explicit(&word->value, memory_order_acquire) != old)
      return 0;
    relax();
  }
  atomic_fetch_add(&sleepers->value, 1);
  while (atomic_load(&word->value) == old)
    bitnetSystemWait(&word->value, old);
  atomic_fetch_sub_explicit(&sleepers->value, 1, memory_order_relaxed);
  return 1;
}

static void change(Line *word, uint32_t value, Line *sleepers) {
  atomic_store(&word->value, value);
  if (atomic_load(&sleepers->value) != 0)
    bitnetSystemWake(&word->value);
}

/// A spin in vain halves the spins of the next barrier, one that was worth it
/// doubles them: where other programs hold the processors, nearly all spins are
/// in vain and only keep the awaited thread from running. Where one in ten is,
/// because threads read memory at different speeds, they stay long. Threads may
/// overwrite each other's count; it is a guess anyway.
static void adaptSpins(struct bitnet_team *team, uint32_t spins, int slept) {
  uint32_t next = slept ? spins / 2 : spins * 2;
  if (next < SpinsWhenCrowded)
    next = SpinsWhenCrowded;
  if (next > team->spins)
    next = team->spins;
  if (next != spins)
    atomic_store_explicit(&team->barrierSpins.value, next,
                          memory_order_relaxed);
}

/// Spins of a wait at a barrier. Short ones see no thread arrive that a sleep
/// would not be too long for, so that they would stay short: now and then, and
/// seldom enough to cost little in vain, the longest one is tried again.
static uint32_t getBarrierSpins(struct bitnet_team *team, uint32_t epoch) {
  enum { BarriersBetweenTrials = 256 };
  if (epoch / (Cancelled + 1) % BarriersBetweenTrials == 0)
    return team->spins;
  return atomic_load_explicit(&team->barrierSpins.value, memory_order_relaxed);
}

/// Counts an arrival; returns whether it was the last of `count`.
static int arriveLast(Line *arrived, uint32_t count) {
  if (atomic_fetch_add_explicit(&arrived->value, 1, memory_order_acq_rel) !=
      count - 1)
    return 0;
  // Published by the change of the epoch: nobody arrives again before it.
  atomic_store_explicit(&arrived->value, 0, memory_order_relaxed);
  return 1;
}

static uint32_t readCancel(const struct bitnet_team *team) {
  return team->cancel && __atomic_load_n(team->cancel, __ATOMIC_RELAXED) != 0
             ? Cancelled
             : 0;
}

int32_t bitnet_runtime_barrier(struct bitnet_member *member) {
  struct bitnet_team *team = member->team;
  // The epoch cannot change before this thread has arrived, and this thread saw
  // its last change.
  uint32_t epoch =
      atomic_load_explicit(&team->epoch.value, memory_order_relaxed);
  // Without the bit, and counted.
  uint32_t next = (epoch | Cancelled) + 1;
  if (team->threadCount == 1) {
    next |= readCancel(team);
    atomic_store_explicit(&team->epoch.value, next, memory_order_relaxed);
    return next & Cancelled;
  }
  if (arriveLast(&member->group->arrived, member->group->threadCount) &&
      arriveLast(&team->arrived, team->groupCount)) {
    next |= readCancel(team);
    change(&team->epoch, next, &team->epochSleepers);
    return next & Cancelled;
  }
  uint32_t spins = getBarrierSpins(team, epoch);
  int slept = waitForChange(&team->epoch, epoch, &team->epochSleepers, spins);
  adaptSpins(team, spins, slept);
  return atomic_load_explicit(&team->epoch.value, memory_order_relaxed) &
         Cancelled;
}

static void *workerMain(void *argument) {
  struct bitnet_member *member = argument;
  struct bitnet_team *team = member->team;
  for (uint32_t command = 0;;) {
    waitForChange(&team->command, command, &team->commandSleepers, team->spins);
    // Thread 0 starts no pass before the one before it has ended, so the
    // command never changes by more than 1.
    ++command;
    if (team->stop)
      return (void *)0;
    team->function(member->index, team->threadCount, member, team->argument);
  }
}

/// Starts the next pass, or the end.
static void startCommand(struct bitnet_team *team) {
  uint32_t command =
      atomic_load_explicit(&team->command.value, memory_order_relaxed);
  change(&team->command, command + 1, &team->commandSleepers);
}

/// Ends the threads that run beside thread 0, which are `workers`.
static void stopWorkers(struct bitnet_team *team, uint32_t workers) {
  team->stop = 1;
  startCommand(team);
  for (uint32_t i = 1; i <= workers; ++i)
    bitnetSystemJoinThread(team->members[i].handle);
}

static uint32_t countGroups(uint32_t threads) {
  return (threads + GroupThreads - 1) / GroupThreads;
}

/// Where the groups of a team lie, in bytes from its start.
static uint64_t groupsOffset(uint32_t threads) {
  uint64_t size = sizeof(struct bitnet_team) +
                  (uint64_t)threads * sizeof(struct bitnet_member);
  return (size + BITNET_ALIGNMENT - 1) / BITNET_ALIGNMENT * BITNET_ALIGNMENT;
}

uint32_t bitnetTeamThreads(uint32_t requested) {
  if (requested > BITNET_MOST_THREADS)
    return 0;
  if (requested != 0)
    return requested;
  uint32_t processors = bitnetSystemProcessors();
  return processors < BITNET_MOST_THREADS ? processors : BITNET_MOST_THREADS;
}

uint64_t bitnetTeamSize(uint32_t threads) {
  return groupsOffset(threads) + countGroups(threads) * sizeof(Group);
}

/// A team without threads in `memory`.
static struct bitnet_team *initialize(void *memory, uint32_t threads) {
  struct bitnet_team *made = memory;
  __builtin_memset(made, 0, bitnetTeamSize(threads));
  made->threadCount = threads;
  made->groups = (Group *)((char *)memory + groupsOffset(threads));
  made->groupCount = countGroups(threads);
  for (uint32_t i = 0; i < threads; ++i) {
    struct bitnet_member *member = &made->members[i];
    member->team = made;
    member->group = &made->groups[i / GroupThreads];
    member->index = i;
    ++member->group->threadCount;
  }
  made->spins = threads > 1 && threads > bitnetSystemProcessors()
                    ? SpinsWhenCrowded
                    : Spins;
  atomic_store_explicit(&made->barrierSpins.value, made->spins,
                        memory_order_relaxed);
  return made;
}

bitnet_status bitnetTeamCreate(void *memory, uint32_t threads,
                               struct bitnet_team **team) {
  struct bitnet_team *made = initialize(memory, threads);
  if (threads > 1)
    made->process = bitnetSystemProcess();
  for (uint32_t i = 1; i < threads; ++i) {
    struct bitnet_member *member = &made->members[i];
    if (!bitnetSystemStartThread(&member->handle, workerMain, member)) {
      stopWorkers(made, i - 1);
      return BITNET_THREAD_FAILURE;
    }
  }
  *team = made;
  return BITNET_OK;
}

/// Where the tasks of an executor meet.
typedef struct Meeting {
  /// How many have come; Failed: too few in too long a time.
  Line arrived;
  uint32_t threads;
} Meeting;
enum { Failed = INT32_MAX };

static void meet(void *argument, uint32_t index) {
  Meeting *meeting = argument;
  if (index >= meeting->threads)
    return;
  uint32_t arrived = atomic_fetch_add(&meeting->arrived.value, 1) + 1;
  if (arrived == meeting->threads)
    bitnetSystemWake(&meeting->arrived.value);
  double end = bitnetSystemSeconds() + SecondsToMeet;
  for (; arrived < meeting->threads;
       arrived = atomic_load(&meeting->arrived.value)) {
    double seconds = end - bitnetSystemSeconds();
    if (seconds > 0) {
      bitnetSystemWaitFor(&meeting->arrived.value, arrived, seconds);
    } else if (atomic_compare_exchange_strong(&meeting->arrived.value, &arrived,
                                              Failed)) {
      bitnetSystemWake(&meeting->arrived.value);
    }
  }
}

bitnet_status bitnetTeamCreateOn(void *memory, const bitnet_executor *executor,
                                 struct bitnet_team **team) {
  Meeting meeting = {.threads = executor->threads};
  executor->run(executor->user, meet, &meeting);
  if (atomic_load(&meeting.arrived.value) != executor->threads)
    return BITNET_THREAD_FAILURE;
  *team = initialize(memory, executor->threads);
  (*team)->executor = *executor;
  return BITNET_OK;
}

/// Whether the threads are those of the process that this one was forked from.
static int isForked(const struct bitnet_team *team) {
  return team->process != 0 && team->process != bitnetSystemProcess();
}

void bitnetTeamDestroy(struct bitnet_team *team) {
  if (team->process != 0 && !isForked(team))
    stopWorkers(team, team->threadCount - 1);
}

/// A task of an executor.
static void runTask(void *argument, uint32_t index) {
  struct bitnet_team *team = argument;
  if (index >= team->threadCount)
    return;
  team->function(index, team->threadCount, &team->members[index],
                 team->argument);
  atomic_fetch_add_explicit(&team->ended.value, 1, memory_order_release);
}

/// Returns BITNET_THREAD_FAILURE if the executor did not run all tasks.
static bitnet_status runOnExecutor(struct bitnet_team *team) {
  atomic_store_explicit(&team->ended.value, 0, memory_order_relaxed);
  team->executor.run(team->executor.user, runTask, team);
  return atomic_load_explicit(&team->ended.value, memory_order_acquire) ==
                 team->threadCount
             ? BITNET_OK
             : BITNET_THREAD_FAILURE;
}

/// As bitnetTeamRun; `first` is the member that is thread 0.
static bitnet_status runAs(struct bitnet_member *first,
                           bitnet_team_function function, const void *argument,
                           const uint32_t *cancel) {
  struct bitnet_team *team = first->team;
  team->function = function;
  team->argument = argument;
  team->cancel = cancel;
  if (team->executor.run) {
    bitnet_status status = runOnExecutor(team);
    if (status != BITNET_OK)
      return status;
  } else {
    if (team->threadCount != 1)
      startCommand(team);
    function(0, team->threadCount, first, argument);
  }
  // Others may still be leaving the last barrier, but none changes the epoch.
  return atomic_load_explicit(&team->epoch.value, memory_order_relaxed) &
                 Cancelled
             ? BITNET_CANCELLED
             : BITNET_OK;
}

bitnet_status bitnetTeamRun(struct bitnet_team *team,
                            bitnet_team_function function, const void *argument,
                            const uint32_t *cancel) {
  if (!team) {
    struct bitnet_team alone = {.threadCount = 1};
    struct bitnet_member only = {.team = &alone};
    return runAs(&only, function, argument, cancel);
  }
  if (isForked(team))
    return BITNET_FORKED;
  return runAs(&team->members[0], function, argument, cancel);
}
