"""What went over the connection, in order: requests out (→), callbacks in (←), with the session's time.

Recording is one append; texts are made when somebody looks.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from threading import get_ident
from typing import Any

import pandas as pd

from ibnb import tables
from ibnb.ib import api
from ibnb.wire.reader import READER

REQUEST, ANSWER, MESSAGE = "→", "←", "message"
_IDS = ("reqId", "tickerId", "orderId")
# So many entries, or callbacks, are counted (and dropped) at once.
_BATCH = 500

# (how many, time, direction, name, id, content, thread); a message that holds many callbacks is one entry.
Entry = tuple[int, float, str, str, Any, Any, int]
# (number, UTC time, direction, name, id, latency, thread, summary)
Row = tuple[int, datetime, str, str, int | None, float | None, str, str]


class Tape:
    """A ring of the last `size` messages; `on` switches it, `clear()` empties it."""

    def __init__(self, now: Callable[[], float], size: int = 20_000) -> None:
        self.on = True
        self._now = now
        self._size = size
        # The same thread may come by again in the middle: the garbage collector ends forgotten streams by requests.
        self._lock = threading.RLock()
        # What came last; the batches before it, each with the number of its callbacks and requests and with how many
        # those are altogether; and how many have been dropped.
        self._last: list[Entry] = []
        self._ring: deque[tuple[int, list[Entry]]] = deque()
        self._held = 0
        self._dropped = 0
        # Callbacks of messages in what came last.
        self._decoded = 0

    def request(self, name: str, parameters: Mapping[str, Any]) -> None:
        """A request, with its arguments by name; texts are made now: contracts and orders change later."""
        if self.on:
            number, text = None, ""
            if len(parameters) > 1:
                given = {key: value for key, value in parameters.items() if key != "self"}
                number = next((given[key] for key in _IDS if key in given), None)
                text = ", ".join([f"{key}={brief(value)}" for key, value in given.items()])
            self._append((1, self._now(), REQUEST, name, number, text, get_ident()))

    def answer(self, name: str, args: tuple[Any, ...]) -> None:
        """A callback with its arguments."""
        self._append((1, self._now(), ANSWER, name, None, args, get_ident()))

    def messages(self, callbacks: int, msg_id: int | None, payloads: list[bytes], server_version: int) -> None:
        """Messages that were decoded at once, all of one id or (None) each of its own: their callbacks are made when
        somebody looks."""
        self._append((callbacks, self._now(), MESSAGE, "", msg_id, (payloads, server_version), get_ident()))
        self._decoded += callbacks
        if self._decoded >= _BATCH:
            # Large ones are let go of early: they keep their bytes.
            self._begin_batch()

    def _append(self, entry: Entry) -> None:
        # Without a lock, which would cost more than the rest: to append is one step, which nobody can divide. The
        # entry is made before `last` is looked at: to look at the clock may give way to another thread.
        last = self._last
        last.append(entry)
        if len(last) >= _BATCH:
            self._begin_batch()

    def _begin_batch(self) -> None:
        """Put what came last behind the others, and drop the oldest if the rest is enough."""
        with self._lock:
            last, self._last, self._decoded = self._last, [], 0
            many = _count(last)
            self._ring.append((many, last))
            self._held += many
            while self._held - self._ring[0][0] >= self._size:
                many, batch = self._ring.popleft()
                self._held -= many
                # Counted anew: a thread may have appended while the batch was closed.
                self._dropped += _count(batch)

    def _entries(self) -> list[Entry]:
        with self._lock:
            return [entry for _, batch in self._ring for entry in batch] + self._last

    def clear(self) -> None:
        with self._lock:
            self._dropped += _count(self._entries())
            self._ring.clear()
            self._last = []
            self._held = 0

    def __len__(self) -> int:
        return min(_count(self._entries()), self._size)

    def rows(self) -> list[Row]:
        """What the ring holds, oldest first."""
        with self._lock:
            ring, dropped = self._entries(), self._dropped
        number = dropped + _count(ring)
        names = {each.ident: each.name for each in threading.enumerate()}
        names |= {ident: "reader" for ident, name in names.items() if name.startswith(READER)}
        found: list[Row] = []
        recorders: dict[int, Recorder] = {}
        for _, when, direction, name, key, content, ident in reversed(ring):
            moment, thread = datetime.fromtimestamp(when, UTC), names.get(ident, "ended")
            if direction == REQUEST:
                said = [(name, key, content)]
            else:
                told = [(name, content)]
                if direction == MESSAGE:
                    payloads, version = content
                    recorder = recorders.get(version) or recorders.setdefault(version, Recorder(version))
                    told = recorder.callbacks(key, payloads)
                said = [(each, None, args) for each, args in told[-(self._size - len(found)) :]]
            for each, key, content in reversed(said):
                if direction != REQUEST:
                    key = content[0] if content and type(content[0]) is int and each not in _NO_ID else -1
                    key = None if key == -1 else key
                    # When TWS met an error is told from 194 on only; when it came is in every row.
                    shown = (*content[:1], *content[2:]) if each == "error" else content
                    content = ", ".join(brief(value) for value in shown)
                way = REQUEST if direction == REQUEST else ANSWER
                found.append((number, moment, way, each, key, None, thread, content))
                number -= 1
            if len(found) >= self._size:
                break
        return _with_latencies(found[::-1])

    def frame(self) -> pd.DataFrame:
        """The ring as a DataFrame: index `number`; time (New York), direction ("→" out, "←" in), name, id, latency,
        thread, summary.

        `latency`: milliseconds from the request of that id to this callback; NaN without an id. `thread`: who sent it,
        or ran the callback ("reader" is ibnb's own thread; "ended" one that is gone).
        """
        return tables.frame("tape", [(row[0], row[1].timestamp(), *row[2:]) for row in self.rows()])


def _with_latencies(rows: list[Row]) -> list[Row]:
    asked: dict[int, datetime] = {}
    found = []
    for row in rows:
        number, moment, direction, name, key, _, thread, summary = row
        if key is not None and direction == REQUEST:
            asked[key] = moment
        since = asked.get(key) if key is not None and direction == ANSWER else None
        latency = None if since is None else round((moment - since).total_seconds() * 1000, 3)
        found.append((number, moment, direction, name, key, latency, thread, summary))
    return found


def _count(entries: list[Entry]) -> int:
    return sum([entry[0] for entry in entries])


class Recorder:
    """What ibapi's Decoder makes of messages of a server version. Making one takes milliseconds, since ibapi looks at
    each of its callbacks."""

    def __init__(self, server_version: int) -> None:
        self._id_of = partial(api.message_id, server_version=server_version)
        self._interpret = api.make_interpreter(self, server_version)
        self._found: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.endswith("ProtoBuf"):
            return lambda message: None
        return lambda *args: self._found.append((name, args))

    def callbacks(self, msg_id: int | None, payloads: list[bytes]) -> list[tuple[str, tuple[Any, ...]]]:
        """[(callback, arguments)]"""
        self._found = []
        for payload in payloads:
            self._interpret(self._id_of(payload) if msg_id is None else msg_id, payload)
        return self._found


# Callbacks whose first argument is a number but not the id of a request or order.
_NO_ID = {"currentTime", "currentTimeInMillis", "nextValidId", "marketRule", "updateNewsBulletin"}
_CONTRACT = ("symbol", "secType", "exchange", "currency")
_ORDER = ("action", "totalQuantity", "orderType", "lmtPrice")
_ORDER_STATE = ("status", "initMarginChange", "warningText")
_LONGEST = 80


def brief(value: object) -> str:
    """A short text for an argument: contracts, orders and their states by what matters, long texts cut."""
    if isinstance(value, str):
        return _cut(repr(value))
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        # ibapi's objects show where they are in memory: never the same twice.
        return _cut(f"[{', '.join(brief(each) for each in value[:_LONGEST])}]")
    for names in (_CONTRACT, _ORDER, _ORDER_STATE):
        if all(hasattr(value, name) for name in names):
            shown = [str(getattr(value, name)) for name in names if not api.is_unset(getattr(value, name))]
            return " ".join(text for text in shown if text)
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
