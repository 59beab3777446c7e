#!/usr/bin/env python3
# Part of the BitNet compiler, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes lib/Runtime/UnicodeTables.h, the character classes of pre-tokenizers.

    pip install unicodedata2==16.0.0
    python3 python/generate_unicode_tables.py > lib/Runtime/UnicodeTables.h

Unicode 16 is what the regular expressions of Hugging Face tokenizers know.
"""

import sys

try:
    import unicodedata2 as unicodedata
except ImportError:
    sys.exit("expects the package unicodedata2: pip install unicodedata2==16.0.0")

EXPECTED_VERSION = "16.0.0"
OTHER, LETTER, NUMBER, SPACE = range(4)

HEADER = """\
//===- UnicodeTables.h - Character classes of pre-tokenizers ------*- C -*-===//
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
#ifndef BITNET_LIB_RUNTIME_UNICODETABLES_H
#define BITNET_LIB_RUNTIME_UNICODETABLES_H

#include <stdint.h>

// clang-format off

/// \\p{{L}}, \\p{{N}}, \\s (the property White_Space), and all others.
enum {{
  UnicodeOther = {other},
  UnicodeLetter = {letter},
  UnicodeNumber = {number},
  UnicodeSpace = {space}
}};
"""


def character_class(code_point):
    """The class of one code point; surrogates are of no class."""
    category = unicodedata.category(chr(code_point))
    if category[0] == "L":
        return LETTER
    if category[0] == "N":
        return NUMBER
    if category[0] == "Z" or 0x09 <= code_point <= 0x0D or code_point == 0x85:
        return SPACE
    return OTHER


def write_table(declaration, values, per_line):
    """Prints one array of integers."""
    print(f"\n{declaration} = {{")
    for begin in range(0, len(values), per_line):
        print("  " + ", ".join(values[begin : begin + per_line]) + ",")
    print("};")


def main():
    if unicodedata.unidata_version != EXPECTED_VERSION:
        sys.exit(
            f"expects Unicode {EXPECTED_VERSION}, "
            f"unicodedata2 has {unicodedata.unidata_version}"
        )
    print(
        HEADER.format(
            version=EXPECTED_VERSION,
            other=OTHER,
            letter=LETTER,
            number=NUMBER,
            space=SPACE,
        ),
        end="",
    )
    print("\n/// The class of each ASCII character.", end="")
    classes = [str(character_class(c)) for c in range(128)]
    write_table("static const uint8_t bitnetAsciiClasses[128]", classes, 32)

    print("\n/// Where a range of code points of one class begins: first << 2 | class.")
    print("/// Ascending; a range ends where the next one begins.", end="")
    ranges = []
    last = None
    for code_point in range(0x110000):
        current = character_class(code_point)
        if current != last:
            ranges.append(f"0x{code_point << 2 | current:06x}")
            last = current
    write_table("static const uint32_t bitnetUnicodeRanges[]", ranges, 8)
    print("\n// clang-format on\n\n#endif // BITNET_LIB_RUNTIME_UNICODETABLES_H")


if __name__ == "__main__":
    main()
