"""The fifteen lines of the README: that they are fifteen, run as they stand, and are those of the page about worlds."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ibnb import worlds
from tests.appendix import APPENDIX
from tests.worlds.picture import code, draw


def test_the_readme_shows_a_sweep_in_fifteen_lines() -> None:
    """#14, Show 6."""
    assert len(code().splitlines()) == 15
    assert code() in (APPENDIX / "worlds.md").read_text(encoding="utf-8")


def test_they_run_and_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On two of the days, in this process; `python -m tests.worlds.picture` runs all of them."""
    monkeypatch.setattr(worlds, "run", functools.partial(worlds.run, executor=ThreadPoolExecutor(1)))
    draw(code().replace("2025-04-30", "2025-03-04"), tmp_path / "sweep.png")
    assert (tmp_path / "sweep.png").read_bytes().startswith(b"\x89PNG")
