"""The smallest price steps: IB's market rules, of which contract details name one for each valid exchange.

A rule is ((from this price on, step), …). The numbers are IB's own where a public answer has one (26 and 32 cents,
67 and 2806 quarters, 110 SPX options, 239 and 635); others stand for what exchanges publish.

European stocks follow the tick size table of Commission Delegated Regulation (EU) 2017/588: by price, and by how often
a share is traded, in six bands. Hong Kong has one table (HKEX's Part A, until August 2025), Tokyo one for the shares of
TOPIX 100 and Mid400 (since June 2023) and one for all others. `tick_table` gives a share the band, or the table, in
which its step at one price is the known one.

Differs from TWS: what trades on a stock exchange is quoted in steps of minTick, whatever its price.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from math import isfinite

Rule = tuple[tuple[float, float], ...]

# By the price's lower bound, the step of the most liquid band; each band less liquid is one place to the right.
_EDGES = (0, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
_STEPS = tuple(float(f"{digit}e{power}") for power in range(-4, 3) for digit in (1, 2, 5))
_BANDS = 6
_FIRST_TABLE = 3000
BELOW_A_DOLLAR = 553
PENNIES_TO_THREE, NICKELS_TO_THREE = 109, 110
_FROM_A_DOLLAR = 1.0
_FROM_THREE = 3.0

MARKET_RULES: dict[int, Rule] = {
    26: ((0.0, 0.01),),
    32: ((0.0, 0.01),),
    67: ((0.0, 0.25),),
    109: ((0.0, 0.01), (_FROM_THREE, 0.05)),
    110: ((0.0, 0.05), (_FROM_THREE, 0.10)),
    239: ((0.0, 0.00005),),
    240: ((0.0, 0.005),),
    553: ((0.0, 0.0001), (_FROM_A_DOLLAR, 0.01)),
    556: ((0.0, 0.025),),
    557: ((0.0, 0.001),),
    558: ((0.0, 0.02),),
    559: ((0.0, 0.2),),
    561: ((0.0, 0.002),),
    562: ((0.0, 0.05),),
    563: ((0.0, 0.1),),
    564: ((0.0, 0.5),),
    565: ((0.0, 1.0),),
    566: ((0.0, 2.0),),
    567: ((0.0, 0.015625),),
    568: ((0.0, 0.00001),),
    569: ((0.0, 0.000001),),
    570: ((0.0, 0.03125),),
    571: ((0.0, 0.0078125),),
    572: ((0.0, 0.00390625),),
    573: ((0.0, 0.0005),),
    635: ((0.0, 0.0001),),
    1388: ((0.0, 0.001),),
    2240: ((0.0, 5.0),),
    2241: ((0.0, 10.0),),
    2806: ((0.0, 0.25),),
}


def _table(band: int) -> Rule:
    """One band's rule: 0 is the most liquid. Below 1.00 (0.50 …) steps don't get smaller than 0.0001."""
    first = _EDGES.index(1) - 1  # the most liquid band leaves 0.0001 at 1.00
    steps = [(float(edge), _STEPS[max(place - first, 0) + band]) for place, edge in enumerate(_EDGES)]
    return tuple(row for n, row in enumerate(steps) if not n or row[1] != steps[n - 1][1])


MARKET_RULES |= {_FIRST_TABLE + band: _table(band) for band in range(_BANDS)}
MARKET_RULES |= {
    3010: (
        (0.0, 0.001), (0.25, 0.005), (0.5, 0.01), (10.0, 0.02), (20.0, 0.05), (100.0, 0.1), (200.0, 0.2), (500.0, 0.5),
        (1000.0, 1.0), (2000.0, 2.0), (5000.0, 5.0),
    ),
    3020: (
        (0.0, 0.1), (1000.0, 0.5), (3000.0, 1.0), (10_000.0, 5.0), (30_000.0, 10.0), (100_000.0, 50.0),
        (300_000.0, 100.0), (1_000_000.0, 500.0), (3_000_000.0, 1000.0), (10_000_000.0, 5000.0),
        (30_000_000.0, 10_000.0),
    ),
    3021: (
        (0.0, 1.0), (3000.0, 5.0), (5000.0, 10.0), (30_000.0, 50.0), (50_000.0, 100.0), (300_000.0, 500.0),
        (500_000.0, 1000.0), (3_000_000.0, 5000.0), (5_000_000.0, 10_000.0), (30_000_000.0, 50_000.0),
        (50_000_000.0, 100_000.0),
    ),
}  # fmt: skip
# By schedule: the tables of an exchange's shares, in London in pence.
_EUROPE = tuple(range(_FIRST_TABLE, _FIRST_TABLE + _BANDS))
TABLES = dict.fromkeys(("LSE", "IBIS", "BM", "SBF", "AEB", "EBS", "HEX"), _EUROPE) | {
    "SEHK": (3010,),
    "TSEJ": (3020, 3021),
}
# What has one step at all prices, by the step; the first rule of the kind counts.
_FIXED = {rule[0][1]: id for id, rule in reversed(MARKET_RULES.items()) if len(rule) == 1}


def step_at(rule: Rule, price: float) -> float:
    """The step at a price."""
    return rule[max(bisect_right([edge for edge, _ in rule], abs(price)) - 1, 0)][1]


@cache
def fixed(minTick: float) -> int:
    """The rule with this step at all prices. Raises KeyError when there is none."""
    return _FIXED[minTick]


def tick_table(schedule: str, price: float, minTick: float) -> int:
    """The table of an exchange in which `minTick` is the step at `price`; a fixed rule when none is."""
    for id in TABLES[schedule]:
        if step_at(MARKET_RULES[id], price) == minTick:
            return id
    return fixed(minTick)


def conforms(price: float, step: float) -> bool:
    """Whether a price is a whole number of steps (else TWS answers 110)."""
    steps = price / step
    return isfinite(steps) and abs(steps - round(steps)) < 1e-6
