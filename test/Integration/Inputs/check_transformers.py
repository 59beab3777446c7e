# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks the float64 model of folders against the library transformers.

    check_transformers.py DIRECTORY

DIRECTORY is the folder `valid` of make_huggingface_fixtures.py.
"""

import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
import transformers

from bitnet_compare import explain
from bitnet_huggingface import FolderModel
from bitnet_reference import forward

TOKENS = 16
# In standard deviations of the logits; transformers computes in float32.
TOLERANCE = 1e-4
# transformers has no class BitnetForCausalLM, and without quantization_config it
# multiplies with masters as they are.
OTHERS = ("bitnet-1bitllm", "bitnet-f32")


def main() -> None:
    transformers.logging.set_verbosity_error()
    for folder in sorted(Path(sys.argv[1]).iterdir()):
        if not folder.is_dir() or folder.name in OTHERS:
            continue
        config = json.loads((folder / "config.json").read_text())
        is_quantized = "quantization_config" in config
        model = FolderModel(
            folder, activations="auto" if is_quantized else "float",
            rounds_weights=False)
        ids = np.random.default_rng(2).integers(
            0, len(model.embedding), TOKENS).tolist()
        kind = (transformers.AutoModelForCausalLM if model.pooling == "none"
                else transformers.AutoModel)
        theirs = kind.from_pretrained(folder, dtype=torch.float32,
                                      attn_implementation="eager")
        # Quantised modules keep the types of the files.
        for tensor in (*theirs.parameters(), *theirs.buffers()):
            if tensor.is_floating_point():
                tensor.data = tensor.data.float()
        with torch.no_grad():
            result = theirs(torch.tensor([ids]))
        outputs = result.logits if model.pooling == "none" \
            else result.last_hidden_state
        outputs = outputs[0].double().numpy()
        tolerance = TOLERANCE * float(outputs.std())
        if model.pooling != "none":
            error = np.abs(forward(model, ids) - outputs).max()
            assert error <= tolerance, (folder.name, error)
            print(f"{folder.name:24} {error / outputs.std():.2g}")
            continue
        try:
            agreement = explain(model, ids, outputs, tolerance=tolerance)
        except ValueError as failure:
            sys.exit(f"{folder.name}: {failure}")
        print(f"{folder.name:24} {agreement.error / outputs.std():.2g}, "
              f"{len(agreement.ties)} ties", flush=True)


main()
