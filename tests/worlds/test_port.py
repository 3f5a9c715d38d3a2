"""The three strategies on `ibnb gateway` in another process, reached through its port as a paper TWS is: by profile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import ibnb
from tests.worlds import functions
from tests.worlds.strategies import ALL
from tests.worlds.year import direct

Served = Callable[..., int]


@contextmanager
def gateway(*words: str) -> Iterator[int]:
    """`ibnb gateway` in a process of its own, on a free port."""
    command = [sys.executable, "-m", "ibnb", "gateway", "--port", "0", *words]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline().rpartition(":")[2])
        process.kill()


@pytest.fixture
def served() -> Iterator[Served]:
    with ExitStack() as stack:
        yield lambda *words: stack.enter_context(gateway(*words))
        ibnb.reset()


@pytest.mark.parametrize("strategy", ALL)
def test_decisions_and_fills_agree_with_the_lessons_to_the_last_field(
    served: Served, strategy: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but the profile says where it runs: the very `connect()` of a notebook, with the environment set."""
    here = direct(strategy.__name__)
    monkeypatch.setenv("IBNB_PROFILE", "tws-paper")
    monkeypatch.setenv("IBNB_PORT", str(served("--scenario", "lesson", "--manual")))
    app = ibnb.connect()
    assert app.gateway is None
    assert functions.told(strategy.__name__, app) == here
    assert '"' in here["decided"]
