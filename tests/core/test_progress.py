from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from inside import core

import ibnb
from ibnb.core import session
from ibnb.core.progress import Progress, _Bar, duration_text, shower, sleep_shown


def test_the_time_left_follows_the_pace_so_far() -> None:
    assert Progress(0, 10, 5.0).left is None
    assert Progress(2, 10, 5.0).left == 20.0
    assert str(Progress(2, 10, 5.0, "AAPL")) == "2 of 10 requests, about 20 s left (AAPL)"
    assert str(Progress(10, 10, 5.0)) == "10 of 10 requests"
    assert [duration_text(89), duration_text(300), duration_text(7800)] == ["89 s", "5 min", "2 h 10 min"]


def test_nothing_is_shown_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for quiet in (None, False):
        shower(quiet)(Progress(1, 1, 1.0))
    assert capsys.readouterr() == ("", "")
    heard: list[Progress] = []
    shower(heard.append)(Progress(1, 2, 1.0))
    assert heard == [Progress(1, 2, 1.0)]


def test_outside_notebooks_a_line_for_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    show = shower(True)
    for done in range(101):
        show(Progress(done, 100, done / 2))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0] == "0 of 100 requests"
    assert lines[1] == "10 of 100 requests, about 45 s left"


def test_in_a_notebook_a_bar_shown_once(monkeypatch: pytest.MonkeyPatch) -> None:
    display = pytest.importorskip("IPython.display")
    pytest.importorskip("ipywidgets")
    shell = SimpleNamespace(kernel=object())
    shown: list[Any] = []
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    monkeypatch.setattr(display, "display", shown.append)
    show = shower(True)
    show(Progress(0, 4, 0.0))
    show(Progress(3, 4, 6.0, "NVDA"))
    assert isinstance(show, _Bar)
    assert (show.bar.value, show.bar.max) == (3, 4)
    assert show.text.value == "3 of 4 requests, about 2 s left (NVDA)"
    assert len(shown) == 1


class FakeClock:
    """Its time passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 100.0

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_a_long_sleep_tells_of_each_second() -> None:
    """first_use A9, B10: five real minutes without a sign of life."""
    clock, told = FakeClock(), list[str]()
    sleep_shown(clock, 3.5, lambda now: told.append(str(now)))
    assert clock.time == 103.5
    assert told == ["0 of 3 s", "1 of 3 s, about 2 s left", "2 of 3 s, about 1 s left", "3 of 3 s", "3 of 3 s"]


@pytest.mark.parametrize(
    ("real", "notebook", "seconds", "shown"),
    [(True, True, 11, True), (True, True, 10, False), (True, False, 60, False), (False, True, 3600, False)],
)
def test_a_sleep_shows_itself_where_somebody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, real: bool, notebook: bool, seconds: float, shown: bool
) -> None:
    app = ibnb.IBApp()
    clock = FakeClock()
    bars: list[float] = []
    monkeypatch.setattr(type(core(app).clock), "is_real", property(lambda self: real))
    monkeypatch.setattr(core(app).clock, "sleep", clock.sleep)
    monkeypatch.setattr(session, "in_notebook", lambda: notebook)
    monkeypatch.setattr(session, "sleep_shown", lambda clock, seconds, show: bars.append(seconds))
    app.sleep(seconds)
    assert bars == ([seconds] if shown else [])


def test_a_sleep_tells_your_own_function_on_any_clock() -> None:
    told: list[Progress] = []
    with ibnb.connect("embedded") as app:
        before = app.now()
        app.sleep(3, progress=told.append)
        assert (app.now() - before).total_seconds() == 3
    assert [now.done for now in told] == [0, 1, 2, 3]
