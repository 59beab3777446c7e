//===- main.cpp - A model behind HTTP -------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Routes.h"
#include <atomic>
#include <csignal>
#include <cstdio>
#include <sys/socket.h>
#include <thread>

using namespace server;

/// The model: bitnet-compile --name=server_model.
extern "C" const bitnet_model server_model;

static constexpr time_t clientSeconds = 10;

static void configure(httplib::Server &http, const Options &options) {
  // Every connection has a thread, which mostly sleeps: all that run or wait,
  // and some to say that there are too many.
  size_t threads = (size_t)options.sessions + options.queue + 16;
  http.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
  http.set_read_timeout(clientSeconds);
  http.set_write_timeout(clientSeconds);
  http.set_tcp_nodelay(true);
  // The library would share the port with another server.
  http.set_socket_options([](socket_t socket) {
    int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
}

int main(int argc, char **argv) {
  Options options;
  if (!parseOptions(argc, argv, options))
    return 1;
  const char *program = argv[0];

  // For this thread to wait for; all others are made with them blocked.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // Clients that went away are errors of writing.
  std::signal(SIGPIPE, SIG_IGN);

  std::string message;
  std::unique_ptr<Service> service =
      Service::create(server_model, options, message);
  if (!service) {
    std::fprintf(stderr, "%s: %s\n", program, message.c_str());
    return 1;
  }
  httplib::Server http;
  configure(http, options);
  Routes routes(*service, options);
  routes.install(http);
  int port = (int)options.port;
  if (port == 0)
    port = http.bind_to_any_port(options.host);
  else if (!http.bind_to_port(options.host, port))
    port = -1;
  if (port < 0) {
    std::fprintf(stderr, "%s: cannot listen at %s, port %u\n", program,
                 options.host.c_str(), options.port);
    return 1;
  }
  std::atomic<bool> hasEnded{false};
  std::thread listener([&] {
    http.listen_after_bind();
    // Also when accepting connections fails.
    hasEnded = true;
    kill(getpid(), SIGTERM);
  });
  // It cannot be stopped before.
  while (!http.is_running() && !hasEnded)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::printf("listening at http://%s:%d, model %s\n", options.host.c_str(),
              port, service->getName().c_str());
  std::fflush(stdout);

  int signal;
  sigwait(&signals, &signal);
  std::printf("ending: waiting for running requests\n");
  std::fflush(stdout);
  service->close();
  // In short pieces, so that the second signal is seen.
  for (uint32_t tenth = 0; tenth < 10 * options.drainSeconds; ++tenth) {
    sigset_t pending;
    sigpending(&pending);
    if (service->waitUntilIdle(std::chrono::milliseconds(100)) ||
        sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM))
      break;
  }
  // What is still running is cancelled as its connection ends.
  http.stop();
  listener.join();
  std::printf("ended\n");
  return 0;
}
