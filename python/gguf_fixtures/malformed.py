# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Files that are no GGUF: one field of a right file is wrong."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from bitnet_gguf import GgufWriter, ValueType
from bitnet_tensors import TensorType
from gguf_fixtures.models import (QUERY, SMALL, Mutation, all_of, make_writer,
                                  set_key)


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
    # Neither of the sizes that forks give the id.
    write_with("type-ambiguous-size", lambda writer: (
        writer.add_raw_tensor("a", (128, 128), TensorType.Q2_0,
                              bytes(35 * 128)),
        writer.add_tensor("b", eight, TensorType.F32)))
    # A fourth part of a model of three, and a part without a number.
    for number in (3, 0):
        write_with(f"part-{number}-of-3", all_of(
            set_key("split.no", number, ValueType.U16),
            set_key("split.count", 3, ValueType.U16)))
    write_with("part-count-text", set_key("split.count", "3"))
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
