# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks random models in folders against the float64 model.

    check_folders.py DIRECTORY SCRATCH

DIRECTORY is the folder `valid` of make_huggingface_fixtures.py. Compiled models
go to the folder SCRATCH.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from bitnet_compare import evaluate, explain, round_tables
from bitnet_huggingface import FolderModel
from bitnet_model import CompiledModel
from bitnet_reference import embed

TOKENS = 20
# In standard deviations of the logits.
TOLERANCE = 1e-4


def check(folder: Path, scratch: Path) -> None:
    options = folder.with_suffix(".options").read_text().split()
    library = scratch / f"{folder.name}.so"
    subprocess.run(["bitnet-compile", str(folder), "--emit=shared",
                    "--head=f16", "--kv-cache=f32", "-o", str(library), *options], check=True)
    compiled = CompiledModel(library)
    model = FolderModel(
        folder, masters="absmean" if "--quantize=absmean" in options else None)
    round_tables(model, "f16")
    info = compiled.info()
    assert info.name.decode() == folder.name
    assert info.vocabulary_size == len(model.embedding)
    ids = np.random.default_rng(1).integers(
        0, len(model.embedding), TOKENS).tolist()
    with compiled.session(threads=1) as session:
        if model.pooling != "none":
            theirs = embed(model, ids)
            error = np.abs(session.embed(ids) - theirs).max() / theirs.std()
            assert error <= TOLERANCE, (folder.name, error)
            print(f"{folder.name:24} {error:.2g}")
            return
        ours = evaluate(session, ids)
    deviation = float(ours.std())
    try:
        agreement = explain(model, ids, ours, tolerance=TOLERANCE * deviation)
    except ValueError as failure:
        sys.exit(f"{folder.name}: {failure}")
    print(f"{folder.name:24} {agreement.error / deviation:.2g}, "
          f"{len(agreement.ties)} ties", flush=True)
    assert len(agreement.ties) <= 4


def main() -> None:
    directory, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    scratch.mkdir(parents=True, exist_ok=True)
    folders = sorted(path for path in directory.iterdir() if path.is_dir())
    assert folders
    for folder in folders:
        check(folder, scratch)


main()
