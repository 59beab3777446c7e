# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models in folders of Hugging Face for the NumPy forward pass of
bitnet_reference.py, which is an oracle for tests and shares no code with the
compiler.

    forward(FolderModel(Path("folder")), ids)
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from bitnet_reference import (LINEARS, Linear, Model, round_blocks,
                              yarn_frequencies)
from bitnet_safetensors import Stored, read_folder, unpack_rows
from bitnet_tensors import absmean

# Class: architecture, base of rotations, epsilon, head size, tied.
CLASSES = {
    "BitNet": ("bitnet-b1.58", 5e5, 1e-5, None, False),
    "Bitnet": ("bitnet", 1e4, 1e-6, None, False),
    "Llama": ("llama", 1e4, 1e-6, None, False),
    "Qwen3": ("qwen3", 1e4, 1e-6, 128, False),
    "Gemma3": ("gemma3", 1e6, 1e-6, 256, True)}
MODULES = dict(zip(LINEARS, [
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
    "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]))
NORMS = {
    "input_layernorm": "attn_norm", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "self_attn.attn_sub_norm": "attn_sub_norm",
    "self_attn.inner_attn_ln": "attn_sub_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.ffn_sub_norm": "ffn_sub_norm", "mlp.ffn_layernorm": "ffn_sub_norm"}
GEMMA_NORMS = NORMS | {
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm"}


def llama3_frequencies(frequencies: np.ndarray, scaling: dict) -> np.ndarray:
    """As Llama 3.1 scales: waves longer than the original context by a factor,
    those much shorter not at all."""
    context = scaling["original_max_position_embeddings"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    waves = 2 * np.pi / frequencies
    smooth = (context / waves - low) / (high - low)
    slow = frequencies / scaling["factor"]
    mixed = (1 - smooth) * slow + smooth * frequencies
    return np.where(waves > context / low, slow,
                    np.where(waves < context / high, frequencies, mixed))


class FolderModel(Model):
    """A model in a folder, ready for `forward`. `masters` and `activations` are
    as of Model; `rounds_weights`: those that are no trits are rounded to 8
    bits, as the compiler does."""

    # pylint: disable=super-init-not-called
    def __init__(self, folder: Path, masters: str | None = None,
                 activations: str = "auto", rounds_weights: bool = True):
        self._rounds_weights = rounds_weights
        config = json.loads((folder / "config.json").read_text())
        self._config = {key: value for key, value in config.items()
                        if value is not None}
        self._tensors = read_folder(folder)
        name = self._config["architectures"][0]
        kind = next(kind for kind in CLASSES if name.startswith(kind))
        self.arch, self._base, self.epsilon, head, tied = CLASSES[kind]
        self._prefix = "model." if "model.norm.weight" in self._tensors else ""
        self._quantization = self._get("quantization_config", {})
        self._masters = masters
        if self.arch.startswith("bitnet") or self._quantization:
            self._masters = masters or "absmean"

        self.layers = self._get("num_hidden_layers")
        self.heads = self._get("num_attention_heads")
        self.kv_heads = self._get("num_key_value_heads", self.heads)
        width = self._get("hidden_size")
        self.key_size = self._get("head_dim", head or width // self.heads)
        self.value_size = self.rotated = self.key_size
        self.epsilon = self._get("rms_norm_eps", self.epsilon)
        self.input_epsilon = self._quantization.get("rms_norm_eps", 1e-6)
        self.interleaved = False
        is_gemma = self.arch == "gemma3"
        self.embedding_scale = width ** 0.5 if is_gemma else 1.0
        self.attention_scale = self.key_size ** -0.5
        if is_gemma:
            scalar = self._get("query_pre_attn_scalar", 256)
            self.attention_scale = scalar ** -0.5
        self._read_rotation()
        self.activation = self._get(
            "hidden_activation" if is_gemma else "hidden_act",
            {"bitnet-b1.58": "relu2", "gemma3": "gelu_pytorch_tanh"}.get(
                self.arch, "silu"))
        self._read_pooling(folder, name)

        self.embedding = self.values(f"{self._prefix}embed_tokens.weight")
        self.output = self.embedding
        if not self._get("tie_word_embeddings", tied):
            self.output = self.values("lm_head.weight")
        self.norms = {"output_norm.weight": self._norm(
            f"{self._prefix}norm.weight")}
        self.linears = {}
        for layer in range(self.layers):
            self._read_layer(f"{self._prefix}layers.{layer}.", f"blk.{layer}.")
        self.has_int8_activations = activations == "int8" or (
            activations == "auto" and self._is_trained_with_int8())

    def _get(self, key: str, default=None):
        value = self._config.get(key, default)
        if value is None:
            raise ValueError(f"missing key {key}")
        return value

    def _read_pooling(self, folder: Path, name: str) -> None:
        self.pooling = "none" if name.endswith("ForCausalLM") else "last"
        path = folder / "1_Pooling" / "config.json"
        if path.exists():
            modes = json.loads(path.read_text())
            self.pooling, = (kind for kind, key in {
                "cls": "cls_token", "mean": "mean_tokens",
                "last": "lasttoken"}.items()
                if modes.get(f"pooling_mode_{key}"))

    def _read_rotation(self) -> None:
        powers = np.arange(0, self.rotated, 2) / self.rotated
        parameters = self._config.get("rope_parameters", {})
        scaling = parameters or self._config.get("rope_scaling", {})
        local = self._config.get("rope_local_base_freq", 1e4)
        if "full_attention" in parameters:
            scaling = parameters["full_attention"]
            local = parameters["sliding_attention"]["rope_theta"]
        base = scaling.get("rope_theta",
                           self._config.get("rope_theta", self._base))
        self.frequencies, self.amplitude = base ** -powers, 1.0
        self.window_frequencies = local ** -powers
        kind = scaling.get("rope_type", scaling.get("type", "default"))
        if kind == "linear":
            self.frequencies /= scaling["factor"]
        elif kind == "llama3":
            self.frequencies = llama3_frequencies(self.frequencies, scaling)
        elif kind == "yarn":
            factor = scaling["factor"]
            self.frequencies = yarn_frequencies(
                base, self.rotated, factor,
                scaling.get("original_max_position_embeddings",
                            self._get("max_position_embeddings")))
            self.amplitude = scaling.get("attention_factor",
                                         1 + 0.1 * np.log(factor))
        elif kind != "default":
            raise ValueError(f"unsupported rope scaling {kind}")
        kinds = self._config.get("layer_types", [])
        self._windowed = [kind == "sliding_attention" for kind in kinds]
        self.window = self._config.get("sliding_window", 0)

    def is_windowed(self, layer: int) -> bool:
        return bool(self._windowed) and self._windowed[layer]

    def values(self, name: str) -> np.ndarray | None:
        tensor = self._tensors.get(name)
        return None if tensor is None else tensor.values()

    def _norm(self, name: str) -> np.ndarray:
        """Gemma stores differences from 1."""
        return self.values(name) + np.float32(self.arch == "gemma3")

    def _read_layer(self, theirs: str, ours: str) -> None:
        names = GEMMA_NORMS if self.arch == "gemma3" else NORMS
        for module, name in names.items():
            if f"{theirs}{module}.weight" in self._tensors:
                self.norms[f"{ours}{name}.weight"] = self._norm(
                    f"{theirs}{module}.weight")
        for name, module in MODULES.items():
            norm = self.values(f"{theirs}{module}.rms_norm.weight")
            if norm is not None:
                self.norms[f"{ours}{name}_norm_in.weight"] = norm
            self.linears[ours + name] = self._folder_linear(theirs + module)

    def _folder_linear(self, module: str) -> Linear:
        weight = self._tensors[f"{module}.weight"]
        bias = self.values(f"{module}.bias")
        codes, scale = self._codes(weight)
        factor = self.values(f"{module}.weight_scale")
        if factor is not None:
            is_divisor = self._quantization.get("linear_class") \
                != "autobitlinear"
            factor = float(factor.item())
            scale = scale / factor if is_divisor else scale * factor
        return Linear(codes, scale, bias)

    def _codes(self, weight: Stored) -> tuple[np.ndarray, float]:
        if weight.dtype == "U8":
            return unpack_rows(weight.array), 1.0
        values = weight.values()
        levels = np.unique(np.abs(values[values != 0]))
        if self._masters is None and len(levels) > 1:
            return (round_blocks(values) if self._rounds_weights
                    else values), 1.0
        matrix = absmean(values)
        return matrix.trits, float(matrix.scale)
