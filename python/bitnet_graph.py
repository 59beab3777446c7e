# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs compiled graphs from Python, through their C interface.

    bitnet-compile graph.onnx --emit=shared -o graph.so

    graph = Graph("graph.so")
    outputs = graph.run({"image": np.zeros((1, 1, 28, 28), np.float32)})
    print(outputs["logits"])

include/bitnet/graph.h documents what the functions do; a status other than
success becomes a BitNetError. Of the standard library and NumPy only.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from ctypes import (CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int,
                    c_int64, c_size_t, c_uint32, c_uint64, c_void_p)
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bitnet_model import (ABI_VERSION, BitNetError, Status, ThreadsOptions,
                          VariantInfo, check, declared_symbol)

MAXIMUM_RANK = 8
ARENA_ALIGNMENT = 64

# By ONNX's numbers of element types. What NumPy has no type for is passed as
# its bits; elements of less than a byte take one each.
DTYPES = {number: np.dtype(name) for number, name in {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32",
    7: "int64", 9: "bool", 10: "float16", 11: "float64", 12: "uint32",
    13: "uint64", 16: "uint16", 17: "uint8", 18: "uint8", 19: "uint8",
    20: "uint8", 21: "uint8", 22: "int8", 23: "uint8", 24: "uint8",
    25: "uint8", 26: "int8"}.items()}


class GraphInfo(Structure):
    _fields_ = [("name", c_char_p), ("cpu", c_char_p), ("kernel", c_char_p),
                ("input_count", c_uint32), ("output_count", c_uint32),
                ("symbol_count", c_uint32), ("variant_count", c_uint32),
                ("weight_bytes", c_uint64)]


class _TensorInfo(Structure):
    _fields_ = [("name", c_char_p), ("dims", POINTER(c_int64)),
                ("dim_texts", POINTER(c_char_p)), ("type", c_uint32),
                ("element_size", c_uint32), ("rank", c_uint32),
                ("reserved", c_uint32)]


class _Tensor(Structure):
    _fields_ = [("data", c_void_p), ("size", c_size_t), ("type", c_uint32),
                ("rank", c_uint32), ("dims", c_size_t * MAXIMUM_RANK)]


class _Functions(Structure):
    """bitnet_graph_functions."""
    _fields_ = [
        ("abi_version", c_uint32), ("size", c_uint32),
        ("graph_info", CFUNCTYPE(c_int, c_void_p, POINTER(GraphInfo))),
        ("variant_info", CFUNCTYPE(
            c_int, c_void_p, c_uint32, POINTER(VariantInfo))),
        ("variant", CFUNCTYPE(c_int, c_void_p, POINTER(c_uint32))),
        ("symbol", CFUNCTYPE(c_int, c_void_p, c_uint32, POINTER(c_char_p))),
        ("input", CFUNCTYPE(c_int, c_void_p, c_uint32, POINTER(_TensorInfo))),
        ("output", CFUNCTYPE(c_int, c_void_p, c_uint32, POINTER(_TensorInfo))),
        ("arena_size", CFUNCTYPE(
            c_int, c_void_p, c_void_p, POINTER(c_size_t))),
        ("output_dims", CFUNCTYPE(
            c_int, c_void_p, c_uint32, c_void_p, c_void_p)),
        ("derive_symbols", CFUNCTYPE(
            c_int, c_void_p, c_void_p, c_size_t, c_void_p)),
        ("run", CFUNCTYPE(
            c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_size_t,
            c_void_p)),
        ("run_tensors", CFUNCTYPE(
            c_int, c_void_p, c_void_p, c_size_t, c_void_p, c_size_t, c_void_p,
            c_size_t, c_void_p)),
        ("threads_create", CFUNCTYPE(
            c_int, POINTER(ThreadsOptions), POINTER(c_void_p)))]


class _ThreadsFunctions(Structure):
    """bitnet_threads_functions."""
    _fields_ = [("abi_version", c_uint32), ("size", c_uint32),
                ("destroy", CFUNCTYPE(c_int, c_void_p)), ("run", c_void_p),
                ("share", c_void_p)]


class _Threads(Structure):
    _fields_ = [("functions", POINTER(_ThreadsFunctions)), ("count", c_uint32),
                ("reserved", c_uint32)]


class _Graph(Structure):
    _fields_ = [("functions", POINTER(_Functions)), ("descriptor", c_void_p)]


@dataclass(frozen=True)
class TensorInfo:
    """An input or output."""
    name: str
    type: int  # ONNX's number
    dtype: np.dtype
    dims: tuple[int | str, ...]  # text: a symbol, or an expression of symbols


def _make_symbols(values: Sequence[int]) -> ctypes.Array:
    return (c_size_t * max(len(values), 1))(*values)


class Graph:
    """A shared library of bitnet-compile. A library that is compiled anew must
    get another name to be loaded again by the same process. `threads` share a
    run; 0: one for each processor. One run at a time."""

    def __init__(self, path: Path | str, symbol: str | None = None,
                 threads: int = 1):
        path = Path(path).resolve()
        self._threads = None
        self._library = ctypes.CDLL(str(path))
        self._graph = _Graph.in_dll(self._library,
                                    symbol or declared_symbol(path, "graph"))
        self._address = ctypes.addressof(self._graph)
        self.functions = self._graph.functions.contents
        if self.functions.abi_version != ABI_VERSION:
            raise BitNetError(Status.VERSION_MISMATCH)
        info = self.info()
        self.symbols = [self._symbol(i) for i in range(info.symbol_count)]
        self.inputs = [self._tensor(self.functions.input, i)
                       for i in range(info.input_count)]
        self.outputs = [self._tensor(self.functions.output, i)
                        for i in range(info.output_count)]
        if threads != 1:
            pool, options = c_void_p(), ThreadsOptions(ABI_VERSION, threads)
            check(self.functions.threads_create(byref(options), byref(pool)))
            self._threads = pool

    def __del__(self):
        self.close()

    def close(self) -> None:
        """Ends the threads; runs are by the caller's thread from here on."""
        pool, self._threads = getattr(self, "_threads", None), None
        if pool is not None:
            functions = _Threads.from_address(pool.value).functions.contents
            check(functions.destroy(pool))

    def info(self) -> GraphInfo:
        info = GraphInfo()
        check(self.functions.graph_info(self._address, byref(info)))
        return info

    def variants(self) -> list[VariantInfo]:
        """The variants of the code, the best first."""
        variants = [VariantInfo() for _ in range(self.info().variant_count)]
        for index, variant in enumerate(variants):
            check(self.functions.variant_info(self._address, index,
                                              byref(variant)))
        return variants

    @property
    def variant(self) -> VariantInfo:
        """The code that it runs."""
        index = c_uint32()
        check(self.functions.variant(self._address, byref(index)))
        return self.variants()[index.value]

    def arena_size(self, symbols: Mapping[str, int]) -> int:
        """Bytes of working memory for these values of all symbols."""
        size = c_size_t()
        check(self.functions.arena_size(
            self._address, _make_symbols([symbols[n] for n in self.symbols]),
            byref(size)))
        return size.value

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs by their names. Inputs must have the dtypes of
        `self.inputs`: nothing is converted."""
        prepared = self.prepare(inputs)
        prepared()
        return prepared.outputs

    def prepare(self, inputs: Mapping[str, np.ndarray]) -> PreparedRun:
        """A run that can be called again and again and costs little more than
        from C. It reads `inputs` each time, unless they had to be copied to be
        contiguous, and writes the same outputs."""
        return PreparedRun(self, [inputs[info.name] for info in self.inputs])

    def __enter__(self) -> Graph:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _symbol(self, index: int) -> str:
        name = c_char_p()
        check(self.functions.symbol(self._address, index, byref(name)))
        return name.value.decode()

    def _tensor(self, query, index: int) -> TensorInfo:
        info = _TensorInfo()
        check(query(self._address, index, byref(info)))
        dims = tuple(info.dims[i] if info.dims[i] >= 0
                     else info.dim_texts[i].decode() for i in range(info.rank))
        return TensorInfo(info.name.decode(), info.type, DTYPES[info.type],
                          dims)


class PreparedRun:
    """Calling it runs the graph on arrays that are bound to it, in an arena of
    its own. `outputs`: arrays by their names."""

    def __init__(self, graph: Graph, inputs: Sequence[np.ndarray]):
        functions, address = graph.functions, graph._address
        self._graph = graph
        self._inputs = [np.require(array, requirements=["C", "A"])
                        for array in inputs]
        tensors = (_Tensor * max(len(inputs), 1))()
        for info, array, tensor in zip(graph.inputs, self._inputs, tensors):
            if array.dtype != info.dtype:
                raise TypeError(f"expects {info.dtype} in {info.name!r}, found "
                                f"{array.dtype}")
            self._fill(tensor, array, info)
        symbols = _make_symbols([0] * len(graph.symbols))
        check(functions.derive_symbols(address, tensors, len(inputs), symbols))

        self.outputs = {}
        results = (_Tensor * len(graph.outputs))()
        for index, (info, tensor) in enumerate(zip(graph.outputs, results)):
            dims = (c_size_t * MAXIMUM_RANK)()
            check(functions.output_dims(address, index, symbols, dims))
            array = np.empty(dims[:len(info.dims)], info.dtype)
            self._fill(tensor, array, info)
            self.outputs[info.name] = array

        size = c_size_t()
        check(functions.arena_size(address, symbols, byref(size)))
        self._arena = np.empty(size.value + ARENA_ALIGNMENT, np.uint8)
        begin = self._arena.ctypes.data
        begin += -begin % ARENA_ALIGNMENT
        # Converted once: ctypes would take longer than a small graph.
        self._tensors = tensors, results
        self._run = functions.run_tensors
        self._arguments = (
            c_void_p(address), c_void_p(ctypes.addressof(tensors)),
            c_size_t(len(inputs)), c_void_p(ctypes.addressof(results)),
            c_size_t(len(results)), c_void_p(begin), size)

    def __call__(self) -> None:
        status = self._run(*self._arguments, self._graph._threads)
        if status:
            raise BitNetError(status)

    @staticmethod
    def _fill(tensor: _Tensor, array: np.ndarray, info: TensorInfo) -> None:
        if array.ndim > MAXIMUM_RANK:
            raise BitNetError(Status.SHAPE_MISMATCH)
        tensor.data, tensor.size = array.ctypes.data, array.nbytes
        tensor.type, tensor.rank = info.type, array.ndim
        tensor.dims[:array.ndim] = array.shape
