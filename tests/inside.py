"""The parts behind an app: the one place in the tests that knows where they are kept."""

from __future__ import annotations

from typing import Any

from ibnb.core.core import Core


def core(app: Any) -> Core:
    """The parts of a session."""
    parts: Core = app._ibnb
    return parts


def open_ids(app: Any) -> list[int]:
    """The ids of the requests that are open."""
    return [slot.key for slot in core(app).pending.all() if isinstance(slot.key, int)]


def speak(app: Any, version: int) -> None:
    """Have a session without a connection read messages of this server version."""
    core(app).lifecycle.version = app.serverVersion_ = version
    core(app).incoming.reset(None)  # type: ignore[arg-type]


def feed(app: Any, *payloads: bytes) -> None:
    """These messages come at once."""
    core(app).incoming.take(list(payloads))
