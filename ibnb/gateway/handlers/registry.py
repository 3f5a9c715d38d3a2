"""Which function answers which request, and how one refuses.

Rule: a handler is a function ``(world, client, request)`` that returns or yields the answers for the asking
client. It refuses by raising; it never answers with an empty success for what isn't simulated. Where it computes
for long it yields None now and then, so that other clients have their turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ..world import Client, World

Handler = Callable[[World, Client, Any], Iterable[Any] | None]
F = TypeVar("F", bound=Callable[..., Iterable[Any] | None])

HANDLERS: dict[type, Handler] = {}


class Refusal(Exception):
    """An error answer. ``id`` is that of the request unless given."""

    def __init__(self, code: int, text: str, id: int | None = None) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.id = id


def invalid(text: str, token: str = "b7", id: int | None = None) -> Refusal:
    """321: the request doesn't make sense. The token is an obfuscated class name that clients must not read."""
    return Refusal(321, f"Error validating request.-'{token}' : cause - {text}", id)


def unprocessed(text: str, token: str = "b7", id: int | None = None) -> Refusal:
    """322: the request makes sense but can't be carried out."""
    return Refusal(322, f"Error processing request.-'{token}' : cause - {text}", id)


def no_history(text: str, id: int | None = None) -> Refusal:
    """162: what the historical data service says."""
    return Refusal(162, f"Historical Market Data Service error message:{text}", id)


def not_simulated(what: str, id: int | None = None) -> Refusal:
    """What this gateway doesn't do. No TWS says this; it is said so that nobody waits for an answer."""
    return invalid(f"{what} is not simulated by ibnb.gateway", "ibnb", id)


def handles(*requests: type) -> Callable[[F], F]:
    """Register a handler for these request types. Two handlers for one type are a mistake."""

    def register(function: F) -> F:
        for request in requests:
            if request in HANDLERS:
                raise ValueError(f"{request.__name__} is handled already, by {HANDLERS[request].__name__}")
            HANDLERS[request] = function
        return function

    return register


def cancels(cls: type, kind: str = "", missing: tuple[int, str] | None = None) -> None:
    """Register the request that ends a subscription of this kind, or that finds nothing to end: silent, but for the
    error `missing` (its text may name the id) when there is no such subscription."""

    def cancel(world: World, client: Client, request: Any) -> None:
        id = getattr(request, "reqId", 0)
        if not client.unsubscribe(kind, id) and missing:
            raise Refusal(missing[0], missing[1].format(id))

    cancel.__doc__ = "Silent." if kind else "Silent: an answer is complete at once."
    if missing:
        cancel.__doc__ = f"Silent; {missing[0]} when there is nothing to end."
    handles(cls)(cancel)


def request_id(request: Any) -> int:
    """The id that errors about this request carry: its reqId or orderId, or -1."""
    for name in ("reqId", "orderId"):
        value = getattr(request, name, None)
        if isinstance(value, int):
            return value
    return -1
