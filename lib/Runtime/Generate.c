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
#include "Generation.h"
#include "Sampler.h"
#include "System.h"

/// Bytes of a generation that need no memory of their own.
enum { LocalSize = 4096 };

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
  return bitnetEvaluateTokens(session, tokens, tokenCount,
                              /*outputs=*/(void *)0);
}

/// Chooses and evaluates tokens until something ends the text.
static bitnet_status generateTokens(Generation *generation) {
  Session *session = generation->session;
  int32_t token;
  bitnet_finish finish;
  bitnet_status status = bitnetBeginGeneration(generation);
  if (status == BITNET_OK)
    status = bitnetGenerationStep(generation, session->outputs,
                                  session->position, &token, &finish);
  while (status == BITNET_OK && finish == BITNET_FINISH_NONE)
    status = bitnetAdvance(generation, &token, &finish);
  if (status != BITNET_OK)
    return status;
  // The last one, unless it is no part of the text.
  if (token >= 0 && finish != BITNET_FINISH_EOS) {
    status = bitnetEvaluateTokens(session, &token, 1, /*outputs=*/(void *)0);
    if (status != BITNET_OK) {
      --generation->generatedTokens;
      return status;
    }
  }
  if (finish == BITNET_FINISH_CONTEXT)
    return BITNET_CONTEXT_FULL;
  return finish == BITNET_FINISH_CALLBACK ? BITNET_STOPPED : BITNET_OK;
}

/// Does all but the checks, in memory of the right size.
static bitnet_status run(Session *session, const char *prompt, size_t length,
                         const bitnet_generation_options *options, void *memory,
                         bitnet_generate_result *result) {
  if (!bitnetEnter(session))
    return BITNET_BUSY;
  double start = bitnetSystemSeconds();
  uint32_t promptTokens = 0;
  bitnet_status status = evaluatePrompt(session, prompt, length, &promptTokens);
  if (status != BITNET_OK) {
    bitnetLeave(session);
    return status;
  }
  double promptEnd = bitnetSystemSeconds();
  Generation *generation = bitnetOpenGeneration(session, options, memory);
  uint32_t limit = session->topLogits;
  status = generateTokens(generation);
  session->topLogits = limit;
  if (result)
    *result = (bitnet_generate_result){
        .prompt_tokens = promptTokens,
        .generated_tokens = generation->generatedTokens,
        .prompt_seconds = promptEnd - start,
        .generate_seconds = bitnetSystemSeconds() - promptEnd,
        .drafted_tokens = generation->draftedTokens,
        .accepted_tokens = generation->acceptedTokens,
        .finish = generation->finish,
    };
  bitnetLeave(session);
  return status;
}

bitnet_status bitnetGenerate(bitnet_session *session, const char *prompt,
                             size_t promptLength,
                             const bitnet_generation_options *options,
                             bitnet_generate_result *result) {
  Session *self = (Session *)session;
  uint64_t size;
  bitnet_status status = bitnetGenerationMemorySize(session, options, &size);
  if (status != BITNET_OK)
    return status;
  if (!self->descriptor->tokenizer)
    return BITNET_NO_TOKENIZER;
  _Alignas(BITNET_ALIGNMENT) char local[LocalSize];
  void *given = options ? options->memory : (void *)0;
  if (size <= LocalSize)
    return run(self, prompt, promptLength, options, local, result);
  if (given) {
    if ((uintptr_t)given % BITNET_ALIGNMENT != 0 || options->memory_size < size)
      return BITNET_OUT_OF_MEMORY;
    return run(self, prompt, promptLength, options, given, result);
  }
  void *memory = bitnetSystemAllocate(size);
  if (!memory)
    return BITNET_OUT_OF_MEMORY;
  status = run(self, prompt, promptLength, options, memory, result);
  bitnetSystemFree(memory);
  return status;
}
