# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a small float network with every quantiser, runs it, and compares
its outputs, and the errors that --report tells for sample inputs, with NumPy.

Usage: check_quantized_layers.py FOLDER
"""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from bitnet_graph import Graph
from onnx_fixtures import wire

f32 = np.float32
ROWS, INPUTS, HIDDEN, OUTPUTS = 9, 96, 160, 33


def make_network(random):
    """h = relu(x · w0 + b0), y = h · w1ᵀ, with inputs of outlying columns."""
    w0 = random.normal(0.001, 0.06, (INPUTS, HIDDEN)).astype(f32)
    w1 = random.normal(0.001, 0.05, (OUTPUTS, HIDDEN)).astype(f32)
    b0 = random.normal(0, 0.1, HIDDEN).astype(f32)
    x = random.normal(0, 1, (ROWS, INPUTS)).astype(f32)
    x[:, 7] *= 12
    x[4, 70] = -8.5
    x[2] = 0
    return w0, b0, w1, x


def write_model(path, w0, b0, w1):
    def constant(name, array):
        return wire.tensor(name, array.shape, wire.FLOAT, array.tobytes())
    nodes = [wire.node("Gemm", ["x", "w0", "b0"], ["g"], "/0/fc"),
             wire.node("Relu", ["g"], ["h"], "/0/relu"),
             wire.node("Gemm", ["h", "w1"], ["y"], "/1/fc",
                       [wire.int_attribute("transB", 1)])]
    path.write_bytes(wire.model(wire.graph(
        nodes, [wire.value_info("x", wire.FLOAT, ["n", INPUTS])],
        [wire.value_info("y", wire.FLOAT, ["n", OUTPUTS])],
        [constant("w0", w0), constant("b0", b0), constant("w1", w1)])))


# Products of `inputs` [n, k] and `weights` [m, k], quantised; `axis` is None for
# one scale of the matrix, 1 for one of each row.

def absmax_codes(weights, axis):
    factor = f32(127) / np.abs(weights).max(axis, keepdims=True)
    return np.rint(weights * factor), np.float64(f32(1) / factor)


def absmax(inputs, weights, axis):
    codes, scale = absmax_codes(weights, axis)
    return inputs @ (codes * scale).T


def zeropoint(inputs, weights, axis):
    least = weights.min(axis, keepdims=True)
    factor = f32(255) / (weights.max(axis, keepdims=True) - least)
    zero = np.rint(-factor * least - f32(128))
    codes = np.clip(np.rint(weights * factor + zero), -128, 127)
    return inputs @ ((codes - zero) * np.float64(f32(1) / factor)).T


def quantize_rows(inputs, floor):
    largest = np.maximum(np.abs(inputs).max(1, keepdims=True), floor)
    return np.rint(f32(inputs) * (f32(127) / f32(largest))), largest / 127


def outliers(inputs, weights, axis):
    codes, scale = absmax_codes(weights, axis)
    above = (np.abs(inputs) > 6).any(0)
    assert 0 < above.sum() < 10 or inputs.shape[1] == HIDDEN
    values, step = quantize_rows(np.where(above, 0, inputs), 1e-30)
    half = (codes * scale).astype(np.float16).astype(np.float64)
    parts = np.where(above, inputs, 0).astype(np.float16).astype(np.float64)
    return values @ codes.T * step * scale.reshape(1, -1) + parts @ half.T


def absmean(inputs, weights, axis):
    scale = np.abs(weights).mean(axis, dtype=np.float64, keepdims=True)
    scale = scale.astype(f32)
    trits = np.clip(np.rint(weights * (f32(1) / scale)), -1, 1)
    values, step = quantize_rows(inputs, 1e-5)
    return values @ trits.T * step * scale.reshape(1, -1)


QUANTIZERS = {"absmax-int8": absmax, "zeropoint-int8": zeropoint,
              "int8-outliers": outliers, "absmean": absmean}


def compile_model(model, library, *options):
    return subprocess.run(
        ["bitnet-compile", str(model), "--emit=shared", "-o", str(library),
         *options], check=True, capture_output=True, text=True).stderr


def read_output_errors(report):
    """The two columns of errors of outputs, by layer."""
    return {name: (float(relative) / 100, float(largest))
            for name, relative, largest in re.findall(
                r"^(\S+) +\d+x\d+ +\S+ +\d+ +[\d.]+% +\S+ +([\d.]+)% +(\S+)",
                report, re.M)}


def get_error(got, exact):
    return (np.linalg.norm(got - exact) / np.linalg.norm(exact),
            np.abs(got - exact).max())


def check_sample_errors(model, sample, folder):
    wrong = folder / "wrong.pb"
    wrong.write_bytes(wire.floats("", [3, 2], range(6)))
    bits = folder / "bits.pb"
    bits.write_bytes(wire.tensor("", [2], wire.INT4, b"\x21"))
    for options, message in (
            (["--sample=x"], "expects --sample=name=file, found 'x'"),
            (["--sample=x=none.pb"], "none.pb"),
            (["--sample=z=" + str(sample)],
             "--sample: expects one tensor for the input 'x', found none"),
            (["--sample=x=" + str(sample)] * 2,
             "--sample: expects one tensor for the input 'x', found several"),
            (["--sample=x=" + str(sample), "--sample=z=" + str(sample)],
             "--sample: expects 1 inputs, found 2"),
            (["--sample=x=" + str(wrong)], "--sample: inputs: "),
            (["--sample=x=" + str(bits)], "expects elements of bytes in ")):
        result = subprocess.run(
            ["bitnet-compile", str(model), "-o", str(folder / "none.o"),
             "--quantize=absmax-int8", "--report", *options],
            capture_output=True, text=True)
        if result.returncode != 1 or message not in result.stderr:
            sys.exit(f"{options}: {result.stderr}")
        if (folder / "none.o").exists():
            sys.exit(f"{options}: an object was written")


def main():
    folder = Path(sys.argv[1])
    w0, b0, w1, x = make_network(np.random.default_rng(11))
    model, sample = folder / "network.onnx", folder / "x.pb"
    write_model(model, w0, b0, w1)
    sample.write_bytes(wire.tensor("x", x.shape, wire.FLOAT, x.tobytes()))
    check_sample_errors(model, sample, folder)
    wide = np.float64(x)
    hidden = np.maximum(wide @ w0 + b0, 0)
    exact = hidden @ w1.T
    for quantizer, multiply in QUANTIZERS.items():
        for granularity, axis in (("tensor", None), ("row", 1)):
            what = f"{quantizer}, {granularity}"
            library = folder / f"{quantizer}-{granularity}.so"
            report = compile_model(
                model, library, f"--quantize={quantizer}",
                f"--quantize-granularity={granularity}", "--report",
                f"--sample=x={sample}")
            inside = np.maximum(multiply(wide, w0.T, axis) + b0, 0)
            expected = multiply(inside, w1, axis)
            with Graph(library) as graph:
                got = graph.run({"x": x})["y"]
            error, _ = get_error(got, expected)
            # Roundings that fall to the other side cost a step of one value.
            if not error < 1e-3:
                sys.exit(f"{what}: off by {error}")
            told = read_output_errors(report)
            for layer, (mine, right) in {
                    "/0/fc": (multiply(wide, w0.T, axis) + b0, wide @ w0 + b0),
                    "/1/fc": (multiply(hidden, w1, axis), exact)}.items():
                relative, largest = get_error(mine, right)
                if (abs(told[layer][0] - relative) > 2e-5 + 0.01 * relative
                        or abs(told[layer][1] - largest) > 0.02 * largest):
                    sys.exit(f"{what}: {layer} is off by {relative}, {largest}; "
                             f"told {told[layer]}")
            print(f"{what}: outputs {error:.1e} from NumPy's, "
                  f"{get_error(got, exact)[0]:.4f} from the float ones")


main()
