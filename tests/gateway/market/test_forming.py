"""Bars that grow, made together (issue 14, Build 3)."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from .test_market import AAPL, DAY, HOUR, MARKET, at, days, instruments, kinds


@settings(max_examples=30, deadline=None)
@given(
    instruments, days, st.integers(0, DAY - 1), st.sampled_from([5, 60, 300, HOUR, "day"]), st.booleans(), st.data()
)  # fmt: skip
def test_bars_that_grow_are_made_together_as_they_would_be_one_by_one(instrument, day, second, size, rth, data):
    what = data.draw(st.sampled_from(kinds(instrument)))
    step = data.draw(st.sampled_from([5, 7.5, 60]))
    first = at(day.year, day.month, day.day) + second // 5 * 5
    stretches = [(first + step * n, first + step * (n + 1)) for n in range(40)]
    while stretches:
        bars, many = MARKET.growing(instrument, what, size, stretches, rth)
        assert len(bars) == sum(many)
        for (start, end), its in zip(
            stretches[: len(many)], np.split(np.arange(len(bars)), np.cumsum(many)[:-1]), strict=True
        ):
            once = MARKET.bars(instrument, what, size, start, end, rth, asked=end)
            assert [c[its].tolist() for c in bars.columns()] == [c.tolist() for c in once.columns()]
        del stretches[: len(many)]


def test_a_quarter_of_an_hour_of_growing_bars_is_made_at_once():
    first = at(2025, 6, 10, 11, 0)
    stretches = [(first + 5 * n, first + 5 * (n + 1)) for n in range(720)]
    assert [1] * 180 == MARKET.growing(AAPL, "TRADES", 60, stretches, True)[1]
