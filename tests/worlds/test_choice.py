from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from ibnb import worlds
from tests.closures import calendar


def test_a_grid_goes_through_every_combination_in_order() -> None:
    assert worlds.grid(seed=range(2), regime=("calm", "crash"), scenario="lesson") == [
        {"seed": 0, "regime": "calm", "scenario": "lesson"},
        {"seed": 0, "regime": "crash", "scenario": "lesson"},
        {"seed": 1, "regime": "calm", "scenario": "lesson"},
        {"seed": 1, "regime": "crash", "scenario": "lesson"},
    ]
    assert worlds.grid() == [{}]


@pytest.mark.parametrize("exchange", ["NYSE", "LSE"])
def test_days_are_the_exchanges_own(exchange: str) -> None:
    sessions = calendar({"NYSE": "XNYS", "LSE": "XLON"}[exchange], 2024, 2024).sessions
    expected = [f"{day:%Y-%m-%d} 10:15" for day in sessions]
    found = worlds.days("2024-01-01", date(2024, 12, 31), at="10:15", exchange=exchange, seed=3)
    assert [world["start"] for world in found] == expected
    assert {(world["seed"], world["scenario"]) for world in found} == {(3, "day")}


def test_days_take_each_seed() -> None:
    assert len(worlds.days("2025-07-03", "2025-07-07", seed=[1, 2])) == 4
    assert worlds.days("2025-07-03", "2025-07-03", scenario="lesson")[0]["scenario"] == "lesson"


def test_a_day_has_no_script() -> None:
    """The lesson's morning goes wherever the world begins: at eleven each of its days falls by seven percent."""
    found = worlds.run(change_until_noon, worlds.days("2025-03-03", "2025-03-14"), ThreadPoolExecutor(1))
    assert found["error"].unique().tolist() == [""]
    assert found["result"].abs().median() < 0.02
    scripted = worlds.run(
        change_until_noon, [{"scenario": "lesson", "start": "2025-03-03 09:30"}], ThreadPoolExecutor(1)
    )
    assert scripted.loc[0, "result"] < -0.05


def change_until_noon(app: Any) -> float:
    first = float(app.getQuote("AAPL")["last"])
    app.sleep("150 min")
    return float(app.getQuote("AAPL")["last"]) / first - 1


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"first": "soon"}, "soon"),
        ({"at": "noon-ish"}, "noon-ish"),
        ({"exchange": "MOON"}, "'MOON' isn't one whose hours are known"),
        ({"sead": 1}, "'sead': no word of a world. There are scenario, seed"),
        ({"first": None}, "days"),
    ],
)
def test_what_is_no_day_is_refused_in_words(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        worlds.days(**{"first": "2025-07-03", "last": "2025-07-08", **wrong})
