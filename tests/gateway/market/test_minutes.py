"""Minutes of quotes, found at once (issue 14, Build 3)."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ibnb.gateway.instruments import Instrument, Instruments
from ibnb.gateway.market import Market
from ibnb.gateway.market.quote import Told
from ibnb.gateway.scenario import LESSON

INSTRUMENTS = Instruments(date(2025, 6, 11))
MARKET = Market(7, INSTRUMENTS, LESSON.moves)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([*INSTRUMENTS.listings, *INSTRUMENTS.futures]),
    st.dates(date(2023, 1, 2), date(2025, 6, 13)),
    st.integers(0, 24 * 60 - 1),
)
def test_a_minute_tells_what_each_of_its_seconds_does(instrument: Instrument, day: date, minute: int) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("America/New_York"))
    start = int(midnight.timestamp()) + minute * 60
    told = MARKET.minute(instrument, start)
    quotes = [MARKET.quote(instrument, t) for t in range(start, start + 60)]
    assert (told is not None) == all(quote.is_open for quote in quotes)
    for t, second, quote in zip(
        range(start, start + 60), zip(*told, strict=True) if told else (), quotes, strict=False
    ):
        alone = Told.once(quote, MARKET.day_stats(instrument, t))
        assert second == tuple(figure for (figure,) in alone)
