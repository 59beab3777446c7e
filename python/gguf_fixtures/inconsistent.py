# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""GGUF files that make no model: every field is readable, together they are
wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np

from bitnet_gguf import GgufWriter, ValueType
from bitnet_tensors import TensorType, Ternary, encode
from gguf_fixtures.models import (QUERY, SMALL, Mutation, all_of,
                                  make_characters,
                                  make_vocabulary, make_writer, set_key,
                                  set_parameter, set_tensor, without_key,
                                  without_tensor)


TILES = ("found {}, whose tiles have sizes that only the program knows that "
         "wrote them (take the file of the same model in I2_S)")


def set_query(scale: float = 1, raw: Callable[[bytearray], None] | None = None,
              tensor_type: int = TensorType.I2_S) -> Mutation:
    """Gives the query projection other bytes."""
    def change(writer: GgufWriter) -> None:
        shape = (SMALL.embedding, SMALL.embedding)
        data = bytearray(encode(Ternary(np.ones(shape, np.int8), scale),
                                TensorType.I2_S))
        if raw:
            raw(data)
        writer.remove_tensor(QUERY)
        writer.add_raw_tensor(QUERY, shape, tensor_type, bytes(data))
    return change


def put_invalid_code(data: bytearray) -> None:
    data[100] = 0xFF


SMALL_TOKENS = make_vocabulary()[0]
VOCABULARY = len(SMALL_TOKENS)
PREFIX = SMALL.architecture


def change_key(key: str, value, message: str,
               value_type: ValueType | None = None) -> tuple[Mutation, str]:
    """A case of INCONSISTENT: a key and what the message says about it."""
    return set_key(key, value, value_type), f"key '{key}': {message}"


def change_parameter(key: str, value, message: str,
                     value_type: ValueType | None = None,
                     ) -> tuple[Mutation, str]:
    return change_key(f"{PREFIX}.{key}", value, message, value_type)


def remove_key(key: str) -> tuple[Mutation, str]:
    return (without_key(key),
            f"key '{key}': expects a value, found no such key")


def change_tensor(name: str, shape: tuple[int, ...], message: str,
                  tensor_type: TensorType = TensorType.F32,
                  fill: float = 0.5) -> tuple[Mutation, str]:
    return (set_tensor(name, shape, tensor_type, fill),
            f"tensor '{name}': {message}")


def remove_tensor(name: str, shape: str) -> tuple[Mutation, str]:
    return (without_tensor(name), f"tensor '{name}': expects shape "
                                  f"{{{shape}}}, found no such tensor")


# File name: what is wrong, and a part of the message.
INCONSISTENT: dict[str, tuple[Mutation, str]] = {
    # Architecture and sizes.
    "no-architecture": remove_key("general.architecture"),
    "architecture-unknown": change_key(
        "general.architecture", "nobody-knows",
        "expects one of bitnet, bitnet-25, bitnet-b1.58, llama, qwen3, gemma3, "
        "found 'nobody-knows'"),
    "architecture-not-a-string": change_key("general.architecture", 7,
                                            "expects string, found u32"),
    "name-not-a-string": change_key("general.name", 7,
                                    "expects string, found u32"),
    **{f"no-{key.replace('.', '-')}": remove_key(f"{PREFIX}.{key}")
       for key in ("context_length", "embedding_length", "block_count",
                   "feed_forward_length", "attention.head_count",
                   "attention.layer_norm_rms_epsilon")},
    "block-count-0": change_parameter("block_count", 0,
                                      "expects an integer in [1, 4096], "
                                      "found 0"),
    "block-count-2": (set_parameter("block_count", 2),
                      "tensor 'blk.1.attn_norm.weight': expects shape {32}, "
                      "found no such tensor"),
    "block-count-huge": change_parameter(
        "block_count", 0xFFFFFFFF,
        "expects an integer in [1, 4096], found 4294967295"),
    "block-count-float": change_parameter(
        "block_count", 1.0, "expects an integer in [1, 4096], found f32"),
    "block-count-negative": change_parameter(
        "block_count", -1, "expects an integer in [1, 4096], found -1",
        ValueType.I32),
    "embedding-length-0": change_parameter(
        "embedding_length", 0, "expects an integer in [1, 1048576], found 0"),
    "embedding-length-64": (set_parameter("embedding_length", 64),
                            "tensor 'token_embd.weight': expects shape "
                            "{64, 1 to 16777216}, found {32, "),
    "embedding-length-huge": change_parameter(
        "embedding_length", 1 << 62,
        "expects an integer in [1, 1048576], found 4611686018427387904",
        ValueType.U64),
    "feed-forward-length-63": (set_parameter("feed_forward_length", 63),
                               "tensor 'blk.0.ffn_sub_norm.weight': expects "
                               "shape {63}, found {64}"),
    "context-length-0": change_parameter(
        "context_length", 0, "expects an integer in [1, 16777216], found 0"),
    "context-length-huge": change_parameter(
        "context_length", 1 << 63,
        "expects an integer in [1, 16777216], found 9223372036854775808",
        ValueType.U64),
    "vocabulary-size": change_parameter(
        "vocab_size", 99, f"expects {VOCABULARY}, the number of rows of the "
                          "embedding, found 99"),
    # Heads.
    "head-count-0": change_parameter("attention.head_count", 0,
                                     "expects an integer in [1, 4096], "
                                     "found 0"),
    "head-count-3": change_parameter(
        "attention.head_count", 3,
        "expects to divide the embedding length 32 into heads of at most 4096 "
        "elements, found 3"),
    "head-count-huge": change_parameter(
        "attention.head_count", 0xFFFFFFFF,
        "expects an integer in [1, 4096], found 4294967295"),
    "head-count-array": change_parameter(
        "attention.head_count", [2, 2],
        "expects an integer in [1, 4096], found array of i32"),
    "head-count-kv-0": change_parameter("attention.head_count_kv", 0,
                                        "expects an integer in [1, 4096], "
                                        "found 0"),
    "head-count-kv-2": (set_parameter("attention.head_count_kv", 2),
                        "tensor 'blk.0.attn_k.weight': expects shape {32, 32}, "
                        "found {32, 16}"),
    "head-count-kv-4": change_parameter(
        "attention.head_count_kv", 4,
        "expects a divisor of the 2 heads, found 4"),
    "head-count-kv-array": change_parameter(
        "attention.head_count_kv", [1, 1],
        "expects an integer in [1, 4096], found array of i32"),
    "key-length-8": change_parameter(
        "attention.key_length", 8,
        "expects keys and values of one length, found 8 and 16"),
    "value-length-8": change_parameter(
        "attention.value_length", 8,
        "expects keys and values of one length, found 16 and 8"),
    "key-length-huge": change_parameter(
        "attention.key_length", 1 << 31,
        "expects an integer in [1, 4096], found 2147483648"),
    # Numbers.
    "rope-dimension-count-odd": change_parameter(
        "rope.dimension_count", 15,
        "expects an even number of rotated elements in a head, found 15"),
    "rope-dimension-count-large": change_parameter(
        "rope.dimension_count", 64, "expects an integer in [1, 16], found 64"),
    "rope-freq-base-0": change_parameter("rope.freq_base", 0.0,
                                         "expects a positive number, found 0"),
    "rope-freq-base-nan": change_parameter(
        "rope.freq_base", float("nan"),
        "expects a finite number, found not-a-number"),
    "rope-freq-base-large": change_parameter(
        "rope.freq_base", 1e300, "expects a positive number, found 1e+300",
        ValueType.F64),
    "rope-scaling-unknown": change_parameter(
        "rope.scaling.type", "spiral",
        "expects none, linear or yarn, found 'spiral'"),
    "rope-scaling-negative": change_parameter(
        "rope.scaling.factor", -2.0, "expects a positive number, found -2"),
    "yarn-betas": (
        all_of(set_parameter("rope.scaling.type", "yarn"),
               set_parameter("rope.scaling.factor", 2.0),
               set_parameter("rope.scaling.yarn_beta_fast", 1.0),
               set_parameter("rope.scaling.yarn_beta_slow", 32.0)),
        f"key '{PREFIX}.rope.scaling.yarn_beta_fast': expects at least as many "
        "fast rotations as slow ones, found 1 and 32"),
    "yarn-base-1": (
        all_of(set_parameter("rope.scaling.type", "yarn"),
               set_parameter("rope.scaling.factor", 2.0),
               set_parameter("rope.freq_base", 1.0)),
        f"key '{PREFIX}.rope.freq_base': expects more than 1 with yarn, found 1"),
    "yarn-context-0": (
        all_of(set_parameter("rope.scaling.type", "yarn"),
               set_parameter("rope.scaling.factor", 2.0),
               set_parameter("rope.scaling.original_context_length", 0)),
        f"key '{PREFIX}.rope.scaling.original_context_length': expects an "
        "integer in [1, 16777216], found 0"),
    "epsilon-negative": change_parameter("attention.layer_norm_rms_epsilon",
                                         -1.0,
                                         "expects a positive number, found -1"),
    "epsilon-infinite": change_parameter(
        "attention.layer_norm_rms_epsilon", float("inf"),
        "expects a finite number, found infinity"),
    "activation-unknown": change_parameter(
        "hidden_activation", "gelu",
        "expects relu2, silu or gelu_pytorch_tanh, found 'gelu'"),
    "experts": change_parameter(
        "expert_count", 8,
        "expects 0 (mixtures of experts are not supported yet), found 8"),
    "sliding-window": change_parameter(
        "attention.sliding_window", [8],
        "expects 0 (sliding windows are not supported yet), found array of "
        "i32"),
    "bidirectional": change_parameter(
        "attention.causal", False,
        "expects 1 (bidirectional models are not supported yet), found 0"),
    # Tensors.
    "no-embedding": remove_tensor("token_embd.weight", "32, 1 to 16777216"),
    "no-output-norm": remove_tensor("output_norm.weight", "32"),
    "no-query": remove_tensor(QUERY, "32, 32"),
    "no-attention-sub-norm": remove_tensor("blk.0.attn_sub_norm.weight", "32"),
    "no-feed-forward-sub-norm": remove_tensor("blk.0.ffn_sub_norm.weight",
                                              "64"),
    "no-tensors": (lambda writer: [writer.remove_tensor(name)
                                   for name in writer.tensor_names()],
                   "tensor 'token_embd.weight': "),
    "embedding-rows": (
        set_tensor("token_embd.weight", (VOCABULARY - 1, SMALL.embedding)),
        f"key '{PREFIX}.vocab_size': expects {VOCABULARY - 1}, the number of "
        f"rows of the embedding, found {VOCABULARY}"),
    "embedding-1d": change_tensor(
        "token_embd.weight", (SMALL.embedding,),
        "expects shape {32, 1 to 16777216}, found {32}"),
    "output-rows": change_tensor(
        "output.weight", (VOCABULARY - 1, SMALL.embedding),
        f"expects shape {{32, {VOCABULARY}}}, found {{32, {VOCABULARY - 1}}}"),
    "norm-size": change_tensor("output_norm.weight", (SMALL.embedding + 1,),
                               "expects shape {32}, found {33}"),
    "norm-2d": change_tensor("output_norm.weight", (1, SMALL.embedding, 1, 2),
                             "expects shape {32}, found {2, 1, 32, 1}"),
    "norm-type": change_tensor("output_norm.weight", (SMALL.embedding,),
                               "expects type F32, F16 or BF16, found Q8_0",
                               TensorType.Q8_0),
    "norm-not-finite": change_tensor(
        "output_norm.weight", (SMALL.embedding,),
        "element 0: expects a finite number, found nan", fill=float("nan")),
    "query-transposed": change_tensor(QUERY, (SMALL.embedding, 64),
                                      "expects shape {32, 32}, found {64, 32}"),
    "query-3d": change_tensor(QUERY, (2, SMALL.embedding, SMALL.embedding),
                              "expects shape {32, 32}, found {32, 32, 2}"),
    "query-type-unknown": (set_query(tensor_type=99),
                           f"tensor '{QUERY}': expects a type of weights that "
                           "can be read, found 99"),
    "query-type-tl1": (set_query(tensor_type=38), TILES.format("TL1")),
    "query-type-tl2": (set_query(tensor_type=42), TILES.format("TL2")),
    "query-bias": change_tensor("blk.0.attn_q.bias", (SMALL.embedding,),
                                "element 0: expects a finite number, found "
                                "inf", fill=float("inf")),
    "query-bias-size": change_tensor("blk.0.attn_q.bias", (31,),
                                     "expects shape {32}, found {31}"),
    "query-scales": change_tensor("blk.0.attn_q.scale", (2,),
                                  "expects shape {1}, found {2}"),
    "query-norm-in-size": change_tensor("blk.0.attn_q_norm_in.weight", (33,),
                                        "expects shape {32}, found {33}"),
    "rope-freqs-0": change_tensor(
        "rope_freqs.weight", (8,),
        "element 0: expects a positive number, found 0", fill=0.0),
    "rope-freqs-size": change_tensor("rope_freqs.weight", (9,),
                                     "expects shape {8}, found {9}"),
    "pooling-rank": change_parameter(
        "pooling_type", 4,
        "expects 0 (none), 1 (mean), 2 (cls) or 3 (last), found 4"),
    "tensor-of-another-architecture": change_tensor(
        "blk.0.ffn_gate_exps.weight", (16,),
        f"expects no such tensor in a model of 1 layers of architecture "
        f"{PREFIX}"),
    "tensors-of-more-layers": (
        lambda writer: [set_tensor(f"blk.{layer}.attn_norm.weight",
                                   (SMALL.embedding,))(writer)
                        for layer in (1, 2)],
        "tensor 'blk.1.attn_norm.weight': expects no such tensor in a model of "
        f"1 layers of architecture {PREFIX}, and 1 more such tensors"),
    # What weights hold; found when they are quantised.
    "query-not-finite": (set_tensor(QUERY, (SMALL.embedding, SMALL.embedding),
                                    fill=float("inf")),
                         "row 0, column 0: expects a finite weight, found "
                         "infinity"),
    "query-scale-nan": (set_query(scale=float("nan")), "scale"),
    "query-scale-infinite": (set_query(scale=float("inf")), "scale"),
    "query-code-3": (set_query(raw=put_invalid_code),
                     "expects code 0, 1 or 2, found 3"),
    # The tokenizer.
    "tokens-not-strings": change_key(
        "tokenizer.ggml.tokens", [1, 2, 3],
        "expects array of string, found array of i32"),
    "tokens-too-few": change_key(
        "tokenizer.ggml.tokens", SMALL_TOKENS[:-5],
        f"expects {VOCABULARY} tokens, one for each row of the embedding, "
        f"found {VOCABULARY - 5}"),
    "token-types-too-few": change_key(
        "tokenizer.ggml.token_type", [1, 1],
        f"expects a type for each of {VOCABULARY} tokens, found 2"),
    "token-type-large": change_key(
        "tokenizer.ggml.token_type", [1 << 40] * VOCABULARY,
        "token 0: expects a type, found 1099511627776", ValueType.I64),
    "token-type-unknown": (
        set_key("tokenizer.ggml.token_type", [77] * VOCABULARY),
        "tokenizer: token 0 '\\C4\\80': expects a type from 1 to 5, found 77"),
    "bos-out-of-range": change_key(
        "tokenizer.ggml.bos_token_id", 100000,
        f"expects an integer in [0, {VOCABULARY - 1}], found 100000"),
    "eos-negative": change_key(
        "tokenizer.ggml.eos_token_id", -2,
        f"expects an integer in [0, {VOCABULARY - 1}], found -2",
        ValueType.I32),
    "eot-out-of-range": change_key(
        "tokenizer.ggml.eot_token_id", VOCABULARY,
        f"expects an integer in [0, {VOCABULARY - 1}], found {VOCABULARY}"),
    "no-merges": remove_key("tokenizer.ggml.merges"),
    "no-tokens": remove_key("tokenizer.ggml.tokens"),
    "merge-without-space": (set_key("tokenizer.ggml.merges", ["ab"]),
                            "tokenizer: merge 0 'ab': expects two tokens"),
    "merge-unknown": (set_key("tokenizer.ggml.merges", ["zz qqq"]),
                      "tokenizer: merge 0 'zz qqq': expects tokens of the "
                      "vocabulary"),
    "no-tokenizer-model": remove_key("tokenizer.ggml.model"),
    "tokenizer-unknown": change_key(
        "tokenizer.ggml.model", "telepathy",
        "expects 'gpt2' (byte-level byte pair encoding), 'llama' "
        "(SentencePiece) or 't5' (unigram), found 'telepathy'"),
    "tokenizer-without-scores": (
        all_of(set_key("tokenizer.ggml.model", "llama"),
               without_key("tokenizer.ggml.merges"),
               without_key("tokenizer.ggml.pre")),
        "key 'tokenizer.ggml.scores': expects a value, found no such key"),
    "tokenizer-few-scores": (
        all_of(make_characters(unigram=False),
               set_key("tokenizer.ggml.scores", [0.5])),
        "tokenizer: expects a score for each of"),
    "tokenizer-charsmap": (
        all_of(make_characters(unigram=True),
               set_key("tokenizer.ggml.precompiled_charsmap", [1, 2])),
        "key 'tokenizer.ggml.precompiled_charsmap': expects no rules to "
        "normalize text by, found some"),
    "tokenizer-suffix": (
        all_of(make_characters(unigram=True),
               set_key("tokenizer.ggml.treat_whitespace_as_suffix", True)),
        "key 'tokenizer.ggml.treat_whitespace_as_suffix': expects false"),
    "pre-tokenizer-unknown": change_key("tokenizer.ggml.pre", "telepathy",
                                        "expects one of llama-bpe, "),
}


def write_inconsistent(directory: Path) -> None:
    for name, (mutate, message) in INCONSISTENT.items():
        writer, _ = make_writer(SMALL)
        mutate(writer)
        writer.write(directory / f"{name}.gguf")
        (directory / f"{name}.expected").write_text(message)
