"""Requests by their names, and when their answers came: `app.tape` as a time line."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from ibnb.core.clock import NEW_YORK
from ibnb.core.subscriptions import SORTS
from ibnb.core.tape import REQUEST, Row
from ibnb.verbs.orders.order_state import DONE
from ibnb.widgets.live import Live
from ibnb.widgets.markup import NOTHING, Cell, note, table

_COLUMNS = ("Id", "Request", "About", "Sent", "Answers", "First after", "State", "From first to last")
# Requests without an id, and the callbacks that answer them.
_ANSWERS = {
    "reqPositions": ("position", "positionEnd"),
    "reqCurrentTime": ("currentTime",),
    "reqOpenOrders": ("openOrder", "orderStatus", "openOrderEnd"),
    "reqAllOpenOrders": ("openOrder", "orderStatus", "openOrderEnd"),
    "reqAccountUpdates": ("updateAccountValue", "updatePortfolio", "updateAccountTime", "accountDownloadEnd"),
    "reqScannerParameters": ("scannerParameters",),
    "reqMktDepthExchanges": ("mktDepthExchanges",),
    "reqNewsProviders": ("newsProviders",),
    "reqManagedAccts": ("managedAccounts",),
    "reqIds": ("nextValidId",),
    "startApi": ("managedAccounts", "nextValidId"),
}
_ENDS = re.compile(r"End$|^scannerParameters$|^currentTime$|^managedAccounts$|^nextValidId$")
# Requests that TWS goes on answering after their first end, and what ends those without an id.
_GO_ON = SORTS.keys() - {"reqHistoricalData"}
_ENDED_BY = {sort.cancel: request for request, sort in SORTS.items() if sort.name and sort.cancel}
# Notices that carry a request's id and refuse nothing.
_HARMLESS = range(2100, 2200)
# How TWS confirms a cancel.
_GOODBYES = (162, 202)
_WIDTH = 130


@dataclass
class Lane:
    """A request and what came for it."""

    key: int | None
    name: str
    about: str
    sent: Any
    first: int
    last: int
    answers: int = 0
    after: float | None = None
    state: str = "no answer"


class MessageTimeline(Live):
    """The last requests of `app.tape`, by name, each with its answers on one line.

    `last`: so many requests. The field above shows only those whose name, id or contract holds a word. The line runs
    from message to message, in the order in which they went over the connection.

    >>> app.getCurrentTime()
    Timestamp('2025-06-11 14:00:00+0000', tz='UTC')
    >>> "reqCurrentTime" in ibnb.MessageTimeline(app).text
    True
    """

    def __init__(self, app: Any, last: int = 20) -> None:
        self._most = last
        self._word = widgets.Text(description="Show only", placeholder="reqMktData, AAPL, 12 …")
        super().__init__(app, before=[self._word])
        self._word.observe(lambda _: self.refresh(), "value")

    def view(self) -> str:
        lanes = lanes_of(self._core.tape.rows())
        word = self._word.value.strip().lower()
        if word:
            lanes = [each for each in lanes if word in f"{each.key} {each.name} {each.about}".lower()]
        shown = lanes[-self._most :]
        if not shown:
            return note("No requests." if not word else f"No request with {word!r}.")
        begin = min(each.first for each in shown)
        span = max(each.last for each in shown) - begin or 1
        rows: list[list[str | Cell]] = [
            [
                NOTHING if each.key is None else str(each.key),
                each.name,
                each.about,
                f"{each.sent.astimezone(NEW_YORK):%H:%M:%S}.{each.sent.microsecond // 1000:03d}",
                f"{each.answers:,}",
                NOTHING if each.after is None else f"{each.after:,.0f} ms",
                each.state,
                Cell(_line(each, begin, span), kind="l"),
            ]
            for each in shown
        ]
        hidden = len(lanes) - len(shown)
        more = note(f"{hidden} earlier requests aren't shown; app.tape has all.") if hidden else ""
        return table("Requests and answers", _COLUMNS, rows, left=("Request", "About", "State", _COLUMNS[-1])) + more

    def __repr__(self) -> str:
        return f"MessageTimeline(last={self._most})"


def lanes_of(rows: list[Row]) -> list[Lane]:
    """The requests among the tape's rows, in the order in which they were sent, with what came for each."""
    lanes: list[Lane] = []
    by_id: dict[int, Lane] = {}
    by_answer: dict[str, Lane] = {}
    by_name: dict[str, Lane] = {}
    for number, moment, direction, name, key, latency, _, summary in rows:
        if direction == REQUEST:
            over = name == "reqAccountUpdates" and "subscribe=False" in summary
            lane = by_id.get(key) if key is not None else by_name.get(name if over else _ENDED_BY.get(name, ""))
            if lane is not None:
                # A change of what is there already, or its end.
                lane.last = number
                lane.state = "cancelled" if name == "cancelOrder" else "changed" if name == lane.name else "ended"
                lane.state = "ended" if over else lane.state
                continue
            lane = Lane(key, name, _about(summary), moment, number, number)
            lanes.append(lane)
            if key is not None:
                by_id[key] = lane
            by_name[name] = lane
            by_answer |= dict.fromkeys(_ANSWERS.get(name, ()), lane)
            continue
        lane = by_id.get(key) if key is not None else by_answer.get(name)
        if lane is None:
            continue
        lane.last = number
        if name == "error":
            code = int(summary.split(", ")[1])
            if code not in _HARMLESS and not (lane.state in ("ended", "cancelled") and code in _GOODBYES):
                lane.state = f"error {code}"
            continue
        lane.answers += 1
        if lane.after is None:
            lane.after = latency if latency is not None else (moment - lane.sent).total_seconds() * 1000
        if name == "orderStatus":
            status = summary.split(", ")[1].strip("'")
            lane.state = status.lower() if status in DONE else lane.state
        if lane.state in ("no answer", "open"):
            lane.state = "answered" if _ENDS.search(name) and lane.name not in _GO_ON else "open"
    return lanes


def _about(summary: str) -> str:
    """The contract, or the symbol, that a request is about, as the tape writes it."""
    found = re.search(r"(?:contract|underlyingSymbol|pattern)='?([^,']*)", summary)
    return found[1] if found else ""


def _line(lane: Lane, begin: int, span: int) -> str:
    left, width = 100 * (lane.first - begin) / span, max(1.0, 100 * (lane.last - lane.first) / span)
    said = html.escape(f"messages {lane.first} to {lane.last}")
    return (
        f"<div role='img' aria-label='{said}' title='{said}' style='position:relative;width:{_WIDTH}px;height:12px'>"
        f"<div style='position:absolute;left:{min(left, 99):.1f}%;width:{min(width, 100 - min(left, 99)):.1f}%;"
        "height:12px;background:rgb(0,114,178);border-radius:3px'></div></div>"
    )
