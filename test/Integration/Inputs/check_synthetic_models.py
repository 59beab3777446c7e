# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles and runs what bitnet_synthetic.py writes.

    check_synthetic_models.py bitnet_synthetic.py MODEL TOKENIZER
        EXPECTATIONS SCRATCH

MODEL and TOKENIZER are a GGUF file and a tokenizer.json with one vocabulary, of
which EXPECTATIONS are texts and ids.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from bitnet_model import CompiledModel

SCRIPT, MODEL, TOKENIZER, EXPECTATIONS = sys.argv[1:5]
SCRATCH = Path(sys.argv[5])
VOCABULARY = 5000
LINEAR_TYPES = ("i2_s", "tq1_0", "tq2_0", "bf16", "f32")
TINY = ("--layers=2", "--embedding-length=256", "--heads=4", "--kv-heads=2",
        "--feed-forward-length=512", "--vocab-size=300")
# Rows of linear tensors end inside the groups of I2_S.
RAGGED = ("--layers=2", "--embedding-length=80", "--heads=4", "--kv-heads=4",
          "--feed-forward-length=216", "--vocab-size=300")


def make(name: str, shape: str, *arguments) -> CompiledModel:
    model, library = SCRATCH / f"{name}.gguf", SCRATCH / f"{name}.so"
    subprocess.run([sys.executable, "-B", SCRIPT, shape, "-o", model,
                    *arguments], check=True)
    subprocess.run(["bitnet-compile", model, "--emit=shared", "-o", library],
                   check=True)
    return CompiledModel(library)


def evaluate(model: CompiledModel, ids) -> np.ndarray:
    with model.session(threads=1) as session:
        return session.evaluate_all(ids)


def check_logits(logits: np.ndarray) -> None:
    """Such as a trained model's: neither flat nor of one token alone, and
    another text gives others."""
    assert np.isfinite(logits).all()
    assert (1 < logits.std(1)).all() and (logits.std(1) < 16).all(), \
        logits.std(1)
    similarity = np.corrcoef(logits)
    assert np.abs(similarity[np.triu_indices(len(logits), 1)]).max() < 0.9


def check_types(shape: str, sizes: tuple[str, ...],
                types: tuple[str, ...]) -> None:
    ids = [256, 72, 111, 108, 97]
    first = None
    for linear in types:
        name = f"{shape}_{linear}".replace("-", "_")
        logits = evaluate(make(name, shape, *sizes, f"--type={linear}"), ids)
        check_logits(logits)
        first = logits if first is None else first
        assert np.array_equal(logits, first), linear


def check_bytes() -> None:
    """The tokens of the default tokenizer are bytes; models generate them."""
    model = CompiledModel(SCRATCH / "2b_4t_i2_s.so")
    text = bytes(range(1, 256)).decode("latin-1")
    data = text.encode()
    assert model.tokenize(text) == [256, *data]
    assert model.detokenize(model.tokenize(text, add_bos=False)) == data
    assert model.info().bos_token == 256 and model.info().eos_token == 257
    with model.session(threads=1) as session:
        assert session.generate("Hello", 2).generated_tokens == 2


def check_tokenizer(name: str, tokenizer: str) -> None:
    """Texts become the tokens that they were in the vocabulary of the file;
    those that fill it up are in no text."""
    model = make(name, "2b-4t", *TINY, f"--vocab-size={VOCABULARY}",
                 f"--tokenizer={tokenizer}")
    assert model.info().vocabulary_size == VOCABULARY
    cases = json.loads(Path(EXPECTATIONS).read_text(encoding="utf-8"))
    for case in cases:
        ids = model.tokenize(case["text"], add_bos=False, special=True)
        assert ids == case["ids"], case
    unused = f"<|unused_{VOCABULARY - 1}|>"
    assert VOCABULARY - 1 not in model.tokenize(unused, special=True)
    assert model.detokenize([VOCABULARY - 1]) == unused.encode()


def main() -> None:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    check_types("2b-4t", TINY, LINEAR_TYPES)
    check_types("3b", RAGGED, ("i2_s", "bf16", "f32"))
    check_bytes()
    check_tokenizer("copied", MODEL)
    check_tokenizer("read", TOKENIZER)


main()
