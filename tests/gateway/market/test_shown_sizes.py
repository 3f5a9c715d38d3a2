from __future__ import annotations

import numpy as np

from ibnb.gateway.market.noise import bits, stream
from ibnb.gateway.market.prints import shown_sizes


def test_shown_sizes_are_mostly_small_and_at_times_very_large():  # market 23
    bid, ask = shown_sizes(bits(stream("sizes"), np.arange(100_000)))
    for size in (bid, ask):
        assert size.min() == 1
        assert 1 <= np.median(size) <= 3
        assert 4 < size.mean() < 7
        assert np.quantile(size, 0.999) > 100
    assert abs(np.corrcoef(bid, ask)[0, 1]) < 0.02
