# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tokenizer in the metadata of GGUF files: made, copied, filled up.

A tokenizer is a dict of entries by their full keys. Its vocabulary is that of
byte-level BPE unless it was copied from a GGUF file.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from bitnet_gguf import GgufReader, GgufWriter, ValueType

PREFIX = "tokenizer.ggml."
TOKENS, TYPES = PREFIX + "tokens", PREFIX + "token_type"
MERGES, SCORES = PREFIX + "merges", PREFIX + "scores"

BOS_TEXTS = ("<|begin_of_text|>", "<s>")
EOS_TEXTS = ("<|end_of_text|>", "<|endoftext|>", "</s>")
EOT_TEXT = "<|eot_id|>"

# How Llama 3 splits text in front of the merges; `pre` is llama-bpe.
LLAMA3_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


class TokenType(IntEnum):
    """Numbers in files."""
    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclass
class Entry:
    value: object
    # Of an array, that of the elements.
    value_type: ValueType


Tokenizer = dict[str, Entry]


def byte_alphabet() -> list[str]:
    """The character that byte-level BPE shows for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    characters = {byte: chr(byte) for byte in printable}
    others = (byte for byte in range(256) if byte not in characters)
    characters.update({byte: chr(256 + i) for i, byte in enumerate(others)})
    return [characters[byte] for byte in range(256)]


def make_tokenizer(tokens: list[str], types: list[int],
                   merges: list[str]) -> Tokenizer:
    """Byte-level BPE; what BOS, EOS and EOT are is seen from the texts."""
    tokenizer = {
        PREFIX + "model": Entry("gpt2", ValueType.STRING),
        PREFIX + "pre": Entry("llama-bpe", ValueType.STRING),
        TOKENS: Entry(tokens, ValueType.STRING),
        TYPES: Entry(types, ValueType.I32),
        MERGES: Entry(merges, ValueType.STRING)}
    ids = {text: token for token, text in enumerate(tokens)}
    for name, texts in (("bos", BOS_TEXTS), ("eos", EOS_TEXTS),
                        ("eot", (EOT_TEXT,))):
        found = [ids[text] for text in texts if text in ids]
        if found:
            tokenizer[f"{PREFIX}{name}_token_id"] = Entry(found[0],
                                                          ValueType.U32)
    has_bos = PREFIX + "bos_token_id" in tokenizer
    tokenizer[PREFIX + "add_bos_token"] = Entry(has_bos, ValueType.BOOL)
    return tokenizer


def make_byte_tokenizer() -> Tokenizer:
    """A token for each byte, BOS and EOS, and no merges."""
    specials = [BOS_TEXTS[0], EOS_TEXTS[0]]
    types = [TokenType.NORMAL] * 256 + [TokenType.CONTROL] * len(specials)
    return make_tokenizer(byte_alphabet() + specials, types, [])


def _copy_gguf(path: Path) -> Tokenizer:
    file = GgufReader(path)
    entries = {key: Entry(value, file.field_types[key])
               for key, value in file.fields.items()
               if key.startswith("tokenizer.")}
    if TOKENS not in entries:
        raise ValueError(f"expects a key '{TOKENS}', found none")
    count = len(entries[TOKENS].value)
    for key in (TYPES, SCORES):
        if key in entries and len(entries[key].value) != count:
            raise ValueError(f"key '{key}': expects one for each of {count} "
                             f"tokens, found {len(entries[key].value)}")
    return entries


def _split_patterns(pre_tokenizer: dict | None) -> list[str]:
    """The regular expressions of a pre-tokenizer of tokenizer.json."""
    if not pre_tokenizer:
        return []
    parts = pre_tokenizer.get("pretokenizers", [pre_tokenizer])
    return [part["pattern"]["Regex"] for part in parts
            if part["type"] == "Split"]


def _read_json(path: Path) -> Tokenizer:
    """A tokenizer.json of Hugging Face."""
    data = json.loads(path.read_text(encoding="utf-8"))
    kind = data["model"]["type"]
    if kind != "BPE":
        raise ValueError(f"expects a model of type BPE, found {kind}")
    if _split_patterns(data["pre_tokenizer"]) != [LLAMA3_PATTERN]:
        raise ValueError("expects the pre-tokenizer of Llama 3, found another")
    texts = {token: text for text, token in data["model"]["vocab"].items()}
    types = dict.fromkeys(texts, TokenType.NORMAL)
    for added in data["added_tokens"]:
        texts[added["id"]] = added["content"]
        types[added["id"]] = (TokenType.CONTROL if added["special"]
                              else TokenType.USER_DEFINED)
    ids = range(len(texts))
    if set(texts) != set(ids):
        raise ValueError(f"expects ids from 0 to {len(texts) - 1}, found gaps")
    merges = [merge if isinstance(merge, str) else " ".join(merge)
              for merge in data["model"]["merges"]]
    return make_tokenizer([texts[token] for token in ids],
                          [types[token] for token in ids], merges)


def read_tokenizer(path: Path) -> Tokenizer:
    """Of a GGUF file or a tokenizer.json. OSError, ValueError."""
    with open(path, "rb") as file:
        is_gguf = file.read(4) == b"GGUF"
    try:
        return _copy_gguf(path) if is_gguf else _read_json(path)
    except json.JSONDecodeError as error:
        raise ValueError(f"expects a GGUF file or a tokenizer.json, found no "
                         f"JSON ({error})") from None
    except (AttributeError, KeyError, TypeError, RecursionError,
            UnicodeDecodeError, struct.error):
        kind = "GGUF file" if is_gguf else "tokenizer.json"
        raise ValueError(f"expects a whole {kind}, found a damaged one"
                         ) from None


def fill_vocabulary(tokenizer: Tokenizer, size: int) -> None:
    """Adds unused tokens up to `size`. ValueError if there are more."""
    tokens = tokenizer[TOKENS].value
    count = len(tokens)
    if count > size:
        raise ValueError(f"expects a vocabulary of at least the {count} tokens "
                         f"of the tokenizer, found {size}")
    types = tokenizer.setdefault(
        TYPES, Entry([TokenType.NORMAL] * count, ValueType.I32))
    tokens += [f"<|unused_{token}|>" for token in range(count, size)]
    types.value += [TokenType.UNUSED] * (size - count)
    if SCORES in tokenizer:
        tokenizer[SCORES].value += [0.0] * (size - count)


def add_tokenizer(writer: GgufWriter, tokenizer: Tokenizer) -> None:
    for key, entry in tokenizer.items():
        writer.add(key, entry.value, entry.value_type)
