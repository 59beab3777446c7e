# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A backend for ONNX's Python interface, which compiles models and runs them.

    import bitnet_backend
    prepared = bitnet_backend.prepare(onnx.load("model.onnx"))
    outputs = prepared.run([image])

The compiler is `bitnet-compile` in PATH, or what BITNET_COMPILE names. Needs
the PyPI packages onnx and numpy.

Inputs that decide shapes must be constants for a compiler: a model that does
not compile because one is not is compiled by its first run, with its vectors of
integers bound to the values of that run, and again if they change.
"""

import os
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.base import Backend, BackendRep

from bitnet_graph import Graph


def _compile(folder, constants):
    """Compiles folder/model.onnx to folder/model.so; the error message or None."""
    command = [os.environ.get("BITNET_COMPILE", "bitnet-compile"),
               f"{folder}/model.onnx", "--emit=shared", "-O1",
               "-o", f"{folder}/model.so"]
    for number, (name, value) in enumerate(constants.items()):
        path = f"{folder}/constant_{number}.pb"
        with open(path, "wb") as file:
            file.write(numpy_helper.from_array(value).SerializeToString())
        command.append(f"--constant={name}={path}")
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stderr.strip() if result.returncode else None


def _to_stored(value):
    """Elements as the C interface has them: narrow floats as their bits, narrow
    integers one to a byte."""
    kind = value.dtype.name
    if kind.startswith(("float8", "float4")):
        return value.view(np.uint8)
    if kind == "bfloat16":
        return value.view(np.uint16)
    if kind in ("uint4", "uint2"):
        return value.astype(np.uint8)
    if kind in ("int4", "int2"):
        return value.astype(np.int8)
    return value


def _from_stored(value, element_type):
    """The other way; `element_type` is a number of TensorProto.DataType."""
    dtype = onnx.helper.tensor_dtype_to_np_dtype(element_type)
    if dtype == value.dtype:
        return value
    if dtype.name.startswith(("float8", "float4", "bfloat16")):
        return value.view(dtype)
    return value.astype(dtype)


class PreparedModel(BackendRep):
    """A compiled model; `run` takes the inputs in their order, or by name."""

    def __init__(self, model):
        self._folder = tempfile.TemporaryDirectory()
        onnx.save(model, f"{self._folder.name}/model.onnx")
        constants = {value.name for value in model.graph.initializer}
        self._inputs = [value.name for value in model.graph.input
                        if value.name not in constants]
        self._outputs = {value.name: value.type.tensor_type.elem_type
                         for value in model.graph.output}
        self._bound = {}
        self._graph = None
        error = _compile(self._folder.name, {})
        if error is None:
            self._graph = Graph(f"{self._folder.name}/model.so")
        elif "constant" not in error:
            raise RuntimeError(error)

    def _bind(self, values):
        """Compiles with the operands of shapes among `values` as constants."""
        shapes = {name: value for name, value in values.items()
                  if value.dtype in (np.int32, np.int64) and value.ndim <= 1}
        after_data = {name: value for name, value in shapes.items()
                      if name != self._inputs[0]}
        small = {name: value for name, value in values.items()
                 if value.ndim <= 1 and value.size <= 64}
        error = None
        for bound in (after_data, shapes, small):
            error = _compile(self._folder.name, bound)
            if error is None:
                self._bound = bound
                self._graph = Graph(f"{self._folder.name}/model.so")
                return
        raise RuntimeError(error)

    def run(self, inputs, **kwargs):
        if not isinstance(inputs, dict):
            inputs = dict(zip(self._inputs, inputs))
        values = {name: np.asarray(value) for name, value in inputs.items()}
        if self._graph is None or any(
                not np.array_equal(values[name], value)
                for name, value in self._bound.items()):
            self._bind(values)
        free = {name: _to_stored(value) for name, value in values.items()
                if name not in self._bound}
        outputs = self._graph.run(free)
        return [_from_stored(outputs[name], element_type)
                for name, element_type in self._outputs.items()]


class BitNetBackend(Backend):
    """What onnx.backend.test.runner drives."""

    @classmethod
    def prepare(cls, model, device="CPU", **kwargs):
        return PreparedModel(model)

    @classmethod
    def run_model(cls, model, inputs, device="CPU", **kwargs):
        return cls.prepare(model, device).run(inputs)

    @classmethod
    def supports_device(cls, device):
        return device == "CPU"


prepare = BitNetBackend.prepare
run_model = BitNetBackend.run_model
supports_device = BitNetBackend.supports_device
