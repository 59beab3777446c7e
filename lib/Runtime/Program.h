//===- Program.h - The program around a model ---------------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// bitnet-compile --emit=exe links these files, which are a program in hosted
// C11 that uses a model as every user does: through bitnet/runtime.h.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_PROGRAM_H
#define BITNET_LIB_RUNTIME_PROGRAM_H

#include "bitnet/runtime.h"

#include <stdbool.h>

/// The model, defined by the compiler.
extern const bitnet_model bitnet_program_model;

typedef enum ProgramMode {
  ProgramGenerate,
  ProgramBench,
  ProgramPerplexity,
  ProgramLogits,
  ProgramEmbed,
  ProgramInfo,
  ProgramVariants,
  ProgramVerifyWeights
} ProgramMode;

/// The command line.
typedef struct ProgramOptions {
  ProgramMode mode;
  const char *prompt;  ///< Null: none.
  const char *file;    ///< Text or ids; null: none.
  const char *system;  ///< What the model is told before; null: nothing.
  const char *variant; ///< Null: chosen by the session.
  const char *weights; ///< Null: where the session looks.
  uint32_t threads;
  uint32_t contextSize;
  uint32_t benchPrompt; ///< Tokens of the prefill; 0: leave it out.
  uint32_t benchTokens; ///< Tokens of the decode; 0: leave it out.
  uint32_t benchRepeats;
  uint32_t benchBatch;   ///< Sequences that are measured together.
  uint32_t benchContext; ///< Tokens before what is measured.
  uint32_t window;
  bool special; ///< Recognise control tokens in the prompt.
  bool noEcho;  ///< Write only the text that is generated.
  bool ids;     ///< `file` holds token ids.
  bool chat;    ///< The prompt is a question.
  bool interactive;
  bool noThinking;
  bool json;
  bitnet_generation_options generation;
} ProgramOptions;

/// A growing array of token ids.
typedef struct TokenList {
  int32_t *tokens;
  size_t count;
} TokenList;

/// A growing text; bytes are the caller's to free.
typedef struct Text {
  char *bytes;
  size_t size;
  size_t capacity;
} Text;

// Every function that returns `bool` returns false after it has written one
// message to standard error.

/// Writes "<program>: <message>" to standard error and returns false.
bool reportError(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// Appends bytes; false, without a message, if there is no memory.
bool appendText(Text *text, const char *bytes, size_t size);

/// Reads the command line. --help and --version end the program.
bool parseOptions(int argc, char **argv, ProgramOptions *options);

/// Seconds of a clock that never goes back.
double readClock(void);

/// Set by Ctrl-C, until clearInterrupt.
bool wasInterrupted(void);
void clearInterrupt(void);

/// From here on every Ctrl-C interrupts, not only the first, and also what
/// waits for input.
void catchEveryInterrupt(void);

/// From here on Ctrl-C cancels the evaluations of `session`; null: of none.
void interruptSession(bitnet_session *session);

/// Makes a session as the options say, and catches Ctrl-C from then on.
bool createSession(const ProgramOptions *options, bitnet_session **session);

/// Makes `count` sessions as the options say, which share an evaluator, and
/// catches Ctrl-C from then on. What is made is the caller's to end, also if
/// not all is.
bool createSessions(const ProgramOptions *options, uint32_t count,
                    bitnet_evaluator **evaluator, bitnet_session **sessions);

/// Tokenizes text with `flags` of bitnet_tokenize. list->tokens is the caller's
/// to free.
bool tokenizeText(const char *text, size_t size, uint32_t flags,
                  TokenList *list);

/// Reads the tokens of options->file or options->prompt, whichever is given.
/// Text is a question to the model if options->chat, otherwise it is tokenized
/// with `flags` of bitnet_tokenize. list->tokens is the caller's to free.
bool readTokens(const ProgramOptions *options, uint32_t flags, TokenList *list);

/// Flags of bitnet_tokenize for a prompt.
uint32_t promptFlags(const ProgramOptions *options);

/// Makes the prompt of a question, with the model's chat template
/// (ProgramChat.c).
bool tokenizeQuestion(const ProgramOptions *options, const char *question,
                      size_t size, TokenList *list);
/// The same of a conversation.
bool tokenizeMessages(const ProgramOptions *options,
                      const bitnet_message *messages, size_t count,
                      TokenList *list);

/// Writes text as a JSON string. Bytes that are no UTF-8 become U+FFFD.
void printJsonString(const char *text, size_t size);

bool runGenerate(const ProgramOptions *options);
bool runInteractive(const ProgramOptions *options);
bool runBench(const ProgramOptions *options);
bool runPerplexity(const ProgramOptions *options);

#endif // BITNET_LIB_RUNTIME_PROGRAM_H
