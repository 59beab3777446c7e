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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    "      --seed S            seed of the random numbers (default 0)\n"
    "      --chat              the prompt is a question: apply the model's "
    "chat\n"
    "                          template, write the answer\n"
    "      --system TEXT       what the model is told before the question\n"
    "      --no-thinking       ask for an answer without thinking, if the "
    "template\n"
    "                          knows of that\n"
    "      --special           recognise control tokens in the prompt\n"
    "      --no-echo           write only the text that is generated\n"
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
    "      --json              print the measurements as JSON\n"
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
  OptionSeed,
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
    {"seed", required_argument, NULL, OptionSeed},
    {"chat", no_argument, NULL, OptionChat},
    {"system", required_argument, NULL, OptionSystem},
    {"no-thinking", no_argument, NULL, OptionNoThinking},
    {"special", no_argument, NULL, OptionSpecial},
    {"no-echo", no_argument, NULL, OptionNoEcho},
    {"threads", required_argument, NULL, OptionThreads},
    {"ctx", required_argument, NULL, OptionContext},
    {"bench", no_argument, NULL, OptionBench},
    {"bench-prompt", required_argument, NULL, OptionBenchPrompt},
    {"bench-tokens", required_argument, NULL, OptionBenchTokens},
    {"bench-repeat", required_argument, NULL, OptionBenchRepeat},
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

static bool parseFloat(const char *name, const char *text, const char *range,
                       float *value) {
  char *end;
  *value = strtof(text, &end);
  if (end == text || *end != '\0')
    return reportError("--%s expects a number %s, got '%s'", name, range, text);
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
  switch (option) {
  case 'p':
    options->prompt = optarg;
    return true;
  case 'f':
    return setFile(options, optarg);
  case 'n':
    return parseInteger32("tokens", optarg, 0, UINT32_MAX, &options->tokens);
  case OptionTemperature:
    if (!parseFloat("temp", optarg, "from 0 to 100",
                    &options->sampling.temperature))
      return false;
    if (!(options->sampling.temperature >= 0.0f &&
          options->sampling.temperature <= 100.0f))
      return reportError("--temp expects a number from 0 to 100, got '%s'",
                         optarg);
    return true;
  case OptionTopK:
    return parseInteger32("top-k", optarg, 0, UINT32_MAX,
                          &options->sampling.top_k);
  case OptionTopP:
    if (!parseFloat("top-p", optarg, "above 0 and up to 1",
                    &options->sampling.top_p))
      return false;
    if (!(options->sampling.top_p > 0.0f && options->sampling.top_p <= 1.0f))
      return reportError("--top-p expects a number above 0 and up to 1, got "
                         "'%s'",
                         optarg);
    return true;
  case OptionSeed:
    return parseInteger("seed", optarg, 0, UINT64_MAX, &options->sampling.seed);
  case OptionChat:
    options->chat = true;
    return true;
  case OptionSystem:
    options->system = optarg;
    return true;
  case OptionNoThinking:
    options->noThinking = true;
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
      .tokens = 256,
      .benchPrompt = 128,
      .benchTokens = 64,
      .benchRepeats = 5,
      .sampling = BITNET_SAMPLING_OPTIONS_DEFAULT,
  };
  opterr = 0;
  for (;;) {
    int current = optind;
    int option = getopt_long(argc, argv, ":p:f:n:", longOptions, NULL);
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
  if ((options->system || options->noThinking) && !options->chat)
    return reportError("--system and --no-thinking need --chat");
  if (options->chat && options->ids)
    return reportError("--chat needs text, not --ids");
  if (options->chat && !options->prompt && !options->file)
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
