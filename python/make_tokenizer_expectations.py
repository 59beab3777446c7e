#!/usr/bin/env python3
# Part of the BitNet compiler, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes what Hugging Face tokenizers make of many texts, for the unit tests.

    pip install tokenizers==0.23.3
    python3 python/make_tokenizer_expectations.py \\
        test/Data/storyteller-tokenizer.json \\
        > test/Data/storyteller-tokenizer-expectations.json

Each case is a text, its ids when the texts of control tokens are recognised,
and, where they differ, its ids when they are not.
"""

import json
import random
import sys

from tokenizers import Tokenizer

HANDWRITTEN = [
    "",
    " ",
    "  ",
    "   ",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "\n\n \n",
    " \n",
    " \n ",
    "\n a",
    "\n  a",
    "a \n b",
    "a\t\tb",
    "\t",
    "\ta",
    "\t\ta",
    "a  b",
    "a   b",
    "a    ",
    "\u00a0a",
    "a\u00a0\u00a0b",
    "\u3000\u3000x",
    "\u2028a\u2029\u0085b",
    "\x0b\x0cx",
    "\x1c\x1d\x1e\x1f",
    "\u200b\u200bx",
    "\u180ex",
    "\ufeffx",
    "\x00\x01\x7f",
    "Once upon a time, there was a little girl",
    "The old man looked at the sea and said,",
    '"Where are you going?" asked the rabbit.',
    "It's I'm you're we've they'll he'd don't",
    "IT'S I'M YOU'RE WE'VE THEY'LL HE'D DON'T",
    "'s 't 're 've 'm 'll 'd 'S 'T 'Re 'vE 'M 'Ll 'D",
    "'sa'ta'rea'vea'ma'lla'da",
    "''s '''s 'x 'r 'v 'l 'lx 'rx '",
    "'\u017fa a'\u017f '\u017f",
    "a'\u00e9 '\u00e9t\u00e9",
    " 's it 's",
    "\u2019s it\u2019s",
    "1 12 123 1234 12345 123456 1234567",
    " 1 12 123 1234",
    "3.14159, 1,000,000 and 2^64=18446744073709551616",
    "\u0661\u0662\u0663\u0664\u0665 \u2160\u2161\u2162\u2163 \u00bd\u00bc\u00be\u2153",
    "a1b22c333d4444",
    "x\u00b2\u00b3\u00b9",
    "!!!???...---",
    "a!!!\n\nb",
    " !!!\r\n\r\nb",
    "a ! b",
    "a  ! b",
    "#include <stdio.h>\nint main(void) {\n\treturn 0;\n}\n",
    "    indented\n        more\n\n\n    less",
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|begin_of_text|>Once<|end_of_text|>",
    "a <|begin_of_text|> b",
    "<|begin_of_text|<|begin_of_text|>",
    "<|begin_of_text|><|begin_of_text|>",
    "<|begin_of_tex",
    "<|eot_id|>",
    "<<|end_of_text|>>",
    "\u00e9t\u00e9 na\u00efve caf\u00e9 r\u00e9sum\u00e9",
    "e\u0301te\u0301 nai\u0308ve",
    "\u0301\u0302\u0303",
    "a\u0301\u0302\u0303b",
    "Gr\u00f6\u00dfe \u00c4rger \u00dcbung",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002",
    "\u3053\u3093\u306b\u3061\u306f\u4e16\u754c",
    "\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01",
    "\U0001f600\U0001f603 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea",
    "a\U0001f600b \U0001f600\n",
    "\U0001d400\U0001d401 \U0001d7ce\U0001d7cf",
    "\U0010ffff\U0010fffe\ufffd\ufffe",
    "\ufb01\ufb02 \ufb05",
    "\u01c5 \u02b0 \u05d0 \u00aa \u00ba",
    "snake_case camelCase kebab-case __dunder__",
    "https://example.com/a?b=c&d=%20#e",
    "a" * 33,
    "a" * 1000,
    "ab" * 500,
    "the" * 400,
    " " * 200,
    " " * 200 + "x",
    "\n" * 100,
    "1" * 100,
    "!" * 100,
    "\u00e9" * 300,
    "\U0001f600" * 50,
    "x" * 31 + " " + "y" * 32 + " " + "z" * 33 + " " + "w" * 34,
    "Donaudampfschifffahrtselektrizit\u00e4tenhauptbetriebswerkbauunterbeamtengesellschaft",
    "wasntthatwhatshewasgoingtosaywhentheoldmancameinandsatdownbythefire",
]

# (first, last) code points that random texts are made of.
BLOCKS = [
    (0x0000, 0x007F),
    (0x0020, 0x007E),
    (0x0080, 0x024F),
    (0x0250, 0x036F),
    (0x0370, 0x05FF),
    (0x0600, 0x0DFF),
    (0x1E00, 0x206F),
    (0x2070, 0x2BFF),
    (0x3000, 0x30FF),
    (0x4E00, 0x9FFF),
    (0xA000, 0xABFF),
    (0xAC00, 0xD7A3),
    (0xE000, 0xFFFD),
    (0x10000, 0x1F9FF),
    (0x20000, 0x10FFFF),
]
SPACES = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\u0085", " \n", "\n "]
PIECES = ["'s", "'LL", "'", "a", "the", "Once", "12", "1234", "!", "?!", "\u00e9", "\u4e16"]
WORDS = (
    "the a and of to in he she it was said little old man girl dragon king "
    "forest mountain whispered suddenly everything nothing beautiful Tom Mary "
    "castle morning cottage understood extraordinary misunderstanding"
).split()


def random_texts(generator):
    """Texts of one block, of all blocks, of tricky pieces, and of words."""
    for first, last in BLOCKS:
        for _ in range(6):
            length = generator.randint(1, 40)
            yield "".join(chr(generator.randint(first, last)) for _ in range(length))
    for _ in range(60):
        yield "".join(
            chr(generator.randint(*generator.choice(BLOCKS)))
            for _ in range(generator.randint(1, 40))
        )
    for _ in range(150):
        yield "".join(
            generator.choice(generator.choice([SPACES, PIECES]))
            for _ in range(generator.randint(2, 30))
        )
    for _ in range(60):
        words = [generator.choice(WORDS) for _ in range(generator.randint(2, 25))]
        words = [w.upper() if generator.random() < 0.1 else w for w in words]
        separator = generator.choice([" ", " ", " ", ", ", "", "\n"])
        yield separator.join(words)
    letters = "abcdefghijklmnopqrstuvwxyz"
    for _ in range(40):
        length = generator.randint(20, 400)
        yield "".join(generator.choice(letters) for _ in range(length))


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} tokenizer.json")
    with open(sys.argv[1], encoding="utf-8") as file:
        settings = json.load(file)
    # As GGUF files with the pre-tokenizer llama-bpe are read.
    settings["model"]["ignore_merges"] = True
    special = Tokenizer.from_str(json.dumps(settings))
    plain = Tokenizer.from_str(json.dumps(settings))
    plain.encode_special_tokens = True

    lines = []
    for text in HANDWRITTEN + list(random_texts(random.Random(20240227))):
        case = {"text": text, "ids": special.encode(text).ids}
        plain_ids = plain.encode(text).ids
        if plain_ids != case["ids"]:
            case["plain_ids"] = plain_ids
        # Not as escapes: LLVM's parser gets some pairs of surrogates wrong.
        lines.append(json.dumps(case, separators=(",", ":"), ensure_ascii=False))
    sys.stdout.reconfigure(encoding="utf-8")
    print("[\n" + ",\n".join(lines) + "\n]")


if __name__ == "__main__":
    main()
