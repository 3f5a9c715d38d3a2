"""Single trades and quotes: how large they are, and where.

Rule: prints are mostly small and at times large. Those of a second add up to its volume, and the last one is the size
that the quote names. About half of the larger ones are whole lots. A share trades on all exchanges that SMART routes
to, most on its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..instruments import Instrument
from .noise import Bits, Ints, lane_wait, wait

_LOT = 100
# Lots that are shown, on average, beyond the first.
_FEW = 2.0
# Of a share's trades, in 32nds, those on its own exchange; the others have the rest in equal parts.
_OWN = 11


def shown_sizes(luck: Bits) -> tuple[Ints, Ints]:
    """What bids and offers show, in lots: mostly a few, at times many."""
    bid, ask = (1 + (_FEW * wait(luck, at) * wait(luck, at + 12) ** 2).astype(np.int64) for at in (0, 24))
    return bid, ask


def last_sizes(volume: Ints, count: Ints, luck: Bits) -> Ints:
    """The size of each second's last print; 0 in seconds without one."""
    some = np.maximum(count, 1)
    share = np.where(count == 1, 1.0, np.minimum(lane_wait(luck, 3) / some, 1.0))
    return np.where(count > 0, 1 + ((volume - some) * share).astype(np.int64), 0)


def prints(volume: int, count: int, luck: int) -> Iterator[tuple[int, int]]:
    """Size and place of each print of a second: the last is of `last_sizes`, the others share the rest."""
    if not count:
        return
    last = int(last_sizes(np.array([volume]), np.array([count]), np.array([luck], np.uint64))[0])
    left, state = volume - last, luck
    for n in range(count - 1, 0, -1):
        # Knuth's generator: its upper bits are good enough for sizes.
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        uniform = (state >> 40 & 0xFFFF) / 65536
        size = left if n == 1 else min(1 + int((left - n) * min(1.5 * uniform**3 * 2 / n, 1.0)), left - n + 1)
        if size > _LOT and state >> 60 & 1 and n > 1:
            size -= size % _LOT
        left -= size
        yield size, state >> 32 & 31
    yield last, luck & 31


def places(instrument: Instrument) -> Sequence[str]:
    """The exchanges of 32 prints in a row."""
    own = instrument.primaryExchange or instrument.exchange
    others = [name for name in instrument.validExchanges.split(",") if name not in ("SMART", own)]
    if instrument.exchange != "SMART" or instrument.secType not in ("STK", "OPT") or not others:
        return (own if instrument.exchange == "SMART" else instrument.exchange,)
    return [own] * _OWN + [others[n % len(others)] for n in range(32 - _OWN)]
