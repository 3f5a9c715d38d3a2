"""What a scanner can evaluate here: instruments, locations, scan codes and filters, one row for each.

Rule: these tables are the whole truth. The parameters' XML is written from them, a scan is run by them, and what
isn't in them is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ...instruments import Instrument
from ...market import Market

_YEAR = 52 * 7 * 86400


class Stand:
    """How one stock stands at an instant. Prices are as quoted, `dollar` is what 1.00 of them is worth in dollars.

    `close` is yesterday's; `open`, `high` and `low` are None before the market opens. What takes long to find out is
    only found out when a scan asks for it.
    """

    def __init__(self, market: Market, instrument: Instrument, time: float) -> None:
        self._market = market
        self._time = time
        self.instrument = instrument
        stats = market.day_stats(instrument, time)
        self.last = market.last_price(instrument, time)
        self.open, self.high, self.low, self.close = stats.open, stats.high, stats.low, stats.close
        self.volume = stats.volume
        self.avgVolume = market.avg_volume(instrument)

    @cached_property
    def dollar(self) -> float:
        return self.instrument.unit * self._market.fx_rate(self.instrument.currency, "USD", self._time)

    @cached_property
    def trades(self) -> int:
        """How many trades there were in the day so far."""
        opened = self._market.calendar.latest(self.instrument.schedule, self._time)[1]
        day = self._market.bars(self.instrument, "TRADES", "day", opened, int(self._time) + 1, rth=False)
        return int(day.count[-1]) if len(day) else 0

    @cached_property
    def placeInYear(self) -> float:
        """Where the price stands between the lowest (0) and the highest (100) of 52 weeks."""
        year = self._market.bars(self.instrument, "TRADES", "day", self._time - _YEAR, self._time)
        low, high = min([self.last, *year.low.tolist()]), max([self.last, *year.high.tolist()])
        return 100 * (self.last - low) / (high - low) if high > low else 50.0

    @property
    def change(self) -> float:
        """Percent since yesterday's close."""
        return 100 * (self.last / self.close - 1)

    @property
    def changeOpen(self) -> float | None:
        """Percent since today's open."""
        return None if self.open is None else 100 * (self.last / self.open - 1)

    @property
    def gap(self) -> float | None:
        """Percent from yesterday's close to today's open."""
        return None if self.open is None else 100 * (self.open / self.close - 1)

    @property
    def range(self) -> float | None:
        """Percent from today's low to today's high."""
        return None if self.high is None or self.low is None else 100 * (self.high / self.low - 1)

    @property
    def dollarVolume(self) -> float:
        """What today's volume is worth, in dollars."""
        return self.volume * self.last * self.dollar

    @property
    def avgDollarVolume(self) -> float:
        """What the average day's volume is worth, in dollars."""
        return self.avgVolume * self.last * self.dollar

    @property
    def marketCap(self) -> float:
        """Millions of dollars."""
        return self.instrument.sharesOutstanding * self.last * self.dollar / 1e6


Figure = Callable[[Stand], float | None]


@dataclass(frozen=True, slots=True)
class Location:
    """Where instruments are listed. `holds` tells whether one belongs there; `parent` is the code above, "" on top."""

    code: str
    displayName: str
    parent: str
    holds: Callable[[Instrument], bool]


@dataclass(frozen=True, slots=True)
class ScanType:
    """A scan code: rows are ranked by `figure`, the largest first; a row without one isn't in the scan."""

    code: str
    displayName: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class RangeFilter:
    """Two tags that bound one figure."""

    id: str
    displayName: str
    above: str
    below: str
    figure: Figure


def _on(*exchanges: str) -> Callable[[Instrument], bool]:
    return lambda instrument: instrument.secType == "STK" and instrument.primaryExchange in exchanges


# Instrument type → (its name, its locations' root).
INSTRUMENTS = {"STK": ("US Stocks", "STK.US"), "STOCK.EU": ("European Stocks", "STK.EU")}

_US = ("NASDAQ", "NYSE", "ARCA", "AMEX", "BATS")
_EU = ("LSE", "IBIS", "BM")

LOCATIONS = {
    location.code: location
    for location in (
        Location("STK.US", "US Stocks", "", _on(*_US)),
        Location("STK.US.MAJOR", "Listed/NASDAQ", "STK.US", _on(*_US)),
        Location("STK.NASDAQ", "NASDAQ", "STK.US.MAJOR", _on("NASDAQ")),
        Location("STK.NASDAQ.NMS", "NASDAQ NMS", "STK.US.MAJOR", _on("NASDAQ")),
        Location("STK.NYSE", "NYSE", "STK.US.MAJOR", _on("NYSE")),
        Location("STK.AMEX", "AMEX", "STK.US.MAJOR", _on("AMEX")),
        Location("STK.ARCA", "ARCA", "STK.US.MAJOR", _on("ARCA")),
        Location("STK.BATS", "BATS", "STK.US.MAJOR", _on("BATS")),
        Location("STK.EU", "European Stocks", "", _on(*_EU)),
        Location("STK.EU.LSE", "London", "STK.EU", _on("LSE")),
        Location("STK.EU.IBIS", "Xetra", "STK.EU", _on("IBIS")),
        Location("STK.EU.BM", "Madrid", "STK.EU", _on("BM")),
    )
}


def under(code: str, root: str) -> bool:
    """Tell whether a location is `root` or lies below it."""
    while code not in ("", root):
        code = LOCATIONS[code].parent
    return code == root


def _only(sign: int, figure: Figure) -> Figure:
    """Only what has risen (1) or fallen (-1), by how much."""

    def ranked(stand: Stand) -> float | None:
        value = figure(stand)
        return None if value is None or value * sign <= 0 else value * sign

    return ranked


def _positive(value: float) -> float | None:
    return value if value > 0 else None


SCAN_TYPES = {
    scan.code: scan
    for scan in (
        ScanType("MOST_ACTIVE", "Most Active", lambda s: _positive(s.volume)),
        ScanType("MOST_ACTIVE_USD", "Most Active ($)", lambda s: _positive(s.dollarVolume)),
        ScanType("MOST_ACTIVE_AVG_USD", "Most Active Average ($)", lambda s: s.avgDollarVolume),
        ScanType("HOT_BY_VOLUME", "Hot Contracts by Volume", lambda s: _positive(s.volume / s.avgVolume)),
        ScanType("HOT_BY_PRICE", "Hot Contracts by Price", lambda s: abs(s.change)),
        ScanType("HOT_BY_PRICE_RANGE", "Hot by Price Range", lambda s: s.range),
        ScanType("TOP_PRICE_RANGE", "Top Price Range", lambda s: s.range),
        ScanType("TOP_PERC_GAIN", "Top % Gainers", _only(1, lambda s: s.change)),
        ScanType("TOP_PERC_LOSE", "Top % Losers", _only(-1, lambda s: s.change)),
        ScanType("TOP_OPEN_PERC_GAIN", "Top % Gainers Since Open", _only(1, lambda s: s.changeOpen)),
        ScanType("TOP_OPEN_PERC_LOSE", "Top % Losers Since Open", _only(-1, lambda s: s.changeOpen)),
        ScanType("HIGH_OPEN_GAP", "Top Close-to-Open % Gainers", _only(1, lambda s: s.gap)),
        ScanType("LOW_OPEN_GAP", "Top Close-to-Open % Losers", _only(-1, lambda s: s.gap)),
        ScanType("TOP_TRADE_COUNT", "Top Trade Count", lambda s: _positive(s.trades)),
        ScanType("HIGH_VS_52W_HL", "52-Week High", lambda s: s.placeInYear),
        ScanType("LOW_VS_52W_HL", "52-Week Low", lambda s: 100 - s.placeInYear),
    )
}


FILTERS = (
    RangeFilter("PRICE", "Price", "priceAbove", "priceBelow", lambda s: s.last),
    RangeFilter("PRICE_USD", "Price (USD)", "usdPriceAbove", "usdPriceBelow", lambda s: s.last * s.dollar),
    RangeFilter("VOLUME", "Volume", "volumeAbove", "volumeBelow", lambda s: s.volume),
    RangeFilter("VOLUME_USD", "$ Volume", "usdVolumeAbove", "usdVolumeBelow", lambda s: s.dollarVolume),
    RangeFilter("AVGVOLUME", "Avg. Volume", "avgVolumeAbove", "avgVolumeBelow", lambda s: s.avgVolume),
    RangeFilter(
        "AVGVOLUME_USD",
        "Avg. Volume ($)",
        "avgUsdVolumeAbove",
        "avgUsdVolumeBelow",
        lambda s: s.avgDollarVolume,
    ),
    RangeFilter("MKTCAP", "Capitalization (millions)", "marketCapAbove1e6", "marketCapBelow1e6", lambda s: s.marketCap),
    RangeFilter("CHANGEPERC", "% Change", "changePercAbove", "changePercBelow", lambda s: s.change),
    RangeFilter(
        "CHANGEOPENPERC", "% Change Since Open", "changeOpenPercAbove", "changeOpenPercBelow", lambda s: s.changeOpen
    ),
    RangeFilter("OPENGAPPERC", "Open Gap %", "openGapPercAbove", "openGapPercBelow", lambda s: s.gap),
    RangeFilter("PRICERANGE", "Price Range %", "priceRangeAbove", "priceRangeBelow", lambda s: s.range),
    RangeFilter("TRADECOUNT", "Trade Count", "tradeCountAbove", "tradeCountBelow", lambda s: s.trades),
)

# A subscription's own fields → the tag that means the same, and what one unit of theirs is in that tag's.
OLD_FIELDS = {
    "abovePrice": ("priceAbove", 1.0),
    "belowPrice": ("priceBelow", 1.0),
    "aboveVolume": ("volumeAbove", 1.0),
    "marketCapAbove": ("marketCapAbove1e6", 1e-6),
    "marketCapBelow": ("marketCapBelow1e6", 1e-6),
}

# Old fields that nothing in this world can answer.
NOT_SIMULATED_FIELDS = (
    "moodyRatingAbove",
    "moodyRatingBelow",
    "spRatingAbove",
    "spRatingBelow",
    "maturityDateAbove",
    "maturityDateBelow",
    "couponRateAbove",
    "couponRateBelow",
    "excludeConvertible",
    "averageOptionVolumeAbove",
    "scannerSettingPairs",
)

# stockTypeFilter → which stock types pass.
STOCK_TYPES: dict[str, Callable[[Instrument], bool]] = {
    "": lambda instrument: True,
    "ALL": lambda instrument: True,
    "CORP": lambda instrument: instrument.stockType == "COMMON",
    "STOCK": lambda instrument: instrument.stockType != "ETF",
    "ADR": lambda instrument: instrument.stockType == "ADR",
    "ETF": lambda instrument: instrument.stockType == "ETF",
}
