"""A trade journal on disk: one CSV file that each day's fills are added to, once each.

IB Gateway knows only the fills since midnight, and TWS those of a few days: what isn't written down is gone.
"""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from ibnb import tables
from ibnb.table_display import Table
from ibnb.verbs.orders.fills import family

COLUMNS = ["time", *[name for name in tables.TABLES["executions"] if name != "time"]]
# How many there were before fills said what was traded.
_FIRST = COLUMNS.index("account") + 1


def add_fills(path: str | os.PathLike[str], fills: pd.DataFrame) -> pd.DataFrame:
    """Add fills (a frame of getExecutions) to the journal at `path`, and return the whole of it in the same form.

    A fill that is in it already is replaced: its commission may have come since, or IB has corrected it. The file is
    replaced in one step, so that it is whole at any moment. ValueError for a file that isn't a journal.
    """
    target = Path(path)
    before = _read(target) if target.exists() else _as_text(fills.iloc[:0])
    both = pd.concat([before, _as_text(fills)], ignore_index=True)
    # A correction has the same id but for its last part, which is one higher.
    both["fill"] = [family(execId)[0] for execId in both["execId"]]
    both = both.drop_duplicates("fill", keep="last").drop(columns="fill")
    both = both.loc[pd.to_datetime(both["time"], utc=True, format="ISO8601").sort_values(kind="stable").index]
    _write(target, both)
    return _as_fills(both)


def _as_text(fills: pd.DataFrame) -> pd.DataFrame:
    """A frame of getExecutions as the journal has it: every value as the text that the file holds."""
    table = fills.reset_index()
    table["time"] = [moment.isoformat() for moment in table["time"]]
    return _parse(table[COLUMNS].to_csv(index=False))


def _parse(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)


def _read(path: Path) -> pd.DataFrame:
    found = _parse(path.read_text(encoding="utf-8"))
    if list(found.columns) == COLUMNS[:_FIRST]:  # written by an older release, which had no more columns
        found = found.reindex(columns=COLUMNS, fill_value="")
    if list(found.columns) != COLUMNS:
        raise ValueError(
            f"{path} isn't a journal of ibnb: its columns are {', '.join(map(str, found.columns))} instead of "
            f"{', '.join(COLUMNS)}. Name another file."
        )
    return found


def _write(path: Path, table: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            table.to_csv(file, index=False)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise


def _as_fills(table: pd.DataFrame) -> pd.DataFrame:
    kinds: Any = {name: kind for name, kind in tables.TABLES["executions"].items() if name != "time"}
    empty = {"float64": "nan", "int64": "0"}
    numbers = {name: empty[kind] for name, kind in kinds.items() if kind in empty}
    found = table.assign(**{name: table[name].replace("", none) for name, none in numbers.items()}).astype(kinds)
    found.index = pd.DatetimeIndex(pd.to_datetime(table["time"], utc=True, format="ISO8601"), name="time")
    return Table(found.drop(columns="time"))
