// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tells one story with several endings, all at once: the beginning is evaluated
// once, its session is cloned, and one token of every ending is evaluated in
// each pass over the weights. Build: c++ -std=c++17 endings.cpp storyteller.o
#include "storyteller.h"
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

// The C interface with owners: what is made ends by itself, in the right order.
struct Ends {
  void operator()(bitnet_evaluator *it) const { bitnet_evaluator_destroy(it); }
  void operator()(bitnet_session *it) const { bitnet_session_destroy(it); }
  void operator()(bitnet_generation *it) const {
    bitnet_generation_destroy(it);
  }
};
using Evaluator = std::unique_ptr<bitnet_evaluator, Ends>;
using Session = std::unique_ptr<bitnet_session, Ends>;
using Generation = std::unique_ptr<bitnet_generation, Ends>;

static void check(bitnet_status status) {
  if (status == BITNET_OK)
    return;
  std::fprintf(stderr, "endings: %s\n", bitnet_status_text(status));
  std::exit(1);
}

/// Calls a function that makes something, and gives it an owner.
template <typename Owner, typename... Parameters, typename... Arguments>
static Owner make(bitnet_status (*function)(Parameters...),
                  Arguments... arguments) {
  typename Owner::pointer made = nullptr;
  check(function(arguments..., &made));
  return Owner(made);
}

struct Ending {
  Session session;
  Generation generation;
  std::string text;
  int32_t token = -1;
};

static int append(void *user, const char *text, size_t length) {
  static_cast<Ending *>(user)->text.append(text, length);
  return 0;
}

static std::vector<int32_t> tokenize(const std::string &text) {
  std::vector<int32_t> tokens(text.size() + 2);
  size_t count = 0;
  check(bitnet_tokenize(&storyteller, text.data(), text.size(),
                        BITNET_TOKENIZE_ADD_BOS, tokens.data(), tokens.size(),
                        &count));
  tokens.resize(count);
  return tokens;
}

/// Chooses the next token of every ending and evaluates those of all that go
/// on. False: none does.
static bool advance(std::vector<Ending> &endings) {
  std::vector<bitnet_batch_item> batch;
  for (Ending &ending : endings) {
    bitnet_finish finish;
    check(bitnet_generation_next(ending.generation.get(), &ending.token,
                                 &finish));
    if (finish == BITNET_FINISH_NONE)
      batch.push_back(
          {ending.session.get(), &ending.token, 1, nullptr, BITNET_OK, 0});
  }
  if (!batch.empty())
    check(bitnet_evaluate_batch(batch.data(), batch.size()));
  return !batch.empty();
}

int main(int argc, char **argv) {
  std::string beginning = argc > 1 ? argv[1] : "Once upon a time";
  std::vector<Ending> endings(4);

  bitnet_evaluator_options evaluatorOptions = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  evaluatorOptions.most_sequences = (uint32_t)endings.size();
  Evaluator evaluator =
      make<Evaluator>(bitnet_evaluator_create, &storyteller, &evaluatorOptions);
  bitnet_session_options sessionOptions = BITNET_SESSION_OPTIONS_DEFAULT;
  sessionOptions.evaluator = evaluator.get();
  Session first =
      make<Session>(bitnet_session_create, &storyteller, &sessionOptions);
  std::vector<int32_t> tokens = tokenize(beginning);
  check(bitnet_evaluate(first.get(), tokens.data(), tokens.size()));

  for (size_t i = 0; i < endings.size(); ++i) {
    endings[i].session =
        make<Session>(bitnet_session_clone, first.get(), &sessionOptions);
    bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
    options.max_tokens = 60;
    options.sampling.temperature = 0.8f;
    options.sampling.top_p = 0.95f;
    options.sampling.seed = i;
    options.callback = append;
    options.user = &endings[i];
    endings[i].generation = make<Generation>(
        bitnet_generation_create, endings[i].session.get(), &options);
  }
  while (advance(endings)) {
  }
  for (size_t i = 0; i < endings.size(); ++i)
    std::printf("%s%zu. %s%s\n", i ? "\n" : "", i + 1, beginning.c_str(),
                endings[i].text.c_str());
  return 0;
}
