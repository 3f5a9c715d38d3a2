"""Bars on disk: one file for each chunk of each series, so that nothing has to be asked for twice.

Rule: a file is there whole or not at all, and its name says what it holds: every bar from the first moment up to the
second, which lies before the day on which it was written. So a file is never corrected, only replaced by one that
reaches further. Files are Parquet where pyarrow is installed, else NumPy's .npz; both are read, neither runs code.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ibnb.errors import IBError

_NAME = re.compile(r"(\d{8}T\d{6}Z)_(\d{8}T\d{6}Z)\.(parquet|npz)")
_STAMP = "%Y%m%dT%H%M%SZ"


class Kept(NamedTuple):
    """The bars of a chunk from its beginning up to `until`."""

    until: int
    bars: pd.DataFrame


class BarFolder:
    """The files of one series: one contract, bar size, whatToShow and useRTH."""

    def __init__(self, folder: str | os.PathLike[str], *names: object) -> None:
        self.path = Path(folder, *(re.sub(r"[^A-Za-z0-9.-]+", "_", str(name)) for name in names))
        self._files: dict[int, list[tuple[int, Path]]] = {}
        for path in self.path.iterdir() if self.path.is_dir() else ():
            match = _NAME.fullmatch(path.name)
            if match is not None:
                self._files.setdefault(_moment(match[1]), []).append((_moment(match[2]), path))

    def read(self, start: int) -> Kept | None:
        """Return what is kept of the chunk that begins at `start`. A file that can't be read counts as not there."""
        for until, path in sorted(self._files.get(start, ()), reverse=True):
            bars = _read(path)
            if bars is not None:
                return Kept(until, bars)
        return None

    def write(self, start: int, until: int, bars: pd.DataFrame) -> None:
        """Keep the bars from `start` up to `until`; what was kept of this chunk before goes."""
        self.path.mkdir(parents=True, exist_ok=True)
        kind = "parquet" if find_spec("pyarrow") else "npz"
        path = self.path / f"{_text(start)}_{_text(until)}.{kind}"
        part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
        try:
            _write(part, bars, kind)
            part.replace(path)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        for _, old in self._files.get(start, ()):
            if old != path:
                with contextlib.suppress(OSError):
                    old.unlink(missing_ok=True)
        self._files[start] = [(until, path)]


def _write(path: Path, bars: pd.DataFrame, kind: str) -> None:
    if kind == "parquet":
        bars.to_parquet(path, engine="pyarrow")
        return
    index = pd.DatetimeIndex(bars.index)
    zone = "" if index.tz is None else str(index.tz)
    columns: dict[str, Any] = {str(name): column.to_numpy() for name, column in bars.items()}
    with path.open("wb") as file:
        np.savez_compressed(file, zone=np.array(zone), index=_nanoseconds(index), **columns)


def _read(path: Path) -> pd.DataFrame | None:
    if path.suffix == ".parquet" and not find_spec("pyarrow"):
        raise IBError(f"{path} is a Parquet file: pip install pyarrow, or give another folder as cache.")
    try:
        found = pd.read_parquet(path, engine="pyarrow") if path.suffix == ".parquet" else _read_npz(path)
    except Exception:
        # Each format has exceptions of its own for a file that is cut off or isn't one.
        return None
    found.index = pd.DatetimeIndex(found.index).as_unit("ns").rename("Date")
    return found


def _read_npz(path: Path) -> pd.DataFrame:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        columns = {name: found[name] for name in found.files if name not in ("zone", "index")}
        index = pd.DatetimeIndex(found["index"].astype("datetime64[ns]"))
        zone = str(found["zone"])
    return pd.DataFrame(columns, index=index.tz_localize("UTC").tz_convert(zone) if zone else index)


def _nanoseconds(index: pd.DatetimeIndex) -> np.ndarray[Any, np.dtype[np.int64]]:
    return index.as_unit("ns").asi8


def _text(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime(_STAMP)


def _moment(text: str) -> int:
    return int(datetime.strptime(text, _STAMP).replace(tzinfo=UTC).timestamp())
