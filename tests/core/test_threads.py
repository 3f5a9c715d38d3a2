from __future__ import annotations

from typing import Any

import pytest
from twenty_threads import THREADS, interrogate

import ibnb
from ibnb import IBApp
from ibnb.gateway import Gateway


@pytest.mark.parametrize("turns", [6])
def test_twenty_threads_each_get_their_own_answers(turns: int) -> None:
    with Gateway("lesson") as gateway:
        app: Any = IBApp()
        app.connect(gateway.host, gateway.port, 1)
        app.pacing.on = False
        assert (THREADS * turns, []) == interrogate(app, lambda turn: turn < turns)
        app.disconnect()


def test_so_they_do_on_the_embedded_clock() -> None:
    app: Any = ibnb.connect("embedded")
    assert (THREADS * 3, []) == interrogate(app, lambda turn: turn < 3)
    ibnb.reset()
