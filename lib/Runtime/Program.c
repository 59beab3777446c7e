//===- Program.c - main() of a compiled model -----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Program.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *programName;
static volatile sig_atomic_t interrupted;
static bitnet_session *volatile interruptedSession;

bool reportError(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "%s: ", programName);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  return false;
}

static bool reportStatus(bitnet_status status) {
  return reportError("%s", bitnet_status_text(status));
}

double readClock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

bool wasInterrupted(void) { return interrupted != 0; }

void clearInterrupt(void) { interrupted = 0; }

void interruptSession(bitnet_session *session) { interruptedSession = session; }

static void handleInterrupt(int signal) {
  (void)signal;
  interrupted = 1;
  bitnet_session *session = interruptedSession;
  if (session)
    bitnet_session_cancel(session);
}

/// From here on Ctrl-C ends what is going on instead of the program; the second
/// one ends the program at once.
static void catchInterrupts(void) {
  struct sigaction action = {.sa_handler = handleInterrupt,
                             .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
  sigaction(SIGINT, &action, NULL);
}

void catchEveryInterrupt(void) {
  struct sigaction action = {.sa_handler = handleInterrupt};
  sigaction(SIGINT, &action, NULL);
}

/// What a session that cannot be made says.
static char sessionMessage[16384];

/// Says why there is no session.
static bool reportSession(bitnet_status status) {
  return reportError("%s", sessionMessage[0] ? sessionMessage
                                             : bitnet_status_text(status));
}

static bitnet_session_options
makeSessionOptions(const ProgramOptions *options) {
  bitnet_session_options made = BITNET_SESSION_OPTIONS_DEFAULT;
  made.context_size = options->contextSize;
  made.threads = options->threads;
  made.variant = options->variant;
  made.weights_path = options->weights;
  made.message = sessionMessage;
  made.message_size = sizeof(sessionMessage);
  return made;
}

/// Whether the model has a context as large as the options want it.
static bool checkContext(const ProgramOptions *options) {
  bitnet_model_info info;
  bitnet_status status = bitnet_get_model_info(&bitnet_program_model, &info);
  if (status != BITNET_OK)
    return reportStatus(status);
  return options->contextSize <= info.context_length ||
         reportError("--ctx is %u, the model has %u positions",
                     options->contextSize, info.context_length);
}

/// Catches Ctrl-C if a session was made, otherwise says why it was not.
static bool checkSession(bitnet_status status) {
  if (status == BITNET_UNKNOWN_VARIANT || status == BITNET_UNSUPPORTED_CPU)
    return reportError("%s; --variants lists them", bitnet_status_text(status));
  if (status != BITNET_OK)
    return reportSession(status);
  catchInterrupts();
  return true;
}

bool createSession(const ProgramOptions *options, bitnet_session **session) {
  bitnet_session_options sessionOptions = makeSessionOptions(options);
  return checkContext(options) &&
         checkSession(bitnet_session_create(&bitnet_program_model,
                                            &sessionOptions, session));
}

bool createSessions(const ProgramOptions *options, uint32_t count,
                    bitnet_evaluator **evaluator, bitnet_session **sessions) {
  if (!checkContext(options))
    return false;
  bitnet_evaluator_options evaluatorOptions = BITNET_EVALUATOR_OPTIONS_DEFAULT;
  evaluatorOptions.threads = options->threads;
  evaluatorOptions.most_sequences = count;
  evaluatorOptions.variant = options->variant;
  evaluatorOptions.weights_path = options->weights;
  evaluatorOptions.message = sessionMessage;
  evaluatorOptions.message_size = sizeof(sessionMessage);
  bitnet_status status = bitnet_evaluator_create(&bitnet_program_model,
                                                 &evaluatorOptions, evaluator);
  bitnet_session_options sessionOptions = BITNET_SESSION_OPTIONS_DEFAULT;
  sessionOptions.context_size = options->contextSize;
  sessionOptions.evaluator = *evaluator;
  for (uint32_t i = 0; i < count && status == BITNET_OK; ++i)
    status = bitnet_session_create(&bitnet_program_model, &sessionOptions,
                                   &sessions[i]);
  return checkSession(status);
}

bool appendText(Text *text, const char *bytes, size_t size) {
  if (size == 0)
    return true;
  if (text->capacity - text->size < size) {
    size_t capacity = 2 * (text->size + size);
    char *grown = realloc(text->bytes, capacity);
    if (!grown)
      return false;
    text->bytes = grown;
    text->capacity = capacity;
  }
  memcpy(text->bytes + text->size, bytes, size);
  text->size += size;
  return true;
}

/// Reads a whole file; "-" is standard input. *data is the caller's to free.
static bool readFile(const char *name, char **data, size_t *size) {
  FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
  if (!file)
    return reportError("cannot open '%s': %s", name, strerror(errno));
  char *bytes = NULL;
  size_t used = 0;
  size_t capacity = 0;
  bool done = true;
  for (;;) {
    if (used == capacity) {
      capacity = capacity ? 2 * capacity : 65536;
      char *grown = realloc(bytes, capacity);
      if (!grown) {
        done = reportError("out of memory");
        break;
      }
      bytes = grown;
    }
    size_t count = fread(bytes + used, 1, capacity - used, file);
    used += count;
    if (count == 0)
      break;
  }
  if (done && ferror(file))
    done = reportError("cannot read '%s': %s", name, strerror(errno));
  if (file != stdin)
    fclose(file);
  if (!done) {
    free(bytes);
    return false;
  }
  *data = bytes;
  *size = used;
  return true;
}

bool tokenizeText(const char *text, size_t size, uint32_t flags,
                  TokenList *list) {
  // Enough unless tokens are added, or many characters have none of their own.
  size_t capacity = size + 1;
  for (;;) {
    list->tokens = malloc(capacity * sizeof(*list->tokens));
    if (!list->tokens)
      return reportError("out of memory");
    bitnet_status status =
        bitnet_tokenize(&bitnet_program_model, text, size, flags, list->tokens,
                        capacity, &list->count);
    if (status == BITNET_OK)
      return true;
    free(list->tokens);
    if (status != BITNET_BUFFER_TOO_SMALL)
      return reportStatus(status);
    capacity = list->count;
  }
}

/// Reads little-endian 32-bit integers from `bytes`.
static bool decodeIds(const char *name, const char *bytes, size_t size,
                      TokenList *list) {
  if (size % 4 != 0)
    return reportError("'%s' expects ids of 4 bytes, has %zu bytes", name,
                       size);
  list->count = size / 4;
  list->tokens = malloc(size + 1);
  if (!list->tokens)
    return reportError("out of memory");
  const unsigned char *byte = (const unsigned char *)bytes;
  for (size_t i = 0; i < list->count; ++i, byte += 4)
    list->tokens[i] =
        (int32_t)(byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
                  (uint32_t)byte[3] << 24);
  return true;
}

static bool checkIds(const char *name, TokenList *list) {
  bitnet_model_info info;
  bitnet_get_model_info(&bitnet_program_model, &info);
  for (size_t i = 0; i < list->count; ++i)
    if (list->tokens[i] < 0 ||
        (uint32_t)list->tokens[i] >= info.vocabulary_size) {
      int32_t id = list->tokens[i];
      free(list->tokens);
      list->tokens = NULL;
      return reportError("'%s': expects ids in [0, %u), id %zu is %d", name,
                         info.vocabulary_size, i, id);
    }
  return true;
}

static bool tokenizePrompt(const ProgramOptions *options, const char *text,
                           size_t size, uint32_t flags, TokenList *list) {
  return options->chat ? tokenizeQuestion(options, text, size, list)
                       : tokenizeText(text, size, flags, list);
}

bool readTokens(const ProgramOptions *options, uint32_t flags,
                TokenList *list) {
  if (!options->file) {
    const char *prompt = options->prompt ? options->prompt : "";
    return tokenizePrompt(options, prompt, strlen(prompt), flags, list);
  }
  char *bytes;
  size_t size;
  if (!readFile(options->file, &bytes, &size))
    return false;
  bool done = options->ids ? decodeIds(options->file, bytes, size, list) &&
                                 checkIds(options->file, list)
                           : tokenizePrompt(options, bytes, size, flags, list);
  free(bytes);
  return done;
}

uint32_t promptFlags(const ProgramOptions *options) {
  return BITNET_TOKENIZE_ADD_BOS |
         (options->special ? BITNET_TOKENIZE_SPECIAL : 0);
}

static bool writeLogits(const bitnet_model_info *info, const TokenList *list,
                        const float *logits) {
  int32_t header[2] = {(int32_t)list->count, (int32_t)info->vocabulary_size};
  size_t count = list->count * info->vocabulary_size;
  bool done = fwrite(header, sizeof(header), 1, stdout) == 1 &&
              fwrite(list->tokens, sizeof(int32_t), list->count, stdout) ==
                  list->count &&
              fwrite(logits, sizeof(float), count, stdout) == count &&
              fflush(stdout) == 0;
  return done || reportError("cannot write to standard output");
}

static bool runLogits(const ProgramOptions *options) {
  bitnet_model_info info;
  bitnet_get_model_info(&bitnet_program_model, &info);
  TokenList list;
  if (!readTokens(options, promptFlags(options), &list))
    return false;
  bitnet_session *session;
  bool done = false;
  if (createSession(options, &session)) {
    float *logits =
        malloc(list.count * info.vocabulary_size * sizeof(*logits) + 1);
    if (!logits) {
      reportError("out of memory");
    } else {
      bitnet_status status =
          bitnet_evaluate_all(session, list.tokens, list.count, logits);
      done = status == BITNET_OK ? writeLogits(&info, &list, logits)
                                 : reportStatus(status);
    }
    free(logits);
    bitnet_session_destroy(session);
  }
  free(list.tokens);
  return done;
}

static bool writeEmbedding(const float *embedding, uint32_t length,
                           bool asJson) {
  // Nine digits tell all floats apart.
  for (uint32_t i = 0; i < length; ++i)
    printf("%s%.9g%s", asJson ? i == 0 ? "[" : ", " : "", (double)embedding[i],
           asJson ? "" : "\n");
  if (asJson)
    printf("]\n");
  return fflush(stdout) == 0 || reportError("cannot write to standard output");
}

static bool runEmbed(const ProgramOptions *options) {
  bitnet_model_info info;
  bitnet_get_model_info(&bitnet_program_model, &info);
  TokenList list;
  if (!readTokens(options, promptFlags(options) | BITNET_TOKENIZE_ADD_EOS,
                  &list))
    return false;
  bitnet_session *session;
  bool done = false;
  if (createSession(options, &session)) {
    float *embedding = malloc(info.embedding_length * sizeof(*embedding));
    if (!embedding) {
      reportError("out of memory");
    } else {
      bitnet_status status =
          bitnet_embed(session, list.tokens, list.count, 0, embedding);
      done =
          status == BITNET_OK
              ? writeEmbedding(embedding, info.embedding_length, options->json)
              : reportStatus(status);
    }
    free(embedding);
    bitnet_session_destroy(session);
  }
  free(list.tokens);
  return done;
}

static bool runInfo(const ProgramOptions *options) {
  bitnet_model_info info;
  bitnet_status status = bitnet_get_model_info(&bitnet_program_model, &info);
  if (status != BITNET_OK)
    return reportStatus(status);
  bitnet_session_options sessionOptions = makeSessionOptions(options);
  static const char *const poolings[] = {"none", "mean", "cls", "last"};
  uint64_t size;
  status =
      bitnet_session_memory_size(&bitnet_program_model, &sessionOptions, &size);
  if (status != BITNET_OK)
    return reportStatus(status);
  printf("name              %s\n"
         "cpu               %s\n"
         "kernel            %s\n"
         "vocabulary size   %" PRIu32 "\n"
         "context length    %" PRIu32 "\n"
         "embedding length  %" PRIu32 "\n"
         "layers            %" PRIu32 "\n"
         "chunk size        %" PRIu32 "\n"
         "BOS token         %" PRId32 "\n"
         "EOS token         %" PRId32 "\n"
         "pooling           %s\n"
         "weights           %" PRIu64 " bytes%s%s\n"
         "variants          %" PRIu32 "\n"
         "session           %" PRIu64 " bytes\n",
         info.name, info.cpu, info.kernel, info.vocabulary_size,
         info.context_length, info.embedding_length, info.layer_count,
         info.chunk_size, info.bos_token, info.eos_token,
         poolings[info.pooling], info.weight_bytes,
         info.weights_file ? " in " : "",
         info.weights_file ? info.weights_file : "", info.variant_count, size);
  return true;
}

static bool runVariants(const ProgramOptions *options) {
  bitnet_model_info info;
  bitnet_status status = bitnet_get_model_info(&bitnet_program_model, &info);
  if (status != BITNET_OK)
    return reportStatus(status);
  // Only a session tells; it may be as small as sessions can be.
  bitnet_session_options sessionOptions = makeSessionOptions(options);
  sessionOptions.context_size = 1;
  sessionOptions.threads = 1;
  bitnet_session *session = NULL;
  uint32_t used = info.variant_count;
  status =
      bitnet_session_create(&bitnet_program_model, &sessionOptions, &session);
  if (status == BITNET_OK)
    bitnet_session_variant(session, &used);
  else if (status != BITNET_UNSUPPORTED_CPU && status != BITNET_UNKNOWN_VARIANT)
    return reportSession(status);
  bitnet_session_destroy(session);
  printf("  %-11s %-15s %-19s %s\n", "variant", "cpu", "kernel", "supported");
  for (uint32_t i = 0; i < info.variant_count; ++i) {
    bitnet_variant_info variant;
    bitnet_get_variant_info(&bitnet_program_model, i, &variant);
    printf("%c %-11s %-15s %-19s %s\n", i == used ? '*' : ' ', variant.name,
           variant.cpu, variant.kernel, variant.is_supported ? "yes" : "no");
  }
  // A name that is not in the list is still an error.
  return status != BITNET_UNKNOWN_VARIANT || reportStatus(status);
}

static bool runVerifyWeights(const ProgramOptions *options) {
  // As small as sessions can be.
  ProgramOptions smallest = *options;
  smallest.contextSize = 1;
  smallest.threads = 1;
  bitnet_session *session;
  if (!createSession(&smallest, &session))
    return false;
  bitnet_status status = bitnet_verify_weights(session);
  bitnet_session_destroy(session);
  if (status != BITNET_OK)
    return reportStatus(status);
  bitnet_model_info info;
  bitnet_get_model_info(&bitnet_program_model, &info);
  if (info.weights_file)
    printf("%s is as it was written\n", info.weights_file);
  else
    printf("the weights are in the program\n");
  return true;
}

int main(int argc, char **argv) {
  programName = argc > 0 ? argv[0] : "model";
  ProgramOptions options;
  if (!parseOptions(argc, argv, &options))
    return 1;
  bool done = false;
  switch (options.mode) {
  case ProgramGenerate:
    done =
        options.interactive ? runInteractive(&options) : runGenerate(&options);
    break;
  case ProgramBench:
    done = runBench(&options);
    break;
  case ProgramPerplexity:
    done = runPerplexity(&options);
    break;
  case ProgramLogits:
    done = runLogits(&options);
    break;
  case ProgramEmbed:
    done = runEmbed(&options);
    break;
  case ProgramInfo:
    done = runInfo(&options);
    break;
  case ProgramVariants:
    done = runVariants(&options);
    break;
  case ProgramVerifyWeights:
    done = runVerifyWeights(&options);
    break;
  }
  if (done && (fflush(stdout) != 0 || ferror(stdout)))
    done = reportError("cannot write to standard output");
  return done ? 0 : 1;
}
