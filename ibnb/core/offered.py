"""What `app.` + Tab offers: the verbs, and the requests of ibapi's EClient.

Rule: everything is there, also what isn't offered. Left out are the callbacks, which TWS calls and nobody else, the
protobuf twin of each request and each callback, and what moves the bytes.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ibnb.ib import api

_REQUESTS = ("req", "cancel", "place", "exercise", "calculate", "query", "subscribe", "unsubscribe", "replaceFA")
# ibnb's own, and yet nobody's to call.
_INSIDE = {"sendMsg", "logRequest", "useProtoBuf", "wrapper", "conn", "error"}


@cache
def _theirs() -> frozenset[str]:
    return frozenset(dir(api.EClient)) | set(dir(api.EWrapper)) | set(vars(api.EClient(api.EWrapper())))


def offered(app: Any) -> list[str]:
    """The names that `dir(app)` has: ibnb's, a subclass' own, and what was set on the object."""
    ours = {name for each in type(app).__mro__ if each.__module__.partition(".")[0] != "ibapi" for name in vars(each)}
    requests = {name for name in dir(api.EClient) if name.startswith(_REQUESTS)}
    given = set(vars(app)) - _theirs()
    names = {name for name in ours | requests | given if not name.endswith(api.TWIN) and name not in _INSIDE}
    return sorted(names | {"host", "port", "clientId"})
