"""The fixtures as somebody else's suite has them."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

# Where ibnb is installed, pytest has found it by itself, and takes it once.
_FOUND = any(each.name == "ibnb" for each in entry_points(group="pytest11"))
LOADED = () if _FOUND else ("-p", "ibnb.pytest_plugin")

SUITE = """
import socket

import pytest

import ibnb
from ibnb.gateway.words import moment


def test_a_fresh_world(app, tws):
    assert app.gateway is tws
    assert app.isConnected()
    app.placeOrderNow("AAPL", app.createOrder("BUY", 1), wait="Filled")
    assert [type(each.message).__name__ for each in tws.journal].count("PlaceOrder") == 1


def test_each_test_has_its_own(app):
    assert len(app.getExecutions()) == 0
    assert ibnb.connect(scenario="lesson") is app


@pytest.mark.tws(seed=7, start="2025-03-03 09:30")
class TestWorlds:
    def test_the_words_are_those_of_connect(self, app, tws):
        assert tws.scenario.seed == 7
        assert app.now().timestamp() == moment("2025-03-03 09:30")

    @pytest.mark.tws(seed=8)
    def test_the_closest_mark_counts(self, tws):
        assert (tws.scenario.seed, tws.scenario.start) == (8, moment("2025-03-03 09:30"))


def test_any_client_can_reach_it(tws):
    with socket.create_connection((tws.host, tws.port)) as client:
        client.sendall(b"API\\0\\0\\0\\0\\x09v176..176")
        assert b"176" in client.recv(100)


@pytest.mark.tws(sead=7)
def test_a_wrong_word_is_named(tws):
    pass


def test_mine_stays_mine(app):
    mine = ibnb.connect(seed=3)
    assert mine is not app
    mine.disconnect()
    assert app.isConnected()
"""


def test_a_suite_of_somebody_else(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    ran = pytester.runpytest_inprocess(*LOADED, "--strict-markers", "-p", "no:cacheprovider")
    ran.assert_outcomes(passed=6, errors=1)
    ran.stdout.fnmatch_lines(["*no word sead; there are *"])


def test_a_suite_that_asks_for_neither_loads_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    pytester.makepyfile(
        "import sys\n\ndef test_it():\n    assert not {'ibnb.app', 'ibnb.gateway'} & set(sys.modules)\n"
    )
    ran = pytester.runpytest_subprocess(*LOADED, "-p", "no:cacheprovider")
    ran.assert_outcomes(passed=1)
