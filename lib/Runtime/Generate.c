//===- Generate.c - Continuing a prompt -----------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every token that is counted as generated has been evaluated, so that a
// session can be continued after bitnet_generate by any other call.
//
//===----------------------------------------------------------------------===//
#include "Sampler.h"
#include "Session.h"
#include "System.h"
#include "Tokenizer.h"
#include "Utf8.h"

/// Passes text on in whole characters: tokens may end within one.
typedef struct TextStream {
  bitnet_text_callback callback;
  void *user;
  uint32_t size;
  uint8_t bytes[256];
} TextStream;

/// Bytes at the end of text[0, size) that may become a character when more
/// bytes come.
static uint32_t unfinishedBytes(const uint8_t *text, uint32_t size) {
  for (uint32_t back = 1; back <= 3 && back <= size; ++back) {
    const uint8_t *last = text + size - back;
    uint32_t length = bitnetUtf8Length(*last);
    if (length > back)
      return bitnetUtf8Present(last, back) == back ? back : 0;
    // A byte that begins a character, or that none contains.
    if ((*last & 0xc0) != 0x80)
      return 0;
  }
  return 0;
}

/// Passes on what is held back, except its last `keep` bytes. Returns non-zero
/// if the callback asks to stop.
static int flushStream(TextStream *stream, uint32_t keep) {
  uint32_t size = stream->size - keep;
  int stop = 0;
  if (size != 0)
    stop = stream->callback(stream->user, (const char *)stream->bytes, size);
  for (uint32_t i = 0; i < keep; ++i)
    stream->bytes[i] = stream->bytes[size + i];
  stream->size = keep;
  return stop;
}

/// Passes on the text of a token. Returns non-zero if the callback asks to
/// stop.
static int writeToken(TextStream *stream, const Tokenizer *tokenizer,
                      uint32_t token) {
  if (!stream->callback || token >= tokenizer->header->token_count)
    return 0;
  uint32_t type = bitnetTokenType(tokenizer, token);
  if (type == BitNetTokenControl || type == BitNetTokenUnknown)
    return 0;
  uint32_t size;
  const uint8_t *text = bitnetTokenText(tokenizer, token, &size);
  for (uint32_t i = 0; i < size; ++i) {
    stream->bytes[stream->size++] = text[i];
    if (stream->size == sizeof(stream->bytes) &&
        flushStream(stream, unfinishedBytes(stream->bytes, stream->size)))
      return 1;
  }
  return flushStream(stream, unfinishedBytes(stream->bytes, stream->size));
}

/// Tokenizes and evaluates the prompt; its number of tokens goes to *count.
static bitnet_status evaluatePrompt(Session *session, const char *prompt,
                                    size_t length, uint32_t *count) {
  // The scratch memory has room for as many tokens as the context.
  int32_t *tokens = session->scratch;
  size_t tokenCount = 0;
  uint32_t flags = session->position == 0 ? BITNET_TOKENIZE_ADD_BOS : 0;
  bitnet_status status =
      bitnetTokenize(session->base.model, prompt, length, flags, tokens,
                     session->contextSize, &tokenCount);
  if (status == BITNET_BUFFER_TOO_SMALL)
    return BITNET_CONTEXT_FULL;
  if (status != BITNET_OK)
    return status;
  *count = (uint32_t)tokenCount;
  if (tokenCount == 0)
    return session->hasLogits ? BITNET_OK : BITNET_NO_LOGITS;
  return bitnetEvaluate(&session->base, tokens, tokenCount);
}

/// Generates up to `maxTokens` tokens, filling the counts of `result`.
static bitnet_status
generateTokens(Session *session, const Tokenizer *tokenizer, uint32_t maxTokens,
               const bitnet_sampling_options *options, TextStream *stream,
               bitnet_generate_result *result) {
  bitnet_sampler sampler;
  bitnet_sampler_seed(&sampler, options->seed);
  while (result->generated_tokens < maxTokens) {
    if (session->position == session->contextSize)
      return BITNET_CONTEXT_FULL;
    uint32_t token =
        bitnetChoose(session->outputs, session->descriptor->vocabulary_size,
                     options, &sampler, session->scratch);
    if (bitnetIsEndToken(tokenizer, token)) {
      result->reached_eos = 1;
      return BITNET_OK;
    }
    // Written first: the reader need not wait for the evaluation.
    int stop = writeToken(stream, tokenizer, token);
    int32_t next = (int32_t)token;
    bitnet_status status = bitnetEvaluate(&session->base, &next, 1);
    if (status != BITNET_OK)
      return status;
    ++result->generated_tokens;
    if (stop)
      return BITNET_STOPPED;
  }
  return BITNET_OK;
}

bitnet_status bitnetGenerate(bitnet_session *session, const char *prompt,
                             size_t promptLength, uint32_t maxTokens,
                             const bitnet_sampling_options *options,
                             bitnet_text_callback callback, void *user,
                             bitnet_generate_result *result) {
  static const bitnet_sampling_options greedy = BITNET_SAMPLING_OPTIONS_DEFAULT;
  Session *self = (Session *)session;
  if (bitnetIsEmbeddingModel(self->descriptor))
    return BITNET_UNSUPPORTED;
  if (!options)
    options = &greedy;
  bitnet_status status = bitnetCheckSampling(options);
  if (status != BITNET_OK)
    return status;
  if (!self->descriptor->tokenizer)
    return BITNET_NO_TOKENIZER;
  Tokenizer tokenizer;
  bitnetOpenTokenizer(&tokenizer, self->descriptor->tokenizer);

  bitnet_generate_result measured = {0};
  double start = bitnetSystemSeconds();
  status = evaluatePrompt(self, prompt, promptLength, &measured.prompt_tokens);
  if (status != BITNET_OK)
    return status;
  double promptEnd = bitnetSystemSeconds();
  TextStream stream = {.callback = callback, .user = user};
  status =
      generateTokens(self, &tokenizer, maxTokens, options, &stream, &measured);
  // The last character may have remained unfinished.
  if (callback && status != BITNET_STOPPED && flushStream(&stream, 0))
    status = BITNET_STOPPED;
  measured.prompt_seconds = promptEnd - start;
  measured.generate_seconds = bitnetSystemSeconds() - promptEnd;
  if (result)
    *result = measured;
  return status;
}
