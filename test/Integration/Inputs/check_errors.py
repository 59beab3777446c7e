# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks how bitnet-compile fails.

    check_errors.py model.gguf SCRATCH

Runs in the folder SCRATCH, which has an empty folder `out` and a folder
`locked.h`.
"""

import sys
from pathlib import Path

from error_cases import Case, check_failures

MOST_LINES = 5


def make_cases(model: str) -> list[Case]:
    def options(*extra: str) -> list[str]:
        return [model, "-o", "out/a.o", *extra]

    def graph(text: str, message: str) -> Case:
        return Case(["graph.mlir", "-o", "out/a.o"], message,
                    {"graph.mlir": text})

    return [
        # The input.
        Case(["missing.gguf", "-o", "out/a.o"],
             r"missing\.gguf.*: No such file or directory"),
        Case(["missing.mlir", "-o", "out/a.o"], r"missing\.mlir"),
        Case(["out", "-o", "out/a.o"], r"out: expects a file, or a folder with config\.json"),
        Case(["empty.gguf", "-o", "out/a.o"], r"empty\.gguf: expects a GGUF",
             {"empty.gguf": ""}),
        Case(["text.gguf", "-o", "out/a.o"], r"text\.gguf: .*expects",
             {"text.gguf": "This is no model. " * 10}),
        graph("module {\n  func.func @evaluate(\n}\n", r"graph\.mlir:2:\d+: "),
        graph("module {\n}\n", r"graph\.mlir:1:1: .*expects .*bitnet\.model"),
        graph("module {\n  func.func @evaluate() {\n    return\n  }\n}\n",
              r"expects"),
        graph('"some.thing"() : () -> ()\n', r"graph\.mlir:1:1\d: .*dialect"),
        # The output.
        Case([model, "-o", "nowhere/a.o"],
             r"cannot write 'nowhere/a\.o': No such file or directory"),
        Case([model, "-o", "out"], r"cannot write 'out': expects a regular"),
        Case([model, "-o", "/dev/null"], r"cannot write '/dev/null'"),
        Case([model, "-o", "locked.o"], r"cannot write 'locked\.h'"),
        Case([model, "-o", "-"], r"expects -o to name a file"),
        # Options.
        Case(options("--kernel=fast"),
             r"expects one of the kernels portable.*found 'fast'"),
        Case(options("--kernel=mad-avx512vnni", "--cpu=haswell",
                     "--target=x86_64-linux-gnu"),
             r"expects a target of level avx512vnni .*found avx2"),
        Case(options("--cpu=i8008"), r"expects .*CPU.*found 'i8008'"),
        Case(options("--cpu=haswell,i8008"), r"expects .*CPU.*found 'i8008'"),
        Case(options("--cpu=haswell,"), r"expects .*CPU.*found ''"),
        Case(options("--cpu=haswell,multi"), r"expects .*CPU.*found 'multi'"),
        Case(options("--cpu=haswell,znver2", "--target=x86_64-linux-gnu"),
             r"expects CPUs of different levels, found 'haswell' and 'znver2' "
             r"of level avx2"),
        Case(options("--kernel=mad-avx512vnni", "--cpu=haswell,nehalem",
                     "--target=x86_64-linux-gnu"),
             r"expects a target of level avx512vnni for kernel mad-avx512vnni, "
             r"found avx2, ssse3"),
        Case(options("--kernel=mad-avx512vbmi", "--cpu=znver5,haswell",
                     "--target=x86_64-linux-gnu"),
             r"small.gguf: 'blk.0.attn_q.weight.*': .* expects a kernel whose "
             r"weights all targets read: level avx2 has none for "
             r"#bitnet.layout<trit5, lanes = 16, groups = 4> of "
             r"mad-avx512vbmi"),
        Case(options("--target=abacus"), r"expects a triple .*found 'abacus'"),
        Case(options("--name=7up"), r"expects --name to be .*found '7up'"),
        Case(options("--name=int"), r"expects --name to be .*found 'int'"),
        Case(options("--name=a b"), r"expects --name to be .*found 'a b'"),
        Case(options("--emit=obj", "--until=fold"),
             r"expects --emit=mlir with --until"),
        Case(options("--emit=exe", "--threads=none"), r"expects threads"),
        Case(options("--chunk-size=0"), r"--chunk-size in \[1, 4096\].* 0"),
        Case(options("--chunk-size=4097"), r"--chunk-size.* 4097"),
        Case(options("--chunk-size=-1"), r"--chunk-size"),
        Case(options("--chunk-size=many"), r"chunk-size.*'many'"),
        Case(options("--context-length=0"), r"context length.*found 0"),
        Case(options("--context-length=99999999999"), r"found 99999999999"),
        Case(options("--head=f8"), r"--head option.*'f8'"),
        Case(options("--head-error=-1"), r"expects --head-error in \[0, 1\]"),
        Case(options("--head-error=nan"), r"expects --head-error in \[0, 1\]"),
        Case(options("--head-error=inf"), r"expects --head-error in \[0, 1\]"),
        Case(options("--head=int8", "--head-error=0.1"),
             r"expects --head-error with --head=auto"),
        Case(options("--report=out/a.o"), r"expects --report to name another"),
        Case(options("--report=" + model), r"--report .*is the input"),
        Case([model, "-o", "out/a.h"], r"expects -o .*is the header"),
        Case(options("--kernel=binary-avx2", "--cpu=haswell"),
             r"kernel that reads .*found binary-avx2, which reads bit"),
        Case(options("--emit=wav"), r"--emit option.*'wav'"),
        Case(options("-O7"), r"expects -O0 to -O3, found -O7"),
        Case(options("--bogus"), r"'--bogus'"),
        Case(options("another.gguf"), r"Too many positional"),
        Case(["-o", "out/a.o"], r"Not enough positional"),
    ]


def main() -> None:
    model, scratch = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    sys.exit(not check_failures(["bitnet-compile"], make_cases(str(model)),
                                scratch, MOST_LINES))


main()
