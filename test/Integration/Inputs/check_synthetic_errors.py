# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks how bitnet_synthetic.py fails.

    check_synthetic_errors.py bitnet_synthetic.py MODEL SCRATCH

MODEL is a GGUF file with a tokenizer of more than 300 tokens.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path

from error_cases import Case, check_failures

TINY = ["2b-4t", "--layers=1", "--embedding-length=256", "--heads=2",
        "--kv-heads=1", "--feed-forward-length=256", "--vocab-size=300"]
LARGEST_FILE = 1 << 16


def make_cases(model: str) -> list[Case]:
    def tiny(*extra: str) -> list[str]:
        return [*TINY, "-o", "out.gguf", *extra]

    def tokenizer(text: str, message: str) -> Case:
        return Case(tiny("--tokenizer=tokenizer.json"), message,
                    {"tokenizer.json": text})

    byte_pairs = {"added_tokens": [], "pre_tokenizer": None,
                  "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}
    words = {**byte_pairs, "model": {"type": "WordPiece"}}
    return [
        # Shapes and types.
        Case(["9b"], r"^error: expects one of the shapes 2b-4t, 3b, 8b, "
                     r"falcon3-10b, 70b, 100b, found '9b'$"),
        Case([], r"required: shape"),
        Case(tiny("--type=q4_0"), r"--type: .*'q4_0'"),
        Case(tiny("--embedding-type=i2_s"), r"--embedding-type: .*'i2_s'"),
        Case(tiny("--architecture=gpt"), r"--architecture: .*'gpt'"),
        # Sizes.
        Case(tiny("--layers=0"),
             r"--layers: expects an integer from 1 to 4096, found '0'"),
        Case(tiny("--layers=99999999999999999999"), r"from 1 to 4096"),
        Case(tiny("--layers=two"), r"found 'two'"),
        Case(tiny("--zeros=1.5"),
             r"--zeros: expects a number from 0 to 1, found '1.5'"),
        Case(tiny("--zeros=nan"), r"found 'nan'"),
        Case(tiny("--epsilon=0"), r"--epsilon: expects .* found '0'"),
        Case(tiny("--heads=3"),
             r"expects heads that divide the embedding length 256, found 3"),
        Case(tiny("--kv-heads=3"),
             r"expects KV heads that divide the 2 heads, found 3"),
        Case(tiny("--head-size=7"), r"expects an even head size, found 7"),
        Case(tiny("--feed-forward-length=999", "--type=tq2_0"),
             r"'blk\.0\.ffn_down\.weight': expects rows of a multiple of 256 "
             r"elements in tq2_0, found 999"),
        Case(tiny("--feed-forward-length=128", "--type=tq1_0"),
             r"256 elements in tq1_0, found 128"),
        Case(tiny("--embedding-length=6", "--head-size=2"),
             r"'blk\.0\.attn_q\.weight': expects a multiple of 128 elements in "
             r"i2_s, found 4 x 6"),
        Case(tiny("--embedding-length=128", "--embedding-type=q6_k"),
             r"'token_embd\.weight': expects rows of a multiple of 256 "
             r"elements in q6_k, found 128"),
        Case(tiny("--embedding-length=80", "--embedding-type=q8_0",
                  "--feed-forward-length=512"), r"q8_0, found 80"),
        # Tokenizers.
        Case(tiny("--vocab-size=257"),
             r"expects a vocabulary of at least the 258 tokens of the "
             r"tokenizer, found 257"),
        Case(tiny(f"--tokenizer={model}"), r"at least the \d+ tokens"),
        Case(tiny("--tokenizer=missing"),
             r"cannot read 'missing': No such file or directory"),
        Case(tiny("--tokenizer=."), r"cannot read '\.': Is a directory"),
        tokenizer("", r"tokenizer\.json: expects a GGUF file or a "
                      r"tokenizer\.json, found no JSON"),
        tokenizer("[]", r"expects a whole tokenizer\.json"),
        tokenizer("[" * 100000, r"expects"),
        tokenizer("GGUF", r"expects a whole GGUF file"),
        tokenizer("GGUF\3\0\0\0" + 16 * "\0", r"expects a key 'tokenizer\.ggml"
                                              r"\.tokens', found none"),
        tokenizer(json.dumps(words), r"expects a model of type BPE, found "
                                     r"WordPiece"),
        tokenizer(json.dumps(byte_pairs), r"pre-tokenizer of Llama 3"),
        # The output.
        Case([*TINY, "-o", "nowhere/out.gguf"],
             r"cannot write 'nowhere/out\.gguf': No such file or directory"),
        Case([*TINY, "-o", "."], r"cannot write '\.': expects a regular file"),
        Case([*TINY, "-o", "/dev/null"],
             r"cannot write '/dev/null': expects a regular file"),
        Case([*TINY, "-o", "/proc/out.gguf"],
             r"cannot write '/proc/out\.gguf': "),
        Case(["70b", "--layers=4096", "--type=f32", "-o", "out.gguf"],
             r"cannot write 'out\.gguf': expects \d{14} bytes of free space"),
    ]


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


def main() -> None:
    script, model = (str(Path(part).absolute()) for part in sys.argv[1:3])
    command, scratch = [sys.executable, "-B", script], Path(sys.argv[3])
    scratch.mkdir(parents=True, exist_ok=True)
    success = check_failures(command, make_cases(model), scratch, 1)

    # What was there stays if the disk is full.
    subprocess.run([*command, *TINY, "-o", scratch / "old.gguf"], check=True)
    old = (scratch / "old.gguf").read_bytes()
    assert len(old) > LARGEST_FILE
    full = Case([*TINY, "--seed=2", "-o", "old.gguf"],
                r"cannot write 'old\.gguf': File too large")
    success &= check_failures(command, [full], scratch, 1,
                              preexec_fn=limit_files)
    assert (scratch / "old.gguf").read_bytes() == old
    sys.exit(not success)


main()
