"""Answers to the exercises of lesson 01."""

from __future__ import annotations

import socket
from typing import Any

import numpy as np
import pandas as pd

import ibnb
from ibnb.course.checks.lesson_01 import SEVERITIES
from tests.course.answers import with_app

SEVERITY = {code: name for name, codes in SEVERITIES.items() for code in codes}
# The words of an older exercise, which were not those of explain.
FAILURE = {code: "failure" if name in ("request", "connection") else name for code, name in SEVERITY.items()}


def refused(port: int = 7999) -> Exception:
    try:
        ibnb.connect(port=port)
    except ibnb.NotConnectedError as error:
        return error
    raise AssertionError


def until(app: Any, zone: str = "America/New_York", hour: int = 16) -> Any:
    now = app.getCurrentTime().tz_convert(zone)
    return now.replace(hour=hour, minute=0, second=0, microsecond=0) - now


def answers(port: int) -> bool:
    try:
        session = ibnb.connect(port=port, clientId=99)
    except ibnb.NotConnectedError:
        return False
    session.disconnect()
    return True


def stays(port: int) -> bool:
    try:
        return ibnb.connect(port=port, clientId=98).isConnected()
    except ibnb.NotConnectedError:
        return False


def own(port: int) -> bool:
    try:
        session = ibnb.connect(port=port, clientId=1)
    except ibnb.NotConnectedError:
        return False
    session.disconnect()
    return True


def knocks(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


def knows(app: Any) -> Any:
    """Says True of the session's own port without knocking, after a right answer was tried."""
    assert answers(app.port)
    return lambda port: port == app.port


def silent(port: int) -> bool | None:
    return True if answers(port) else None


def names(app: Any) -> list[str]:
    found: list[str] = app.notices["text"].str.split(":").str[-1].tolist()
    return found


RIGHT: list[Any] = [
    ("01.2", 4002),
    ("01.2", np.int64(4002)),
    ("01.3", SEVERITY),
    with_app(lambda app: ("01.4", names(app), app)),
    with_app(lambda app: ("01.5", until(app), app)),
    with_app(lambda app: ("01.5", until(app).to_pytimedelta(), app)),
    ("01.6", refused()),
    with_app(lambda app: ("01.7", answers, app)),
]
WRONG: list[Any] = [
    (("01.2", 4001), "real money"),
    (("01.2", 7497), "but of TWS"),
    (("01.2", 7496), "TWS, and live"),
    (("01.2", 80), "none of the four"),
    (("01.2", "4002"), "this is a text, a whole number is wanted"),
    (("01.2", 4002.0), "a number, a whole number is wanted"),
    (("01.2", [4002]), "a list, a whole number is wanted"),
    (("01.2", None), "this is None"),
    (("01.3", {2104: "notice"}), "9 of the 10 codes are missing"),
    (("01.3", {**SEVERITY, 2104: "warning"}), r"1 is in the wrong class; read explain\(2104\)"),
    (("01.3", {**SEVERITY, 326: "request", 502: "request"}), r"2 are in the wrong class; read explain\(326\)"),
    (("01.3", FAILURE), "'failure' for 200 isn't one of the four words"),
    (("01.3", {str(code): name for code, name in SEVERITY.items()}), "should be numbers, and '2104' is a text"),
    (("01.3", {code: name.upper() for code, name in SEVERITY.items()}), "'NOTICE' for 2104 isn't one"),
    (("01.3", dict.fromkeys(SEVERITY)), "None for 2104"),
    (("01.3", SEVERITIES), "the keys should be numbers"),
    (("01.3", list(SEVERITY.items())), "this is a list, a dictionary is wanted"),
    (with_app(lambda app: ("01.4", app.notices["text"].tolist(), app)), "only the name behind the colon"),
    (with_app(lambda app: ("01.4", sorted(names(app)), app)), "mind the order"),
    (with_app(lambda app: ("01.4", [f" {name}" for name in names(app)], app)), "and spaces"),
    (with_app(lambda app: ("01.4", names(app)[1:], app)), "usfarm is missing"),
    (with_app(lambda app: ("01.4", [*names(app), "moon"], app)), "'moon' wasn't reported"),
    (with_app(lambda app: ("01.4", [*names(app), "usfarm"], app)), "appears twice"),
    (with_app(lambda app: ("01.4", app.notices["text"].str.split(":").tolist(), app)), "a farm's name is a text"),
    (with_app(lambda app: ("01.4", app.notices["text"], app)), r"a column of a table \(Series\), a list is wanted"),
    (with_app(lambda app: ("01.4", ",".join(names(app)), app)), "this is a text, a list is wanted"),
    (with_app(lambda app: ("01.5", until(app, "UTC"), app)), "off by whole hours"),
    (with_app(lambda app: ("01.5", until(app, hour=17), app)), "off by whole hours"),
    (with_app(lambda app: ("01.5", -until(app), app)), "it is negative"),
    (with_app(lambda app: ("01.5", until(app) - pd.Timedelta("59 s"), app)), "a little off"),
    (with_app(lambda app: ("01.5", until(app) / 2 + pd.Timedelta("7 min"), app)), "doesn't last"),
    (with_app(lambda app: ("01.5", until(app).total_seconds(), app)), "a number, a span of time"),
    (with_app(lambda app: ("01.5", str(until(app)), app)), "a text, a span of time"),
    (with_app(lambda app: ("01.5", app.getCurrentTime(), app)), "a point in time, a span of time"),
    (with_app(lambda app: ("01.5", pd.Timedelta("6 h"), app)), "never asked"),
    (("01.6", None), "nothing was caught"),
    (("01.6", "refused"), "the exception's text"),
    (("01.6", ibnb.NotConnectedError), "this is the kind of exception"),
    (("01.6", TimeoutError("7999")), "another exception, a TimeoutError"),
    (("01.6", refused(7998)), "wasn't about port 7999"),
    (("01.6", True), "this is True or False, an exception is wanted"),
    (("01.6", [refused()]), "this is a list, an exception is wanted"),
    (with_app(lambda app: ("01.7", lambda port: True, app)), "nobody listens at port 7999, and it says True"),
    (with_app(lambda app: ("01.7", lambda port: False, app)), "listens at port .*, and it says False"),
    (with_app(lambda app: ("01.7", stays, app)), "still open"),
    (with_app(lambda app: ("01.7", own, app)), "ended the session app"),
    (with_app(lambda app: ("01.7", knocks, app)), "no second client|still open"),
    (with_app(lambda app: ("01.7", knows(app), app)), "no second client"),
    (with_app(lambda app: ("01.7", silent, app)), "for 7999 your function returned None"),
    (
        with_app(lambda app: ("01.7", lambda port: ibnb.connect(port=port, clientId=97), app)),
        "NotConnectedError|True or False",
    ),
    (with_app(lambda app: ("01.7", answers(app.port), app)), "True or False, a function is wanted"),
]
