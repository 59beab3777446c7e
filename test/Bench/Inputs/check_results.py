# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks the structure of what bitnet-bench --json writes, never the times.

    check_results.py results.json limits|kernels|model|comparison
"""

import json
import math
import sys


def check_pair(pair):
    """A median and the best; no more keys than `rounds`."""
    assert set(pair) - {"rounds"} == {"median", "best"}, pair
    for key, value in pair.items():
        assert math.isfinite(value) and value > 0, (key, pair)


def check_rate(rate):
    check_pair(rate)
    assert rate["best"] >= rate["median"], rate


def check_time(time):
    check_pair(time)
    assert time["best"] <= time["median"], time
    assert time["rounds"] >= 1, time


def check_fractions(row):
    best = max(row["of_read"]["best"], row.get("of_dot", {"best": 0})["best"])
    assert row["of_limit"]["best"] == best, row
    check_rate(row["read_limit"])
    if "dot_limit" in row:
        check_rate(row["dot_limit"])


def check_machine(machine):
    assert set(machine) == {"cpu", "level", "processors", "caches"}, machine
    assert machine["processors"] >= 1
    levels = [cache["level"] for cache in machine["caches"]]
    assert levels and levels == sorted(levels), levels


def check_limits(results):
    limits = results["limits"]
    caches = [f"L{cache['level']}" for cache in results["machine"]["caches"]]
    threads = sorted({row["threads"] for row in limits["read"]})
    for count in threads:
        rows = [row for row in limits["read"] if row["threads"] == count]
        assert [row["level"] for row in rows] == caches + ["memory"], rows
        assert rows[-1]["bytes"] >= 4 * results["machine"]["caches"][-1]["bytes"]
    assert len(limits["clock"]) == 1
    for kind in limits:
        for row in limits[kind]:
            check_rate(row["per_second"])
    for row in limits.get("dot", []) + limits.get("lookup", []):
        assert row["instruction"] and row["level"] and row["work"] > 0, row
    print("threads:", *threads)


def check_kernels(results):
    for row in results["kernels"]:
        check_time(row["seconds"])
        check_fractions(row)
        assert row["multiply_adds"] == (row["rows"] * row["columns"] *
                                        row["tokens"]), row
        assert row["weight_bytes"] * 8 >= 1.5 * row["rows"] * row["columns"] \
            or "bit" in row["kernel"], row
        print(row["kernel"], f"{row['rows']}x{row['columns']}", row["weights"],
              "threads", row["threads"], "tokens", row["tokens"])


def check_model(results):
    model = results["model"]
    for row in model["start"]:
        for key in ("load_seconds", "session_seconds", "first_token_seconds"):
            check_time(row[key])
        assert row["first_token_seconds"]["best"] > row["load_seconds"]["best"]
        assert row["resident_bytes"] is None or row["resident_bytes"] >= 0
        print("start with", row["threads"], "prompt", row["prompt_tokens"])
    for row in model["tests"]:
        check_time(row["seconds"])
        check_rate(row["tokens_per_second"])
        check_fractions(row)
        assert math.isclose(row["tokens"] / row["seconds"]["best"],
                            row["tokens_per_second"]["best"]), row
        print(row["test"], row["tokens"], "threads", row["threads"],
              "products" if "multiply_adds" in row else "no products")
    print("compiled" if "compile" in model else "not compiled",
          *model["options"])


def check_comparison(results):
    comparison = results["comparison"]
    for row in comparison["tests"]:
        ours = row["tokens_per_second"]
        check_rate(ours)
        assert len(row["peers"]) == len(comparison["peers"])
        for peer in row["peers"]:
            if peer is None:
                print(row["test"], row["tokens"], "threads", row["threads"],
                      "none")
                continue
            theirs = peer["tokens_per_second"]
            check_rate(theirs)
            for key, ratio in peer["ratio"].items():
                assert math.isclose(ratio, ours[key] / theirs[key]), row
            print(row["test"], row["tokens"], "threads", row["threads"],
                  f"median {theirs['median']:.2f} best {theirs['best']:.2f}")


def main():
    path, kind = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        results = json.load(file)
    assert set(results) == {"machine", kind}, results.keys()
    check_machine(results["machine"])
    globals()[f"check_{kind}"](results)


main()
