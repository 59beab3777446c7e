//===- Model.c - The functions of a compiled model ------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ChatTemplate.h"
#include "Generation.h"
#include "Sampler.h"
#include "Session.h"
#include "Tokenizer.h"
#include "Variants.h"

/// What `functions` of every bitnet_model that the compiler emits points to.
extern const bitnet_model_functions bitnet_runtime_functions;

bitnet_status bitnetModelInfo(const bitnet_model *model,
                              bitnet_model_info *info) {
  const struct bitnet_model_descriptor *descriptor = bitnetDescriptor(model);
  if (!info)
    return BITNET_INVALID_ARGUMENT;
  const BitNetTokenizerHeader *tokenizer = descriptor->tokenizer;
  const struct bitnet_variant_descriptor *variant =
      bitnetPreferredVariant(&descriptor->variants);
  *info = (bitnet_model_info){
      .name = descriptor->name,
      .cpu = variant->cpu,
      .kernel = variant->kernel,
      .vocabulary_size = descriptor->vocabulary_size,
      .context_length = descriptor->context_length,
      .embedding_length = descriptor->embedding_length,
      .layer_count = descriptor->layer_count,
      .chunk_size = descriptor->chunk_size,
      .bos_token = tokenizer ? tokenizer->bos_token : -1,
      .eos_token = tokenizer ? tokenizer->eos_token : -1,
      .weight_bytes = descriptor->weight_bytes,
      .variant_count = descriptor->variants.count,
      .weights_file =
          descriptor->weights_file ? descriptor->weights_file->name : (void *)0,
      .pooling = (bitnet_pooling)descriptor->pooling,
      .kv_element = (bitnet_kv_element)descriptor->cache.element,
      .kv_bytes_per_position = descriptor->kv_bytes_per_position,
      .arena_bytes = descriptor->arena_size,
      .pass_bytes = bitnetPassBytes(descriptor),
  };
  return BITNET_OK;
}

bitnet_status bitnetVariantInfo(const bitnet_model *model, uint32_t index,
                                bitnet_variant_info *info) {
  return bitnetDescribeVariant(&bitnetDescriptor(model)->variants, index, info);
}

const bitnet_model_functions bitnet_runtime_functions = {
    .abi_version = BITNET_ABI_VERSION,
    .size = sizeof(bitnet_model_functions),
    .model_info = bitnetModelInfo,
    .session_memory_size = bitnetSessionMemorySize,
    .session_create = bitnetSessionCreate,
    .session_destroy = bitnetSessionDestroy,
    .session_reset = bitnetSessionReset,
    .session_position = bitnetSessionPosition,
    .evaluate = bitnetEvaluate,
    .evaluate_all = bitnetEvaluateAll,
    .logits = bitnetLogits,
    .tokenize = bitnetTokenize,
    .detokenize = bitnetDetokenize,
    .sampling = &bitnetSamplingFunctions,
    .generation = &bitnetGenerationFunctions,
    .variant_info = bitnetVariantInfo,
    .session_variant = bitnetSessionVariant,
    .verify_weights = bitnetVerifyWeights,
    .embed = bitnetEmbed,
    .apply_chat_template = bitnetApplyChatTemplate,
    .tokenize_chat = bitnetTokenizeChat,
    .threads_create = bitnetThreadsCreate,
    .evaluator_memory_size = bitnetEvaluatorMemorySize,
    .evaluator_create = bitnetEvaluatorCreate,
    .evaluator_destroy = bitnetEvaluatorDestroy,
    .evaluate_batch = bitnetEvaluateBatch,
    .session_clone = bitnetSessionClone,
    .session_copy = bitnetSessionCopy,
    .session_tokens = bitnetSessionTokens,
    .session_match = bitnetSessionMatch,
    .session_remove = bitnetSessionRemove,
    .session_save = bitnetSessionSave,
    .session_restore = bitnetSessionRestore,
    .session_save_file = bitnetSessionSaveFile,
    .session_restore_file = bitnetSessionRestoreFile,
    .session_cancel = bitnetSessionCancel,
    .session_limit_logits = bitnetSessionLimitLogits,
};
