# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that an object is about as large as its weights.

    check_size.py model.gguf model.o
"""

import sys
from pathlib import Path

from bitnet_gguf import GgufReader
from bitnet_tensors import TERNARY_TYPES

weights = 0
for tensor in GgufReader(sys.argv[1]).tensors.values():
    count = 1
    for extent in tensor.shape:
        count *= extent
    # Two bits for a trit, half precision for the embedding, f32 for norms.
    if tensor.tensor_type in TERNARY_TYPES:
        weights += count // 4
    else:
        weights += count * (2 if len(tensor.shape) == 2 else 4)
size = Path(sys.argv[2]).stat().st_size
limit = 1.05 * weights + 400_000
print(f"weights {weights}, object {size}, limit {limit:.0f}")
assert weights <= size <= limit
