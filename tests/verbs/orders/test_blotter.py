from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb import createContract, createOrder
from ibnb.verbs.orders.blotter import DONE, STATUSES, Blotter

NVDA = createContract("NVDA")
ORDER = createOrder("BUY", 10, "LMT", 100.0)


def sent() -> Blotter:
    blotter = Blotter()
    blotter.sent(27, NVDA, ORDER, 0.0)
    return blotter


def say(blotter: Blotter, status: str, filled: float = 0.0, why: str = "") -> None:
    blotter.status(27, status, filled, 10.0 - filled, 100.0, 5, 0, 1, why, 1.0)


def report(blotter: Blotter) -> Any:
    found = blotter.report(27)
    assert found is not None
    return found


def test_an_order_that_was_sent_waits_for_its_first_word() -> None:
    found = report(sent())
    assert (found.status, found.filled, found.remaining) == ("PendingSubmit", 0.0, 10.0)
    assert math.isnan(found.avgFillPrice)
    assert not found.done


def test_an_order_that_tws_takes_after_all_is_not_rejected() -> None:
    blotter = sent()
    blotter.told(27, 399, "Warning", 1.0)
    assert blotter.rejected(27) is None
    blotter.told(27, 203, "not allowed", 1.0)
    assert blotter.rejected(27) == (203, "not allowed")
    say(blotter, "Submitted")
    assert blotter.rejected(27) is None
    assert report(blotter).status == "Submitted"


def test_the_text_of_a_cancel_decides_nothing() -> None:
    blotter = sent()
    for code in (202, 10147, 10148, 161, 136):
        blotter.told(27, code, "about a cancel", 1.0)
    assert blotter.rejected(27) is None
    assert report(blotter).status == "PendingSubmit"


def test_a_refused_change_leaves_the_order_alive() -> None:
    blotter = sent()
    say(blotter, "Submitted")
    blotter.sent(27, NVDA, ORDER, 2.0)
    before = blotter.version(27)
    blotter.told(27, 201, "no", 2.0)
    assert blotter.rejected(27) is None
    assert report(blotter).status == "Submitted"
    assert blotter.last_message(27, before, frozenset({201})) == (201, "no")
    assert blotter.last_message(27, blotter.version(27), frozenset({201})) is None


def test_a_rejection_after_acceptance_counts() -> None:
    blotter = sent()
    say(blotter, "PreSubmitted")
    blotter.told(27, 201, "margin", 2.0)
    assert report(blotter).status == "Inactive"


def test_the_same_words_again_are_no_news() -> None:
    blotter = sent()
    say(blotter, "Submitted")
    before = blotter.version(27)
    say(blotter, "Submitted")
    assert blotter.version(27) == before
    say(blotter, "Submitted", why="child")
    assert blotter.version(27) == before + 1


def test_a_commission_may_come_before_its_fill() -> None:
    blotter = sent()
    blotter.charged("x.01", 1.25, "USD", math.nan)
    blotter.executed(27, "x.01", 1.0)
    blotter.executed(27, "x.01", 1.0)
    assert not blotter.missing_commissions(27)
    assert report(blotter).commission == 1.25


def test_what_is_not_known_is_none() -> None:
    blotter = Blotter()
    assert blotter.report(1) is blotter.order(1) is blotter.rejected(1) is None
    assert blotter.version(1) == -1
    assert blotter.log(1) == []
    blotter.told(1, 201, "nobody's", 0.0)
    say(blotter, "Filled", 10.0)
    assert blotter.ids() == []


@pytest.mark.parametrize("name", ["status", "filled"])
def test_a_report_cannot_be_changed(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(report(sent()), name, 1)


@given(st.lists(st.tuples(st.sampled_from(STATUSES), st.sampled_from([0.0, 4.0, 10.0])), max_size=20))
def test_the_last_word_of_tws_is_the_state(words: list[tuple[str, float]]) -> None:
    blotter = sent()
    for status, filled in words:
        say(blotter, status, filled)
    found = report(blotter)
    status, filled = words[-1] if words else ("PendingSubmit", 0.0)
    assert (found.status, found.filled, found.remaining) == (status, filled, 10.0 - filled)
    assert found.done == (status in DONE)
    assert blotter.ids(DONE) == ([27] if status in DONE else [])
