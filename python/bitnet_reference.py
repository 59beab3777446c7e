#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""NumPy forward pass of BitNet language models in GGUF files.

An oracle for tests: it shares no code with the compiler and favours the plain
formula over speed.

    bitnet_reference.py model.gguf --ids 1,2,3 --output logits.npy

Architectures: `bitnet`, `bitnet-25`, `bitnet-b1.58`, `llama`, `qwen3` and
`gemma3`. Tensor types: those of bitnet_tensors.py. Activations are rounded to 8
bits for each token where the weights say that the model was trained so: those
of BitNet's own architectures always, those of others if they are trits with one
scale.

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

# Types that hold codes; floats of others may be masters.
QUANTIZED_TYPES = (*TERNARY_TYPES, TensorType.Q1_0)
FLOAT_TYPES = (TensorType.F64, TensorType.F32, TensorType.F16, TensorType.BF16)

# (layer, linear group, position, element) of one rounded activation. Groups:
# 0 = q, k and v; 1 = attention output; 2 = gate and up; 3 = down; 4, 5, ... =
# the linear layers one by one, in models with a norm in front of each.
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


BITNET = ("bitnet", "bitnet-25", "bitnet-b1.58")
ARCHITECTURES = (*BITNET, "llama", "qwen3", "gemma3")
LINEARS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up",
           "ffn_down")
POOLINGS = ("none", "mean", "cls", "last")


def round_blocks(weights: np.ndarray) -> np.ndarray:
    """What 8 bits for each weight and a scale for 32 of them keep."""
    blocks = weights.reshape(-1, 32)
    scales = np.abs(blocks).max(1, keepdims=True) / np.float32(127)
    scales[scales == 0] = 1
    return (np.rint(blocks / scales) * scales).reshape(weights.shape)


def quantize(tensor: Tensor, i2s_group: int,
             masters: str | None) -> tuple[np.ndarray, float]:
    """Codes and scale of a weight matrix; `masters` says what becomes of float
    ones: absmean, sign, None: they are rounded to 8 bits, as the compiler does,
    or stored: they are not."""
    weights = tensor.decode(i2s_group)
    levels = np.unique(np.abs(weights[weights != 0]))
    is_quantized = (masters in (None, "stored")
                    or tensor.tensor_type in QUANTIZED_TYPES)
    if is_quantized and len(levels) > 1:
        is_rounded = masters is None and tensor.tensor_type in FLOAT_TYPES
        return round_blocks(weights) if is_rounded else weights, 1.0
    if masters == "sign" and not is_quantized:
        signs = binarize(weights)
        return signs.signs, float(signs.scale)
    matrix = absmean(weights)
    return matrix.trits, float(matrix.scale)


def yarn_frequencies(base: float, rotated: int, factor: float, original: int,
                     fast: float = 32, slow: float = 1) -> np.ndarray:
    """Peng et al., arXiv:2309.00071."""
    pairs = np.arange(rotated // 2)
    extrapolated = base ** (-2 * pairs / rotated)

    def pair(rotations: float) -> float:
        return rotated * np.log(original / (rotations * 2 * np.pi)) \
            / (2 * np.log(base))

    low = max(np.floor(pair(fast)), 0)
    high = min(np.ceil(pair(slow)), rotated - 1)
    ramp = np.clip((pairs - low) / max(high - low, 0.001), 0, 1)
    return extrapolated / factor * ramp + extrapolated * (1 - ramp)


class Model:
    """A model of one of the architectures, ready for `forward`. `masters` is
    what becomes of float weights, None: what the architecture says;
    `activations` is int8, float, or auto: what the weights say."""

    def __init__(self, path: Path, i2s_group: int = 128,
                 masters: str | None = None, activations: str = "auto"):
        file = GgufReader(path)
        self._i2s_group, self._masters = i2s_group, masters
        self._file, self.arch = file, file.fields["general.architecture"]
        if self.arch not in ARCHITECTURES:
            raise ValueError(f"{path}: unsupported architecture {self.arch}")
        if masters is None and self.arch in BITNET:
            self._masters = "absmean"
        self.layers = self._field("block_count")
        self.heads = self._field("attention.head_count")
        self.kv_heads = self._field("attention.head_count_kv", self.heads)
        width = self._field("embedding_length")
        head = width // self.heads
        self.key_size = self._field("attention.key_length", head)
        self.value_size = self._field("attention.value_length", head)
        self.attention_scale = self._field("attention.scale",
                                           self.key_size ** -0.5)
        self.embedding_scale = width ** 0.5 if self.arch == "gemma3" else 1.0
        self.rotated = self._field("rope.dimension_count", self.key_size)
        self.interleaved = self.arch == "llama"
        self._read_rotation()
        self.epsilon = self._field("attention.layer_norm_rms_epsilon")
        self.input_epsilon = self.epsilon
        self.activation = self._field("hidden_activation", {
            "bitnet-25": "relu2", "bitnet-b1.58": "relu2",
            "gemma3": "gelu_pytorch_tanh"}.get(self.arch, "silu"))
        self.pooling = POOLINGS[self._field("pooling_type", 0)]
        self.embedding = self.values("token_embd.weight")
        output = self.values("output.weight")
        self.output = self.embedding if output is None else output
        self.norms = {name: self.values(name) for name in file.tensors
                      if name.endswith(("norm.weight", "norm_in.weight"))}
        self.linears = {
            f"blk.{layer}.{name}": self._linear(f"blk.{layer}.{name}.weight")
            for layer in range(self.layers) for name in LINEARS}
        self.has_int8_activations = activations == "int8" or (
            activations == "auto" and self._is_trained_with_int8())

    def _is_trained_with_int8(self) -> bool:
        if self._masters not in (None, "stored"):
            return True
        # One magnitude, and zeros; nothing but zeros tells nothing.
        levels = [set(np.unique(np.abs(self.linears[f"blk.0.{name}"].codes)))
                  for name in LINEARS]
        return all(found in ({0}, {0, 1}) for found in levels) \
            and {0, 1} in levels

    def _read_rotation(self) -> None:
        pairs = np.arange(self.rotated // 2)
        base = self._field("rope.freq_base", 10000.0)
        factor = self._field("rope.scaling.factor", 1.0)
        kind = self._field("rope.scaling.type", "linear")
        self.frequencies = base ** (-2 * pairs / self.rotated)
        self.amplitude = 1.0
        if kind == "linear":
            self.frequencies /= factor
        elif kind == "yarn":
            context = self._field("context_length")
            self.frequencies = yarn_frequencies(
                base, self.rotated, factor,
                self._field("rope.scaling.original_context_length", context))
            self.amplitude = (1 + 0.1 * np.log(factor)) \
                * self._field("rope.scaling.attn_factor", 1.0)
        elif kind != "none":
            raise ValueError(f"unsupported rope scaling {kind}")
        if (divisors := self.values("rope_freqs.weight")) is not None:
            self.frequencies = self.frequencies / divisors
        self.window = self._field("attention.sliding_window", 0)
        self.window_period = self._field("attention.sliding_window_pattern", 6)
        self.window_frequencies = self._field("rope.freq_base_swa", 10000.0) \
            ** (-2 * pairs / self.rotated)

    def is_windowed(self, layer: int) -> bool:
        return bool(self.window) and (layer + 1) % self.window_period != 0

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


def activate(gate: np.ndarray, name: str) -> np.ndarray:
    one = gate.dtype.type(1)
    if name == "relu2":
        return np.square(np.maximum(gate, 0))
    if name.startswith("gelu"):
        inner = np.sqrt(2 / np.pi) * (gate + 0.044715 * gate ** 3)
        return gate * (one + np.tanh(inner)) / 2
    return gate / (one + np.exp(-gate))


def forward(model: Model, ids: list[int], dtype=np.float64,
            rounding: Rounding | None = None,
            store=lambda values: values) -> np.ndarray:
    """Logits [len(ids), vocabulary], or the final states [len(ids), embedding
    length] of a model that pools them; all but the integers is in `dtype`.
    `store` gives what a KV cache keeps of keys and values."""
    real, count = np.dtype(dtype).type, len(ids)
    rounding = rounding or Rounding()

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        if (weight := model.norms.get(f"{name}.weight")) is None:
            return x  # models have some of the norms
        epsilon = model.input_epsilon if name.endswith("_norm_in") \
            else model.epsilon
        mean = (x * x).mean(axis=-1, keepdims=True) + real(epsilon)
        return x * (real(1) / np.sqrt(mean)) * weight.astype(real)

    def rotation(frequencies: np.ndarray, amplitude: float):
        angle = np.arange(count)[:, None] * frequencies
        return [(amplitude * f(angle)).astype(real)[:, None]
                for f in (np.cos, np.sin)]

    half = model.rotated // 2

    def rotate(x: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> np.ndarray:
        if model.interleaved:  # elements 2 i and 2 i + 1 turn together
            a, b = x[..., 0:2 * half:2], x[..., 1:2 * half:2]
            pairs = np.stack([a * cos - b * sin, b * cos + a * sin], -1)
            turned = pairs.reshape(*x.shape[:-1], 2 * half)
            return np.concatenate([turned, x[..., 2 * half:]], -1)
        a, b, rest = np.split(x, [half, 2 * half], axis=-1)  # i and i + half
        return np.concatenate([a * cos - b * sin, b * cos + a * sin, rest], -1)

    full = rotation(model.frequencies, model.amplitude)
    windowed = rotation(model.window_frequencies, 1.0)
    distance = np.arange(count)[:, None] - np.arange(count)
    x = model.embedding[ids].astype(real) * real(model.embedding_scale)
    for layer in range(model.layers):
        block = f"blk.{layer}."

        def multiply(values: np.ndarray, group: int, *names: str) -> list:
            """Linear layers that read the same values."""
            results, shared = [], None
            for name in names:
                q = norm(values, f"{block}{name}_norm_in")
                has_norm = q is not values
                if not model.has_int8_activations:
                    h = q, np.ones((count, 1), real)
                elif has_norm:
                    h = rounding(q, layer, 4 + LINEARS.index(name))
                else:
                    h = shared = shared or rounding(q, layer, group)
                results.append(model.linears[block + name](*h))
            return results

        h = norm(x, block + "attn_norm")
        q, k, v = (t.reshape(count, -1, model.key_size) for t in multiply(
            h, 0, "attn_q", "attn_k", "attn_v"))
        q, k = norm(q, block + "attn_q_norm"), norm(k, block + "attn_k_norm")
        is_windowed = model.is_windowed(layer)
        turn = windowed if is_windowed else full
        q, k, v = rotate(q, *turn), store(rotate(k, *turn)), store(v)
        k, v = (np.repeat(t, model.heads // model.kv_heads, 1) for t in (k, v))
        hidden = distance < 0
        if is_windowed:
            hidden = hidden | (distance >= model.window)
        score = np.einsum("ihd,jhd->hij", q, k) * real(model.attention_scale)
        weight = score + np.where(hidden, -np.inf, 0).astype(real)
        weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
        weight /= weight.sum(axis=-1, keepdims=True)
        mixed = np.einsum("hij,jhd->ihd", weight, v).reshape(count, -1)
        mixed = norm(mixed, block + "attn_sub_norm")
        out, = multiply(mixed, 1, "attn_output")
        x = x + norm(out, block + "post_attention_norm")

        h = norm(x, block + "ffn_norm")
        gate, up = multiply(h, 2, "ffn_gate", "ffn_up")
        h = norm(activate(gate, model.activation) * up, block + "ffn_sub_norm")
        out, = multiply(h, 3, "ffn_down")
        x = x + norm(out, block + "post_ffw_norm")
    x = norm(x, "output_norm")
    return x if model.pooling != "none" else x @ model.output.astype(real).T


def embed(model: Model, ids: list[int], dtype=np.float64) -> np.ndarray:
    """The embedding of a text: pooled, of length 1."""
    states = forward(model, ids, dtype)
    pooled = {"mean": states.mean(0), "cls": states[0],
              "last": states[-1]}[model.pooling]
    return pooled / np.sqrt((pooled * pooled).sum())


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
                        help="what float weights become (default: absmean for "
                             "BitNet's own architectures, else nothing)")
    parser.add_argument("--activations", choices=["auto", "int8", "float"],
                        default="auto")
    parser.add_argument("--output", type=Path, required=True,
                        help="logits [tokens, vocabulary] as .npy")
    arguments = parser.parse_args()
    model = Model(arguments.model, arguments.i2s_group, arguments.quantize,
                  arguments.activations)
    ids = [int(token) for token in arguments.ids.split(",")]
    bad = [token for token in ids if not 0 <= token < len(model.embedding)]
    if bad:
        parser.error(f"token ids outside the vocabulary: {bad}")
    np.save(arguments.output, forward(model, ids, arguments.dtype))


if __name__ == "__main__":
    main()
