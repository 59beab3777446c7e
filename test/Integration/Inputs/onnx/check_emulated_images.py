# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that logits on AArch64, under an emulator, are those of this machine
to the bit, for all images in one call and for one image a call.

    check_emulated_images.py model.onnx reference.npz SCRATCH --include FOLDER
        [--images N] --cpu CPU:EMULATED...

For each CPU of LLVM the model is compiled to the folder SCRATCH and run on the
EMULATED processor.
"""

import argparse
import subprocess
from pathlib import Path

import numpy as np

from compiled import compile_graph

INPUTS = Path(__file__).parent


def link(folder: Path, include: Path) -> Path:
    """A program of images.c and the object in `folder`."""
    program = folder / "images"
    subprocess.run(
        ["clang", "--target=aarch64-linux-gnu", "-O1", "-Wall", "-Wextra",
         "-Werror", "-ffreestanding", "-fno-stack-protector",
         "-mno-outline-atomics", f"-I{include}", f"-I{folder}", "-c",
         str(INPUTS / "images.c"), "-o", str(folder / "images.o")], check=True)
    subprocess.run(["ld.lld", str(folder / "images.o"), str(folder / "net.o"),
                    "-o", str(program)], check=True)
    return program


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--cpu", action="append", required=True)
    parser.add_argument("--include", type=Path, required=True)
    parser.add_argument("--images", type=int, default=16)
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    images = np.load(arguments.reference)["x"][:arguments.images]

    with compile_graph(arguments.model, arguments.scratch / "net.so") as graph:
        expected = graph.run({"image": images})["logits"]
    assert np.isfinite(expected).all() and expected.std() > 0.1

    for entry in arguments.cpu:
        cpu, emulated = entry.split(":")
        folder = arguments.scratch / cpu
        folder.mkdir(exist_ok=True)
        subprocess.run(["bitnet-compile", str(arguments.model),
                        "--target=aarch64-linux-gnu", f"--cpu={cpu}",
                        "--threads=none", "-o", str(folder / "net.o")],
                       check=True)
        result = subprocess.run(
            ["qemu-aarch64", "-cpu", emulated, link(folder, arguments.include)],
            input=images.tobytes(), capture_output=True, check=True)
        logits = np.frombuffer(result.stdout, np.float32)
        for name, rows in zip(("at once", "one by one"),
                              logits.reshape(2, *expected.shape)):
            assert np.array_equal(rows, expected), \
                (cpu, name, np.abs(rows - expected).max())
        print(f"{cpu} on {emulated}: same")


main()
