from __future__ import annotations

import logging

import pytest

from ibnb.core.status import Status


def test_what_is_remembered_goes_to_the_log_too(caplog: pytest.LogCaptureFixture) -> None:
    """(Mutant of status.py.)"""
    status = Status(lambda: 0.0)
    with caplog.at_level(logging.DEBUG, "ibnb"):
        status.note(-1, 2104, "Market data farm connection is OK:usfarm")
        status.note(7, 200, "No security definition\nhas been found")
        status.note(-1, 1100, "Connectivity has been lost.")
        status.say("another order")
        status.say("the connection has ended", "connection")
        status.problem("orderStatus", "MyApp", ZeroDivisionError("mine"), "Traceback: mine")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", "notice 2104 (id -1): Market data farm connection is OK:usfarm"),
        ("INFO", "request 200 (id 7): No security definition has been found"),
        ("WARNING", "connection 1100 (id -1): Connectivity has been lost."),
        ("DEBUG", "another order"),
        ("WARNING", "the connection has ended"),
        ("ERROR", "exception in callback orderStatus (MyApp)\nTraceback: mine"),
    ]


def test_the_newest_two_thousand_notices_are_kept_and_all_are_counted() -> None:
    status = Status(lambda: 0.0)
    for number in range(2001):
        status.say(str(number))
    assert [notice.text for notice in status.notices] == [str(number) for number in range(1, 2001)]
    assert status.told == 2001
    assert [notice.text for notice in status.since(1999)] == ["1999", "2000"]
    assert status.since(2001) == []


def test_how_it_stands_is_one_line() -> None:
    status = Status(lambda: 0.0)
    assert status.describe() == "socket closed, link to IBKR unknown, no farm reported"
    status.connected()
    status.note(-1, 2104, "Market data farm connection is OK:usfarm")
    assert status.describe() == "socket open, link to IBKR up, all farms OK"
    status.note(-1, 2103, "Market data farm connection is broken:usfarm")
    status.note(-1, 1100, "Connectivity has been lost.")
    assert status.describe() == "socket open, link to IBKR lost, usfarm broken"
    status.note(-1, 1101, "Connectivity has been restored, data farms too - data lost.")
    assert status.describe() == "socket open, link to IBKR up, subscriptions lost, usfarm broken"
    status.note(-1, 1102, "Connectivity has been restored. All data farms are connected.")
    assert status.describe() == "socket open, link to IBKR up, all farms OK"
