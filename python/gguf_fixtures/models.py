# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random models that are right, and ways to change them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import Callable

import numpy as np

from bitnet_gguf import GgufWriter, ValueType
from bitnet_shapes import Shape
from bitnet_tensors import (TERNARY_TYPES, TRIT_FORMATS, Binary, TensorType, Ternary,
                            absmean, binarize_blocks, decode, encode)
from bitnet_tokenizer import TokenType, byte_alphabet

MERGES = """Ġ t|h e|Ġ a|i n|Ġt he|r e|o n|e r|Ġ s|a t|e n|n d|Ġ w|i s|o r|
Ġa nd|e s|Ġ o|i t|in g|Ġ b|e d|Ġo f|Ġ c|o u|Ġ p|Ġ m|Ġt o|a r|Ġ f|Ġin|l l|
Ġ h|Ġ d|Ġw h|Ġb e|a l|i c|Ġs t|Ġ1|1 0|Ã ©"""

SPECIAL_TOKENS = ["<|begin_of_text|>", "<|end_of_text|>"]

Mutation = Callable[[GgufWriter], None]


def make_vocabulary() -> tuple[list[str], list[str]]:
    """Tokens and merges; every merge joins tokens that exist."""
    tokens = byte_alphabet()
    merges = []
    for line in MERGES.replace("\n", "").split("|"):
        parts = line.split(" ")
        if len(parts) != 2 or any(part not in tokens for part in parts):
            continue
        merges.append(line)
        tokens.append("".join(parts))
    return tokens + SPECIAL_TOKENS, merges


@dataclass
class Model:
    """A random model."""
    name: str
    architecture: str = "bitnet-b1.58"
    layers: int = 2
    embedding: int = 128
    feed_forward: int = 384
    heads: int = 4
    kv_heads: int = 2
    context: int = 64
    linear_type: TensorType = TensorType.I2_S
    embedding_type: TensorType = TensorType.F16
    i2s_group: int = 128
    head_size: int | None = None
    # Whether the head is a tensor of its own.
    has_output: bool = False
    # Whether each row of a linear tensor has its own scale.
    row_scales: bool = False
    # Whether each block of a row has.
    block_scales: bool = False
    norm_type: TensorType = TensorType.F32
    alignment: int = 32
    # Whether query projections carry a scale of 1, two bytes in front of the
    # norms of the layer.
    has_unit_scales: bool = False
    # Whether float linear tensors hold -s, 0 and +s instead of masters.
    is_dequantized: bool = False
    # Whether linear layers have a norm of their own in front, as those of the
    # BitNet embedding models have.
    has_input_norms: bool = False
    # Whether linear layers have a bias and a factor.
    has_companions: bool = False
    # Divisors of the frequencies of the rotation.
    rotation_divisors: tuple[float, ...] = ()
    # More metadata, without the prefix of the architecture; None: no such key.
    entries: dict = field(default_factory=dict)

    def shape(self, vocabulary: int) -> Shape:
        rope_base = 10000.0 if self.architecture == "bitnet" else 500000.0
        return Shape(self.architecture, self.layers, self.embedding,
                     self.feed_forward, self.heads, self.kv_heads, vocabulary,
                     self.context, rope_base, 1e-5, not self.has_output,
                     self.head_size)


def draw(tensor_name: str, shape: tuple[int, ...], scale: float) -> np.ndarray:
    """Normal numbers that depend on name and shape only."""
    seed = zlib.crc32(f"{tensor_name} {shape}".encode())
    return np.random.default_rng(seed).normal(0, scale, shape).astype(np.float32)


def make_linear(model: Model, name: str, shape: tuple[int, int],
                ) -> tuple[np.ndarray | Ternary | Binary, Ternary | Binary]:
    """What is stored, and what the compiler must read from it. Masters are
    bfloat16 numbers, so all formats of one model hold the same trits."""
    masters = draw(name, shape, shape[1] ** -0.5)
    masters = decode(encode(masters, TensorType.BF16),
                     TensorType.BF16).reshape(shape)
    if model.linear_type not in (*TERNARY_TYPES, TensorType.Q1_0):
        if model.is_dequantized:
            matrix = absmean(masters)
            # Exact in all float formats.
            power = np.ceil(np.log2(shape[1]) / 2)
            matrix.scale = np.float32(0.75 * 2 ** -power)
            return matrix.trits * matrix.scale, matrix
        stored = decode(encode(masters, model.linear_type), model.linear_type)
        return masters, absmean(stored.reshape(shape))
    if model.linear_type == TensorType.Q1_0:
        matrix = binarize_blocks(masters)
        if model.row_scales:
            matrix.scale = np.repeat(matrix.scale[:, :1],
                                     matrix.scale.shape[1], 1)
        return matrix, matrix
    matrix = absmean(masters)
    if model.block_scales:
        blocks = shape[1] // TRIT_FORMATS[model.linear_type].elements
        matrix.scale = np.abs(draw(f"{name} scales", (shape[0], blocks),
                                   shape[1] ** -0.5)).astype(np.float16)
    elif model.row_scales:
        matrix.scale = np.linspace(0.5, 1, shape[0]).astype(np.float16)
    elif model.linear_type != TensorType.I2_S:
        matrix.scale = np.float16(matrix.scale)
    return matrix, matrix


def make_table(model: Model, name: str,
               shape: tuple[int, int]) -> np.ndarray | Ternary:
    """An embedding or output head."""
    values = draw(name, shape, 1)
    if model.embedding_type not in TERNARY_TYPES:
        return values
    matrix = absmean(values)
    blocks = shape[1] // TRIT_FORMATS[model.embedding_type].elements
    matrix.scale = np.abs(draw(f"{name} scales", (shape[0], blocks), 1)
                          ).astype(np.float16)
    return matrix


def make_writer(
        model: Model) -> tuple[GgufWriter, dict[str, Ternary | Binary]]:
    """The file of a model, and its linear tensors."""
    tokens, merges = make_vocabulary()
    prefix = model.architecture
    writer = GgufWriter(model.alignment)
    writer.add("general.architecture", prefix)
    writer.add("general.name", model.name)
    writer.add("general.quantization_version", 2)
    shape = model.shape(len(tokens))
    for key, value in {**shape.metadata(), **model.entries}.items():
        if value is not None:
            writer.add(f"{prefix}.{key}", value)
    for key, value in {
            "model": "gpt2", "pre": "llama-bpe", "tokens": tokens,
            "token_type": [TokenType.CONTROL if token in SPECIAL_TOKENS
                           else TokenType.NORMAL for token in tokens],
            "merges": merges,
            "bos_token_id": len(tokens) - 2, "eos_token_id": len(tokens) - 1,
            "padding_token_id": len(tokens) - 1,
            "add_bos_token": True}.items():
        writer.add(f"tokenizer.ggml.{key}", value)

    table_shape = (shape.vocabulary, shape.embedding)
    for table in shape.tables():
        name = f"{table}.weight"
        writer.add_tensor(name, make_table(model, name, table_shape),
                          model.embedding_type)

    def add_norm(name: str, size: int) -> None:
        writer.add_tensor(name, 1 + draw(name, (size,), 0.1), model.norm_type)

    add_norm("output_norm.weight", model.embedding)
    if model.rotation_divisors:
        writer.add_tensor("rope_freqs.weight",
                          np.array(model.rotation_divisors, np.float32),
                          TensorType.F32)
    linear = {}
    for layer in range(model.layers):
        if model.has_unit_scales:
            writer.add_tensor(f"blk.{layer}.attn_q.scale",
                              np.ones(1, np.float32), TensorType.F16)
        for norm, size in shape.layer_norms().items():
            add_norm(f"blk.{layer}.{norm}.weight", size)
        for kind, size in shape.layer_linears().items():
            stem = f"blk.{layer}.{kind}"
            if model.has_input_norms:
                add_norm(f"{stem}_norm_in.weight", size[1])
            if model.has_companions:
                writer.add_tensor(f"{stem}.bias",
                                  draw(f"{stem}.bias", (size[0],), 0.5),
                                  TensorType.F32)
                writer.add_tensor(f"{stem}.scale",
                                  np.array([1.5], np.float32), TensorType.F32)
            name = f"blk.{layer}.{kind}.weight"
            stored, linear[name] = make_linear(model, name, size)
            writer.add_tensor(name, stored, model.linear_type, model.i2s_group)
    return writer, linear


# One model of 256 x 512 in four formats, then the corners.
WIDE = Model("wide", embedding=256, feed_forward=512)
MODELS = [
    replace(WIDE, name="wide-i2_s"),
    replace(WIDE, name="wide-bf16", linear_type=TensorType.BF16),
    replace(WIDE, name="wide-tq1_0", linear_type=TensorType.TQ1_0,
            embedding_type=TensorType.Q6_K),
    replace(WIDE, name="wide-tq2_0", linear_type=TensorType.TQ2_0,
            embedding_type=TensorType.F32),
    replace(WIDE, name="wide-row-scales", linear_type=TensorType.TQ2_0,
            row_scales=True),
    # Scales of blocks, and of rows; a table of bits, too.
    replace(WIDE, name="wide-q1_0", linear_type=TensorType.Q1_0),
    replace(WIDE, name="wide-q1_0-row-scales", linear_type=TensorType.Q1_0,
            embedding_type=TensorType.Q1_0, row_scales=True),
    # A separate head, groups of 64, one kv head.
    Model("bitnet-25-i2_s64", architecture="bitnet-25", embedding=192,
          feed_forward=320, heads=3, kv_heads=1, i2s_group=64,
          embedding_type=TensorType.Q8_0, has_output=True),
    # No extent is a multiple of anything that a kernel likes.
    Model("bitnet-ragged-f16", architecture="bitnet", embedding=100,
          feed_forward=341, heads=5, kv_heads=5,
          linear_type=TensorType.F16,
          entries={"rope.scaling.type": "linear", "rope.scaling.factor": 1.0}),
    Model("bitnet-ragged-bf16", architecture="bitnet", embedding=90,
          feed_forward=213, heads=3, kv_heads=3, linear_type=TensorType.BF16,
          embedding_type=TensorType.BF16, norm_type=TensorType.BF16),
    # The feed-forward layer of bitnet_b1_58-xl, the heads of -3B.
    Model("bitnet-xl-widths", architecture="bitnet", layers=1, embedding=100,
          feed_forward=5460, heads=1, kv_heads=1,
          linear_type=TensorType.BF16),
    Model("b158-one-head-f32", layers=1, embedding=36, feed_forward=21, heads=1,
          kv_heads=1, linear_type=TensorType.F32,
          embedding_type=TensorType.F32, norm_type=TensorType.F16),
    # Heads that do not share the embedding, rotated in part.
    Model("b158-head-size", embedding=64, feed_forward=128, heads=6, kv_heads=3,
          head_size=24, entries={"rope.dimension_count": 18}),
    # All that may be absent is absent.
    Model("b158-defaults", heads=2, entries={
        "vocab_size": None, "attention.head_count_kv": None,
        "rope.dimension_count": None, "rope.freq_base": None}),
    # Float weights that are ternary already.
    Model("b158-dequantized", layers=1, linear_type=TensorType.BF16,
          is_dequantized=True),
    # Architectures of others, with one scale for each matrix: trained with
    # 8-bit activations. Rotations of llama turn neighbours.
    Model("llama-i2_s", architecture="llama"),
    Model("llama-factors", architecture="llama", has_companions=True,
          has_output=True, rotation_divisors=(1.0, 1.5, 2.0) * 5 + (8.0,)),
    Model("llama-dequantized", architecture="llama", heads=2, kv_heads=1,
          linear_type=TensorType.F16, is_dequantized=True,
          entries={"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}),
    # Weights that are no masters.
    Model("llama-q8_0", architecture="llama", linear_type=TensorType.Q8_0,
          embedding_type=TensorType.Q8_0),
    Model("qwen3-i2_s-yarn", architecture="qwen3", head_size=64, entries={
        "rope.scaling.type": "yarn", "rope.scaling.factor": 4.0,
        "rope.scaling.original_context_length": 16}),
    # Embedding models: norms in F16, one in front of each linear layer.
    Model("qwen3-embedding", architecture="qwen3", head_size=64,
          has_input_norms=True, norm_type=TensorType.F16,
          entries={"pooling_type": 3}),
    Model("gemma3-embedding", architecture="gemma3", head_size=64, heads=2,
          kv_heads=1, has_input_norms=True, norm_type=TensorType.F16,
          entries={"pooling_type": 1}),
    # Layers of a window but for the last.
    Model("gemma3-window", architecture="gemma3", layers=3, entries={
        "attention.sliding_window": 5,
        "attention.sliding_window_pattern": 3, "attention.scale": 0.25}),
    # Norms in F32 that do not lie at multiples of four bytes.
    Model("unaligned", layers=1, has_unit_scales=True, alignment=2),
]

# The base of all files that change one thing: as small as a model can be.
SMALL = Model("small", layers=1, embedding=32, feed_forward=64, heads=2,
              kv_heads=1, linear_type=TensorType.I2_S)
QUERY = "blk.0.attn_q.weight"


# ---------------------------------------------------------------------------
# Changes to a right file


def set_key(key: str, value, value_type: ValueType | None = None) -> Mutation:
    return lambda writer: writer.replace(key, value, value_type)


def set_parameter(key: str, value,
                  value_type: ValueType | None = None) -> Mutation:
    return set_key(f"{SMALL.architecture}.{key}", value, value_type)


def without_key(key: str) -> Mutation:
    return lambda writer: writer.remove(key)


def all_of(*mutations: Mutation) -> Mutation:
    def change(writer: GgufWriter) -> None:
        for mutate in mutations:
            mutate(writer)
    return change


def without_tensor(name: str) -> Mutation:
    return lambda writer: writer.remove_tensor(name)


def set_tensor(name: str, shape: tuple[int, ...],
               tensor_type: TensorType = TensorType.F32,
               fill: float = 0.5) -> Mutation:
    def change(writer: GgufWriter) -> None:
        writer.remove_tensor(name)
        writer.add_tensor(name, np.full(shape, fill, np.float32), tensor_type)
    return change


# ---------------------------------------------------------------------------
# Variants of SMALL that are right, too

# The vocabulary size of Llama 3; files of that size may leave out the
# pre-tokenizer.
LLAMA3_TOKENS = 128256


def set_llama3_vocabulary(writer: GgufWriter) -> None:
    tokens = make_vocabulary()[0][:-len(SPECIAL_TOKENS)]
    tokens += [f"<{index}>" for index in range(len(tokens), LLAMA3_TOKENS)]
    tokens[128009] = "<|eot_id|>"
    for key, value in {"tokens": tokens, "bos_token_id": 128000,
                       "eos_token_id": 128001, "eot_token_id": 128009,
                       "padding_token_id": 128001}.items():
        writer.replace(f"tokenizer.ggml.{key}", value)
    for key in ("pre", "token_type", "add_bos_token"):
        writer.remove(f"tokenizer.ggml.{key}")
    writer.replace(f"{SMALL.architecture}.vocab_size", LLAMA3_TOKENS)
    writer.remove_tensor("token_embd.weight")
    writer.add_tensor("token_embd.weight",
                      draw("token_embd.weight",
                           (LLAMA3_TOKENS, SMALL.embedding), 1),
                      TensorType.Q8_0)


def make_characters(unigram: bool) -> Mutation:
    """A tokenizer of characters with as many tokens."""
    def change(writer: GgufWriter) -> None:
        texts = ["<unk>", "<s>", "</s>"]
        types = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL]
        texts += [f"<0x{byte:02X}>" for byte in range(256)]
        types += [TokenType.BYTE] * 256
        texts += ["\u2581"] + [chr(code) for code in range(0x61, 0x7b)]
        texts += ["\u2581t", "he", "\u2581the"]
        count = len(make_vocabulary()[0])
        texts += [f"<{index}>" for index in range(len(texts), count)]
        types += [TokenType.NORMAL] * (count - len(types))
        scores = [float(-index) for index in range(count)]
        for key in writer.keys():
            if key.startswith("tokenizer."):
                writer.remove(key)
        for key, value in {"model": "t5" if unigram else "llama",
                           "tokens": texts, "token_type": types,
                           "scores": scores}.items():
            writer.add(f"tokenizer.ggml.{key}", value)
    return change


# A short template that asks for a system message, and what it would be in a
# file whose model was not trained with it.
CHAT_TEMPLATE = (
    "{% if messages[0].role != 'system' %}"
    "{{ raise_exception('expects a system message') }}{% endif %}"
    "{{ bos_token }}{% for message in messages %}{{ message.role }}: "
    "{{ message.content | trim }}<|end_of_text|>{% endfor %}"
    "{% if add_generation_prompt %}he: {% endif %}")
WRONG_CHAT_TEMPLATE = (
    "{{ 'Human: ' + messages[0].content + 'BITNETAssistant: ' }}")


def remove_tokenizer(writer: GgufWriter) -> None:
    for key in writer.keys():
        if key.startswith("tokenizer."):
            writer.remove(key)


# What is optional is absent, and what changes nothing is present.
VARIANTS: dict[str, Mutation] = {
    "llama3-vocabulary": set_llama3_vocabulary,
    "no-tokenizer": remove_tokenizer,
    "chat": set_key("tokenizer.chat_template", CHAT_TEMPLATE),
    "chat-wrong": all_of(
        set_llama3_vocabulary,
        set_key("tokenizer.chat_template", WRONG_CHAT_TEMPLATE)),
    # It is left out, with a warning.
    "chat-not-supported": set_key("tokenizer.chat_template",
                                  "a\n{{ messages | wordwrap }}"),
    # It is cut as "default" says, with a warning.
    "no-pre-tokenizer": without_key("tokenizer.ggml.pre"),
    "tokenizer-sentencepiece": make_characters(unigram=False),
    "tokenizer-unigram": make_characters(unigram=True),
    "tokenizer-none": set_key("tokenizer.ggml.model", "none"),
    "activation-silu": set_parameter("hidden_activation", "silu"),
    "neutral": all_of(
        set_parameter("expert_count", 0),
        set_parameter("attention.causal", True),
        set_parameter("attention.scale", 0.25),
        set_parameter("rope.scaling.type", "none"),
        set_parameter("rope.scaling.factor", 4.0),
        set_key("split.count", 1, ValueType.U16),
        set_tensor("rope_freqs.weight", (8,), fill=1),
        set_tensor("output_norm.weight", (1, 1, SMALL.embedding))),
    "name-empty": set_key("general.name", ""),
}
