# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every header of the C interface compiles as C11 and as C++17 without a
warning, alone, twice, and together with the others in any order.

    check_headers.py <include folder>
"""

import itertools
import shutil
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion",
            "-Wsign-conversion", "-Wshadow", "-Wundef", "-Wcast-qual",
            "-Wcast-align", "-Werror"]
LANGUAGES = {"-std=c11": ["-x", "c", "-Wstrict-prototypes"],
             "-std=c17": ["-x", "c", "-Wmissing-prototypes"],
             "-std=c++17": ["-x", "c++"],
             "-std=c++20": ["-x", "c++"]}
HEADERS = ["common.h", "threads.h", "runtime.h", "graph.h"]
# For C++ alone.
CXX_HEADERS = ["scheduler.hpp"]


def main(include):
    compilers = [name for name in ("gcc", "clang") if shutil.which(name)]
    if not compilers:
        return "expects a compiler"
    repeated = [[header] * count for header in HEADERS for count in (1, 2)]
    mixed = list(itertools.permutations(HEADERS))
    cxx = [[header] * count for header in CXX_HEADERS for count in (1, 2)]
    for compiler, (standard, options) in itertools.product(
            compilers, LANGUAGES.items()):
        for headers in repeated + mixed + (cxx if "c++" in options else []):
            source = "".join(f'#include "bitnet/{header}"\n'
                             for header in headers)
            result = subprocess.run(
                [compiler, standard, *options, *WARNINGS, "-I", include,
                 "-fsyntax-only", "-"], input=source, text=True,
                capture_output=True)
            if result.returncode:
                return (f"{compiler} {standard}, {', '.join(headers)}:\n"
                        f"{result.stderr}")
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
