"""A researcher's own frames as files that the simulated TWS serves: `data={"MINE": frame}`.

A frame has what getHistory gives: bars of one minute or one day, the time as its index (or a column that a file may
have), Open, High, Low, Close and perhaps Volume, in any case; or what getTicks gives: trades with price and size, and
perhaps bid and ask (`ibnb.gateway.data` says more).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

# The files of this process, in a folder that goes with it. The same frames are the same world.
_scratch: tempfile.TemporaryDirectory[str] | None = None


def folder_of(data: Any) -> Path:
    """The folder of this data: a folder as it is, or a dict of frames by symbol. ValueError for anything else."""
    if isinstance(data, str | os.PathLike):
        return Path(data)
    if isinstance(data, pd.DataFrame):
        raise ValueError('data: say which symbol the frame is, data={"MINE": frame}')
    if not isinstance(data, Mapping) or not data:
        raise ValueError(f'data is a folder, or frames by symbol such as {{"MINE": frame}}, not {data!r:.60}')
    texts = {str(symbol): _csv(str(symbol), frame) for symbol, frame in data.items()}
    digest = hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()[:16]
    folder = _folder() / digest
    if not folder.exists():
        folder.mkdir()
        for symbol, text in texts.items():
            (folder / f"{symbol}.csv").write_text(text, encoding="utf-8")
    return folder


def _csv(symbol: str, frame: Any) -> str:
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"data: {symbol!r} is a {type(frame).__name__}, and a DataFrame of bars or ticks is wanted")
    if not symbol.isprintable() or not symbol or set(symbol) & set('/\\:*?"<>|') or symbol.startswith("."):
        raise ValueError(f"data: {symbol!r} is no symbol")
    bars = frame.copy()
    if isinstance(bars.index, pd.DatetimeIndex):
        daily = bool((bars.index == bars.index.normalize()).all())
        # A moment in a zone is written as seconds, a day as its date.
        seconds = [int(moment.timestamp()) for moment in bars.index] if bars.index.tz is not None else None
        times = bars.index.strftime("%Y-%m-%d") if daily else seconds or bars.index.strftime("%Y-%m-%d %H:%M:%S")
        bars = bars.drop(columns=[name for name in bars.columns if str(name).lower() == "date"])
        bars.insert(0, "date", list(times))
    return str(bars.to_csv(index=False))


def _folder() -> Path:
    global _scratch
    if _scratch is None:
        _scratch = tempfile.TemporaryDirectory(prefix="ibnb-data-")
    return Path(_scratch.name)
