#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Says how much each token of a text surprises a model, and how the model would
go on: surprise.py <model.so> [text]

The model is a shared library (bitnet-compile --emit=shared) that is called
through its C interface; python/bitnet_model.py says how, with ctypes alone.
"""

import math
import sys

from bitnet_model import CompiledModel, Sampling


def main() -> None:
    model = CompiledModel(sys.argv[1])
    text = sys.argv[2] if len(sys.argv) > 2 else \
        "Once upon a time there was a little girl who lived in a refrigerator"
    tokens = model.tokenize(text)
    with model.session() as session:
        bits = [-rate / math.log(2) for rate in session.score(tokens)]
        for token, surprise in zip(tokens, bits):
            # The first token of all has nothing before it.
            if not math.isnan(surprise):
                piece = model.detokenize([token]).decode(errors="replace")
                print(f"{surprise:5.1f} bits {'#' * round(surprise):20} "
                      f"{piece}")
        for seed in range(3):
            session.reset(len(tokens) - 1)
            session.evaluate(tokens[-1:])
            ending = session.generate(
                "", 20, Sampling(temperature=0.8, top_p=0.95, seed=seed))
            print(f"\n... {ending.text.decode(errors='replace').strip()}")


main()
