# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the library of join.mlir through the binding for Python, one or several
threads, and makes every mistake that the binding or the library refuses."""

import sys

import numpy as np

from bitnet_graph import Graph, TensorInfo
from bitnet_model import BitNetError, Status


def expect(status: Status, call) -> None:
    try:
        call()
    except BitNetError as error:
        assert error.status == status, error
    else:
        raise AssertionError(f"expects {status!r}")


def check_runs(graph: Graph) -> None:
    random = np.random.default_rng(1)
    for batch in (1, 2, 7, 300):
        a, b = random.integers(-9, 9, (2, batch, 3)).astype(np.float32)
        outputs = graph.run({"b": b, "a": a})
        assert list(outputs) == ["y", "total"]
        np.testing.assert_array_equal(outputs["y"], a + b)
        total = ((a + b)[::-1] * [1, 2, 4]).sum(1).repeat(2)
        np.testing.assert_array_equal(outputs["total"], total)
        assert outputs["total"].dtype == np.float32
        # Not contiguous, and not aligned.
        turned = np.frombuffer(b"x" + a.tobytes(), np.float32, offset=1)
        outputs = graph.run({"a": turned.reshape(a.shape),
                             "b": np.asfortranarray(b)})
        np.testing.assert_array_equal(outputs["y"], a + b)


def check_prepared(graph: Graph) -> None:
    a, b = np.zeros((4, 3), np.float32), np.ones((4, 3), np.float32)
    run = graph.prepare({"a": a, "b": b})
    for value in range(5):
        a[:] = value
        run()
        assert (run.outputs["y"] == value + 1).all()
        assert (run.outputs["total"] == 7 * (value + 1)).all()


def main() -> None:
    graph = Graph(sys.argv[1])
    f32 = np.dtype(np.float32)
    assert graph.symbols == ["batch"]
    assert graph.inputs == [TensorInfo("a", 1, f32, ("batch", 3)),
                            TensorInfo("b", 1, f32, ("batch", 3))]
    assert graph.outputs == [TensorInfo("y", 1, f32, ("batch", 3)),
                             TensorInfo("total", 1, f32, ("batch * 2",))]
    assert graph.info().name == b"join" and graph.info().weight_bytes == 64
    assert graph.variant.name == b"portable"
    assert graph.arena_size({"batch": 6}) == 128
    check_runs(graph)
    for threads in (0, 2, 5):
        with Graph(sys.argv[1], "join", threads=threads) as shared:
            check_runs(shared)
            check_prepared(shared)
        check_runs(shared)

    a = np.zeros((2, 3), np.float32)
    expect(Status.SHAPE_MISMATCH, lambda: graph.run({"a": a, "b": a[0]}))
    expect(Status.SHAPE_MISMATCH, lambda: graph.run({"a": a, "b": a[:1]}))
    expect(Status.SHAPE_MISMATCH, lambda: graph.run({"a": a, "b": a[:, :2]}))
    expect(Status.SHAPE_MISMATCH,
           lambda: graph.run({"a": a, "b": a.reshape([1] * 8 + [2, 3])}))
    expect(Status.INVALID_ARGUMENT, lambda: graph.run({"a": a[:0], "b": a}))
    expect(Status.INVALID_ARGUMENT, lambda: graph.arena_size({"batch": 0}))
    expect(Status.OUT_OF_MEMORY,
           lambda: graph.arena_size({"batch": 2**63 - 1}))
    expect(Status.INVALID_ARGUMENT,
           lambda: Graph(sys.argv[1], threads=257))
    for wrong, inputs in ((TypeError, {"a": a, "b": a.astype(np.float64)}),
                          (KeyError, {"a": a})):
        try:
            graph.run(inputs)
        except wrong:
            continue
        raise AssertionError(f"expects {wrong}")
    print("the library does what graph.h says")


main()
