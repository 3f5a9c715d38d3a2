from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ibnb
from ibnb import IBApp, tables
from ibnb.verbs.orders import journal

KINDS = tables.TABLES["executions"]


def fills(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """(time, execId, commission) → a frame of getExecutions."""
    what = ("STK", "", None, "", "AAPL", "NMS", 265598)
    made = [
        (at, 1, "AAPL", "BOT", 5.0, 200.5, "NYSE", commission, "USD", float("nan"), execId, 7, 1, "DU1", *what)
        for at, execId, commission in rows
    ]
    return tables.frame("executions", made)


MONDAY = fills(("20250609 15:59:00 US/Eastern", "a.b.01.01", 1.0), ("20250609 10:00:00 US/Eastern", "a.c.01.01", 1.0))


def test_each_day_is_added_once_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there yet" / "journal.csv"
    first = journal.add_fills(path, MONDAY)
    assert ["a.c.01.01", "a.b.01.01"] == first["execId"].tolist()
    tuesday = fills(("20250610 09:30:00 US/Eastern", "a.d.01.01", 1.0))
    for _ in range(2):
        both = journal.add_fills(path, tuesday)
        assert ["a.c.01.01", "a.b.01.01", "a.d.01.01"] == both["execId"].tolist()
    assert [path] == list(path.parent.iterdir())
    assert 1 + 3 == len(path.read_text().splitlines())


def test_summer_and_winter_stand_in_one_journal(tmp_path: Path) -> None:
    """(Mutant of journal.py.) The file has each time with the hours from UTC that held then."""
    winter = fills(("20250110 09:30:00 US/Eastern", "a.w.01.01", 1.0))
    journal.add_fills(tmp_path / "j.csv", MONDAY)
    both = journal.add_fills(tmp_path / "j.csv", winter)
    assert both["execId"].tolist() == ["a.w.01.01", "a.c.01.01", "a.b.01.01"]
    assert str(both.index[0]) == "2025-01-10 14:30:00+00:00"


def test_what_comes_back_is_like_get_executions(tmp_path: Path) -> None:
    back = journal.add_fills(tmp_path / "j.csv", MONDAY)
    assert back.dtypes.to_dict() == MONDAY.dtypes.to_dict()
    assert list(back.columns) == list(MONDAY.columns)
    assert "time" == back.index.name
    assert ["2025-06-09 14:00:00+00:00", "2025-06-09 19:59:00+00:00"] == [str(moment) for moment in back.index]
    pd.testing.assert_frame_equal(
        back.reset_index(drop=True), MONDAY.sort_index().reset_index(drop=True), check_exact=True
    )


def test_a_commission_that_came_later_and_a_correction_replace_the_fill(tmp_path: Path) -> None:
    path = tmp_path / "j.csv"
    journal.add_fills(path, fills(("20250609 10:00:00 US/Eastern", "a.c.01.01", float("nan"))))
    later = journal.add_fills(path, fills(("20250609 10:00:00 US/Eastern", "a.c.01.01", 1.25)))
    assert [1.25] == later["commission"].tolist()
    corrected = journal.add_fills(path, fills(("20250609 10:00:00 US/Eastern", "a.c.01.02", 1.5)))
    assert [("a.c.01.02", 1.5)] == list(zip(corrected["execId"], corrected["commission"], strict=True))


def test_a_day_without_fills_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "j.csv"
    assert 0 == len(journal.add_fills(path, fills()))
    journal.add_fills(path, MONDAY)
    before = path.read_bytes()
    assert 2 == len(journal.add_fills(path, fills()))
    assert before == path.read_bytes()


def test_another_file_isnt_touched(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Open\n2025-06-09,1\n")
    with pytest.raises(
        ValueError, match="isn't a journal of ibnb: its columns are Date, Open instead of time, orderId"
    ):
        journal.add_fills(path, MONDAY)
    assert "Date,Open\n2025-06-09,1\n" == path.read_text()


def test_a_write_that_fails_leaves_the_old_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "j.csv"
    journal.add_fills(path, MONDAY)
    before = path.read_bytes()

    def full(*args: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        journal.add_fills(path, fills(("20250610 09:30:00 US/Eastern", "a.d.01.01", 1.0)))
    assert before == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


@pytest.fixture
def app() -> Iterator[IBApp]:
    session = ibnb.connect("embedded")
    yield session
    ibnb.reset()


def test_a_round_trip_with_its_profit_ends_in_the_journal(app: IBApp, tmp_path: Path) -> None:
    nvda = app.createContract("NVDA")
    app.placeOrderNow(nvda, app.createOrder("BUY", 10), wait="Filled")
    assert 1 == len(app.writeJournal(tmp_path / "j.csv"))
    app.placeOrderNow(nvda, app.createOrder("SELL", 10), wait="Filled")
    whole = app.writeJournal(tmp_path / "j.csv")
    assert ["BOT", "SLD"] == whole["side"].tolist()
    assert [True, False] == whole["realizedPNL"].isna().tolist()
    assert whole["execId"].tolist() == app.getExecutions()["execId"].tolist()


def test_a_journal_from_before_fills_said_what_was_traded_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "j.csv"
    old = journal.COLUMNS[: journal.COLUMNS.index("account") + 1]
    journal.add_fills(path, MONDAY)
    pd.read_csv(path, dtype="str", keep_default_na=False)[old].to_csv(path, index=False)
    both = journal.add_fills(path, fills(("20250610 09:30:00 US/Eastern", "a.d.01.01", 1.0)))
    assert ["", "", "STK"] == both["secType"].tolist()
    assert [0, 0, 265598] == both["conId"].tolist()
    assert both["strike"].isna().all()
    assert list(both.columns) == list(MONDAY.columns)
