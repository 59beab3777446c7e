#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares a compiled model with the NumPy model of bitnet_reference.py.

    bitnet-compile model.gguf --emit=shared -o model.so
    bitnet_compare.py model.gguf model.so --ids 1,2,3
    bitnet_compare.py model.gguf model.so --reference reference.npz

Activations are rounded to 8 bits in front of every linear layer. Two programs
that sum floats in different orders may round a value beside x.5 differently,
and one such step moves the logits of this and of later positions by 0.02 to
0.3. So logits are held against the float64 model under some choice of
roundings: a value within --margin of x.5, in steps, may go either way. Few may,
no more than two at a position, and then all logits must agree within
--tolerance.

Status 0 if they do, 1 if not.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bitnet_huggingface import FolderModel
from bitnet_model import CompiledModel, Session
from bitnet_reference import Model, Rounding, Tie, forward

MARGIN = 5e-5
TOLERANCE = 1e-4
MOST_TIES = 2  # at one position


@dataclass
class Agreement:
    """Under which roundings observed logits agree with the float64 model."""
    ties: frozenset[Tie]  # rounded other than the float64 model rounds
    error: float  # largest difference under these roundings
    logits: np.ndarray  # of the float64 model, under these roundings


def explain(model: Model, ids: list[int], observed: np.ndarray,
            margin: float = MARGIN, tolerance: float = TOLERANCE,
            columns=slice(None)) -> Agreement:
    """Finds roundings under which the float64 model gives `observed`, the
    logits `columns` after each of `ids`. ValueError if there are none."""
    ties: frozenset[Tie] = frozenset()

    def differences(flips: frozenset[Tie], count: int):
        """Of the first `count` positions."""
        rounding = Rounding(flips, margin)
        logits = forward(model, ids[:count], rounding=rounding)
        return logits, np.abs(logits[:, columns] - observed[:count]).max(1), \
            rounding.ties

    while True:
        logits, errors, _ = differences(ties, len(ids))
        wrong = np.nonzero(~(errors <= tolerance))[0]
        if len(wrong) == 0:
            return Agreement(ties, float(errors.max()), logits)
        # What was rounded differently first was so at the first position that
        # differs: all before it is the same. Breadth first over the ties there.
        row = int(wrong[0])
        queue, seen, best = deque([ties]), {ties}, np.inf
        while queue:
            flips = queue.popleft()
            _, errors, found = differences(flips, row + 1)
            best = min(best, errors[row])
            if errors[row] <= tolerance:
                ties = flips
                break
            if len(flips - ties) < MOST_TIES:
                for _, tie in sorted(found):
                    if tie[2] == row and (more := flips | {tie}) not in seen:
                        seen.add(more)
                        queue.append(more)
        else:
            raise ValueError(
                f"position {row}: logits are off by {best:.3g} at least, "
                f"whichever way {len(seen)} sets of ties are rounded")


# Formats of bitnet-compile --head; the largest integer of a row.
FLOAT_HEADS = ("f16", "bf16")
INTEGER_HEADS = {"int8": 127, "int6": 31, "planes": 28}
HEADS = (*FLOAT_HEADS, *INTEGER_HEADS)


def to_f16(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float16).astype(values.dtype)


def to_bf16(values: np.ndarray) -> np.ndarray:
    bits = values.astype(np.float32).view(np.uint32)
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    return (rounded & 0xFFFF0000).view(np.float32).astype(values.dtype)


def round_tables(model: Model, head: str) -> Model:
    """Stores embedding and head as bitnet-compile --head=`head` does."""
    def convert(table: np.ndarray) -> np.ndarray:
        if head in FLOAT_HEADS:
            return (to_f16 if head == "f16" else to_bf16)(table)
        maximum = INTEGER_HEADS[head]
        largest = np.abs(table).max(1, keepdims=True)
        factor = np.divide(maximum, largest, where=largest > 0,
                           dtype=np.float64, out=np.zeros(largest.shape))
        codes = np.rint(table * factor).astype(np.float32)
        return codes * (largest / np.float32(maximum))

    tied = model.output is model.embedding
    model.embedding = convert(model.embedding)
    model.output = model.embedding if tied else convert(model.output)
    return model


def perplexity(session: Session, ids: np.ndarray, window: int,
               bos: int) -> float:
    """Of windows of BOS and `window` - 1 ids, each on its own."""
    surprise, step = [], window - 1
    for begin in range(0, len(ids) - step + 1, step):
        tokens = np.concatenate([[bos], ids[begin:begin + step]])
        session.reset()
        logits = session.evaluate_all(tokens[:-1]).astype(np.float64)
        logits -= logits.max(1, keepdims=True)
        chosen = logits[np.arange(step), tokens[1:]]
        surprise.append(np.log(np.exp(logits).sum(1)) - chosen)
    return float(np.exp(np.mean(surprise)))


def evaluate(session: Session, ids) -> np.ndarray:
    """Logits after each of `ids`, from the start."""
    session.reset()
    return session.evaluate_all(ids)


def compare_with_reference(model: Model, compiled: CompiledModel,
                           reference, arguments) -> None:
    """Prints a line for each prompt, and perplexities."""
    columns = reference["logit_ids"]
    print("prompt  tokens  |ours-reference|  above 0.02", end="")
    print("" if arguments.direct else "  |ours-float64|  ties")
    with compiled.session(threads=1) as session:
        for index in range(len(reference["prompts"])):
            ids = reference[f"ids{index}"].tolist()
            ours = evaluate(session, ids)
            theirs = reference[f"logits{index}"]
            direct = np.abs(ours[:, columns] - theirs).max(1)
            line = (f"{index:6}  {len(ids):6}  {direct.max():16.2g}  "
                    f"{(direct > 0.02).sum():10}")
            if not arguments.direct:
                agreement = explain(model, ids, ours, arguments.margin,
                                    arguments.tolerance)
                line += f"  {agreement.error:14.2g}  {len(agreement.ties):4}"
            print(line)
        ours = perplexity(session, reference["ppl_ids"],
                          int(reference["ppl_window"]),
                          compiled.info().bos_token)
    print(f"perplexity {ours:.4f}, reference {float(reference['ppl']):.4f}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path,
                        help="GGUF file or folder of Hugging Face")
    parser.add_argument("library", type=Path, help="of --emit=shared")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--ids", help="token ids: 1,2,3")
    what.add_argument("--reference", type=Path,
                      help="prompts with logits, as in test/Data")
    parser.add_argument("--head", choices=HEADS, default="f16",
                        help="what the model was compiled with")
    parser.add_argument("--direct", action="store_true",
                        help="with --reference: leave out the float64 model")
    parser.add_argument("--margin", type=float, default=MARGIN)
    parser.add_argument("--tolerance", type=float, default=TOLERANCE)
    arguments = parser.parse_args()
    model = (FolderModel if arguments.model.is_dir() else Model)(
        arguments.model)
    round_tables(model, arguments.head)
    compiled = CompiledModel(arguments.library)
    try:
        if arguments.reference:
            compare_with_reference(model, compiled,
                                   np.load(arguments.reference), arguments)
        else:
            ids = [int(token) for token in arguments.ids.split(",")]
            with compiled.session(threads=1) as session:
                agreement = explain(model, ids, evaluate(session, ids),
                                    arguments.margin, arguments.tolerance)
            print(f"logits agree within {agreement.error:.2g}, "
                  f"{len(agreement.ties)} ties rounded the other way")
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
