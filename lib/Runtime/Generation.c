//===- Generation.c - Generating token by token ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Generation.h"
#include "Sampler.h"
#include "System.h"

static const bitnet_generation_options defaultOptions =
    BITNET_GENERATION_OPTIONS_DEFAULT;

static bitnet_status checkStops(const bitnet_generation_options *options,
                                uint32_t vocabularySize) {
  if ((!options->stops && options->stop_count != 0) ||
      (!options->stop_tokens && options->stop_token_count != 0) ||
      options->stop_count > UINT32_MAX)
    return BITNET_INVALID_ARGUMENT;
  for (size_t i = 0; i < options->stop_count; ++i)
    if (!options->stops[i].text || options->stops[i].length == 0 ||
        options->stops[i].length > BITNET_MOST_STOP_BYTES)
      return BITNET_INVALID_ARGUMENT;
  for (size_t i = 0; i < options->stop_token_count; ++i)
    if (options->stop_tokens[i] < 0 ||
        (uint32_t)options->stop_tokens[i] >= vocabularySize)
      return BITNET_INVALID_TOKEN;
  return BITNET_OK;
}

static bitnet_status checkOptions(const Session *session,
                                  const bitnet_generation_options *options) {
  const uint32_t allFlags = BITNET_GENERATION_IGNORE_EOS |
                            BITNET_GENERATION_WRITE_SPECIAL |
                            BITNET_GENERATION_CONTEXT_SHIFT;
  const struct bitnet_model_descriptor *descriptor = session->descriptor;
  if (bitnetIsEmbeddingModel(descriptor))
    return BITNET_UNSUPPORTED;
  if (options->abi_version != BITNET_ABI_VERSION)
    return BITNET_VERSION_MISMATCH;
  if ((options->flags & ~allFlags) || options->reserved != 0 ||
      options->draft_tokens > BITNET_MOST_DRAFT_TOKENS ||
      (!options->memory && options->memory_size != 0))
    return BITNET_INVALID_ARGUMENT;
  if ((options->flags & BITNET_GENERATION_CONTEXT_SHIFT) &&
      (session->contextSize < 2 || options->keep > session->contextSize - 2))
    return BITNET_INVALID_ARGUMENT;
  bitnet_status status =
      bitnetCheckSampling(&options->sampling, descriptor->vocabulary_size);
  if (status == BITNET_OK)
    status = checkStops(options, descriptor->vocabulary_size);
  if (status != BITNET_OK)
    return status;
  return (options->callback || options->stop_count != 0) &&
                 !descriptor->tokenizer
             ? BITNET_NO_TOKENIZER
             : BITNET_OK;
}

static uint64_t alignUp(uint64_t size) {
  return (size + BITNET_ALIGNMENT - 1) / BITNET_ALIGNMENT * BITNET_ALIGNMENT;
}

/// Where the logits of drafts begin.
static uint64_t draftOffset(const bitnet_generation_options *options) {
  return alignUp(sizeof(Generation) + bitnetTextStreamSize(options));
}

bitnet_status
bitnetGenerationMemorySize(const bitnet_session *session,
                           const bitnet_generation_options *options,
                           uint64_t *size) {
  const Session *self = (const Session *)session;
  if (!size)
    return BITNET_INVALID_ARGUMENT;
  if (!options)
    options = &defaultOptions;
  bitnet_status status = checkOptions(self, options);
  if (status != BITNET_OK)
    return status;
  uint64_t rows = options->draft_tokens ? options->draft_tokens + 1 : 0;
  *size = draftOffset(options) +
          alignUp(rows * self->descriptor->vocabulary_size * sizeof(float));
  return BITNET_OK;
}

Generation *bitnetOpenGeneration(Session *session,
                                 const bitnet_generation_options *options,
                                 void *memory) {
  Generation *made = memory;
  if (!options)
    options = &defaultOptions;
  *made = (Generation){
      .base.functions = &bitnetGenerationFunctions,
      .session = session,
      .options = *options,
      .draftLogits = (float *)((char *)memory + draftOffset(options)),
      .draftLength = options->draft_tokens,
  };
  if (session->descriptor->tokenizer)
    bitnetOpenTokenizer(&made->tokenizer, session->descriptor->tokenizer);
  bitnet_sampler_seed(&made->sampler, options->sampling.seed);
  bitnetOpenTextStream(&made->text, options, made + 1);
  return made;
}

static int isEnd(const Generation *generation, uint32_t token) {
  const bitnet_generation_options *options = &generation->options;
  for (size_t i = 0; i < options->stop_token_count; ++i)
    if ((uint32_t)options->stop_tokens[i] == token)
      return 1;
  return generation->tokenizer.header &&
         bitnetIsEndToken(&generation->tokenizer, token);
}

/// Passes on the text of a token.
static TextResult writeToken(Generation *generation, uint32_t token) {
  const Tokenizer *tokenizer = &generation->tokenizer;
  if (!tokenizer->header || token >= tokenizer->header->token_count)
    return TextGoesOn;
  uint32_t type = bitnetTokenType(tokenizer, token);
  if ((type == BitNetTokenControl || type == BitNetTokenUnknown) &&
      !(generation->options.flags & BITNET_GENERATION_WRITE_SPECIAL))
    return TextGoesOn;
  uint32_t size;
  const uint8_t *text = bitnetTokenText(tokenizer, token, &size);
  return bitnetWriteText(&generation->text, text, size);
}

/// The text ends; what was held back is decided.
static bitnet_finish endText(Generation *generation, bitnet_finish finish) {
  if (bitnetFlushText(&generation->text) == TextRefused)
    return BITNET_FINISH_CALLBACK;
  return finish;
}

/// End tokens that must not be chosen; their number goes to *count.
static const uint32_t *getBanned(const Generation *generation,
                                 uint32_t *count) {
  const Tokenizer *tokenizer = &generation->tokenizer;
  *count = 0;
  if (!tokenizer->header ||
      !(generation->options.flags & BITNET_GENERATION_IGNORE_EOS))
    return (void *)0;
  *count = tokenizer->header->end_token_count;
  return tokenizer->endTokens;
}

/// Chooses a token.
static bitnet_status choose(Generation *generation, const float *logits,
                            uint32_t count, int32_t *token) {
  const bitnet_generation_options *options = &generation->options;
  Session *session = generation->session;
  SamplerInput input = {
      .logits = logits,
      .vocabularySize = session->descriptor->vocabulary_size,
      .tokens = session->tokens,
      .tokenCount = count,
  };
  input.banned = getBanned(generation, &input.bannedCount);
  return bitnetChoose(&input, &options->sampling, &generation->sampler,
                      session->scratch, token);
}

/// What follows from a token that was chosen.
static bitnet_finish acceptToken(Generation *generation, uint32_t token) {
  if (isEnd(generation, token))
    return endText(generation, BITNET_FINISH_EOS);
  ++generation->generatedTokens;
  switch (writeToken(generation, token)) {
  case TextStopped:
    return BITNET_FINISH_STOP;
  case TextRefused:
    return BITNET_FINISH_CALLBACK;
  case TextGoesOn:
    break;
  }
  if (generation->generatedTokens == generation->options.max_tokens)
    return endText(generation, BITNET_FINISH_LENGTH);
  return BITNET_FINISH_NONE;
}

/// Forgets the older half of the full context except its beginning. Where keys
/// cannot be moved, what follows is evaluated again.
static bitnet_status shiftContext(Generation *generation) {
  Session *session = generation->session;
  uint32_t keep = generation->options.keep;
  uint32_t begin = keep + (session->contextSize - keep) / 2;
  bitnet_status status = bitnetRemovePositions(session, keep, begin);
  if (status != BITNET_UNSUPPORTED)
    return status;
  uint32_t count = session->contextSize - begin;
  // The scratch memory has room for as many tokens as the context.
  int32_t *tokens = session->scratch;
  __builtin_memcpy(tokens, session->tokens + begin, count * sizeof(*tokens));
  bitnetTruncate(session, keep);
  return bitnetEvaluateTokens(session, tokens, count, /*outputs=*/(void *)0);
}

bitnet_status bitnetBeginGeneration(Generation *generation) {
  Session *session = generation->session;
  if (generation->hasBegun)
    return BITNET_OK;
  uint32_t bannedCount;
  getBanned(generation, &bannedCount);
  generation->neededLogits = bitnetLogitsNeeded(
      &generation->options.sampling, session->descriptor->vocabulary_size,
      session->contextSize, bannedCount);
  bitnet_status status = bitnetEnsureLogits(session, generation->neededLogits);
  if (status != BITNET_OK)
    return status;
  generation->hasBegun = 1;
  generation->limitBefore = session->topLogits;
  session->topLogits = generation->neededLogits;
  return BITNET_OK;
}

bitnet_status bitnetGenerationStep(Generation *generation, const float *logits,
                                   uint32_t count, int32_t *token,
                                   bitnet_finish *finish) {
  const bitnet_generation_options *options = &generation->options;
  Session *session = generation->session;
  int32_t chosen = -1;
  if (generation->finish != BITNET_FINISH_NONE) {
    // It has ended before.
  } else if (options->max_tokens == 0) {
    generation->finish = endText(generation, BITNET_FINISH_LENGTH);
  } else if (count == session->contextSize &&
             !(options->flags & BITNET_GENERATION_CONTEXT_SHIFT)) {
    generation->finish = endText(generation, BITNET_FINISH_CONTEXT);
  } else {
    if (count == session->contextSize) {
      bitnet_status status = shiftContext(generation);
      if (status != BITNET_OK)
        return status;
      count = session->position;
      logits = session->outputs;
    }
    bitnet_status status = choose(generation, logits, count, &chosen);
    if (status == BITNET_OK)
      generation->finish = acceptToken(generation, (uint32_t)chosen);
    else if (status == BITNET_STOPPED)
      generation->finish = endText(generation, BITNET_FINISH_CALLBACK);
    else
      return status;
  }
  if (generation->finish != BITNET_FINISH_NONE)
    session->topLogits = generation->limitBefore;
  *token = chosen;
  *finish = generation->finish;
  return BITNET_OK;
}

static bitnet_status createGeneration(bitnet_session *session,
                                      const bitnet_generation_options *options,
                                      bitnet_generation **generation) {
  if (!generation)
    return BITNET_INVALID_ARGUMENT;
  uint64_t size;
  bitnet_status status = bitnetGenerationMemorySize(session, options, &size);
  if (status != BITNET_OK)
    return status;
  void *memory = options ? options->memory : (void *)0;
  uint32_t ownsMemory = !memory;
  if (memory) {
    if ((uintptr_t)memory % BITNET_ALIGNMENT != 0 ||
        options->memory_size < size)
      return BITNET_OUT_OF_MEMORY;
  } else {
    memory = bitnetSystemAllocate(size);
    if (!memory)
      return BITNET_OUT_OF_MEMORY;
  }
  Generation *made = bitnetOpenGeneration((Session *)session, options, memory);
  made->ownsMemory = ownsMemory;
  *generation = &made->base;
  return BITNET_OK;
}

static bitnet_status nextToken(bitnet_generation *generation, int32_t *token,
                               bitnet_finish *finish) {
  Generation *self = (Generation *)generation;
  Session *session = self->session;
  if (!token || !finish)
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(session))
    return BITNET_BUSY;
  bitnet_status status = BITNET_NO_LOGITS;
  if (session->hasLogits || self->finish != BITNET_FINISH_NONE)
    status = bitnetBeginGeneration(self);
  if (status == BITNET_OK)
    status = bitnetGenerationStep(self, session->outputs, session->position,
                                  token, finish);
  bitnetLeave(session);
  return status;
}

static void destroyGeneration(bitnet_generation *generation) {
  Generation *self = (Generation *)generation;
  if (self->ownsMemory)
    bitnetSystemFree(self);
}

const bitnet_generation_functions bitnetGenerationFunctions = {
    .generate = bitnetGenerate,
    .memory_size = bitnetGenerationMemorySize,
    .create = createGeneration,
    .next = nextToken,
    .destroy = destroyGeneration,
};
