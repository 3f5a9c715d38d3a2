"""A message that can't be read: whose answer lacks it.

Rule: an answer is never shorter in silence. The request to which the message belongs ends with an error: the one whose
id it carries; where there is no id, or it can't be read either, each one that waits for messages of this kind.
"""

from __future__ import annotations

from typing import NamedTuple

from ibnb.core.pending import Pending, Slot
from ibnb.errors import IBError
from ibnb.ib.api import MESSAGE_NAMES
from ibnb.wire.address import address

# Key or verb of the requests that wait for messages without an id → these messages' ids, and their callbacks.
_KINDS: tuple[tuple[str, frozenset[int], frozenset[str]], ...] = (
    ("openOrders", frozenset({3, 5, 53}), frozenset({"orderStatus", "openOrder", "openOrderEnd"})),
    (
        "accountUpdates",
        frozenset({6, 7, 8, 54}),
        frozenset({"updateAccountValue", "updatePortfolio", "updateAccountTime", "accountDownloadEnd"}),
    ),
    ("newsBulletins", frozenset({14}), frozenset({"updateNewsBulletin"})),
    ("scannerParameters", frozenset({19}), frozenset({"scannerParameters"})),
    ("currentTime", frozenset({49}), frozenset({"currentTime"})),
    ("getExecutions", frozenset({59}), frozenset({"commissionReport", "commissionAndFeesReport"})),
    ("positions", frozenset({61, 62}), frozenset({"position", "positionEnd"})),
    ("familyCodes", frozenset({78}), frozenset({"familyCodes"})),
    ("mktDepthExchanges", frozenset({80}), frozenset({"mktDepthExchanges"})),
    ("newsProviders", frozenset({85}), frozenset({"newsProviders"})),
    ("getMarketRule", frozenset({93}), frozenset({"marketRule"})),
    ("completedOrders", frozenset({101, 102}), frozenset({"completedOrder", "completedOrdersEnd"})),
)
# The kind of a request (codes.KINDS) → the messages that answer it and carry its id.
_ANSWERS = {
    "account": frozenset({63, 64, 71, 72, 73, 74, 94, 95}),
    "contract": frozenset({10, 18, 52, 75, 76, 79}),
    "history": frozenset({17, 88, 89, 90, 96, 97, 98, 106, 108}),
    "market_data": frozenset({1, 2, 12, 13, 21, 45, 46, 47, 50, 57, 58, 81, 84, 91, 92, 99}),
    "news": frozenset({83, 86, 87}),
    "option": frozenset({21}),
    "request": frozenset({11, 55, 67, 68, 77, 82, 104, 105, 107, 110, 111}),
    "scanner": frozenset({20}),
}
#: Messages that carry an order's id: whoever waits for the order hears that one couldn't be read.
ABOUT_ORDERS = frozenset({3, 5})
# It may be that of a preview.
_OPEN_ORDER = 5


class Unread(NamedTuple):
    """A message: its name, and the id that it carries (None: none that can be read)."""

    number: int
    name: str
    key: int | None


def describe(payload: bytes, version: int) -> Unread:
    """What can still be said of a message."""
    try:
        number, key, _ = address(payload, version)
    except ValueError:
        return Unread(0, "without an id", None)
    return Unread(number, f"{MESSAGE_NAMES.get(number, 'unknown')} ({number})", key)


def waiting_for(pending: Pending, message: Unread) -> list[Slot]:
    """The open requests whose answer lacks the message."""
    number, key = message.number, message.key
    waiting = pending.all()
    for kind, numbers, _ in _KINDS:
        if number in numbers:
            own = [pending.get(key)] if number == _OPEN_ORDER and key is not None else []
            return [each for each in (*_of_kind(waiting, kind), *own) if each is not None]
    if key is None:
        return [slot for slot in waiting if isinstance(slot.key, int) and number in _ANSWERS.get(slot.kind, ())]
    slot = pending.get(key)
    return [] if slot is None else [slot]


def waiting_for_callback(pending: Pending, name: str, args: tuple[object, ...]) -> list[Slot]:
    """The open requests whose answer lacks a callback that couldn't be used. Most carry their request's id first."""
    for kind, _, names in _KINDS:
        if name in names:
            return _of_kind(pending.all(), kind)
    slot = pending.get(args[0]) if args and isinstance(args[0], int) else None
    return [] if slot is None else [slot]


def fail(slots: list[Slot], what: str, error: Exception) -> None:
    """End requests whose answer isn't whole."""
    first: BaseException = error
    # What ibapi stumbles over while it reports it says nothing.
    while first.__context__ is not None:
        first = first.__context__
    why = "a field is missing" if isinstance(first, StopIteration) else repr(first)
    for slot in slots:
        cause = IBError(f"{slot.verb}: the answer isn't whole: {what}: {why}; see app.problems")
        cause.__cause__ = error
        slot.fail(cause, still_runs=True)


def _of_kind(slots: list[Slot], kind: str) -> list[Slot]:
    return [slot for slot in slots if kind in (slot.key, slot.verb)]
