"""What the neutral server tells on either wire: the same bars and ticks, made up once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

ACCOUNT, NOW, FIRST_ID = "DU1234567", 1749650400, 1
START, END = "20250102 09:30:00 US/Eastern", "20250611 09:30:00 US/Eastern"
#: How many bars are made before anybody asks.
PREPARED = (390, 10_000, 100_000)

# date, open, high, low, close, volume, average (three decimals), barCount
Bar = tuple[str, float, float, float, float, int, float, int]
# tick type, price, size
Tick = tuple[int, float, int]


def bars(count: int) -> Iterator[Bar]:
    """One-minute bars."""
    chance, start = random.Random(7), datetime(2025, 1, 2, 9, 30)  # noqa: DTZ001
    for minute in range(count):
        price = 200 + 10 * chance.random()
        date = f"{start + timedelta(minutes=minute):%Y%m%d %H:%M:%S} US/Eastern"
        prices = (round(price + move, 2) for move in (0, 0.21, -0.17, 0.04))
        yield date, *prices, chance.randint(1, 99_999), round(price, 3), chance.randint(1, 900)  # type: ignore[misc]


def ticks(count: int) -> Iterator[Tick]:
    """Bids, asks and lasts in turn, each another price than the one before."""
    for at in range(count):
        yield (1, 2, 4)[at % 3], 200 + (at % 997) / 100, 1 + at % 9 * 100
