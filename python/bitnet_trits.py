# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How GGUF files put trits into bytes, with NumPy. lib/Weights draws the bytes.

pack functions take uint8 codes [n, elements], trit + 1, and give uint8
[n, bytes] without scales; unpack functions are their inverses.
"""

from __future__ import annotations

import numpy as np


def pack_strided(codes: np.ndarray, stride: int,
                 top_first: bool = False) -> np.ndarray:
    """Groups of 4 * `stride` codes, four codes that are `stride` apart to a
    byte."""
    shifts = np.array([6, 4, 2, 0] if top_first else [0, 2, 4, 6],
                      np.uint8)[:, None]
    groups = codes.reshape(len(codes), -1, 4, stride)
    return np.bitwise_or.reduce(groups << shifts, axis=2).reshape(len(codes), -1)


def unpack_strided(data: np.ndarray, stride: int,
                   top_first: bool = False) -> np.ndarray:
    shifts = np.array([6, 4, 2, 0] if top_first else [0, 2, 4, 6],
                      np.uint8)[:, None]
    codes = data.reshape(len(data), -1, 1, stride) >> shifts & 3
    return codes.reshape(len(data), -1)


# The weights of the digits of a byte, the first the most significant.
DIGITS = np.array([81, 27, 9, 3, 1], np.uint16)


def _digits_to_bytes(numbers: np.ndarray) -> np.ndarray:
    """The fractions number / 243 in 1/256, rounded up."""
    return ((numbers * 256 + 242) // 243).astype(np.uint8)


def _bytes_to_numbers(data: np.ndarray) -> np.ndarray:
    """The numbers whose rounded-up fractions are stored."""
    return data.astype(np.int32) * 243 // 256


def _pack_runs(codes: np.ndarray, runs: list[tuple[int, int]]) -> np.ndarray:
    """Runs of (digits, stride): a byte holds `digits` codes `stride` apart."""
    packed, first = [], 0
    for digits, stride in runs:
        part = codes[:, first:first + digits * stride].astype(np.uint16)
        part = part.reshape(len(codes), digits, stride)
        numbers = (part * DIGITS[:digits, None]).sum(1)
        packed.append(_digits_to_bytes(numbers))
        first += digits * stride
    return np.hstack(packed)


def _unpack_runs(data: np.ndarray, runs: list[tuple[int, int]]) -> np.ndarray:
    codes, first = [], 0
    for digits, stride in runs:
        numbers = _bytes_to_numbers(data[:, None, first:first + stride])
        part = numbers // DIGITS[:digits, None] % 3
        codes.append(part.reshape(len(data), -1).astype(np.uint8))
        first += stride
    return np.hstack(codes)


TQ1_0_RUNS = [(5, 32), (5, 16), (4, 4)]
PTQ1_0_RUNS = [(5, 16), (5, 8), (4, 2)]


def pack_tq1_0(codes: np.ndarray) -> np.ndarray:
    return _pack_runs(codes, TQ1_0_RUNS)


def unpack_tq1_0(data: np.ndarray) -> np.ndarray:
    return _unpack_runs(data, TQ1_0_RUNS)


def pack_ptq1_0(codes: np.ndarray) -> np.ndarray:
    return _pack_runs(codes, PTQ1_0_RUNS)


def unpack_ptq1_0(data: np.ndarray) -> np.ndarray:
    return _unpack_runs(data, PTQ1_0_RUNS)


def pack_tq2_0(codes: np.ndarray) -> np.ndarray:
    return pack_strided(codes, 32)


def unpack_tq2_0(data: np.ndarray) -> np.ndarray:
    return unpack_strided(data, 32)


def pack_q2_0(codes: np.ndarray) -> np.ndarray:
    return pack_strided(codes, 1)


def unpack_q2_0(data: np.ndarray) -> np.ndarray:
    return unpack_strided(data, 1)


def pack_iq2_bn(codes: np.ndarray) -> np.ndarray:
    return pack_strided(codes, 16)


def unpack_iq2_bn(data: np.ndarray) -> np.ndarray:
    return unpack_strided(data, 16)


def pack_iq1_bn(codes: np.ndarray) -> np.ndarray:
    groups = codes.reshape(-1, 4, 16).astype(np.uint16)
    fives = groups[:, :, :15].reshape(-1, 12, 5)
    last = groups[:, :, 15]
    return _digits_to_bytes(np.hstack([
        (fives * DIGITS[::-1]).sum(2),
        (last * DIGITS[:0:-1]).sum(1, keepdims=True)]))


def unpack_iq1_bn(data: np.ndarray) -> np.ndarray:
    digits = _bytes_to_numbers(data)[:, :, None] // DIGITS[::-1] % 3
    fives = digits[:, :12].reshape(-1, 4, 15)
    last = digits[:, 12, :4, None]
    return np.concatenate([fives, last], 2).reshape(-1, 64).astype(np.uint8)


def pack_iq2_bn_r4(codes: np.ndarray) -> np.ndarray:
    """[M, K] codes; bytes [M / 4, K] of four interleaved rows."""
    rows, columns = codes.shape
    # [group, row, block, run, field, byte], fields in the bits of a byte.
    parts = codes.reshape(rows // 4, 4, columns // 64, 4, 4, 4)
    shifts = np.array([0, 2, 4, 6], np.uint8)[:, None]
    packed = np.bitwise_or.reduce(parts << shifts, axis=4)
    return packed.transpose(0, 2, 3, 1, 4).reshape(rows // 4, columns)


def unpack_iq2_bn_r4(data: np.ndarray) -> np.ndarray:
    groups, columns = data.shape
    parts = data.reshape(groups, columns // 64, 4, 4, 1, 4)
    shifts = np.array([0, 2, 4, 6], np.uint8)[:, None]
    codes = (parts >> shifts & 3).transpose(0, 3, 1, 2, 4, 5)
    return codes.reshape(groups * 4, columns)


def pack_rows(codes: np.ndarray) -> np.ndarray:
    """[M, K] codes as Hugging Face folders hold them: uint8 [M / 4, K]."""
    return pack_strided(codes.reshape(1, -1), codes.size // 4).reshape(
        -1, codes.shape[1])


def unpack_rows(data: np.ndarray) -> np.ndarray:
    return unpack_strided(data.reshape(1, -1), data.size).reshape(
        -1, data.shape[1])
