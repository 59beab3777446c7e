# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks the embeddings of a compiled embedding model.

    check_embeddings.py model.gguf SCRATCH --options=... --options=...

Compiles the model to the folder SCRATCH once for each --options, and once as a
program. Embeddings are the same to the bit for all of them and for any number
of threads, near those of the float64 model, and what the program prints.
"""

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np

from bitnet_model import BitNetError, CompiledModel, Status
from bitnet_reference import Model, embed

# The last two are one and several chunks.
COUNTS = (1, 5, 64, 65, 140)
# In standard deviations of the elements. Activations next to a tie may be
# rounded to its other side, as by the model in 32-bit floats; in most texts
# there is none.
TOLERANCE, TIE_TOLERANCE = 1e-5, 5e-2


def compile_model(path: Path, output: Path, *options: str) -> None:
    subprocess.run(["bitnet-compile", str(path), "-o", str(output),
                    "--context-length=192", "--head=f16", *options],
                   check=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--options", action="append", required=True)
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    reference = Model(arguments.model)
    texts = [np.random.default_rng(count).integers(
        0, len(reference.embedding), count).astype("<i4") for count in COUNTS]

    expected = None
    for index, options in enumerate(arguments.options):
        library = arguments.scratch / f"model{index}.so"
        compile_model(arguments.model, library, "--emit=shared",
                      *options.split())
        model = CompiledModel(library)
        for threads in (1, 2):
            with model.session(threads=threads) as session:
                embeddings = [session.embed(ids) for ids in texts]
                try:
                    session.evaluate(texts[0])
                    raise AssertionError("an embedding model has no logits")
                except BitNetError as error:
                    assert error.status == Status.UNSUPPORTED
            expected = expected or embeddings
            for ours, first in zip(embeddings, expected):
                assert np.array_equal(ours, first), (options, threads)

    errors = []
    for ids, ours in zip(texts, expected):
        theirs = embed(reference, ids.tolist())
        errors.append(float(np.abs(ours - theirs).max() / theirs.std()))
        assert abs(np.linalg.norm(ours.astype(np.float64)) - 1) < 1e-6

    print(errors)
    assert np.median(errors) < TOLERANCE and max(errors) < TIE_TOLERANCE

    program = arguments.scratch / "program"
    compile_model(arguments.model, program, "--emit=exe")
    for ids, ours in zip(texts, expected):
        file = arguments.scratch / "ids"
        file.write_bytes(ids.tobytes())
        command = [str(program), "--embed", "--ids", "-f", str(file)]
        lines = subprocess.check_output(command, text=True).splitlines()
        assert np.array_equal(np.array(lines, np.float32), ours)
        data = json.loads(subprocess.check_output([*command, "--json"]))
        assert np.array_equal(np.array(data, np.float32), ours)


main()
