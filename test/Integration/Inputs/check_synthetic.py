# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks what bitnet_synthetic.py writes.

    check_synthetic.py bitnet_synthetic.py MODEL TOKENIZER SCRATCH

MODEL and TOKENIZER are a GGUF file and a tokenizer.json with one vocabulary.
"""

import os
import pty
import resource
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np

from bitnet_gguf import GgufReader
from bitnet_shapes import SHAPES
from bitnet_tensors import TensorType

SCRIPT, MODEL, TOKENIZER = sys.argv[1:4]
SCRATCH = Path(sys.argv[4])
LINEAR_TYPES = ("i2_s", "tq1_0", "tq2_0", "bf16", "f32")
TABLE_TYPES = ("f16", "bf16", "f32", "q6_k", "q8_0")
# Linear layers of more than one block of rows, which are made one by one.
TINY = ("--layers=2", "--embedding-length=512", "--heads=4", "--kv-heads=2",
        "--feed-forward-length=2560", "--vocab-size=300")
SIGMAS = 5


def run(*arguments, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-B", SCRIPT, *arguments],
                          check=True, capture_output=True, text=True, **options)


def make(name: str, shape: str, *arguments) -> GgufReader:
    path = SCRATCH / f"{name}.gguf"
    printed = run(shape, "-o", path, *arguments)
    assert printed.stdout == printed.stderr == "", printed
    return GgufReader(path)


def check_tensors(file: GgufReader, linear_type: str, table_type: str) -> None:
    """Of a model of TINY."""
    expected = {"token_embd": (300, 512), "output_norm": (512,)}
    for layer in range(2):
        for name, shape in {
                "attn_norm": (512,), "attn_sub_norm": (512,),
                "ffn_norm": (512,), "ffn_sub_norm": (2560,),
                "attn_q": (512, 512), "attn_k": (256, 512),
                "attn_v": (256, 512), "attn_output": (512, 512),
                "ffn_gate": (2560, 512), "ffn_up": (2560, 512),
                "ffn_down": (512, 2560)}.items():
            expected[f"blk.{layer}.{name}"] = shape
    shapes = {name.removesuffix(".weight"): tensor.shape
              for name, tensor in file.tensors.items()}
    assert shapes == expected, shapes
    for name, tensor in file.tensors.items():
        kind = ("f32" if "norm" in name else
                linear_type if name.startswith("blk.") else table_type)
        assert tensor.tensor_type == TensorType[kind.upper()], name
        values = tensor.decode()
        deviation = {"f32": 0.05}.get(kind, None) if "norm" in name else (
            4 / 512 ** 0.5 if name == "token_embd.weight" else None)
        if deviation:
            mean = 1 if "norm" in name else 0
            assert abs(values.mean() - mean) < SIGMAS * deviation / \
                values.size ** 0.5, name
            assert abs(values.std() / deviation - 1) < SIGMAS / \
                values.size ** 0.5, name


def check_types() -> dict[str, np.ndarray]:
    """All types hold one model; returns its linear weights."""
    weights = {}
    for linear, table in zip(LINEAR_TYPES, TABLE_TYPES):
        file = make(linear, "2b-4t", *TINY, f"--type={linear}",
                    f"--embedding-type={table}")
        check_tensors(file, linear, table)
        for name, tensor in file.tensors.items():
            if name.startswith("blk."):
                values = tensor.decode()
                first = weights.setdefault(name, values)
                assert np.array_equal(values, first), (linear, name)
    return {name: values for name, values in weights.items()
            if values.ndim == 2}


def assert_share(events: np.ndarray, share: float, what) -> None:
    tolerance = SIGMAS * (share * (1 - share) / events.size) ** 0.5
    # Trits are drawn with 16 bits.
    assert abs(events.mean() - share) <= tolerance + 2 ** -16, what


def check_trits(weights: dict[str, np.ndarray], zeros: float) -> None:
    """Trits are independent of each other, and each value is as frequent as it
    should be."""
    for name, values in weights.items():
        scale = np.abs(values).max()
        assert np.isin(values, (-scale, 0, scale)).all(), name
        trits = np.sign(values)
        assert_share(trits == 0, zeros, name)
        assert_share(trits == 1, (1 - zeros) / 2, name)
        # Outputs keep the variance of inputs.
        if zeros < 1:
            gain = scale ** 2 * values.shape[1] * (1 - zeros)
            assert 0.8 < gain < 1.25, (name, gain)
    # Neighbours, rows, blocks and tensors.
    for name, values in weights.items():
        trits = np.sign(values)
        rows = len(trits)
        for other in (trits[:, 1:], trits[1:], trits[rows // 5:],
                      trits[rows // 2:]):
            part = trits[:other.shape[0], :other.shape[1]]
            assert_share(part * other == 1, (1 - zeros) ** 2 / 2, name)
    for first, second in combinations(weights.values(), 2):
        if first.shape == second.shape:
            assert_share(np.sign(first * second) == 1, (1 - zeros) ** 2 / 2,
                         "tensors")


def linear_weights(file: GgufReader) -> dict[str, np.ndarray]:
    return {name: tensor.decode() for name, tensor in file.tensors.items()
            if name.startswith("blk.") and len(tensor.shape) == 2}


def check_seed() -> None:
    first = (SCRATCH / "i2_s.gguf").read_bytes()
    make("again", "2b-4t", *TINY)
    assert (SCRATCH / "again.gguf").read_bytes() == first
    other = linear_weights(make("seed", "2b-4t", *TINY, "--seed=2"))
    for name, values in linear_weights(GgufReader(SCRATCH /
                                                  "i2_s.gguf")).items():
        assert_share(np.sign(values * other[name]) == 1, 2 / 9, name)


def check_shapes() -> None:
    """Each shape, with few layers and tokens but its own widths."""
    published = {  # layers, width, hidden, heads, KV heads, tokens, parameters
        "2b-4t": (30, 2560, 6912, 20, 5, 128256, 2.41e9),
        "3b": (26, 3200, 8640, 32, 32, 32002, 3.32e9),
        "8b": (32, 4096, 14336, 32, 8, 128256, 8.03e9),
        "falcon3-10b": (40, 3072, 23040, 12, 4, 131072, 10.31e9),
        "70b": (80, 8192, 28672, 64, 8, 128256, 70.55e9),
        "100b": (88, 9216, 32768, 72, 8, 128256, 98.70e9)}
    assert set(published) == set(SHAPES)
    for name, (*sizes, parameters) in published.items():
        table = run(name, "--dry-run").stdout.splitlines()
        counted = int(table[-1].split()[1])
        assert abs(counted / parameters - 1) < 0.002, (name, counted)
        file = make(name, name, "--layers=1", "--vocab-size=300")
        fields, prefix = file.fields, file.fields["general.architecture"]
        assert [fields[f"{prefix}.{key}"] for key in (
            "embedding_length", "feed_forward_length", "attention.head_count",
            "attention.head_count_kv")] == sizes[1:5]
        assert ("output.weight" in file.tensors) == (prefix == "llama")
        assert ("blk.0.ffn_sub_norm.weight" in file.tensors) == (
            prefix != "llama")
        kv = sizes[4] * sizes[1] // sizes[3]
        assert file.tensors["blk.0.attn_k.weight"].shape == (kv, sizes[1])
        # What --dry-run promises.
        path = SCRATCH / f"{name}.gguf"
        table = run(name, "--layers=1", "--vocab-size=300", "--dry-run",
                    "-o", SCRATCH / "none.gguf").stdout.splitlines()
        assert int(table[-1].split()[-1]) == path.stat().st_size
        assert not (SCRATCH / "none.gguf").exists()
        path.unlink()


def check_overrides() -> None:
    fields = make("overrides", "8b", *TINY, "--head-size=64",
                  "--context-length=77", "--rope-base=5000", "--epsilon=0.001",
                  "--architecture=bitnet", "--activation=relu2",
                  "--tied").fields
    expected = {"context_length": 77, "rope.freq_base": 5000.0,
                "attention.layer_norm_rms_epsilon": np.float32(0.001),
                "attention.key_length": 64, "attention.value_length": 64,
                "rope.dimension_count": 64, "hidden_activation": "relu2",
                "block_count": 2, "vocab_size": 300}
    for key, value in expected.items():
        assert fields[f"bitnet.{key}"] == value, key


def check_tokenizers() -> None:
    source = GgufReader(MODEL).fields
    count = len(source["tokenizer.ggml.tokens"])
    tiny = [*TINY, f"--vocab-size={count + 3}"]
    copied = make("copied", "2b-4t", *tiny, f"--tokenizer={MODEL}").fields
    read = make("read", "2b-4t", *tiny, f"--tokenizer={TOKENIZER}").fields
    for key, value in source.items():
        if not key.startswith("tokenizer."):
            continue
        if key in ("tokenizer.ggml.tokens", "tokenizer.ggml.token_type"):
            assert copied[key][count:] == (
                [5] * 3 if key.endswith("type") else
                [f"<|unused_{count + index}|>" for index in range(3)])
            value = copied[key][:count]
            assert read[key] == copied[key], key
        assert copied[key][:count] == value if isinstance(value, list) else (
            copied[key] == value), key
    for key in ("model", "pre", "merges", "bos_token_id", "eos_token_id"):
        key = f"tokenizer.ggml.{key}"
        assert read[key] == source[key], key


def check_memory() -> None:
    """A file is larger than the memory that it takes. Children that ran before
    count, so this comes first."""
    path = SCRATCH / "large.gguf"
    run("2b-4t", "--layers=1", "--vocab-size=20000", "--type=f32",
        "--embedding-type=f32", "-o", path)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert used < path.stat().st_size / 2, (used, path.stat().st_size)
    path.unlink()


def check_progress() -> None:
    """Shown on a terminal, and only there: `make` sees none."""
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-B", SCRIPT, "2b-4t", *TINY, "-o",
                    SCRATCH / "progress.gguf"], check=True, stderr=theirs)
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    counts = [f"\rprogress.gguf: {done} of 2 MiB" for done in (0, 1, 2, 2)]
    assert shown == "".join(counts) + "\r\n", shown


def main() -> None:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    check_memory()
    check_trits(check_types(), 1 / 3)
    for zeros in (0, 0.6, 1):
        file = make("zeros", "2b-4t", *TINY, f"--zeros={zeros}")
        check_trits(linear_weights(file), zeros)
    check_seed()
    check_shapes()
    check_overrides()
    check_tokenizers()
    check_progress()


main()
