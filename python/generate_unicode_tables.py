#!/usr/bin/env python3
# Part of the BitNet compiler, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes lib/Tokenizer/UnicodeCategories.inc, the general category of every
code point, for the regular expressions of pre-tokenizers.

    pip install unicodedata2==16.0.0
    python3 python/generate_unicode_tables.py > lib/Tokenizer/UnicodeCategories.inc

Unicode 16 is what the regular expressions of Hugging Face tokenizers know.
"""

import sys

try:
    import unicodedata2 as unicodedata
except ImportError:
    sys.exit("expects the package unicodedata2: pip install unicodedata2==16.0.0")

EXPECTED_VERSION = "16.0.0"

CATEGORIES = (
    "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So "
    "Zs Zl Zp Cc Cf Cs Co Cn"
).split()
RANGES_PER_LINE = 7

HEADER = """\
//===- UnicodeCategories.inc - General category of code points --*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Unicode {version}. Written by python/generate_unicode_tables.py.
//
//===----------------------------------------------------------------------===//

// clang-format off

static constexpr llvm::StringLiteral categoryNames[] = {{
{names}
}};

// Where a range of code points of one category begins: first << 5 | category.
// Ascending; a range ends where the next one begins.
static constexpr uint32_t categoryRanges[] = {{
{ranges}
}};

// clang-format on
"""


def find_ranges():
    """The words of categoryRanges."""
    ranges = []
    last = None
    for code_point in range(0x110000):
        category = CATEGORIES.index(unicodedata.category(chr(code_point)))
        if category != last:
            ranges.append(f"0x{code_point << 5 | category:07x}")
            last = category
    return ranges


def join_lines(words, per_line):
    """Words with commas, some on each line."""
    lines = [words[i : i + per_line] for i in range(0, len(words), per_line)]
    return "\n".join("  " + ", ".join(line) + "," for line in lines)


def main():
    if unicodedata.unidata_version != EXPECTED_VERSION:
        sys.exit(
            f"expects Unicode {EXPECTED_VERSION}, "
            f"unicodedata2 has {unicodedata.unidata_version}"
        )
    names = [f'"{name}"' for name in CATEGORIES]
    print(
        HEADER.format(
            version=EXPECTED_VERSION,
            names=join_lines(names, 10),
            ranges=join_lines(find_ranges(), RANGES_PER_LINE),
        ),
        end="",
    )


if __name__ == "__main__":
    main()
