# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Latency of a compiled ONNX graph beside ONNX Runtime, in one process.

The candidates take turns: every round runs each of them for a share of the
time, so that both see the same clock and the same neighbours. A round's figure
is the mean of its runs; the table shows the median of the rounds and their
spread, and the ratio of the medians. Inputs are random; outputs of both are
compared first.

Usage: bitnet_graph_bench.py model.onnx [--compiler bitnet-compile]
         [--batch 1,64] [--threads 1,2] [--rounds 15] [--seconds 0.2]
         [--dim name=value] [--json file]

Needs the PyPI packages onnxruntime and numpy.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime

from bitnet_graph import Graph


def make_inputs(session, sizes, generator):
    """Random inputs; symbolic dimensions have the sizes given."""
    inputs = {}
    for value in session.get_inputs():
        shape = [dim if isinstance(dim, int) else sizes[dim]
                 for dim in value.shape]
        if value.type == "tensor(float)":
            inputs[value.name] = generator.standard_normal(shape, np.float32)
        elif value.type == "tensor(int64)":
            inputs[value.name] = generator.integers(0, 100, shape)
        else:
            sys.exit(f"input {value.name}: no random values of {value.type}")
    return inputs


def bind(session, inputs):
    """A call of ONNX Runtime without copies of inputs."""
    binding = session.io_binding()
    for name, value in inputs.items():
        binding.bind_cpu_input(name, value)
    for output in session.get_outputs():
        binding.bind_output(output.name)
    return lambda: session.run_with_iobinding(binding)


def measure(call, seconds):
    """Mean time of a call, in seconds, over about `seconds`."""
    start = time.perf_counter()
    runs = 0
    while True:
        call()
        runs += 1
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return elapsed / runs


def compare_speed(candidates, rounds, seconds):
    """{name: [seconds of a run, for each round]} of candidates in turn."""
    times = {name: [] for name in candidates}
    for call in candidates.values():
        measure(call, seconds / 4)
    for _ in range(rounds):
        for name, call in candidates.items():
            times[name].append(measure(call, seconds))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model")
    parser.add_argument("--compiler", default="bitnet-compile")
    parser.add_argument("--batch", default="1,64")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--dim", action="append", default=[])
    parser.add_argument("--json")
    options = parser.parse_args()
    generator = np.random.default_rng(1)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        library = f"{scratch}/model.so"
        subprocess.run([options.compiler, options.model, "--emit=shared",
                        "-o", library], check=True)
        object_file = f"{scratch}/model.o"
        subprocess.run([options.compiler, options.model, "-o", object_file],
                       check=True)
        object_bytes = os.path.getsize(object_file)
        model_bytes = os.path.getsize(options.model)
        print(f"object {object_bytes} bytes, model {model_bytes} bytes: "
              f"{object_bytes / model_bytes:.3f}")
        print("| batch | threads | bitnet µs | onnxruntime µs | ratio "
              "| spread | largest difference |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        for batch in map(int, options.batch.split(",")):
            for threads in map(int, options.threads.split(",")):
                settings = onnxruntime.SessionOptions()
                settings.intra_op_num_threads = threads
                settings.inter_op_num_threads = 1
                session = onnxruntime.InferenceSession(
                    options.model, settings, ["CPUExecutionProvider"])
                sizes = dict(entry.split("=") for entry in options.dim)
                sizes = {name: int(size) for name, size in sizes.items()}
                sizes.setdefault("batch", batch)
                inputs = make_inputs(session, sizes, generator)
                with Graph(library, threads=threads) as graph:
                    prepared = graph.prepare(inputs)
                    run = bind(session, inputs)
                    got = list(graph.run(inputs).values())
                    want = session.run(None, inputs)
                    difference = max(float(np.max(np.abs(a - b)))
                                     for a, b in zip(got, want))
                    times = compare_speed(
                        {"bitnet": prepared, "onnxruntime": run},
                        options.rounds, options.seconds)
                ours, theirs = (statistics.median(times[name])
                                for name in ("bitnet", "onnxruntime"))
                ratios = sorted(b / a for a, b in zip(
                    times["bitnet"], times["onnxruntime"]))
                print(f"| {batch} | {threads} | {ours * 1e6:.1f} "
                      f"| {theirs * 1e6:.1f} | {theirs / ours:.2f} "
                      f"| {ratios[len(ratios) // 10]:.2f} to "
                      f"{ratios[-1 - len(ratios) // 10]:.2f} "
                      f"| {difference:.2g} |", flush=True)
                rows.append({"batch": batch, "threads": threads,
                             "seconds": times, "difference": difference})
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"model": os.path.basename(options.model),
                       "object_bytes": object_bytes,
                       "model_bytes": model_bytes, "rows": rows}, file)


if __name__ == "__main__":
    main()
