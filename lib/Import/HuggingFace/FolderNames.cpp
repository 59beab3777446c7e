//===- FolderNames.cpp - Tensors of folders and ours ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "FolderNames.h"

#include "bitnet/Import/LanguageModel/Architecture.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

using namespace mlir::bitnet;
using llvm::StringRef;

namespace {
struct NameRow {
  llvm::StringLiteral folder;
  llvm::StringLiteral model;
  enum Norms { Any, Pre, Post } norms = Any;
};
} // namespace

/// Of the whole model, behind the prefix.
static constexpr NameRow modelRows[] = {
    {"embed_tokens.weight", embeddingTensorName},
    {"norm.weight", outputNormTensorName},
};
static constexpr llvm::StringLiteral headName = "lm_head.weight";

/// Modules of a layer. Of several rows for one of our names, the first that a
/// model can have is the one in messages.
static constexpr NameRow layerRows[] = {
    {"input_layernorm", "attn_norm"},
    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},
    {"self_attn.q_norm", "attn_q_norm"},
    {"self_attn.k_norm", "attn_k_norm"},
    {"self_attn.attn_sub_norm", "attn_sub_norm"},
    {"self_attn.inner_attn_ln", "attn_sub_norm"},
    {"post_attention_layernorm", "ffn_norm", NameRow::Pre},
    {"post_attention_layernorm", "post_attention_norm", NameRow::Post},
    {"pre_feedforward_layernorm", "ffn_norm", NameRow::Post},
    {"post_feedforward_layernorm", "post_ffw_norm", NameRow::Post},
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
    {"mlp.ffn_sub_norm", "ffn_sub_norm"},
    {"mlp.ffn_layernorm", "ffn_sub_norm"},
};

/// Tensors of a module. Norms of inputs come first: what is left of their names
/// would be that of another module.
static constexpr NameRow tensorRows[] = {
    {".rms_norm.weight", "_norm_in.weight"},
    {".weight_scale", ".scale"},
    {".weight", ".weight"},
    {".bias", ".bias"},
};

static bool isFor(const NameRow &row, bool hasPostNorms) {
  return row.norms == NameRow::Any ||
         (row.norms == NameRow::Post) == hasPostNorms;
}

/// Takes "<number>." from the front of `name`.
static std::optional<StringRef> takeNumber(StringRef &name) {
  auto [number, rest] = name.split('.');
  uint64_t value;
  if (number.getAsInteger(10, value) || std::to_string(value) != number)
    return std::nullopt;
  name = rest;
  return number;
}

std::optional<std::string> FolderNames::toModel(StringRef name) const {
  if (name == headName)
    return outputTensorName.str();
  if (!name.consume_front(prefix))
    return std::nullopt;
  for (const NameRow &row : modelRows)
    if (name == row.folder)
      return row.model.str();
  std::optional<StringRef> layer;
  if (!name.consume_front("layers.") || !(layer = takeNumber(name)))
    return std::nullopt;
  for (const NameRow &tensor : tensorRows) {
    StringRef module = name;
    if (!module.consume_back(tensor.folder))
      continue;
    for (const NameRow &row : layerRows)
      if (module == row.folder && isFor(row, hasPostNorms))
        return ("blk." + *layer + "." + row.model + tensor.model).str();
    return std::nullopt;
  }
  return std::nullopt;
}

std::string FolderNames::toFolder(StringRef name) const {
  if (name == outputTensorName)
    return headName.str();
  for (const NameRow &row : modelRows)
    if (name == row.model)
      return prefix + row.folder.str();
  StringRef inner = name;
  std::optional<StringRef> layer;
  if (!inner.consume_front("blk.") || !(layer = takeNumber(inner)))
    return name.str();
  for (const NameRow &tensor : tensorRows) {
    StringRef module = inner;
    if (!module.consume_back(tensor.model))
      continue;
    for (const NameRow &row : layerRows)
      if (module == row.model && isFor(row, hasPostNorms))
        return (prefix + "layers." + *layer + "." + row.folder + tensor.folder)
            .str();
  }
  return name.str();
}
