# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks random models of every format against the float64 model.

    check_formats.py DIRECTORY SCRATCH

DIRECTORY is the folder `valid` of make_gguf_fixtures.py. Compiled models go to
the folder SCRATCH.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from bitnet_compare import evaluate, explain, round_tables
from bitnet_gguf import GgufReader
from bitnet_model import CompiledModel
from bitnet_reference import Model
from bitnet_tensors import TensorType

TOKENS = 20
# Of the largest logit. With tables of integers the last hidden state is rounded
# to 16 bits, which the float64 model does not do.
TOLERANCES = {"f16": 2e-6, "bf16": 2e-6, "int8": 5e-5, "int6": 5e-5,
              "planes": 5e-5}
# Files that differ from others in their tokenizer, chat template or name only.
SAME_GRAPH = ("chat", "chat-not-supported", "chat-wrong", "name-empty",
              "no-tokenizer", "tokenizer-none")
OTHER_HEADS = ("wide-i2_s", "bitnet-25-i2_s64", "bitnet-ragged-f16")


def compile_model(path: Path, library: Path, *options: str) -> CompiledModel:
    subprocess.run(["bitnet-compile", str(path), "--emit=shared",
                    "--kv-cache=f32", "-o", str(library), *options],
                   check=True)
    return CompiledModel(library)


def check(path: Path, scratch: Path, head: str,
          masters: str = "absmean") -> np.ndarray:
    """Compares one model; returns its logits."""
    options = [f"--head={head}", f"--quantize={masters}"]
    group = 64 if "i2_s64" in path.stem else 128
    if group == 64:
        options.append("--i2s-layout=64")
    name = f"{path.stem}-{head}-{masters}".replace("-", "_")
    compiled = compile_model(path, scratch / f"{name}.so", *options)
    model = round_tables(Model(path, group, masters), head)
    vocabulary = len(model.output)
    assert compiled.info().vocabulary_size == vocabulary
    assert compiled.info().layer_count == model.layers
    ids = np.random.default_rng(1).integers(0, vocabulary, TOKENS).tolist()
    with compiled.session(threads=1) as session:
        ours = evaluate(session, ids)
    largest = float(np.abs(ours).max())
    try:
        agreement = explain(model, ids, ours,
                            tolerance=TOLERANCES[head] * largest)
    except ValueError as error:
        sys.exit(f"{path.name}, head {head}: {error}")
    print(f"{path.stem:24} {head:5} error {agreement.error:.2g}, largest "
          f"logit {largest:.3g}, {len(agreement.ties)} ties")
    assert len(agreement.ties) <= 4
    return ours


def main() -> None:
    directory, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    scratch.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in directory.glob("*.gguf")
                   if path.stem not in SAME_GRAPH)
    types, architectures = set(), set()
    logits = {}
    for path in files:
        file = GgufReader(path)
        if any(key.endswith(".pooling_type") for key in file.fields):
            continue  # no logits; check_published.py has such models
        types |= {tensor.tensor_type for tensor in file.tensors.values()}
        architectures.add(file.fields["general.architecture"])
        logits[path.stem] = check(path, scratch, "f16")
    for name in OTHER_HEADS:
        for head in ("bf16", "int8", "int6", "planes"):
            check(directory / f"{name}.gguf", scratch, head)
    signs = {name: check(directory / f"{name}.gguf", scratch, "f16", "sign")
             for name in ("wide-bf16", "bitnet-ragged-f16", "wide-i2_s")}
    assert not np.array_equal(signs["wide-bf16"], logits["wide-bf16"])
    assert np.array_equal(signs["wide-i2_s"], logits["wide-i2_s"])
    # Nothing is left out without notice.
    assert types == {
        TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0,
        TensorType.Q6_K, TensorType.TQ1_0, TensorType.TQ2_0, TensorType.I2_S,
        TensorType.Q1_0}, types
    assert architectures == {"bitnet", "bitnet-25", "bitnet-b1.58", "llama",
                             "qwen3", "gemma3"}
    # One model, once with trits and once with masters.
    assert np.array_equal(logits["wide-i2_s"], logits["wide-bf16"])


main()
