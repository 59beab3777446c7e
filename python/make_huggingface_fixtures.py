#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes small folders of Hugging Face for tests of the importer.

    make_huggingface_fixtures.py DIRECTORY

DIRECTORY/valid         random models of every class and way to store weights;
                        beside each, NAME.options with what bitnet-compile is to
                        be told
DIRECTORY/inconsistent  folders that make no model: the importer rejects them,
                        or the quantiser if a weight is at fault; beside each,
                        NAME.expected with a part of the message

The same files on every run.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from huggingface_fixtures.inconsistent import write_inconsistent
from huggingface_fixtures.models import (FOLDERS, make_config, make_tensors,
                                         write_folder)


def write_valid(directory: Path) -> None:
    for folder in FOLDERS:
        tensors = make_tensors(folder)
        if folder.kind == "Bitnet":
            # Old versions of transformers saved buffers.
            for layer in range(folder.layers):
                rotary = f"model.layers.{layer}.self_attn.rotary_emb.inv_freq"
                tensors[rotary] = tensors["model.norm.weight"]
        if folder.name == "bitnet-packed":
            # A head that is the embedding may be saved, too.
            tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
        write_folder(folder, directory / folder.name, make_config(folder),
                     tensors)
        (directory / f"{folder.name}.options").write_text(folder.options)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("directory", type=Path)
    options = parser.parse_args()
    for name, write in (("valid", write_valid),
                        ("inconsistent", write_inconsistent)):
        directory = options.directory / name
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        write(directory)


if __name__ == "__main__":
    main()
