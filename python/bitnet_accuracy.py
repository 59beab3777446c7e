#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measures what narrower formats of head and KV cache would cost.

    bitnet_accuracy.py model.gguf reference.npz

Runs the NumPy model on the prompts and texts of the reference (test/Data), with
one thing changed at a time, and prints how far logits are from those of float64
without changes: the largest difference, the root mean square, and the share of
positions at which some logit is off by more than 0.02.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import numpy as np

from bitnet_compare import round_tables
from bitnet_reference import Model, forward


def to_bf16(values: np.ndarray) -> np.ndarray:
    bits = values.astype(np.float32).view(np.uint32)
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    return (rounded & 0xFFFF0000).view(np.float32).astype(values.dtype)


def to_f16(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float16).astype(values.dtype)


def with_head(model: Model, head: str, embedding: bool) -> Model:
    """A copy with the output head stored as `head`, and the embedding, too."""
    changed = copy.copy(model)
    changed.output = model.output.copy()
    changed = round_tables(changed, head)
    if not embedding:
        changed.embedding = model.embedding
    return changed


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
        "head of int8": (with_head(model, "int8", False), {}),
        "head and embedding of int8": (with_head(model, "int8", True), {}),
        "KV cache of f16": (model, {"store": to_f16}),
        "KV cache of bf16": (model, {"store": to_bf16}),
    }
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
