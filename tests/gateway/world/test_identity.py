"""A world's name: B1, simulated prices are never taken for another world's, or for real ones."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from ibnb.gateway.scenario import LESSON, Move, Scenario, live
from tests.gateway.talking import engine_of

BARS = "date,open,high,low,close,volume\n2025-06-09,10,11,9,10.5,100\n2025-06-10,10,11,9,10.5,100\n"


def name(scenario: Scenario = LESSON) -> str:
    return engine_of(scenario).world.name


def test_worlds_that_differ_have_different_names(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "XYZ.csv").write_text(BARS)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "XYZ.csv").write_text(BARS.replace("10.5,100\n2025", "10.6,100\n2025"))
    worlds = [
        LESSON,
        replace(LESSON, seed=99),
        replace(LESSON, name="another"),
        replace(LESSON, start=LESSON.start + 86400),
        replace(LESSON, always_open=True),
        replace(LESSON, moves=(*LESSON.moves, Move("AAPL", 1749650400, 1.5))),
        replace(LESSON, data=tmp_path / "mine"),
        replace(LESSON, data=tmp_path / "other"),
        live(LESSON.start),
    ]
    assert len({name(each) for each in worlds}) == len(worlds)


def test_the_same_world_has_the_same_name_wherever_and_whenever_it_starts(tmp_path: Path) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "XYZ.csv").write_text(BARS)
    here, there = (replace(LESSON, data=tmp_path / each) for each in ("here", "there"))
    assert name(here) == name(replace(there, start=here.start + 60))
    # A set's order changes from process to process.
    code = "from tests.gateway.talking import engine_of; print(engine_of().world.name)"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.strip() == name()
    assert name().startswith("ibnb lesson ")
