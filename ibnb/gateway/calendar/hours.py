"""A market's daily hours, by exchange.

Rule: the zone is the canonical name, because some systems no longer ship US/Eastern; `timeZoneId` is what TWS calls it.
Times are minutes after local midnight of the trading day, below 0 for the evening before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Hours:
    """A market's daily hours. `closures` names an exchange of `closures.csv`.

    On a short day liquid hours end `shift` minutes after the table's time, and all trading at `short_close`, if that is
    later. `halted`: a holiday on which the session ends by this minute is liquid throughout, as TWS says of CME's.
    `formerly`: the liquid close of the years before that day.
    """

    zone: str
    timeZoneId: str
    open: int
    liquid_open: int
    liquid_close: int
    close: int
    closures: str
    shift: int = 0
    short_close: int = 0
    halted: int = -1
    formerly: tuple[date, int] | None = None
    weekends: bool = False


def _at(text: str) -> int:
    """ "09:30" → 570, "-17:15" (the evening before) → −405."""
    hours, minutes = text.lstrip("-").split(":")
    return int(hours) * 60 + int(minutes) - (1440 if text.startswith("-") else 0)


def _hours(
    zone: str,
    timeZoneId: str,
    times: str,
    closures: str,
    shift: int = 0,
    short: str = "00:00",
    halted: str = "-23:59",
    formerly: tuple[date, int] | None = None,
    weekends: bool = False,
) -> Hours:
    a, b, c, d = (_at(text) for text in times.split())
    return Hours(zone, timeZoneId, a, b, c, d, closures, shift, _at(short), _at(halted), formerly, weekends)


_NEW_YORK = ("America/New_York", "US/Eastern")
_CHICAGO = ("America/Chicago", "US/Central")

SCHEDULES: dict[str, Hours] = {
    "US": _hours(*_NEW_YORK, "04:00 09:30 16:00 20:00", "US", short="17:00"),
    "LSE": _hours("Europe/London", "GB-Eire", "08:00 08:00 16:30 16:30", "LSE"),
    "IBIS": _hours("Europe/Berlin", "MET", "09:00 09:00 17:30 17:30", "IBIS"),
    "BM": _hours("Europe/Madrid", "MET", "09:00 09:00 17:30 17:30", "BM"),
    "SBF": _hours("Europe/Paris", "MET", "09:00 09:00 17:30 17:30", "SBF"),
    "AEB": _hours("Europe/Amsterdam", "MET", "09:00 09:00 17:30 17:30", "AEB"),
    "EBS": _hours("Europe/Zurich", "MET", "09:00 09:00 17:30 17:30", "EBS"),
    "HEX": _hours("Europe/Helsinki", "EET", "10:00 10:00 18:30 18:30", "HEX"),
    "SEHK": _hours("Asia/Hong_Kong", "Hongkong", "09:30 09:30 16:00 16:00", "SEHK"),
    "TSEJ": _hours("Asia/Tokyo", "Japan", "09:00 09:00 15:30 15:30", "TSEJ",
                   formerly=(date(2024, 11, 5), 15 * 60)),
    "MEXI": _hours("America/Mexico_City", "America/Mexico_City", "08:30 08:30 15:00 15:00", "MEXI"),
    "CBOE": _hours(*_CHICAGO, "08:30 08:30 15:00 15:00", "US", shift=-60),
    "OPRA": _hours(*_NEW_YORK, "09:30 09:30 16:00 16:00", "US"),
    "BOND": _hours(*_NEW_YORK, "08:00 08:00 17:00 17:00", "US", shift=60),
    "PAXOS": _hours("Etc/UTC", "UTC", "00:00 00:00 24:00 24:00", "never", weekends=True),
    "IDEALPRO": _hours(*_NEW_YORK, "-17:15 -17:15 17:00 17:00", "forex"),
    "METAL": _hours(*_NEW_YORK, "-18:00 -18:00 17:00 17:00", "forex"),
    "CME": _hours(*_CHICAGO, "-17:00 08:30 16:00 16:00", "CME", halted="12:00"),
    "NYMEX": _hours(*_NEW_YORK, "-18:00 09:30 17:00 17:00", "CME", shift=60, halted="13:00"),
    "CFE": _hours(*_CHICAGO, "-17:00 08:30 15:00 16:00", "CME", halted="12:00"),
    "CBOT.AG": _hours(*_CHICAGO, "-19:00 08:30 13:20 13:20", "US", shift=-55),
    "NYBOT": _hours(*_NEW_YORK, "04:15 04:15 13:30 13:30", "US"),
    "EUREX": _hours("Europe/Berlin", "MET", "01:10 08:00 22:00 22:00", "IBIS"),
    "CME.FOP": _hours(*_CHICAGO, "08:30 08:30 16:00 16:00", "US", shift=-45),
    "CME.HE": _hours(*_CHICAGO, "08:30 08:30 13:05 13:05", "US", shift=-55),
}  # fmt: skip

# Exchanges that keep another's hours.
_LIKE_NEW_YORK = ("SMART", "NYSE", "NASDAQ", "ISLAND", "ARCA", "AMEX", "BATS", "IEX", "EDGX", "BYX", "MEMX")
SAME_HOURS = dict.fromkeys(_LIKE_NEW_YORK, "US") | {
    "LSEETF": "LSE",
    "IBMETAL": "METAL",
    "IBCFD": "METAL",
    "ZEROHASH": "PAXOS",
}
