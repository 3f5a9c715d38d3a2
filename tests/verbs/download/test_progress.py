from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from ibnb.verbs.download.progress import Progress, _Bar, duration_text, shower


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
