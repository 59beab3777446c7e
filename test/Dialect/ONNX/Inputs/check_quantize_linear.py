# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares what onnx-quantize-linear makes of random weights with NumPy.

Usage: check_quantize_linear.py
"""

import re
import subprocess
import sys

import numpy as np

ROWS, COLUMNS = 37, 203
f32 = np.float32

GRAPH = """
func.func @main(%n: index {{onnx.symbol = "n"}},
    %x: tensor<?x{columns}xf32> {{onnx.name = "x", onnx.dims = ["n", {columns}]}})
    -> (tensor<?x{rows}xf32> {{onnx.name = "y", onnx.dims = ["n", {rows}]}}) {{
  %w = onnx.constant dense<"0x{data}"> : tensor<{columns}x{rows}xf32>
    : tensor<{columns}x{rows}xf32> loc("w")
  %y = onnx.node "MatMul" version 13 (%x, %w)
    : (tensor<?x{columns}xf32>, tensor<{columns}x{rows}xf32>)
    -> tensor<?x{rows}xf32>
  return %y : tensor<?x{rows}xf32>
}}
"""


def absmax(weights, axis):
    factor = f32(127) / np.abs(weights).max(axis, keepdims=True)
    codes = np.clip(np.rint(weights * factor), -127, 127)
    return codes, f32(1) / factor, f32(0)


def zeropoint(weights, axis):
    least = weights.min(axis, keepdims=True)
    factor = f32(255) / (weights.max(axis, keepdims=True) - least)
    zero = np.rint(-factor * least - f32(128))
    codes = np.clip(np.rint(weights * factor + zero), -128, 127)
    return codes, f32(1) / factor, zero


def absmean(weights, axis):
    scale = np.abs(weights).mean(axis, dtype=np.float64, keepdims=True)
    scale = scale.astype(f32)
    trits = np.clip(np.rint(weights * (f32(1) / scale)), -1, 1)
    return trits, scale, f32(0)


def sign(weights, axis):
    mean = weights.mean(axis, dtype=np.float64, keepdims=True).astype(f32)
    scale = np.abs(weights).mean(axis, dtype=np.float64, keepdims=True)
    return np.where(weights > mean, f32(1), f32(-1)), scale.astype(f32), f32(0)


def read_constants(text):
    """Numbers of the dense constants, in the order of the graph."""
    numbers = []
    for value, element in re.findall(
            r"dense<([^>]*)> : tensor<(?:[0-9]+x)?(f32|i8)>", text):
        kind = {"f32": f32, "i8": np.int8}[element]
        if value.startswith('"0x'):
            numbers.append(np.frombuffer(bytes.fromhex(value[3:-1]), kind))
        else:
            numbers.append(np.array([kind(value)]))
    return numbers


def read_resource(text):
    (name, data), = re.findall(r'(\S+): "0x([0-9A-F]+)"', text)
    # The first four bytes are the alignment.
    return name, np.frombuffer(bytes.fromhex(data)[4:], np.uint8)


def decode_codes(name, data):
    """Row-major codes, one row for each output."""
    if name.endswith(".int8"):
        return data.view(np.int8).reshape(COLUMNS, ROWS).T
    bits = 2 if name.endswith(".trits") else 1
    unpacked = np.unpackbits(data.reshape(ROWS, -1), axis=1, bitorder="little")
    if bits == 1:
        return unpacked[:, :COLUMNS].astype(np.int8) * 2 - 1
    pairs = unpacked.reshape(ROWS, -1, 2)
    return (pairs @ [1, 2])[:, :COLUMNS].astype(np.int8) - 1


def check(what, got, expected):
    if not np.array_equal(got, expected):
        sys.exit(f"{what}: {np.count_nonzero(got != expected)} differ")


def main():
    random = np.random.default_rng(5)
    weights = random.normal(0.004, 0.02, (ROWS, COLUMNS)).astype(f32)
    weights[3] = 0.125 * np.abs(weights[3]) + 1  # its zero point is no code
    weights[random.random(weights.shape) < 0.002] *= 12
    graph = GRAPH.format(rows=ROWS, columns=COLUMNS,
                         data=np.ascontiguousarray(weights.T).tobytes().hex())
    quantizers = {"absmean": absmean, "sign": sign, "absmax-int8": absmax,
                  "zeropoint-int8": zeropoint, "int8-outliers": absmax}
    for quantizer, reference in quantizers.items():
        for granularity, axis in (("tensor", None), ("row", 1)):
            text = subprocess.run(
                ["bitnet-opt", "--onnx-quantize-linear="
                 f"quantizer={quantizer} granularity={granularity}",
                 "--mlir-print-elementsattrs-with-hex-if-larger=1"],
                input=graph, capture_output=True, text=True, check=True).stdout
            what = f"{quantizer}, {granularity}"
            codes, scales, zero = reference(weights, axis)
            got = decode_codes(*read_resource(text))
            check(what + ", codes", got, codes)
            numbers = read_constants(text)
            # Scales precede zero points but where these are no codes.
            if np.any(np.abs(zero + 0.5) > 128):
                numbers.reverse()
            check(what + ", scales", numbers[0], scales.ravel())
            if quantizer == "zeropoint-int8":
                check(what + ", zero points", numbers[1], zero.ravel())
            wide, original = np.float64((codes - zero) * scales), np.float64(weights)
            error = np.linalg.norm(original - wide) / np.linalg.norm(original)
            noted = float(re.search(r"\berror = ([0-9.E+-]+)", text).group(1))
            if abs(noted - error) > 1e-9:
                sys.exit(f"{what}: error {error}, noted {noted}")
            print(f"{what}: error {100 * error:.3f}%")


main()
