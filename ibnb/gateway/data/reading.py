"""From a folder of CSV or Parquet files to recordings; what is wrong is said with file, row and column.

Rule: a file is an instrument, its name the symbol. It has columns for time (`date`, `time`, `datetime` or `timestamp`),
and for either bars (`open`, `high`, `low`, `close`, perhaps `volume`) of one minute or of one day, or ticks (`ticks`);
and perhaps `secType`, `exchange` and `currency`, the same in every row. Case doesn't matter, other columns are left
alone.

Times without a zone are the exchange's own; numbers are epoch seconds. Nothing is repaired and nothing is guessed.
"""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from ..calendar import DAY, SCHEDULES, Calendar, day_number
from .recording import Floats, Ints, Recording
from .table import READERS, TIME_NAMES, DataError, Table, check_sessions, decimals, identity, moments, numbers
from .ticks import ticks_of

PRICES = ("open", "high", "low", "close")
_MINUTE = 60


def read_folder(folder: str | Path) -> tuple[Recording, ...]:
    """The recordings of all files in a folder, by name. Raises DataError; FileNotFoundError without such files."""
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder of CSV or Parquet files")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in READERS)
    if not paths:
        raise FileNotFoundError(f"{folder} holds no CSV or Parquet file")
    found: dict[tuple[str, ...], Path] = {}
    recordings = []
    for path in paths:
        recording = read_file(path)
        name = (recording.symbol, recording.secType, recording.exchange, recording.currency)
        if name in found:
            raise DataError(path, f"{found[name].name} holds the same instrument, {'/'.join(name)}")
        found[name] = path
        recordings.append(recording)
    return tuple(recordings)


def read_file(path: Path) -> Recording:
    """The recording of one file. Raises DataError."""
    table = READERS[path.suffix.lower()](path)
    timed = next((name for name in TIME_NAMES if name in table.columns), "")
    if not timed:
        raise table.error(f"no column {', '.join(TIME_NAMES[:-1])} or {TIME_NAMES[-1]}", None)
    bars = any(name in table.columns for name in PRICES)
    if not bars and not {"price", "bid", "ask"} & set(table.columns):
        raise table.error(f"no column price: ticks have a price and a size, bars have {', '.join(PRICES)}")
    for name in PRICES if bars else ():
        if name not in table.columns:
            raise table.error(f"no column {name}")
    if not table.columns[timed]:
        raise table.error("no rows")
    secType, exchange, currency = identity(table, of_trades=not bars)
    schedule = Calendar.schedule(exchange)
    when = moments(table, timed, ZoneInfo(SCHEDULES[schedule].zone))
    if not bars:
        return ticks_of(table, timed, when, (path.stem.upper(), secType, exchange, currency, schedule))
    daily = all(moment.time() == time(0) for moment in when)
    prices = [numbers(table, name, positive=True) for name in PRICES]
    volume = numbers(table, "volume") if "volume" in table.columns else np.zeros(len(when))
    _check_bars(table, prices)
    if daily:
        times = np.array([day_number(moment.date()) * DAY for moment in when], np.int64)
    else:
        times = np.array([moment.timestamp() for moment in when]).astype(np.int64)
    _check_times(table, timed, times, when, daily)
    first = check_sessions(table, timed, times, schedule, exchange, daily)
    o, h, low, c = prices
    return Recording(
        path.stem.upper(), secType, exchange, currency, schedule, "day" if daily else "minute", times, o, h, low, c,
        np.rint(volume).astype(np.int64), first, decimals(prices),
    )  # fmt: skip


def _check_bars(table: Table, prices: list[Floats]) -> None:
    o, h, low, c = prices
    for column, wrong, why in (
        ("high", h < np.maximum(o, c), "the high is below the open or the close"),
        ("low", low > np.minimum(o, c), "the low is above the open or the close"),
    ):
        if wrong.any():
            raise table.error(why, int(wrong.argmax()), column)


def _check_times(table: Table, column: str, times: Ints, moments: list[datetime], daily: bool) -> None:
    late = np.diff(times) <= 0
    if late.any():
        raise table.error("not later than the row before", int(late.argmax()) + 1, column)
    if daily:
        return
    uneven = [n for n, moment in enumerate(moments) if moment.second or moment.microsecond]
    if uneven:
        raise table.error(f"{moments[uneven[0]]:%H:%M:%S} is not the beginning of a minute", uneven[0], column)
    apart = int(np.diff(times).min()) if len(times) > 1 else _MINUTE
    if apart != _MINUTE:
        raise table.error(f"bars are {apart} s apart; bars of one minute or of one day are needed", 1, column)
