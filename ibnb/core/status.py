"""The state of a session, in three parts that fail separately: the socket, TWS's link to IBKR, each data farm.

Everything TWS says through `error` is remembered here, whether or not it ended a request.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.ib.code_table import Severity
from ibnb.ib.codes import FARMS, lookup, severity

logger = logging.getLogger("ibnb")
# Without any handler Python would print warnings on stderr, from the reader thread into some cell.
logger.addHandler(logging.NullHandler())

_LEVELS = {"notice": logging.DEBUG, "connection": logging.WARNING}
#: The code of what ibnb itself has to say.
OWN = 0
LINK = {1100: "lost", 2110: "lost", 1101: "up, subscriptions lost", 1102: "up"}


class Notice(NamedTuple):
    """One message that came through `error`."""

    time: float
    reqId: int
    code: int
    severity: str
    text: str


class Problem(NamedTuple):
    """An exception in a callback: whose, which, and where."""

    time: float
    callback: str
    where: str
    error: str
    traceback: str


class Status:
    """`socket` (open, closed, reconnecting), `link` (up, lost, unknown), `farms` {name: (kind, state, time)}."""

    def __init__(self, now: Callable[[], float], keep: int = 2000) -> None:
        self._now = now
        self.socket = "closed"
        self.link = "unknown"
        self.farms: dict[str, tuple[str, str, float]] = {}
        self.notices: deque[Notice] = deque(maxlen=keep)
        #: How many there have been, those that have given way included.
        self.told = 0
        self.problems: deque[Problem] = deque(maxlen=keep)
        self.problem_count = 0
        # Why the connection ended or is about to: the last thing TWS said about it.
        self.last_words: str
        # Where TWS has said that it is to be found from now on (1300).
        self.new_port: int | None

    def connected(self) -> None:
        self.socket, self.link, self.last_words = "open", "up", ""
        self.farms = {}
        self.new_port = None

    def note(self, reqId: int, code: int, text: str) -> Notice:
        """Remember a message, and what it says about the link and the farms."""
        notice = Notice(self._now(), reqId, code, severity(code, text), " ".join(text.split()))
        self._keep(notice)
        self.link = LINK.get(code, self.link)
        if code in FARMS:
            kind, state = FARMS[code]
            name = re.split(r"[:.]", notice.text, maxsplit=1)[-1].strip() if re.search(r"[:.]\S", text) else kind
            self.farms[name] = (kind, state, notice.time)
        if code == 1102 and "data farms" in text:
            self.farms = {name: (kind, "OK", notice.time) for name, (kind, _, _) in self.farms.items()}
        if code in (326, 506, 507, 1300):
            self.last_words = f"{code}: {notice.text} {lookup(code).advice}"
        if code == 1300 and (ports := re.findall(r"\d+", text)):
            self.new_port = int(ports[-1])
        logger.log(
            _LEVELS.get(notice.severity, logging.INFO), "%s %s (id %s): %s", notice.severity, code, reqId, notice.text
        )
        return notice

    def _keep(self, notice: Notice) -> None:
        self.notices.append(notice)
        self.told += 1

    def since(self, mark: int) -> list[Notice]:
        """The notices that came after `told` was `mark`."""
        new = self.told - mark
        return list(self.notices)[-new:] if new else []

    def say(self, text: str, severity: Severity = "notice") -> None:
        """Remember something that ibnb itself has to say, beside what TWS says: code 0."""
        self._keep(Notice(self._now(), -1, OWN, severity, text))
        logger.log(_LEVELS.get(severity, logging.INFO), "%s", text)

    def problem(self, callback: str, where: str, error: BaseException, trace: str, told: bool = False) -> None:
        """Remember an exception; told: a verb raises it, so that nobody else needs to be warned of it."""
        self.problem_count += not told
        self.problems.append(Problem(self._now(), callback, where, f"{type(error).__name__}: {error}", trace))
        logger.error("exception in callback %s (%s)\n%s", callback, where, trace)

    def describe(self) -> str:
        """One line about socket, link and farms, for messages."""
        broken = [f"{name} {state}" for name, (_, state, _) in self.farms.items() if state in ("broken", "connecting")]
        farms = ", ".join(broken) if broken else ("all farms OK" if self.farms else "no farm reported")
        return f"socket {self.socket}, link to IBKR {self.link}, {farms}"

    def notices_frame(self) -> pd.DataFrame:
        """Columns time (New York), reqId, code (0: ibnb's own), severity, text, meaning; oldest first."""
        return tables.frame("notices", [(*notice, _meaning(notice.code)) for notice in list(self.notices)])

    def problems_frame(self) -> pd.DataFrame:
        """Columns time (New York), callback, where, error, traceback; oldest first."""
        return tables.frame("problems", list(self.problems))

    def farms_frame(self) -> pd.DataFrame:
        """Index farm, columns kind, state, time of the last change (New York)."""
        return tables.frame("farms", [(name, *farm) for name, farm in self.farms.items()])


def _meaning(code: int) -> str:
    return "Said by ibnb itself." if code == OWN else lookup(code).meaning
