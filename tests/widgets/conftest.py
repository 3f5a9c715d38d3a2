from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import IPython.display
import pytest
from scripted import ScriptedTWS

import ibnb
from ibnb import IBApp


@pytest.fixture
def tws() -> Iterator[ScriptedTWS]:
    tws = ScriptedTWS()
    yield tws
    tws.app.disconnect()


@pytest.fixture
def app() -> Iterator[IBApp]:
    """A session with the simulated TWS on its manual clock."""
    yield ibnb.connect()
    ibnb.reset()


@pytest.fixture
def shows(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a notebook would be given to show, and what replaces it later: `bundles[0]` is a cell's first output."""
    bundles: list[dict[str, Any]] = []

    class Handle:
        def __init__(self, place: int) -> None:
            self.place = place

        def update(self, data: dict[str, Any], **_: Any) -> None:
            bundles[self.place] = data

    def display(data: dict[str, Any], **_: Any) -> Handle:
        bundles.append(data)
        return Handle(len(bundles) - 1)

    monkeypatch.setattr(IPython.display, "display", display)
    return bundles


@pytest.fixture
def until() -> Callable[[Any, Callable[[str], bool]], None]:
    """Wait until a widget says something by itself."""

    def wait(widget: Any, holds: Callable[[str], bool]) -> None:
        there = threading.Event()

        def look(_: object = None) -> None:
            if holds(widget.text):
                there.set()

        for part in (widget._shown, widget._message):
            part.observe(look, "value")
        look()
        assert there.wait(60), widget.text

    return wait
