# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks how a compiled model chooses tokens, generates and scores text, against
a definition of each in NumPy.

    check_generation.py model.so [--limits]

--limits: only that logits which do not matter need not be there.
"""

import argparse
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np

from bitnet_model import (GENERATION_IGNORE_EOS, CompiledModel, Finish,
                          Sampling, make_sampler)

PROMPT = "Once upon a time, there was a little girl who had a little dog"
REPETITIVE = ("The cat sat on the mat. The dog sat on the mat. The cat sat on "
              "the mat. The dog")


class Generator:
    """xoshiro256**, as numbers in [0, 1)."""

    def __init__(self, seed: int):
        self.state = list(make_sampler(seed).state)

    def draw(self) -> float:
        mask, s = (1 << 64) - 1, self.state
        rotate = lambda x, k: (x << k | x >> (64 - k)) & mask
        result = rotate(s[1] * 5 & mask, 7) * 9 & mask
        t = s[1] << 17 & mask
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
        return (result >> 11) * 2.0**-53


def keep_share(probabilities: np.ndarray, share: float) -> int:
    """The fewest in front that have this share of all."""
    sums = np.cumsum(probabilities)
    return 1 + int(np.sum(sums[:-1] < np.float32(share) * sums[-1]))


def choose(logits: np.ndarray, tokens: list[int], sampling: Sampling,
           generator: Generator) -> int:
    """Steps 2 to 9 of sampling.h."""
    logits = logits.copy()
    for token, bias in sampling.biases.items():
        logits[token] += np.float32(bias)
    window = tokens[max(0, len(tokens) - sampling.penalty_window):]
    for token in set(window):
        penalty = np.float32(sampling.repetition_penalty)
        logits[token] = (logits[token] / penalty if logits[token] > 0
                         else logits[token] * penalty)
        logits[token] -= (np.float32(sampling.presence_penalty)
                          + np.float32(sampling.frequency_penalty)
                          * np.float32(window.count(token)))
    if sampling.temperature == 0:
        return int(np.argmax(logits))
    order = np.argsort(-logits, kind="stable")
    x = (logits.astype(np.float64) - float(logits.max())) / np.float32(
        sampling.temperature)
    if sampling.top_k:
        order = order[:sampling.top_k]
    if sampling.top_p < 1:
        order = order[:keep_share(np.exp(x[order]), sampling.top_p)]
    order = order[np.exp(x[order]) >= np.float32(sampling.min_p)]
    if sampling.typical_p < 1:
        order = order[np.exp(x[order]) > 0]
        p = np.exp(x[order])
        p /= p.sum()
        entropy = -np.sum(p * np.log(p))
        distance = abs(-np.log(p) - entropy)
        order = order[np.argsort(distance, kind="stable")]
        order = order[:keep_share(np.exp(x[order]), sampling.typical_p)]
    elif not sampling.top_k and sampling.top_p == 1:
        order = np.sort(order)
    sums = np.cumsum(np.exp(x[order]))
    return int(order[np.argmax(sums > generator.draw() * sums[-1])])


def check_choices(model: CompiledModel) -> None:
    steps = [dict(top_k=40), dict(top_p=0.9), dict(min_p=0.05),
             dict(typical_p=0.6), dict(temperature=1.5),
             dict(repetition_penalty=1.3, penalty_window=20),
             dict(presence_penalty=0.7, frequency_penalty=0.4)]
    # Each alone, each pair, and all.
    sets = [*itertools.combinations(steps, 1), *itertools.combinations(steps, 2),
            steps, []]
    prompt = model.tokenize(PROMPT)
    seen = set()
    with model.session(threads=1) as session:
        for seed, chosen in enumerate(sets):
            sampling = Sampling(temperature=0.8, seed=seed)
            for step in chosen:
                sampling = replace(sampling, **step)
            sampling = replace(sampling, biases={prompt[-1]: 3.0, 5: -np.inf})
            session.reset()
            session.evaluate(prompt)
            tokens = list(prompt)
            sampler, generator = make_sampler(seed), Generator(seed)
            for _ in range(12):
                token = session.sample(sampling, sampler)
                expected = choose(session.logits(), tokens, sampling, generator)
                assert token == expected, (chosen, len(tokens))
                tokens.append(token)
                session.evaluate([token])
            seen.add(tuple(tokens))
    # Options and seeds matter.
    assert len(seen) > len(sets) * 0.9, len(seen)
    print(f"choices: {len(sets)} sets of options")


def check_speculation(model: CompiledModel) -> None:
    guessed = right = 0
    for prompt in (PROMPT, REPETITIVE):
        for seed in range(6):
            sampling = Sampling(temperature=0.6, top_k=20, seed=seed)
            if seed == 0:
                sampling = Sampling()
            with model.session(threads=1) as session:
                plain = session.generate(prompt, 60, sampling)
                position, logits = session.position, session.logits()
            for draft in (1, 4, 16):
                with model.session(threads=1) as session:
                    other = session.generate(prompt, 60, sampling,
                                             draft_tokens=draft)
                    assert other.pieces == plain.pieces, (prompt, seed, draft)
                    assert other.finish == plain.finish
                    assert other.generated_tokens == plain.generated_tokens
                    assert session.position == position
                    assert np.array_equal(session.logits(), logits)
                guessed += other.drafted_tokens
                right += other.accepted_tokens
    assert 50 < right < guessed, (right, guessed)
    print(f"speculation: {right} of {guessed} guesses right, same texts")


def check_limits(model: CompiledModel) -> None:
    """Texts are those made of all logits, which a mask that may change any of
    them needs; with guesses, too."""
    missing = 0
    for seed in range(8):
        sampling = Sampling(temperature=0.9 if seed else 0, top_k=15, seed=seed,
                            repetition_penalty=1.2 if seed % 3 == 0 else 1,
                            biases={7: -2.0} if seed % 2 else {})
        pieces = []
        for options in (dict(), dict(draft_tokens=5)):
            with model.session(threads=1) as session:
                made = session.generate(REPETITIVE, 30, sampling, **options)
                pieces.append(made.pieces)
                if made.finish == Finish.LENGTH:
                    assert np.isfinite(session.logits()).all()
                # The logits that go before the last ones may be few.
                session.limit_logits(20)
                session.evaluate([1])
                missing += int(np.isneginf(session.logits()).sum())
        with model.session(threads=1) as session:
            whole = replace(sampling, mask=lambda *_: None)
            pieces.append(session.generate(REPETITIVE, 30, whole).pieces)
        assert pieces[0] == pieces[1] == pieces[2], seed
    print(f"limits: same texts, {'few' if missing else 'all'} logits")


def check_stops(model: CompiledModel) -> None:
    def generate(**options):
        with model.session(threads=1) as session:
            return session.generate(PROMPT, 60, **options)

    plain = generate()
    text = plain.text.decode()
    assert plain.finish in (Finish.LENGTH, Finish.EOS) and len(text) > 80
    pieces = 0
    for begin in range(0, 60, 7):
        # Across several tokens, and among others that are not there.
        stop = text[begin + 3:begin + 17]
        made = generate(stops=["@@", stop, stop + "@"])
        assert made.finish == Finish.STOP, stop
        assert made.text.decode() == text[:text.find(stop)], stop
        pieces += len(made.pieces)
        # What only begins like one is written.
        same = generate(stops=[stop + "@"])
        assert same.text == plain.text and same.finish == plain.finish
    assert pieces > 20
    ids = model.tokenize(text, add_bos=False)
    made = generate(stop_tokens=[ids[5]])
    assert made.finish == Finish.EOS
    assert text.startswith(made.text.decode()) and made.generated_tokens <= 5
    print("stops: at the first byte of each")


def check_masks(model: CompiledModel) -> None:
    texts = [model.detokenize([token]) for token in
             range(model.info().vocabulary_size)]
    has_e = np.array([b"e" in text for text in texts])
    lengths = []

    def mask(tokens, logits):
        lengths.append(len(tokens))
        logits[has_e] = -np.inf

    prompt = model.tokenize(PROMPT)
    with model.session(threads=1) as session:
        made = session.generate(PROMPT, 30, Sampling(mask=mask))
    assert made.text and b"e" not in made.text, made.text
    calls = made.generated_tokens + (made.finish == Finish.EOS)
    assert lengths == list(range(len(prompt), len(prompt) + calls))
    with model.session(threads=1) as session:
        made = session.generate(PROMPT, 30, Sampling(
            mask=lambda tokens, _: len(tokens) == len(prompt) + 4))
    assert made.finish == Finish.CALLBACK and made.generated_tokens == 4
    end = model.info().eos_token
    with model.session(threads=1) as session:
        bias = Sampling(biases={end: 1e6})
        assert session.generate(PROMPT, 9, bias).finish == Finish.EOS
        made = session.generate("", 9, bias, flags=GENERATION_IGNORE_EOS)
        assert made.finish == Finish.LENGTH and made.generated_tokens == 9
    print("masks: no letter e")


def check_scores(model: CompiledModel) -> None:
    ids = np.array(model.tokenize(PROMPT + ". " + REPETITIVE), np.int32)
    with model.session(threads=1) as session:
        logits = session.evaluate_all(ids).astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
    expected = logits[np.arange(len(ids) - 1), ids[1:]]
    first = None
    for piece in (1, 5, len(ids)):
        with model.session(threads=1) as session:
            scores = np.concatenate([session.score(ids[i:i + piece])
                                     for i in range(0, len(ids), piece)])
        assert np.isnan(scores[0])
        np.testing.assert_allclose(scores[1:], expected, rtol=1e-6, atol=1e-6)
        first = scores if first is None else first
        assert np.array_equal(scores[1:], first[1:])
    print(f"scores: {len(expected)} tokens, perplexity "
          f"{np.exp(-expected.mean()):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", type=Path)
    parser.add_argument("--limits", action="store_true")
    arguments = parser.parse_args()
    model = CompiledModel(arguments.library)
    check_limits(model)
    if arguments.limits:
        return
    check_choices(model)
    check_speculation(model)
    check_stops(model)
    check_masks(model)
    check_scores(model)


main()
