# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks small models of every published kind against the float64 model.

    check_published.py SCRATCH TABLE [--update] [--only PART]

Files and compiled models go to the folder SCRATCH. The results must be the
Markdown of TABLE; with --update they are written to it.
"""

import argparse
import math
import subprocess
import sys
from pathlib import Path

import numpy as np

from bitnet_compare import evaluate, explain, round_tables
from bitnet_model import CompiledModel
from bitnet_reference import FLOAT_TYPES, Model, embed, forward
from gguf_fixtures.models import make_writer
from gguf_fixtures.published import PUBLISHED, Published

TOKENS, STEPS = 20, 12
# In standard deviations of the logits.
TOLERANCE = 1e-4
# What rounding float weights to 8 bits may move them by.
MOST_ROUNDING = 5e-2
# Tables and heads of most types are stored in half precision: what that moves
# is no error of ours.
HEAD = "f16"
TITLE = """\
# Kinds of published models

Written by `test/Integration/Inputs/check_published.py`: small random models, each
against the float64 model, with errors in standard deviations of the logits.

| architecture | weights | embedding | files | activations | error |
|---|---|---|---|---|---|
"""


def ceil_to_power(error: float) -> str:
    return f"{10.0 ** math.ceil(math.log10(error)):.0e}"


def compile_model(path: Path) -> CompiledModel:
    library = path.with_suffix(".so")
    subprocess.run(["bitnet-compile", str(path), "--emit=shared", "-o",
                    str(library), f"--head={HEAD}", "--kv-cache=f32"],
                   check=True)
    return CompiledModel(library)


def check_logits(model: Model, compiled: CompiledModel) -> float:
    """The largest error in standard deviations; checks greedy tokens."""
    ids = np.random.default_rng(1).integers(
        0, len(model.output), TOKENS).tolist()
    with compiled.session(threads=1) as session:
        ours = evaluate(session, ids)
        deviation = float(ours.std())
        agreement = explain(model, ids, ours, tolerance=TOLERANCE * deviation)
        if not model.has_int8_activations:
            assert not agreement.ties
        # Greedy tokens are equal while the two most likely are further apart
        # than the logits may be off.
        session.reset()
        session.evaluate(ids)
        for _ in range(STEPS):
            theirs = forward(model, ids)[-1]
            first, second = np.sort(theirs)[:-3:-1]
            if first - second < 2 * TOLERANCE * deviation:
                break
            token = session.sample()
            assert token == int(theirs.argmax()), (token, len(ids))
            ids.append(token)
            session.evaluate([token])
    return agreement.error / deviation


def find_rounding(path: Path, compiled: CompiledModel) -> float:
    """The largest error against the weights as they are stored, of a model
    whose float weights are rounded."""
    model = round_tables(Model(path, masters="stored"), HEAD)
    ids = np.random.default_rng(1).integers(
        0, len(model.output), TOKENS).tolist()
    with compiled.session(threads=1) as session:
        ours = evaluate(session, ids)
    return float(np.abs(ours - forward(model, ids)).max() / ours.std())


def check_embedding(model: Model, compiled: CompiledModel) -> float:
    ids = np.random.default_rng(1).integers(
        0, len(model.embedding), TOKENS).tolist()
    with compiled.session(threads=1) as session:
        ours = session.embed(ids)
    theirs = embed(model, ids)
    return float(np.abs(ours - theirs).max() / theirs.std())


def check(kind: Published, scratch: Path) -> str:
    """Compares one model; returns its row of the table."""
    writer, _ = make_writer(kind.model)
    path = scratch / f"{kind.model.name}.gguf"
    writer.write(path)
    compiled = compile_model(path)
    model = round_tables(Model(path), HEAD)
    pools = model.pooling != "none"
    try:
        error = (check_embedding if pools else check_logits)(model, compiled)
    except ValueError as failure:
        sys.exit(f"{path.name}: {failure}")
    print(f"{path.stem:28} {error:.2g}", flush=True)
    assert error <= TOLERANCE, path
    note = ""
    is_float = kind.model.linear_type in FLOAT_TYPES
    if is_float and not model.has_int8_activations:
        rounding = find_rounding(path, compiled)
        assert rounding <= MOST_ROUNDING, rounding
        note = f"; < {ceil_to_power(rounding)} before rounding to 8 bits"
    path.unlink()
    activations = "int8" if model.has_int8_activations else "float"
    head = kind.model.embedding_type.name
    return (f"| {model.arch}{', embeddings' if pools else ''} "
            f"| {kind.model.linear_type.name} | {head} | {kind.examples} "
            f"| {activations} | < {ceil_to_power(error)}{note} |\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("scratch", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--only", default="", help="a part of the name")
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    rows = [check(kind, arguments.scratch) for kind in PUBLISHED
            if arguments.only in kind.model.name]
    if arguments.only:
        return
    table = TITLE + "".join(rows)
    if arguments.update:
        arguments.table.write_text(table)
    elif arguments.table.read_text() != table:
        sys.exit(f"{arguments.table} is not the table of these results:\n"
                 f"{table}")


main()
