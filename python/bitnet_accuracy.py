#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measures what narrower formats of head and KV cache would cost.

    bitnet_accuracy.py model.gguf reference.npz

Prints the relative error |w - w'| / |w| of tables in each format of the head,
and that of their worst rows. Then runs the NumPy model on the prompts and texts
of the reference (test/Data), with one thing changed at a time, and prints how
far logits are from those of float64 without changes: the largest difference,
the root mean square, and the share of positions at which some logit is off by
more than 0.02.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from bitnet_compare import HEADS, round_tables, to_bf16, to_f16
from bitnet_reference import Model, forward


def with_head(model: Model, head: str, embedding: bool) -> Model:
    """A copy with the output head stored as `head`, and the embedding, too."""
    changed = copy.copy(model)
    changed.output = model.output.copy()
    changed = round_tables(changed, head)
    if not embedding:
        changed.embedding = model.embedding
    return changed


def print_table_errors(table: np.ndarray, what: str) -> None:
    """How far each format of a head is from `table`, and from its worst row."""
    lengths = np.linalg.norm(table.astype(np.float64), axis=1)
    mean = np.sqrt(np.mean(lengths ** 2))
    for head in HEADS:
        model = SimpleNamespace(output=table, embedding=table)
        error = np.linalg.norm(
            table.astype(np.float64) - round_tables(model, head).output, axis=1)
        total = np.linalg.norm(error) / np.linalg.norm(lengths)
        worst = (error / np.maximum(lengths, mean)).max()
        print(f"{what:28} {head:5} {total:8.3g} {worst:9.3g}")


def perplexity(model: Model, ids: np.ndarray, window: int, bos: int,
               windows: int, **options) -> float:
    surprise, step = [], window - 1
    for begin in range(0, windows * step, step):
        tokens = [bos, *ids[begin:begin + step].tolist()]
        logits = forward(model, tokens[:-1], **options).astype(np.float64)
        logits -= logits.max(1, keepdims=True)
        chosen = logits[np.arange(step), tokens[1:]]
        surprise.append(np.log(np.exp(logits).sum(1)) - chosen)
    return float(np.exp(np.mean(surprise)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--windows", type=int, default=8,
                        help="of the text, for the perplexity; 0: none")
    arguments = parser.parse_args()
    model, reference = Model(arguments.model), np.load(arguments.reference)
    prompts = [reference[f"ids{index}"].tolist()
               for index in range(len(reference["prompts"]))]
    single = {"dtype": np.float32}
    cases = {
        "float64": (model, {}),
        "float32": (model, single),
        **{f"head of {head}": (with_head(model, head, False), {})
           for head in HEADS},
        **{f"head and embedding of {head}": (with_head(model, head, True), {})
           for head in HEADS},
        "KV cache of f16": (model, {"store": to_f16}),
        "KV cache of bf16": (model, {"store": to_bf16}),
    }
    print(f"{'relative error of a table':28}          table worst row")
    print_table_errors(model.output, "of the model")
    normal = np.random.default_rng(1).standard_normal((4096, 2560))
    print_table_errors(normal.astype(np.float32), "of normal numbers, 2560 wide")
    print()
    exact = None
    print(f"{'':28} largest      rms  above 0.02  perplexity")
    for name, (changed, options) in cases.items():
        logits = np.concatenate([forward(changed, ids, **options)
                                 for ids in prompts])
        exact = logits if exact is None else exact
        difference = np.abs(logits - exact)
        above = (difference.max(1) > 0.02).mean()
        line = (f"{name:28} {difference.max():7.2g}  "
                f"{np.sqrt(np.mean(difference ** 2)):7.2g}  {above:10.0%}")
        if arguments.windows:
            value = perplexity(changed, reference["ppl_ids"],
                               int(reference["ppl_window"]), prompts[0][0],
                               arguments.windows, **options)
            line += f"  {value:10.4f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
