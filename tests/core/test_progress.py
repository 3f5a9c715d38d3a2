from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from fake_tws import FakeTWS
from inside import core
from small_app import App
from virtual import on_virtual_time

import ibnb
from ibnb.core import session
from ibnb.core.progress import QUIET, Progress, duration_text, shower, sleep_shown, wait_on
from ibnb.errors import RequestTimeoutError


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


class Page:
    """What a notebook's output shows, change by change."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.html = ""

    def display(self, bundle: dict[str, str], *, raw: bool, display_id: bool) -> Page:
        assert raw
        assert display_id
        self.update(bundle, raw=True)
        return self

    def update(self, bundle: dict[str, str], *, raw: bool) -> None:
        self.html = bundle["text/html"]
        self.seen.append(bundle["text/plain"])


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    display = pytest.importorskip("IPython.display")
    found = Page()
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    monkeypatch.setattr(display, "display", found.display)
    return found


def test_in_a_notebook_a_bar_that_is_one_output_and_no_widget(page: Page) -> None:
    """first_use C1: a widget in a saved notebook is "model not found"."""
    show = shower(True)
    show(Progress(0, 4, 0.0))
    show(Progress(3, 4, 6.0, "<NVDA>"))
    assert page.seen == ["0 of 4 requests", "3 of 4 requests, about 2 s left (<NVDA>)"]
    assert page.html == '<progress value="3" max="4"></progress> 3 of 4 requests, about 2 s left (&lt;NVDA&gt;)'


@pytest.mark.parametrize(("real", "shown"), [(True, 1), (False, 0)])
def test_a_long_verb_shows_itself_where_it_really_takes_time(page: Page, real: bool, shown: int) -> None:
    """first_use B10: off by default."""
    shower(None, real)(Progress(1, 4, 1.0))
    assert len(page.seen) == shown


class Answer:
    """A clock, and what is waited for: it comes after so many seconds."""

    def __init__(self, after: float) -> None:
        self.time, self.after = 100.0, 100.0 + after

    def monotonic(self) -> float:
        return self.time

    def wait(self, done: object, timeout: float) -> bool:
        self.time = min(self.time + timeout, max(self.time, self.after))
        return self.time >= self.after


def waited(clock: Answer, seconds: float) -> bool:
    clock.wait(None, QUIET)
    return wait_on(clock, lambda: clock.time >= clock.after, seconds, "getData")


@pytest.mark.parametrize(
    ("after", "came", "seen"),
    [
        (3.0, True, []),
        (4.5, True, ["getData: waiting, 3 s of at most 60 s", "getData: waiting, 4 s of at most 60 s", ""]),
        (1000.0, False, ["getData: waiting, 3 s of at most 60 s"]),
    ],
)
def test_a_wait_says_what_for_after_a_moment_and_leaves_nothing_behind(
    page: Page, after: float, came: bool, seen: list[str]
) -> None:
    """first_use B10: none in waitOrder, none in getDataMany."""
    clock = Answer(after)
    assert waited(clock, 60.0) is came
    assert clock.time == 100.0 + min(after, 60.0)
    assert page.seen[: len(seen)] == seen
    assert page.html == ""


def test_a_wait_elsewhere_is_as_long_and_says_nothing(page: Page) -> None:
    """Outside the main thread of a kernel nobody would know whose bar it is."""
    clock = Answer(1000.0)
    with ThreadPoolExecutor() as others:
        assert others.submit(waited, clock, 60.0).result() is False
    assert clock.time == 160.0
    assert page.seen == []


@pytest.mark.parametrize(
    ("real", "timeout", "first"),
    [(True, 10, ["getHead: waiting, 3 s of at most 8 s"]), (True, 4, []), (False, 10, [])],
)
def test_a_verb_that_waits_for_long_says_so_where_it_really_waits(
    page: Page, real: bool, timeout: float, first: list[str]
) -> None:
    """first_use B10. Two seconds before the end, or a quarter, TWS is asked whether it lives: a wait of its own."""
    tws, app = FakeTWS(answers={87: lambda fields: []}), App()
    tws.pair(app)
    clock = on_virtual_time(app)
    core(app).clock.is_real = real
    with pytest.raises(RequestTimeoutError):
        app.getHead(timeout=timeout)
    assert clock.passed == timeout
    assert page.seen[:1] == first
    assert page.html == ""
    app.disconnect()
    tws.close()


def test_many_bars_tell_of_each_answer() -> None:
    told: list[Progress] = []
    with ibnb.connect("embedded") as app:
        app.getDataMany(["AAPL", "MSFT"], app.dataSettings("1 D", "1 hour"), progress=told.append)
    assert [(now.done, now.total, now.what) for now in told] == [(1, 2, "AAPL"), (2, 2, "MSFT")]


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
    monkeypatch.setattr(core(app).clock, "is_real", real)
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
