"""A timeout tells what concerns its own request (orders_and_safety 4: it blamed others, and the contract)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fake_tws import FakeTWS
from inside import core
from small_app import App
from virtual import VirtualClock, on_virtual_time

import ibnb
from ibnb.errors import ContractNotFoundError, RequestTimeoutError

BROKEN = (4, 2, -1, 2103, "Market data farm connection is broken:usfarm")


@contextmanager
def session(answers: dict[int, Any], app: App | None = None) -> Iterator[tuple[FakeTWS, App, VirtualClock]]:
    """A TWS that leaves what isn't in `answers` unanswered, and a session with it on virtual time."""
    tws, app = FakeTWS(answers={87: lambda fields: [], **answers}), app or App()
    tws.pair(app)
    if 49 in answers:  # what doesn't come needn't be waited for
        app.fenceTimeout = 0.05
    yield tws, app, on_virtual_time(app)
    app.disconnect()
    tws.close()


def timeout_of(ask: Callable[[], object]) -> str:
    with pytest.raises(RequestTimeoutError) as caught:
        ask()
    return str(caught.value)


@pytest.mark.parametrize("name", ["timeout", "connectTimeout", "fenceTimeout"])
@pytest.mark.parametrize("wrong", ["1 min", None, -5, float("nan")])
def test_what_isnt_seconds_is_refused_where_it_is_set(name: str, wrong: Any) -> None:
    """The next verb raised "unsupported operand type(s) for /", and with nan it never ended."""
    app = App()
    before = getattr(app, name)
    with pytest.raises(ValueError, match=f"app.{name}: .* is not legal: seconds, 0 or more"):
        setattr(app, name, wrong)
    assert getattr(app, name) == before
    setattr(app, name, 0)


def test_how_long_a_session_waits_until_it_is_told() -> None:
    app = App()
    assert (app.timeout, app.connectTimeout, app.fenceTimeout, app.staleAfter) == (60, 10, 20, 300)


def test_what_tws_said_of_other_requests_or_before_is_not_told() -> None:
    other = (4, 2, 7, 200, "No security definition has been found for the request")
    with session({87: lambda fields: [other, (4, 2, -1, 2104, "Market data farm connection is OK:usfarm")]}) as (
        tws,
        app,
        _,
    ):
        tws.send(*BROKEN)
        core(app).fence.wait()
        text = timeout_of(lambda: app.getHead(timeout=10))
    assert "TWS said" not in text


def test_its_own_notices_and_those_of_the_session_since_then_are_told_with_their_age() -> None:
    def answer(fields: list[str]) -> list[tuple[Any, ...]]:
        return [(4, 2, fields[1], 2176, "fractional share size rules"), BROKEN]

    with session({87: answer}) as (_, app, _):
        text = timeout_of(lambda: app.getHead(timeout=10))
    assert "\nTWS said 2176, 10 s ago: fractional share size rules" in text
    assert "\nTWS said 2103, 10 s ago: Market data farm connection is broken:usfarm" in text


@pytest.mark.parametrize("name", ["tickPrice", "msgLoopRec"])
def test_an_override_that_blocks_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, let_go, inside = threading.Event(), threading.Event(), threading.Event()

    def block(self: App, *args: object) -> None:
        if asked.is_set():
            inside.set()
            assert let_go.wait(60)

    def answer(fields: list[str]) -> list[tuple[Any, ...]]:
        asked.set()
        return [(1, 6, 5, 1, 200.0, 3, 1)]

    with session({87: answer}, type("Blocking", (App,), {name: block, "__module__": __name__})()) as (_, app, clock):
        app.fenceTimeout, step = 0.05, clock.step
        # Time goes on when the override blocks.
        monkeypatch.setattr(clock, "step", lambda limit: inside.wait(60) and step(limit))
        text = timeout_of(lambda: app.getHead(timeout=10))
        let_go.set()
    assert inside.is_set()
    assert f"Your override of {name} has been running for " in text
    assert "Let it hand its work to another thread (queue.Queue), and return." in text
    assert "check the contract" not in text
    assert "answers nothing at all" not in text


def test_an_override_that_has_returned_is_not_blamed() -> None:
    class Quick(App):
        def tickPrice(self, *args: object) -> None:
            raise RuntimeError("it ends all the same")

    with session({87: lambda fields: [(1, 6, 5, 1, 200.0, 3, 1)]}, Quick()) as (_, app, _):
        text = timeout_of(lambda: app.getHead(timeout=10))
    assert "override" not in text


@pytest.mark.parametrize(
    ("seconds", "answers", "said"),
    [
        (1, True, "TWS itself answers (reqCurrentTime)"),
        (1, False, "TWS hasn't answered within 0.25 s what time it is (reqCurrentTime) either."),
        (10, True, "TWS itself answers (reqCurrentTime)"),
        (10, False, "TWS answers nothing at all, not even reqCurrentTime"),
    ],
)
def test_whether_tws_answers_anything_is_told_of_short_waits_too(seconds: int, answers: bool, said: str) -> None:
    with session({} if answers else {49: lambda fields: []}) as (_, app, _):
        assert said in timeout_of(lambda: app.getHead(timeout=seconds))


@pytest.fixture
def lessons() -> Iterator[Any]:
    yield ibnb.connect("embedded")
    ibnb.reset()


@pytest.mark.parametrize(
    ("verb", "ask"),
    [
        ("getQuotes", lambda app, many: app.getQuotes(many)),
        ("getDataMany", lambda app, many: app.getDataMany(many, app.dataSettings("2 D", "1 day"))),
    ],
)
def test_the_error_of_a_list_says_which_of_it(lessons: Any, verb: str, ask: Callable[[Any, list[Any]], object]) -> None:
    """first_use B4: neither the symbol nor the right verb."""
    many = [lessons.createContract("AAPL"), lessons.createContract("QQQQZ"), lessons.createContract("MSFT")]
    with pytest.raises(ContractNotFoundError, match=f"^{verb}: TWS answered 200 for QQQQZ: ") as caught:
        ask(lessons, many)
    assert (caught.value.about, caught.value.verb) == ("QQQQZ", verb)


def test_of_a_list_a_timeout_says_which_one(lessons: Any) -> None:
    lessons.gateway.faults.lose_next("ReqMktData")
    many = [lessons.createContract(each) for each in ("AAPL", "MSFT")]
    assert timeout_of(lambda: lessons.getQuotes(many, timeout=5)).startswith("getQuotes: no answer for AAPL within 5 s")
