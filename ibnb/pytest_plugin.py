"""Fixtures for test suites that talk to TWS: a simulated one on a free port, and a session with it.

pytest finds them where ibnb is installed; nothing is imported before a test asks for one.

    @pytest.mark.tws(scenario="lesson", seed=7)       # any words of ibnb.connect; without the mark, "lesson"
    def test_my_client(tws):
        client.connect("127.0.0.1", tws.port, clientId=1)
        ...
        assert [type(each.message).__name__ for each in tws.journal][-1] == "PlaceOrder"

    def test_my_strategy(app):                         # an IBApp in a fresh world, whose clock waits for nobody
        app.sleep("5 min")
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ibnb.app import IBApp
    from ibnb.gateway import Gateway


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", "tws(scenario='lesson', **words): the world of the fixtures tws and app")


def _words(request: pytest.FixtureRequest) -> dict[str, Any]:
    marks = [mark.kwargs for mark in request.node.iter_markers("tws")]
    words: dict[str, Any] = {"scenario": "lesson"}
    for each in reversed(marks):  # the closest last
        words |= each
    return words


@pytest.fixture
def tws(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A simulated TWS (`host`, `port`, `journal`, `faults` …) with a world of its own, as `@pytest.mark.tws` says."""
    from ibnb._connect import alone

    words = _words(request)
    with alone(words.pop("scenario"), **words) as gateway:
        yield gateway


@pytest.fixture
def app(request: pytest.FixtureRequest, tws: Gateway) -> Iterator[IBApp]:
    """A session (client 1) with the world of `tws`."""
    from ibnb._connect import connect

    session = connect("embedded", **_words(request))
    yield session
    session.disconnect()
