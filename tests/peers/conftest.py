from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from peers.peer import STORY_WIRES, Peer, Wire, tell_time

from ibnb import IBApp

#: `tell(placeOrder=[[...], [...]], ...)` → the peer that answers so, and an app that is connected to it (as client 1).
Tell = Callable[..., tuple[Peer, IBApp]]


@pytest.fixture(params=STORY_WIRES, ids=str)
def tell(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[Tell]:
    wire: Wire = request.param
    begun: list[tuple[Peer, IBApp]] = []

    def begin(client: int = 1, **answers: Any) -> tuple[Peer, IBApp]:
        peer, app = Peer(wire, answers), IBApp()
        begun.append((peer, app))
        app.connect("127.0.0.1", peer.port, client)
        app.pacing.on = False
        tell_time(app, peer)
        return peer, app

    yield begin
    for peer, app in begun:
        app.disconnect()
        peer.close()
