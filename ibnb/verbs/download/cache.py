"""Bars on disk: one file for each chunk of each series, so that nothing has to be asked for twice.

Rule: a file is there whole or not at all, and its name says what it holds: every bar from the first moment up to the
second, which lies before the day on which it was written, and the checksum of series, moments and contents. So a file
is never corrected, only replaced by one that reaches further; one whose bits or name have changed counts as not there.
Files are Parquet where pyarrow is installed, else NumPy's .npz; both are read, neither runs code.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ibnb.errors import IBError

_NAME = re.compile(r"(\d{8}T\d{6}Z)_(\d{8}T\d{6}Z)\.([0-9a-f]{16})\.(parquet|npz)")
_STAMP = "%Y%m%dT%H%M%SZ"


class Kept(NamedTuple):
    """The bars of a chunk from its beginning up to `until`."""

    until: int
    bars: pd.DataFrame


class BarFolder:
    """The files of one series: one contract, bar size, whatToShow and useRTH."""

    def __init__(self, folder: str | os.PathLike[str], *names: object) -> None:
        self._names = [re.sub(r"[^A-Za-z0-9.-]+", "_", str(name)) for name in names]
        self.path = Path(folder, *self._names)
        self._files: dict[int, list[tuple[int, Path]]] = {}
        # A folder that can't be looked into holds nothing; when something is to be written, the reason is said.
        with contextlib.suppress(OSError):
            for path in self.path.iterdir():
                match = _NAME.fullmatch(path.name)
                if match is not None:
                    self._files.setdefault(_moment(match[1]), []).append((_moment(match[2]), path))

    def read(self, start: int, fits: Callable[[Kept], bool] = lambda kept: True) -> Kept | None:
        """Return what is kept of the chunk that begins at `start`, if it `fits`.

        A file that can't be read, or isn't what was written, counts as not there.
        """
        for until, path in sorted(self._files.get(start, ()), reverse=True):
            bars = self._read(path)
            if bars is not None and fits(Kept(until, bars)):
                return Kept(until, bars)
        return None

    def write(self, start: int, until: int, bars: pd.DataFrame) -> None:
        """Keep the bars from `start` up to `until`; what was kept of this chunk before goes. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True)
        kind = "parquet" if find_spec("pyarrow") else "npz"
        content = _packed(bars, kind)
        span = f"{_text(start)}_{_text(until)}"
        path = self.path / f"{span}.{self._sum(span, content)}.{kind}"
        part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
        try:
            _write(part, content)
            part.replace(path)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        for _, old in self._files.get(start, ()):
            if old != path:
                with contextlib.suppress(OSError):
                    old.unlink(missing_ok=True)
        self._files[start] = [(until, path)]

    def _sum(self, span: str, content: bytes) -> str:
        """The checksum of a file: also of the series that it belongs to, so that none passes for another's."""
        return blake2b("\n".join([*self._names, span, ""]).encode() + content, digest_size=8).hexdigest()

    def _read(self, path: Path) -> pd.DataFrame | None:
        if path.suffix == ".parquet" and not find_spec("pyarrow"):
            raise IBError(f"{path} is a Parquet file: pip install pyarrow, or give another folder as cache.")
        span, checksum, _ = path.name.rsplit(".", 2)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        return _unpacked(content, path.suffix) if self._sum(span, content) == checksum else None


def _packed(bars: pd.DataFrame, kind: str) -> bytes:
    """Parquet has a checksum in each page as well, for whoever else reads the file."""
    content = BytesIO()
    if kind == "parquet":
        bars.to_parquet(content, engine="pyarrow", write_page_checksum=True)
        return content.getvalue()
    index = pd.DatetimeIndex(bars.index)
    zone = "" if index.tz is None else str(index.tz)
    columns: dict[str, Any] = {str(name): column.to_numpy() for name, column in bars.items()}
    np.savez_compressed(content, zone=np.array(zone), index=index.as_unit("ns").asi8, **columns)
    return content.getvalue()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _unpacked(content: bytes, suffix: str) -> pd.DataFrame | None:
    file = BytesIO(content)
    try:
        found = pd.read_parquet(file, engine="pyarrow") if suffix == ".parquet" else _unpacked_npz(file)
    except Exception:
        # Another program's file, or another release's; each format has exceptions of its own for that.
        return None
    found.index = pd.DatetimeIndex(found.index).as_unit("ns").rename("Date")
    return found


def _unpacked_npz(file: BytesIO) -> pd.DataFrame:
    with np.load(file, allow_pickle=False) as found:
        columns = {name: found[name] for name in found.files if name not in ("zone", "index")}
        index = pd.DatetimeIndex(found["index"].astype("datetime64[ns]"))
        zone = str(found["zone"])
    return pd.DataFrame(columns, index=index.tz_localize("UTC").tz_convert(zone) if zone else index)


def _text(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime(_STAMP)


def _moment(text: str) -> int:
    return int(datetime.strptime(text, _STAMP).replace(tzinfo=UTC).timestamp())
