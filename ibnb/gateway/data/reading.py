"""From a folder of CSV or Parquet files to recordings; what is wrong is said with file, row and column.

Rule: a file is an instrument, its name the symbol. It has columns for time (`date`, `time`, `datetime` or `timestamp`),
`open`, `high`, `low`, `close`, perhaps `volume`; and perhaps `secType`, `exchange` and `currency`, the same in every
row. Case doesn't matter, other columns are left alone. Bars are of one minute or of one day.

Times without a zone are the exchange's own; numbers are epoch seconds. Nothing is repaired and nothing is guessed.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from ..calendar import DAY, SCHEDULES, Calendar, day_date, day_number
from .recording import Floats, Ints, Recording

TIME_NAMES = ("date", "time", "datetime", "timestamp")
PRICES = ("open", "high", "low", "close")
_MOST_DECIMALS = 6
_MINUTE = 60

# What a file may hold, and where that trades unless it says so.
KINDS = {
    "STK": "SMART",
    "IND": "CBOE",
    "CASH": "IDEALPRO",
    "CMDTY": "IBMETAL",
    "CFD": "IBCFD",
    "CRYPTO": "PAXOS",
    "BOND": "BOND",
}


class DataError(ValueError):
    """A file that can't be served: which one, in which row and column, and why. The header is row 1 of a CSV file."""

    def __init__(self, path: Path, why: str, row: int | None = None, column: str = "") -> None:
        place = ", ".join(([f"row {row}"] if row is not None else []) + ([f"column {column}"] if column else []))
        super().__init__(f"{path}: {place}: {why}" if place else f"{path}: {why}")
        self.path, self.row, self.column = path, row, column


@dataclass(frozen=True)
class _Table:
    """A file as it is read: cells by column, and the number of the first row of them."""

    path: Path
    columns: dict[str, list[Any]]
    names: dict[str, str]
    first_row: int

    def error(self, why: str, n: int | None = None, column: str = "") -> DataError:
        """A mistake in the n-th row of cells."""
        return DataError(self.path, why, None if n is None else n + self.first_row, self.names.get(column, column))


def read_folder(folder: str | Path) -> tuple[Recording, ...]:
    """The recordings of all files in a folder, by name. Raises DataError; FileNotFoundError without such files."""
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder of CSV or Parquet files")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _READERS)
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
    table = _READERS[path.suffix.lower()](path)
    timed = next((name for name in TIME_NAMES if name in table.columns), "")
    if not timed:
        raise table.error(f"no column {', '.join(TIME_NAMES[:-1])} or {TIME_NAMES[-1]}", None)
    for name in PRICES:
        if name not in table.columns:
            raise table.error(f"no column {name}")
    if not table.columns[timed]:
        raise table.error("no rows")
    secType, exchange, currency = _identity(table)
    schedule = Calendar.schedule(exchange)
    moments = _moments(table, timed, ZoneInfo(SCHEDULES[schedule].zone))
    daily = all(moment.time() == time(0) for moment in moments)
    prices = [_numbers(table, name, positive=True) for name in PRICES]
    volume = _numbers(table, "volume") if "volume" in table.columns else np.zeros(len(moments))
    _check_bars(table, prices)
    if daily:
        times = np.array([day_number(moment.date()) * DAY for moment in moments], np.int64)
    else:
        times = np.array([moment.timestamp() for moment in moments]).astype(np.int64)
    _check_times(table, timed, times, moments, daily)
    first = _check_sessions(table, timed, times, schedule, exchange, daily)
    o, h, low, c = prices
    return Recording(
        path.stem.upper(), secType, exchange, currency, schedule, "day" if daily else "minute", times, o, h, low, c,
        np.rint(volume).astype(np.int64), first, _decimals(prices),
    )  # fmt: skip


# Files


def _read_csv(path: Path) -> _Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except UnicodeDecodeError as error:
        raise DataError(path, f"not a text file in UTF-8 ({error.reason} at byte {error.start})") from None
    if not rows:
        raise DataError(path, "the file is empty")
    head, *body = rows
    while body and not any(body[-1]):
        body.pop()
    for n, row in enumerate(body):
        if len(row) != len(head):
            raise DataError(path, f"{len(row)} cells where the header has {len(head)}", n + 2)
    cells = zip(*body, strict=True) if body else ([] for _ in head)
    return _table(path, head, [list(column) for column in cells], first_row=2)


def _read_parquet(path: Path) -> _Table:
    try:
        parquet = import_module("pyarrow.parquet")
    except ImportError:
        raise DataError(path, "to read Parquet, install pyarrow (pip install pyarrow), or save it as CSV") from None
    columns = parquet.read_table(path).to_pydict()
    return _table(path, list(columns), list(columns.values()), first_row=1)


def _table(path: Path, head: list[str], cells: list[list[Any]], first_row: int) -> _Table:
    names = {name.strip().lower(): name for name in head}
    # A DataFrame's nameless index is its time.
    index = {"": TIME_NAMES[0], "__index_level_0__": TIME_NAMES[0]}
    columns = {
        index.get(name.strip().lower(), name.strip().lower()): cell for name, cell in zip(head, cells, strict=True)
    }
    return _Table(path, columns, names, first_row)


_READERS: dict[str, Callable[[Path], _Table]] = {".csv": _read_csv, ".parquet": _read_parquet}


# Cells


def _identity(table: _Table) -> tuple[str, str, str]:
    """secType, exchange and currency of a file."""
    secType = _constant(table, "sectype", "STK").upper()
    if secType not in KINDS:
        raise table.error(f"{secType} isn't served from files; {', '.join(KINDS)} are", 0, "sectype")
    exchange = _constant(table, "exchange", KINDS[secType]).upper()
    try:
        Calendar.schedule(exchange)
    except KeyError:
        raise table.error(f"the hours of {exchange} aren't known", 0, "exchange") from None
    return secType, exchange, _constant(table, "currency", "USD").upper()


def _constant(table: _Table, column: str, default: str) -> str:
    cells = [str(cell).strip() for cell in table.columns.get(column, [])]
    for n, cell in enumerate(cells):
        if cell != cells[0]:
            raise table.error(f"{cell} isn't {cells[0]}: one file is one instrument", n, column)
    return (cells[0] if cells else "") or default


def _numbers(table: _Table, column: str, positive: bool = False) -> Floats:
    values = []
    for n, cell in enumerate(table.columns[column]):
        try:
            value = float(cell)
        except (TypeError, ValueError):
            raise table.error(f"{cell!r} is not a number", n, column) from None
        if not (0 < value < 1e12 if positive else 0 <= value < 1e15):
            raise table.error(f"{cell!r} is not {'above 0' if positive else '0 or more'}", n, column)
        values.append(value)
    return np.array(values)


def _moments(table: _Table, column: str, zone: ZoneInfo) -> list[datetime]:
    """Times as they are written, each in its own zone or in the exchange's."""
    found = []
    for n, cell in enumerate(table.columns[column]):
        moment = _moment(cell)
        if moment is None:
            raise table.error(f"{cell!r} is not a date or time, such as 2025-06-11 09:30:00", n, column)
        found.append(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    return found


def _moment(cell: Any) -> datetime | None:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    text = str(cell).strip()
    try:
        if text.isdigit() and len(text) > 8:
            return datetime.fromtimestamp(int(text), UTC)
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None


# Checks


def _check_bars(table: _Table, prices: list[Floats]) -> None:
    o, h, low, c = prices
    for column, wrong, why in (
        ("high", h < np.maximum(o, c), "the high is below the open or the close"),
        ("low", low > np.minimum(o, c), "the low is above the open or the close"),
    ):
        if wrong.any():
            raise table.error(why, int(wrong.argmax()), column)


def _check_times(table: _Table, column: str, times: Ints, moments: list[datetime], daily: bool) -> None:
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


def _check_sessions(table: _Table, column: str, times: Ints, schedule: str, exchange: str, daily: bool) -> date:
    """All rows lie in the exchange's hours. Returns the trading day of the first one."""
    calendar = Calendar()
    if daily:
        rows = calendar.sessions(schedule, day_date(times[0] // DAY), day_date(times[-1] // DAY))
        outside = ~np.isin(times // DAY, rows.day)
        what = "not a trading day of {}; a column exchange can name another"
    else:
        rows = calendar.between(schedule, int(times[0]) - 4 * DAY, int(times[-1]) + 1)
        place = np.searchsorted(rows.open, times, "right") - 1
        outside = times >= rows.close[np.maximum(place, 0)]
        what = "outside the hours of {}; a column exchange can name another"
    if outside.any():
        n = int(outside.argmax())
        raise table.error(f"{table.columns[column][n]} is {what.format(exchange)}", n, column)
    return day_date(times[0] // DAY) if daily else day_date(rows.day[place[0]])


def _decimals(prices: list[Floats]) -> int:
    """How many digits after the point the prices need, at least two."""
    values = np.concatenate(prices)
    needed: Iterator[int] = (
        digits for digits in range(2, _MOST_DECIMALS) if (np.abs(np.round(values, digits) - values) < 5e-8).all()
    )
    return next(needed, _MOST_DECIMALS)
