"""Lesson 01: ports, codes, a connection that fails, the server's clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ibnb.course.exercises import exercise, received

_PORTS = {
    7497: "that is paper, but of TWS; Gateway has a door of its own",
    7496: "that is TWS, and live",
    4001: "that is Gateway, but live: real money",
}
SEVERITIES = {
    "notice": (2104, 2106, 2158, 1102),
    "warning": (10167, 399),
    "failure": (200, 162, 326, 502),
}


@exercise("01.1", correct="4002 is IB Gateway with a paper account")
def paper_gateway(port: int) -> str | None:
    if port == 4002:
        return None
    return _PORTS.get(port, "none of the four usual ports has this number")


@exercise("01.2", correct="the code decides, not the word 'error'")
def severities(answer: dict[int, str]) -> str | None:
    truth = {code: name for name, codes in SEVERITIES.items() for code in codes}
    missing = [code for code in truth if code not in answer]
    if missing:
        return f"{len(missing)} of the {len(truth)} codes are missing, {missing[0]} first"
    wrong = [code for code, name in truth.items() if answer[code] != name]
    return f"{len(wrong)} are in the wrong class; read explain({wrong[0]}) once more" if wrong else None


@exercise("01.3", correct="a failed connection is an exception that you can catch and read")
def caught_exception(error: Any) -> str | None:
    from ibnb import NotConnectedError

    if error is None:
        return "nothing was caught: did the connection succeed, or is the name gone after the block?"
    if not isinstance(error, NotConnectedError):
        return f"the answer should be the NotConnectedError itself, and is of type {type(error).__name__}"
    return None


@exercise("01.4", correct="the server's clock is the one that counts for trading")
def until_the_bell(answer: timedelta, app: Any) -> str | None:
    if not isinstance(answer, timedelta):
        return "the difference of two times should be a timedelta"
    now = app.getCurrentTime().tz_convert("America/New_York")
    truth = now.replace(hour=16, minute=0, second=0, microsecond=0) - now
    if app.gateway is not None and not received(app, "ReqCurrentTime"):
        return "the server was never asked for its time"
    if abs(answer - truth) < timedelta(minutes=2):
        return None
    elsewhere = abs(answer - truth) % timedelta(hours=1) < timedelta(minutes=2)
    return "it is off by whole hours: 16:00 in which zone?" if elsewhere else f"the session doesn't last {answer} more"
