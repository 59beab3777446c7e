# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs ONNX's backend node tests through the compiler and its C ABI.

A test is a folder with `model.onnx` and `test_data_set_<n>/{input,output}_<i>.pb`,
as the Debian package libonnx-testdata and ONNX's repository have them. Each
model is compiled to a shared library, run, and compared with the tolerances of
ONNX's own runner: integers equal, floats within 1e-3 relative and 1e-7 absolute.

A test that is not in the list of unsupported ones must pass; one that is must
not, so that the list never claims too much. A line of the list is the name of a
test, or the start of names and `*`, a colon, and the reason.

Inputs that decide shapes must be constants for a compiler. If a model does not
compile because one is not, its vectors of integers are bound by --constant.

Usage: onnx_conformance.py --compiler bitnet-compile --unsupported list.txt
         [--data folder] [--jobs n] [--filter regex] [--print-unsupported]
"""

import argparse
import concurrent.futures
import os
import pickle
import re
import subprocess
import sys
import tempfile
import traceback

import numpy as np

from bitnet_graph import Graph
from onnx_tensors import UnsupportedTensor, read_tensor

RELATIVE, ABSOLUTE = 1e-3, 1e-7


class Failure(Exception):
    """A test that does not pass, with the reason."""


def read_data_set(folder):
    """The inputs and the outputs of a data set."""
    def read(kind):
        tensors = []
        while os.path.exists(path := f"{folder}/{kind}_{len(tensors)}.pb"):
            tensors.append((path, read_tensor(path)))
        return tensors
    return read("input"), read("output")


def is_shape(tensor):
    """Whether a tensor may be an operand that decides shapes."""
    return (tensor.values.dtype in (np.int32, np.int64)
            and tensor.values.ndim <= 1)


def compile_model(compiler, model, inputs, library):
    """Compiles a model, with constants for shapes if need be. Returns the names
    of inputs that became constants."""
    def attempt(bound):
        command = [compiler, model, "--emit=shared", "-O1", "-o", library]
        command += [f"--constant={tensor.name}={path}"
                    for path, tensor in bound]
        result = subprocess.run(command, capture_output=True, text=True,
                                timeout=300)
        return result.returncode, result.stderr

    status, message = attempt([])
    if status == 0:
        return set()
    if status != 1:
        raise Failure(f"compiler ended with status {status}: {message}")
    # Data operands come first; operands of shape follow, or are all there is.
    every = [entry for entry in inputs if is_shape(entry[1])]
    small = [entry for entry in inputs if entry[1].values.size <= 64
             and entry[1].values.ndim <= 1]
    for bound in (every[1:] if every and every[0] is inputs[0] and
                  len(inputs) > 1 else every, every, small):
        if not bound or "constant" not in message:
            continue
        status, later = attempt(bound)
        if status == 0:
            return {tensor.name for _, tensor in bound}
        if status != 1:
            raise Failure(f"compiler ended with status {status}: {later}")
    raise Failure(message.strip().splitlines()[0] if message else "no message")


def run_isolated(function):
    """The result of `function` in a child process, which may crash."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            answer = ("result", function())
        except Exception:  # reported by the parent
            answer = ("error", traceback.format_exc(limit=2))
        with os.fdopen(writer, "wb") as stream:
            pickle.dump(answer, stream)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child, 0)
    if not data:
        raise Failure(f"running ended with status {status}")
    kind, answer = pickle.loads(data)
    if kind == "error":
        raise Failure(answer.strip().splitlines()[-1])
    return answer


def compare(got, want):
    """Raises Failure unless two arrays agree."""
    if got.shape != want.shape:
        raise Failure(f"shape {got.shape}, expected {want.shape}")
    if got.dtype != want.dtype:
        raise Failure(f"type {got.dtype}, expected {want.dtype}")
    if not np.issubdtype(want.dtype, np.floating):
        if not np.array_equal(got, want):
            raise Failure("integers differ")
        return
    if not np.allclose(got.astype(np.float64), want.astype(np.float64),
                       RELATIVE, ABSOLUTE, equal_nan=True):
        with np.errstate(all="ignore"):
            worst = np.nanmax(np.abs(got.astype(np.float64) - want))
        raise Failure(f"floats differ by up to {worst:.3g}")


def run_test(compiler, folder):
    """Raises Failure or UnsupportedTensor if the test does not pass."""
    sets = sorted(entry for entry in os.listdir(folder)
                  if entry.startswith("test_data_set_"))
    data = [read_data_set(f"{folder}/{entry}") for entry in sets]
    if not data:
        raise Failure("no data sets")
    with tempfile.TemporaryDirectory() as scratch:
        library = f"{scratch}/model.so"
        bound = compile_model(compiler, f"{folder}/model.onnx", data[0][0],
                              library)

        def run():
            answers = []
            graph = Graph(library)
            for inputs, _ in data:
                values = {tensor.name: tensor.values for _, tensor in inputs
                          if tensor.name not in bound}
                answers.append(list(graph.run(values).values()))
            return answers

        for outputs, (_, expected) in zip(run_isolated(run), data):
            if len(outputs) != len(expected):
                raise Failure(
                    f"{len(outputs)} outputs, expected {len(expected)}")
            for got, (_, want) in zip(outputs, expected):
                compare(got, want.values)


def read_unsupported(path):
    """The entries of a list: (pattern, reason)."""
    entries = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            name, colon, reason = line.partition(":")
            if not colon or not reason.strip():
                sys.exit(f"{path}:{number}: expects 'name: reason'")
            name = re.escape(name.strip()).replace(r"\*", ".*")
            entries.append((re.compile(name + r"\Z"), reason.strip()))
    return entries


def judge(outcomes, count, entries, print_unsupported):
    """Compares (name, failure or None) of `count` tests with the list, prints
    what is wrong and how many are what. The exit status."""
    passed, listed, wrong = 0, 0, []
    for done, (name, failure) in enumerate(outcomes, 1):
        if sys.stderr.isatty():
            print(f"\r{done}/{count} {name:60.60}", end="", file=sys.stderr)
        reason = next((reason for pattern, reason in entries
                       if pattern.match(name)), None)
        if failure is None and reason is None:
            passed += 1
        elif failure is not None and reason is not None:
            listed += 1
        elif failure is None:
            wrong.append(f"{name}: passes, but is listed as unsupported: "
                         f"{reason}")
        else:
            wrong.append(f"{name}: {failure}")
        if failure is not None and print_unsupported:
            print(f"{name}: {failure}")
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    for line in wrong:
        print(line)
    print(f"{passed} passed, {listed} not supported, {len(wrong)} wrong, "
          f"of {count}")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--unsupported", required=True)
    parser.add_argument("--data",
                        default="/usr/share/libonnx-testdata/data/node")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--filter", default="")
    parser.add_argument("--print-unsupported", action="store_true")
    options = parser.parse_args()

    entries = read_unsupported(options.unsupported)
    names = sorted(name for name in os.listdir(options.data)
                   if re.search(options.filter, name))
    if not names:
        sys.exit(f"no tests in {options.data}")

    def run(name):
        try:
            run_test(options.compiler, f"{options.data}/{name}")
            return name, None
        except (Failure, UnsupportedTensor) as error:
            return name, str(error)
        except subprocess.TimeoutExpired:
            return name, "compiling took more than 300 seconds"

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        return judge(pool.map(run, names), len(names), entries,
                     options.print_unsupported)


if __name__ == "__main__":
    sys.exit(main())
