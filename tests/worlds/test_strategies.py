"""The three strategies, unchanged, in the lesson, in plain days, in a recording, and on both wires."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from wires import BOTH

import ibnb
from ibnb import worlds
from tests.worlds import year
from tests.worlds.strategies import ALL, five_minutes, lean_hogs, momentum

# The lesson's script: TSLA +5.8 % at 10:02, AMD +5.6 % at 10:15, HE +6 % at 10:40, the market falls from 11:00 on.
EXPECTED = {
    "momentum": [("BUY", "TSLA", "10:02"), ("BUY", "AMD", "10:15")],
    "five_minutes": [("SELL", "MA", "11:0")],
    "lean_hogs": [("SELL", "HE", "10:45")],
}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    ibnb.reset()


def played(strategy: Callable[[Any], Any], app: Any) -> tuple[Any, pd.DataFrame]:
    decided = strategy(app)
    app.sleep("1 min")
    return decided, app.getFills()


@pytest.mark.parametrize("strategy", ALL)
def test_each_fires_in_the_lesson_as_its_script_says(strategy: Any) -> None:
    decided, fills = played(strategy, ibnb.connect())
    assert [(action, symbol) for _, action, symbol in decided] == [row[:2] for row in EXPECTED[strategy.__name__]]
    assert all(at.startswith(row[2]) for (at, _, _), row in zip(decided, EXPECTED[strategy.__name__], strict=True))
    assert len(fills) >= len(decided)


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("strategy", ALL)
def test_a_recording_and_the_world_it_is_of_agree_to_the_last_field(
    tmp_path: Path, strategy: Any, version: int
) -> None:
    app = ibnb.connect(serverVersion=version)
    app.record(tmp_path / "s", accounts=True)
    decided, fills = played(strategy, app)
    app.disconnect()
    again, refilled = played(strategy, ibnb.connect(replay=tmp_path / "s"))
    assert again == decided
    pd.testing.assert_frame_equal(refilled, fills)


def test_both_wires_agree() -> None:
    told = []
    for version in (176, None):
        told.append(played(momentum, ibnb.connect(serverVersion=version)))
        ibnb.reset()
    assert told[0][0] == told[1][0]
    pd.testing.assert_frame_equal(told[0][1], told[1][1])


@pytest.mark.parametrize(
    ("strategy", "first"), [("momentum", "2025-06-11"), ("five_minutes", "2025-06-10"), ("lean_hogs", "2025-06-10")]
)
def test_swept_days_their_recordings_and_the_lesson_agree_to_the_last_field(strategy: str, first: str) -> None:
    """`python -m tests.worlds.year` does it for a year, in processes."""
    found = year.swept(strategy, first, "2025-06-11", ThreadPoolExecutor(1))
    assert found["start"].tolist()[-1] == year.LESSON
    assert year.differences(strategy, found) == []
    sides = [[row[:2] for row in EXPECTED[strategy]]] * len(found)
    assert [[(side, symbol) for _, side, symbol in json.loads(text)] for text in found["decided"]] == sides
    assert found["fills"].str.count("\n").ge(2).all()


def test_plain_days_are_worlds_like_others_and_hardly_ever_fire() -> None:
    """A rule for moves of 5 % in minutes has little to do on days without a script."""

    def orders(app: Any) -> int:
        return len(five_minutes(app, 30)) + len(lean_hogs(app, 30))

    found = worlds.run(orders, worlds.days("2025-03-03", "2025-03-07", at="10:00"), ThreadPoolExecutor(1))
    assert found["error"].unique().tolist() == [""]
    assert found["result"].sum() <= 1
