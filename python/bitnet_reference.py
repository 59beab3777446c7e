#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""NumPy forward pass of BitNet language models in GGUF files.

An oracle for tests: it shares no code with the compiler and favours the plain
formula over speed.

    bitnet_reference.py model.gguf --ids 1,2,3 --output logits.npy

Architectures: `bitnet` (SiLU), `bitnet-25` and `bitnet-b1.58` (squared ReLU).
Tensor types: those of bitnet_gguf.py.

A note for tests: activations are rounded to int8 in front of every linear
layer. Two correct programs may round a value within float error of a tie (x.5)
differently, and one such step moves the logits of this and of later positions
by a tenth or more. `Rounding` lists the ties of a run and can round chosen
ones the other way, so that a comparison can tell such a step from an error.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bitnet_gguf import GgufReader, Tensor
from bitnet_tensors import TERNARY_TYPES, TensorType, absmean, binarize

# (layer, linear group, position, element) of one rounded activation. Groups:
# 0 = q, k and v; 1 = attention output; 2 = gate and up; 3 = down.
Tie = tuple[int, int, int, int]


@dataclass
class Linear:
    """y = (codes . q) * scale / s + bias, for activations x = q / s.

    `codes` [outputs, inputs] are trits or signs, or the weights themselves (and
    `scale` is 1) if the blocks of a tensor differ in scale.
    """

    codes: np.ndarray
    scale: float
    bias: np.ndarray | None

    def __call__(self, q: np.ndarray, s: np.ndarray) -> np.ndarray:
        # float64 holds the integer dot product exactly.
        dot = q.astype(np.float64) @ self.codes.astype(np.float64).T
        y = dot.astype(s.dtype) * (s.dtype.type(self.scale) / s)
        return y if self.bias is None else y + self.bias.astype(s.dtype)


def quantize(tensor: Tensor, i2s_group: int,
             masters: str) -> tuple[np.ndarray, float]:
    """Codes and scale of a weight matrix; `masters` says what becomes of float
    ones: absmean or sign."""
    weights = tensor.decode(i2s_group)
    levels = np.unique(np.abs(weights[weights != 0]))
    is_quantized = tensor.tensor_type in (*TERNARY_TYPES, TensorType.Q1_0)
    if is_quantized and len(levels) > 1:
        return weights, 1.0
    if masters == "sign" and not is_quantized:
        signs = binarize(weights)
        return signs.signs, float(signs.scale)
    matrix = absmean(weights)
    return matrix.trits, float(matrix.scale)


class Model:
    """A model of one of the three architectures, ready for `forward`."""

    def __init__(self, path: Path, i2s_group: int = 128,
                 masters: str = "absmean"):
        file = GgufReader(path)
        self._i2s_group, self._masters = i2s_group, masters
        self._file, self.arch = file, file.fields["general.architecture"]
        if self.arch not in ("bitnet", "bitnet-25", "bitnet-b1.58"):
            raise ValueError(f"{path}: unsupported architecture {self.arch}")
        self.layers = self._field("block_count")
        self.heads = self._field("attention.head_count")
        self.kv_heads = self._field("attention.head_count_kv", self.heads)
        head = self._field("embedding_length") // self.heads
        self.key_size = self._field("attention.key_length", head)
        self.value_size = self._field("attention.value_length", head)
        self.rotated = self._field("rope.dimension_count", self.key_size)
        self.rope_base = self._field("rope.freq_base", 10000.0)
        self.position_scale = 1.0
        if (kind := self._field("rope.scaling.type", "none")) == "linear":
            self.position_scale = 1 / self._field("rope.scaling.factor", 1.0)
        elif kind != "none":
            raise ValueError(f"{path}: unsupported rope scaling {kind}")
        self.epsilon = self._field("attention.layer_norm_rms_epsilon")
        self.activation = self._field(
            "hidden_activation", "silu" if self.arch == "bitnet" else "relu2")
        self.embedding = self.values("token_embd.weight")
        output = self.values("output.weight")
        self.output = self.embedding if output is None else output
        self.norms = {name: self.values(name) for name in file.tensors
                      if name.endswith("norm.weight")}
        self.linears = {name.removesuffix(".weight"): self._linear(name)
                        for name in file.tensors
                        if name.startswith("blk.") and name.endswith(".weight")
                        and name not in self.norms}

    def _field(self, key: str, default=None):
        value = self._file.fields.get(f"{self.arch}.{key}", default)
        if value is None:
            raise ValueError(f"missing metadata key {self.arch}.{key}")
        return value

    def values(self, name: str) -> np.ndarray | None:
        """The float32 values of a tensor, None if the file lacks it."""
        tensor = self._file.tensors.get(name)
        return None if tensor is None else tensor.decode(self._i2s_group)

    def _linear(self, name: str) -> Linear:
        codes, scale = quantize(self._file.tensors[name], self._i2s_group,
                                self._masters)
        stem = name.removesuffix(".weight")
        factor = self.values(f"{stem}.scale")
        if factor is not None:
            scale *= float(factor.item())
        return Linear(codes, scale, self.values(f"{stem}.bias"))


class Rounding:
    """Rounds activations to int8; may round chosen ties the other way."""

    def __init__(self, flips: frozenset[Tie] = frozenset(), margin: float = 0):
        self.flips, self.margin = flips, margin
        self.ties: list[tuple[float, Tie]] = []  # within `margin`, as found

    def __call__(self, x: np.ndarray, layer: int, group: int):
        """Returns q and s of x [positions, width], x being about q / s."""
        real = x.dtype.type
        absmax = np.abs(x).max(axis=-1, keepdims=True)
        s = real(127) / np.maximum(absmax, real(1e-5))
        scaled = x * s
        q = np.rint(scaled)
        distance = 0.5 - np.abs(scaled - q)
        for row, column in np.argwhere(distance < self.margin):
            tie = (layer, group, int(row), int(column))
            self.ties.append((float(distance[row, column]), tie))
        for at_layer, at_group, row, column in self.flips:
            if (at_layer, at_group) == (layer, group):
                up = scaled[row, column] > q[row, column]
                q[row, column] += 1 if up else -1
        return np.clip(q, -128, 127), s


def forward(model: Model, ids: list[int], dtype=np.float64,
            rounding: Rounding | None = None,
            store=lambda values: values) -> np.ndarray:
    """Logits [len(ids), vocabulary]; all but the integers is in `dtype`.
    `store` gives what a KV cache keeps of keys and values."""
    real, count = np.dtype(dtype).type, len(ids)
    rounding = rounding or Rounding()

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        if (weight := model.norms.get(f"{name}.weight")) is None:
            return x  # sub-norms are optional
        mean = (x * x).mean(axis=-1, keepdims=True) + real(model.epsilon)
        return x * (real(1) / np.sqrt(mean)) * weight.astype(real)

    # NEOX rotary embedding: element i turns with element i + rotated / 2.
    half = model.rotated // 2
    angle = (np.arange(count)[:, None] * model.position_scale
             * model.rope_base ** (-np.arange(half) / half))
    cos, sin = (f(angle).astype(real)[:, None] for f in (np.cos, np.sin))

    def rotate(x: np.ndarray) -> np.ndarray:
        a, b, rest = np.split(x, [half, 2 * half], axis=-1)
        return np.concatenate([a * cos - b * sin, b * cos + a * sin, rest], -1)

    future = np.triu(np.full((count, count), -np.inf, real), 1)
    x = model.embedding[ids].astype(real)
    for layer in range(model.layers):
        block = f"blk.{layer}."
        linear = {name: model.linears[block + name] for name in (
            "attn_q", "attn_k", "attn_v", "attn_output",
            "ffn_gate", "ffn_up", "ffn_down")}

        h = rounding(norm(x, block + "attn_norm"), layer, 0)
        q = linear["attn_q"](*h).reshape(count, model.heads, -1)
        k = linear["attn_k"](*h).reshape(count, model.kv_heads, -1)
        v = linear["attn_v"](*h).reshape(count, model.kv_heads, -1)
        q, k, v = rotate(q), store(rotate(k)), store(v)
        k, v = (np.repeat(t, model.heads // model.kv_heads, 1) for t in (k, v))
        score = np.einsum("ihd,jhd->hij", q, k)
        weight = score * real(model.key_size ** -0.5) + future
        weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
        weight /= weight.sum(axis=-1, keepdims=True)
        mixed = np.einsum("hij,jhd->ihd", weight, v).reshape(count, -1)
        h = rounding(norm(mixed, block + "attn_sub_norm"), layer, 1)
        x = x + linear["attn_output"](*h)

        h = rounding(norm(x, block + "ffn_norm"), layer, 2)
        gate, up = linear["ffn_gate"](*h), linear["ffn_up"](*h)
        if model.activation == "relu2":
            gate = np.square(np.maximum(gate, real(0)))
        else:
            gate = gate / (real(1) + np.exp(-gate))
        h = rounding(norm(gate * up, block + "ffn_sub_norm"), layer, 3)
        x = x + linear["ffn_down"](*h)
    return norm(x, "output_norm") @ model.output.astype(real).T


def main() -> None:
    """Writes the logits of the given tokens."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--ids", required=True, help="token ids: 1,2,3")
    parser.add_argument("--dtype", choices=["float64", "float32"],
                        default="float64", help="type of the float part")
    parser.add_argument("--i2s-group", type=int, choices=[128, 64],
                        default=128, help="elements of a group of I2_S")
    parser.add_argument("--quantize", choices=["absmean", "sign"],
                        default="absmean", help="what float weights become")
    parser.add_argument("--output", type=Path, required=True,
                        help="logits [tokens, vocabulary] as .npy")
    arguments = parser.parse_args()
    model = Model(arguments.model, arguments.i2s_group, arguments.quantize)
    ids = [int(token) for token in arguments.ids.split(",")]
    bad = [token for token in ids if not 0 <= token < len(model.embedding)]
    if bad:
        parser.error(f"token ids outside the vocabulary: {bad}")
    np.save(arguments.output, forward(model, ids, arguments.dtype))


if __name__ == "__main__":
    main()
