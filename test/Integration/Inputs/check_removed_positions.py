# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Removes positions from sessions of a model of one layer, and compares what
follows with sessions that never had them.

    check_removed_positions.py library.so
"""

import sys

import numpy as np

from bitnet_model import CompiledModel

# By kv_element: how far rounded keys, and activations that are rounded the
# other way because of them, move logits, which have a standard deviation of 4.
# Logits of sessions that keep the positions differ by up to 16, the median by 2.
TOLERANCES = (1e-3, 0.5, 0.7, 0.8)
MEDIANS = (1e-5, 0.06, 0.09, 0.12)


def main() -> None:
    model = CompiledModel(sys.argv[1])
    info, random = model.info(), np.random.default_rng(1)
    assert info.layer_count == 1
    tolerance = TOLERANCES[info.kv_element]
    worst, medians = 0.0, []
    for begin, end, count in ((0, 1, 80), (4, 68, 150), (4, 40, 300),
                              (63, 65, 129), (10, 190, 200), (5, 5, 30)):
        text = random.integers(0, info.vocabulary_size, count)
        more = random.integers(0, info.vocabulary_size, 20)
        kept = np.delete(text, slice(begin, end))
        with model.session(threads=2) as session, \
                model.session(threads=1) as fresh:
            session.evaluate(text)
            before = session.logits()
            session.remove(begin, end)
            assert session.tokens == kept.tolist()
            assert np.array_equal(session.logits(), before)
            fresh.evaluate(kept)
            got, wanted = session.evaluate_all(more), fresh.evaluate_all(more)
            if begin == end:
                assert np.array_equal(got, wanted)
            # Without the rotation they would be as different as those of
            # another text.
            difference = np.abs(got - wanted)
            worst = max(worst, difference.max())
            medians.append(np.median(difference))
            # Once more, from what has moved.
            session.remove(0, 3)
            kept = np.concatenate([kept, more])[3:]
            fresh.reset()
            fresh.evaluate(kept)
            got, wanted = session.evaluate_all(more), fresh.evaluate_all(more)
            worst = max(worst, np.abs(got - wanted).max())
    print(f"logits differ by {worst:.2g} at most, medians up to "
          f"{max(medians):.2g}")
    assert worst <= tolerance and max(medians) <= MEDIANS[info.kv_element]


main()
