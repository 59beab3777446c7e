# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares tokens of compiled models with those of Hugging Face tokenizers.

    check_tokenizer_peers.py TOKENIZER SCRATCH [NAME...]

TOKENIZER is a tokenizer.json, whose vocabulary is given to models with the
pre-tokenizers NAME (default: all). The environment variable PEER_TEXTS is the
number of random texts for each.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split

from bitnet_model import CompiledModel
from bitnet_tensors import TensorType
from bitnet_tokenizer import TokenType
from gguf_fixtures.models import SMALL, make_writer
from make_split_expectations import PRE_TOKENIZERS
from make_tokenizer_expectations import BLOCKS, PIECES, SPACES, WORDS

SETTINGS = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
SCRATCH = Path(sys.argv[2])
NAMES = sys.argv[3:] or list(PRE_TOKENIZERS)
TEXTS = int(os.environ.get("PEER_TEXTS", "500"))
# Those whose models look up pieces as a whole.
IGNORES_MERGES = {"llama-bpe", "tekken"}


def read_vocabulary() -> tuple[list[str], list[int]]:
    """Tokens and their types."""
    vocabulary = SETTINGS["model"]["vocab"]
    added = {entry["content"]: entry["id"]
             for entry in SETTINGS["added_tokens"]}
    texts = {token: text for text, token in {**vocabulary, **added}.items()}
    tokens = [texts[token] for token in range(len(texts))]
    return tokens, [TokenType.CONTROL if text in added else TokenType.NORMAL
                    for text in tokens]


def compile_model(name: str) -> CompiledModel:
    tokens, types = read_vocabulary()
    writer, _ = make_writer(SMALL)
    for key, value in {"tokens": tokens, "token_type": types, "pre": name,
                       "merges": [" ".join(merge) for merge
                                  in SETTINGS["model"]["merges"]]}.items():
        writer.replace(f"tokenizer.ggml.{key}", value)
    writer.replace(f"{SMALL.architecture}.vocab_size", len(tokens))
    writer.remove_tensor("token_embd.weight")
    writer.add_tensor("token_embd.weight",
                      np.zeros((len(tokens), SMALL.embedding), np.float32),
                      TensorType.Q8_0)
    path = SCRATCH / f"{name}.gguf"
    path.write_bytes(writer.to_bytes())
    library = path.with_suffix(".so")
    subprocess.run(["bitnet-compile", path, "--emit=shared", "-o", library],
                   check=True)
    return CompiledModel(library)


def make_peer(name: str) -> Tokenizer:
    model = SETTINGS["model"]
    peer = Tokenizer(BPE(vocab=model["vocab"],
                         merges=[tuple(merge) for merge in model["merges"]],
                         ignore_merges=name in IGNORES_MERGES))
    peer.pre_tokenizer = Sequence(
        [Split(Regex(pattern), "isolated") for pattern in PRE_TOKENIZERS[name]]
        + [ByteLevel(add_prefix_space=False, use_regex=False)])
    peer.add_special_tokens(
        [AddedToken(entry["content"], special=True, normalized=False)
         for entry in SETTINGS["added_tokens"]])
    return peer


def random_text(generator: random.Random) -> str:
    """Of one block, of all blocks, of tricky pieces or of words."""
    def draw(block: tuple[int, int]) -> str:
        character = chr(generator.randint(*block))
        return " " if "\ud800" <= character <= "\udfff" else character

    length = generator.randint(1, 40)
    kind = generator.randrange(4)
    if kind == 0:
        block = generator.choice(BLOCKS)
        return "".join(draw(block) for _ in range(length))
    if kind == 1:
        return "".join(draw(generator.choice(BLOCKS)) for _ in range(length))
    lists = [SPACES, PIECES, WORDS, list("!$/`|~+<^.,-_'\u2019\u3002")]
    return "".join(generator.choice(generator.choice(lists))
                   for _ in range(length))


def check(name: str) -> None:
    model = compile_model(name)
    peer = make_peer(name)
    generator = random.Random(name)
    texts = [random_text(generator) for _ in range(TEXTS)]
    for text, encoding in zip(texts, peer.encode_batch(texts)):
        tokens = list(model.tokenize(text, add_bos=False, special=True))
        assert tokens == encoding.ids, (name, text, tokens, encoding.ids)
        assert model.detokenize(tokens, special=True) == text.encode(), text


SCRATCH.mkdir(parents=True, exist_ok=True)
for pre_tokenizer in NAMES:
    check(pre_tokenizer)
    print(f"{pre_tokenizer}: {TEXTS} texts give the same tokens")
