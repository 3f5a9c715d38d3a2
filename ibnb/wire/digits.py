"""Numbers and texts that stand at known places of a message's bytes, all of a column at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ibnb.ib.api import UNSET_INTEGER

_DOT, _MINUS, _ZERO = b".-0"
# Mantissas below 2**53 and powers of ten up to 10**22 are exact as floats, so one division rounds as float(text) does.
_DIGITS = 15
_POWERS = 10.0 ** np.arange(_DIGITS + 1)
_NUMBER = re.compile(rb"-?\d+(\.\d*)?([eE][+-]?\d+)?")
# So many fields at once: what they need fits into the processor's cache.
_BLOCK = 1 << 15
_UNSET_FROM = float(2**63)

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]


def texts(letters: Bytes, starts: Places, ends: Places) -> NDArray[np.bytes_] | None:
    """Texts of one length as an array of bytes."""
    size = int(ends[0] - starts[0])
    if size == 0 or ((ends - starts) != size).any():
        return None
    windows = np.lib.stride_tricks.sliding_window_view(letters, size)
    rows = windows[starts]
    if rows.max() > 127:
        return None
    found: NDArray[np.bytes_] = rows.view(f"S{size}")[:, 0]
    return found


def numbers(
    body: bytes,
    letters: Bytes,
    starts: Places,
    ends: Places,
    integers: Sequence[int] = (),
    decimals: slice = slice(None),
) -> Floats | None:
    """A matrix of numbers, as float(text) would read each; None if one of them needs more care than that.

    `integers`: the columns in which a point is an error; `decimals`: those in which some values mean "unset".
    """
    shape, columns = starts.shape, starts.shape[1]
    flat_starts, flat_ends = starts.ravel(), ends.ravel()
    whole = np.zeros(columns, bool)
    whole[list(integers)] = True
    # Whole rows at a time, so that the pattern of integer columns repeats.
    step = max(_BLOCK // columns, 1) * columns
    parts = []
    for at in range(0, len(flat_starts), step):
        part = _block(body, letters, flat_starts[at : at + step], flat_ends[at : at + step], whole)
        if part is None:
            return None
        parts.append(part)
    found = np.concatenate(parts).reshape(shape)
    judged = found[:, decimals]
    if judged.size and ((judged == UNSET_INTEGER) | (np.abs(judged) >= _UNSET_FROM)).any():
        return None
    return found


def _block(body: bytes, letters: Bytes, starts: Places, ends: Places, integers: NDArray[np.bool_]) -> Floats | None:
    negative = letters[starts] == _MINUS
    starts = starts + negative
    sizes = ends - starts
    mantissa = np.zeros(len(starts), np.int64)
    decimals = np.zeros(len(starts), np.int8)
    dotted = np.zeros(len(starts), bool)
    odd = (sizes == 0) | (sizes > _DIGITS)
    longest = min(int(sizes.max()), _DIGITS)
    last = len(letters) - 1
    for at in range(longest):
        digit = letters[np.minimum(starts + at, last)] - np.uint8(_ZERO)
        inside = sizes > at
        is_digit = inside & (digit < 10)
        dot = inside & (digit == (_DOT - _ZERO) % 256)
        odd |= inside & ~is_digit & ~(dot & ~dotted)
        mantissa = np.where(is_digit, mantissa * 10 + digit, mantissa)
        decimals += is_digit & dotted
        dotted |= dot
    # A point needs a digit before or after it.
    odd |= dotted & (sizes == 1)
    if (dotted.reshape(-1, len(integers)) & integers).any():
        return None
    found: Floats = mantissa / _POWERS[decimals]
    np.negative(found, out=found, where=negative)
    for place in np.flatnonzero(odd).tolist():
        text = body[starts[place] - negative[place] : ends[place]]
        if not _NUMBER.fullmatch(text) or integers[place % len(integers)]:
            return None
        found[place] = float(text)
    return found
