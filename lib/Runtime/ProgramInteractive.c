//===- ProgramInteractive.c - Talking with a compiled model ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every line is a question, and the conversation so far is part of its prompt.
// The prompt is made anew from all messages, because only the chat template
// knows how they hang together (some leave out what the model thought before
// older answers); what the session has of it already is not evaluated again.
//
// Without a chat template every line goes on with the text.
//
//===----------------------------------------------------------------------===//
#include "Program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char commands[] =
    "  /reset   forget the conversation\n"
    "  /exit    end, as Ctrl-D does\n"
    "  /help    print this\n"
    "A line that ends with \\ goes on with the next one. Ctrl-C stops an "
    "answer.\n";

typedef struct Conversation {
  const ProgramOptions *options;
  bitnet_session *session;
  uint32_t context;
  bool hasTemplate;
  bool isTerminal; ///< Somebody sits in front of it.
  /// The system message, if there is one, and questions and answers in turn.
  /// The texts of these are allocated.
  bitnet_message *messages;
  size_t count;
  size_t capacity;
  /// What is being generated.
  Text answer;
  bool failed; ///< Standard output takes no more.
} Conversation;

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

/// Takes over text->bytes, also if there is no memory.
static bool addMessage(Conversation *self, const char *role, Text *text) {
  if (self->count == self->capacity) {
    size_t capacity = 2 * self->capacity + 8;
    bitnet_message *grown =
        realloc(self->messages, capacity * sizeof(*self->messages));
    if (!grown) {
      free(text->bytes);
      return reportError("out of memory");
    }
    self->messages = grown;
    self->capacity = capacity;
  }
  self->messages[self->count++] =
      (bitnet_message){role, strlen(role), text->bytes, text->size};
  *text = (Text){0};
  return true;
}

/// Messages that are never forgotten.
static size_t countFixed(const Conversation *self) {
  return self->options->system ? 1 : 0;
}

/// Removes messages [begin, end).
static void removeMessages(Conversation *self, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i)
    free((char *)self->messages[i].content);
  memmove(self->messages + begin, self->messages + end,
          (self->count - end) * sizeof(*self->messages));
  self->count -= end - begin;
}

/// Forgets all but the system message.
static bool resetConversation(Conversation *self) {
  removeMessages(self, 0, self->count);
  bitnet_session_reset(self->session, 0);
  if (!self->options->system)
    return true;
  Text text = {0};
  if (!appendText(&text, self->options->system, strlen(self->options->system)))
    return reportError("out of memory");
  return addMessage(self, "system", &text);
}

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

/// The prompt of the conversation. Its oldest questions and answers are
/// forgotten until there is room for an answer.
static bool makePrompt(Conversation *self, TokenList *prompt) {
  size_t oldest = countFixed(self);
  size_t forgotten = 0;
  for (;;) {
    if (!tokenizeMessages(self->options, self->messages, self->count, prompt))
      return false;
    bool isLast = self->count == oldest + 1;
    uint32_t room = isLast ? 1 : self->context / 4;
    if (prompt->count + room <= self->context)
      break;
    size_t tokens = prompt->count;
    free(prompt->tokens);
    if (isLast)
      return reportError("the question has %zu tokens, the context %u "
                         "positions",
                         tokens, self->context);
    removeMessages(self, oldest, oldest + 2);
    ++forgotten;
  }
  if (forgotten != 0)
    fprintf(stderr, "(the context is full: forgot the oldest %zu question%s)\n",
            forgotten, forgotten == 1 ? "" : "s");
  return true;
}

/// The prompt of a text that goes on: what the session has, and a line.
static bool continueText(Conversation *self, const Text *line,
                         TokenList *prompt) {
  const int32_t *before;
  uint32_t count = 0;
  bitnet_session_tokens(self->session, &before, &count);
  // On the screen, too, the line is below what was generated.
  Text text = {0};
  if ((count != 0 && !appendText(&text, "\n", 1)) ||
      !appendText(&text, line->bytes, line->size)) {
    free(text.bytes);
    return reportError("out of memory");
  }
  TokenList list;
  bool isGood = tokenizeText(text.bytes, text.size,
                             count == 0 ? BITNET_TOKENIZE_ADD_BOS : 0, &list);
  free(text.bytes);
  if (!isGood)
    return false;
  prompt->count = count + list.count;
  prompt->tokens = malloc(prompt->count * sizeof(*prompt->tokens) + 1);
  bool done = prompt->tokens || reportError("out of memory");
  if (done) {
    memcpy(prompt->tokens, before, count * sizeof(*before));
    memcpy(prompt->tokens + count, list.tokens,
           list.count * sizeof(*list.tokens));
  }
  free(list.tokens);
  if (done && (prompt->count == 0 || prompt->count >= self->context)) {
    done = reportError("the text has %zu tokens, the context %u positions; "
                       "/reset begins anew",
                       prompt->count, self->context);
    free(prompt->tokens);
  }
  return done;
}

/// Evaluates what the session does not have of the prompt; the number of these
/// tokens goes to *count.
static bitnet_status evaluatePrompt(Conversation *self, const TokenList *prompt,
                                    uint32_t *count) {
  uint32_t common = 0;
  bitnet_session_match(self->session, prompt->tokens, prompt->count, &common);
  // The last token's logits are needed.
  if (common == prompt->count)
    --common;
  bitnet_session_truncate(self->session, common);
  *count = (uint32_t)prompt->count - common;
  return bitnet_evaluate(self->session, prompt->tokens + common, *count);
}

static int writeAnswer(void *user, const char *text, size_t length) {
  Conversation *self = user;
  self->failed = fwrite(text, 1, length, stdout) != length ||
                 fflush(stdout) != 0 ||
                 !appendText(&self->answer, text, length);
  return self->failed || wasInterrupted();
}

/// Writes the answer to the prompt, and keeps its text. Ctrl-C ends it.
static bool generateAnswer(Conversation *self, const TokenList *prompt) {
  self->answer.size = 0;
  uint32_t evaluated = 0;
  bitnet_generate_result result = {0};
  double start = readClock();
  interruptSession(self->session);
  bitnet_status status = evaluatePrompt(self, prompt, &evaluated);
  double middle = readClock();
  if (status == BITNET_OK && !wasInterrupted()) {
    bitnet_generation_options generation = self->options->generation;
    generation.callback = writeAnswer;
    generation.user = self;
    status = bitnet_generate(self->session, "", 0, &generation, &result);
  }
  interruptSession(NULL);
  double end = readClock();
  if (self->failed)
    return reportError("cannot write to standard output");
  if (status != BITNET_OK && status != BITNET_STOPPED &&
      status != BITNET_CANCELLED && status != BITNET_CONTEXT_FULL)
    return reportError("%s", bitnet_status_text(status));
  putchar('\n');
  fflush(stdout);
  if (status == BITNET_CONTEXT_FULL)
    fprintf(stderr, "(the context is full)\n");
  if (wasInterrupted())
    fprintf(stderr, "(stopped)\n");
  fprintf(stderr,
          "(prompt: %u of %zu tokens, %.1f tokens/s; answer: %u tokens, %.1f "
          "tokens/s)\n",
          evaluated, prompt->count, evaluated / (middle - start),
          result.generated_tokens, result.generated_tokens / (end - middle));
  return true;
}

/// Goes on with the text. False: that cannot be done any more.
static bool answerLine(Conversation *self, Text *line) {
  TokenList prompt;
  bool isGood = continueText(self, line, &prompt);
  free(line->bytes);
  *line = (Text){0};
  if (!isGood)
    return true;
  bool done = generateAnswer(self, &prompt);
  free(prompt.tokens);
  return done;
}

/// Answers a question; takes over line->bytes. False: the conversation cannot
/// go on.
static bool answerQuestion(Conversation *self, Text *line) {
  if (!addMessage(self, "user", line))
    return false;
  TokenList prompt;
  if (!makePrompt(self, &prompt)) {
    // What the template refuses, or what is too long, was not said.
    removeMessages(self, self->count - 1, self->count);
    return true;
  }
  bool done = generateAnswer(self, &prompt);
  free(prompt.tokens);
  if (!done)
    return false;
  if (self->answer.size == 0) {
    // Stopped before it began, or the model has nothing to say.
    removeMessages(self, self->count - 1, self->count);
    return true;
  }
  Text answer = self->answer;
  self->answer = (Text){0};
  return addMessage(self, "assistant", &answer);
}

//===----------------------------------------------------------------------===//
// Lines
//===----------------------------------------------------------------------===//

typedef enum LineResult {
  LineRead,
  LineInterrupted, ///< By Ctrl-C.
  LineEnd          ///< Nothing comes after this.
} LineResult;

/// Reads a line, and those after it as long as they end with a backslash,
/// without the last end of line.
static LineResult readLine(Conversation *self, Text *line) {
  char *part = NULL;
  size_t capacity = 0;
  LineResult result = LineEnd;
  line->size = 0;
  for (;;) {
    if (self->isTerminal) {
      fputs(line->size == 0 ? "> " : ". ", stdout);
      fflush(stdout);
    }
    errno = 0;
    ssize_t length = getline(&part, &capacity, stdin);
    if (length < 0) {
      if (errno == EINTR && self->isTerminal) {
        clearerr(stdin);
        result = LineInterrupted;
      } else if (line->size != 0) {
        result = LineRead;
      }
      break;
    }
    if (length > 0 && part[length - 1] == '\n')
      --length;
    bool goesOn = length > 0 && part[length - 1] == '\\';
    if (goesOn)
      part[length - 1] = '\n';
    if (!appendText(line, part, (size_t)length)) {
      reportError("out of memory");
      break;
    }
    result = LineRead;
    if (!goesOn)
      break;
  }
  free(part);
  return result;
}

static bool isCommand(const Text *line, const char *command) {
  return line->size == strlen(command) &&
         memcmp(line->bytes, command, line->size) == 0;
}

/// Does what a line says. *ended: it says that the conversation ends. Takes
/// over line->bytes unless it says something to the program.
static bool followLine(Conversation *self, Text *line, bool *ended) {
  if (line->size == 0)
    return true;
  if (line->bytes[0] != '/')
    return self->hasTemplate ? answerQuestion(self, line)
                             : answerLine(self, line);
  if (isCommand(line, "/exit"))
    *ended = true;
  else if (isCommand(line, "/reset"))
    return resetConversation(self);
  else if (isCommand(line, "/help"))
    fputs(commands, stderr);
  else
    reportError("there is no '%.*s'; /help lists what there is",
                (int)line->size, line->bytes);
  return true;
}

static bool converse(Conversation *self) {
  const ProgramOptions *options = self->options;
  if (!resetConversation(self))
    return false;
  bool done = true;
  bool ended = false;
  Text line = {0};
  if (options->prompt) {
    done = appendText(&line, options->prompt, strlen(options->prompt));
    done =
        done ? followLine(self, &line, &ended) : reportError("out of memory");
  }
  while (done && !ended) {
    clearInterrupt();
    LineResult result = readLine(self, &line);
    if (result == LineEnd)
      break;
    if (result == LineInterrupted)
      fputs("\n(Ctrl-D ends)\n", stderr);
    else
      done = followLine(self, &line, &ended);
  }
  if (self->isTerminal && !ended)
    putchar('\n');
  free(line.bytes);
  return done;
}

bool runInteractive(const ProgramOptions *options) {
  Conversation self = {.options = options, .isTerminal = isatty(0) == 1};
  bitnet_model_info info;
  bitnet_status status = bitnet_get_model_info(&bitnet_program_model, &info);
  if (status != BITNET_OK)
    return reportError("%s", bitnet_status_text(status));
  self.context =
      options->contextSize ? options->contextSize : info.context_length;
  size_t length;
  bitnet_message test = {"user", 4, "", 0};
  self.hasTemplate =
      bitnet_apply_chat_template(&bitnet_program_model, &test, 1, NULL, NULL, 0,
                                 &length) != BITNET_NO_CHAT_TEMPLATE;
  if (!self.hasTemplate && (options->chat || options->system))
    return reportError("%s", bitnet_status_text(BITNET_NO_CHAT_TEMPLATE));
  if (!createSession(options, &self.session))
    return false;
  catchEveryInterrupt();
  if (self.isTerminal)
    fprintf(stderr, "%s; /help lists what there is\n", info.name);
  bool done = converse(&self);
  removeMessages(&self, 0, self.count);
  free(self.messages);
  free(self.answer.bytes);
  bitnet_session_destroy(self.session);
  return done;
}
