"""Who is at the other end, as the name of a folder: what one peer has said is never taken for another's.

Rule: a port, a host and an account's look say nothing, since a simulated TWS has them all. A gateway of ibnb gives its
world's name as its accounts' family code; whoever doesn't is IB, and is known by its accounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from typing import Any

from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.errors import RequestError, RequestTimeoutError

_WORLD = "ibnb "
# Seconds after which a TWS that doesn't answer is taken for one: gateways do.
_PATIENCE = 10.0


class PeerCallbacks(Listener):
    @on("familyCodes")
    def got_family_codes(self, familyCodes: Any) -> None:
        self._pending.answer("familyCodes", [str(each.familyCodeStr) for each in familyCodes])


def peer_name(app: Any, timeout: float | None) -> str:
    """Return "ibnb <scenario> <digits>" for a simulated world, "tws <digits>" for IB. NotConnectedError."""
    core = app._ibnb
    seconds = min(core.limit(timeout, "getHistory"), _PATIENCE)
    codes: list[str] = []
    with suppress(RequestError, RequestTimeoutError):
        (codes,) = core.ask("getHistory", "reqFamilyCodes", timeout=seconds)
    return next((code for code in codes if code.startswith(_WORLD)), f"tws {_digits(core.lifecycle.accounts)}")


def _digits(accounts: Iterable[str]) -> str:
    # Not the numbers themselves: a path is easily shown to others.
    return blake2b(",".join(sorted(accounts)).encode(), digest_size=6).hexdigest()
