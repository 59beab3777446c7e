# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Clones, saves and restores sessions of compiled models.

    check_saved_sessions.py story.so window.so embedder.so folder
"""

import sys
import threading
from pathlib import Path

import numpy as np

from bitnet_model import BitNetError, CompiledModel, Status


def expect(status, function, *arguments):
    try:
        function(*arguments)
    except BitNetError as error:
        assert error.status == status, error
    else:
        raise AssertionError(f"expects {status.name}")


def expect_refused(session, state, status):
    """A state that is refused changes nothing."""
    tokens, logits = session.tokens, session.logits()
    expect(status, session.restore, state)
    assert session.tokens == tokens
    assert np.array_equal(session.logits(), logits)


def check(model, folder, other_state):
    info, random = model.info(), np.random.default_rng(1)
    length = min(info.context_length, 300)
    text = random.integers(0, info.vocabulary_size, length)
    half = length // 2 + 5
    path = folder / "session.state"
    with model.session(threads=1) as session:
        expected = session.evaluate_all(text)
    with model.evaluator(threads=2) as evaluator:
        source = evaluator.session()
        source.evaluate(text[:half])
        state = source.save()
        source.save(path)
        assert path.read_bytes() == state
        assert not path.with_name("session.state.part").exists()
        fork, copy = source.clone(), evaluator.session(half + 1)
        copy.copy(source, half)
        restored, read = evaluator.session(), evaluator.session(length)
        restored.restore(state)
        read.restore(path)
        sessions = [source, fork, copy, restored, read]
        for session in sessions:
            assert session.tokens == text[:half].tolist()
            assert np.array_equal(session.logits(), expected[half - 1])
            assert session.save() == state
        for logits in evaluator.evaluate_batch(sessions, [text[half:half + 1]]
                                               * len(sessions)):
            assert np.array_equal(logits, expected[half])
        # Prefix caching: another text, then the first again.
        common = length // 3
        other = np.concatenate([text[:common], (text[common:] + 1)
                                % info.vocabulary_size])
        for wanted in other, text, text[:common]:
            shared = min(fork.match(wanted), len(wanted) - 1)
            assert shared >= common - 1
            fork.reset(shared)
            fork.evaluate(wanted[shared:])
            restored.reset()
            restored.evaluate(wanted)
            assert np.array_equal(fork.logits(), restored.logits())
        assert np.array_equal(fork.logits(), expected[common - 1])
        # What is no state, or not all of one, or that of another model.
        damaged = bytearray(state)
        for place in (70, len(state) // 2, len(state) - 1):
            damaged[place] ^= 4
            expect_refused(read, bytes(damaged), Status.STATE_DAMAGED)
        for size in (64, 1000, len(state) - 8, len(state) - 1):
            expect_refused(read, state[:size], Status.STATE_DAMAGED)
            path.write_bytes(state[:size])
            expect_refused(read, path, Status.STATE_DAMAGED)
        expect_refused(read, b"no state", Status.STATE_MISMATCH)
        expect_refused(read, b"", Status.STATE_MISMATCH)
        path.write_bytes(b"")
        expect_refused(read, path, Status.FILE_FAILURE)
        expect_refused(read, folder / "none", Status.FILE_FAILURE)
        if other_state:
            expect_refused(read, other_state, Status.STATE_MISMATCH)
        small = evaluator.session(half - 1)
        small.evaluate(text[:1])
        expect_refused(small, state, Status.CONTEXT_FULL)
        for session in [*sessions, small]:
            session.close()
    for variant in model.variants():
        if not variant.is_supported:
            continue
        with model.session(threads=1, variant=variant.name.decode()) as session:
            session.restore(state)
            session.evaluate(text[half:])
            assert np.array_equal(session.logits(), expected[-1])
    return state


def check_cancellation(model):
    """A prompt that is cancelled at any time goes on where it stopped."""
    info, random = model.info(), np.random.default_rng(1)
    text = random.integers(0, info.vocabulary_size, info.context_length)
    with model.session(threads=1) as session:
        session.evaluate(text)
        expected = session.logits()
    with model.evaluator(threads=2) as evaluator:
        session, other = evaluator.session(), evaluator.session()
        is_done = threading.Event()

        def cancel_often():
            while not is_done.wait(0.002):
                session.cancel()

        canceller = threading.Thread(target=cancel_often)
        canceller.start()
        cancelled = 0
        for _ in range(60):
            # The other is not disturbed by the end of their pass.
            other.reset()
            position = session.position
            if position == len(text):
                session.reset()
                position = 0
            try:
                evaluator.evaluate_batch([session, other],
                                         [text[position:], text[:3]])
            except BitNetError as error:
                assert error.status == Status.CANCELLED
                cancelled += 1
                assert session.tokens == text[:session.position].tolist()
            assert other.tokens == text[:3].tolist()
        is_done.set()
        canceller.join()
        assert cancelled > 0
        # Withdraws what nothing has answered.
        session.reset(session.position)
        if session.position < len(text):
            session.evaluate(text[session.position:])
            assert np.array_equal(session.logits(), expected)
        session.close()
        other.close()


def check_embedder(model):
    """Sessions of one evaluator embed, and are saved."""
    info, random = model.info(), np.random.default_rng(1)
    texts = [random.integers(0, info.vocabulary_size, count)
             for count in (1, 5, 40)]
    with model.session(threads=1) as session:
        expected = [session.embed(text) for text in texts]
    with model.evaluator(threads=2) as evaluator:
        sessions = [evaluator.session() for _ in texts]
        for session, text, embedding in zip(sessions, texts, expected):
            assert np.array_equal(session.embed(text), embedding)
        sessions[0].restore(sessions[2].save())
        assert sessions[0].tokens == texts[2].tolist()
        expect(Status.UNSUPPORTED, evaluator.evaluate_batch, sessions[:1],
               [texts[0]])
        for session in sessions:
            session.close()


def main() -> None:
    story, window, embedder = (CompiledModel(path) for path in sys.argv[1:4])
    folder = Path(sys.argv[4])
    state = check(story, folder, None)
    check(window, folder, state)
    check_embedder(embedder)
    check_cancellation(story)
    print("sessions are what they were saved as")


main()
