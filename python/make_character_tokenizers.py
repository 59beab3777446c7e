# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes test/Data/tokenizers: small tokenizers of SentencePiece, the same as
files of Hugging Face's library, and what those two libraries make of texts.

Needs sentencepiece and tokenizers from PyPI:
  python/make_character_tokenizers.py <text file>... -o test/Data/tokenizers

With --seed and --texts, BitNetTokenizerFolderTests checks other texts in the
folder that the environment variable BITNET_TOKENIZER_FOLDERS names.
"""

from __future__ import annotations

import argparse
import io
import json
import random
from pathlib import Path

import sentencepiece
from tokenizers import Tokenizer

SPACE = "\u2581"
SPECIALS = ["<unk>", "<s>", "</s>"]
ALPHABETS = ["abcdefghij", " ", "   \n\t", "0123456789", ".,;:!?<>/()",
             "äöüßéñ", "нещо", "កាន់តែ", "中文字符", "🦙🚀😶‍🌫️", "\u2581", "\u00a0\u3000"]
FIXED = ["", " ", "  ", "   ", "\n", "\t\n", "Hello world", " Hello world",
         "  Hello  world  ", "<s>Hello</s> world", "a<s> b <s>", "<0x41>",
         "<unk>", "the ternary weights of a model\nare packed", "ÿ\x00z",
         "x" * 70, " " * 40, "aaaaaaa" * 9, "▁▁ ▁a"]


def train(paths: list[str], model_type: str) -> bytes:
    lines = [line for path in paths
             for line in Path(path).read_text().splitlines() if line]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, vocab_size=600,
        model_type=model_type, byte_fallback=True, num_threads=1,
        normalization_rule_name="identity", remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True, character_coverage=0.99,
        minloglevel=2)
    return model.getvalue()


def split_pairs(pieces: dict[str, float]) -> list[list[str]]:
    """Every way to make a piece of two, the highest score first."""
    merges = []
    for piece, score in pieces.items():
        for at in range(1, len(piece)):
            left, right = piece[:at], piece[at:]
            if left in pieces and right in pieces:
                merges.append((-score, len(merges), [left, right]))
    return [pair for _, _, pair in sorted(merges)]


def added_tokens() -> list[dict]:
    return [{"id": token, "content": text, "single_word": False,
             "lstrip": False, "rstrip": False, "normalized": False,
             "special": True} for token, text in enumerate(SPECIALS)]


def decoder(strips: bool) -> dict:
    parts = [{"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
             {"type": "ByteFallback"}, {"type": "Fuse"}]
    if strips:
        parts.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    return {"type": "Sequence", "decoders": parts}


REPLACE = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
TEMPLATE = {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                       {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}},
                     {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {
                "<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}


def make_file(model: dict, **parts) -> dict:
    return {"version": "1.0", "truncation": None, "padding": None,
            "added_tokens": added_tokens(), "normalizer": None,
            "pre_tokenizer": None, "post_processor": TEMPLATE,
            "decoder": decoder(True), "model": model} | parts


def make_files(bpe, unigram) -> dict[str, dict]:
    def pieces(processor):
        return {processor.id_to_piece(token): processor.get_score(token)
                for token in range(processor.get_piece_size())}

    normal = {text: score for text, score in pieces(bpe).items()
              if text not in SPECIALS and not text.startswith("<0x")}
    merges = split_pairs(normal)
    model = {"type": "BPE", "dropout": None, "unk_token": "<unk>",
             "continuing_subword_prefix": None, "end_of_word_suffix": None,
             "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
             "vocab": {text: token for token, text in enumerate(pieces(bpe))},
             "merges": merges}
    strings = model | {"merges": [" ".join(pair) for pair in merges]}
    scores = {"type": "Unigram", "unk_id": 0, "byte_fallback": True,
              "vocab": [list(piece) for piece in pieces(unigram).items()]}
    known = {"type": "Unigram", "unk_id": 0, "byte_fallback": False,
             "vocab": scores["vocab"]}

    def metaspace(scheme: str, split: bool) -> dict:
        return {"type": "Metaspace", "replacement": SPACE,
                "prepend_scheme": scheme, "split": split}

    return {
        "prepend": make_file(strings, normalizer={
            "type": "Sequence",
            "normalizers": [{"type": "Prepend", "prepend": SPACE}, REPLACE]}),
        "metaspace-first": make_file(
            model, pre_tokenizer=metaspace("first", False)),
        "metaspace-split": make_file(
            model, pre_tokenizer=metaspace("always", True),
            decoder={"type": "Sequence", "decoders": [
                {"type": "ByteFallback"}, metaspace("always", True)]}),
        "no-prefix": make_file(
            model, normalizer=REPLACE, decoder=decoder(False), pre_tokenizer={
                "type": "Split", "pattern": {"String": " "},
                "behavior": "MergedWithPrevious", "invert": False}),
        "unigram": make_file(scores, pre_tokenizer=metaspace("always", True)),
        "unigram-unknown": make_file(
            known, pre_tokenizer=metaspace("never", False),
            decoder=decoder(False)),
    }


def make_texts(seed: int, count: int) -> list[str]:
    choices = random.Random(seed)
    texts = list(FIXED)
    for _ in range(count):
        texts.append("".join(
            choices.choice(choices.choice(ALPHABETS))
            for _ in range(choices.randrange(1, 40))))
    return texts


def write(folder: Path, texts: list[str], encode, decode) -> None:
    """One line for each text."""
    entries = []
    for text in texts:
        ids = encode(text)
        entries.append(json.dumps({"text": text, "ids": ids,
                                   "decoded": decode(ids)}))
    (folder / "expectations.json").write_text(
        "[\n" + ",\n".join(entries) + "\n]\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", metavar="file",
                        help="text to train on")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--texts", type=int, default=80, dest="count",
                        help="number of random texts")
    arguments = parser.parse_args()
    texts = make_texts(arguments.seed, arguments.count)
    processors = []
    for model_type in ("bpe", "unigram"):
        folder = arguments.output / f"sentencepiece-{model_type}"
        folder.mkdir(parents=True, exist_ok=True)
        model = train(arguments.files, model_type)
        (folder / "tokenizer.model").write_bytes(model)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        write(folder, texts, processor.encode, processor.decode)
        processors.append(processor)
    for name, contents in make_files(*processors).items():
        folder = arguments.output / name
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(contents, ensure_ascii=False, separators=(",", ":"))
        (folder / "tokenizer.json").write_text(text + "\n")
        tokenizer = Tokenizer.from_str(text)
        # With a unigram model the library takes the name of a byte in a text
        # for that byte; SentencePiece does not.
        write(folder, [text for text in texts if text != "<0x41>"
                       or not name.startswith("unigram")],
              lambda text: tokenizer.encode(text,
                                            add_special_tokens=False).ids,
              lambda ids: tokenizer.decode(ids, skip_special_tokens=True))


if __name__ == "__main__":
    main()
