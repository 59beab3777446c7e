# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Folders that make no model: one key or tensor of a right one is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

import numpy as np

from bitnet_safetensors import Stored
from huggingface_fixtures.models import (Folder, bitnet, make_config,
                                         make_tensors, write_folder)

SMALL = Folder("small", "Llama", layers=1, hidden=32, feed_forward=32, heads=2,
               kv_heads=1, head_size=16, vocabulary=24, packed="divided",
               config={"rope_scaling": None, **bitnet()})
QUERY = "model.layers.0.self_attn.q_proj"
HEAD = "lm_head.weight"


@dataclass
class Case:
    name: str
    # A part of the message.
    expected: str
    mutate: Callable[[dict, dict[str, Stored]], None]
    folder: Folder = SMALL


def key(name: str, path: str, value, expected: str, found=None,
        folder: Folder = SMALL) -> Case:
    """A value of config.json, at `path` of keys with dots between."""
    def mutate(config: dict, _: dict) -> None:
        *outer, last = path.split(".")
        for part in outer:
            if not isinstance(config.get(part), dict):
                config[part] = {}
            config = config[part]
        if value is None:
            config.pop(last, None)
        else:
            config[last] = value
    message = f"config.json: key '{path}': expects {expected}"
    if found is not None:
        message += f", found {found}"
    return Case(name, message, mutate, folder)


def tensor(name: str, stem: str, change, expected: str,
           folder: Folder = SMALL) -> Case:
    """A tensor in place of another; None: no such tensor."""
    def mutate(_: dict, tensors: dict[str, Stored]) -> None:
        if change is None:
            del tensors[stem]
        else:
            tensors[stem] = change(tensors.get(stem))
    return Case(name, f"tensor '{stem}': {expected}", mutate, folder)


def reshaped(*shape: int) -> Callable[[Stored], Stored]:
    return lambda old: Stored(old.dtype, np.zeros(shape, np.float32))


def typed(dtype: str) -> Callable[[Stored], Stored]:
    return lambda old: Stored(dtype, old.array)


def filled(value: float, dtype: str = "F32") -> Callable[[Stored], Stored]:
    return lambda old: Stored(dtype, np.full((1,), value, np.float32))


MASTERS = replace(SMALL, packed="", config={})
ONLINE = replace(SMALL, packed="", config=bitnet(
    linear_class="autobitlinear", quantization_mode="online"))
OFFLINE = replace(SMALL, packed="multiplied", config=bitnet(
    linear_class="autobitlinear"))
TIED = replace(SMALL, tied=True)
GEMMA = replace(SMALL, kind="Gemma3", head_norms=True, post_norms=True,
                packed="multiplied", tied=True,
                config={"head_dim": 16, "sliding_window": 4,
                        **bitnet(linear_class="autobitlinear")})
POOLED = replace(SMALL, suffix="Model", tied=True, files={
    "modules.json": [{"type": "sentence_transformers.models.Pooling",
                      "path": "1_Pooling"}],
    "1_Pooling/config.json": {"pooling_mode_mean_tokens": True}})


def pooled(modules: list | None = None, **modes) -> Folder:
    files = dict(POOLED.files)
    if modules is not None:
        files["modules.json"] = modules
    if modes:
        files["1_Pooling/config.json"] = modes
    return replace(POOLED, files=files)


def nothing(_: dict, __: dict) -> None:
    pass


CASES = [
    key("class-unknown", "architectures", ["OPTForCausalLM"],
        "one of BitNetForCausalLM,", None),
    Case("class-absent", "config.json: key 'architectures': expects the class "
         "of a model, found no such key",
         lambda config, _: [config.pop(name) for name in
                            ("architectures", "model_type")]),
    Case("type-unknown", "config.json: key 'model_type': expects one of bitnet,",
         lambda config, _: config.update(architectures=None,
                                         model_type="opt")),
    key("class-number", "architectures", [1], "strings only", 1),
    key("hidden-absent", "hidden_size", None, "an integer", "no such key"),
    key("hidden-zero", "hidden_size", 0, "an integer in [1, 1048576]", 0),
    key("hidden-float", "hidden_size", 32.5, "an integer in [1, 1048576]",
        32.5),
    key("layers-huge", "num_hidden_layers", 1 << 40,
        "an integer in [1, 4096]", 1 << 40),
    key("heads-text", "num_attention_heads", "2", "an integer in [1, 4096]",
        "'2'"),
    key("kv-heads", "num_key_value_heads", 3, "a divisor of the 2 heads", 3),
    key("heads-share", "num_attention_heads", 3,
        "to divide the hidden size 32 into heads of at most 4096 elements", 3),
    key("head-odd", "head_dim", 15, "heads of an even number of elements", 15),
    key("vocabulary", "vocab_size", 25,
        "24, the number of rows of the embedding", 25),
    key("epsilon", "rms_norm_eps", -1, "a positive number", -1),
    key("epsilon-text", "rms_norm_eps", "small", "a positive number",
        "'small'"),
    key("activation", "hidden_act", "gelu", "relu2, silu or gelu_pytorch_tanh",
        "'gelu'"),
    key("rope-kind", "rope_scaling.type", "dynamic",
        "default, linear, yarn or llama3", "'dynamic'"),
    key("rope-kind-new", "rope_parameters.rope_type", "longrope",
        "default, linear, yarn or llama3", "'longrope'"),
    replace(key("rope-factor", "rope_scaling.rope_type", "linear", ""),
            expected="key 'rope_scaling.factor': expects a positive number, "
                     "found no such key"),
    key("rope-object", "rope_scaling", 3, "an object", 3),
    key("rope-base", "rope_theta", 0, "a positive number", 0),
    key("rope-partial", "rope_parameters.partial_rotary_factor", 0.5, "1 (",
        None),
    key("tied-text", "tie_word_embeddings", "yes", "true or false", "'yes'"),
    replace(key("tied-other", "tie_word_embeddings", True, ""),
            expected=f"tensor '{HEAD}': expects the same as the embedding"),
    key("method", "quantization_config.quant_method", "gptq", "bitnet",
        "'gptq'"),
    key("method-absent", "quantization_config.quant_method", None, "bitnet",
        "no such key"),
    key("linear-class", "quantization_config.linear_class", "linear",
        "bitlinear or autobitlinear", "'linear'"),
    key("mode", "quantization_config.quantization_mode", "both",
        "offline or online", "'both'"),
    key("not-converted", "quantization_config.modules_to_not_convert",
        ["lm_head", "q_proj"], "lm_head only", "'q_proj'"),
    key("head-converted", "quantization_config.modules_to_not_convert", [],
        "lm_head (heads of trits are not supported)", "none"),
    replace(key("input-norms-absent", "quantization_config.use_rms_norm", True,
                ""),
            expected=f"tensor '{QUERY}.rms_norm.weight': expects a norm"),
    replace(key("biases-absent", "attention_bias", True, ""),
            expected=f"tensor '{QUERY}.bias': expects a bias"),
    key("weight-bits", "weight_bits", 2, "an integer in [1, 1]", 2,
        replace(MASTERS, kind="Bitnet",
                sub_norms=("self_attn.inner_attn_ln", "mlp.ffn_layernorm"))),
    key("capped", "final_logit_softcapping", 30.0, "null", None, GEMMA),
    key("bidirectional", "use_bidirectional_attention", True, "false", None,
        GEMMA),
    key("layer-types-count", "layer_types", ["full_attention"] * 2,
        "one for each of the 1 layers", 2, GEMMA),
    key("layer-types-kind", "layer_types", ["chunked_attention"],
        "full_attention or sliding_attention", "'chunked_attention'", GEMMA),
    tensor("query-absent", f"{QUERY}.weight", None, "expects shape {32, 32}"),
    tensor("query-shape", f"{QUERY}.weight",
           lambda old: Stored("U8", old.array[:4]),
           "expects shape {32, 32}, found {32, 16}"),
    tensor("query-type", f"{QUERY}.weight",
           lambda old: Stored("I64", np.zeros((32, 32))),
           "expects type F32, F16 or BF16, or U8, found I64"),
    # What the quantiser finds.
    replace(tensor("query-code", f"{QUERY}.weight",
                   lambda old: Stored("U8", old.array | 3), ""),
            expected="row 0, column 0: expects code 0, 1 or 2, found 3"),
    tensor("scale-absent", f"{QUERY}.weight_scale", None,
           "expects the scale of a weight, found no such tensor"),
    tensor("scale-zero", f"{QUERY}.weight_scale", filled(0),
           "expects a number with a finite reciprocal, found 0"),
    tensor("scale-infinite", f"{QUERY}.weight_scale", filled(np.inf),
           "element 0: expects a finite number, found inf", OFFLINE),
    tensor("scale-vector", f"{QUERY}.weight_scale", reshaped(2),
           "expects shape {1}, found {2}"),
    tensor("scale-without-meaning", f"{QUERY}.weight_scale", filled(2),
           "expects no scale", MASTERS),
    tensor("packed-online", f"{QUERY}.weight",
           lambda old: Stored("U8", np.full((8, 32), 0x55)),
           "expects floats", ONLINE),
    tensor("floats-offline", f"{QUERY}.weight_scale", None,
           "expects the scale of a weight", OFFLINE),
    tensor("norm-absent", "model.norm.weight", None, "expects shape {32}"),
    tensor("norm-shape", "model.norm.weight", reshaped(31),
           "expects shape {32}, found {31}"),
    tensor("norm-nan", "model.norm.weight",
           lambda old: Stored("F32", np.full(32, np.nan)),
           "element 0: expects a finite number, found nan"),
    tensor("norm-type", "model.norm.weight", typed("F64"),
           "expects type F32, F16 or BF16, found F64"),
    tensor("input-norm", f"{QUERY}.rms_norm.weight",
           lambda _: Stored("F32", np.ones(32)), "expects no such tensor"),
    tensor("bias", f"{QUERY}.bias", lambda _: Stored("F32", np.ones(32)),
           "expects no such tensor"),
    tensor("head-absent", HEAD, None,
           "expects a head, since tie_word_embeddings is false"),
    tensor("head-of-tied", HEAD, lambda _: Stored("BF16", np.ones((24, 32))),
           "expects the same as the embedding", TIED),
    tensor("layer-too-many", "model.layers.1.input_layernorm.weight",
           lambda _: Stored("F32", np.ones(32)), "expects no such tensor"),
    tensor("unknown", "vision_tower.weight",
           lambda _: Stored("F32", np.ones(32)), "expects no such tensor"),
    tensor("norm-twice", "model.layers.0.self_attn.inner_attn_ln.weight",
           lambda _: Stored("F32", np.ones(32)),
           "expects one tensor of its kind", replace(
               SMALL, sub_norms=("self_attn.attn_sub_norm",
                                 "mlp.ffn_sub_norm"))),
    Case("pooling-none", "1_Pooling/config.json: expects a mode of pooling",
         nothing, pooled(pooling_mode_mean_tokens=False)),
    Case("pooling-two", "key 'pooling_mode_lasttoken': expects false", nothing,
         pooled(pooling_mode_mean_tokens=True, pooling_mode_lasttoken=True)),
    Case("pooling-max", "key 'pooling_mode_max_tokens': expects false",
         nothing, pooled(pooling_mode_max_tokens=True)),
    Case("modules-dense", "modules.json: expects Transformer, Pooling and "
         "Normalize, found 'sentence_transformers.models.Dense'", nothing,
         pooled([{"type": "sentence_transformers.models.Dense",
                  "path": "2_Dense"}])),
    Case("modules-empty", "modules.json: expects a module of type Pooling",
         nothing, pooled([])),
]


def write_inconsistent(directory: Path) -> None:
    for case in CASES:
        config, tensors = make_config(case.folder), make_tensors(case.folder)
        case.mutate(config, tensors)
        write_folder(case.folder, directory / case.name, config, tensors)
        (directory / f"{case.name}.expected").write_text(case.expected)
