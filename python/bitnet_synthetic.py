#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes models of random weights in the shapes of real ones, for measurements.

    bitnet_synthetic.py 2b-4t -o 2b-4t.gguf
    bitnet_synthetic.py 2b-4t --layers 2 --vocab-size 512 --type tq2_0
    bitnet_synthetic.py 70b --dry-run

Trits are independent and uniform but for --zeros; scales keep activations near
1 and logits like those of trained models. A seed stands for one model, whatever
the type of its weights: the trits and scales of all types are equal. Memory
holds a part of a tensor at a time.
"""

from __future__ import annotations

import argparse
import errno
import math
import shutil
import sys
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Iterator

import numpy as np

from bitnet_gguf import GgufWriter
from bitnet_shapes import SHAPES, Shape
from bitnet_tensors import TensorType, Ternary, decode, encode
from bitnet_tokenizer import (Tokenizer, add_tokenizer, fill_vocabulary,
                              make_byte_tokenizer, read_tokenizer)

LINEAR_TYPES = ("i2_s", "tq1_0", "tq2_0", "bf16", "f32")
TABLE_TYPES = ("f16", "bf16", "f32", "q6_k", "q8_0")
ARCHITECTURES = ("bitnet-b1.58", "bitnet-25", "bitnet", "llama")

# Elements that are made at once: what the cache holds.
BLOCK_ELEMENTS = 1 << 20
# The standard deviation of logits.
LOGIT_DEVIATION = 4
NORM_DEVIATION = 0.05


class Draws:
    """Random numbers of 16 bits that depend on seed and tensor only."""

    def __init__(self, seed: int, tensor_name: str):
        self._generator = np.random.SFC64(np.random.SeedSequence(
            [seed, zlib.crc32(tensor_name.encode())]))

    def take(self, count: int) -> np.ndarray:
        words = self._generator.random_raw(-(-count // 4))
        return words.astype("<u8", copy=False).view("<u2")[:count]


@cache
def normal_quantiles() -> np.ndarray:
    """Turns numbers of 16 bits into those of the normal distribution."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((number + 0.5) / 65536)
                     for number in range(65536)], np.float32)


def row_blocks(shape: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Shapes of blocks of rows. 128 rows are whole groups of I2_S, whatever the
    number of columns."""
    rows, columns = shape
    step = max(BLOCK_ELEMENTS // columns // 128, 1) * 128
    for first in range(0, rows, step):
        yield min(step, rows - first), columns


def draw_scale(columns: int, zeros: float, draws: Draws) -> np.float32:
    """About what keeps the variance of activations. The eight bits of BF16 are
    exact in the scales of all types."""
    deviation = math.sqrt(columns * (1 - zeros)) or 1
    factor = 0.9 + 0.2 * int(draws.take(1)[0]) / 65536
    rounded = encode(np.array([factor / deviation]), TensorType.BF16)
    return decode(rounded, TensorType.BF16)[0]


def trit_blocks(shape: tuple[int, int], zeros: float,
                draws: Draws) -> Iterator[Ternary]:
    scale = draw_scale(shape[1], zeros, draws)
    # -1 below `low`, +1 from `high` on, and as many of the one as of the other.
    low = round((1 - zeros) * 65536 / 2)
    high = 65536 - low
    for block in row_blocks(shape):
        numbers = draws.take(math.prod(block))
        trits = (numbers >= low).view(np.int8) - (numbers < high).view(np.int8)
        yield Ternary(trits.reshape(block), scale)


def normal_blocks(shape: tuple[int, int], deviation: float,
                  draws: Draws) -> Iterator[np.ndarray]:
    quantiles = normal_quantiles() * np.float32(deviation)
    for block in row_blocks(shape):
        yield quantiles[draws.take(math.prod(block))].reshape(block)


def make_writer(name: str, shape: Shape, tokenizer: Tokenizer,
                arguments: argparse.Namespace) -> GgufWriter:
    """ValueError if a type cannot hold a tensor."""
    writer = GgufWriter()
    writer.add("general.architecture", shape.architecture)
    writer.add("general.name", name)
    writer.add("general.quantization_version", 2)
    for key, value in shape.metadata().items():
        writer.add(f"{shape.architecture}.{key}", value)
    if arguments.activation:
        writer.add(f"{shape.architecture}.hidden_activation",
                   arguments.activation)
    add_tokenizer(writer, tokenizer)

    table_type = TensorType[arguments.embedding_type.upper()]
    linear_type = TensorType[arguments.type.upper()]

    def add_table(name: str) -> None:
        size = (shape.vocabulary, shape.embedding)
        writer.add_tensor_blocks(
            name, size, table_type,
            lambda: normal_blocks(size, LOGIT_DEVIATION / size[1] ** 0.5,
                                  Draws(arguments.seed, name)))

    def add_norm(name: str, size: int) -> None:
        random = normal_quantiles()[Draws(arguments.seed, name).take(size)]
        writer.add_tensor(name, 1 + NORM_DEVIATION * random, TensorType.F32)

    def add_linear(name: str, size: tuple[int, int]) -> None:
        writer.add_tensor_blocks(
            name, size, linear_type,
            lambda: trit_blocks(size, arguments.zeros,
                                Draws(arguments.seed, name)))

    for table in shape.tables():
        add_table(f"{table}.weight")
    for layer in range(shape.layers):
        for norm, size in shape.layer_norms().items():
            add_norm(f"blk.{layer}.{norm}.weight", size)
        for linear, size in shape.layer_linears().items():
            add_linear(f"blk.{layer}.{linear}.weight", size)
    add_norm("output_norm.weight", shape.embedding)
    return writer


# ---------------------------------------------------------------------------
# The command line


class Parser(argparse.ArgumentParser):
    def error(self, message: str):
        sys.exit(f"error: {message}")


def integer(most: int):
    """A type of arguments."""
    def parse(text: str) -> int:
        if text.isdecimal() and 1 <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"expects an integer from 1 to {most}, found '{text}'")
    return parse


def number(least: float, most: float):
    """A type of arguments."""
    def parse(text: str) -> float:
        try:
            if least <= float(text) <= most:
                return float(text)
        except ValueError:
            pass
        raise argparse.ArgumentTypeError(
            f"expects a number from {least:g} to {most:g}, found '{text}'")
    return parse


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, allow_abbrev=False,
                    formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("shape", help=", ".join(SHAPES))
    parser.add_argument("-o", "--output", type=Path, metavar="FILE",
                        help="default: synthetic-SHAPE.TYPE.gguf")
    parser.add_argument("--dry-run", action="store_true",
                        help="print sizes, write nothing")
    parser.add_argument("--header-only", action="store_true",
                        help="leave out the data of tensors, which read as "
                             "zeros; the file takes no room on disk")
    parser.add_argument("--seed", type=integer(2 ** 63), default=1)
    weights = parser.add_argument_group("weights")
    weights.add_argument("--type", choices=LINEAR_TYPES, default="i2_s",
                         help="of linear layers; default: i2_s")
    weights.add_argument("--embedding-type", choices=TABLE_TYPES,
                         default="f16",
                         help="of embedding and head; default: f16")
    weights.add_argument("--zeros", type=number(0, 1), default=1 / 3,
                         metavar="SHARE", help="of trits; default: 1/3")
    tokens = parser.add_argument_group("tokenizer")
    tokens.add_argument("--tokenizer", type=Path, metavar="FILE",
                        help="GGUF file or tokenizer.json, filled with unused "
                             "tokens; default: a token for each byte")
    sizes = parser.add_argument_group("other than the shape's")
    sizes.add_argument("--architecture", choices=ARCHITECTURES)
    sizes.add_argument("--activation", choices=["relu2", "silu"],
                       help="named in the file; default: the architecture's")
    for name, most in (("layers", 1 << 12), ("embedding-length", 1 << 20),
                       ("feed-forward-length", 1 << 24), ("heads", 1 << 12),
                       ("kv-heads", 1 << 12), ("head-size", 1 << 12),
                       ("vocab-size", 1 << 20), ("context-length", 1 << 24)):
        sizes.add_argument(f"--{name}", type=integer(most), metavar="N")
    for name in ("rope-base", "epsilon"):
        sizes.add_argument(f"--{name}", type=number(1e-30, 1e30), metavar="X")
    sizes.add_argument("--tied", action=argparse.BooleanOptionalAction,
                       help="whether the embedding is the head, too")
    arguments = parser.parse_args()
    if arguments.shape not in SHAPES:
        parser.error(f"expects one of the shapes {', '.join(SHAPES)}, found "
                     f"'{arguments.shape}'")
    return arguments


def override(shape: Shape, arguments: argparse.Namespace) -> Shape:
    """ValueError if the sizes make no model."""
    given = {"architecture": arguments.architecture,
             "layers": arguments.layers,
             "embedding": arguments.embedding_length,
             "feed_forward": arguments.feed_forward_length,
             "heads": arguments.heads,
             "kv_heads": arguments.kv_heads,
             "head_size": arguments.head_size,
             "vocabulary": arguments.vocab_size,
             "context": arguments.context_length,
             "rope_base": arguments.rope_base,
             "epsilon": arguments.epsilon,
             "tied": arguments.tied}
    return replace(shape, **{name: value for name, value in given.items()
                             if value is not None})


def print_sizes(writer: GgufWriter) -> None:
    """Of the parts of the file."""
    groups = {"embedding and head": [], "norms": [], "linear layers": []}
    for tensor in writer.tensors:
        group = ("norms" if len(tensor.shape) == 1 else "linear layers"
                 if tensor.name.startswith("blk.") else "embedding and head")
        groups[group].append(tensor)
    print(f"{'':20}{'weights':>16}  {'type':5}{'bytes':>16}")
    for group, tensors in groups.items():
        weights = sum(math.prod(tensor.shape) for tensor in tensors)
        kind = TensorType(tensors[0].tensor_type).name.lower()
        size = sum(tensor.size for tensor in tensors)
        print(f"{group:20}{weights:16}  {kind:5}{size:16}")
    weights = sum(math.prod(tensor.shape) for tensor in writer.tensors)
    print(f"{'file':20}{weights:16}  {'':5}{writer.size():16}")


def make_progress(name: str, size: int):
    """Shows how much is written, on a terminal."""
    if not sys.stderr.isatty():
        return lambda written: None

    shown = -1

    def report(written: int) -> None:
        nonlocal shown
        if written >> 20 == shown and written < size:
            return
        shown = written >> 20
        print(f"\r{name}: {shown} of {size >> 20} MiB",
              end="\n" if written == size else "", file=sys.stderr, flush=True)
    return report


def write(writer: GgufWriter, path: Path) -> None:
    """OSError."""
    size = writer.size()
    free = shutil.disk_usage(path.absolute().parent).free
    if size > free:
        raise OSError(errno.ENOSPC, f"expects {size} bytes of free space, "
                                    f"found {free}")
    writer.write(path, make_progress(path.name, size))


def main() -> None:
    arguments = parse_arguments()
    name = f"synthetic-{arguments.shape}"
    path = arguments.output or Path(f"{name}.{arguments.type}.gguf")
    try:
        tokenizer = (read_tokenizer(arguments.tokenizer)
                     if arguments.tokenizer else make_byte_tokenizer())
    except OSError as error:
        sys.exit(f"error: cannot read '{arguments.tokenizer}': "
                 f"{error.strerror}")
    except ValueError as error:
        sys.exit(f"error: {arguments.tokenizer}: {error}")
    try:
        shape = override(SHAPES[arguments.shape], arguments)
        fill_vocabulary(tokenizer, shape.vocabulary)
        writer = make_writer(name, shape, tokenizer, arguments)
    except ValueError as error:
        sys.exit(f"error: {error}")
    if arguments.dry_run:
        print_sizes(writer)
        return
    try:
        if arguments.header_only:
            writer.write_header(path)
        else:
            write(writer, path)
    except OSError as error:
        sys.exit(f"error: cannot write '{path}': {error.strerror}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
