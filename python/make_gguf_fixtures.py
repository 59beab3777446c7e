#!/usr/bin/env python3
"""Writes small GGUF files for tests of the importer.

    make_gguf_fixtures.py DIRECTORY

DIRECTORY/valid         random models of every architecture and tensor type;
                        beside each, NAME.expected with its linear tensors:
                        name, trits -1, 0, +1, CRC-32 of the plain codes, bits
                        of the first scale
DIRECTORY/malformed     no GGUF files: the reader rejects them
DIRECTORY/inconsistent  GGUF files that make no model: the importer rejects them
DIRECTORY/damaged       random damage: anything but a crash is right

The same files on every run.
"""

from __future__ import annotations

import argparse
import struct
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable

import numpy as np

from bitnet_gguf import (GgufWriter, TensorType, Ternary, ValueType, absmean,
                         encode, decode)

MERGES = """Ġ t|h e|Ġ a|i n|Ġt he|r e|o n|e r|Ġ s|a t|e n|n d|Ġ w|i s|o r|
Ġa nd|e s|Ġ o|i t|in g|Ġ b|e d|Ġo f|Ġ c|o u|Ġ p|Ġ m|Ġt o|a r|Ġ f|Ġin|l l|
Ġ h|Ġ d|Ġw h|Ġb e|a l|i c|Ġs t|Ġ1|1 0|Ã ©"""

SPECIAL_TOKENS = ["<|begin_of_text|>", "<|end_of_text|>"]
TOKEN_NORMAL, TOKEN_CONTROL = 1, 3

Mutation = Callable[[GgufWriter], None]


def byte_alphabet() -> list[str]:
    """The character that byte-level BPE shows for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    characters = {byte: chr(byte) for byte in printable}
    others = (byte for byte in range(256) if byte not in characters)
    characters.update({byte: chr(256 + i) for i, byte in enumerate(others)})
    return [characters[byte] for byte in range(256)]


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
    # Whether the head is a tensor of its own.
    has_output: bool = False
    # Whether each row of a linear tensor has its own scale.
    row_scales: bool = False
    # Whether query projections carry a scale tensor and a bias.
    has_scales_and_biases: bool = False
    # More metadata, without the prefix of the architecture.
    entries: dict = field(default_factory=dict)

    @property
    def head_size(self) -> int:
        return self.embedding // self.heads

    def linear_shapes(self) -> dict[str, tuple[int, int]]:
        kv = self.kv_heads * self.head_size
        width, hidden = self.embedding, self.feed_forward
        return {"attn_q": (width, width), "attn_k": (kv, width),
                "attn_v": (kv, width), "attn_output": (width, width),
                "ffn_gate": (hidden, width), "ffn_up": (hidden, width),
                "ffn_down": (width, hidden)}


def draw(tensor_name: str, shape: tuple[int, ...], scale: float) -> np.ndarray:
    """Normal numbers that depend on name and shape only."""
    seed = zlib.crc32(f"{tensor_name} {shape}".encode())
    return np.random.default_rng(seed).normal(0, scale, shape).astype(np.float32)


def make_linear(model: Model, name: str, shape: tuple[int, int],
                ) -> tuple[np.ndarray | Ternary, Ternary]:
    """What is stored, and what the compiler must read from it. Masters are
    bfloat16 numbers, so all formats of one model hold the same trits."""
    masters = draw(name, shape, shape[1] ** -0.5)
    masters = decode(encode(masters, TensorType.BF16),
                     TensorType.BF16).reshape(shape)
    if model.linear_type in (TensorType.F32, TensorType.F16, TensorType.BF16):
        stored = decode(encode(masters, model.linear_type), model.linear_type)
        return masters, absmean(stored.reshape(shape))
    matrix = absmean(masters)
    if model.row_scales:
        matrix.scale = np.linspace(0.5, 1, shape[0]).astype(np.float16)
    elif model.linear_type != TensorType.I2_S:
        matrix.scale = np.float16(matrix.scale)
    return matrix, matrix


def make_writer(model: Model) -> tuple[GgufWriter, dict[str, Ternary]]:
    """The file of a model, and its linear tensors."""
    tokens, merges = make_vocabulary()
    prefix = model.architecture
    writer = GgufWriter()
    writer.add("general.architecture", prefix)
    writer.add("general.name", model.name)
    writer.add("general.quantization_version", 2)
    for key, value in {
            "vocab_size": len(tokens),
            "context_length": model.context,
            "embedding_length": model.embedding,
            "block_count": model.layers,
            "feed_forward_length": model.feed_forward,
            "rope.dimension_count": model.head_size,
            "attention.head_count": model.heads,
            "attention.head_count_kv": model.kv_heads,
            "attention.layer_norm_rms_epsilon": 1e-5,
            "rope.freq_base": 10000.0 if prefix == "bitnet" else 500000.0,
            **model.entries}.items():
        writer.add(f"{prefix}.{key}", value)
    for key, value in {
            "model": "gpt2", "pre": "llama-bpe", "tokens": tokens,
            "token_type": [TOKEN_CONTROL if token in SPECIAL_TOKENS
                           else TOKEN_NORMAL for token in tokens],
            "merges": merges,
            "bos_token_id": len(tokens) - 2, "eos_token_id": len(tokens) - 1,
            "padding_token_id": len(tokens) - 1,
            "add_bos_token": True}.items():
        writer.add(f"tokenizer.ggml.{key}", value)

    table_shape = (len(tokens), model.embedding)
    writer.add_tensor("token_embd.weight",
                      draw("token_embd.weight", table_shape, 1),
                      model.embedding_type)
    if model.has_output:
        writer.add_tensor("output.weight", draw("output.weight", table_shape, 1),
                          model.embedding_type)

    def add_norm(name: str, size: int) -> None:
        writer.add_tensor(name, 1 + draw(name, (size,), 0.1), TensorType.F32)

    add_norm("output_norm.weight", model.embedding)
    linear = {}
    for layer in range(model.layers):
        for norm in ("attn_norm", "attn_sub_norm", "ffn_norm"):
            add_norm(f"blk.{layer}.{norm}.weight", model.embedding)
        add_norm(f"blk.{layer}.ffn_sub_norm.weight", model.feed_forward)
        for kind, shape in model.linear_shapes().items():
            name = f"blk.{layer}.{kind}.weight"
            stored, linear[name] = make_linear(model, name, shape)
            writer.add_tensor(name, stored, model.linear_type, model.i2s_group)
        if model.has_scales_and_biases:
            writer.add_tensor(f"blk.{layer}.attn_q.scale",
                              np.array([1.25], np.float32), TensorType.F32)
            name = f"blk.{layer}.attn_q.bias"
            writer.add_tensor(name, draw(name, (model.embedding,), 0.1),
                              TensorType.F32)
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
          embedding_type=TensorType.BF16, has_scales_and_biases=True),
    Model("b158-one-head-f32", layers=1, embedding=36, feed_forward=21, heads=1,
          kv_heads=1, linear_type=TensorType.F32,
          embedding_type=TensorType.F32),
]

# The base of all hostile files: as small as a model can be.
SMALL = Model("small", layers=1, embedding=32, feed_forward=64, heads=2,
              kv_heads=1, linear_type=TensorType.I2_S)
QUERY = "blk.0.attn_q.weight"


def write_valid(directory: Path) -> None:
    for model in [*MODELS, replace(SMALL, name="small")]:
        writer, linear = make_writer(model)
        writer.write(directory / f"{model.name}.gguf")
        lines = []
        for name, matrix in linear.items():
            counts = [np.count_nonzero(matrix.trits == trit)
                      for trit in (-1, 0, 1)]
            scale = np.float32(np.reshape(matrix.scale, -1)[0])
            lines.append(f"{name} {counts[0]} {counts[1]} {counts[2]} "
                         f"{zlib.crc32(matrix.codes()):08x} "
                         f"{scale.view(np.uint32):08x}\n")
        (directory / f"{model.name}.expected").write_text("".join(lines))


# ---------------------------------------------------------------------------
# Malformed: one field of a right file is wrong.


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def u64(value: int) -> bytes:
    return struct.pack("<Q", value % (1 << 64))


ARCHITECTURE = "key general.architecture"
TOKENS = "key tokenizer.ggml.tokens"
TENSOR = f"tensor {QUERY}"

# File name: label of the field, its new bytes.
MALFORMED_FIELDS = {
    "magic": ("magic", b"GGML"),
    "version-0": ("version", u32(0)),
    "version-1": ("version", u32(1)),
    "version-4": ("version", u32(4)),
    "big-endian": ("version", struct.pack(">I", 3)),
    "tensor-count-huge": ("number of tensors", u64(1 << 62)),
    "tensor-count-negative": ("number of tensors", u64(-1)),
    "tensor-count-million": ("number of tensors", u64(1000000)),
    "entry-count-huge": ("number of entries", u64(1 << 63)),
    "entry-count-negative": ("number of entries", u64(-1)),
    "key-length-huge": (f"{ARCHITECTURE}/length", u64(1 << 60)),
    "key-length-wraps": (f"{ARCHITECTURE}/length", u64(-8)),
    "key-length-zero": (f"{ARCHITECTURE}/length", u64(0)),
    "key-not-utf8": (ARCHITECTURE, b"general.\xff\xfe\xff\xfe\xff\xfe\xff\xfe"
                                   b"\xff\xfe\xff\xfe"),
    "key-with-nul": (ARCHITECTURE, b"general\0architecture"),
    "value-type-unknown": (f"{ARCHITECTURE}/type", u32(13)),
    "value-type-huge": (f"{ARCHITECTURE}/type", u32(0xFFFFFFFF)),
    "string-length-huge": (f"{ARCHITECTURE}/value/length", u64(1 << 61)),
    "bool-2": ("key tokenizer.ggml.add_bos_token/value", b"\2"),
    "array-nested": (f"{TOKENS}/element type", u32(9)),
    "array-type-unknown": (f"{TOKENS}/element type", u32(99)),
    "array-count-huge": (f"{TOKENS}/count", u64(1 << 61)),
    "array-count-wraps": ("key tokenizer.ggml.token_type/count", u64(1 << 62)),
    "array-string-huge": (f"{TOKENS}/7/length", u64(1 << 40)),
    "tensor-name-empty": (f"{TENSOR}/length", u64(0)),
    "tensor-name-huge": (f"{TENSOR}/length", u64(1 << 50)),
    "tensor-name-not-utf8": (TENSOR, b"blk.0.attn_q.weigh\x80"),
    "dimensions-0": (f"{TENSOR}/dimensions", u32(0)),
    "dimensions-5": (f"{TENSOR}/dimensions", u32(5)),
    "dimensions-huge": (f"{TENSOR}/dimensions", u32(0x80000000)),
    "extent-0": (f"{TENSOR}/extent 0", u64(0)),
    "extent-negative": (f"{TENSOR}/extent 1", u64(-32)),
    "extent-product-wraps": (f"{TENSOR}/extent 1", u64(1 << 59)),
    "extent-too-large": (f"{TENSOR}/extent 1", u64(33)),
    "extent-too-small": (f"{TENSOR}/extent 1", u64(16)),
    "extent-odd": (f"{TENSOR}/extent 0", u64(33)),
    "offset-misaligned": (f"{TENSOR}/offset", u64(33)),
    "offset-past-end": (f"{TENSOR}/offset", u64(1 << 40)),
    "offset-negative": (f"{TENSOR}/offset", u64(-32)),
    "offset-of-another": (f"{TENSOR}/offset", u64(0)),
    "offset-overlaps": (f"{TENSOR}/offset", u64(32)),
    "type-larger": (f"{TENSOR}/type", u32(TensorType.F32)),
    "type-smaller": (f"{TENSOR}/type", u32(24)),
}


def join_with(writer: GgufWriter, label: str, data: bytes) -> bytes:
    """The file with other bytes in one field; what follows is not moved to the
    next alignment, as a careless or hostile writer would leave it."""
    pieces = writer.pieces()
    assert any(piece.label == label for piece in pieces), label
    return b"".join(data if piece.label == label else piece.data
                    for piece in pieces)


def write_malformed(directory: Path) -> None:
    writer, _ = make_writer(SMALL)

    def write_field(name: str, label: str, data: bytes) -> None:
        (directory / f"{name}.gguf").write_bytes(join_with(writer, label, data))

    for name, (label, data) in MALFORMED_FIELDS.items():
        write_field(name, label, data)
    for kind, count in (("tensors", len(writer.tensor_names())),
                        ("entries", len(writer.keys()))):
        write_field(f"{kind}-one-more", f"number of {kind}", u64(count + 1))
    write_field("entries-one-less", "number of entries",
                u64(len(writer.keys()) - 1))

    def write_with(name: str, mutate: Mutation) -> None:
        changed, _ = make_writer(SMALL)
        mutate(changed)
        changed.write(directory / f"{name}.gguf")

    eight = np.zeros(8, np.float32)
    write_with("key-duplicate", lambda writer: writer.add("general.name", "b"))
    write_with("key-long", lambda writer: writer.add("k" * 65536, 1))
    write_with("tensor-name-duplicate",
               lambda writer: writer.add_tensor(QUERY, eight, TensorType.F32))
    write_with("tensor-name-long",
               lambda writer: writer.add_tensor("n" * 64, eight,
                                                TensorType.F32))
    write_with("blocks-across-rows",
               lambda writer: writer.add_raw_tensor(
                   "ragged", (32, 31), TensorType.Q8_0, bytes(31 * 34)))
    for alignment in (0, 24, 1 << 31):
        write_with(f"alignment-{alignment}",
                   set_key("general.alignment", alignment))
    write_cuts(directory, writer)


def write_cuts(directory: Path, writer: GgufWriter) -> None:
    """Files that end in front of a field or before the last byte of data."""
    whole = writer.to_bytes()
    last_data = f"data {writer.tensor_names()[-1]}"
    size = 0
    for piece in writer.pieces():
        # Of an array, the first elements are enough.
        index = piece.label.removesuffix("/length").rpartition("/")[2]
        if not index.isdigit() or int(index) < 2:
            (directory / f"cut-{size:06}.gguf").write_bytes(whole[:size])
        size += len(piece.data)
        if piece.label == last_data:
            break
    (directory / "cut-last-byte.gguf").write_bytes(whole[:size - 1])


# ---------------------------------------------------------------------------
# Inconsistent: every field is readable, together they make no model.


def set_key(key: str, value, value_type: ValueType | None = None) -> Mutation:
    return lambda writer: writer.replace(key, value, value_type)


def set_parameter(key: str, value,
                  value_type: ValueType | None = None) -> Mutation:
    return set_key(f"{SMALL.architecture}.{key}", value, value_type)


def without_key(key: str) -> Mutation:
    return lambda writer: writer.remove(key)


def without_tensor(name: str) -> Mutation:
    return lambda writer: writer.remove_tensor(name)


def set_tensor(name: str, shape: tuple[int, ...],
               tensor_type: TensorType = TensorType.F32,
               fill: float = 0.5) -> Mutation:
    def change(writer: GgufWriter) -> None:
        writer.remove_tensor(name)
        writer.add_tensor(name, np.full(shape, fill, np.float32), tensor_type)
    return change


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
INCONSISTENT: dict[str, Mutation] = {
    "no-architecture": without_key("general.architecture"),
    "architecture-unknown": set_key("general.architecture", "nobody-knows"),
    "architecture-not-a-string": set_key("general.architecture", 7),
    **{f"no-{key.replace('.', '-')}":
           without_key(f"{SMALL.architecture}.{key}")
       for key in ("context_length", "embedding_length", "block_count",
                   "feed_forward_length", "attention.head_count",
                   "attention.layer_norm_rms_epsilon")},
    "block-count-0": set_parameter("block_count", 0),
    "block-count-2": set_parameter("block_count", 2),
    "block-count-huge": set_parameter("block_count", 0xFFFFFFFF),
    "block-count-float": set_parameter("block_count", 1.0),
    "block-count-negative": set_parameter("block_count", -1, ValueType.I32),
    "embedding-length-0": set_parameter("embedding_length", 0),
    "embedding-length-64": set_parameter("embedding_length", 64),
    "embedding-length-huge": set_parameter("embedding_length", 1 << 62,
                                           ValueType.U64),
    "feed-forward-length-63": set_parameter("feed_forward_length", 63),
    "context-length-0": set_parameter("context_length", 0),
    "context-length-huge": set_parameter("context_length", 1 << 63,
                                         ValueType.U64),
    "head-count-0": set_parameter("attention.head_count", 0),
    "head-count-3": set_parameter("attention.head_count", 3),
    "head-count-huge": set_parameter("attention.head_count", 0xFFFFFFFF),
    "head-count-kv-0": set_parameter("attention.head_count_kv", 0),
    "head-count-kv-2": set_parameter("attention.head_count_kv", 2),
    "head-count-kv-4": set_parameter("attention.head_count_kv", 4),
    "rope-dimension-count-odd": set_parameter("rope.dimension_count", 15),
    "rope-dimension-count-large": set_parameter("rope.dimension_count", 64),
    "rope-freq-base-0": set_parameter("rope.freq_base", 0.0),
    "rope-freq-base-nan": set_parameter("rope.freq_base", float("nan")),
    "epsilon-negative": set_parameter("attention.layer_norm_rms_epsilon", -1.0),
    "epsilon-infinite": set_parameter("attention.layer_norm_rms_epsilon",
                                      float("inf")),
    "rope-scaling-unknown": set_parameter("rope.scaling.type", "spiral"),
    "split-file": lambda writer: (writer.add("split.no", 0, ValueType.U16),
                                  writer.add("split.count", 2, ValueType.U16)),
    "no-embedding": without_tensor("token_embd.weight"),
    "no-output-norm": without_tensor("output_norm.weight"),
    "no-query": without_tensor(QUERY),
    "no-attention-sub-norm": without_tensor("blk.0.attn_sub_norm.weight"),
    "no-tensors": lambda writer: [writer.remove_tensor(name)
                                 for name in writer.tensor_names()],
    "embedding-rows": set_tensor("token_embd.weight",
                                 (len(SMALL_TOKENS) - 1, SMALL.embedding)),
    "embedding-1d": set_tensor("token_embd.weight", (SMALL.embedding,)),
    "norm-size": set_tensor("output_norm.weight", (SMALL.embedding + 1,)),
    "norm-2d": set_tensor("output_norm.weight", (1, SMALL.embedding, 1, 2)),
    "norm-not-finite": set_tensor("output_norm.weight", (SMALL.embedding,),
                                  fill=float("nan")),
    "query-transposed": set_tensor(QUERY, (SMALL.embedding, 64)),
    "query-3d": set_tensor(QUERY, (2, SMALL.embedding, SMALL.embedding)),
    "query-not-finite": set_tensor(QUERY, (SMALL.embedding, SMALL.embedding),
                                   fill=float("inf")),
    "query-type-unknown": set_query(tensor_type=99),
    "query-type-unsupported": set_query(tensor_type=42),
    "query-scale-nan": set_query(scale=float("nan")),
    "query-scale-infinite": set_query(scale=float("inf")),
    "query-code-3": set_query(raw=put_invalid_code),
    "tokens-not-strings": set_key("tokenizer.ggml.tokens", [1, 2, 3]),
    "tokens-too-few": set_key("tokenizer.ggml.tokens", SMALL_TOKENS[:-5]),
    "token-types-too-few": set_key("tokenizer.ggml.token_type", [1, 1]),
    "bos-out-of-range": set_key("tokenizer.ggml.bos_token_id", 100000),
    "eos-negative": set_key("tokenizer.ggml.eos_token_id", -2, ValueType.I32),
    "merge-without-space": set_key("tokenizer.ggml.merges", ["ab"]),
    "merge-unknown": set_key("tokenizer.ggml.merges", ["zz qqq"]),
    "tokenizer-unknown": set_key("tokenizer.ggml.model", "telepathy"),
}


def write_inconsistent(directory: Path) -> None:
    for name, mutate in INCONSISTENT.items():
        writer, _ = make_writer(SMALL)
        mutate(writer)
        writer.write(directory / f"{name}.gguf")


def write_damaged(directory: Path, count: int) -> None:
    """Flips bits in front of the tensor data."""
    writer, _ = make_writer(SMALL)
    whole = writer.to_bytes()
    header = sum(len(piece.data) for piece in writer.pieces()
                 if not piece.label.startswith("data "))
    random = np.random.default_rng(1)
    for index in range(count):
        damaged = bytearray(whole)
        for _ in range(random.integers(1, 5)):
            damaged[random.integers(header)] ^= 1 << random.integers(8)
        (directory / f"flip-{index:03}.gguf").write_bytes(damaged)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--damaged", type=int, default=100, metavar="COUNT",
                        help="number of randomly damaged files")
    options = parser.parse_args()
    for name in ("valid", "malformed", "inconsistent", "damaged"):
        directory = options.directory / name
        directory.mkdir(parents=True, exist_ok=True)
        for old in [*directory.glob("*.gguf"), *directory.glob("*.expected")]:
            old.unlink()
    write_valid(options.directory / "valid")
    write_malformed(options.directory / "malformed")
    write_inconsistent(options.directory / "inconsistent")
    write_damaged(options.directory / "damaged", options.damaged)


if __name__ == "__main__":
    main()
