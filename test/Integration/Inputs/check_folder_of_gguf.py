# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a folder with the tensors of a GGUF file is the same model.

    check_folder_of_gguf.py model.gguf tokenizer.json SCRATCH

The trits of the file are packed as transformers packs them; text becomes the
same tokens, and logits are equal bit for bit.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from bitnet_gguf import GgufReader
from bitnet_huggingface import MODULES, NORMS
from bitnet_model import CompiledModel
from bitnet_safetensors import Stored, pack_rows, write_safetensors
from bitnet_tensors import absmean

TEXT = "Once upon a time, there was an élan in 1234 houses."


def write_folder(file: GgufReader, tokenizer: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)

    def field(key: str):
        return file.fields[f"bitnet-b1.58.{key}"]

    def values(name: str) -> np.ndarray:
        return file.tensors[name].decode()

    embedding = values("token_embd.weight")
    tensors = {"model.embed_tokens.weight": Stored("F16", embedding),
               "model.norm.weight": Stored("F32", values("output_norm.weight"))}
    for layer in range(field("block_count")):
        theirs, ours = f"model.layers.{layer}.", f"blk.{layer}."
        for module, name in NORMS.items():
            if "inner" in module or "ffn_layernorm" in module:
                continue  # other names of the same norms
            if f"{ours}{name}.weight" in file.tensors:
                tensors[f"{theirs}{module}.weight"] = Stored(
                    "F32", values(f"{ours}{name}.weight"))
        for name, module in MODULES.items():
            matrix = absmean(values(f"{ours}{name}.weight"))
            tensors[f"{theirs}{module}.weight"] = Stored(
                "U8", pack_rows(matrix.trits))
            tensors[f"{theirs}{module}.weight_scale"] = Stored(
                "F32", np.float32([matrix.scale]))
    write_safetensors(folder / "model.safetensors", tensors)
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["BitNetForCausalLM"], "model_type": "bitnet",
        "vocab_size": len(embedding), "hidden_act": "relu2",
        "hidden_size": field("embedding_length"),
        "intermediate_size": field("feed_forward_length"),
        "num_hidden_layers": field("block_count"),
        "num_attention_heads": field("attention.head_count"),
        "num_key_value_heads": field("attention.head_count_kv"),
        "max_position_embeddings": field("context_length"),
        "rms_norm_eps": field("attention.layer_norm_rms_epsilon"),
        "rope_theta": field("rope.freq_base"), "tie_word_embeddings": True,
        "quantization_config": {"quant_method": "bitnet",
                                "linear_class": "autobitlinear",
                                "quantization_mode": "offline"}}))
    shutil.copy(tokenizer, folder / "tokenizer.json")


def main() -> None:
    path, tokenizer, scratch = (Path(name) for name in sys.argv[1:])
    folder = scratch / "folder"
    write_folder(GgufReader(path), tokenizer, folder)
    models = []
    for source, name in ((path, "file"), (folder, "model")):
        library = scratch / f"{name}.so"
        subprocess.run(["bitnet-compile", str(source), "--emit=shared", "-o",
                        str(library)], check=True)
        models.append(CompiledModel(library))
    file, model = models
    ids = file.tokenize(TEXT, add_bos=False)
    assert model.tokenize(TEXT, add_bos=False) == ids and len(ids) > 10
    assert model.detokenize(ids) == TEXT.encode()
    with file.session(threads=1) as ours, model.session(threads=1) as theirs:
        assert np.array_equal(ours.evaluate_all(ids), theirs.evaluate_all(ids))


main()
