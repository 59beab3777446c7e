# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Repeats, operation by operation in single precision, what compiled
feed-forward nets with BitLinear layers compute: their results must be equal to
the bit.

BitNetOps.td documents the order of operations of bit_linear,
quantize_activations and quantized_linear.
"""

from __future__ import annotations

import numpy as np

from onnx_oracle import Node, Oracle

LANES = 16  # partial sums of a row; see lib/Graph/LoopShape.h
FLOAT_STEPS = 3  # 8-bit pieces of activations that the model keeps in float


def f32(value) -> np.float32:
    return np.float32(value)


def _quantize(rows: np.ndarray, floor: np.float32, reciprocal: bool):
    """Integers of 8 bits, as floats, and the scale of each row."""
    largest = np.maximum(np.abs(rows).max(1, keepdims=True), floor)
    factor = f32(127) * (f32(1) / largest) if reciprocal else f32(127) / largest
    return np.rint(rows * factor), largest / f32(127)


def _multiply(values: np.ndarray, scales: np.ndarray, codes: np.ndarray,
              weight_scale: np.float32) -> np.ndarray:
    sums = values.astype(np.float64) @ codes.T  # exact: integers below 2^53
    return sums.astype(np.float32) * (weight_scale * scales)


def _sum_rows(rows: np.ndarray) -> np.ndarray:
    """Column k goes to lane k mod 16; halves of the lanes are added."""
    assert rows.shape[1] % LANES == 0
    lanes = np.zeros((len(rows), LANES), np.float32)
    for begin in range(0, rows.shape[1], LANES):
        lanes += rows[:, begin:begin + LANES]
    while lanes.shape[1] > 1:
        half = lanes.shape[1] // 2
        lanes = lanes[:, :half] + lanes[:, half:]
    return lanes


def _normalize(rows: np.ndarray, scale: np.ndarray, bias: np.ndarray,
               epsilon: float) -> np.ndarray:
    count = f32(rows.shape[1])
    centred = rows - _sum_rows(rows) / count
    variance = _sum_rows(centred * centred) / count
    inverse = f32(1) / np.sqrt(variance + f32(epsilon))
    return centred * inverse * scale + bias


class FeedForward:
    """The net of a file: for each Gemm, what may stand in front of it is found
    by following its input."""

    def __init__(self, oracle: Oracle):
        producers = {name: node for node in oracle.graph.nodes
                     for name in node.outputs}
        constants = oracle.constants
        self._layers = []
        for gemm in (n for n in oracle.graph.nodes if n.type == "Gemm"):
            weight = constants[gemm.inputs[1]]
            source: Node | None = producers[gemm.inputs[0]]
            factor = None
            if source.type == "Mul":  # float activations, times a constant
                factor = next(constants[name] for name in source.inputs
                              if name in constants)
                weight = weight * factor
            while source and source.type not in ("LayerNormalization", "Gemm"):
                source = next((producers[name] for name in source.inputs
                               if name in producers
                               and name not in constants), None)
            norm = source if source and source.type != "Gemm" else None
            weight_scale = np.abs(weight).max()
            codes = np.sign(weight)
            assert np.allclose(codes * weight_scale, weight, 1e-6, 0)
            self._layers.append((
                norm, norm and [f32(constants[name])
                                for name in norm.inputs[1:]],
                codes, f32(weight_scale), f32(constants[gemm.inputs[2]]),
                factor is None))

    def run(self, images: np.ndarray
            ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Logits, and the 8-bit activations of each layer that has them."""
        rows = images.reshape(len(images), -1)
        integers = []
        for index, (norm, affine, codes, weight_scale, bias,
                    is_quantized) in enumerate(self._layers):
            if index > 0:
                rows = np.maximum(rows, f32(0))
            if norm:
                rows = _normalize(rows, *affine, norm.get("epsilon"))
            if is_quantized:
                values, scales = _quantize(rows, f32(1e-5), reciprocal=True)
                integers.append(values)
                rows = _multiply(values, scales, codes, weight_scale)
            else:
                rows = self._multiply_floats(rows, codes, weight_scale)
            rows = rows + bias
        assert rows.dtype == np.float32
        return rows, integers

    @staticmethod
    def _multiply_floats(rows: np.ndarray, codes: np.ndarray,
                         weight_scale: np.float32) -> np.ndarray:
        pieces = []
        for _ in range(FLOAT_STEPS):
            values, scales = _quantize(rows, f32(1e-30), reciprocal=False)
            pieces.append((values, scales))
            rows = rows - values * scales
        result = f32(0)
        for values, scales in reversed(pieces):
            result = _multiply(values, scales, codes, weight_scale) + result
        return result
