# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that logits on AArch64, under an emulator, are those of this machine
to the bit, for all tokens in one call and for one token a call.

    check_emulated_logits.py model.gguf SCRATCH --include FOLDER [--tokens N]
        [--options=...] --cpu CPU:EMULATED:KERNEL[:LESSER]...

For each CPU of LLVM, or multi, the model is compiled to the folder SCRATCH and
run on the EMULATED processor; KERNEL is what its layers must use there. A LESSER
processor lacks what the object needs, and the object must say so there.
"""

import argparse
import subprocess
from pathlib import Path

import numpy as np

from bitnet_model import CompiledModel, Status

INPUTS = Path(__file__).parent


def compile_model(path: Path, output: Path, options: list[str]) -> None:
    subprocess.run(["bitnet-compile", str(path), "-o", str(output), *options],
                   check=True)


def link(folder: Path, include: Path) -> Path:
    """A program of logits.c and the object in `folder`."""
    program = folder / "logits"
    subprocess.run(
        ["clang", "--target=aarch64-linux-gnu", "-O1", "-Wall", "-Wextra",
         "-Werror", "-ffreestanding", "-fno-stack-protector",
         "-mno-outline-atomics", f"-I{include}", f"-I{folder}", "-c",
         str(INPUTS / "logits.c"), "-o", str(folder / "logits.o")], check=True)
    subprocess.run(["ld.lld", str(folder / "logits.o"),
                    str(folder / "model.o"), "-o", str(program)], check=True)
    return program


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--cpu", action="append", required=True)
    parser.add_argument("--include", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=15)
    parser.add_argument("--options", default="")
    arguments = parser.parse_args()
    options = arguments.options.split()
    arguments.scratch.mkdir(parents=True, exist_ok=True)

    library = arguments.scratch / "model.so"
    compile_model(arguments.model, library, ["--emit=shared", *options])
    native = CompiledModel(library)
    ids = np.random.default_rng(1).integers(
        0, native.info().vocabulary_size, arguments.tokens, np.int32)
    with native.session(threads=1) as session:
        expected = session.evaluate_all(ids)
    assert np.isfinite(expected).all() and expected.std() > 0.1

    for entry in arguments.cpu:
        cpu, emulated, kernel, *lesser = entry.split(":")
        folder = arguments.scratch / cpu
        folder.mkdir(exist_ok=True)
        compile_model(arguments.model, folder / "model.o",
                      ["--target=aarch64-linux-gnu", f"--cpu={cpu}",
                       "--threads=none", "--name=model", *options])
        program = link(folder, arguments.include)
        result = subprocess.run(["qemu-aarch64", "-cpu", emulated, program],
                                input=ids.tobytes(), capture_output=True,
                                check=True)
        size = 2 * expected.nbytes
        assert result.stdout[size:].decode() == kernel, result.stdout[size:]
        logits = np.frombuffer(result.stdout[:size], np.float32)
        logits = logits.reshape(2, *expected.shape)
        for name, rows in zip(("at once", "one by one"), logits):
            assert np.array_equal(rows, expected), (cpu, name)
        for other in lesser:
            refused = subprocess.run(["qemu-aarch64", "-cpu", other, program],
                                     input=ids.tobytes(), check=False)
            assert refused.returncode == Status.UNSUPPORTED_CPU, refused
        print(f"{cpu} on {emulated}: kernel {kernel}, same")


main()
