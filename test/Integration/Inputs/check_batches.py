# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares batches with sessions that are alone.

    check_batches.py model.gguf library.so [--positions=COUNT]
        [--options=OPTION]...
"""

import argparse
import subprocess

import numpy as np

from bitnet_model import CompiledModel

SESSIONS = 7


def make_schedule(random, context, vocabulary):
    """Texts, and for each batch how many tokens each session gets: long
    prompts, short ones, single tokens, none."""
    texts = [random.integers(0, vocabulary, context - 3 * index)
             for index in range(SESSIONS)]
    done, batches = [0] * SESSIONS, []
    while any(count < len(text) for count, text in zip(done, texts)):
        batch = []
        for index, text in enumerate(texts):
            count = int(random.choice([0, 1, 1, 1, 2, 9, 40, 150]))
            count = min(count, len(text) - done[index])
            done[index] += count
            batch.append(count)
        batches.append(batch)
    return texts, batches


def evaluate_alone(model, texts, variant):
    rows = []
    with model.session(threads=1, variant=variant) as session:
        for text in texts:
            session.reset()
            rows.append(session.evaluate_all(text))
    return rows


def check(model, expected, texts, batches, variant, threads, sequences):
    evaluator = model.evaluator(threads, sequences, variant)
    sessions = [evaluator.session() for _ in texts]
    done = [0] * len(texts)
    for number, batch in enumerate(batches):
        taking = [index for index, count in enumerate(batch) if count]
        if not taking:
            continue
        parts = [texts[i][done[i]:done[i] + batch[i]] for i in taking]
        wants_all = number % 3 == 1
        got = evaluator.evaluate_batch([sessions[i] for i in taking], parts,
                                       all_logits=wants_all)
        for i, logits in zip(taking, got):
            end = done[i] + batch[i]
            wanted = expected[i][done[i]:end] if wants_all \
                else expected[i][end - 1]
            assert np.array_equal(logits.view(np.uint32),
                                  wanted.view(np.uint32)), (number, i)
            # The last row is the session's, too.
            assert np.array_equal(sessions[i].logits(), expected[i][end - 1])
            done[i] = end
    for session, text in zip(sessions, texts):
        assert session.tokens == text.tolist()
        session.close()
    evaluator.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("library")
    parser.add_argument("--positions", type=int, default=400)
    parser.add_argument("--options", action="append", default=[])
    arguments = parser.parse_args()
    subprocess.run(["bitnet-compile", arguments.model, "--emit=shared",
                    *arguments.options, "-o", arguments.library], check=True)
    model = CompiledModel(arguments.library)
    info, random = model.info(), np.random.default_rng(1)
    context = min(info.context_length, arguments.positions)
    texts, batches = make_schedule(random, context, info.vocabulary_size)
    expected = evaluate_alone(model, texts, None)
    cases = [(None, 1, 1), (None, 2, 0), (None, 3, 3)]
    cases += [(variant.name.decode(), 2, 0) for variant in model.variants()[1:]
              if variant.is_supported]
    for case in cases:
        check(model, expected, texts, batches, *case)
    print(f"{len(cases)} times {len(batches)} batches of up to {SESSIONS} "
          "sessions gave the logits of sessions alone")


main()
