//===- ProgramOptions.c - The command line of a compiled model ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Program.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Usage: %s [options]\n"
    "\n"
    "Continues a prompt with the model %s. Text goes to standard output,\n"
    "statistics to standard error.\n"
    "\n"
    "  -p, --prompt TEXT       text to continue\n"
    "  -f, --file FILE         read the prompt from a file; - is standard "
    "input\n"
    "  -n, --tokens N          most tokens to generate (default 256)\n"
    "      --temp T            temperature, 0 to 100; 0 takes the most likely\n"
    "                          token (default 0)\n"
    "      --top-k K           choose among the K most likely tokens; 0: all\n"
    "                          (default 0)\n"
    "      --top-p P           choose among the most likely tokens that have "
    "the\n"
    "                          probability P together (default 1)\n"
    "      --min-p P           choose among tokens that are at least P times "
    "as\n"
    "                          likely as the most likely one (default 0)\n"
    "      --typical P         choose among the most typical tokens that have "
    "the\n"
    "                          probability P together (default 1)\n"
    "      --repeat-penalty R  divide positive logits of tokens that were "
    "there by\n"
    "                          R, multiply negative ones (default 1)\n"
    "      --presence-penalty X\n"
    "                          subtract X from their logits (default 0)\n"
    "      --frequency-penalty X\n"
    "                          subtract X as many times as they were there\n"
    "                          (default 0)\n"
    "      --penalty-window N  last tokens that the penalties look at "
    "(default 64)\n"
    "      --logit-bias ID=B   add B to the logit of a token; -inf forbids "
    "it.\n"
    "                          May be given several times\n"
    "      --seed S            seed of the random numbers (default 0)\n"
    "      --stop TEXT         end before this text. May be given several "
    "times\n"
    "      --ignore-eos        do not end at an end-of-sequence token\n"
    "      --draft N           guess up to N tokens from what was said before "
    "and\n"
    "                          check them in one pass; the text is the same\n"
    "                          (default 0)\n"
    "      --context-shift     when the context is full, forget half of it "
    "except\n"
    "                          its first 4 tokens, and go on\n"
    "      --chat              the prompt is a question: apply the model's "
    "chat\n"
    "                          template, write the answer\n"
    "      --system TEXT       what the model is told before the question\n"
    "      --no-thinking       ask for an answer without thinking, if the "
    "template\n"
    "                          knows of that\n"
    "  -i, --interactive       talk with the model: every line is a question, "
    "or, if\n"
    "                          the model has no chat template, goes on with "
    "the\n"
    "                          text. What happens without a prompt, if "
    "standard\n"
    "                          input is a terminal\n"
    "      --special           recognise control tokens in the prompt\n"
    "      --no-echo           write only the text that is generated\n"
    "      --json              print the text that is generated and its counts "
    "as\n"
    "                          JSON, or what --bench, --perplexity or --embed "
    "find\n"
    "      --threads N         threads; 0: one for each processor (default 0)\n"
    "      --variant NAME      code to run; --variants lists what there is "
    "(default:\n"
    "                          what the environment variable BITNET_VARIANT "
    "names,\n"
    "                          or the best that this processor supports)\n"
    "      --weights PATH      file of weights, or the folder that has it "
    "(default:\n"
    "                          what the environment variable BITNET_WEIGHTS "
    "names,\n"
    "                          or beside the program, or in the current "
    "folder)\n"
    "      --ctx N             positions in the context; 0: all that the "
    "model\n"
    "                          has (default 0)\n"
    "\n"
    "Instead of generating:\n"
    "      --bench             measure the speed: the prompt is evaluated at\n"
    "                          once, the tokens after it one by one\n"
    "      --bench-prompt N    tokens of the prompt; 0: do not measure it\n"
    "                          (default 128)\n"
    "      --bench-tokens N    tokens after it; 0: do not measure them\n"
    "                          (default 64)\n"
    "      --bench-repeat N    repetitions (default 5)\n"
    "      --bench-batch N     sequences that are evaluated at once (default "
    "1)\n"
    "      --bench-context N   tokens before the prompt (default 0)\n"
    "      --perplexity FILE   measure the perplexity of a text\n"
    "      --window N          tokens of a window, the BOS token included, "
    "each\n"
    "                          scored on its own (default 512, or the "
    "context)\n"
    "      --logits            write the ids and logits of the prompt in "
    "binary:\n"
    "                          count and vocabulary size (int32), ids [count]\n"
    "                          (int32), logits [count, vocabulary size] "
    "(float32)\n"
    "      --embed             write the embedding of the prompt, a number in "
    "a "
    "line,\n"
    "                          or with --json as an array; of embedding "
    "models\n"
    "      --ids               the file holds token ids (little-endian "
    "int32),\n"
    "                          not text\n"
    "      --info              describe the model\n"
    "      --variants          list the variants of the code; * marks the one "
    "that\n"
    "                          would run\n"
    "      --verify-weights    read all of the file of weights and compare its "
    "hash\n"
    "      --help              print this and exit\n"
    "      --version           print the version and exit\n";

enum {
  OptionTemperature = 256,
  OptionTopK,
  OptionTopP,
  OptionMinP,
  OptionTypical,
  OptionRepeatPenalty,
  OptionPresencePenalty,
  OptionFrequencyPenalty,
  OptionPenaltyWindow,
  OptionLogitBias,
  OptionSeed,
  OptionStop,
  OptionIgnoreEos,
  OptionDraft,
  OptionContextShift,
  OptionChat,
  OptionSystem,
  OptionNoThinking,
  OptionSpecial,
  OptionNoEcho,
  OptionThreads,
  OptionContext,
  OptionBench,
  OptionBenchPrompt,
  OptionBenchTokens,
  OptionBenchRepeat,
  OptionBenchBatch,
  OptionBenchContext,
  OptionJson,
  OptionPerplexity,
  OptionWindow,
  OptionLogits,
  OptionEmbed,
  OptionIds,
  OptionInfo,
  OptionVariant,
  OptionVariants,
  OptionWeights,
  OptionVerifyWeights,
  OptionHelp,
  OptionVersion
};

static const struct option longOptions[] = {
    {"prompt", required_argument, NULL, 'p'},
    {"file", required_argument, NULL, 'f'},
    {"tokens", required_argument, NULL, 'n'},
    {"temp", required_argument, NULL, OptionTemperature},
    {"top-k", required_argument, NULL, OptionTopK},
    {"top-p", required_argument, NULL, OptionTopP},
    {"min-p", required_argument, NULL, OptionMinP},
    {"typical", required_argument, NULL, OptionTypical},
    {"repeat-penalty", required_argument, NULL, OptionRepeatPenalty},
    {"presence-penalty", required_argument, NULL, OptionPresencePenalty},
    {"frequency-penalty", required_argument, NULL, OptionFrequencyPenalty},
    {"penalty-window", required_argument, NULL, OptionPenaltyWindow},
    {"logit-bias", required_argument, NULL, OptionLogitBias},
    {"seed", required_argument, NULL, OptionSeed},
    {"stop", required_argument, NULL, OptionStop},
    {"ignore-eos", no_argument, NULL, OptionIgnoreEos},
    {"draft", required_argument, NULL, OptionDraft},
    {"context-shift", no_argument, NULL, OptionContextShift},
    {"chat", no_argument, NULL, OptionChat},
    {"system", required_argument, NULL, OptionSystem},
    {"no-thinking", no_argument, NULL, OptionNoThinking},
    {"interactive", no_argument, NULL, 'i'},
    {"special", no_argument, NULL, OptionSpecial},
    {"no-echo", no_argument, NULL, OptionNoEcho},
    {"threads", required_argument, NULL, OptionThreads},
    {"ctx", required_argument, NULL, OptionContext},
    {"bench", no_argument, NULL, OptionBench},
    {"bench-prompt", required_argument, NULL, OptionBenchPrompt},
    {"bench-tokens", required_argument, NULL, OptionBenchTokens},
    {"bench-repeat", required_argument, NULL, OptionBenchRepeat},
    {"bench-batch", required_argument, NULL, OptionBenchBatch},
    {"bench-context", required_argument, NULL, OptionBenchContext},
    {"json", no_argument, NULL, OptionJson},
    {"perplexity", required_argument, NULL, OptionPerplexity},
    {"window", required_argument, NULL, OptionWindow},
    {"logits", no_argument, NULL, OptionLogits},
    {"embed", no_argument, NULL, OptionEmbed},
    {"ids", no_argument, NULL, OptionIds},
    {"info", no_argument, NULL, OptionInfo},
    {"variant", required_argument, NULL, OptionVariant},
    {"variants", no_argument, NULL, OptionVariants},
    {"weights", required_argument, NULL, OptionWeights},
    {"verify-weights", no_argument, NULL, OptionVerifyWeights},
    {"help", no_argument, NULL, OptionHelp},
    {"version", no_argument, NULL, OptionVersion},
    {NULL, 0, NULL, 0}};

static bool parseInteger(const char *name, const char *text, uint64_t low,
                         uint64_t high, uint64_t *value) {
  char *end;
  errno = 0;
  unsigned long long parsed = strtoull(text, &end, 10);
  // strtoull takes a minus sign and white space.
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
      parsed < low || parsed > high)
    return reportError("--%s expects an integer from %llu to %llu, got '%s'",
                       name, (unsigned long long)low, (unsigned long long)high,
                       text);
  *value = parsed;
  return true;
}

static bool parseInteger32(const char *name, const char *text, uint32_t low,
                           uint32_t high, uint32_t *value) {
  uint64_t parsed;
  if (!parseInteger(name, text, low, high, &parsed))
    return false;
  *value = (uint32_t)parsed;
  return true;
}

static bool parseFloat(const char *name, const char *text, float low,
                       float high, float *value) {
  char *end;
  *value = strtof(text, &end);
  // Written so that what is not a number fails.
  if (end == text || *end != '\0' || !(*value >= low && *value <= high))
    return reportError("--%s expects a number from %g to %g, got '%s'", name,
                       (double)low, (double)high, text);
  return true;
}

static bool parsePositive(const char *name, const char *text, float high,
                          float *value) {
  char *end;
  *value = strtof(text, &end);
  if (end == text || *end != '\0' || !(*value > 0.0f && *value <= high))
    return reportError("--%s expects a number above 0 and up to %g, got '%s'",
                       name, (double)high, text);
  return true;
}

/// Adds an element to an array of which the options, which live as long as the
/// program, own `count`. Returns null if there is no memory.
static void *grow(const void *array, size_t count, size_t size) {
  void *grown = realloc((void *)array, (count + 1) * size);
  if (!grown)
    reportError("out of memory");
  return grown;
}

static bool addBias(bitnet_sampling_options *sampling, const char *text) {
  bitnet_model_info info;
  bitnet_get_model_info(&bitnet_program_model, &info);
  char *middle, *end;
  errno = 0;
  unsigned long long token = strtoull(text, &middle, 10);
  float bias = *middle == '=' ? strtof(middle + 1, &end) : 0.0f;
  if (text[0] < '0' || text[0] > '9' || *middle != '=' || end == middle + 1 ||
      *end != '\0' || !(bias < HUGE_VALF) || errno == ERANGE)
    return reportError("--logit-bias expects ID=BIAS with a number that is "
                       "finite or -inf, got '%s'",
                       text);
  if (token >= info.vocabulary_size)
    return reportError("--logit-bias expects an id in [0, %u), got '%s'",
                       info.vocabulary_size, text);
  bitnet_logit_bias *biases =
      grow(sampling->biases, sampling->bias_count, sizeof(*biases));
  if (!biases)
    return false;
  biases[sampling->bias_count++] = (bitnet_logit_bias){(int32_t)token, bias};
  sampling->biases = biases;
  return true;
}

static bool addStop(bitnet_generation_options *generation, const char *text) {
  size_t length = strlen(text);
  if (length == 0 || length > BITNET_MOST_STOP_BYTES)
    return reportError("--stop expects a text of 1 to %d bytes, got %zu",
                       BITNET_MOST_STOP_BYTES, length);
  bitnet_stop_string *stops =
      grow(generation->stops, generation->stop_count, sizeof(*stops));
  if (!stops)
    return false;
  stops[generation->stop_count++] = (bitnet_stop_string){text, length};
  generation->stops = stops;
  return true;
}

static bool setMode(ProgramOptions *options, ProgramMode mode) {
  if (options->mode != ProgramGenerate && options->mode != mode)
    return reportError("only one of --bench, --perplexity, --logits, --embed, "
                       "--info, --variants and --verify-weights can be given");
  options->mode = mode;
  return true;
}

static bool setFile(ProgramOptions *options, const char *file) {
  if (options->file)
    return reportError("only one file can be given");
  options->file = file;
  return true;
}

/// Applies one option that getopt_long has found.
static bool applyOption(ProgramOptions *options, int option, char *program) {
  bitnet_generation_options *generation = &options->generation;
  bitnet_sampling_options *sampling = &generation->sampling;
  switch (option) {
  case 'p':
    options->prompt = optarg;
    return true;
  case 'f':
    return setFile(options, optarg);
  case 'n':
    return parseInteger32("tokens", optarg, 0, UINT32_MAX,
                          &generation->max_tokens);
  case OptionTemperature:
    return parseFloat("temp", optarg, 0, 100, &sampling->temperature);
  case OptionTopK:
    return parseInteger32("top-k", optarg, 0, UINT32_MAX, &sampling->top_k);
  case OptionTopP:
    return parsePositive("top-p", optarg, 1, &sampling->top_p);
  case OptionMinP:
    return parseFloat("min-p", optarg, 0, 1, &sampling->min_p);
  case OptionTypical:
    return parsePositive("typical", optarg, 1, &sampling->typical_p);
  case OptionRepeatPenalty:
    return parsePositive("repeat-penalty", optarg, 100,
                         &sampling->repetition_penalty);
  case OptionPresencePenalty:
    return parseFloat("presence-penalty", optarg, -100, 100,
                      &sampling->presence_penalty);
  case OptionFrequencyPenalty:
    return parseFloat("frequency-penalty", optarg, -100, 100,
                      &sampling->frequency_penalty);
  case OptionPenaltyWindow:
    return parseInteger32("penalty-window", optarg, 0, UINT32_MAX,
                          &sampling->penalty_window);
  case OptionLogitBias:
    return addBias(sampling, optarg);
  case OptionSeed:
    return parseInteger("seed", optarg, 0, UINT64_MAX, &sampling->seed);
  case OptionStop:
    return addStop(generation, optarg);
  case OptionIgnoreEos:
    generation->flags |= BITNET_GENERATION_IGNORE_EOS;
    return true;
  case OptionDraft:
    return parseInteger32("draft", optarg, 0, BITNET_MOST_DRAFT_TOKENS,
                          &generation->draft_tokens);
  case OptionContextShift:
    generation->flags |= BITNET_GENERATION_CONTEXT_SHIFT;
    // Attention of all layers leans on the first few tokens.
    generation->keep = 4;
    return true;
  case OptionChat:
    options->chat = true;
    return true;
  case OptionSystem:
    options->system = optarg;
    return true;
  case OptionNoThinking:
    options->noThinking = true;
    return true;
  case 'i':
    options->interactive = true;
    return true;
  case OptionSpecial:
    options->special = true;
    return true;
  case OptionNoEcho:
    options->noEcho = true;
    return true;
  case OptionThreads:
    return parseInteger32("threads", optarg, 0, 256, &options->threads);
  case OptionContext:
    return parseInteger32("ctx", optarg, 0, UINT32_MAX, &options->contextSize);
  case OptionBench:
    return setMode(options, ProgramBench);
  case OptionBenchPrompt:
    return parseInteger32("bench-prompt", optarg, 0, UINT32_MAX,
                          &options->benchPrompt);
  case OptionBenchTokens:
    return parseInteger32("bench-tokens", optarg, 0, UINT32_MAX,
                          &options->benchTokens);
  case OptionBenchRepeat:
    return parseInteger32("bench-repeat", optarg, 1, 10000,
                          &options->benchRepeats);
  case OptionBenchBatch:
    return parseInteger32("bench-batch", optarg, 1, 1024, &options->benchBatch);
  case OptionBenchContext:
    return parseInteger32("bench-context", optarg, 0, UINT32_MAX,
                          &options->benchContext);
  case OptionJson:
    options->json = true;
    return true;
  case OptionPerplexity:
    return setMode(options, ProgramPerplexity) && setFile(options, optarg);
  case OptionWindow:
    return parseInteger32("window", optarg, 2, UINT32_MAX, &options->window);
  case OptionLogits:
    return setMode(options, ProgramLogits);
  case OptionEmbed:
    return setMode(options, ProgramEmbed);
  case OptionIds:
    options->ids = true;
    return true;
  case OptionInfo:
    return setMode(options, ProgramInfo);
  case OptionVariant:
    options->variant = optarg;
    return true;
  case OptionVariants:
    return setMode(options, ProgramVariants);
  case OptionWeights:
    options->weights = optarg;
    return true;
  case OptionVerifyWeights:
    return setMode(options, ProgramVerifyWeights);
  case OptionHelp: {
    bitnet_model_info info;
    if (bitnet_get_model_info(&bitnet_program_model, &info) != BITNET_OK)
      info.name = "in this program";
    printf(help, program, info.name);
    exit(0);
  }
  case OptionVersion:
    printf("compiled by bitnet-compile %s, ABI version %u\n", BITNET_VERSION,
           BITNET_ABI_VERSION);
    exit(0);
  case ':':
    return reportError("%s expects an argument", program);
  default:
    return reportError("unknown option '%s'; --help lists them", program);
  }
}

bool parseOptions(int argc, char **argv, ProgramOptions *options) {
  *options = (ProgramOptions){
      .benchBatch = 1,
      .benchPrompt = 128,
      .benchTokens = 64,
      .benchRepeats = 5,
      .generation = BITNET_GENERATION_OPTIONS_DEFAULT,
  };
  options->generation.max_tokens = 256;
  opterr = 0;
  for (;;) {
    int current = optind;
    int option = getopt_long(argc, argv, ":p:f:n:i", longOptions, NULL);
    if (option == -1)
      break;
    bool isError = option == '?' || option == ':';
    if (!applyOption(options, option, isError ? argv[current] : argv[0]))
      return false;
  }
  if (optind != argc)
    return reportError("unexpected argument '%s'", argv[optind]);
  if (options->prompt && options->file)
    return reportError("a prompt and a file cannot both be given");
  if (options->generation.flags & BITNET_GENERATION_CONTEXT_SHIFT &&
      options->contextSize != 0 &&
      options->contextSize < options->generation.keep + 2)
    return reportError("--context-shift needs a context of at least %u "
                       "positions",
                       options->generation.keep + 2);
  if (options->interactive && options->mode != ProgramGenerate)
    return reportError("--interactive can only be given to generate");
  if (options->interactive && options->file)
    return reportError("--interactive reads standard input, not a file");
  if (options->interactive && options->json)
    return reportError("--interactive writes text, not JSON");
  if (options->mode == ProgramGenerate && !options->prompt && !options->file &&
      !options->json && isatty(0) == 1)
    options->interactive = true;
  bool isChat = options->chat || options->interactive;
  if ((options->system || options->noThinking) && !isChat)
    return reportError("--system and --no-thinking need --chat or "
                       "--interactive");
  if (options->chat && options->ids)
    return reportError("--chat needs text, not --ids");
  if (options->chat && !options->prompt && !options->file &&
      !options->interactive)
    return reportError("--chat needs a prompt or a file");
  if (options->chat && options->mode != ProgramGenerate &&
      options->mode != ProgramLogits)
    return reportError("--chat can only be given to generate, or with "
                       "--logits");
  if (options->ids && !options->file)
    return reportError("--ids needs a file");
  if (options->mode == ProgramBench && options->benchPrompt == 0 &&
      options->benchTokens == 0)
    return reportError("--bench has nothing to measure");
  return true;
}
