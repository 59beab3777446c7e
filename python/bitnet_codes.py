# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Blocks of whole numbers with scales, as GGUF files store them, with NumPy.

weight = code * scale, or code * scale + offset, with scales that are f16 numbers
or small multiples of them. lib/Weights draws the bytes. Encoders round to the
nearest code and search for nothing better.
"""

from __future__ import annotations

import numpy as np

IQ4_NL_VALUES = np.array([-127, -104, -83, -65, -49, -35, -22, -10,
                          1, 13, 25, 38, 53, 69, 89, 113], np.int8)


def divide(values: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """values / scales, and 0 where the scale is 0."""
    return np.divide(values, scales, out=np.zeros_like(values),
                     where=np.broadcast_to(scales != 0, values.shape))


def halves(scales: np.ndarray) -> np.ndarray:
    """The bytes of [n, k] numbers in f16."""
    return np.ascontiguousarray(scales).astype("<f2").view(np.uint8)


def from_halves(data: np.ndarray) -> np.ndarray:
    """[n, k] float32 from [n, 2 k] bytes."""
    return np.ascontiguousarray(data).view("<f2").astype(np.float32)


def _nearest_half(values: np.ndarray) -> np.ndarray:
    return values.astype("<f2").astype(np.float32)


def _join(blocks: list[np.ndarray]) -> bytes:
    return np.hstack(blocks).tobytes()


def _bits(fields: np.ndarray, width: int) -> np.ndarray:
    """Fields along axis 1, each `width` bits, in one byte: the first lowest."""
    shifts = np.arange(fields.shape[1], dtype=np.uint8) * width
    shape = (1, -1) + (1,) * (fields.ndim - 2)
    return np.bitwise_or.reduce(fields.astype(np.uint8) << shifts.reshape(shape),
                                axis=1)


def _fields(data: np.ndarray, count: int, width: int) -> np.ndarray:
    """The inverse of _bits."""
    shifts = np.arange(count, dtype=np.uint8) * width
    shape = (1, -1) + (1,) * (data.ndim - 1)
    return data[:, None] >> shifts.reshape(shape) & (2 ** width - 1)


def _nibbles(codes: np.ndarray) -> np.ndarray:
    """Low four bits of [n, 2 k] codes: code i below code k + i."""
    return _bits(codes.reshape(len(codes), 2, -1) & 15, 4)


def _from_nibbles(data: np.ndarray) -> np.ndarray:
    return _fields(data, 2, 4).reshape(len(data), -1)


def _symmetric(blocks: np.ndarray, limit: int,
               ) -> tuple[np.ndarray, np.ndarray]:
    """Codes in [-limit, limit], and f16 scales [n, 1]."""
    scales = _nearest_half(np.abs(blocks).max(1, keepdims=True) / limit)
    return np.clip(np.rint(divide(blocks, scales)), -limit, limit), scales


def _from_zero(blocks: np.ndarray, limit: int,
               ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes in [0, limit], f16 scales and minima [n, 1]."""
    minima = _nearest_half(blocks.min(1, keepdims=True))
    scales = _nearest_half((blocks.max(1, keepdims=True) - minima) / limit)
    codes = np.clip(np.rint(divide(blocks - minima, scales)), 0, limit)
    return codes, scales, minima


# ---------------------------------------------------------------------------
# Blocks of 32


def encode_q8_0(values: np.ndarray) -> bytes:
    codes, scales = _symmetric(values.reshape(-1, 32), 127)
    return _join([halves(scales), codes.astype(np.int8).view(np.uint8)])


def decode_q8_0(blocks: np.ndarray) -> np.ndarray:
    return from_halves(blocks[:, :2]) * blocks[:, 2:].view(np.int8)


def encode_q4_0(values: np.ndarray) -> bytes:
    codes, scales = _symmetric(values.reshape(-1, 32), 7)
    return _join([halves(scales), _nibbles((codes + 8).astype(np.uint8))])


def decode_q4_0(blocks: np.ndarray) -> np.ndarray:
    codes = _from_nibbles(blocks[:, 2:]).astype(np.int8) - 8
    return from_halves(blocks[:, :2]) * codes


def encode_q4_1(values: np.ndarray) -> bytes:
    codes, scales, minima = _from_zero(values.reshape(-1, 32), 15)
    return _join([halves(scales), halves(minima),
                  _nibbles(codes.astype(np.uint8))])


def decode_q4_1(blocks: np.ndarray) -> np.ndarray:
    factors = from_halves(blocks[:, :4])
    return factors[:, :1] * _from_nibbles(blocks[:, 4:]) + factors[:, 1:]


def _fifth_bits(codes: np.ndarray) -> np.ndarray:
    return np.packbits(codes >> 4, axis=1, bitorder="little")


def _from_fifth_bits(data: np.ndarray) -> np.ndarray:
    return np.unpackbits(data, axis=1, bitorder="little") << 4


def encode_q5_0(values: np.ndarray) -> bytes:
    codes, scales = _symmetric(values.reshape(-1, 32), 15)
    codes = (codes + 16).astype(np.uint8)
    return _join([halves(scales), _fifth_bits(codes), _nibbles(codes)])


def decode_q5_0(blocks: np.ndarray) -> np.ndarray:
    codes = _from_nibbles(blocks[:, 6:]) | _from_fifth_bits(blocks[:, 2:6])
    return from_halves(blocks[:, :2]) * (codes.astype(np.int8) - 16)


def encode_q5_1(values: np.ndarray) -> bytes:
    codes, scales, minima = _from_zero(values.reshape(-1, 32), 31)
    codes = codes.astype(np.uint8)
    return _join([halves(scales), halves(minima), _fifth_bits(codes),
                  _nibbles(codes)])


def decode_q5_1(blocks: np.ndarray) -> np.ndarray:
    factors = from_halves(blocks[:, :4])
    codes = _from_nibbles(blocks[:, 8:]) | _from_fifth_bits(blocks[:, 4:8])
    return factors[:, :1] * codes + factors[:, 1:]


def encode_iq4_nl(values: np.ndarray) -> bytes:
    blocks = values.reshape(-1, 32)
    scales = _nearest_half(np.abs(blocks).max(1, keepdims=True) / 127)
    distances = np.abs(divide(blocks, scales)[:, :, None] - IQ4_NL_VALUES)
    return _join([halves(scales), _nibbles(distances.argmin(2).astype(np.uint8))])


def decode_iq4_nl(blocks: np.ndarray) -> np.ndarray:
    return from_halves(blocks[:, :2]) * IQ4_NL_VALUES[_from_nibbles(blocks[:, 2:])]


# ---------------------------------------------------------------------------
# Blocks of 256


def _scales_of_groups(wanted: np.ndarray, limit: int,
                      ) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers in [0, limit] times an f16 unit [n, 1] for [n, groups]
    numbers that are not negative."""
    units = _nearest_half(wanted.max(1, keepdims=True) / limit)
    return np.clip(np.rint(divide(wanted, units)), 0, limit), units


def _group_codes(values: np.ndarray, group: int, limit: int, scale_limit: int):
    """Codes in [0, limit] of groups with whole scales and minima; both, and
    their units."""
    groups = values.reshape(-1, 256 // group, group)
    minima = np.maximum(-groups.min(2), 0)
    scales, unit = _scales_of_groups((groups.max(2) + minima) / limit,
                                     scale_limit)
    minima, minimum_unit = _scales_of_groups(minima, scale_limit)
    codes = divide(groups + (minimum_unit * minima)[:, :, None],
                   (unit * scales)[:, :, None])
    codes = np.clip(np.rint(codes), 0, limit).astype(np.uint8)
    return (codes.reshape(-1, 256), scales.astype(np.uint8), unit,
            minima.astype(np.uint8), minimum_unit)


def _add_minima(codes: np.ndarray, scales: np.ndarray, minima: np.ndarray,
                ) -> np.ndarray:
    """codes * scales - minima for [n, 256] codes and [n, groups] factors."""
    groups = codes.reshape(len(codes), scales.shape[1], -1)
    values = scales[:, :, None] * groups - minima[:, :, None]
    return values.reshape(-1, 256)


def encode_q2_k(values: np.ndarray) -> bytes:
    codes, scales, unit, minima, minimum_unit = _group_codes(values, 16, 3, 15)
    packed = [_bits(half.reshape(-1, 4, 32), 2)
              for half in (codes[:, :128], codes[:, 128:])]
    return _join([scales | minima << 4, *packed, halves(unit),
                  halves(minimum_unit)])


def decode_q2_k(blocks: np.ndarray) -> np.ndarray:
    codes = np.hstack([_fields(blocks[:, at:at + 32], 4, 2).reshape(-1, 128)
                       for at in (16, 48)])
    units = from_halves(blocks[:, 80:])
    return _add_minima(codes, units[:, :1] * (blocks[:, :16] & 15),
                       units[:, 1:] * (blocks[:, :16] >> 4))


def encode_q3_k(values: np.ndarray) -> bytes:
    groups = values.reshape(-1, 16, 16)
    scales, unit = _scales_of_groups(np.abs(groups).max(2) / 3, 31)
    codes = divide(groups, (unit * scales)[:, :, None])
    codes = np.clip(np.rint(codes), -4, 3).reshape(-1, 256) + 4
    codes, scales = codes.astype(np.uint8), (scales + 32).astype(np.uint8)
    high = _bits((codes >> 2).reshape(-1, 8, 32), 1)
    low = [_bits(half.reshape(-1, 4, 32), 2)
           for half in (codes[:, :128] & 3, codes[:, 128:] & 3)]
    return _join([high, *low, _bits((scales & 15).reshape(-1, 2, 8), 4),
                  _bits((scales >> 4).reshape(-1, 4, 4), 2), halves(unit)])


def decode_q3_k(blocks: np.ndarray) -> np.ndarray:
    low = np.hstack([_fields(blocks[:, at:at + 32], 4, 2).reshape(-1, 128)
                     for at in (32, 64)])
    high = _fields(blocks[:, :32], 8, 1).reshape(-1, 256)
    codes = (low | high << 2).astype(np.int8) - 4
    scales = (_fields(blocks[:, 96:104], 2, 4).reshape(-1, 16) |
              _fields(blocks[:, 104:108], 4, 2).reshape(-1, 16) << 4)
    scales = from_halves(blocks[:, 108:]) * (scales.astype(np.int8) - 32)
    return scales[:, :, None] * codes.reshape(-1, 16, 16)


def _pack_six_bits(scales: np.ndarray, minima: np.ndarray) -> np.ndarray:
    """[n, 8] scales and minima below 64 in 12 bytes."""
    return np.hstack([scales[:, :4] | scales[:, 4:] >> 4 << 6,
                      minima[:, :4] | minima[:, 4:] >> 4 << 6,
                      scales[:, 4:] & 15 | (minima[:, 4:] & 15) << 4])


def _unpack_six_bits(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second, last = data[:, :4], data[:, 4:8], data[:, 8:]
    scales = np.hstack([first & 63, last & 15 | first >> 6 << 4])
    minima = np.hstack([second & 63, last >> 4 | second >> 6 << 4])
    return scales, minima


def _pack_quarters(codes: np.ndarray) -> np.ndarray:
    """Low four bits of [n, 256] codes, 64 in 32 bytes."""
    return _nibbles(codes.reshape(-1, 64)).reshape(-1, 128)


def _unpack_quarters(data: np.ndarray) -> np.ndarray:
    return _from_nibbles(data.reshape(-1, 32)).reshape(-1, 256)


def encode_q4_k(values: np.ndarray) -> bytes:
    codes, scales, unit, minima, minimum_unit = _group_codes(values, 32, 15, 63)
    return _join([halves(unit), halves(minimum_unit),
                  _pack_six_bits(scales, minima), _pack_quarters(codes)])


def _decode_minima(blocks: np.ndarray, codes: np.ndarray) -> np.ndarray:
    units = from_halves(blocks[:, :4])
    scales, minima = _unpack_six_bits(blocks[:, 4:16])
    return _add_minima(codes, units[:, :1] * scales, units[:, 1:] * minima)


def decode_q4_k(blocks: np.ndarray) -> np.ndarray:
    return _decode_minima(blocks, _unpack_quarters(blocks[:, 16:]))


def encode_q5_k(values: np.ndarray) -> bytes:
    codes, scales, unit, minima, minimum_unit = _group_codes(values, 32, 31, 63)
    return _join([halves(unit), halves(minimum_unit),
                  _pack_six_bits(scales, minima),
                  _bits((codes >> 4).reshape(-1, 8, 32), 1),
                  _pack_quarters(codes)])


def decode_q5_k(blocks: np.ndarray) -> np.ndarray:
    high = _fields(blocks[:, 16:48], 8, 1).reshape(-1, 256)
    return _decode_minima(blocks, _unpack_quarters(blocks[:, 48:]) | high << 4)


def encode_q6_k(values: np.ndarray) -> bytes:
    groups = values.reshape(-1, 16, 16)
    scales, unit = _scales_of_groups(np.abs(groups).max(2) / 31, 127)
    codes = divide(groups, (unit * scales)[:, :, None])
    codes = (np.clip(np.rint(codes), -32, 31) + 32).astype(np.uint8)
    # [block, half, part, lane]
    codes = codes.reshape(-1, 2, 4, 32)
    count = len(codes)
    low = (codes[:, :, :2] & 15) | (codes[:, :, 2:] & 15) << 4
    high = _bits(codes.reshape(-1, 4, 32) >> 4, 2)
    return _join([low.reshape(count, 128), high.reshape(count, 64),
                  scales.astype(np.int8).view(np.uint8), halves(unit)])


def decode_q6_k(blocks: np.ndarray) -> np.ndarray:
    low = blocks[:, :128].reshape(-1, 2, 2, 32)
    low = np.concatenate([low & 15, low >> 4], axis=2)
    high = _fields(blocks[:, 128:192].reshape(-1, 32), 4, 2)
    codes = (low | high.reshape(-1, 2, 4, 32) << 4).astype(np.int8) - 32
    scales = from_halves(blocks[:, 208:]) * blocks[:, 192:208].view(np.int8)
    return scales[:, :, None] * codes.reshape(-1, 16, 16)
