"""The market's columns as the bars of an answer.

Rule: whole columns become lists at once; a year of minutes must not be touched number by number through NumPy.
"""

from __future__ import annotations

from decimal import Decimal

from ...instruments import Instrument
from ...market import Bars
from ...messages import Bar
from ...zones import LOGIN_ZONE
from .bar_dates import bar_dates
from .request import Size


def bar_rows(bars: Bars, size: Size, instrument: Instrument, formatDate: int, version: int) -> tuple[Bar, ...]:
    """Return the bars as messages; daily and larger ones carry a date whatever the format."""
    if isinstance(size, str):
        dates = bars.dates()
    else:
        dates = bar_dates(bars.time, formatDate, version, instrument.timeZoneId, LOGIN_ZONE)
    columns = (bars.open, bars.high, bars.low, bars.close, bars.volume, bars.wap, bars.count)
    return tuple(
        Bar(
            date=date,
            open=open_,
            high=high,
            low=low,
            close=close,
            volume=_told(volume, instrument.grain),
            wap=wap,
            barCount=count,
        )
        for date, open_, high, low, close, volume, wap, count in zip(
            dates, *(column.tolist() for column in columns), strict=True
        )
    )


def _told(volume: int, grain: Decimal) -> Decimal:
    """A volume in shares or coins; without trades it is -1."""
    return volume * grain if volume > 0 else Decimal(volume)
