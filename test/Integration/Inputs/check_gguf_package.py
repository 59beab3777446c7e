# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares GgufReader with the reader of the Python package gguf.

    check_gguf_package.py FILE...
"""

import sys

import numpy as np
from gguf import GGUFReader, dequantize

from bitnet_gguf import GgufReader

for path in sys.argv[1:]:
    ours, theirs = GgufReader(path), GGUFReader(path)
    for key, value in ours.fields.items():
        assert theirs.get_field(key).contents() == value, key
    assert [tensor.name for tensor in theirs.tensors] == list(ours.tensors)
    for tensor in theirs.tensors:
        mine = ours.tensors[tensor.name]
        assert tuple(reversed(tensor.shape.tolist())) == mine.shape
        values = dequantize(tensor.data, tensor.tensor_type)
        assert np.array_equal(values.reshape(mine.shape), mine.decode()), \
            tensor.name
