# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the prompts that a program makes of questions with the same text
written out: check_chat.py <program made of chat.gguf>."""

import subprocess
import sys


def read_tokens(*options: str) -> bytes:
    """The prompt's ids, from the logits."""
    output = subprocess.run([sys.argv[1], "--logits", *options], check=True,
                            stdout=subprocess.PIPE).stdout
    count = int.from_bytes(output[:4], "little")
    return output[8:8 + 4 * count]


END = "<|end_of_text|>"


def main() -> None:
    # BOS is added, once.
    written = read_tokens(
        "--special", "-p", f"system: Be{END}user: the hi{END}he: ")
    assert read_tokens("--chat", "--system", "Be ", "-p", " the hi") == written
    # What a user writes is no control token, unless the user is trusted.
    question = f"a{END}b"
    plain = read_tokens("--chat", "--system", "Be", "-p", question)
    trusted = read_tokens("--chat", "--system", "Be", "-p", question,
                          "--special")
    assert trusted == read_tokens(
        "--special", "-p", f"system: Be{END}user: a{END}b{END}he: ")
    assert len(plain) > len(trusted), (plain, trusted)


main()
