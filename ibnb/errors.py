"""What can go wrong, as exceptions that say what was wrong, what is legal and what to do next.

The codes themselves are data, in `codes.py`; here a code and its text become the right exception.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ibnb.ib.codes import History162, explain_code, history_kind, lookup
from ibnb.tracebacks import short_traceback


class IBError(Exception):
    """Anything that ibnb raises about a session or a request (wrong arguments are ValueError)."""

    def _render_traceback_(self) -> list[str]:
        return short_traceback(self)


class CallbackWarning(UserWarning):
    """An exception happened in a callback since the last call; `app.problems` has the traceback."""


class NotConnectedError(IBError, ConnectionError):
    """There is no session with TWS or IB Gateway: it could never be made, or it was closed."""


class ConnectionLostError(IBError, ConnectionError):
    """The session ended while something was still waiting for its answer."""


class RequestTimeoutError(IBError, TimeoutError):
    """No answer in time. The request has been cancelled and the session is still usable."""

    def __init__(self, text: str, *, verb: str = "", rows: int = 0) -> None:
        super().__init__(text)
        self.verb = verb
        self.rows = rows


class SafetyError(IBError):
    """Something was refused, before it was sent, to protect an account."""


class RequestError(IBError):
    """TWS refused a request, or couldn't answer it.

    `code` is IB's number, `reqId` the request or order id, `verb` what was called, `text` what TWS
    wrote, `advice` what to do next, `about` which of a list it concerns.
    """

    def __init__(
        self, code: int, text: str, *, reqId: int = -1, verb: str = "", advice: str = "", about: str = ""
    ) -> None:
        self.code = code
        self.text = text
        self.reqId = reqId
        self.verb = verb
        self.advice = advice or lookup(code).advice
        self.about = about
        said = " ".join(text.split())
        message = f"{verb}: " if verb else ""
        message += f"TWS answered{f' {code}' if code else ''}{f' for {about}' if about else ''}: {said}"
        if self.advice:
            message += f"\n{self.advice}"
        super().__init__(message)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions travel between processes (pytest-xdist, concurrent.futures) with all they know.
        words: dict[str, Any] = {"reqId": self.reqId, "verb": self.verb, "advice": self.advice, "about": self.about}
        return partial(type(self), self.code, self.text, **words), ()


class ContractNotFoundError(RequestError):
    """No instrument fits the contract's fields."""


class AmbiguousContractError(RequestError):
    """More than one instrument fits the contract's fields; `candidates` is the frame of them where a verb has it."""

    candidates: Any = None


class MarketDataError(RequestError):
    """Quotes can't be had: no subscription, too many lines, another session holds them."""


class HistoricalDataError(RequestError):
    """Bars or ticks of the past can't be had; `kind` says which sort of 162 it was."""

    @property
    def kind(self) -> str:
        return history_kind(self.text).name if self.code == 162 else "other"


class PacingError(RequestError):
    """Too many requests in too short a time."""


class OrderRejectedError(RequestError):
    """TWS or the exchange refused an order."""


_BY_FAMILY: dict[str, type[RequestError]] = {
    "contract": ContractNotFoundError,
    "ambiguous": AmbiguousContractError,
    "market_data": MarketDataError,
    "history": HistoricalDataError,
    "pacing": PacingError,
    "order": OrderRejectedError,
}


def request_error(
    code: int, text: str, *, reqId: int = -1, verb: str = "", kind: str = "request", about: str = ""
) -> RequestError:
    """The exception for an error message that ended a request of this kind (see `codes.KINDS`)."""
    family = lookup(code).family
    advice = ""
    low = text.lower()
    if code == 200 and ("ambiguous" in low or "you must specify" in low):
        family = "ambiguous"
    if code == 162:
        sort: History162 = history_kind(text)
        advice = sort.advice
        family = "pacing" if sort.name == "pacing" else "history"
    if not family:
        family = kind if kind in ("market_data", "history", "order") else ""
    return _BY_FAMILY.get(family, RequestError)(code, text, reqId=reqId, verb=verb, advice=advice, about=about)


def explain(code: int, text: str = "") -> str:
    """What an IB code means and what to do about it, in two sentences; works without a connection."""
    return explain_code(code, text)
