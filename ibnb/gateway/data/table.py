"""A file as it is read: cells by column, and what they mean; what is wrong is said with file, row and column."""

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

from ..calendar import DAY, Calendar, day_date
from .recording import Floats, Ints

TIME_NAMES = ("date", "time", "datetime", "timestamp")
_MOST_DECIMALS = 6

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
class Table:
    """A file as it is read: cells by column, and the number of the first row of them."""

    path: Path
    columns: dict[str, list[Any]]
    names: dict[str, str]
    first_row: int

    def error(self, why: str, n: int | None = None, column: str = "") -> DataError:
        """A mistake in the n-th row of cells."""
        return DataError(self.path, why, None if n is None else n + self.first_row, self.names.get(column, column))


# Files


def _read_csv(path: Path) -> Table:
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


def _read_parquet(path: Path) -> Table:
    try:
        parquet = import_module("pyarrow.parquet")
    except ImportError:
        raise DataError(path, "to read Parquet, install pyarrow (pip install pyarrow), or save it as CSV") from None
    columns = parquet.read_table(path).to_pydict()
    return _table(path, list(columns), list(columns.values()), first_row=1)


def _table(path: Path, head: list[str], cells: list[list[Any]], first_row: int) -> Table:
    names = {name.strip().lower(): name for name in head}
    # A DataFrame's nameless index is its time.
    index = {"": TIME_NAMES[0], "__index_level_0__": TIME_NAMES[0]}
    columns = {
        index.get(name.strip().lower(), name.strip().lower()): cell for name, cell in zip(head, cells, strict=True)
    }
    return Table(path, columns, names, first_row)


READERS: dict[str, Callable[[Path], Table]] = {".csv": _read_csv, ".parquet": _read_parquet}


# Cells


def identity(table: Table, of_trades: bool) -> tuple[str, str, str]:
    """secType, exchange and currency of a file. The exchanges of trades may be several."""
    secType = _constant(table, "sectype", "STK").upper()
    if secType not in KINDS:
        raise table.error(f"{secType} isn't served from files; {', '.join(KINDS)} are", 0, "sectype")
    several = of_trades and len(set(table.columns.get("exchange", ()))) > 1
    exchange = KINDS[secType] if several else _constant(table, "exchange", KINDS[secType]).upper()
    try:
        Calendar.schedule(exchange)
    except KeyError:
        raise table.error(f"the hours of {exchange} aren't known", 0, "exchange") from None
    return secType, exchange, _constant(table, "currency", "USD").upper()


def blank(cell: Any) -> bool:
    """Whether a cell says nothing."""
    return cell is None or str(cell).strip().lower() in ("", "nan", "none", "<na>")


def _constant(table: Table, column: str, default: str) -> str:
    cells = [str(cell).strip() for cell in table.columns.get(column, [])]
    for n, cell in enumerate(cells):
        if cell != cells[0]:
            raise table.error(f"{cell} isn't {cells[0]}: one file is one instrument", n, column)
    return (cells[0] if cells else "") or default


def numbers(table: Table, column: str, positive: bool = False, gaps: bool = False) -> Floats:
    """A column of numbers; NaN where nothing is said, if there may be `gaps`."""
    values = []
    for n, cell in enumerate(table.columns[column]):
        if gaps and blank(cell):
            values.append(np.nan)
            continue
        try:
            value = float(cell)
        except (TypeError, ValueError):
            raise table.error(f"{cell!r} is not a number", n, column) from None
        if not (0 < value < 1e12 if positive else 0 <= value < 1e15):
            raise table.error(f"{cell!r} is not {'above 0' if positive else '0 or more'}", n, column)
        values.append(value)
    return np.array(values)


def moments(table: Table, column: str, zone: ZoneInfo) -> list[datetime]:
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
        number, _, fraction = text.partition(".")
        if number.isdigit() and len(number) > 8 and (not fraction or fraction.isdigit()):
            return datetime.fromtimestamp(float(text), UTC)
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None


# Checks


def check_sessions(table: Table, column: str, times: Ints, schedule: str, exchange: str, daily: bool) -> date:
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


def decimals(prices: list[Floats]) -> int:
    """How many digits after the point the prices need, at least two."""
    values = np.concatenate(prices)
    needed: Iterator[int] = (
        digits for digits in range(2, _MOST_DECIMALS) if (np.abs(np.round(values, digits) - values) < 5e-8).all()
    )
    return next(needed, _MOST_DECIMALS)
