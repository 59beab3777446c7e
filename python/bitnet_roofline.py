#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Draws the results of bitnet-bench as a roofline plot.

    bitnet-bench kernels --json results.json
    bitnet_roofline.py results.json -o roofline.svg

A kernel that does so many multiply-adds for each byte of weights that it reads
can do no more of them per second than the slanted line of the memory that the
bytes come from, nor than the level line of the multiply-add instruction. Points
are the best rounds of kernels, or of prompts and generated tokens of a model;
lines are the limits of the same rounds. There is one plot for each number of
threads.

The output is SVG or PNG, by its suffix. Status 1 if there is nothing to draw.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

MARKERS = {"cache": "o", "memory": "s", "prefill": "^", "decode": "v"}


@dataclass
class Point:
    series: str
    marker: str
    intensity: float
    """Multiply-adds for each byte."""
    speed: float
    """Multiply-adds per second."""


@dataclass
class Roofline:
    """What is drawn for one number of threads."""

    reads: dict[str, float] = field(default_factory=dict)
    """Bytes per second, by where they come from."""
    peaks: dict[str, float] = field(default_factory=dict)
    """Multiply-adds per second, by instruction."""
    points: list[Point] = field(default_factory=list)

    def raise_read(self, name: str, rate: dict) -> None:
        self.reads[name] = max(self.reads.get(name, 0), rate["best"])

    def raise_peak(self, name: str, rate: dict) -> None:
        self.peaks[name] = max(self.peaks.get(name, 0), rate["best"])


def collect(results: dict) -> dict[int, Roofline]:
    """Rooflines by number of threads."""
    rooflines: dict[int, Roofline] = {}

    def of(row: dict) -> Roofline:
        return rooflines.setdefault(row["threads"], Roofline())

    limits = results.get("limits", {})
    for row in limits.get("read", []):
        of(row).raise_read(row["level"], row["per_second"])
    for row in limits.get("dot", []):
        of(row).raise_peak(row["instruction"], row["per_second"])
    for row in results.get("kernels", []):
        roofline = of(row)
        roofline.raise_read(row["weights"], row["read_limit"])
        if "dot_limit" in row:
            roofline.raise_peak(row["dot_instruction"], row["dot_limit"])
        roofline.points.append(Point(
            row["kernel"], row["weights"],
            row["multiply_adds"] / row["weight_bytes"],
            row["multiply_adds"] / row["seconds"]["best"]))
    model = results.get("model", {})
    for row in model.get("tests", []):
        roofline = of(row)
        roofline.raise_read("weights", row["read_limit"])
        if "multiply_adds" not in row:
            continue
        roofline.raise_peak("dot products", row["dot_limit"])
        roofline.points.append(Point(
            f"{row['test']} {row['tokens']}", row["test"],
            row["multiply_adds"] / row["bytes"],
            row["multiply_adds"] / row["seconds"]["best"]))
    return dict(sorted(rooflines.items()))


def merge(rates: dict[str, float]) -> dict[str, float]:
    """Rates so close together that their names would overlap become one."""
    merged: list[tuple[str, float]] = []
    for name, rate in sorted(rates.items(), key=lambda item: -item[1]):
        if merged and rate > 0.9 * merged[-1][1]:
            merged[-1] = f"{merged[-1][0]}; {name}", merged[-1][1]
        else:
            merged.append((name, rate))
    return dict(merged)


def draw(results: dict, rooflines: dict[int, Roofline], output: Path) -> None:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, plots = plt.subplots(
        1, len(rooflines), sharey=True, squeeze=False, layout="constrained",
        figsize=(1.5 + 5.5 * len(rooflines), 5.5))
    names = sorted({point.series for roofline in rooflines.values()
                    for point in roofline.points})
    colors = {name: plt.get_cmap("tab10")(i % 10)
              for i, name in enumerate(names)}
    intensities = [point.intensity for roofline in rooflines.values()
                   for point in roofline.points] or [1, 1000]
    low, high = min(intensities) / 2, max(intensities) * 2
    for plot, (threads, roofline) in zip(plots[0], rooflines.items()):
        highest = max(roofline.peaks.values(), default=None)
        for name, rate in roofline.reads.items():
            end = high if highest is None else min(high, highest / rate)
            if end > low:
                plot.plot([low, end], [low * rate / 1e9, end * rate / 1e9],
                          color="0.4", linewidth=1)
            plot.annotate(f"{name}, {rate / 1e9:.0f} GB/s",
                          (low, low * rate / 1e9), fontsize=7,
                          textcoords="offset points", xytext=(2, 4))
        for name, rate in merge(roofline.peaks).items():
            plot.axhline(rate / 1e9, color="0.4", linewidth=1,
                         linestyle="--" if rate != highest else "-")
            plot.annotate(f"{name}, {rate / 1e9:.0f} G/s",
                          (high, rate / 1e9), fontsize=7, ha="right",
                          textcoords="offset points", xytext=(-2, 3))
        seen = set()
        for point in roofline.points:
            key = point.series, point.marker
            label = point.series
            if point.marker in ("cache", "memory"):
                label += f", {point.marker}"
            plot.plot(point.intensity, point.speed / 1e9, linestyle="none",
                      marker=MARKERS[point.marker], markersize=5,
                      color=colors[point.series],
                      label=None if key in seen else label)
            seen.add(key)
        plot.set(xscale="log", yscale="log", xlim=(low, high),
                 xlabel="multiply-adds per byte of weights",
                 title=f"{threads} thread{'s' if threads > 1 else ''}")
        plot.margins(y=0.1)
        plot.grid(which="both", color="0.92", linewidth=0.5)
    plots[0][0].set_ylabel("10⁹ multiply-adds per second")
    for plot, roofline in zip(plots[0], rooflines.values()):
        if roofline.points:
            plot.legend(fontsize=7, loc="upper center", ncol=3,
                        bbox_to_anchor=(0.5, -0.13), frameon=False)
    machine = results.get("machine", {})
    figure.suptitle(f"{machine.get('cpu', 'unknown CPU')}, "
                    f"{machine.get('level', 'unknown level')}")
    figure.savefig(output)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.output.suffix not in (".svg", ".png"):
        sys.exit(f"error: expects -o to end in .svg or .png, found "
                 f"'{arguments.output}'")
    try:
        results = json.loads(arguments.results.read_text(encoding="utf-8"))
        rooflines = collect(results)
    except OSError as error:
        sys.exit(f"error: cannot read '{arguments.results}': "
                 f"{error.strerror}")
    except (ValueError, KeyError, TypeError, AttributeError):
        sys.exit(f"error: expects results of bitnet-bench --json, found "
                 f"'{arguments.results}'")
    if not rooflines:
        sys.exit(f"error: expects results of bitnet-bench limits, kernels or "
                 f"model, found none in '{arguments.results}'")
    try:
        draw(results, rooflines, arguments.output)
    except ImportError:
        sys.exit("error: expects the Python module matplotlib")
    except OSError as error:
        sys.exit(f"error: cannot write '{arguments.output}': "
                 f"{error.strerror}")


if __name__ == "__main__":
    main()
