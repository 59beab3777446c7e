# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the node tests of the PyPI package onnx with bitnet_backend.

They are the tests of onnx.backend.test, driven by its own runner. Those of the
list of unsupported ones must not pass, all others must; see onnx_conformance.py
for the list's form.

Usage: onnx_backend_tests.py --unsupported list.txt [--jobs n] [--filter regex]
         [--print-unsupported]
"""

import argparse
import concurrent.futures
import os
import re
import sys
import unittest
import warnings

import onnx.backend.test

import bitnet_backend
from onnx_conformance import judge, read_unsupported


def run(test):
    """The reason why a unittest.TestCase does not pass, or None."""
    result = unittest.TestResult()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        test.run(result)
    if result.skipped:
        return "skipped: " + result.skipped[0][1]
    problems = result.errors + result.failures
    if not problems:
        return None
    lines = [line for line in problems[0][1].strip().splitlines() if line]
    return next((line for line in lines if "Error: " in line), lines[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--unsupported", required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--filter", default="")
    parser.add_argument("--print-unsupported", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    entries = read_unsupported(options.unsupported)
    suite = onnx.backend.test.BackendTest(bitnet_backend, __name__)
    tests = {}
    for test in suite.test_suite:
        name = test.id().rsplit(".", 1)[1]
        is_node = "NodeModelTest" in type(test).__name__
        if is_node and name.endswith("_cpu"):
            name = name.removesuffix("_cpu")
            if re.search(options.filter, name):
                tests[name] = test
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        outcomes = zip(tests, pool.map(run, tests.values()))
        return judge(outcomes, len(tests), entries, options.print_unsupported)


if __name__ == "__main__":
    sys.exit(main())
