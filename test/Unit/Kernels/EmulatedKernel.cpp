//===- EmulatedKernel.cpp - Kernels of another architecture ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmulatedKernel.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

[[noreturn]] static void fail(const llvm::Twine &message) {
  llvm::report_fatal_error("an emulated kernel: " + message,
                           /*gen_crash_diag=*/false);
}

std::string test::findEmulator() {
  llvm::ErrorOr<std::string> path =
      llvm::sys::findProgramByName("qemu-aarch64");
  return path ? *path : "";
}

/// A new file of this content, or to be written.
static llvm::SmallString<64> makeFile(StringRef suffix, StringRef content) {
  int descriptor = -1;
  llvm::SmallString<64> path;
  if (auto error = llvm::sys::fs::createTemporaryFile("bitnet-kernel", suffix,
                                                      descriptor, path))
    fail(error.message());
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  stream << content;
  return path;
}

struct EmulatedKernel::Process {
  /// The program is removed when the process has ended.
  llvm::FileRemover program;
  pid_t id = -1;
  /// Ends of pipes.
  int input = -1, output = -1;

  void start(ArrayRef<const char *> command);
  /// Ends the input and waits; how the process ended.
  std::string finish();
  void write(const void *bytes, size_t size);
  void read(void *bytes, size_t size);
};

void EmulatedKernel::Process::start(ArrayRef<const char *> command) {
  // Close-on-exec: other emulators must not hold this one's input open.
  int toProcess[2], fromProcess[2];
  if (pipe2(toProcess, O_CLOEXEC) || pipe2(fromProcess, O_CLOEXEC))
    fail(strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, toProcess[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fromProcess[1], STDOUT_FILENO);
  int error = posix_spawn(&id, command[0], &actions, nullptr,
                          const_cast<char *const *>(command.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(toProcess[0]);
  close(fromProcess[1]);
  if (error)
    fail(strerror(error));
  input = toProcess[1];
  output = fromProcess[0];
}

std::string EmulatedKernel::Process::finish() {
  close(input);
  close(output);
  int status = 0;
  waitpid(id, &status, 0);
  if (WIFSIGNALED(status))
    return "signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

void EmulatedKernel::Process::write(const void *bytes, size_t size) {
  const char *next = static_cast<const char *>(bytes);
  for (const char *end = next + size; next != end;) {
    ssize_t count = ::write(input, next, end - next);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      fail(finish());
    next += count;
  }
}

void EmulatedKernel::Process::read(void *bytes, size_t size) {
  char *next = static_cast<char *>(bytes);
  for (char *end = next + size; next != end;) {
    ssize_t count = ::read(output, next, end - next);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      fail(finish());
    next += count;
  }
}

EmulatedKernel::EmulatedKernel(StringRef object, StringRef processor)
    : process(std::make_unique<Process>()) {
  // A process that has died is noticed by what it does not answer.
  std::signal(SIGPIPE, SIG_IGN);
  llvm::SmallString<64> objectPath = makeFile("o", object);
  llvm::FileRemover objectRemover(objectPath);
  llvm::SmallString<64> program = makeFile("", "");
  process->program.setFile(program);
  std::string message;
  if (llvm::sys::ExecuteAndWait(
          BITNET_TEST_LLD,
          {BITNET_TEST_LLD, BITNET_TEST_HARNESS, objectPath, "-o", program},
          std::nullopt, {}, 0, 0, &message))
    fail("linking failed " + message);
  std::string emulator = findEmulator(), cpu = processor.str();
  process->start(
      {emulator.c_str(), "-cpu", cpu.c_str(), program.c_str(), nullptr});
}

EmulatedKernel::EmulatedKernel(EmulatedKernel &&) = default;

EmulatedKernel::~EmulatedKernel() {
  if (!process)
    return;
  if (std::string end = process->finish(); end != "exit status 0")
    fail(end);
}

void EmulatedKernel::operator()(int64_t begin, int64_t end, int64_t rows,
                                ArrayRef<Argument> arguments) const {
  SmallVector<Argument> words = {begin, end, rows};
  llvm::append_range(words, arguments);
  SmallVector<int64_t> header = {static_cast<int64_t>(words.size())};
  for (const Argument &word : words) {
    header.push_back(word.getBytes());
    header.push_back(static_cast<int64_t>(word.getWord()));
  }
  process->write(header.data(), header.size_in_bytes());
  auto forEachBuffer = [&](auto function) {
    for (const Argument &word : words)
      if (word.getBytes())
        function(reinterpret_cast<void *>(word.getWord()), word.getBytes());
  };
  forEachBuffer([&](void *data, size_t size) { process->write(data, size); });
  forEachBuffer([&](void *data, size_t size) { process->read(data, size); });
}
