"""What went over the connection, in order: requests out (→), callbacks in (←), with the session's time.

Recording is one append to a bounded ring; texts are made when somebody looks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

REQUEST, ANSWER = "→", "←"
COLUMNS = ["time", "direction", "name", "id", "summary"]


class Tape:
    """A ring of the last `size` messages; `on` switches it, `clear()` empties it."""

    def __init__(self, now: Callable[[], float], size: int = 20_000) -> None:
        self.on = True
        self._now = now
        self._number = count(1)
        self._ring: deque[tuple[int, float, str, str, Any, Any]] = deque(maxlen=size)

    def request(self, name: str, parameters: Mapping[str, Any]) -> None:
        """A request, with its arguments by name; texts are made now: contracts and orders change later."""
        if self.on:
            given = {key: value for key, value in parameters.items() if key != "self"}
            number = next((given[key] for key in ("reqId", "tickerId", "orderId") if key in given), None)
            text = ", ".join(f"{key}={brief(value)}" for key, value in given.items())
            self._ring.append((next(self._number), self._now(), REQUEST, name, number, text))

    def answer(self, name: str, args: tuple[Any, ...]) -> None:
        """A callback with its arguments."""
        self._ring.append((next(self._number), self._now(), ANSWER, name, None, args))

    def clear(self) -> None:
        self._ring.clear()

    def __len__(self) -> int:
        return len(self._ring)

    def rows(self) -> list[tuple[int, datetime, str, str, int | None, str]]:
        """(number, UTC time, direction, name, id, summary) of what the ring holds, oldest first."""
        found = []
        for number, when, direction, name, key, content in list(self._ring):
            if direction == ANSWER:
                key = content[0] if content and type(content[0]) is int and name not in _NO_ID else -1
                key = None if key == -1 else key
                content = ", ".join(brief(value) for value in content)
            found.append((number, datetime.fromtimestamp(when, UTC), direction, name, key, content))
        return found

    def frame(self) -> pd.DataFrame:
        """The ring as a DataFrame: index `number`, columns time (New York), direction, name, id, summary."""
        import pandas as pd

        rows = self.rows()
        table = pd.DataFrame([row[1:] for row in rows], columns=COLUMNS)
        table.index = pd.Index([row[0] for row in rows], name="number", dtype="int64")
        table["time"] = pd.to_datetime(table["time"], utc=True).dt.tz_convert("America/New_York").dt.as_unit("us")
        table["id"] = table["id"].astype("Int64")
        for name in ("direction", "name", "summary"):
            table[name] = table[name].astype("str")
        return table


# Callbacks whose first argument is a number but not the id of a request or order.
_NO_ID = {"currentTime", "currentTimeInMillis", "nextValidId", "marketRule", "updateNewsBulletin"}
_CONTRACT = ("symbol", "secType", "exchange", "currency")
_ORDER = ("action", "totalQuantity", "orderType", "lmtPrice")


def brief(value: object) -> str:
    """A short text for an argument: contracts, orders and bars by what matters, long texts cut."""
    for names in (_CONTRACT, _ORDER):
        if all(hasattr(value, name) for name in names):
            from ibnb._compat import is_unset

            shown = [str(getattr(value, name)) for name in names if not is_unset(getattr(value, name))]
            return " ".join(text for text in shown if text)
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def plot_timeline(tape: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Requests and callbacks of `app.tape` in the order in which they happened, one row per id, as a figure."""
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=(9, 4))
    lanes = [str(key) for key in dict.fromkeys(tape["id"].astype("string").fillna("no id"))]
    lane_of = {lane: place for place, lane in enumerate(lanes)}
    places = tape["id"].astype("string").fillna("no id").map(lane_of)
    for direction, marker, label in ((REQUEST, ">", "request"), (ANSWER, "o", "callback")):
        chosen = tape["direction"] == direction
        ax.plot(tape.index[chosen], places[chosen], marker, label=label)
    ax.set_yticks(range(len(lanes)), lanes)
    ax.set_xlabel("message number")
    ax.set_ylabel("request or order id")
    ax.legend(loc="best")
    return ax
