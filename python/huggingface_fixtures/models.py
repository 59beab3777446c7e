# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random models in folders that are right."""

from __future__ import annotations

import json
import zlib
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bitnet_safetensors import Stored, pack_rows, write_safetensors
from bitnet_tensors import absmean

MODEL_TYPES = {"BitNet": "bitnet", "Bitnet": "llama", "Llama": "llama",
               "Qwen3": "qwen3", "Gemma3": "gemma3_text"}
LAYER_TYPES = ["sliding_attention", "sliding_attention", "full_attention"]


@dataclass(frozen=True)
class Folder:
    """A random model of a class of transformers."""
    name: str
    kind: str  # the class without its ending
    suffix: str = "ForCausalLM"
    layers: int = 2
    hidden: int = 128
    feed_forward: int = 192
    heads: int = 4
    kv_heads: int = 2
    head_size: int = 32
    vocabulary: int = 160
    tied: bool = False
    # Linear layers: floats, or packed trits with a weight_scale that multiplies
    # or divides them.
    packed: str = ""
    dtype: str = "BF16"
    scale_shape: tuple[int, ...] = (1,)
    biases: bool = False
    input_norms: bool = False
    # Float weights are -s, 0 and +s.
    is_dequantized: bool = False
    # Sub-norms by the names of the class.
    sub_norms: tuple[str, str] | None = None
    head_norms: bool = False
    post_norms: bool = False
    shards: int = 1
    # Keys of config.json beyond the sizes, and other files.
    config: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    # What bitnet-compile is told.
    options: str = ""

    @property
    def prefix(self) -> str:
        return "model." if self.suffix == "ForCausalLM" else ""

    def linears(self) -> dict[str, tuple[int, int]]:
        queries, keys = (count * self.head_size
                         for count in (self.heads, self.kv_heads))
        return {"self_attn.q_proj": (queries, self.hidden),
                "self_attn.k_proj": (keys, self.hidden),
                "self_attn.v_proj": (keys, self.hidden),
                "self_attn.o_proj": (self.hidden, queries),
                "mlp.gate_proj": (self.feed_forward, self.hidden),
                "mlp.up_proj": (self.feed_forward, self.hidden),
                "mlp.down_proj": (self.hidden, self.feed_forward)}

    def norms(self) -> dict[str, int]:
        norms = {"input_layernorm": self.hidden,
                 "post_attention_layernorm": self.hidden}
        if self.sub_norms:
            norms |= {self.sub_norms[0]: self.heads * self.head_size,
                      self.sub_norms[1]: self.feed_forward}
        if self.head_norms:
            norms |= {"self_attn.q_norm": self.head_size,
                      "self_attn.k_norm": self.head_size}
        if self.post_norms:
            norms |= {"pre_feedforward_layernorm": self.hidden,
                      "post_feedforward_layernorm": self.hidden}
        return norms


def draw(name: str, shape: tuple[int, ...], scale: float) -> np.ndarray:
    """Normal numbers that depend on name and shape only."""
    seed = zlib.crc32(f"{name} {shape}".encode())
    return np.random.default_rng(seed).normal(0, scale, shape).astype(np.float32)


def make_linear(folder: Folder, name: str,
                shape: tuple[int, int]) -> dict[str, Stored]:
    """The tensors of a linear layer."""
    masters = draw(name, shape, shape[1] ** -0.5)
    tensors = {}
    if folder.packed:
        matrix = absmean(masters)
        scale = float(matrix.scale)
        if folder.packed == "divided":
            scale = 1 / scale
        tensors[f"{name}.weight"] = Stored("U8", pack_rows(matrix.trits))
        tensors[f"{name}.weight_scale"] = Stored(
            "BF16", np.full(folder.scale_shape, scale, np.float32))
    elif folder.is_dequantized:
        tensors[f"{name}.weight"] = Stored(
            folder.dtype, absmean(masters).trits * np.float32(0.0625))
    else:
        tensors[f"{name}.weight"] = Stored(folder.dtype, masters)
    if folder.biases:
        tensors[f"{name}.bias"] = Stored(folder.dtype,
                                         draw(f"{name}.bias", shape[:1], 0.5))
    if folder.input_norms:
        norm = f"{name}.rms_norm.weight"
        tensors[norm] = Stored(folder.dtype, 1 + draw(norm, shape[1:], 0.2))
    return tensors


def make_tensors(folder: Folder) -> dict[str, Stored]:
    prefix, center = folder.prefix, 0 if folder.kind == "Gemma3" else 1

    def norm(name: str, size: int) -> dict[str, Stored]:
        return {name: Stored(folder.dtype, center + draw(name, (size,), 0.2))}

    table = (folder.vocabulary, folder.hidden)
    name = f"{prefix}embed_tokens.weight"
    tensors = {name: Stored(folder.dtype, draw(
        name, table, folder.hidden ** -0.5 if folder.tied else 1))}
    for layer in range(folder.layers):
        block = f"{prefix}layers.{layer}."
        for module, size in folder.norms().items():
            tensors |= norm(f"{block}{module}.weight", size)
        for module, shape in folder.linears().items():
            tensors |= make_linear(folder, block + module, shape)
    tensors |= norm(f"{prefix}norm.weight", folder.hidden)
    if not folder.tied and folder.suffix == "ForCausalLM":
        name = "lm_head.weight"
        tensors[name] = Stored(folder.dtype,
                               draw(name, table, folder.hidden ** -0.5))
    return tensors


def make_config(folder: Folder) -> dict:
    return {"architectures": [folder.kind + folder.suffix],
            "model_type": MODEL_TYPES[folder.kind],
            "vocab_size": folder.vocabulary, "hidden_size": folder.hidden,
            "intermediate_size": folder.feed_forward,
            "num_hidden_layers": folder.layers,
            "num_attention_heads": folder.heads,
            "num_key_value_heads": folder.kv_heads,
            "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
            "tie_word_embeddings": folder.tied, **deepcopy(folder.config)}


def write_folder(folder: Folder, path: Path, config: dict,
                 tensors: dict[str, Stored]) -> None:
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps(config, indent=1))
    for name, content in folder.files.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(json.dumps(content))
    if folder.shards == 1:
        write_safetensors(path / "model.safetensors", tensors)
        return
    weight_map, names = {}, list(tensors)
    for shard in range(folder.shards):
        file = f"model-{shard + 1:05}-of-{folder.shards:05}.safetensors"
        chosen = names[shard::folder.shards]
        write_safetensors(path / file, {name: tensors[name] for name in chosen})
        weight_map |= {name: file for name in chosen}
    (path / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": weight_map}))


BITNET_NORMS = ("self_attn.attn_sub_norm", "mlp.ffn_sub_norm")


def bitnet(**settings) -> dict:
    return {"quantization_config": {"quant_method": "bitnet", **settings}}


FOLDERS = [
    # Masters, as 2B-4T has them for training.
    Folder("bitnet-online", "BitNet", sub_norms=BITNET_NORMS, tied=True,
           config={"hidden_act": "relu2", "rope_theta": 500000.0, **bitnet(
               linear_class="autobitlinear", quantization_mode="online")}),
    # No quantization_config and nothing else that has a default.
    Folder("bitnet-f32", "BitNet", sub_norms=BITNET_NORMS, dtype="F32",
           config={"rope_parameters": {
               "rope_theta": 500000.0, "rope_type": "default"}}),
    # As 2B-4T is published.
    Folder("bitnet-packed", "BitNet", sub_norms=BITNET_NORMS, tied=True,
           packed="multiplied", config={
               "hidden_act": "relu2", "rope_theta": 500000.0, **bitnet(
                   linear_class="autobitlinear", quantization_mode="offline",
                   modules_to_not_convert=None)}),
    # As Llama3-8B-1.58 and Falcon3 are: the scale divides.
    Folder("llama-packed", "Llama", packed="divided", head_size=48,
           config={"head_dim": 48, "rope_theta": 500000.0, **bitnet(
               modules_to_not_convert=["lm_head"])}),
    Folder("llama-shards", "Llama", packed="divided", shards=3,
           dtype="F16", config={"rope_scaling": {
               "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
               "high_freq_factor": 4.0,
               "original_max_position_embeddings": 32},
               **bitnet(linear_class="bitlinear")}),
    # As 1bitLLM's; rows of xl fill no blocks.
    Folder("bitnet-1bitllm", "Bitnet", dtype="F16", feed_forward=340,
           tied=True,
           sub_norms=("self_attn.inner_attn_ln", "mlp.ffn_layernorm"),
           config={"weight_bits": 1, "input_bits": 8,
                   "hidden_act": "silu", "rope_scaling": None}),
    # A norm in front of each linear layer, with an epsilon that matters.
    Folder("llama-input-norms", "Llama", input_norms=True, dtype="F32",
           config=bitnet(linear_class="autobitlinear",
                         quantization_mode="online", use_rms_norm=True,
                         rms_norm_eps=0.05)),
    Folder("llama-biases", "Llama", packed="divided", biases=True, config={
        "attention_bias": True, "mlp_bias": True,
        "rope_scaling": {"type": "linear", "factor": 2.0}, **bitnet()}),
    # Weights that a plain model holds in float and that are ternary.
    Folder("qwen3-dequantized", "Qwen3", head_norms=True, is_dequantized=True,
           config={"head_dim": 32, "use_sliding_window": False,
                   "sliding_window": None, "max_window_layers": 2,
                   "rope_parameters": {
                       "rope_type": "yarn", "rope_theta": 1000000.0,
                       "factor": 4.0,
                       "original_max_position_embeddings": 16}}),
    # Masters that only the user knows to be masters.
    Folder("llama-masters", "Llama", options="--quantize=absmean"),
    # Weights that are what they are.
    Folder("llama-plain", "Llama", dtype="F32"),
    Folder("gemma3-packed", "Gemma3", layers=3, head_norms=True,
           post_norms=True, packed="multiplied", tied=True, config={
               "head_dim": 32, "hidden_activation": "gelu_pytorch_tanh",
               "query_pre_attn_scalar": 64, "sliding_window": 5,
               "layer_types": LAYER_TYPES, "rope_parameters": {
                   "full_attention": {"rope_type": "default",
                                      "rope_theta": 1000000.0},
                   "sliding_attention": {"rope_type": "default",
                                         "rope_theta": 10000.0}},
               **bitnet(linear_class="autobitlinear")}),
    # An embedding model: no head, a norm in front of each linear layer.
    Folder("qwen3-embedding", "Qwen3", suffix="Model", head_norms=True,
           input_norms=True, packed="multiplied", tied=True,
           config={"head_dim": 32, **bitnet(
               linear_class="autobitlinear", use_rms_norm=True)},
           files={"modules.json": [
               {"idx": 0, "name": "0", "path": "",
                "type": "sentence_transformers.models.Transformer"},
               {"idx": 1, "name": "1", "path": "1_Pooling",
                "type": "sentence_transformers.models.Pooling"},
               {"idx": 2, "name": "2", "path": "2_Normalize",
                "type": "sentence_transformers.models.Normalize"}],
               "1_Pooling/config.json": {
                   "word_embedding_dimension": 128,
                   "pooling_mode_cls_token": False,
                   "pooling_mode_mean_tokens": True,
                   "pooling_mode_lasttoken": False}}),
]
