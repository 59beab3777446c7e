# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks an object for several levels of instruction sets: what it lists, what
sessions choose, and that all variants give the same logits, bit for bit.

    check_variants.py model.gguf SCRATCH NAME... [--options=...] [--tokens N]

Compiles the model to the folder SCRATCH with --cpu=multi unless the options
name CPUs. NAME: the variants that the object must have, the best first; those
that this processor supports are run.
"""

import argparse
import os
import subprocess
from pathlib import Path

import numpy as np

from bitnet_model import BitNetError, CompiledModel, Status

VARIABLE = "BITNET_VARIANT"


def expect(status: Status, model: CompiledModel, variant: str | None) -> None:
    try:
        model.session(threads=1, variant=variant).close()
    except BitNetError as error:
        assert error.status == status, (variant, error)
    else:
        raise AssertionError(f"{variant}: expects {status.name}")


def used(model: CompiledModel, variant: str | None = None) -> str:
    with model.session(threads=1, variant=variant) as session:
        return session.variant.name.decode()


def check_choice(model: CompiledModel, supported: list[str],
                 unsupported: list[str]) -> None:
    os.environ.pop(VARIABLE, None)
    assert used(model) == supported[0]
    os.environ[VARIABLE] = ""
    assert used(model) == supported[0]
    for name in supported:
        os.environ[VARIABLE] = name
        assert used(model) == name
        for other in supported:
            assert used(model, other) == other, (name, other)
        for other in unsupported:
            expect(Status.UNSUPPORTED_CPU, model, other)
        expect(Status.UNKNOWN_VARIANT, model, "native")
    for name in unsupported:
        os.environ[VARIABLE] = name
        expect(Status.UNSUPPORTED_CPU, model, None)
        assert used(model, supported[-1]) == supported[-1]
    os.environ[VARIABLE] = "native"
    expect(Status.UNKNOWN_VARIANT, model, None)
    del os.environ[VARIABLE]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--options", default="")
    parser.add_argument("--tokens", type=int, default=20)
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    options = arguments.options.split()
    if not any(option.startswith("--cpu=") for option in options):
        options.append("--cpu=multi")

    library = arguments.scratch / "model.so"
    subprocess.run(["bitnet-compile", str(arguments.model), "--emit=shared",
                    "-o", str(library), *options], check=True)
    model = CompiledModel(library)
    variants = model.variants()
    names = [variant.name.decode() for variant in variants]
    assert names == arguments.names, names
    supported = [v for v in variants if v.is_supported]
    check_choice(model, [v.name.decode() for v in supported],
                 [v.name.decode() for v in variants if not v.is_supported])
    info = model.info()
    assert (info.cpu, info.kernel) == (supported[0].cpu, supported[0].kernel)

    ids = np.random.default_rng(1).integers(0, info.vocabulary_size,
                                            arguments.tokens)
    expected = None
    for variant in supported:
        name = variant.name.decode()
        for threads in (1, 3):
            with model.session(threads=threads, variant=name) as session:
                # Many tokens at a time, then one by one.
                rows = [session.evaluate_all(ids[:-2]),
                        session.evaluate_all(ids[-2:-1]),
                        session.evaluate_all(ids[-1:])]
            logits = np.concatenate(rows)
            if expected is None:
                assert np.isfinite(logits).all() and logits.std() > 0.1
                expected = logits
            assert np.array_equal(logits, expected), (name, threads)
        print(f"{name} ({variant.cpu.decode()}): {variant.kernel.decode()}, "
              f"same")


main()
