from __future__ import annotations

import math

import pytest

from ibnb.verbs.orders.fills import Fill, Newest, average, family, reaches
from tests.verbs.orders.telling import ID, Told


@pytest.mark.parametrize(
    ("execId", "found"),
    [
        ("0000e0d5.6571abcd.01.01", ("0000e0d5.6571abcd.01", 1)),
        ("0000e0d5.6571abcd.01.12", ("0000e0d5.6571abcd.01", 12)),
        ("x1", ("x1", 0)),
        ("a.b", ("a.b", 0)),
        ("", ("", 0)),
    ],
)
def test_the_last_part_of_an_exec_id_counts_corrections(execId: str, found: tuple[str, int]) -> None:
    assert family(execId) == found


def test_the_highest_correction_counts_whenever_it_comes() -> None:
    told = Told().open("Submitted").execute(4, 99.0, "x.02")
    steps = len(told.blotter.log(ID))
    told.execute(5, 100.0, "x.01").execute(4, 99.0, "x.02")
    assert len(told.blotter.log(ID)) == steps
    report = told.execute(3, 98.0, "x.10").report()
    assert len(told.blotter.log(ID)) == steps + 1
    assert (report.filled, report.remaining, report.avgFillPrice) == (3.0, 2.0, 98.0)


def test_averages() -> None:
    assert math.isnan(average([]))
    assert average([Fill("a", 1, 100.1), Fill("b", 2, 100.1)]) == 100.1
    assert average([Fill("a", 1, 100.0), Fill("b", 3, 102.0)]) == 101.5


@pytest.mark.parametrize(
    ("done", "goal", "yes"),
    [(0.1 + 0.2, 0.3, True), (0.3, 0.1 + 0.2, True), (4.999, 5, False), (6, 5, True), (0, 0, True)],
)
def test_sums_of_fractions_reach_their_goal(done: float, goal: float, yes: bool) -> None:
    assert reaches(done, goal) is yes


def test_what_is_said_of_an_execution_is_found_by_any_correction_and_the_newest_counts() -> None:
    charges: Newest[float] = Newest()
    assert charges.of("x.01") is None
    assert charges.take("x.01", 1.0)
    assert charges.of("x.02") == 1.0
    assert charges.take("x.02", 1.25)
    assert not charges.take("x.01", 1.0)
    assert charges.of("x.01") == 1.25
    assert charges.take("x.02", 1.5)  # told again, and otherwise: the last word counts
    assert charges.of("x.01") == 1.5
    assert charges.of("y.01") is None
    assert charges.take("a.01", 2.0)
    assert charges.take("x.03", 3.0)
    assert charges.all() == [3.0, 2.0]


def test_minus_one_is_no_commission_but_a_rebate_is() -> None:
    """nautilus#4228, #4230: -1 stands for a commission that isn't known yet."""
    told = Told().status("Filled", 5, price=100.0).execute(5, 100.0, "x.01").charge("x.01", -1.0)
    assert math.isnan(told.report().commission)
    assert told.charge("x.01", -0.25).report().commission == -0.25
