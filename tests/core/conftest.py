"""A session that comes back, its TWS, and a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_tws import FakeTWS
from small_app import HEAD, App
from virtual import VirtualClock, on_virtual_time


@pytest.fixture
def tws() -> Iterator[FakeTWS]:
    made = FakeTWS(answers=dict(HEAD))
    yield made
    made.close()


@pytest.fixture
def app(tws: FakeTWS) -> Iterator[App]:
    made = App()
    made.autoReconnect = True
    made.connect("127.0.0.1", tws.listen(), 1)
    made.pacing.on = False
    yield made
    made.disconnect()


@pytest.fixture
def clock(app: App) -> VirtualClock:
    return on_virtual_time(app)
