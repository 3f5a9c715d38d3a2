"""Noise that can be asked for anywhere: the n-th value of a stream is a hash of (stream, n).

Rule: integer arithmetic only up to the last multiplication, so that every machine and every NumPy gives the same
values, in whatever order they are asked. (NumPy's own generators are sequential, and may change between releases.)
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31 = np.uint64(27), np.uint64(30), np.uint64(31)
# Standard deviations of sums of 16-bit uniforms: sqrt(k * 2**32 / 12).
_SD_2 = 26754.9
_SD_4 = 37837.2


def stream(*names: object) -> np.uint64:
    """The key of a stream, from whatever names it."""
    digest = blake2b(repr(names).encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def bits(key: np.uint64, index: Ints) -> Bits:
    """64 random bits for each index (splitmix64, entered at `index`)."""
    z = index.astype(np.uint64)
    z *= _GOLDEN
    z += key
    z ^= z >> _S30
    z *= _MIX_1
    z ^= z >> _S27
    z *= _MIX_2
    z ^= z >> _S31
    return z


def piece(b: Bits, at: int, width: int = 16) -> Ints:
    """`width` of the bits from position `at`, as integers."""
    return ((b >> np.uint64(at)) & np.uint64((1 << width) - 1)).astype(np.int64)


def _lanes(b: Bits) -> NDArray[np.uint16]:
    """The four quarters of the bits, the lowest first, along a last axis."""
    return b.astype("<u8", copy=False)[..., None].view("<u2")


def bell(b: Bits) -> Floats:
    """All 64 bits as one value: mean 0, deviation 1, bell shaped, within ±3.5."""
    total = _lanes(b).sum(axis=-1, dtype=np.int64)
    return np.asarray((total - 131_070) / _SD_4, np.float64)


def tent(b: Bits) -> Floats:
    """The lower 32 bits as one value: mean 0, deviation 1, within ±2.5. Sums of many are bell shaped."""
    lanes = _lanes(b)
    total = np.add(lanes[..., 0], lanes[..., 1], dtype=np.float64)
    total -= 65_535
    total /= _SD_2
    return total


# The quantiles of an exponential value (mean 1), at the middles of 4,096 equal parts.
_WAITS = -np.log((np.arange(4096) + 0.5) / 4096)
_LANE_WAITS = _WAITS.repeat(16)


def wait(b: Bits, at: int) -> Floats:
    """12 of the bits from position `at` as a value that is mostly small and at times large: mean 1, deviation 1."""
    return np.asarray(_WAITS[piece(b, at, 12)], np.float64)


def lane_wait(b: Bits, lane: int) -> Floats:
    """The same of the upper 12 bits of one of the four quarters, which is quicker."""
    return np.asarray(_LANE_WAITS[_lanes(b)[..., lane]], np.float64)
